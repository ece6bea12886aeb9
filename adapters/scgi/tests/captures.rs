//! Requests that real servers sent, at every cut.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

mod support;

use janua_scgi::ScgiCodec;
use janua_vocabulary::{BodyLength, Limits};
use proptest::prelude::*;
use support::{Capture, Seen, captures, cut, pairs, trying, watch};

fn events(pieces: Vec<&[u8]>) -> Vec<Seen> {
    watch(&mut ScgiCodec::new(Limits::default()), pieces)
}

fn assert_is_the_request(seen: &[Seen], capture: &Capture) {
    let Some((Seen::Request(request), rest)) = seen.split_first() else { panic!("{}: {seen:?}", capture.id) };
    assert_eq!(pairs(&request.params), pairs(&capture.params), "{}", capture.id);
    assert_eq!(request.body, BodyLength::Exactly(capture.body_bytes as u64), "{}", capture.id);
    let body = capture.wire[capture.wire.len() - capture.body_bytes..].to_vec();
    let expected = match body.is_empty() {
        true => vec![Seen::BodyEnd, Seen::Closed],
        false => vec![Seen::Body(body), Seen::BodyEnd, Seen::Closed],
    };
    assert_eq!(rest, expected, "{}", capture.id);
}

#[test]
fn every_server_s_request_is_understood_at_every_split_point() {
    let captures = captures("scgi");
    assert!(captures.len() >= 50);
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
    for capture in captures("scgi") {
        assert_is_the_request(&events(capture.wire.chunks(1).collect()), capture);
    }
}

proptest! {
    #![proptest_config(trying())]

    #[test]
    fn every_server_s_request_is_understood_at_random_cuts(
        index: prop::sample::Index,
        places in prop::collection::vec(any::<usize>(), 0..20),
    ) {
        let captures = captures("scgi");
        let capture = index.get(captures);
        assert_is_the_request(&events(cut(&capture.wire, &places)), capture);
    }
}
