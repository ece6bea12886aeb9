//! HTTP/1.1 and HTTP/1.0: requests in a row.

use crate::Input;
use crate::cgi::{length, method};
use crate::codec::{Answered, End, Seen, Story, Wire, bytes_in, cut, operations, watch};
use janua_http::client::{Body, ClientError, Decoder, LAST_CHUNK, Part, RequestHead, encode_chunk};
use janua_http::{Ends, HttpCodec};
use janua_vocabulary::{Codec, Limits};

/// Any bytes, or requests that must arrive as they were meant.
pub fn bytes(data: &[u8]) {
    let mut input = Input::new(data);
    match input.one_in(4) {
        true => round_trip(&mut input),
        false => bytes_in(&mut input, &Http),
    }
}

/// Client and owner in any order.
pub fn operations_of(data: &[u8]) {
    operations(&Input::new(data), [Http, Http]);
}

struct Http;

impl Wire for Http {
    fn codec(&self, limits: Limits) -> Box<dyn Codec> {
        Box::new(HttpCodec::new(limits, Ends::default()))
    }

    fn phrase(&mut self, input: &mut Input<'_>, socket: &mut Vec<u8>) {
        match input.byte() % 8 {
            0 => socket.extend_from_slice(&input.block()),
            1 => {
                let chunk = input.pick(&[
                    &b"0\r\n\r\n"[..],
                    b"5\r\nhello\r\n",
                    b"5;x=y\r\nhello\r\n",
                    b"0\r\nX: y\r\n\r\n",
                    b"\r\n",
                    b"5\nhello",
                ]);
                socket.extend_from_slice(chunk);
            }
            _ => request(input, socket),
        }
    }

    fn check(&self, story: &Story) {
        let mut rest = &story.out[..];
        for answer in &story.answers {
            rest = check_answer(rest, answer);
        }
        let interim = b"HTTP/1.1 100 Continue\r\n\r\n";
        assert!(rest.is_empty() || rest == interim, "behind the answers: {}", rest.escape_ascii());
    }

    fn holds_what_is_sent_ahead(&self) -> bool {
        true
    }

    /// `100 Continue` is not sent to a client whose body is there already.
    fn replies_depend_on_cuts(&self) -> bool {
        true
    }
}

fn request(input: &mut Input<'_>, socket: &mut Vec<u8>) {
    let (method, flags) = (method(input), input.byte());
    let version: &[u8] = if flags & 3 == 0 { b"1.0" } else { b"1.1" };
    let target = input.pick(&[&b"/"[..], b"/a%20b?c", b"*", b"http://h/x", b"", b"/%", b"//"]);
    for part in [method, b" ", target, b" HTTP/", version, b"\r\nHost: h\r\n"] {
        socket.extend_from_slice(part);
    }
    if flags & 0x0c == 0x0c {
        let field = input.pick(&[
            &b"Expect: 100-continue\r\n"[..],
            b"Connection: close\r\n",
            b"Connection: keep-alive\r\n",
            b"Host: x\r\n",
            b"Transfer-Encoding: gzip\r\n",
            b" folded\r\n",
            b"X_Y: z\r\n",
            b"X: \xff\r\n",
            b"X\r\n",
            b"Proxy: p\r\n",
        ]);
        socket.extend_from_slice(field);
    }
    let body = input.block();
    match flags >> 4 & 3 {
        0 => socket.extend_from_slice(b"\r\n"),
        1 => {
            socket.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
            encode_chunk(&body, socket);
            socket.extend_from_slice(LAST_CHUNK);
        }
        2 => {
            socket.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
            socket.extend_from_slice(&body);
        }
        _ => {
            for part in [b"Content-Length: ", length(input), b"\r\n\r\n", &body] {
                socket.extend_from_slice(part);
            }
        }
    }
}

/// Reads one answer at the front of `bytes` and gives what follows it.
fn check_answer<'a>(bytes: &'a [u8], meant: &Answered) -> &'a [u8] {
    let mut decoder = Decoder::new(&meant.method);
    let mut fed = bytes;
    let (mut head, mut body) = (None, Vec::new());
    let ended = loop {
        match decoder.poll() {
            Ok(Part::Head(seen)) if seen.is_interim() => assert_eq!(seen.status, 100),
            Ok(Part::Head(seen)) => head = Some(seen),
            Ok(Part::Body(piece)) => body.extend_from_slice(piece),
            Ok(Part::End) => break true,
            Ok(Part::NeedBytes) if fed.is_empty() => decoder.closed(),
            Ok(Part::NeedBytes) => {
                let space = decoder.space();
                let count = space.len().min(fed.len());
                space[..count].copy_from_slice(&fed[..count]);
                decoder.filled(count);
                fed = &fed[count..];
            }
            Err(ClientError::Incomplete) => break false,
            Err(error) => panic!("{error}: {}", bytes.escape_ascii()),
        }
    };
    if !meant.begun {
        assert!(head.is_none() && !ended, "a head that nobody sent");
        return bytes;
    }
    let head = head.expect("a head");
    assert_eq!(head.status.to_string().as_bytes(), &meant.status[..3]);
    assert_eq!(body, meant.body);
    match meant.end {
        End::Finished => assert!(ended, "the end is missing"),
        // Where neither a length nor chunks were promised, a break cannot show.
        End::Truncated | End::Open => {
            let shows = !meant.bodiless
                && (head.header("transfer-encoding").is_some()
                    || meant.length.is_some_and(|length| length > body.len() as u64));
            assert!(!(ended && shows), "a break that does not show");
        }
    }
    &bytes[bytes.len() - fed.len() - decoder.unread().len()..]
}

/// Requests that a client can write are read back.
fn round_trip(input: &mut Input<'_>) {
    let (cutting, seed) = (input.byte(), input.byte());
    let (mut wire, mut meant) = (Vec::new(), Vec::new());
    for _ in 0..=input.byte() % 3 {
        let method = method(input);
        let target = [b"/", &path(input)[..]].concat();
        let mut headers: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        for _ in 0..input.byte() % 5 {
            let name = [&b"X-"[..], &letters(input)].concat();
            let value = input.take(usize::from(input.clone().byte() % 40)).to_vec();
            headers.push((name, printable(&value)));
        }
        let blocks: Vec<Vec<u8>> = (0..input.byte() % 3).map(|_| input.block()).collect();
        let body = match input.one_in(2) {
            true => Body::Chunked,
            false => Body::Length(blocks.iter().map(|block| block.len() as u64).sum()),
        };
        let mut fields: Vec<(&[u8], &[u8])> = vec![(b"Host", b"h")];
        fields.extend(headers.iter().map(|(name, value)| (&name[..], &value[..])));
        RequestHead { method, target: &target, headers: &fields, body }
            .encode(&mut wire)
            .expect("a request that can be sent");
        for block in &blocks {
            match body {
                Body::Chunked => encode_chunk(block, &mut wire),
                _ => wire.extend_from_slice(block),
            }
        }
        if body == Body::Chunked {
            wire.extend_from_slice(LAST_CHUNK);
        }
        meant.push((method, target, headers, blocks.concat()));
    }
    let mut seen = watch(&Http, cut(&wire, cutting, seed)).into_iter();
    for (method, target, headers, body) in meant {
        let Some(Seen::Request(request)) = seen.next() else { panic!("a request is missing") };
        assert_eq!(request.params.get(b"REQUEST_METHOD"), Some(method));
        assert_eq!(request.params.get(b"REQUEST_URI"), Some(&target[..]));
        let arrived = request.params.iter().filter(|(name, _)| name.starts_with(b"HTTP_X_"));
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| ([b"HTTP_", &name.to_ascii_uppercase()[..]].concat(), value.trim_ascii()))
            .map(|(name, value)| {
                (name.iter().map(|byte| if *byte == b'-' { b'_' } else { *byte }).collect::<Vec<_>>(), value)
            })
            .collect();
        assert!(
            arrived.eq(headers.iter().map(|(name, value)| (&name[..], *value))),
            "the header fields differ"
        );
        if !body.is_empty() {
            assert_eq!(seen.next(), Some(Seen::Body(body)));
        }
        assert_eq!(seen.next(), Some(Seen::BodyEnd));
    }
    assert_eq!(seen.next(), Some(Seen::Closed));
}

fn path(input: &mut Input<'_>) -> Vec<u8> {
    let length = input.byte() % 30;
    let bytes = input.take(usize::from(length));
    bytes
        .iter()
        .map(|byte| if (b'!'..=b'~').contains(byte) && *byte != b'#' { *byte } else { b'/' })
        .map(|byte| if byte == b'%' { b'+' } else { byte })
        .collect()
}

fn letters(input: &mut Input<'_>) -> Vec<u8> {
    let length = 1 + input.byte() % 12;
    input
        .take(usize::from(length))
        .iter()
        .map(|byte| b"abcdefghijklmnopqrstuvwxyz-ABCDE"[usize::from(*byte) % 32])
        .chain([b'z'])
        .collect()
}

fn printable(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| if *byte < b' ' || *byte == 0x7f { b' ' } else { *byte }).collect()
}
