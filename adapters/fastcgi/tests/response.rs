//! What the codec writes: the rules of FastCGI 1.0 for what goes out, one test each.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "../../scgi/tests/support/mod.rs"]
mod support;

use janua_fastcgi::client::{self, Encoder, Response};
use janua_fastcgi::{Capacity, EndRequest, FastCgiCodec, ProtocolStatus, RecordType};
use janua_vocabulary::{Codec, Event, Head, Limits, Params};
use support::{Seen, feed, listen};

const HEAD: Head<'_> = Head { status: b"200 OK", fields: b"A: b\r\n", length: None, bodiless: false };

/// A connection whose request `id` is read to its end.
fn asked(id: u16, keep: bool) -> FastCgiCodec {
    let mut codec = FastCgiCodec::new(Limits::default(), Capacity::default());
    let wire = Encoder { id, keep, ..Encoder::default() }.request(&Params::new(), b"");
    feed(&mut codec, &wire, &mut Vec::new());
    codec
}

fn record(kind: RecordType, id: u16, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    client::record(kind, id, content, 0, &mut out);
    out
}

#[test]
fn a_small_response_is_two_records_and_two_to_end_it() {
    let mut codec = asked(0x0102, true);
    let mut out = Vec::new();
    codec.respond(&HEAD, &mut out);
    let frame = codec.frame(5);
    out.extend([frame.prefix(), b"hello", frame.suffix].concat());
    codec.finish(&mut out);
    let expected = [
        &b"\x01\x06\x01\x02\x00\x18\x00\x00Status: 200 OK\r\nA: b\r\n\r\n"[..],
        b"\x01\x06\x01\x02\x00\x05\x00\x00hello",
        b"\x01\x06\x01\x02\x00\x00\x00\x00",
        b"\x01\x03\x01\x02\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
    ];
    assert_eq!(out.escape_ascii().to_string(), expected.concat().escape_ascii().to_string());
}

#[test]
fn a_frame_takes_no_more_than_a_record_holds() {
    let mut codec = asked(1, true);
    assert_eq!(codec.frame(1).take, 1);
    assert_eq!(codec.frame(65_535).take, 65_535);
    let frame = codec.frame(1_000_000);
    assert_eq!((frame.take, frame.suffix), (65_535, &b""[..]));
    assert_eq!(frame.prefix(), [1, 6, 0, 1, 0xff, 0xff, 0, 0]);
}

#[test]
fn a_head_longer_than_a_record_is_split() {
    let mut codec = asked(1, true);
    let fields = b"A: b\r\n".repeat(20_000);
    let mut out = Vec::new();
    codec.respond(&Head { fields: &fields, ..HEAD }, &mut out);
    codec.finish(&mut out);
    let response = Response::gather(1, &out).unwrap();
    assert_eq!(response.stdout, [b"Status: 200 OK\r\n", fields.as_slice(), b"\r\n"].concat());
}

#[test]
fn log_text_goes_to_stderr_and_the_stream_is_closed() {
    let mut codec = asked(1, true);
    let mut out = Vec::new();
    let long = vec![b'x'; 70_000];
    assert!(codec.log(b"oh\n", &mut out));
    assert!(codec.log(&long, &mut out));
    codec.finish(&mut out);
    let expected = [
        record(RecordType::Stderr, 1, b"oh\n"),
        record(RecordType::Stderr, 1, &long[..65_535]),
        record(RecordType::Stderr, 1, &long[65_535..]),
        record(RecordType::Stderr, 1, b""),
        record(RecordType::Stdout, 1, b""),
        record(RecordType::EndRequest, 1, &[0; 8]),
    ];
    assert!(out == expected.concat());
}

#[test]
fn empty_log_text_does_not_close_the_stream() {
    let mut codec = asked(1, true);
    let mut out = Vec::new();
    assert!(codec.log(b"", &mut out));
    assert_eq!(out, b"");
    codec.finish(&mut out);
    assert_eq!(
        out,
        [record(RecordType::Stdout, 1, b""), record(RecordType::EndRequest, 1, &[0; 8])].concat()
    );
}

#[test]
fn between_requests_there_is_no_place_for_log_text_nor_for_a_response() {
    let mut codec = asked(1, true);
    codec.finish(&mut Vec::new());
    let mut fresh = FastCgiCodec::new(Limits::default(), Capacity::default());
    for codec in [&mut codec, &mut fresh] {
        let mut out = Vec::new();
        assert!(!codec.log(b"late", &mut out));
        codec.respond(&HEAD, &mut out);
        codec.finish(&mut out);
        codec.truncate(&mut out);
        assert_eq!(out, b"");
    }
    assert!(codec.reusable());
    assert!(!fresh.reusable());
}

#[test]
fn only_a_connection_that_the_peer_keeps_is_reusable_and_only_when_all_is_done() {
    for keep in [true, false] {
        let mut codec = asked(1, keep);
        assert!(!codec.reusable());
        codec.finish(&mut Vec::new());
        assert_eq!(codec.reusable(), keep);
    }
}

#[test]
fn a_response_that_broke_off_ends_the_request_without_closing_stdout() {
    let mut codec = asked(1, true);
    let mut out = Vec::new();
    codec.respond(&HEAD, &mut out);
    codec.log(b"oh", &mut out);
    codec.truncate(&mut out);
    let response = Response::gather(1, &out).unwrap();
    assert!(!response.complete);
    assert_eq!(
        response.end,
        Some(EndRequest { app_status: 1, protocol_status: ProtocolStatus::RequestComplete })
    );
    assert!(out.windows(8).any(|bytes| bytes == record(RecordType::Stderr, 1, b"")));
    assert!(!codec.reusable());
}

#[test]
fn a_refused_request_is_answered_and_the_connection_is_not_used_again() {
    let limits = Limits { params_bytes: 10, params: 10, ..Limits::default() };
    let mut codec = FastCgiCodec::new(limits, Capacity::default());
    let mut seen = Vec::new();
    let params = Params::from_iter([(&b"NAME"[..], &b"a value"[..])]);
    let encoder = Encoder { keep: true, ..Encoder::default() };
    let wire = encoder.request(&params, b"body");
    feed(&mut codec, &wire, &mut seen);
    assert!(matches!(&seen[..], [Seen::Failed(error)] if error.answer.status() == Some(431)), "{seen:?}");
    let mut out = Vec::new();
    codec.respond(&Head { status: b"431 Too Large", ..HEAD }, &mut out);
    codec.finish(&mut out);
    let response = Response::gather(1, &out).unwrap();
    assert!(response.stdout.starts_with(b"Status: 431 Too Large\r\n") && response.complete);
    assert_eq!(response.end.unwrap().app_status, 0);
    assert!(!codec.reusable() && !codec.in_head());
    seen.clear();
    feed(&mut codec, &wire, &mut seen);
    assert_eq!(seen, []);
}

#[test]
fn a_request_that_was_given_up_still_gets_its_end() {
    let mut codec = asked(1, true);
    let mut seen = Vec::new();
    feed(&mut codec, &record(RecordType::AbortRequest, 1, b""), &mut seen);
    assert_eq!(seen, [Seen::Aborted]);
    let mut out = Vec::new();
    codec.finish(&mut out);
    assert!(Response::gather(1, &out).unwrap().end.is_some());
    assert!(codec.reusable());
}

#[test]
fn a_request_too_many_ends_with_overloaded_and_so_does_the_connection() {
    let mut codec = asked(1, true);
    let mut out = Vec::new();
    codec.respond(&HEAD, &mut out);
    codec.overload(&mut out);
    let response = Response::gather(1, &out).unwrap();
    assert_eq!(response.end, Some(EndRequest { app_status: 0, protocol_status: ProtocolStatus::Overloaded }));
    assert!(!response.stdout.is_empty() && !codec.reusable());
    out.clear();
    codec.finish(&mut out);
    codec.overload(&mut out);
    assert!(out.is_empty(), "it has ended already");
}

#[test]
fn a_connection_is_not_used_again_behind_a_request_that_was_its_last() {
    let mut codec = asked(1, true);
    codec.last();
    let mut out = Vec::new();
    codec.respond(&HEAD, &mut out);
    codec.finish(&mut out);
    assert_eq!(Response::gather(1, &out).unwrap().end.unwrap().app_status, 0);
    assert!(!codec.reusable() && !codec.kept());
}

#[test]
fn a_head_that_is_not_whole_can_be_answered_once_its_request_has_begun() {
    let wire = Encoder::default().request(&Params::from_iter([(&b"NAME"[..], &b"value"[..])]), b"");
    let mut codec = FastCgiCodec::new(Limits::default(), Capacity::default());
    assert!(!codec.answerable());
    feed(&mut codec, &wire[..12], &mut Vec::new());
    assert!(codec.in_head() && !codec.answerable(), "there is no request to answer to");
    feed(&mut codec, &wire[12..20], &mut Vec::new());
    assert!(codec.in_head() && codec.answerable());
    codec.last();
    let mut out = Vec::new();
    codec.respond(&HEAD, &mut out);
    codec.finish(&mut out);
    assert!(Response::gather(1, &out).unwrap().complete && !codec.reusable());
}

/// Reads up to the request, and no further.
fn request_of(wire: &[u8]) -> FastCgiCodec {
    let mut codec = FastCgiCodec::new(Limits::default(), Capacity::default());
    codec.space()[..wire.len()].copy_from_slice(wire);
    codec.filled(wire.len());
    assert!(matches!(codec.poll(), Ok(Event::Request(_))));
    codec
}

#[test]
fn that_a_request_is_given_up_can_be_seen_before_its_body_is_read() {
    let head = |id| {
        let mut wire = Encoder { id, keep: true, ..Encoder::default() }.request(&Params::new(), b"");
        wire.truncate(wire.len() - 8);
        wire
    };
    let (body, abort) =
        (|id| record(RecordType::Stdin, id, b"body"), |id| record(RecordType::AbortRequest, id, b""));
    for (behind, given_up) in [
        (vec![], false),
        (abort(1), true),
        ([body(1), record(RecordType::Stdin, 1, b""), abort(1)].concat(), true),
        (abort(2), false),
        // Only what is a record by itself is one.
        (record(RecordType::Stdin, 1, &abort(1)), false),
        (abort(1)[..7].to_vec(), false),
        ([body(1), b"\x01\x05\x00\x01\xff\xff\x00\x00".to_vec(), abort(1)].concat(), false),
    ] {
        let mut codec = request_of(&[head(1), behind.clone()].concat());
        assert_eq!(codec.given_up(), given_up, "{}", behind.escape_ascii());
        let mut seen = Vec::new();
        listen(&mut codec, &mut seen);
        assert_eq!(seen.contains(&Seen::Aborted), given_up, "looking has changed what is seen");
    }
}
