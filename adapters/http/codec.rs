//! One connection of the server: requests in, responses out, one after the other.

use crate::chunks::Chunks;
use crate::error::HttpError;
use crate::head::{HeadScan, Opening, check_first_byte};
use crate::params::Ends;
use crate::reply::{self, Connection, Framing};
use janua_vocabulary::{BodyLength, Buffer, Codec, Event, Frame, Head, Limits, PeerError, Protocol, Request};

const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// The server's side of an HTTP/1.1 or HTTP/1.0 connection (RFC 9112).
///
/// After [`finish`](Codec::finish) the owner goes on polling: what is left of the request's body comes as
/// [`Event::Body`] until [`Event::BodyEnd`], to be thrown away, and then the next request, or [`Event::Closed`] if
/// the connection is not to be kept. A request that is sent ahead waits until then.
///
/// [`Event::Closed`] before the response says that the client, whose body is complete, sends no more: it may still be
/// waiting for the answer. After an error, [`respond`](Codec::respond) answers it and closes the connection.
#[derive(Debug)]
pub struct HttpCodec {
    limits: Limits,
    ends: Ends,
    input: Buffer,
    /// The client will send no more.
    closed: bool,
    stage: Stage,
    reply: Reply,
    /// Of the present request.
    http10: bool,
    /// Another request may follow on this connection.
    keep: bool,
    /// The client reckons with that until it has read the answer to the present request.
    more: bool,
    /// The client holds the body back until it hears `100 Continue`, and has not heard it.
    expects_continue: bool,
}

/// How far the present request has been read.
#[derive(Debug)]
enum Stage {
    /// Between requests. `blank` if an empty line was skipped, of which RFC 9112, section 2.2, tolerates one.
    Head { scan: HeadScan, blank: bool },
    /// `missing` bytes of a body of `total` are still to come.
    Counted { missing: u64, total: u64 },
    /// Within a chunked body.
    Chunked(Chunks),
    /// The body is complete.
    Complete,
    /// The client broke the protocol, or cannot be waited for.
    Over,
}

/// How far the response to the present request has gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reply {
    Due,
    Begun(Framing),
    Finished,
}

/// An event that does not yet borrow the bytes it speaks of.
enum Step {
    NeedBytes,
    Request(Request),
    /// So many bytes at the front of the input.
    Body(usize),
    BodyEnd,
    Continue,
    Closed,
}

impl HttpCodec {
    /// The codec of a new connection between `ends`.
    pub fn new(limits: Limits, ends: Ends) -> Self {
        Self {
            limits,
            ends,
            input: Buffer::new(),
            closed: false,
            stage: Stage::head(),
            reply: Reply::Due,
            http10: false,
            keep: true,
            more: true,
            expects_continue: false,
        }
    }

    fn step(&mut self) -> Result<Step, HttpError> {
        if let Stage::Complete = self.stage {
            match self.reply {
                Reply::Finished if self.keep => self.stage = Stage::head(),
                Reply::Finished => self.stage = Stage::Over,
                _ if self.closed => return Ok(Step::Closed),
                _ => return Ok(Step::NeedBytes),
            }
        }
        match self.stage {
            Stage::Head { .. } => self.head_step(),
            // The client got its answer instead of `100 Continue`. It may send the body or not, and only closing the
            // connection ends the doubt (RFC 9110, section 10.1.1).
            Stage::Counted { .. } | Stage::Chunked(_)
                if self.expects_continue && self.reply == Reply::Finished && self.input.is_empty() =>
            {
                self.stage = Stage::Over;
                Ok(Step::Closed)
            }
            Stage::Counted { missing, total } => self.counted_step(missing, total),
            Stage::Chunked(_) => self.chunked_step(),
            Stage::Complete | Stage::Over => Ok(Step::Closed),
        }
    }

    fn head_step(&mut self) -> Result<Step, HttpError> {
        let Stage::Head { scan, blank } = &mut self.stage else { return Ok(Step::Closed) };
        if !*blank && self.input.unread().starts_with(b"\r\n") {
            self.input.take(2);
            *blank = true;
        }
        let bytes = self.input.unread();
        if matches!(bytes, [] | [b'\r']) {
            return Ok(if self.closed { Step::Closed } else { Step::NeedBytes });
        }
        check_first_byte(bytes)?;
        let Some(end) = scan.end(bytes, self.limits)? else {
            return if self.closed { Err(HttpError::ClosedInHead) } else { Ok(Step::NeedBytes) };
        };
        let opening = {
            let head = bytes.get(..end).unwrap_or_default();
            Opening::parse(head, scan.fields(), self.limits.name_bytes, &self.ends)?
        };
        self.input.take(end);
        self.reply = Reply::Due;
        self.http10 = opening.http10;
        self.keep = opening.keep;
        self.more = opening.keep;
        self.expects_continue = opening.expects_continue;
        self.stage = match opening.request.body {
            BodyLength::Exactly(total) => Stage::Counted { missing: total, total },
            BodyLength::ToEnd => Stage::Chunked(Chunks::new()),
        };
        Ok(Step::Request(opening.request))
    }

    fn counted_step(&mut self, missing: u64, total: u64) -> Result<Step, HttpError> {
        if missing == 0 {
            return Ok(self.body_end());
        }
        let at_hand = self.input.unread().len();
        if at_hand == 0 {
            return self.wait_for_body(HttpError::ClosedInBody { missing, total });
        }
        self.expects_continue = false;
        let count = usize::try_from(missing).map_or(at_hand, |missing| missing.min(at_hand));
        self.stage = Stage::Counted { missing: missing - count as u64, total };
        Ok(Step::Body(count))
    }

    fn chunked_step(&mut self) -> Result<Step, HttpError> {
        let Stage::Chunked(chunks) = &mut self.stage else { return Ok(Step::Closed) };
        if !self.input.is_empty() {
            self.expects_continue = false;
        }
        let advance = chunks.advance(self.input.unread())?;
        self.input.take(advance.frame);
        match advance.data {
            0 if advance.ended => Ok(self.body_end()),
            0 => self.wait_for_body(HttpError::ClosedInChunks),
            data => Ok(Step::Body(data)),
        }
    }

    fn body_end(&mut self) -> Step {
        self.expects_continue = false;
        self.stage = Stage::Complete;
        Step::BodyEnd
    }

    fn wait_for_body(&mut self, if_closed: HttpError) -> Result<Step, HttpError> {
        if self.closed {
            return Err(if_closed);
        }
        // Behind a response the interim answer would be out of order.
        if self.expects_continue && self.reply == Reply::Due {
            self.expects_continue = false;
            return Ok(Step::Continue);
        }
        Ok(Step::NeedBytes)
    }
}

impl Stage {
    fn head() -> Self {
        Self::Head { scan: HeadScan::default(), blank: false }
    }
}

impl Codec for HttpCodec {
    fn protocol(&self) -> Protocol {
        Protocol::Http
    }

    fn space(&mut self) -> &mut [u8] {
        self.input.space()
    }

    fn filled(&mut self, count: usize) {
        self.input.filled(count);
    }

    fn direct(&self) -> usize {
        match self.stage {
            Stage::Counted { missing, .. } if self.input.is_empty() && !self.expects_continue => {
                usize::try_from(missing).unwrap_or(usize::MAX)
            }
            _ => 0,
        }
    }

    fn passed(&mut self, count: usize) {
        if let Stage::Counted { missing, .. } = &mut self.stage {
            *missing = missing.saturating_sub(count as u64);
        }
    }

    fn closed(&mut self) {
        self.closed = true;
    }

    fn poll(&mut self) -> Result<Event<'_>, PeerError> {
        match self.step() {
            Ok(Step::NeedBytes) => Ok(Event::NeedBytes),
            Ok(Step::Request(request)) => Ok(Event::Request(request)),
            Ok(Step::Body(count)) => Ok(Event::Body(self.input.take(count))),
            Ok(Step::BodyEnd) => Ok(Event::BodyEnd),
            Ok(Step::Continue) => Ok(Event::Reply(CONTINUE.to_vec())),
            Ok(Step::Closed) => Ok(Event::Closed),
            Err(error) => {
                self.stage = Stage::Over;
                self.keep = false;
                Err(error.into())
            }
        }
    }

    /// The head is sent as HTTP/1.1 to a client of 1.0 as well (RFC 9110, section 2.5), with what the connection
    /// needs: `Transfer-Encoding: chunked` for a body without length, to HTTP/1.1; `Connection: close` when nothing
    /// more will be read; `Connection: keep-alive` to HTTP/1.0. `Server` is added unless the app set it.
    fn respond(&mut self, head: &Head<'_>, out: &mut Vec<u8>) {
        let framing = Framing::choose(head, self.http10);
        if !self.input.is_empty() {
            self.expects_continue = false;
        }
        self.keep &= framing != Framing::ToClose && !self.expects_continue;
        let connection = match (self.keep, self.http10) {
            (false, _) => Connection::Closed,
            (true, true) => Connection::KeptForHttp10,
            (true, false) => Connection::Kept,
        };
        reply::head(head, framing, connection, out);
        self.reply = Reply::Begun(framing);
    }

    fn frame(&mut self, available: usize) -> Frame {
        match self.reply {
            Reply::Begun(framing) => framing.frame(available),
            Reply::Due | Reply::Finished => Frame::bare(available),
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        if let Reply::Begun(framing) = self.reply {
            out.extend_from_slice(framing.end());
        }
        self.reply = Reply::Finished;
    }

    /// Closing early shows the break where a length or chunks were announced; an answer that goes on to the end of
    /// the connection, for HTTP/1.0, cannot show it.
    fn truncate(&mut self, _out: &mut Vec<u8>) {
        self.keep = false;
        self.reply = Reply::Finished;
    }

    fn last(&mut self) {
        self.keep = false;
    }

    fn reusable(&self) -> bool {
        let between = matches!(self.stage, Stage::Complete | Stage::Head { .. });
        self.keep && between && self.reply == Reply::Finished && !(self.closed && self.input.is_empty())
    }

    /// Until it reads that the connection ends, it may send its next requests ahead (RFC 9112, section 9.6).
    fn peer_sends(&self) -> bool {
        self.more && !self.keep
    }

    fn idle(&mut self) -> Option<Vec<u8>> {
        self.input.release()
    }

    fn lend(&mut self, room: Vec<u8>) {
        self.input.lend(room);
    }

    fn in_head(&self) -> bool {
        matches!(self.stage, Stage::Head { .. }) && !self.input.is_empty()
    }
}
