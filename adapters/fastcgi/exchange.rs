//! The one request that is open on a connection.

use crate::record::BeginRequest;
use crate::{RecordType, Role};
use janua_vocabulary::{self as vocabulary, BodyLength, Event, Params, Request};

/// A request from its BEGIN_REQUEST until the next one.
///
/// What comes in and what goes out are two stories: a response may end before the body of its request does, and
/// the reverse. The request is open until its END_REQUEST is sent (section 3.3).
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) id: u16,
    /// The web server wants to use the connection again.
    pub(crate) keep: bool,
    pub(crate) role: Role,
    pub(crate) input: Input,
    /// STDERR was used, so it has to be closed.
    pub(crate) logged: bool,
    /// END_REQUEST was sent.
    pub(crate) ended: bool,
    /// The end of an empty STDIN was told before it came, and may still be on its way.
    pub(crate) end_due: bool,
}

/// What is still expected of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Input {
    /// PARAMS is not closed.
    Params,
    /// The request was handed on, and STDIN is not closed.
    Stdin,
    /// STDIN of a filter is closed, which is still to be told.
    Turning,
    /// DATA of a filter is not closed.
    Data,
    /// The last stream is closed, which is still to be told.
    Closing,
    /// Nothing. What comes nevertheless is ignored.
    Done,
    /// Nothing, as the web server gave the request up.
    GivenUp,
}

/// What to do about a record that belongs to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Take its content as parameters.
    Params,
    /// PARAMS is closed.
    ParamsEnd,
    /// Lend its content as a piece of the body, or of the file of a filter.
    Stream,
    /// STDIN is closed, and no other stream follows.
    StdinEnd,
    /// STDIN is closed, and DATA follows.
    Turn,
    /// DATA is closed.
    DataEnd,
    /// The web server gives the request up.
    Abort,
    /// A stream came before the one that it has to follow was closed.
    TooEarly,
    /// Nothing.
    Ignore,
}

impl Exchange {
    pub(crate) fn new(id: u16, begin: BeginRequest) -> Self {
        let BeginRequest { role, keep } = begin;
        Self { id, keep, role, input: Input::Params, logged: false, ended: false, end_due: false }
    }

    /// True until END_REQUEST is sent.
    pub(crate) fn open(&self) -> bool {
        !self.ended
    }

    /// True if a second stream follows the body.
    pub(crate) fn filters(&self) -> bool {
        self.role == Role::Filter
    }

    /// True while a stream behind the parameters is not closed, or its end not told.
    pub(crate) fn streams(&self) -> bool {
        matches!(self.input, Input::Stdin | Input::Turning | Input::Data)
    }

    /// True if the next request may follow.
    pub(crate) fn over(&self) -> bool {
        self.ended && matches!(self.input, Input::Done | Input::GivenUp)
    }

    /// The request, at the end of its parameters. What it says of its streams decides what is expected next.
    pub(crate) fn request(&mut self, params: Params) -> Request {
        let number = |name: &[u8]| params.get(name).and_then(plain_number);
        let length = |name: &[u8]| number(name).map_or(BodyLength::ToEnd, BodyLength::Exactly);
        let (role, body) = match self.role {
            // Section 6.3: no STDIN, and no CONTENT_LENGTH. A record that ends an empty one may come nevertheless.
            Role::Authorizer => (vocabulary::Role::Authorizer, BodyLength::Exactly(0)),
            Role::Filter => {
                let modified = number(b"FCGI_DATA_LAST_MOD");
                let role = vocabulary::Role::Filter { length: length(b"FCGI_DATA_LENGTH"), modified };
                (role, length(b"CONTENT_LENGTH"))
            }
            _ => (vocabulary::Role::Responder, length(b"CONTENT_LENGTH")),
        };
        let empty = body == BodyLength::Exactly(0);
        self.end_due = empty && !self.filters();
        self.input = match (empty, self.filters()) {
            (false, _) => Input::Stdin,
            (true, true) => Input::Turning,
            (true, false) => Input::Closing,
        };
        Request { params, body, role }
    }

    /// What the end of a stream means, if that is still to be told.
    pub(crate) fn turn(&mut self) -> Option<Event<'static>> {
        let (next, event) = match self.input {
            Input::Turning => (Input::Data, Event::SecondStream),
            Input::Closing => (Input::Done, Event::BodyEnd),
            _ => return None,
        };
        self.input = next;
        Some(event)
    }

    /// What a record with this request's id means for it, by its type and whether it is empty.
    ///
    /// STDIN before the end of PARAMS is refused rather than held: section 6.2 has a responder receive its parameters
    /// first, and every web server whose requests are among the captures keeps to that order. Holding the input
    /// would take a buffer that only a broken peer fills. The same holds for DATA before the end of STDIN (section 6.4).
    pub(crate) fn judge(&self, kind: RecordType, empty: bool) -> Verdict {
        match (self.input, kind) {
            (Input::Params, RecordType::Params) if self.open() => match empty {
                true => Verdict::ParamsEnd,
                false => Verdict::Params,
            },
            (Input::Params, RecordType::Stdin) if self.open() => Verdict::TooEarly,
            (Input::Params | Input::Stdin, RecordType::Data) if self.filters() && self.open() => {
                Verdict::TooEarly
            }
            (Input::Stdin, RecordType::Stdin) if empty && self.filters() => Verdict::Turn,
            (Input::Stdin, RecordType::Stdin) if empty => Verdict::StdinEnd,
            (Input::Data, RecordType::Data) if empty => Verdict::DataEnd,
            (Input::Stdin, RecordType::Stdin) | (Input::Data, RecordType::Data) if self.open() => {
                Verdict::Stream
            }
            (Input::Done, RecordType::AbortRequest) if self.open() => Verdict::Abort,
            (Input::Params | Input::Stdin | Input::Data, RecordType::AbortRequest) => Verdict::Abort,
            // DATA is for filters only (section 6.4); the rest is none of an application's business.
            _ => Verdict::Ignore,
        }
    }
}

/// Only a plain number counts as a length; what else stands there (Caddy writes -1 for a chunked body) leaves it to the
/// stream.
fn plain_number(value: &[u8]) -> Option<u64> {
    if !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(value).ok()?.parse::<i64>().ok().map(i64::unsigned_abs)
}
