//! What the client side writes is what the codec understands, and the other way round.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "../../scgi/tests/support/mod.rs"]
mod support;

use janua_fastcgi::client::{ClientError, Decoder, Encoder, Received, Response};
use janua_fastcgi::{Capacity, FastCgiCodec, ProtocolStatus, RecordType};
use janua_vocabulary::{Codec, Head, Limits, Params};
use proptest::collection::vec;
use proptest::prelude::*;
use support::{Seen, any_bytes, any_params, cut, feed, pairs, trying, watch};

fn codec() -> FastCgiCodec {
    FastCgiCodec::new(Limits::default(), Capacity::default())
}

proptest! {
    #![proptest_config(trying())]

    #[test]
    fn a_request_survives_any_records_padding_and_cuts(
        params in any_params(0, b""),
        body in any_bytes(20_000),
        record in prop_oneof![1..20usize, 100..3000usize, Just(65_535)],
        padding: u8,
        id in 1..=u16::MAX,
        places in vec(any::<usize>(), 0..12),
    ) {
        let wire = Encoder { id, record, padding, ..Encoder::default() }.request(&params, &body);
        let seen = watch(&mut codec(), cut(&wire, &places));
        let Seen::Request(request) = &seen[0] else { panic!("{seen:?}") };
        prop_assert_eq!(pairs(&request.params), pairs(&params));
        let mut expected = vec![Seen::BodyEnd, Seen::Closed];
        if !body.is_empty() {
            expected.insert(0, Seen::Body(body));
        }
        prop_assert_eq!(&seen[1..], expected);
    }

    #[test]
    fn a_response_survives_encoding(
        fields in vec(any::<u8>(), 0..100),
        body in any_bytes(200_000),
        block in prop_oneof![100..200usize, 65_530..65_540usize, 1..200_000usize],
        log in any_bytes(100_000),
        piece in prop_oneof![500..600usize, 1000..200_000usize],
    ) {
        let mut codec = codec();
        feed(&mut codec, &Encoder { id: 7, ..Encoder::default() }.request(&Params::new(), b""), &mut Vec::new());
        let mut out = Vec::new();
        let half = log.len() / 2;
        prop_assert!(codec.log(&log[..half], &mut out));
        codec.respond(&Head { status: b"200 OK", fields: &fields, length: None, bodiless: false }, &mut out);
        for mut block in body.chunks(block) {
            while !block.is_empty() {
                let frame = codec.frame(block.len());
                let (now, later) = block.split_at(frame.take);
                out.extend([frame.prefix(), now, frame.suffix].concat());
                block = later;
            }
        }
        prop_assert!(codec.log(&log[half..], &mut out));
        codec.finish(&mut out);

        let response = Response::gather(7, &out).unwrap();
        let head = [b"Status: 200 OK\r\n", fields.as_slice(), b"\r\n"].concat();
        prop_assert!(response.complete);
        prop_assert_eq!(&response.stdout[..head.len()], head.as_slice());
        prop_assert!(response.stdout[head.len()..] == body);
        prop_assert!(response.stderr == log);
        let end = response.end.unwrap();
        prop_assert_eq!((end.app_status, end.protocol_status), (0, ProtocolStatus::RequestComplete));

        let mut decoder = Decoder::new();
        let mut stdout = Vec::new();
        for piece in out.chunks(piece) {
            decoder.feed(piece);
            while let Some(received) = decoder.poll().unwrap() {
                if let Received::Stdout(7, bytes) = received {
                    stdout.extend_from_slice(bytes);
                }
            }
        }
        prop_assert!(stdout == response.stdout);
    }

    #[test]
    fn noise_is_neither_a_panic_nor_an_endless_loop(
        records in vec((0..13u8, 0..3u16, vec(any::<u8>(), 0..20), any::<u8>()), 0..20),
        places in vec(any::<usize>(), 0..4),
    ) {
        let mut wire = Vec::new();
        for (kind, id, content, padding) in records {
            janua_fastcgi::client::record(RecordType::from_number(kind), id, &content, padding, &mut wire);
        }
        let whole = watch(&mut codec(), [wire.as_slice()]);
        prop_assert_eq!(watch(&mut codec(), cut(&wire, &places)), whole);
    }

    #[test]
    fn a_damaged_request_is_neither_a_panic_nor_seen_differently_at_another_cut(
        damage in vec((any::<usize>(), any::<u8>()), 1..6),
        place: usize,
    ) {
        let params = Params::from_iter([(&b"CONTENT_LENGTH"[..], &b"2"[..]), (b"A", b"b")]);
        let mut wire = Encoder { record: 9, padding: 3, ..Encoder::default() }.request(&params, b"hi");
        for (at, byte) in damage {
            let at = at % wire.len();
            wire[at] = byte;
        }
        let whole = watch(&mut codec(), [wire.as_slice()]);
        prop_assert_eq!(watch(&mut codec(), cut(&wire, &[place])), whole);
    }
}

#[test]
fn an_answer_in_another_protocol_is_an_error() {
    assert_eq!(Response::gather(1, b"HTTP/1.1 200 OK"), Err(ClientError::OtherVersion(b'H')));
}

#[test]
fn an_end_that_is_cut_is_an_error() {
    let mut wire = Vec::new();
    janua_fastcgi::client::record(RecordType::EndRequest, 1, &[0; 7], 0, &mut wire);
    assert_eq!(Response::gather(1, &wire), Err(ClientError::Cut(RecordType::EndRequest)));
}
