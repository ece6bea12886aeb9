//! One FastCGI connection.

use crate::answer::frame;
use crate::exchange::{Exchange, Input, Verdict};
use crate::management::{Capacity, Multiplex, unknown_type};
use crate::pairs::PairStream;
use crate::record::{
    BeginRequest, EndRequest, HEADER_LENGTH, Header, NULL_REQUEST, ProtocolStatus, VERSION, aborts,
};
use crate::target::{Record, Target};
use crate::{FastCgiError, RecordType, Role};
use janua_vocabulary::{Buffer, Codec, Event, Frame, Head, Limits, PeerError, Protocol};

/// A FastCGI connection on the side of the application: requests one after the other, in any of the three roles.
///
/// What an owner has to know beyond [`Codec`]:
///
/// - **The end of the body.** It is the empty STDIN record, whatever `CONTENT_LENGTH` says, with one exception: old
///   HAProxy leaves that record out when `CONTENT_LENGTH` is 0, so then the body ends with the head, and a late
///   record is ignored.
/// - **A response that ends before the body does.** After [`finish`](Codec::finish) the rest of the body is
///   dropped without further [`Event::Body`]; [`Event::BodyEnd`] still says when all of it is there. Poll until
///   then: only afterwards is the connection [`reusable`](Codec::reusable), and only then can it be closed without
///   a reset that might cost the web server the answer. A web server that does not send the rest may begin its
///   next request at once; `BodyEnd` comes first then, too.
/// - **Roles.** An authorizer's request has no body. A filter's has a second stream, DATA: [`Event::SecondStream`] says
///   that it follows, and [`Event::BodyEnd`] comes after it.
/// - **Several requests at once** are parted by a [`Splitter`](crate::Splitter). [`Event::Shared`] says when it is due,
///   which [`Capacity::multiplex`] decides.
/// - **A request that was given up.** [`Event::Aborted`] takes the place of `BodyEnd` if that had not come.
///   [`finish`](Codec::finish) is still owed. A request that is given up before its head was whole is never seen.
/// - **A peer that leaves.** [`Event::Closed`] while the response is under way says that the peer sends no more, and
///   comes only when the body was complete. A web server may close that way when the browser has left.
/// - **Replies** ([`Event::Reply`]) are whole records. They must not be written between a frame's prefix and its
///   bytes, and those before an error or before [`Event::Closed`] are still to be written.
/// - **A response that breaks off.** [`truncate`](Codec::truncate) leaves STDOUT open and ends the request with
///   an application status of 1: without END_REQUEST a web server may wait for ever, and no status of the protocol
///   says "incomplete". Whether the browser sees the break is up to the web server.
/// - **Records are not padded.** Section 3.3 leaves padding to the sender; it would serve a receiver that reads fields
///   where they lie, but web servers read bytes, and every block of a response would cost one more piece to write.
#[derive(Debug)]
pub struct FastCgiCodec {
    buffer: Buffer,
    limits: Limits,
    capacity: Capacity,
    /// The record that is being read, `None` in front of a header.
    record: Option<Record>,
    /// The request that is open, or else the last one.
    exchange: Option<Exchange>,
    params: PairStream,
    phase: Phase,
    closed: bool,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    Reading,
    /// From the next record on, several requests may be open.
    Sharing,
    /// The error follows the reply that was given with it.
    Failing(FastCgiError),
    /// What else comes is dropped.
    Over,
}

/// An event, or how many bytes of the buffer to lend as one.
enum Step {
    Say(Event<'static>),
    Lend(usize),
}

impl FastCgiCodec {
    /// A connection that was just accepted and holds no memory yet. `capacity` is for web servers that ask.
    pub fn new(limits: Limits, capacity: Capacity) -> Self {
        let phase = if capacity.multiplex == Multiplex::Always { Phase::Sharing } else { Phase::Reading };
        Self {
            buffer: Buffer::new(),
            limits,
            capacity,
            record: None,
            exchange: None,
            params: PairStream::default(),
            phase,
            closed: false,
        }
    }

    /// What the bytes so far mean; of a body only how long the next piece is.
    fn advance(&mut self) -> Result<Step, FastCgiError> {
        loop {
            match self.phase {
                Phase::Sharing if self.record.is_none() => {
                    self.phase = Phase::Over;
                    let rest = self.buffer.unread().len();
                    return Ok(Step::Say(Event::Shared(self.buffer.take(rest).to_vec())));
                }
                Phase::Reading | Phase::Sharing => {}
                Phase::Failing(error) => return Err(error),
                Phase::Over => {
                    let rest = self.buffer.unread().len();
                    self.buffer.take(rest);
                    let event = if self.closed { Event::Closed } else { Event::NeedBytes };
                    return Ok(Step::Say(event));
                }
            }
            if let Some(exchange) = &mut self.exchange
                && let Some(event) = exchange.turn()
            {
                return Ok(Step::Say(event));
            }
            let step = if self.record.is_none() { self.read_header()? } else { self.read_content()? };
            if let Some(step) = step {
                return Ok(step);
            }
        }
    }

    /// What there is to say when the bytes have run out.
    fn quiet(&self) -> Result<Option<Step>, FastCgiError> {
        let event = match &self.exchange {
            _ if !self.closed => Event::NeedBytes,
            Some(exchange) if !exchange.over() => match exchange.input {
                Input::Params => return Err(FastCgiError::ClosedInParams),
                Input::Stdin | Input::Data if exchange.open() => return Err(FastCgiError::ClosedInBody),
                _ => Event::Closed,
            },
            _ if self.begun() => return Err(FastCgiError::ClosedInRecord),
            _ => Event::Closed,
        };
        Ok(Some(Step::Say(event)))
    }

    /// True if a part of a record has come that was to mean something.
    fn begun(&self) -> bool {
        match &self.record {
            Some(record) => matches!(record.target, Target::Begin(_) | Target::Values),
            None => !self.buffer.is_empty(),
        }
    }

    /// Reads a header and does what follows from it alone.
    fn read_header(&mut self) -> Result<Option<Step>, FastCgiError> {
        let unread = self.buffer.unread();
        // Whoever speaks another protocol may never send eight bytes, and is told apart by the first.
        if let Some(version) = unread.first().filter(|version| **version != VERSION) {
            return Err(FastCgiError::OtherVersion(*version));
        }
        let Ok((_, header)) = Header::parse(unread) else { return self.quiet() };
        self.buffer.take(HEADER_LENGTH);
        let (target, event) = match (header.id, header.kind) {
            (NULL_REQUEST, kind) => Self::manage(kind)?,
            (id, RecordType::BeginRequest) => self.begin(id, usize::from(header.content))?,
            (id, kind) => self.belong(id, kind, header.content == 0)?,
        };
        let (content, padding) = (usize::from(header.content), usize::from(header.padding));
        self.record = Some(Record { target, content, padding });
        Ok(event.map(Step::Say))
    }

    /// A management record (section 4).
    fn manage(kind: RecordType) -> Result<(Target, Option<Event<'static>>), FastCgiError> {
        match kind {
            RecordType::GetValues => Ok((Target::Values, None)),
            RecordType::BeginRequest => Err(FastCgiError::NullRequest),
            // It answers a question that was never asked; to answer it in turn could go on for ever.
            RecordType::UnknownType => Ok((Target::Nowhere, None)),
            kind => Ok((Target::Nowhere, Some(Event::Reply(unknown_type(kind))))),
        }
    }

    /// The header of BEGIN_REQUEST (section 5.1).
    fn begin(&mut self, id: u16, content: usize) -> Result<(Target, Option<Event<'static>>), FastCgiError> {
        if content != BeginRequest::LENGTH {
            return Err(FastCgiError::BeginLength(content));
        }
        match &mut self.exchange {
            Some(open) if open.open() && open.id == id => Err(FastCgiError::BegunTwice(id)),
            Some(open) if open.open() => Ok((Target::Nowhere, Some(end(id, ProtocolStatus::CantMpxConn)))),
            Some(last) if last.streams() => {
                last.input = Input::Closing;
                Ok((Target::Begin(id), None))
            }
            _ => Ok((Target::Begin(id), None)),
        }
    }

    /// The header of a record that belongs to a request.
    fn belong(
        &mut self,
        id: u16,
        kind: RecordType,
        empty: bool,
    ) -> Result<(Target, Option<Event<'static>>), FastCgiError> {
        let Some(exchange) = self.exchange.as_mut().filter(|exchange| exchange.id == id) else {
            return Ok((Target::Nowhere, None));
        };
        if kind == RecordType::Stdin && empty {
            exchange.end_due = false;
        }
        match exchange.judge(kind, empty) {
            Verdict::Params => Ok((Target::Params, None)),
            Verdict::Stream => Ok((Target::Stream, None)),
            Verdict::Ignore => Ok((Target::Nowhere, None)),
            Verdict::TooEarly => Err(match kind {
                RecordType::Data => FastCgiError::DataTooEarly,
                _ => FastCgiError::InputBeforeParams,
            }),
            Verdict::StdinEnd | Verdict::DataEnd => {
                exchange.input = Input::Closing;
                Ok((Target::Nowhere, None))
            }
            Verdict::Turn => {
                exchange.input = Input::Turning;
                Ok((Target::Nowhere, None))
            }
            Verdict::ParamsEnd => {
                let request = exchange.request(self.params.finish()?);
                Ok((Target::Nowhere, Some(Event::Request(request))))
            }
            Verdict::Abort => Ok((Target::Nowhere, self.abort())),
        }
    }

    /// ABORT_REQUEST (section 5.4).
    fn abort(&mut self) -> Option<Event<'static>> {
        let exchange = self.exchange.as_mut()?;
        match exchange.input {
            Input::Params => {
                self.params.clear();
                exchange.input = Input::GivenUp;
                exchange.ended = true;
                if !exchange.keep {
                    self.phase = Phase::Over;
                    self.closed = true;
                }
                Some(end(exchange.id, ProtocolStatus::RequestComplete))
            }
            _ if exchange.open() => {
                exchange.input = Input::GivenUp;
                Some(Event::Aborted)
            }
            _ => {
                exchange.input = Input::Closing;
                None
            }
        }
    }

    /// Reads on in the content of a record, and then in its padding.
    fn read_content(&mut self) -> Result<Option<Step>, FastCgiError> {
        let Some(record) = &mut self.record else { return Ok(None) };
        let piece = record.content.min(self.buffer.unread().len());
        let whole = piece == record.content;
        let mut step = None;
        match record.target {
            Target::Begin(_) | Target::Values if !whole => return self.quiet(),
            Target::Begin(id) => {
                record.target = Target::Nowhere;
                let begin = BeginRequest::parse(self.buffer.take(piece));
                let (_, begin) = begin.map_err(|_| FastCgiError::BeginLength(piece))?;
                step = self.start(id, begin).map(Step::Say);
            }
            Target::Values => {
                record.target = Target::Nowhere;
                // A request that is open cannot be handed over to whoever parts them.
                let may_share = !self.exchange.as_ref().is_some_and(Exchange::open);
                let answer = self.capacity.answer(self.buffer.take(piece), may_share)?;
                if answer.shares {
                    self.phase = Phase::Sharing;
                }
                step = Some(Step::Say(Event::Reply(answer.record)));
            }
            _ if record.content == 0 && record.padding == 0 => {
                self.record = None;
                return Ok(None);
            }
            _ if record.content == 0 => {
                *record = Record { target: Target::Nowhere, content: record.padding, padding: 0 };
                return Ok(None);
            }
            _ if piece == 0 => return self.quiet(),
            Target::Params => self.params.extend(self.buffer.take(piece), &self.limits)?,
            Target::Stream => step = Some(Step::Lend(piece)),
            Target::Nowhere => {
                self.buffer.take(piece);
            }
        }
        if let Some(record) = &mut self.record {
            record.content -= piece;
        }
        Ok(step)
    }

    /// Opens a request, if its role is known.
    fn start(&mut self, id: u16, begin: BeginRequest) -> Option<Event<'static>> {
        if let Role::Other(number) = begin.role {
            if !begin.keep {
                self.phase = Phase::Failing(FastCgiError::OtherRole(number));
            }
            return Some(end(id, ProtocolStatus::UnknownRole));
        }
        self.exchange = Some(Exchange::new(id, begin));
        None
    }

    /// The request that a response can be given to.
    fn open(&mut self) -> Option<&mut Exchange> {
        self.exchange.as_mut().filter(|exchange| exchange.open())
    }
}

/// The reply that ends a request which no application has seen.
fn end(id: u16, status: ProtocolStatus) -> Event<'static> {
    let mut out = Vec::new();
    EndRequest::unseen(status).append(id, &mut out);
    Event::Reply(out)
}

impl Codec for FastCgiCodec {
    fn protocol(&self) -> Protocol {
        Protocol::FastCgi
    }

    fn space(&mut self) -> &mut [u8] {
        self.buffer.space()
    }

    fn filled(&mut self, count: usize) {
        self.buffer.filled(count);
    }

    fn direct(&self) -> usize {
        match (&self.phase, &self.record, &self.exchange) {
            (Phase::Reading, Some(Record { target: Target::Stream, content, .. }), Some(exchange))
                if exchange.streams() && self.buffer.is_empty() =>
            {
                *content
            }
            _ => 0,
        }
    }

    fn passed(&mut self, count: usize) {
        if let Some(record) = &mut self.record {
            record.content = record.content.saturating_sub(count);
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
                self.phase = Phase::Over;
                self.params.clear();
                Err(error.into())
            }
        }
    }

    fn respond(&mut self, head: &Head<'_>, out: &mut Vec<u8>) {
        if let Some(exchange) = self.open() {
            exchange.respond(head, out);
        }
    }

    fn frame(&mut self, available: usize) -> Frame {
        frame(self.open().map_or(NULL_REQUEST, |exchange| exchange.id), available)
    }

    fn log(&mut self, text: &[u8], out: &mut Vec<u8>) -> bool {
        let Some(exchange) = self.open() else { return false };
        exchange.log(text, out);
        true
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        if let Some(exchange) = self.open() {
            exchange.finish(out);
        }
    }

    fn truncate(&mut self, out: &mut Vec<u8>) {
        if let Some(exchange) = self.open() {
            exchange.truncate(out);
        }
    }

    fn overload(&mut self, out: &mut Vec<u8>) {
        if let Some(exchange) = self.open() {
            exchange.overload(out);
        }
    }

    fn last(&mut self) {
        if let Some(exchange) = &mut self.exchange {
            exchange.keep = false;
        }
    }

    fn given_up(&self) -> bool {
        let Some(exchange) = self.exchange.as_ref().filter(|exchange| exchange.open()) else { return false };
        let begun = self.record.as_ref().map_or(0, |record| record.content + record.padding);
        aborts(self.buffer.unread().get(begun..).unwrap_or_default(), exchange.id)
    }

    fn reusable(&self) -> bool {
        matches!(self.phase, Phase::Reading)
            && self.exchange.as_ref().is_some_and(|exchange| exchange.keep && exchange.over())
    }

    fn kept(&self) -> bool {
        matches!(self.phase, Phase::Reading)
            && self.exchange.as_ref().is_some_and(|exchange| exchange.keep && exchange.ended)
    }

    fn peer_sends(&self) -> bool {
        self.exchange
            .as_ref()
            .is_some_and(|exchange| exchange.end_due || exchange.streams() || exchange.input == Input::Params)
    }

    fn idle(&mut self) -> Option<Vec<u8>> {
        if !self.in_head() {
            self.params.clear();
        }
        self.buffer.release()
    }

    fn lend(&mut self, room: Vec<u8>) {
        self.buffer.lend(room);
    }

    fn in_head(&self) -> bool {
        match (&self.exchange, self.phase) {
            (_, Phase::Failing(_) | Phase::Sharing | Phase::Over) => false,
            (Some(exchange), _) if exchange.open() => exchange.input == Input::Params,
            _ => self.begun(),
        }
    }

    fn answerable(&self) -> bool {
        self.in_head() && self.exchange.as_ref().is_some_and(Exchange::open)
    }
}
