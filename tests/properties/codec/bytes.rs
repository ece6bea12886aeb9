//! Anything at all arrives, cut in two ways.

use super::{Bound, Order, Wire};
use crate::Input;
use crate::mutate::Dice;
use janua_vocabulary::{Codec, Event, Head, Limits, PeerError, Request};

/// An event that owns its bytes. Neighbouring pieces of a body are one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// A request's head.
    Request(Request),
    /// The body up to the next event.
    Body(Vec<u8>),
    /// From here on the body is the second stream.
    SecondStream,
    /// The end of a body.
    BodyEnd,
    /// The request was given up.
    Aborted,
    /// What the protocol owes the peer.
    Reply(Vec<u8>),
    /// The end.
    Closed,
    /// The end, by the peer's fault.
    Failed(PeerError),
}

/// When the owner answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Policy {
    AtHead,
    AtEnd,
}

/// Two cuts of the same bytes give the same events, in the order that they may come in, within the memory that the
/// limits allow.
pub(crate) fn bytes_in(input: &mut Input<'_>, wire: &impl Wire) {
    let limits = limits(input.byte());
    let policy = if input.one_in(4) { Policy::AtHead } else { Policy::AtEnd };
    let (cutting, seed) = (input.byte(), input.byte());
    let bytes = input.clone().rest();
    let whole = seen(wire, limits, policy, [bytes], false);
    // Every other time a body is read past the codec where that is allowed.
    let pieces = seen(wire, limits, policy, cut(bytes, cutting, seed), seed % 2 == 1);
    // Whether a client that waits for `100 Continue` and is answered early goes on cannot be known from the bytes.
    let unsure = policy == Policy::AtHead
        && whole
            .iter()
            .any(|seen| matches!(seen, Seen::Request(r) if r.params.get(b"HTTP_EXPECT").is_some()));
    if !unsure {
        assert_eq!(whole, pieces, "the events depend on where the bytes are cut");
    }
}

fn limits(choice: u8) -> Limits {
    match choice {
        0..96 => Limits { params_bytes: 64 * 1024, params: 100, ..Limits::default() },
        96..128 => Limits { params_bytes: 64 * 1024, params: 100, name_bytes: usize::from(choice - 92) },
        128..192 => Limits { params_bytes: 16 * usize::from(choice - 127), params: 100, ..Limits::default() },
        _ => Limits { params_bytes: 4096, params: usize::from(choice - 192) % 16, ..Limits::default() },
    }
}

/// `bytes` in pieces as the two numbers choose.
pub(crate) fn cut(bytes: &[u8], cutting: u8, seed: u8) -> Vec<&[u8]> {
    let mut dice = Dice::new(u64::from(seed) + 1);
    let longest = match cutting % 4 {
        0 if bytes.len() <= 128 => 1,
        // Many small pieces of a large input take long and show nothing new.
        0 | 1 => 16 + bytes.len() / 64,
        2 => bytes.len().max(1),
        _ => {
            let middle = bytes.len() * usize::from(seed) / 256;
            return vec![&bytes[..middle], &bytes[middle..]];
        }
    };
    let (mut rest, mut pieces) = (bytes, Vec::new());
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at((1 + dice.below(longest)).min(rest.len()));
        pieces.push(piece);
        rest = behind;
    }
    pieces
}

fn seen<'a>(
    wire: &impl Wire,
    limits: Limits,
    policy: Policy,
    pieces: impl IntoIterator<Item = &'a [u8]>,
    direct: bool,
) -> Vec<Seen> {
    let mut codec = wire.codec(limits);
    let bound = Bound::new(limits);
    let mut watch = Watch { policy, seen: Vec::new(), order: Order::default(), held: 0, bound, arrived: 0 };
    watch.listen(codec.as_mut());
    for mut piece in pieces {
        watch.arrived += piece.len();
        while !piece.is_empty() {
            let past = if direct { codec.direct().min(piece.len()) } else { 0 };
            if past > 0 {
                watch.passed_by(&piece[..past]);
                codec.passed(past);
                piece = &piece[past..];
                watch.listen(codec.as_mut());
                continue;
            }
            let space = codec.space();
            if space.is_empty() {
                assert!(wire.room_may_be_empty(), "there is no room to read into");
                break;
            }
            let count = space.len().min(piece.len());
            space[..count].copy_from_slice(&piece[..count]);
            codec.filled(count);
            piece = &piece[count..];
            watch.listen(codec.as_mut());
        }
    }
    codec.closed();
    watch.order.closed = true;
    watch.listen(codec.as_mut());
    let drop_replies = wire.replies_depend_on_cuts();
    watch.seen.retain(|seen| !(drop_replies && matches!(seen, Seen::Reply(_))));
    watch.seen
}

struct Watch {
    policy: Policy,
    seen: Vec<Seen>,
    order: Order,
    /// Bytes that the events seen so far take.
    held: usize,
    bound: Bound,
    arrived: usize,
}

impl Watch {
    fn listen(&mut self, codec: &mut dyn Codec) {
        loop {
            self.order.asked(self.arrived);
            let event = match codec.poll() {
                Ok(event) => event,
                Err(error) => {
                    self.order.error();
                    let answered = error.answer.status().is_some() || self.order.responding;
                    self.keep(Seen::Failed(error), 0);
                    self.order.responding = answered;
                    self.answer(codec);
                    assert!(!codec.reusable(), "reusable after an error");
                    continue;
                }
            };
            self.order.event(&event);
            match event {
                Event::NeedBytes => break,
                Event::Closed => {
                    if self.seen.last() != Some(&Seen::Closed) {
                        self.seen.push(Seen::Closed);
                    }
                    break;
                }
                Event::Request(request) => {
                    let size: usize =
                        request.params.iter().map(|(name, value)| name.len() + value.len() + 32).sum();
                    self.keep(Seen::Request(request), 2 * size);
                    if self.policy == Policy::AtHead {
                        self.answer(codec);
                    }
                }
                Event::Body(piece) => self.body(piece),
                Event::SecondStream => self.keep(Seen::SecondStream, 0),
                Event::Shared(_) => unreachable!("connections are not shared here"),
                Event::BodyEnd => {
                    self.keep(Seen::BodyEnd, 0);
                    self.answer(codec);
                }
                Event::Aborted => {
                    self.keep(Seen::Aborted, 0);
                    self.answer(codec);
                }
                Event::Reply(bytes) => {
                    let size = bytes.len();
                    self.keep(Seen::Reply(bytes), size);
                }
            }
            self.bound.check(self.held + 2 * self.seen.len() * size_of::<Seen>());
        }
        self.bound.check(self.held + 2 * self.seen.len() * size_of::<Seen>());
    }

    fn passed_by(&mut self, piece: &[u8]) {
        self.order.event(&Event::Body(piece));
        self.body(piece);
    }

    fn body(&mut self, piece: &[u8]) {
        self.held += 2 * piece.len();
        match self.seen.last_mut() {
            Some(Seen::Body(body)) => body.extend_from_slice(piece),
            _ => self.seen.push(Seen::Body(piece.to_vec())),
        }
    }

    fn keep(&mut self, seen: Seen, size: usize) {
        self.held += size + 64;
        self.seen.push(seen);
    }

    fn answer(&mut self, codec: &mut dyn Codec) {
        if !self.order.responding {
            return;
        }
        let mut out = Vec::new();
        let head =
            Head { status: b"200 OK", fields: b"Content-Length: 2\r\n", length: Some(2), bodiless: false };
        codec.respond(&head, &mut out);
        assert!(!codec.reusable(), "reusable before the response has ended");
        codec.finish(&mut out);
        self.order.responding = false;
    }
}

/// Everything that a codec with usual limits says of `pieces` and the end behind them.
pub fn watch<'a>(wire: &impl Wire, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Seen> {
    seen(wire, Limits::default(), Policy::AtEnd, pieces, true)
}
