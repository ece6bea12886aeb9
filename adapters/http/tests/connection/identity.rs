//! What one side encodes, the other decodes, however it is cut on the way.

use crate::support::{codec, cut, feed, response, serve};
use janua_http::client::{Body, ClientError, LAST_CHUNK, RequestHead, encode_chunk};
use janua_vocabulary::{Codec, Event, Head};
use proptest::collection::vec;
use proptest::prelude::*;

/// A request as a client means it.
#[derive(Debug, Clone)]
struct Meant {
    method: String,
    path: Vec<u8>,
    query: String,
    headers: Vec<(String, Vec<u8>)>,
    blocks: Vec<Vec<u8>>,
    chunked: bool,
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    let inner = prop_oneof![b' '..=b'~', 0x80..=0xffu8];
    vec(inner, 0..40).prop_map(|value| value.trim_ascii().to_vec())
}

fn meant() -> impl Strategy<Value = Meant> {
    // X- keeps the names clear of those with a meaning of their own.
    let headers = vec(("[Xx]-[A-Za-z0-9-]{1,12}", value()), 0..8);
    let blocks = vec(vec(any::<u8>(), 1..2_000), 0..6);
    let parts =
        ("[A-Z]{1,8}", vec(1..=255u8, 0..40), "[!$-;=?-Z_a-z~]{0,30}", headers, blocks, any::<bool>());
    parts.prop_map(|(method, path, query, headers, blocks, chunked)| {
        let method = if method == "CONNECT" { "GET".into() } else { method };
        Meant { method, path, query, headers, blocks, chunked }
    })
}

fn sizes() -> impl Strategy<Value = Vec<usize>> {
    vec(1usize..700, 1..10)
}

impl Meant {
    fn target(&self) -> String {
        let escaped: String = self
            .path
            .iter()
            .map(|byte| match byte {
                b'/' | b'a'..=b'z' => char::from(*byte).to_string(),
                byte => format!("%{byte:02x}"),
            })
            .collect();
        format!("/{escaped}?{}", self.query)
    }

    fn encode(&self) -> Vec<u8> {
        let body = match self.chunked {
            true => Body::Chunked,
            false => Body::Length(self.blocks.concat().len() as u64),
        };
        let mut headers: Vec<(&[u8], &[u8])> = vec![(b"Host", b"localhost")];
        headers.extend(self.headers.iter().map(|(name, value)| (name.as_bytes(), &value[..])));
        let target = self.target();
        let head = RequestHead {
            method: self.method.as_bytes(),
            target: target.as_bytes(),
            headers: &headers,
            body,
        };
        let mut wire = Vec::new();
        head.encode(&mut wire).unwrap();
        for block in &self.blocks {
            if self.chunked { encode_chunk(block, &mut wire) } else { wire.extend_from_slice(block) }
        }
        if self.chunked {
            wire.extend_from_slice(LAST_CHUNK);
        }
        wire
    }
}

/// Where arbitrary bytes may hurt.
const STARTS: [&[u8]; 4] = [
    b"",
    b"GET / HTTP/1.1\r\n",
    b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn requests_arrive_as_they_were_meant(all in vec(meant(), 1..4), sizes in sizes()) {
        let wire: Vec<u8> = all.iter().flat_map(Meant::encode).collect();
        let (seen, error) = serve(cut(&wire, &sizes));
        prop_assert_eq!(error, None);
        prop_assert_eq!(seen.len(), all.len());
        for (meant, seen) in all.iter().zip(seen) {
            prop_assert_eq!(seen.params.get(b"REQUEST_METHOD"), Some(meant.method.as_bytes()));
            let target = meant.target();
            prop_assert_eq!(seen.params.get(b"REQUEST_URI"), Some(target.as_bytes()));
            prop_assert_eq!(seen.params.get(b"PATH_INFO"), Some(&[b"/", &meant.path[..]].concat()[..]));
            prop_assert_eq!(seen.params.get(b"QUERY_STRING"), Some(meant.query.as_bytes()));
            let expected: Vec<_> = meant.headers.iter().map(|(name, value)| {
                (format!("HTTP_{}", name.to_uppercase().replace('-', "_")).into_bytes(), value.clone())
            }).collect();
            let headers: Vec<_> = seen.params.iter()
                .filter(|(name, _)| name.starts_with(b"HTTP_X_"))
                .map(|(name, value)| (name.to_vec(), value.to_vec()))
                .collect();
            prop_assert_eq!(headers, expected);
            prop_assert_eq!(seen.body, meant.blocks.concat());
        }
    }

    #[test]
    fn responses_arrive_as_they_were_meant(
        status in 200u16..1000,
        blocks in vec(vec(any::<u8>(), 1..2_000), 0..6),
        fields in vec(("[Xx]-[A-Za-z0-9-]{1,12}", value()), 0..8),
        counted in any::<bool>(),
        version in prop_oneof![Just("HTTP/1.1"), Just("HTTP/1.0")],
        sizes in sizes(),
    ) {
        let mut codec = codec();
        feed(&mut codec, format!("GET / {version}\r\nHost: h\r\n\r\n").as_bytes());
        prop_assert!(matches!(codec.poll(), Ok(Event::Request(_))));
        let body = blocks.concat();
        let length = counted.then_some(body.len() as u64);
        let bodiless = matches!(status, 204 | 304);
        let mut rendered = Vec::new();
        for (name, value) in &fields {
            rendered.extend_from_slice(&[name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        if let Some(length) = length {
            rendered.extend_from_slice(format!("Content-Length: {length}\r\n").as_bytes());
        }
        let line = format!("{status} Some Reason");
        let mut wire = Vec::new();
        codec.respond(&Head { status: line.as_bytes(), fields: &rendered, length, bodiless }, &mut wire);
        for block in blocks.iter().filter(|_| !bodiless) {
            let mut rest = &block[..];
            while !rest.is_empty() {
                let frame = codec.frame(rest.len());
                let (taken, behind) = rest.split_at(frame.take);
                wire.extend_from_slice(&[frame.prefix(), taken, frame.suffix].concat());
                rest = behind;
            }
        }
        codec.finish(&mut wire);

        let (heads, seen) = response("GET", cut(&wire, &sizes)).unwrap();
        prop_assert_eq!(heads.len(), 1);
        prop_assert_eq!(heads[0].status, status);
        prop_assert_eq!(&heads[0].reason[..], b"Some Reason");
        let headers: Vec<_> = heads[0].headers.iter().take(fields.len()).cloned().collect();
        prop_assert_eq!(headers, fields);
        prop_assert_eq!(seen, if bodiless { Vec::new() } else { body });
    }

    #[test]
    fn no_bytes_make_the_codec_fail_otherwise_than_by_an_error(
        start in 0..STARTS.len(),
        bytes in vec(prop_oneof![any::<u8>(), Just(b'\r'), Just(b'\n'), Just(b':'), Just(b'5')], 0..200),
        sizes in sizes(),
    ) {
        let wire = [STARTS[start], &bytes].concat();
        let whole = serve([&wire[..]]);
        let pieces = serve(cut(&wire, &sizes));
        prop_assert_eq!(whole.0, pieces.0);
        prop_assert_eq!(whole.1.is_some(), pieces.1.is_some());
    }
}

#[test]
fn a_request_that_would_split_in_two_is_not_sent() {
    let head = RequestHead { method: b"GET", target: b"/", headers: &[], body: Body::None };
    let bad = [
        RequestHead { method: b"GET /", ..head },
        RequestHead { target: b"/ HTTP/1.1\r\n", ..head },
        RequestHead { target: b"", ..head },
        RequestHead { headers: &[(b"X", b"1\r\nY: 2")], ..head },
        RequestHead { headers: &[(b"X:", b"1")], ..head },
    ];
    for bad in bad {
        assert!(matches!(bad.encode(&mut Vec::new()), Err(ClientError::Unsendable(_))), "{bad:?}");
    }
}

#[test]
fn an_empty_block_does_not_end_a_chunked_body() {
    let mut out = Vec::new();
    encode_chunk(b"", &mut out);
    assert!(out.is_empty());
}
