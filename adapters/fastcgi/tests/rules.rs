//! What the codec understands: the rules of FastCGI 1.0 for what comes in, one test each.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "../../scgi/tests/support/mod.rs"]
mod support;

use janua_fastcgi::client::{self, Decoder, Encoder, Received};
use janua_fastcgi::{
    Capacity, EndRequest, FastCgiCodec, FastCgiError, Multiplex, ProtocolStatus, RecordType, Role,
};
use janua_vocabulary::{Answer, BodyLength, Codec, Event, Limits, Params, PeerError, Protocol};
use support::{Seen, feed, listen, pairs, watch};

const CAPACITY: Capacity = Capacity { connections: 40, requests: 30, multiplex: Multiplex::Never };

fn codec() -> FastCgiCodec {
    FastCgiCodec::new(Limits::default(), CAPACITY)
}

fn record(kind: RecordType, id: u16, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    client::record(kind, id, content, 0, &mut out);
    out
}

fn begin(id: u16, keep: bool) -> Vec<u8> {
    let mut out = Vec::new();
    Encoder { id, keep, ..Encoder::default() }.begin(&mut out);
    out
}

fn params(id: u16, pairs: &[(&str, &str)]) -> Vec<u8> {
    let mut out = Vec::new();
    let params = pairs.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    Encoder { id, ..Encoder::default() }.params(&Params::from_iter(params), &mut out);
    out
}

fn stdin(id: u16, content: &[u8]) -> Vec<u8> {
    record(RecordType::Stdin, id, content)
}

fn finish(codec: &mut FastCgiCodec) {
    codec.finish(&mut Vec::new());
}

/// All that is said of these records, without the end of the connection.
fn events(records: &[Vec<u8>]) -> Vec<Seen> {
    let mut seen = Vec::new();
    feed(&mut codec(), &records.concat(), &mut seen);
    seen
}

#[track_caller]
fn assert_fails(records: &[Vec<u8>], answer: Answer, reason: FastCgiError) {
    let Some(Seen::Failed(error)) = events(records).pop() else { panic!("no error") };
    assert_eq!(error, PeerError::from(reason));
    assert_eq!(error.answer, answer);
}

/// The one record in a reply.
#[track_caller]
fn assert_reply(seen: &Seen, expected: Received<'_>) {
    let Seen::Reply(bytes) = seen else { panic!("{seen:?}") };
    let mut decoder = Decoder::new();
    decoder.feed(bytes);
    assert_eq!(decoder.poll(), Ok(Some(expected)));
    assert_eq!(decoder.poll(), Ok(None));
}

fn end(protocol_status: ProtocolStatus) -> EndRequest {
    EndRequest { app_status: 0, protocol_status }
}

#[test]
fn a_request_begins_when_its_params_end() {
    let seen = events(&[begin(1, false), params(1, &[("A", "b")]), stdin(1, b"hi"), stdin(1, b"")]);
    let Seen::Request(request) = &seen[0] else { panic!("{seen:?}") };
    assert_eq!(pairs(&request.params), [(&b"A"[..], &b"b"[..])]);
    assert_eq!(seen[1..], [Seen::Body(b"hi".to_vec()), Seen::BodyEnd]);
    assert_eq!(codec().protocol(), Protocol::FastCgi);
}

#[test]
fn a_pair_split_over_two_records_is_one_pair() {
    let stream = [&[3, 0x80, 0, 0, 5][..], b"ONEvalue", &[3, 1], b"TWO2"].concat();
    for place in 1..stream.len() {
        let (first, second) = stream.split_at(place);
        let seen = events(&[
            begin(1, false),
            record(RecordType::Params, 1, first),
            record(RecordType::Params, 1, second),
            record(RecordType::Params, 1, b""),
        ]);
        let [Seen::Request(request)] = &seen[..] else { panic!("{seen:?}") };
        assert_eq!(pairs(&request.params), [(&b"ONE"[..], &b"value"[..]), (b"TWO", b"2")]);
    }
}

#[test]
fn a_request_without_params_is_a_request() {
    let seen = events(&[begin(1, false), params(1, &[])]);
    assert!(matches!(&seen[..], [Seen::Request(request)] if request.params.is_empty()));
}

#[test]
fn padding_is_skipped_behind_empty_records_too() {
    let mut wire = begin(1, false);
    client::record(RecordType::Params, 1, b"\x01\x01Ab", 255, &mut wire);
    client::record(RecordType::Params, 1, b"", 7, &mut wire);
    client::record(RecordType::Stdin, 1, b"hi", 6, &mut wire);
    client::record(RecordType::Stdin, 1, b"", 8, &mut wire);
    let seen = events(&[wire, client::get_values(&[])]);
    assert!(
        matches!(&seen[..], [Seen::Request(_), Seen::Body(_), Seen::BodyEnd, Seen::Reply(_)]),
        "{seen:?}"
    );
}

#[test]
fn the_body_is_as_long_as_a_plain_content_length_says_or_as_stdin() {
    for (value, expected) in [
        ("12", BodyLength::Exactly(12)),
        ("9223372036854775807", BodyLength::Exactly(i64::MAX as u64)),
        ("9223372036854775808", BodyLength::ToEnd),
        ("", BodyLength::ToEnd),
        ("-1", BodyLength::ToEnd),
        ("+1", BodyLength::ToEnd),
        ("1 ", BodyLength::ToEnd),
    ] {
        let seen = events(&[begin(1, false), params(1, &[("CONTENT_LENGTH", value)])]);
        assert!(
            matches!(&seen[..], [Seen::Request(request)] if request.body == expected),
            "{value}: {seen:?}"
        );
    }
    let seen = events(&[begin(1, false), params(1, &[])]);
    assert!(matches!(&seen[..], [Seen::Request(request)] if request.body == BodyLength::ToEnd));
}

#[test]
fn the_last_content_length_counts_as_for_the_environ() {
    let lengths = [("CONTENT_LENGTH", "1"), ("CONTENT_LENGTH", "2")];
    let seen = events(&[begin(1, false), params(1, &lengths)]);
    assert!(matches!(&seen[..], [Seen::Request(request)] if request.body == BodyLength::Exactly(2)));
}

#[test]
fn a_body_longer_or_shorter_than_content_length_is_passed_on() {
    for length in ["1", "100"] {
        let length = [("CONTENT_LENGTH", length)];
        let seen = events(&[begin(1, false), params(1, &length), stdin(1, b"abc"), stdin(1, b"")]);
        assert_eq!(seen[1..], [Seen::Body(b"abc".to_vec()), Seen::BodyEnd]);
    }
}

#[test]
fn with_content_length_0_the_body_ends_at_once_and_late_stdin_is_ignored() {
    let mut codec = codec();
    let mut seen = Vec::new();
    let length = [("CONTENT_LENGTH", "0")];
    feed(&mut codec, &[begin(1, true), params(1, &length)].concat(), &mut seen);
    assert!(matches!(&seen[..], [Seen::Request(_), Seen::BodyEnd]), "{seen:?}");
    seen.clear();
    feed(&mut codec, &stdin(1, b""), &mut seen);
    finish(&mut codec);
    assert!(codec.reusable());
    feed(&mut codec, &stdin(1, b""), &mut seen);
    assert_eq!(seen, []);
    assert!(codec.reusable());
    feed(&mut codec, &[begin(1, true), params(1, &[])].concat(), &mut seen);
    assert!(matches!(&seen[..], [Seen::Request(_)]), "{seen:?}");
}

/// mod_proxy_fcgi says CONTENT_LENGTH 0 for an empty POST and then sends the end of STDIN: closing in between was a
/// broken pipe to it, and a 503 to the client.
#[test]
fn the_end_of_an_empty_stdin_that_was_told_early_is_still_waited_for() {
    let mut codec = codec();
    let mut seen = Vec::new();
    let length = [("CONTENT_LENGTH", "0")];
    feed(&mut codec, &[begin(1, false), params(1, &length)].concat(), &mut seen);
    finish(&mut codec);
    assert!(codec.peer_sends());
    feed(&mut codec, &stdin(1, b""), &mut seen);
    assert!(!codec.peer_sends());
}

#[test]
fn only_a_connection_that_the_peer_keeps_waits_for_the_rest_of_a_body() {
    for keep in [true, false] {
        let mut codec = codec();
        let length = [("CONTENT_LENGTH", "5")];
        feed(&mut codec, &[begin(1, keep), params(1, &length), stdin(1, b"ab")].concat(), &mut Vec::new());
        finish(&mut codec);
        assert_eq!((codec.kept(), codec.peer_sends(), codec.reusable()), (keep, true, false));
    }
}

#[test]
fn get_values_is_answered_and_unknown_names_are_left_out() {
    let names = ["FCGI_MPXS_CONNS", "FCGI_MAX_REQS", "FCGI_COFFEE", "FCGI_MAX_CONNS", "FCGI_MAX_REQS"];
    let values: [(&[u8], &[u8]); 3] =
        [(b"FCGI_MAX_CONNS", b"40"), (b"FCGI_MAX_REQS", b"30"), (b"FCGI_MPXS_CONNS", b"0")];
    for (names, values) in [(&names[..], &values[..]), (&names[..1], &values[2..]), (&names[2..3], &[])] {
        let seen = events(&[client::get_values(names)]);
        let [Seen::Reply(reply)] = &seen[..] else { panic!("{seen:?}") };
        let mut decoder = Decoder::new();
        decoder.feed(reply);
        let Ok(Some(Received::Values(answer))) = decoder.poll() else { panic!("{reply:?}") };
        assert_eq!(pairs(&answer), values);
    }
}

#[test]
fn management_records_are_answered_in_the_middle_of_a_request() {
    let question = client::get_values(&["FCGI_MAX_CONNS"]);
    let mut wire = begin(1, false);
    for part in [&b"\x01\x01A"[..], b"b"] {
        wire.extend_from_slice(&question);
        wire.extend(record(RecordType::Params, 1, part));
    }
    wire.extend(
        [params(1, &[]), question.clone(), stdin(1, b"hi"), question.clone(), stdin(1, b"")].concat(),
    );
    let seen = events(&[wire]);
    let [reply, again, Seen::Request(request), third, body, fourth, Seen::BodyEnd] = &seen[..] else {
        panic!("{seen:?}")
    };
    assert!([again, third, fourth].iter().all(|other| *other == reply));
    assert_eq!(pairs(&request.params), [(&b"A"[..], &b"b"[..])]);
    assert_eq!(*body, Seen::Body(b"hi".to_vec()));
}

#[test]
fn an_unknown_management_record_is_answered_with_its_type() {
    for number in [2, 4, 5, 8, 10, 12, 255] {
        let kind = RecordType::from_number(number);
        assert_eq!(kind.number(), number);
        let seen = events(&[record(kind, 0, b"whatever")]);
        assert_eq!(seen.len(), 1);
        assert_reply(&seen[0], Received::UnknownType(kind));
    }
}

#[test]
fn unknown_type_itself_is_not_answered() {
    assert_eq!(events(&[record(RecordType::UnknownType, 0, &[9; 8])]), []);
}

#[test]
fn a_question_that_is_cut_inside_a_pair_closes_the_connection() {
    assert_fails(&[record(RecordType::GetValues, 0, b"\x09\0FCGI")], Answer::Close, FastCgiError::ValuesCut);
}

#[test]
fn a_second_request_is_told_cant_mpx_conn_and_its_records_are_ignored() {
    let seen = events(&[
        begin(1, true),
        begin(2, true),
        params(2, &[("B", "2")]),
        params(1, &[("A", "1")]),
        stdin(2, b"two"),
        stdin(1, b"one"),
        stdin(2, b""),
        record(RecordType::AbortRequest, 2, b""),
        begin(3, true),
        stdin(1, b""),
    ]);
    let [two, Seen::Request(request), body, three, Seen::BodyEnd] = &seen[..] else { panic!("{seen:?}") };
    assert_reply(two, Received::End(2, end(ProtocolStatus::CantMpxConn)));
    assert_reply(three, Received::End(3, end(ProtocolStatus::CantMpxConn)));
    assert_eq!(pairs(&request.params), [(&b"A"[..], &b"1"[..])]);
    assert_eq!(*body, Seen::Body(b"one".to_vec()));
}

#[test]
fn an_unknown_role_is_told_so_and_a_kept_connection_goes_on() {
    for role in [Role::Other(0), Role::Other(4), Role::Other(77)] {
        let encoder = Encoder { role, keep: true, ..Encoder::default() };
        let seen = events(&[encoder.request(&Params::new(), b"x"), begin(1, true), params(1, &[])]);
        assert_reply(&seen[0], Received::End(1, end(ProtocolStatus::UnknownRole)));
        assert!(matches!(&seen[1..], [Seen::Request(_)]), "{seen:?}");
    }
}

#[test]
fn an_unknown_role_closes_a_connection_that_is_not_kept() {
    let encoder = Encoder { role: Role::Other(77), ..Encoder::default() };
    let seen = events(&[encoder.request(&Params::new(), b"")]);
    assert_eq!(seen.len(), 2);
    assert_reply(&seen[0], Received::End(1, end(ProtocolStatus::UnknownRole)));
    let Seen::Failed(error) = &seen[1] else { panic!("{seen:?}") };
    assert_eq!(error.answer, Answer::Close);
    assert!(error.reason.contains("the unknown role 77"), "{error}");
}

#[test]
fn an_abort_of_a_request_that_was_handed_on_is_told_once() {
    let abort = record(RecordType::AbortRequest, 1, b"");
    let mut codec = codec();
    let mut seen = Vec::new();
    let head = [begin(1, true), params(1, &[])].concat();
    let wire = [head.clone(), stdin(1, b"hi"), abort.clone(), abort.clone(), stdin(1, b"more")];
    feed(&mut codec, &wire.concat(), &mut seen);
    assert!(matches!(&seen[..], [Seen::Request(_), Seen::Body(_), Seen::Aborted]), "{seen:?}");
    assert!(!codec.reusable());
    finish(&mut codec);
    assert!(codec.reusable());
    seen.clear();
    feed(&mut codec, &head, &mut seen);
    assert!(matches!(&seen[..], [Seen::Request(_)]), "{seen:?}");
}

#[test]
fn an_abort_after_the_body_is_told() {
    let abort = record(RecordType::AbortRequest, 1, b"");
    let seen = events(&[begin(1, true), params(1, &[]), stdin(1, b""), abort]);
    assert!(matches!(&seen[..], [Seen::Request(_), Seen::BodyEnd, Seen::Aborted]), "{seen:?}");
}

#[test]
fn an_abort_before_the_params_are_whole_is_answered_and_nothing_else_is_said() {
    for keep in [true, false] {
        let mut codec = codec();
        let mut seen = Vec::new();
        let wire = [
            begin(1, keep),
            record(RecordType::Params, 1, b"\x05"),
            record(RecordType::AbortRequest, 1, b""),
        ];
        feed(&mut codec, &wire.concat(), &mut seen);
        assert_reply(&seen[0], Received::End(1, end(ProtocolStatus::RequestComplete)));
        // Without FCGI_KEEP_CONN it is up to the application to close.
        assert_eq!(&seen[1..], if keep { &[][..] } else { &[Seen::Closed] });
        assert_eq!(codec.reusable(), keep);
        assert!(!codec.in_head());
        if keep {
            feed(&mut codec, &[begin(1, keep), params(1, &[("A", "b")])].concat(), &mut seen);
            assert!(matches!(&seen[1..], [Seen::Request(request)] if request.params.len() == 1), "{seen:?}");
        }
    }
}

#[test]
fn records_of_no_request_are_ignored() {
    let seen = events(&[
        params(5, &[("A", "b")]),
        stdin(5, b"x"),
        record(RecordType::AbortRequest, 5, b""),
        record(RecordType::Other(99), 5, b"x"),
        record(RecordType::GetValues, 5, b"x"),
    ]);
    assert_eq!(seen, []);
}

#[test]
fn records_that_a_responder_has_no_use_for_are_ignored() {
    let seen = events(&[
        begin(1, true),
        record(RecordType::Data, 1, b"data"),
        params(1, &[]),
        record(RecordType::Data, 1, b"data"),
        record(RecordType::Data, 1, b""),
        record(RecordType::Stdout, 1, b"x"),
        record(RecordType::Other(99), 1, b"x"),
        params(1, &[("LATE", "x")]),
        stdin(1, b""),
        stdin(1, b"late"),
    ]);
    assert!(matches!(&seen[..], [Seen::Request(_), Seen::BodyEnd]), "{seen:?}");
}

#[test]
fn another_version_is_noticed_at_its_first_byte() {
    assert_fails(&[b"G".to_vec()], Answer::Close, FastCgiError::OtherVersion(b'G'));
    assert_fails(&[begin(1, true), vec![2]], Answer::Close, FastCgiError::OtherVersion(2));
}

#[test]
fn a_request_that_begins_twice_closes_the_connection() {
    assert_fails(&[begin(1, true), begin(1, true)], Answer::Close, FastCgiError::BegunTwice(1));
    let whole = Encoder::default().request(&Params::new(), b"");
    assert_fails(&[whole, begin(1, true)], Answer::Close, FastCgiError::BegunTwice(1));
}

#[test]
fn a_request_with_the_id_0_or_a_short_begin_closes_the_connection() {
    assert_fails(&[begin(0, true)], Answer::Close, FastCgiError::NullRequest);
    let short = record(RecordType::BeginRequest, 1, &[0, 1, 0]);
    assert_fails(&[short], Answer::Close, FastCgiError::BeginLength(3));
}

#[test]
fn input_before_the_end_of_the_params_is_refused() {
    let reason = FastCgiError::InputBeforeParams;
    assert_fails(&[begin(1, true), stdin(1, b"hi")], Answer::Status(400), reason);
    assert_fails(&[begin(1, true), stdin(1, b"")], Answer::Status(400), reason);
}

#[test]
fn params_that_end_inside_a_pair_are_refused() {
    for cut in [&b"\x03"[..], b"\x03\x01", b"\x03\x01ONE", b"\x01\x01Ab\x80"] {
        let records = [begin(1, true), record(RecordType::Params, 1, cut), params(1, &[])];
        assert_fails(&records, Answer::Status(400), FastCgiError::ParamsCut);
    }
}

#[test]
fn params_beyond_a_limit_are_refused_as_soon_as_they_exceed_it() {
    let limits = Limits { params_bytes: 20, params: 2, name_bytes: 12 };
    let fails = |content: &[u8]| {
        let mut codec = FastCgiCodec::new(limits, CAPACITY);
        let mut seen = Vec::new();
        feed(&mut codec, &[begin(1, true), record(RecordType::Params, 1, content)].concat(), &mut seen);
        match seen.pop() {
            Some(Seen::Failed(error)) => Some((error.answer, error.setting)),
            _ => None,
        }
    };
    let (bytes, count) = (Some("max_params_bytes"), Some("max_params"));
    assert_eq!(fails(&[&b"\x01\x12A"[..], &[b'v'; 18]].concat()), Some((Answer::Status(431), bytes)));
    assert_eq!(fails(b"\x01\x12"), Some((Answer::Status(431), bytes)));
    let name = Some("max_name_bytes");
    assert_eq!(fails(b"\x0d\x00"), Some((Answer::Status(431), name)));
    assert_eq!(fails(b"\xff\xff\xff\xff\xff\xff\xff\xff"), Some((Answer::Status(431), name)));
    assert_eq!(fails(b"\x0c\xff\xff\xff\xff"), Some((Answer::Status(431), bytes)));
    let full = [&b"\x01\x11A"[..], &[b'v'; 17]].concat();
    assert_eq!(fails(&full), None);
    assert_eq!(fails(&[&full[..], b"\x01"].concat()), Some((Answer::Status(431), bytes)));
    assert_eq!(fails(b"\x01\0A\x01\0B"), None);
    assert_eq!(fails(b"\x01\0A\x01\0B\x01"), Some((Answer::Status(431), count)));
}

#[test]
fn after_finish_the_rest_of_the_body_is_dropped_and_its_end_is_told() {
    let mut codec = codec();
    let mut seen = Vec::new();
    feed(&mut codec, &[begin(1, true), params(1, &[]), stdin(1, b"ab")].concat(), &mut seen);
    finish(&mut codec);
    assert!(!codec.reusable());
    seen.clear();
    feed(&mut codec, &[stdin(1, b"cd"), stdin(1, &[b'x'; 60_000])].concat(), &mut seen);
    assert_eq!(seen, []);
    assert!(!codec.reusable());
    feed(&mut codec, &stdin(1, b""), &mut seen);
    assert_eq!(seen, [Seen::BodyEnd]);
    assert!(codec.reusable());
}

#[test]
fn a_next_request_instead_of_the_rest_of_the_body_ends_it() {
    for id in [1, 2] {
        let mut codec = codec();
        let mut seen = Vec::new();
        feed(&mut codec, &[begin(1, true), params(1, &[]), stdin(1, b"ab")].concat(), &mut seen);
        finish(&mut codec);
        seen.clear();
        feed(&mut codec, &[begin(id, true), params(id, &[])].concat(), &mut seen);
        assert!(matches!(&seen[..], [Seen::BodyEnd, Seen::Request(_)]), "{seen:?}");
    }
}

#[test]
fn an_abort_instead_of_the_rest_of_the_body_ends_it() {
    let mut codec = codec();
    let mut seen = Vec::new();
    feed(&mut codec, &[begin(1, true), params(1, &[])].concat(), &mut seen);
    finish(&mut codec);
    seen.clear();
    feed(&mut codec, &record(RecordType::AbortRequest, 1, b""), &mut seen);
    assert_eq!(seen, [Seen::BodyEnd]);
    assert!(codec.reusable());
}

#[test]
fn requests_follow_each_other_on_a_kept_connection() {
    let mut codec = codec();
    for id in [1, 1, 7] {
        let mut seen = Vec::new();
        let encoder = Encoder { id, keep: true, ..Encoder::default() };
        feed(&mut codec, &encoder.request(&Params::from_iter([(&b"A"[..], &b"b"[..])]), b"hi"), &mut seen);
        assert!(matches!(&seen[..], [Seen::Request(_), Seen::Body(_), Seen::BodyEnd]), "{seen:?}");
        finish(&mut codec);
        assert!(codec.reusable());
        codec.idle();
    }
}

#[test]
fn a_long_pair_that_came_in_pieces_leaves_nothing_behind_for_the_next_request() {
    let mut codec = codec();
    let long = "v".repeat(500);
    for value in [long.as_str(), "short"] {
        let mut seen = Vec::new();
        let wire = [begin(1, true), params(1, &[("A", value)]), stdin(1, b"")].concat();
        wire.chunks(50).for_each(|piece| feed(&mut codec, piece, &mut seen));
        let [Seen::Request(request), Seen::BodyEnd] = &seen[..] else { panic!("{seen:?}") };
        assert_eq!(pairs(&request.params), [(&b"A"[..], value.as_bytes())]);
        finish(&mut codec);
    }
}

#[test]
fn a_connection_that_failed_is_not_reusable_even_if_its_request_was_whole() {
    let mut codec = codec();
    let mut seen = Vec::new();
    feed(&mut codec, &[begin(1, true), params(1, &[]), stdin(1, b""), vec![9]].concat(), &mut seen);
    assert!(matches!(&seen[..], [Seen::Request(_), Seen::BodyEnd, Seen::Failed(_)]), "{seen:?}");
    finish(&mut codec);
    assert!(!codec.reusable());
}

#[test]
fn a_request_that_is_answered_before_its_head_is_whole_is_not_handed_on() {
    let mut codec = codec();
    let mut seen = Vec::new();
    feed(&mut codec, &begin(1, true), &mut seen);
    finish(&mut codec);
    feed(&mut codec, &[params(1, &[("A", "b")]), stdin(1, b"x"), stdin(1, b"")].concat(), &mut seen);
    assert_eq!(seen, []);
    assert!(!codec.reusable());
}

#[test]
fn a_request_that_came_with_the_one_before_it_waits_for_its_turn() {
    let mut codec = codec();
    let one = Encoder { keep: true, ..Encoder::default() }.request(&Params::new(), b"");
    let wire = [one.clone(), one].concat();
    codec.space()[..wire.len()].copy_from_slice(&wire);
    codec.filled(wire.len());
    assert!(matches!(codec.poll(), Ok(Event::Request(_))));
    assert!(matches!(codec.poll(), Ok(Event::BodyEnd)));
    finish(&mut codec);
    let mut seen = Vec::new();
    listen(&mut codec, &mut seen);
    assert!(matches!(&seen[..], [Seen::Request(_), Seen::BodyEnd]), "{seen:?}");
}

#[test]
fn a_peer_that_leaves_is_at_fault_only_while_it_owes_something() {
    let last = |wire: &[Vec<u8>]| watch(&mut codec(), [wire.concat().as_slice()]).pop();
    let failed = |error: FastCgiError| Some(Seen::Failed(error.into()));
    assert_eq!(last(&[]), Some(Seen::Closed));
    assert_eq!(last(&[vec![1]]), failed(FastCgiError::ClosedInRecord));
    assert_eq!(last(&[begin(1, true)[..9].to_vec()]), failed(FastCgiError::ClosedInRecord));
    assert_eq!(last(&[client::get_values(&["A"])[..9].to_vec()]), failed(FastCgiError::ClosedInRecord));
    assert_eq!(last(&[client::get_values(&["A"])]), Some(Seen::Closed));
    assert_eq!(last(&[begin(1, true)]), failed(FastCgiError::ClosedInParams));
    let head = || [begin(1, true), params(1, &[])].concat();
    assert_eq!(last(&[head()]), failed(FastCgiError::ClosedInBody));
    assert_eq!(last(&[head(), stdin(1, b"abc")[..9].to_vec()]), failed(FastCgiError::ClosedInBody));
    assert_eq!(last(&[head(), stdin(1, b"")]), Some(Seen::Closed));
}

#[test]
fn a_peer_that_leaves_after_the_answer_is_not_at_fault() {
    let mut codec = codec();
    feed(
        &mut codec,
        &[begin(1, true), params(1, &[]), stdin(1, b"a")[..8].to_vec()].concat(),
        &mut Vec::new(),
    );
    finish(&mut codec);
    codec.closed();
    let mut seen = Vec::new();
    listen(&mut codec, &mut seen);
    assert_eq!(seen, [Seen::Closed]);
}

#[test]
fn a_connection_is_in_its_head_from_the_first_byte_to_the_end_of_the_params() {
    let mut codec = codec();
    for _ in 0..2 {
        assert!(!codec.in_head());
        let mut seen = Vec::new();
        for byte in [begin(1, true), params(1, &[("A", "b")])].concat() {
            feed(&mut codec, &[byte], &mut seen);
            assert_eq!(codec.in_head(), seen.is_empty());
        }
        feed(&mut codec, &stdin(1, b""), &mut seen);
        finish(&mut codec);
    }
}

#[test]
fn an_idle_connection_is_small() {
    assert!(size_of::<FastCgiCodec>() < 300, "{}", size_of::<FastCgiCodec>());
}
