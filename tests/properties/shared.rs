//! A FastCGI connection with several requests open: each has what it was sent, whatever the others do.

use crate::Input;
use crate::codec::{Bound, Order, cut};
use crate::fastcgi::traffic;
use janua_fastcgi::client::Decoder;
use janua_fastcgi::{Capacity, EndRequest, FastCgiCodec, Joiner, Parted, ProtocolStatus, Splitter};
use janua_vocabulary::{Codec, Event, Head, Limits};
use std::collections::BTreeMap;

/// How much is answered to a request, so that the peer's records and ours mix.
const BODY: &[u8] = b"hello";

/// Phrases of several requests, parted, understood, answered and joined, in two cuts.
pub fn connection(data: &[u8]) {
    let mut input = Input::new(data);
    let (most, cutting, seed) = (usize::from(input.byte() % 4), input.byte(), input.byte());
    let mut bytes = Vec::new();
    let phrases = input.byte() % 24;
    for _ in 0..phrases {
        traffic(&mut input, &mut bytes);
    }
    bytes.extend_from_slice(input.rest());
    let whole = Case::run(&[&bytes], most);
    let pieces = Case::run(&cut(&bytes, cutting, seed), most);
    assert_eq!(whole.told, pieces.told, "the events depend on where the bytes are cut");
    assert_eq!(whole.out, pieces.out, "the answers depend on where the bytes are cut");
}

struct Open {
    codec: FastCgiCodec,
    joiner: Joiner,
    order: Order,
    /// Its number among the requests of the connection.
    number: usize,
}

struct Case {
    splitter: Splitter,
    most: usize,
    open: BTreeMap<u16, Open>,
    begun: usize,
    told: Vec<(usize, String)>,
    out: Vec<u8>,
}

impl Case {
    fn run(pieces: &[&[u8]], most: usize) -> Self {
        let splitter = Splitter::new(Capacity::default(), most);
        let limits = limits();
        let bound =
            Bound::new(Limits { params_bytes: 4 * limits.params_bytes, params: 4 * limits.params, ..limits });
        let (mut case, mut arrived) =
            (Self { splitter, most, open: BTreeMap::new(), begun: 0, told: Vec::new(), out: Vec::new() }, 0);
        for piece in pieces {
            arrived += piece.len();
            // As much as fits is read at once, as by an owner.
            for read in piece.chunks(4_096) {
                case.splitter.feed(read);
                if !case.listen() {
                    return case.checked();
                }
                let told = 2 * case.told.iter().map(|(_, text)| text.capacity() + 64).sum::<usize>();
                bound.check(2 * case.out.capacity() + told + 4 * 16 * 1024 * case.most + arrived);
            }
        }
        case.splitter.finished();
        case.listen();
        case.checked()
    }

    /// Every record that was sent is whole.
    fn checked(self) -> Self {
        let mut decoder = Decoder::new();
        decoder.feed(&self.out);
        while decoder.poll().expect("records").is_some() {}
        let stream = self.out.len();
        let mut seen = 0;
        while let Some(header) = self.out.get(seen..seen + 8) {
            seen += 8 + usize::from(u16::from_be_bytes([header[4], header[5]])) + usize::from(header[6]);
        }
        assert_eq!(seen, stream, "what was sent ends within a record");
        self
    }

    /// False once nothing more can be understood.
    fn listen(&mut self) -> bool {
        loop {
            let (id, bytes) = match self.splitter.poll() {
                Ok(Parted::NeedBytes) => return true,
                Ok(Parted::Closed) => return false,
                Err(error) => {
                    self.told.push((0, error.to_string()));
                    return false;
                }
                Ok(Parted::Reply(bytes) | Parted::Overloaded(bytes)) => {
                    self.out.extend_from_slice(&bytes);
                    continue;
                }
                Ok(Parted::Begin(id, begin)) => {
                    self.begun += 1;
                    let codec = FastCgiCodec::new(limits(), Capacity::default());
                    let open = Open {
                        codec,
                        joiner: Joiner::default(),
                        order: Order::default(),
                        number: self.begun,
                    };
                    assert!(self.open.insert(id, open).is_none(), "request {id} is open twice");
                    assert!(self.open.len() <= self.most, "too many are open");
                    (id, begin.to_vec())
                }
                Ok(Parted::Aborted(id)) => (id, Splitter::abort(id).to_vec()),
                Ok(Parted::For(id, piece)) => {
                    assert!(!piece.is_empty());
                    (id, piece.to_vec())
                }
            };
            let open = self.open.get_mut(&id).expect("bytes of a request that is not open");
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                let space = open.codec.space();
                let count = space.len().min(rest.len());
                space[..count].copy_from_slice(&rest[..count]);
                open.codec.filled(count);
                rest = &rest[count..];
            }
            if understand(open, &mut self.told, &mut self.out) {
                self.open.remove(&id);
                self.splitter.closed(id);
            } else if open.order.failed() {
                self.open.remove(&id);
                let end = EndRequest { app_status: 1, protocol_status: ProtocolStatus::RequestComplete };
                self.splitter.end(id, end, &mut self.out);
            }
        }
    }
}

fn limits() -> Limits {
    Limits { params_bytes: 2_000, params: 20, ..Limits::default() }
}

/// Polls the codec of one request, and answers when the body has ended. True once END_REQUEST was sent.
fn understand(open: &mut Open, told: &mut Vec<(usize, String)>, out: &mut Vec<u8>) -> bool {
    let mut own = Vec::new();
    loop {
        let event = match open.codec.poll() {
            Ok(event) => event,
            Err(error) => {
                open.order.error();
                told.push((open.number, error.to_string()));
                return open.joiner.join(&own, out);
            }
        };
        open.order.event(&event);
        match event {
            Event::NeedBytes | Event::Closed => return open.joiner.join(&own, out),
            Event::Reply(bytes) => own.extend_from_slice(&bytes),
            Event::Body(piece) => {
                let length = piece.len();
                match told.iter_mut().rev().find(|(number, _)| *number == open.number) {
                    Some((_, text)) if text.starts_with('b') => text.push_str(&"b".repeat(length)),
                    _ => told.push((open.number, "b".repeat(length))),
                }
            }
            Event::Request(request) => told.push((open.number, format!("{:?}", request.params))),
            Event::Shared(_) => panic!("the codec of one request shares nothing"),
            Event::SecondStream => told.push((open.number, "second stream".to_owned())),
            Event::BodyEnd | Event::Aborted => {
                told.push((open.number, "end".to_owned()));
                if open.order.responding {
                    let head = Head { status: b"200 OK", fields: b"", length: None, bodiless: false };
                    open.codec.respond(&head, &mut own);
                    let frame = open.codec.frame(BODY.len());
                    own.extend_from_slice(&[frame.prefix(), BODY, frame.suffix].concat());
                    open.codec.finish(&mut own);
                    open.order.responding = false;
                }
            }
        }
    }
}
