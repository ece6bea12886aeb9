//! FastCGI: records of requests and of none.

use crate::Input;
use crate::cgi::{check_body, length, method};
use crate::codec::{Answered, End, Seen, Story, Wire, bytes_in, cut, operations, watch};
use janua_fastcgi::client::{self, Decoder, Encoder, Received};
use janua_fastcgi::{Capacity, FastCgiCodec, ProtocolStatus, RecordType, Role};
use janua_vocabulary::{Codec, Limits, Params};
use std::collections::BTreeMap;

/// Any bytes, or a request that must arrive as it was meant.
pub fn bytes(data: &[u8]) {
    let mut input = Input::new(data);
    match input.one_in(4) {
        true => round_trip(&mut input),
        false => bytes_in(&mut input, &FastCgi),
    }
}

/// Server and owner in any order.
pub fn operations_of(data: &[u8]) {
    operations(&Input::new(data), [FastCgi, FastCgi]);
}

struct FastCgi;

impl Wire for FastCgi {
    fn codec(&self, limits: Limits) -> Box<dyn Codec> {
        Box::new(FastCgiCodec::new(limits, Capacity::default()))
    }

    fn phrase(&mut self, input: &mut Input<'_>, socket: &mut Vec<u8>) {
        traffic(input, socket);
    }

    /// The answers come in their order, each with its END_REQUEST and nothing behind it; the other requests that
    /// were ended never reached an app.
    fn check(&self, story: &Story) {
        let mut answered = answers(&story.out).into_iter();
        for meant in &story.answers {
            let Some(answer) = answered.next() else {
                assert!(
                    meant.end == End::Open && !meant.begun && meant.log.is_empty(),
                    "{meant:?} was not sent"
                );
                continue;
            };
            check_answer(&answer, meant);
        }
        assert_eq!(answered.next(), None, "an answer that nobody gave");
    }
}

/// Appends records of a request, or of none, or noise.
pub(crate) fn traffic(input: &mut Input<'_>, socket: &mut Vec<u8>) {
    let id = input.pick(&[1, 1, 1, 1, 2, 0, 0xffff]);
    let padding = input.pick(&[0, 0, 7, 255]);
    match input.byte() % 12 {
        0 => client::record(kind(input), id, &input.block(), padding, socket),
        1 | 2 => begin(input, id, padding, socket),
        3 => client::record(RecordType::AbortRequest, id, b"", padding, socket),
        4 => params(input, id, padding, socket),
        5 => client::record(RecordType::Stdin, id, &input.block(), padding, socket),
        6 => client::record(RecordType::Stdin, id, b"", padding, socket),
        7 => socket.extend_from_slice(&client::get_values(&["FCGI_MPXS_CONNS", "FCGI_MAX_REQS"])),
        8 => socket.extend_from_slice(&input.block()),
        _ => {
            begin(input, id, padding, socket);
            params(input, id, padding, socket);
            client::record(RecordType::Stdin, id, &input.block(), padding, socket);
            if !input.one_in(4) {
                client::record(RecordType::Stdin, id, b"", padding, socket);
            }
        }
    }
}

fn kind(input: &mut Input<'_>) -> RecordType {
    RecordType::from_number(input.byte() % 14)
}

fn begin(input: &mut Input<'_>, id: u16, padding: u8, socket: &mut Vec<u8>) {
    let role = match input.byte() {
        0..=200 => Role::Responder,
        other => Role::from_number(u16::from(other % 5)),
    };
    let keep = !input.one_in(3);
    Encoder { id, role, keep, padding, ..Encoder::default() }.begin(socket);
}

fn params(input: &mut Input<'_>, id: u16, padding: u8, socket: &mut Vec<u8>) {
    let mut params = Params::new();
    params.push(b"REQUEST_METHOD", method(input));
    match input.byte() % 4 {
        0 => params.push(b"CONTENT_LENGTH", length(input)),
        1 => params.push(b"CONTENT_LENGTH", b"0"),
        _ => {}
    }
    for _ in 0..input.byte() % 4 {
        let name = input.byte() % 16;
        params.push(input.take(usize::from(name)), &input.block());
    }
    let record = input.pick(&[65_535, 1, 3, 100]);
    Encoder { id, padding, record, ..Encoder::default() }.params(&params, socket);
}

/// What a web server sees of one request.
#[derive(Debug, Default, PartialEq, Eq)]
struct Answer {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    stdout_closed: bool,
    stderr_closed: bool,
    end: Option<(u32, ProtocolStatus)>,
}

impl Answer {
    /// True if an application has spoken.
    fn seen(&self) -> bool {
        let touched = self.stdout_closed || !self.stdout.is_empty() || !self.stderr.is_empty();
        touched || self.end.is_some_and(|(status, _)| status != 0)
    }
}

/// The answers of applications in `out`, in the order of their ends, and then the one that has none.
fn answers(out: &[u8]) -> Vec<Answer> {
    let mut decoder = Decoder::new();
    decoder.feed(out);
    let (mut open, mut ended) = (BTreeMap::<u16, Answer>::new(), Vec::new());
    let mut length = 0;
    while let Some(received) = decoder.poll().expect("records") {
        match received {
            Received::Stdout(id, piece) => {
                let answer = open.entry(id).or_default();
                assert!(id != 0 && !answer.stdout_closed, "STDOUT after its end");
                answer.stdout.extend_from_slice(piece);
                answer.stdout_closed = piece.is_empty();
                length += 8 + piece.len();
            }
            Received::Stderr(id, piece) => {
                let answer = open.entry(id).or_default();
                assert!(id != 0 && !answer.stderr_closed, "STDERR after its end");
                answer.stderr.extend_from_slice(piece);
                answer.stderr_closed = piece.is_empty();
                length += 8 + piece.len();
            }
            Received::End(id, end) => {
                let answer = Answer {
                    end: Some((end.app_status, end.protocol_status)),
                    ..open.remove(&id).unwrap_or_default()
                };
                assert!(id != 0, "an end of no request");
                if answer.seen() {
                    ended.push(answer);
                }
                length += 16;
            }
            Received::Values(values) => {
                length += 8 + values.iter().map(|(name, value)| name.len() + value.len() + 2).sum::<usize>();
            }
            Received::UnknownType(_) => length += 16,
            Received::Other(kind) => panic!("a record of type {kind:?}"),
        }
    }
    assert_eq!(length, out.len(), "what was sent ends within a record");
    assert!(open.len() <= 1, "two answers at once");
    ended.extend(open.into_values());
    ended
}

fn check_answer(answer: &Answer, meant: &Answered) {
    assert_eq!(answer.stdout, meant.document());
    assert_eq!(answer.stderr, meant.log);
    let end = match meant.end {
        End::Open => None,
        End::Finished => Some((0, ProtocolStatus::RequestComplete)),
        End::Truncated => Some((1, ProtocolStatus::RequestComplete)),
    };
    assert_eq!(answer.end, end);
    assert_eq!(answer.stdout_closed, meant.end == End::Finished);
    assert_eq!(answer.stderr_closed, meant.end != End::Open && !meant.log.is_empty());
}

/// Everything that can be written is read back.
fn round_trip(input: &mut Input<'_>) {
    let (cutting, seed, counted) = (input.byte(), input.byte(), input.one_in(2));
    let body = input.block();
    let mut params = Params::new();
    if counted {
        params.push(b"CONTENT_LENGTH", body.len().to_string().as_bytes());
    }
    for _ in 0..input.byte() % 8 {
        let name = input.byte() % 16;
        let name = input.take(usize::from(name));
        params.push(if name == b"CONTENT_LENGTH" { b"" } else { name }, &input.block());
    }
    let encoder = Encoder {
        id: input.word().max(1),
        role: Role::Responder,
        keep: input.one_in(2),
        record: usize::from(input.word()),
        padding: input.byte(),
    };
    // Records of one byte make a large request slow without making it different.
    let record = if params.iter().map(|(n, v)| n.len() + v.len()).sum::<usize>() + body.len() > 4_000 {
        encoder.record.max(100)
    } else {
        encoder.record
    };
    let wire = Encoder { record, ..encoder }.request(&params, &body);
    let seen = watch(&FastCgi, cut(&wire, cutting, seed));
    let Some((Seen::Request(request), rest)) = seen.split_first() else { panic!("{seen:?}") };
    assert_eq!(request.params, params);
    check_body(rest, &body);
}
