//! One SCGI connection.

use crate::ScgiError;
use crate::head::HeadReader;
use janua_vocabulary::{BodyLength, Buffer, Codec, Event, Frame, Head, Limits, PeerError, Protocol};

/// An SCGI connection on the side of the back end: one request, one answer, close.
///
/// - Every error that leaves the connection open is answered with a status; see [`ScgiError`].
/// - Bytes that follow the body are ignored.
/// - Nothing in the protocol marks the end of an answer but the end of the connection: [`finish`](Codec::finish)
///   and [`truncate`](Codec::truncate) append nothing, and the caller closes. Only a `Content-Length` among the
///   fields lets the web server tell an answer that broke off.
/// - [`Event::Closed`] after [`Event::BodyEnd`] means that the peer has said all it had to say. It may still be
///   waiting for the answer.
#[derive(Debug)]
pub struct ScgiCodec {
    buffer: Buffer,
    limits: Limits,
    stage: Stage,
    closed: bool,
}

/// What the next bytes are.
#[derive(Debug)]
enum Stage {
    Head(HeadReader),
    /// The body, of which `left` bytes are missing. With none missing, its end is still to be told.
    Body {
        left: u64,
    },
    /// Of no interest: the request is complete or was refused.
    Rest,
}

impl ScgiCodec {
    /// A connection that was just accepted and holds no memory yet.
    pub fn new(limits: Limits) -> Self {
        Self { buffer: Buffer::new(), limits, stage: Stage::Head(HeadReader::new()), closed: false }
    }

    /// What there is to say when the bytes have run out.
    fn quiet(&self) -> Result<Event<'static>, ScgiError> {
        match &self.stage {
            _ if !self.closed => Ok(Event::NeedBytes),
            Stage::Head(reader) if reader.begun() => Err(ScgiError::ClosedInHead),
            Stage::Body { left } => Err(ScgiError::ClosedInBody { missing: *left }),
            Stage::Head(_) | Stage::Rest => Ok(Event::Closed),
        }
    }

    /// What the bytes so far mean; of a body only how long the next piece is.
    fn advance(&mut self) -> Result<Step, ScgiError> {
        match &mut self.stage {
            Stage::Head(reader) => {
                let Some(request) = reader.read(&mut self.buffer, &self.limits)? else {
                    return self.quiet().map(Step::Say);
                };
                let left = match request.body {
                    BodyLength::Exactly(length) => length,
                    BodyLength::ToEnd => 0,
                };
                self.stage = Stage::Body { left };
                Ok(Step::Say(Event::Request(request)))
            }
            Stage::Body { left: 0 } => {
                self.stage = Stage::Rest;
                Ok(Step::Say(Event::BodyEnd))
            }
            Stage::Body { left } => {
                let piece = self.buffer.unread().len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                if piece == 0 {
                    return self.quiet().map(Step::Say);
                }
                *left -= piece as u64;
                Ok(Step::Lend(piece))
            }
            Stage::Rest => {
                let rest = self.buffer.unread().len();
                self.buffer.take(rest);
                self.quiet().map(Step::Say)
            }
        }
    }
}

/// An event, or how many bytes of the buffer to lend as one.
enum Step {
    Say(Event<'static>),
    Lend(usize),
}

impl Codec for ScgiCodec {
    fn protocol(&self) -> Protocol {
        Protocol::Scgi
    }

    fn space(&mut self) -> &mut [u8] {
        self.buffer.space()
    }

    fn filled(&mut self, count: usize) {
        self.buffer.filled(count);
    }

    fn direct(&self) -> usize {
        match self.stage {
            Stage::Body { left } if self.buffer.is_empty() => usize::try_from(left).unwrap_or(usize::MAX),
            _ => 0,
        }
    }

    fn passed(&mut self, count: usize) {
        if let Stage::Body { left } = &mut self.stage {
            *left = left.saturating_sub(count as u64);
        }
    }

    fn closed(&mut self) {
        self.closed = true;
    }

    fn poll(&mut self) -> Result<Event<'_>, PeerError> {
        match self.advance() {
            Ok(Step::Say(event)) => Ok(event),
            Ok(Step::Lend(piece)) => Ok(Event::Body(self.buffer.take(piece))),
            Err(error) => {
                self.stage = Stage::Rest;
                Err(error.into())
            }
        }
    }

    fn respond(&mut self, head: &Head<'_>, out: &mut Vec<u8>) {
        for part in [b"Status: ", head.status, b"\r\n", head.fields, b"\r\n"] {
            out.extend_from_slice(part);
        }
    }

    fn frame(&mut self, available: usize) -> Frame {
        Frame::bare(available)
    }

    fn finish(&mut self, _out: &mut Vec<u8>) {}

    fn truncate(&mut self, _out: &mut Vec<u8>) {}

    fn reusable(&self) -> bool {
        false
    }

    fn idle(&mut self) -> Option<Vec<u8>> {
        self.buffer.release()
    }

    fn lend(&mut self, room: Vec<u8>) {
        self.buffer.lend(room);
    }

    fn in_head(&self) -> bool {
        matches!(&self.stage, Stage::Head(reader) if reader.begun())
    }
}
