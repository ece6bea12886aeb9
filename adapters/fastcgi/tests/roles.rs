//! The two roles beside the responder: sections 6.3 and 6.4.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "../../scgi/tests/support/mod.rs"]
mod support;

use janua_fastcgi::client::{self, Encoder};
use janua_fastcgi::{Capacity, FastCgiCodec, FastCgiError, RecordType, Role};
use janua_vocabulary::{self as vocabulary, BodyLength, Codec, Limits, Params, PeerError, Request};
use support::{Seen, feed, watch};

fn codec() -> FastCgiCodec {
    FastCgiCodec::new(Limits::default(), Capacity::default())
}

fn head(role: Role, pairs: &[(&str, &str)]) -> Vec<u8> {
    let encoder = Encoder { role, keep: true, ..Encoder::default() };
    let params = pairs.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    let mut out = Vec::new();
    encoder.begin(&mut out);
    encoder.params(&Params::from_iter(params), &mut out);
    out
}

fn record(kind: RecordType, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    client::record(kind, 1, content, 3, &mut out);
    out
}

fn filtered() -> Vec<u8> {
    let parts = [
        head(Role::Filter, &[("FCGI_DATA_LENGTH", "8"), ("FCGI_DATA_LAST_MOD", "1700000000")]),
        record(RecordType::Stdin, b"the "),
        record(RecordType::Stdin, b"body"),
        record(RecordType::Stdin, b""),
        record(RecordType::Data, b"the "),
        record(RecordType::Data, b"file"),
        record(RecordType::Data, b""),
    ];
    parts.concat()
}

#[track_caller]
fn request(seen: &Seen) -> &Request {
    let Seen::Request(request) = seen else { panic!("{seen:?}") };
    request
}

/// Section 6.3: "The Web server does not send CONTENT_LENGTH".
#[test]
fn an_authorizer_has_no_body() {
    for parameters in [&[][..], &[("CONTENT_LENGTH", "7")]] {
        let mut codec = codec();
        let mut seen = Vec::new();
        feed(&mut codec, &head(Role::Authorizer, parameters), &mut seen);
        assert_eq!(request(&seen[0]).role, vocabulary::Role::Authorizer);
        assert_eq!(request(&seen[0]).body, BodyLength::Exactly(0));
        assert_eq!(seen[1..], [Seen::BodyEnd]);
        codec.finish(&mut Vec::new());
        assert!(codec.reusable());
        feed(&mut codec, &record(RecordType::Stdin, b""), &mut seen);
        assert_eq!(seen.len(), 2);
    }
}

#[test]
fn a_filter_gets_the_file_behind_the_body() {
    let seen = watch(&mut codec(), [&filtered()[..]]);
    let file = (BodyLength::Exactly(8), Some(1_700_000_000));
    assert_eq!(request(&seen[0]).role, vocabulary::Role::Filter { length: file.0, modified: file.1 });
    assert_eq!(request(&seen[0]).body, BodyLength::ToEnd);
    let (body, file) = (Seen::Body(b"the body".to_vec()), Seen::Body(b"the file".to_vec()));
    assert_eq!(seen[1..], [body, Seen::SecondStream, file, Seen::BodyEnd, Seen::Closed]);
}

#[test]
fn a_filter_that_is_cut_anywhere_says_the_same() {
    let wire = filtered();
    let whole = watch(&mut codec(), [&wire[..]]);
    for place in 0..=wire.len() {
        let (first, second) = wire.split_at(place);
        assert_eq!(watch(&mut codec(), [first, second]), whole, "{place}");
    }
}

#[test]
fn a_filter_without_a_body_gets_the_file_at_once() {
    let mut seen = Vec::new();
    let parts = [
        head(Role::Filter, &[("CONTENT_LENGTH", "0")]),
        record(RecordType::Stdin, b""),
        record(RecordType::Data, b"file"),
        record(RecordType::Data, b""),
    ];
    feed(&mut codec(), &parts.concat(), &mut seen);
    assert_eq!(
        request(&seen[0]).role,
        vocabulary::Role::Filter { length: BodyLength::ToEnd, modified: None }
    );
    assert_eq!(seen[1..], [Seen::SecondStream, Seen::Body(b"file".to_vec()), Seen::BodyEnd]);
}

#[test]
fn the_file_before_the_body_is_over_is_refused() {
    for before in
        [head(Role::Filter, &[]), [head(Role::Filter, &[]), record(RecordType::Stdin, b"a part")].concat()]
    {
        let mut seen = Vec::new();
        feed(&mut codec(), &[before, record(RecordType::Data, b"x")].concat(), &mut seen);
        assert_eq!(seen.last(), Some(&Seen::Failed(PeerError::from(FastCgiError::DataTooEarly))));
    }
}

#[test]
fn what_is_left_of_a_filters_streams_is_dropped_after_the_answer() {
    let wire = filtered();
    let head = head(Role::Filter, &[("FCGI_DATA_LENGTH", "8"), ("FCGI_DATA_LAST_MOD", "1700000000")]).len();
    // The end of the last stream is known before its padding has come.
    for place in head..wire.len() - 3 {
        let mut codec = codec();
        let (mut before, mut after) = (Vec::new(), Vec::new());
        feed(&mut codec, &wire[..place], &mut before);
        codec.finish(&mut Vec::new());
        assert!(codec.kept() && !codec.reusable() && codec.peer_sends(), "{place}");
        feed(&mut codec, &wire[place..], &mut after);
        assert_eq!(after.last(), Some(&Seen::BodyEnd), "{place}");
        assert!(codec.reusable() && !codec.peer_sends());
    }
}

#[test]
fn a_filter_may_be_given_up_in_its_file() {
    let mut seen = Vec::new();
    let wire = filtered();
    let (most, _) = wire.split_at(wire.len() - record(RecordType::Data, b"").len());
    feed(&mut codec(), &[most, &record(RecordType::AbortRequest, b"")].concat(), &mut seen);
    assert_eq!(seen.last(), Some(&Seen::Aborted));
}
