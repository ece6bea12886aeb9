//! The one request that is open on a connection.

use crate::RecordType;
use crate::record::BeginRequest;

/// A request from its BEGIN_REQUEST until the next one.
///
/// What comes in and what goes out are two stories: a response may end before the body of its request does, and
/// the reverse. The request is open until its END_REQUEST is sent (section 3.3).
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) id: u16,
    /// The web server wants to use the connection again.
    pub(crate) keep: bool,
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
    /// STDIN is closed, which is still to be told.
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
    /// Lend its content as a piece of the body.
    Stdin,
    /// STDIN is closed.
    StdinEnd,
    /// The web server gives the request up.
    Abort,
    /// STDIN came before PARAMS was closed.
    TooEarly,
    /// Nothing.
    Ignore,
}

impl Exchange {
    pub(crate) fn new(id: u16, begin: BeginRequest) -> Self {
        Self { id, keep: begin.keep, input: Input::Params, logged: false, ended: false, end_due: false }
    }

    /// True until END_REQUEST is sent.
    pub(crate) fn open(&self) -> bool {
        !self.ended
    }

    /// True if the next request may follow.
    pub(crate) fn over(&self) -> bool {
        self.ended && matches!(self.input, Input::Done | Input::GivenUp)
    }

    /// What a record with this request's id means for it, by its type and whether it is empty.
    ///
    /// STDIN before the end of PARAMS is refused rather than held: section 6.2 has a responder receive its parameters
    /// first, and every web server whose requests are among the captures keeps to that order. Holding the input
    /// would take a buffer that only a broken peer fills.
    pub(crate) fn judge(&self, kind: RecordType, empty: bool) -> Verdict {
        match (self.input, kind) {
            (Input::Params, RecordType::Params) if self.open() => match empty {
                true => Verdict::ParamsEnd,
                false => Verdict::Params,
            },
            (Input::Params, RecordType::Stdin) if self.open() => Verdict::TooEarly,
            (Input::Stdin, RecordType::Stdin) if empty => Verdict::StdinEnd,
            (Input::Stdin, RecordType::Stdin) if self.open() => Verdict::Stdin,
            (Input::Done, RecordType::AbortRequest) if self.open() => Verdict::Abort,
            (Input::Params | Input::Stdin, RecordType::AbortRequest) => Verdict::Abort,
            // DATA is for filters only (section 6.4); the rest is none of an application's business.
            _ => Verdict::Ignore,
        }
    }
}
