//! A connection with several requests open: what comes in is parted, what goes out is joined.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "../../scgi/tests/support/mod.rs"]
mod support;

use janua_fastcgi::client::{self, Decoder, Encoder, Received, Response};
use janua_fastcgi::{
    Capacity, EndRequest, FastCgiCodec, FastCgiError, Joiner, Multiplex, Parted, ProtocolStatus, RecordType,
    Splitter,
};
use janua_vocabulary::{Codec, Head, Limits, Params, PeerError};
use std::collections::BTreeMap;
use support::{Seen, feed, listen};

const CAPACITY: Capacity = Capacity { connections: 40, requests: 30, multiplex: Multiplex::WhenAsked };

fn record(kind: RecordType, id: u16, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    client::record(kind, id, content, 5, &mut out);
    out
}

fn request(id: u16, body: &[u8]) -> Vec<u8> {
    let name = id.to_string();
    let params = Params::from_iter([(&b"ID"[..], name.as_bytes())]);
    Encoder { id, keep: true, padding: 1, ..Encoder::default() }.request(&params, body)
}

/// The records of `wires` in turn, one of each.
fn interleaved(wires: &[Vec<u8>]) -> Vec<u8> {
    let mut rest: Vec<&[u8]> = wires.iter().map(|wire| &wire[..]).collect();
    let mut out = Vec::new();
    while rest.iter().any(|wire| !wire.is_empty()) {
        for wire in rest.iter_mut().filter(|wire| !wire.is_empty()) {
            let length = 8 + usize::from(u16::from_be_bytes([wire[4], wire[5]])) + usize::from(wire[6]);
            out.extend_from_slice(&wire[..length]);
            *wire = &wire[length..];
        }
    }
    out
}

/// What was said besides bytes for requests.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Begin(u16),
    Aborted(u16),
    Overloaded(Vec<u8>),
    Reply(Vec<u8>),
    Closed,
    Failed(PeerError),
}

/// A splitter, and what each request's codec was told.
struct Shared {
    splitter: Splitter,
    said: Vec<Said>,
    lanes: BTreeMap<u16, (FastCgiCodec, Vec<Seen>)>,
}

impl Shared {
    fn new(most: usize) -> Self {
        Self { splitter: Splitter::new(CAPACITY, most), said: Vec::new(), lanes: BTreeMap::new() }
    }

    fn feed(&mut self, bytes: &[u8]) {
        self.splitter.feed(bytes);
        self.listen();
    }

    fn listen(&mut self) {
        loop {
            let said = match self.splitter.poll() {
                Ok(Parted::NeedBytes) => return,
                Ok(Parted::Begin(id, record)) => {
                    let mut lane = (FastCgiCodec::new(Limits::default(), Capacity::default()), Vec::new());
                    feed(&mut lane.0, &record, &mut lane.1);
                    self.lanes.insert(id, lane);
                    Said::Begin(id)
                }
                Ok(Parted::For(id, bytes)) => {
                    assert!(!bytes.is_empty());
                    let (codec, seen) = self.lanes.get_mut(&id).unwrap();
                    feed(codec, bytes, seen);
                    continue;
                }
                Ok(Parted::Aborted(id)) => Said::Aborted(id),
                Ok(Parted::Overloaded(record)) => Said::Overloaded(record),
                Ok(Parted::Reply(record)) => Said::Reply(record),
                Ok(Parted::Closed) => Said::Closed,
                Err(error) => Said::Failed(error),
            };
            let over = matches!(said, Said::Closed | Said::Failed(_));
            self.said.push(said);
            if over {
                return;
            }
        }
    }

    fn bodies(&self) -> Vec<(u16, Vec<u8>)> {
        let body = |seen: &[Seen]| match seen {
            [Seen::Request(_), Seen::Body(body), Seen::BodyEnd] => body.clone(),
            other => panic!("{other:?}"),
        };
        self.lanes.iter().map(|(id, (_, seen))| (*id, body(seen))).collect()
    }
}

#[test]
fn interleaved_records_reach_their_requests_however_they_are_cut() {
    let bodies = [(1, b"one".to_vec()), (2, b"second".to_vec()), (65535, b"last".to_vec())];
    let wires: Vec<_> = bodies.iter().map(|(id, body)| request(*id, body)).collect();
    let wire = interleaved(&wires);
    for place in 0..=wire.len() {
        let mut shared = Shared::new(3);
        shared.feed(&wire[..place]);
        shared.feed(&wire[place..]);
        assert_eq!(shared.said, [1, 2, 65535].map(Said::Begin), "{place}");
        assert_eq!(shared.bodies(), bodies, "{place}");
    }
}

#[test]
fn byte_by_byte_is_the_same() {
    let mut shared = Shared::new(2);
    for byte in interleaved(&[request(1, b"a"), request(2, b"b")]) {
        shared.feed(&[byte]);
    }
    assert_eq!(shared.bodies(), [(1, b"a".to_vec()), (2, b"b".to_vec())]);
}

#[test]
fn one_more_than_the_most_is_overloaded_and_its_records_mean_nothing() {
    let mut shared = Shared::new(1);
    shared.feed(&interleaved(&[request(1, b"a"), request(2, b"b")]));
    let [Said::Begin(1), Said::Overloaded(reply)] = &shared.said[..] else { panic!("{:?}", shared.said) };
    let end = EndRequest { app_status: 0, protocol_status: ProtocolStatus::Overloaded };
    assert_eq!(Response::gather(2, reply).unwrap().end, Some(end));
    assert_eq!(shared.bodies(), [(1, b"a".to_vec())]);
    shared.splitter.closed(1);
    shared.feed(&request(2, b"again"));
    assert_eq!(shared.said.last(), Some(&Said::Begin(2)));
}

/// Section 3.3: an id "becomes inactive" with END_REQUEST.
#[test]
fn an_id_is_free_again_when_its_request_has_ended() {
    let mut shared = Shared::new(9);
    let wire = request(1, b"a body that nobody reads");
    let (now, later) = wire.split_at(wire.len() - 12);
    shared.feed(now);
    shared.splitter.closed(1);
    shared.feed(later);
    shared.feed(&request(1, b"x"));
    assert_eq!(shared.said, [Said::Begin(1), Said::Begin(1)]);
    assert_eq!(shared.bodies(), [(1, b"x".to_vec())]);
}

#[test]
fn an_abort_is_told_and_the_owner_ends_the_request() {
    let mut shared = Shared::new(9);
    shared.feed(&interleaved(&[request(1, b"a"), request(2, b"b")]));
    shared
        .feed(&[record(RecordType::AbortRequest, 2, b""), record(RecordType::AbortRequest, 7, b"")].concat());
    assert_eq!(shared.said, [Said::Begin(1), Said::Begin(2), Said::Aborted(2)]);
    let mut out = Vec::new();
    let end = EndRequest { app_status: 0, protocol_status: ProtocolStatus::RequestComplete };
    shared.splitter.end(2, end, &mut out);
    assert_eq!(Response::gather(2, &out).unwrap().end, Some(end));
    shared.feed(&request(2, b"again"));
    assert_eq!(shared.said.last(), Some(&Said::Begin(2)));
}

#[test]
fn a_peer_that_asks_may_share_and_is_told_so_again() {
    let question = client::get_values(&["FCGI_MPXS_CONNS", "FCGI_MAX_REQS"]);
    let mut codec = FastCgiCodec::new(Limits::default(), CAPACITY);
    let mut seen = Vec::new();
    feed(&mut codec, &[question.clone(), request(1, b"a")].concat(), &mut seen);
    let [Seen::Reply(reply), Seen::Shared(rest)] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!(*rest, request(1, b"a"));
    let mut shared = Shared::new(9);
    shared.feed(&question);
    assert_eq!(shared.said, [Said::Reply(reply.clone())]);
    let mut decoder = Decoder::new();
    decoder.feed(reply);
    let Ok(Some(Received::Values(values))) = decoder.poll() else { panic!("{reply:?}") };
    assert_eq!(values.get(b"FCGI_MPXS_CONNS"), Some(&b"1"[..]));
}

#[test]
fn who_did_not_ask_about_sharing_does_not_share() {
    let mut codec = FastCgiCodec::new(Limits::default(), CAPACITY);
    let mut seen = Vec::new();
    feed(&mut codec, &[client::get_values(&["FCGI_MAX_REQS"]), request(1, b"a")].concat(), &mut seen);
    assert!(matches!(&seen[..], [Seen::Reply(_), Seen::Request(_), ..]), "{seen:?}");
}

#[test]
fn who_asks_while_a_request_is_open_is_told_no() {
    let mut codec = FastCgiCodec::new(Limits::default(), CAPACITY);
    let mut seen = Vec::new();
    feed(&mut codec, &[request(1, b"a"), client::get_values(&["FCGI_MPXS_CONNS"])].concat(), &mut seen);
    let Some(Seen::Reply(reply)) = seen.last() else { panic!("{seen:?}") };
    let mut decoder = Decoder::new();
    decoder.feed(reply);
    let Ok(Some(Received::Values(values))) = decoder.poll() else { panic!("{reply:?}") };
    assert_eq!(values.get(b"FCGI_MPXS_CONNS"), Some(&b"0"[..]));
}

#[test]
fn where_all_share_nobody_has_to_ask() {
    let capacity = Capacity { multiplex: Multiplex::Always, ..CAPACITY };
    let mut codec = FastCgiCodec::new(Limits::default(), capacity);
    let mut seen = Vec::new();
    listen(&mut codec, &mut seen);
    assert_eq!(seen, [Seen::Shared(Vec::new())]);
}

#[test]
fn management_records_are_answered_between_the_pieces_of_others() {
    let mut shared = Shared::new(9);
    let wires = [
        request(1, b"a"),
        client::get_values(&["FCGI_MAX_CONNS"]),
        record(RecordType::from_number(99), 0, b"xyz"),
    ];
    shared.feed(&interleaved(&wires));
    assert!(
        matches!(&shared.said[..], [Said::Begin(1), Said::Reply(_), Said::Reply(_)]),
        "{:?}",
        shared.said
    );
    assert_eq!(shared.bodies(), [(1, b"a".to_vec())]);
}

#[test]
fn what_breaks_the_protocol_is_said_once_and_for_all() {
    let cases = [
        (b"GET / HTTP/1.1".to_vec(), FastCgiError::OtherVersion(b'G')),
        (record(RecordType::BeginRequest, 0, &[0; 8]), FastCgiError::NullRequest),
        (record(RecordType::BeginRequest, 2, &[0; 7]), FastCgiError::BeginLength(7)),
        (record(RecordType::BeginRequest, 1, &[0, 1, 0, 0, 0, 0, 0, 0]), FastCgiError::BegunTwice(1)),
    ];
    for (bytes, reason) in cases {
        let mut shared = Shared::new(9);
        shared.feed(&request(1, b"a"));
        shared.feed(&bytes);
        shared.feed(&request(3, b"x"));
        let failed = || Said::Failed(PeerError::from(reason));
        assert_eq!(shared.said, [Said::Begin(1), failed(), failed()]);
        assert_eq!(shared.bodies(), [(1, b"a".to_vec())]);
    }
}

#[test]
fn a_request_without_keep_conn_is_the_last() {
    let mut shared = Shared::new(9);
    shared.feed(&request(1, b"a"));
    assert!(!shared.splitter.is_last());
    let mut last = Vec::new();
    Encoder { id: 2, ..Encoder::default() }.begin(&mut last);
    shared.feed(&last);
    assert!(shared.splitter.is_last());
    shared.splitter.finished();
    shared.listen();
    assert_eq!(shared.said.last(), Some(&Said::Closed));
}

/// Everything that a codec writes about a request, with a body of that length.
fn response(id: u16, length: usize) -> Vec<u8> {
    let mut codec = FastCgiCodec::new(Limits::default(), Capacity::default());
    feed(&mut codec, &request(id, b""), &mut Vec::new());
    let mut out = Vec::new();
    codec.log(b"said to the log", &mut out);
    let fields = b"Content-Type: text/plain\r\n";
    codec.respond(&Head { status: b"200 OK", fields, length: None, bodiless: false }, &mut out);
    let body = vec![b'x'; length];
    let mut rest = &body[..];
    while !rest.is_empty() {
        let frame = codec.frame(rest.len());
        out.extend_from_slice(frame.prefix());
        out.extend_from_slice(&rest[..frame.take]);
        rest = &rest[frame.take..];
    }
    codec.finish(&mut out);
    out
}

#[test]
fn joined_records_say_what_the_codec_said_however_they_are_cut() {
    let wire = response(3, 300);
    let whole = Response::gather(3, &wire).unwrap();
    assert!(whole.complete && whole.stdout.ends_with(b"xxx"));
    for place in 0..=wire.len() {
        let mut joiner = Joiner::default();
        let (mut first, mut second) = (Vec::new(), Vec::new());
        let ended = joiner.join(&wire[..place], &mut first);
        assert_eq!(ended, place == wire.len());
        assert!(ended || joiner.join(&wire[place..], &mut second));
        // What stands between the two must not matter: each is whole.
        let mut decoder = Decoder::new();
        for part in [&first, &second] {
            decoder.feed(part);
            while decoder.poll().unwrap().is_some() {}
            decoder.feed(&client::get_values(&[]));
            assert!(decoder.poll().unwrap().is_some(), "cut at {place}");
        }
        assert_eq!(Response::gather(3, &[first, second].concat()).unwrap(), whole, "{place}");
    }
}

#[test]
fn a_joiner_holds_next_to_nothing_of_a_large_record() {
    let wire = response(3, 60_000);
    let (mut joiner, mut out) = (Joiner::default(), Vec::new());
    let place = wire.len() / 2;
    joiner.join(&wire[..place], &mut out);
    assert!(place - out.len() < 8, "{} of {place}", out.len());
    assert!(joiner.join(&wire[place..], &mut out));
    assert_eq!(Response::gather(3, &out).unwrap(), Response::gather(3, &wire).unwrap());
}
