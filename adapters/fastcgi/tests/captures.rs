//! Requests that real servers sent, at every cut.

#![allow(clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "../../scgi/tests/support/mod.rs"]
mod support;

use janua_fastcgi::{Capacity, FastCgiCodec, RecordType, client};
use janua_vocabulary::{BodyLength, Limits, Request};
use proptest::prelude::*;
use support::{Capture, Seen, captures, cut, pairs, trying, watch};

fn events(pieces: Vec<&[u8]>) -> Vec<Seen> {
    watch(&mut FastCgiCodec::new(Limits::default(), Capacity::default()), pieces)
}

fn assert_is_the_request(seen: &[Seen], capture: &Capture) {
    let Some((Seen::Request(Request { params, body, .. }), rest)) = seen.split_first() else {
        panic!("{}: {seen:?}", capture.id)
    };
    assert_eq!(pairs(params), pairs(&capture.params), "{}", capture.id);
    let plain = params.get(b"CONTENT_LENGTH").is_some_and(|n| !n.is_empty() && n != b"-1");
    let expected = if plain { BodyLength::Exactly(capture.body_bytes as u64) } else { BodyLength::ToEnd };
    assert_eq!(*body, expected, "{}", capture.id);
    match rest {
        [Seen::BodyEnd, Seen::Closed] => assert_eq!(capture.body_bytes, 0, "{}", capture.id),
        [Seen::Body(body), Seen::BodyEnd, Seen::Closed] => assert_eq!(body.len(), capture.body_bytes),
        other => panic!("{}: {other:?}", capture.id),
    }
}

#[test]
fn every_server_s_request_is_understood_at_every_split_point() {
    let captures = captures("fastcgi");
    assert!(captures.len() >= 150);
    for capture in captures {
        let whole = events(vec![&capture.wire]);
        assert_is_the_request(&whole, capture);
        for place in 1..capture.wire.len() {
            assert!(events(cut(&capture.wire, &[place])) == whole, "{} cut at {place}", capture.id);
        }
    }
}

#[test]
fn every_server_s_request_is_understood_byte_by_byte() {
    for capture in captures("fastcgi") {
        assert_is_the_request(&events(capture.wire.chunks(1).collect()), capture);
    }
}

/// The captures hold what follows the question about values; this puts one in front.
#[test]
fn a_question_about_values_in_front_of_a_request_is_answered_at_every_split_point() {
    let capture = captures("fastcgi")
        .iter()
        .find(|capture| capture.id.starts_with("85"))
        .unwrap_or_else(|| panic!("no request of HAProxy"));
    let wire = [client::get_values(&["FCGI_MAX_REQS", "FCGI_MPXS_CONNS"]), capture.wire.clone()].concat();
    for place in 0..wire.len() {
        let seen = events(cut(&wire, &[place]));
        let Some((Seen::Reply(reply), rest)) = seen.split_first() else { panic!("{seen:?}") };
        assert_eq!(reply[1], RecordType::GetValuesResult.number());
        assert_is_the_request(rest, capture);
    }
}

proptest! {
    #![proptest_config(trying())]

    #[test]
    fn every_server_s_request_is_understood_at_random_cuts(
        index: prop::sample::Index,
        places in prop::collection::vec(any::<usize>(), 0..20),
    ) {
        let capture = index.get(captures("fastcgi"));
        assert_is_the_request(&events(cut(&capture.wire, &places)), capture);
    }
}
