//! The rules of SCGI, one test each.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

mod support;

use janua_scgi::{ScgiCodec, ScgiError};
use janua_vocabulary::{Answer, BodyLength, Codec, Head, Limits, Params, PeerError, Protocol};
use support::{Seen, feed, listen, pairs, watch};

fn codec() -> ScgiCodec {
    ScgiCodec::new(Limits::default())
}

fn netstring(content: &[u8]) -> Vec<u8> {
    let mut wire = format!("{}:", content.len()).into_bytes();
    wire.extend_from_slice(content);
    wire.push(b',');
    wire
}

/// The one error of a connection that brings `wire` and ends.
fn error(wire: &[u8]) -> PeerError {
    match watch(&mut codec(), [wire]).pop() {
        Some(Seen::Failed(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn assert_refused(wire: &[u8], status: u16, reason: ScgiError) {
    let error = error(wire);
    assert_eq!(error, reason.into());
    assert_eq!(error.answer, Answer::Status(status));
}

/// The parameters and the body of a connection that brings `wire`.
#[track_caller]
fn request(wire: &[u8]) -> (Params, Vec<u8>) {
    let mut body = Vec::new();
    let seen = watch(&mut codec(), [wire]);
    let Seen::Request(request) = &seen[0] else { panic!("{seen:?}") };
    if let Seen::Body(bytes) = &seen[1] {
        body.extend_from_slice(bytes);
    }
    assert_eq!(request.body, BodyLength::Exactly(body.len() as u64));
    (request.params.clone(), body)
}

#[test]
fn the_example_of_the_text_is_understood() {
    let wire =
        b"70:CONTENT_LENGTH\x0027\x00SCGI\x001\x00REQUEST_METHOD\x00POST\x00REQUEST_URI\x00/deepthought\x00,\
        What is the answer to life?";
    let (params, body) = request(wire);
    assert_eq!(body, b"What is the answer to life?");
    let expected: [(&[u8], &[u8]); 4] = [
        (b"CONTENT_LENGTH", b"27"),
        (b"SCGI", b"1"),
        (b"REQUEST_METHOD", b"POST"),
        (b"REQUEST_URI", b"/deepthought"),
    ];
    assert_eq!(pairs(&params), expected);
    assert_eq!(codec().protocol(), Protocol::Scgi);
}

#[test]
fn content_length_may_stand_anywhere() {
    assert_eq!(request(&[netstring(b"A\0b\0CONTENT_LENGTH\x002\0"), b"hi".to_vec()].concat()).1, b"hi");
}

#[test]
fn a_missing_marker_is_accepted() {
    assert_eq!(request(&netstring(b"CONTENT_LENGTH\x000\0")).0.len(), 1);
}

#[test]
fn a_marker_of_another_version_is_refused() {
    assert_refused(&netstring(b"CONTENT_LENGTH\x000\0SCGI\x002\0"), 400, ScgiError::OtherVersion);
}

#[test]
fn repeated_parameters_keep_their_order() {
    let (params, _) = request(&netstring(b"CONTENT_LENGTH\x000\0B\x001\0A\x002\0B\0\0"));
    let expected: [(&[u8], &[u8]); 3] = [(b"B", b"1"), (b"A", b"2"), (b"B", b"")];
    assert_eq!(pairs(&params)[1..], expected);
}

#[test]
fn the_comma_may_come_later_than_the_head() {
    let mut codec = codec();
    let mut seen = Vec::new();
    let wire = netstring(b"CONTENT_LENGTH\x002\0");
    feed(&mut codec, &wire[..wire.len() - 1], &mut seen);
    assert!(seen.is_empty() && codec.in_head());
    feed(&mut codec, b",", &mut seen);
    assert!(matches!(seen[..], [Seen::Request(_)]) && !codec.in_head());
    feed(&mut codec, b"hi", &mut seen);
    assert_eq!(seen[1..], [Seen::Body(b"hi".to_vec()), Seen::BodyEnd]);
}

#[test]
fn a_body_is_handed_on_as_it_arrives_and_ends_once() {
    let mut codec = codec();
    let mut seen = Vec::new();
    feed(&mut codec, &netstring(b"CONTENT_LENGTH\x004\0"), &mut seen);
    seen.clear();
    feed(&mut codec, b"ab", &mut seen);
    assert_eq!(seen, [Seen::Body(b"ab".to_vec())]);
    feed(&mut codec, b"cd", &mut seen);
    listen(&mut codec, &mut seen);
    assert_eq!(seen, [Seen::Body(b"abcd".to_vec()), Seen::BodyEnd]);
}

#[test]
fn bytes_after_the_body_are_ignored() {
    let wire = [netstring(b"CONTENT_LENGTH\x002\0"), b"hi and more".to_vec()].concat();
    let seen = watch(&mut codec(), [wire.as_slice(), &[0; 100_000]]);
    assert_eq!(seen[1..], [Seen::Body(b"hi".to_vec()), Seen::BodyEnd, Seen::Closed]);
}

#[test]
fn a_head_longer_than_the_limit_is_refused_when_its_length_is_known() {
    let limits = Limits { params_bytes: 99, params: 10, ..Limits::default() };
    for wire in [&b"100"[..], b"99999999999999999999999999"] {
        let mut seen = Vec::new();
        feed(&mut ScgiCodec::new(limits), wire, &mut seen);
        let Some(Seen::Failed(error)) = seen.pop() else { panic!("not refused") };
        assert_eq!(error.answer, Answer::Status(431));
        assert_eq!(error.setting, Some("max_params_bytes"));
        assert_eq!(error, ScgiError::HeadTooLong { limit: 99 }.into());
    }
    let mut seen = Vec::new();
    feed(&mut ScgiCodec::new(limits), b"99:", &mut seen);
    assert!(seen.is_empty());
}

#[test]
fn more_parameters_than_the_limit_are_refused() {
    let limits = Limits { params: 2, ..Limits::default() };
    let wire = netstring(b"CONTENT_LENGTH\x000\0A\0\0B\0\0");
    let error = watch(&mut ScgiCodec::new(limits), [wire.as_slice()]).pop();
    let expected = PeerError::from(ScgiError::TooManyParams { limit: 2 });
    assert_eq!((expected.answer, expected.setting), (Answer::Status(431), Some("max_params")));
    assert_eq!(error, Some(Seen::Failed(expected)));
}

#[test]
fn a_name_longer_than_the_limit_is_refused() {
    let limits = Limits { name_bytes: 14, ..Limits::default() };
    let of = |content: &[u8]| watch(&mut ScgiCodec::new(limits), [netstring(content).as_slice()]).pop();
    assert_eq!(of(b"CONTENT_LENGTH\x000\0"), Some(Seen::Closed));
    let expected = PeerError::from(ScgiError::NameTooLong { limit: 14 });
    assert_eq!((expected.answer, expected.setting), (Answer::Status(431), Some("max_name_bytes")));
    assert_eq!(of(b"CONTENT_LENGTH\x000\0HTTP_X_LONG_ONE\0v\0"), Some(Seen::Failed(expected)));
}

#[test]
fn a_length_with_a_leading_zero_is_refused() {
    assert_refused(b"017:CONTENT_LENGTH\x000\0,", 400, ScgiError::LeadingZero);
}

#[test]
fn a_length_that_is_no_number_is_refused_at_its_first_wrong_byte() {
    assert_refused(b"GET / HTTP/1.1\r\n\r\n", 400, ScgiError::NotALength(b'G'));
    assert_refused(b":CONTENT_LENGTH", 400, ScgiError::NotALength(b':'));
    assert_refused(b"-17:", 400, ScgiError::NotALength(b'-'));
    assert_refused(b"17 :", 400, ScgiError::NotALength(b' '));
}

#[test]
fn a_head_without_a_comma_is_refused() {
    assert_refused(b"17:CONTENT_LENGTH\x000\0x", 400, ScgiError::NoComma);
}

#[test]
fn an_odd_number_of_strings_is_refused() {
    assert_refused(&netstring(b"CONTENT_LENGTH\x000\0A\0"), 400, ScgiError::NoValue);
}

#[test]
fn a_head_that_does_not_end_with_a_nul_is_refused() {
    assert_refused(&netstring(b"CONTENT_LENGTH\x000\0A\0b"), 400, ScgiError::Unterminated);
    assert_refused(&netstring(b"CONTENT_LENGTH\x000\0A"), 400, ScgiError::Unterminated);
}

#[test]
fn an_empty_name_is_refused() {
    assert_refused(&netstring(b"CONTENT_LENGTH\x000\0\0b\0"), 400, ScgiError::EmptyName);
}

#[test]
fn a_request_without_content_length_is_refused() {
    assert_refused(&netstring(b"SCGI\x001\0"), 400, ScgiError::NoContentLength);
    assert_refused(b"0:,", 400, ScgiError::NoContentLength);
}

#[test]
fn a_content_length_that_is_not_a_plain_number_is_refused() {
    for value in
        ["", "-1", "+1", "1 ", "0x1", "1,1", "9223372036854775808", "99999999999999999999", "\u{ff11}"]
    {
        let wire = netstring(format!("CONTENT_LENGTH\0{value}\0").as_bytes());
        assert_refused(&wire, 400, ScgiError::BadContentLength);
    }
}

#[test]
fn the_largest_content_length_is_accepted() {
    let mut seen = Vec::new();
    feed(&mut codec(), &netstring(b"CONTENT_LENGTH\09223372036854775807\0"), &mut seen);
    let [Seen::Request(request)] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!(request.body, BodyLength::Exactly(i64::MAX as u64));
}

#[test]
fn conflicting_content_lengths_are_refused_and_equal_ones_are_not() {
    let wire = netstring(b"CONTENT_LENGTH\x000\0CONTENT_LENGTH\x001\0");
    assert_refused(&wire, 400, ScgiError::TwoContentLengths);
    assert_eq!(request(&netstring(b"CONTENT_LENGTH\x000\0CONTENT_LENGTH\x0000\0")).0.len(), 2);
}

#[test]
fn a_peer_that_leaves_without_a_word_has_closed() {
    assert_eq!(watch(&mut codec(), []), [Seen::Closed]);
}

#[test]
fn a_peer_that_leaves_inside_the_head_is_at_fault() {
    let wire = netstring(b"CONTENT_LENGTH\x000\0");
    for end in 1..wire.len() {
        assert_eq!(error(&wire[..end]), ScgiError::ClosedInHead.into());
    }
    assert_eq!(error(b"1").answer, Answer::Close);
}

#[test]
fn a_peer_that_leaves_inside_the_body_is_told_off_with_what_is_missing() {
    let error = error(&[netstring(b"CONTENT_LENGTH\x0010\0"), b"1234".to_vec()].concat());
    assert_eq!(error.answer, Answer::Close);
    assert!(error.reason.contains("6 bytes before the end"), "{error}");
}

#[test]
fn a_refused_request_can_be_answered_and_the_rest_is_ignored() {
    let mut codec = codec();
    let mut seen = Vec::new();
    feed(&mut codec, b"x", &mut seen);
    let mut out = Vec::new();
    let head = Head { status: b"400 Bad Request", fields: b"A: b\r\n", length: None, bodiless: false };
    codec.respond(&head, &mut out);
    codec.finish(&mut out);
    assert_eq!(out, b"Status: 400 Bad Request\r\nA: b\r\n\r\n");
    seen.clear();
    feed(&mut codec, b"y 12:", &mut seen);
    assert_eq!(seen, []);
}

#[test]
fn nothing_marks_the_end_and_nothing_follows() {
    let mut codec = codec();
    let mut out = Vec::new();
    assert!(!codec.log(b"text", &mut out));
    codec.finish(&mut out);
    codec.truncate(&mut out);
    assert_eq!(out, b"");
    assert!(!codec.reusable());
}

#[test]
fn a_connection_is_in_its_head_from_the_first_byte_to_the_comma() {
    let mut codec = codec();
    assert!(!codec.in_head());
    let wire = netstring(b"CONTENT_LENGTH\x000\0");
    let mut seen = Vec::new();
    for byte in &wire {
        feed(&mut codec, &[*byte], &mut seen);
        assert_eq!(codec.in_head(), seen.is_empty());
    }
    assert!(!codec.in_head());
}
