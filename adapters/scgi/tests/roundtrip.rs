//! What the client side writes is what the codec understands, and the other way round.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

mod support;

use janua_scgi::ScgiCodec;
use janua_scgi::client::{self, ClientError};
use janua_vocabulary::{Codec, Document, Head, Limits, Params};
use proptest::collection::vec;
use proptest::prelude::*;
use support::{Seen, any_bytes, any_params, cut, pairs, trying, watch};

proptest! {
    #![proptest_config(trying())]

    #[test]
    fn a_request_survives_encoding_and_any_cuts(
        others in any_params(1, b"\0"),
        body in any_bytes(40_000),
        places in vec(any::<usize>(), 0..12),
    ) {
        let mut params = Params::new();
        params.push(b"CONTENT_LENGTH", body.len().to_string().as_bytes());
        params.push(b"SCGI", b"1");
        others.iter().for_each(|(name, value)| params.push(name, value));
        let wire = client::request(&params, &body).unwrap();
        let seen = watch(&mut ScgiCodec::new(Limits::default()), cut(&wire, &places));
        let Seen::Request(request) = &seen[0] else { panic!("{seen:?}") };
        prop_assert_eq!(pairs(&request.params), pairs(&params));
        let mut expected = vec![Seen::BodyEnd, Seen::Closed];
        if !body.is_empty() {
            expected.insert(0, Seen::Body(body));
        }
        prop_assert_eq!(&seen[1..], expected);
    }

    #[test]
    fn noise_is_neither_a_panic_nor_an_endless_loop(
        bytes in vec(any::<u8>(), 0..200),
        places in vec(any::<usize>(), 0..4),
    ) {
        watch(&mut ScgiCodec::new(Limits::default()), cut(&bytes, &places));
    }

    #[test]
    fn a_damaged_request_is_neither_a_panic_nor_seen_differently_at_another_cut(
        damage in vec((any::<usize>(), any::<u8>()), 1..4),
        place: usize,
    ) {
        let mut wire = b"36:CONTENT_LENGTH\x002\x00SCGI\x001\x00HTTP_A\x00b\x00,hi".to_vec();
        for (at, byte) in damage {
            let at = at % wire.len();
            wire[at] = byte;
        }
        let whole = watch(&mut ScgiCodec::new(Limits::default()), [wire.as_slice()]);
        prop_assert_eq!(watch(&mut ScgiCodec::new(Limits::default()), cut(&wire, &[place])), whole);
    }

    #[test]
    fn an_answer_survives_encoding(body in vec(any::<u8>(), 1..1000)) {
        let mut codec = ScgiCodec::new(Limits::default());
        let mut out = Vec::new();
        let fields = b"Content-Type: text/plain\r\nX-A: b\r\n";
        codec.respond(&Head { status: b"404 Not Here", fields, length: None, bodiless: false }, &mut out);
        let frame = codec.frame(body.len());
        prop_assert_eq!((frame.prefix(), frame.take, frame.suffix), (&b""[..], body.len(), &b""[..]));
        out.extend_from_slice(&body);
        codec.finish(&mut out);
        let document = Document::divide(&out).unwrap();
        prop_assert_eq!((document.status(), document.body), (&b"404 Not Here"[..], &body[..]));
        prop_assert!(document.head.ends_with(&[fields, &b"\r\n"[..]].concat()));
    }
}

#[test]
fn a_string_with_a_nul_or_an_empty_name_cannot_be_sent() {
    let one = |name: &[u8], value: &[u8]| client::request(&Params::from_iter([(name, value)]), b"");
    assert_eq!(one(b"A", b"a\0b"), Err(ClientError::Nul));
    assert_eq!(one(b"A\0", b""), Err(ClientError::Nul));
    assert_eq!(one(b"", b"a"), Err(ClientError::EmptyName));
}
