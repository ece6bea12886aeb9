//! What tests of a codec need: captured requests, and a way to feed bytes in pieces and write down what was said.
//!
//! The FastCGI tests include this file as well.

#![allow(dead_code, reason = "each test binary uses its part of it")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use janua_vocabulary::{Codec, Event, Params, PeerError, Request};
use proptest::collection::vec;
use proptest::prelude::*;
use std::sync::OnceLock;

/// An event that owns its bytes. Neighbouring pieces of a body are one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    Request(Request),
    Body(Vec<u8>),
    SecondStream,
    BodyEnd,
    Aborted,
    Shared(Vec<u8>),
    Reply(Vec<u8>),
    Closed,
    Failed(PeerError),
}

/// Feeds `bytes` and writes down everything the codec says until it wants more or gives up.
pub(crate) fn feed(codec: &mut dyn Codec, mut bytes: &[u8], seen: &mut Vec<Seen>) {
    while !bytes.is_empty() {
        let space = codec.space();
        let count = space.len().min(bytes.len());
        space[..count].copy_from_slice(&bytes[..count]);
        codec.filled(count);
        bytes = &bytes[count..];
        listen(codec, seen);
    }
}

/// Writes down everything the codec says until it wants more or gives up.
pub(crate) fn listen(codec: &mut dyn Codec, seen: &mut Vec<Seen>) {
    if matches!(seen.last(), Some(Seen::Failed(_))) {
        return;
    }
    loop {
        match codec.poll() {
            Ok(Event::NeedBytes) => return,
            // It is said as often as it is asked for, and asked for after every piece.
            Ok(Event::Closed) if seen.last() == Some(&Seen::Closed) => return,
            Ok(Event::Closed) => return seen.push(Seen::Closed),
            Ok(Event::Request(request)) => seen.push(Seen::Request(request)),
            Ok(Event::BodyEnd) => seen.push(Seen::BodyEnd),
            Ok(Event::Aborted) => seen.push(Seen::Aborted),
            Ok(Event::SecondStream) => seen.push(Seen::SecondStream),
            Ok(Event::Shared(bytes)) => return seen.push(Seen::Shared(bytes)),
            Ok(Event::Reply(bytes)) => seen.push(Seen::Reply(bytes)),
            Ok(Event::Body(piece)) => {
                assert!(!piece.is_empty());
                match seen.last_mut() {
                    Some(Seen::Body(body)) => body.extend_from_slice(piece),
                    _ => seen.push(Seen::Body(piece.to_vec())),
                }
            }
            Err(error) => return seen.push(Seen::Failed(error)),
        }
    }
}

/// Everything a codec says when the connection brings `pieces` and then ends.
pub(crate) fn watch<'a>(codec: &mut dyn Codec, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Seen> {
    let mut seen = Vec::new();
    for piece in pieces {
        feed(codec, piece, &mut seen);
    }
    codec.closed();
    listen(codec, &mut seen);
    seen
}

/// `bytes` cut at the given places, in any order, each taken modulo the length.
pub(crate) fn cut<'a>(bytes: &'a [u8], places: &[usize]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = places.iter().map(|place| place % (bytes.len() + 1)).collect();
    places.sort_unstable();
    let mut start = 0;
    let mut pieces = Vec::new();
    for place in places.into_iter().chain([bytes.len()]) {
        pieces.push(&bytes[start..place]);
        start = place;
    }
    pieces
}

/// The pairs of `params`, for a comparison that does not see how they lie in memory.
pub(crate) fn pairs(params: &Params) -> Vec<(&[u8], &[u8])> {
    params.iter().collect()
}

/// How properties are tried. A failing case is printed, not saved: the crate's root is its source folder, so that
/// the file would land beside the crates of the workspace.
pub(crate) fn trying() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

/// A request as it left a real server.
pub(crate) struct Capture {
    pub(crate) id: String,
    pub(crate) params: Params,
    pub(crate) body_bytes: usize,
    pub(crate) wire: Vec<u8>,
}

/// The captures of one protocol, read once.
pub(crate) fn captures(protocol: &'static str) -> &'static [Capture] {
    static READ: OnceLock<Vec<Capture>> = OnceLock::new();
    READ.get_or_init(|| read(protocol))
}

fn read(protocol: &str) -> Vec<Capture> {
    include_str!("../../../../tests/data/wire-captures.jsonl")
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|capture| capture["protocol"] == protocol)
        .map(|capture| {
            let mut params = Params::new();
            for pair in capture["params"].as_array().unwrap() {
                params.push(&latin1(&pair[0]), &latin1(&pair[1]));
            }
            Capture {
                id: capture["id"].as_str().unwrap().to_owned(),
                params,
                body_bytes: capture["body_bytes"].as_u64().unwrap() as usize,
                wire: STANDARD.decode(capture["wire"].as_str().unwrap()).unwrap(),
            }
        })
        .collect()
}

/// The captures write each byte as the code point of the same number.
fn latin1(text: &serde_json::Value) -> Vec<u8> {
    text.as_str().unwrap().chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

/// Parameters with at least `min` bytes in each name and none of the bytes in `without`.
pub(crate) fn any_params(
    min: usize,
    without: &'static [u8],
) -> impl proptest::strategy::Strategy<Value = Params> {
    let byte = any::<u8>().prop_filter("not in a string", move |byte| !without.contains(byte));
    // Lengths around 128, where FastCGI changes from one to four bytes of length.
    let name = prop_oneof![vec(byte.clone(), min..8), vec(byte.clone(), 126..130)];
    let value = prop_oneof![vec(byte.clone(), 0..40), vec(byte.clone(), 126..130), vec(byte, 1000..1003)];
    vec((name, value), 0..20).prop_map(|pairs| {
        Params::from_iter(pairs.iter().map(|(name, value)| (name.as_slice(), value.as_slice())))
    })
}

/// Up to `most` bytes that differ from their neighbours. Drawing each byte by itself would take most of a test's time.
pub(crate) fn any_bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    (0..most, any::<u32>()).prop_map(|(length, seed)| {
        (0..length as u32).map(|n| ((n ^ seed).wrapping_mul(0x9e37_79b1) >> 24) as u8).collect()
    })
}
