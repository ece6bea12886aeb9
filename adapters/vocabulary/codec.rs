//! What every adapter can do.

use crate::{Answer, Frame, Head, PeerError, Protocol, Request};

/// What the bytes of a connection meant.
#[derive(Debug)]
pub enum Event<'a> {
    /// Nothing more can be said before more bytes arrive.
    NeedBytes,
    /// A request's head is whole. The app can be called; its body follows as further events.
    Request(Request),
    /// Bytes of the request's body, never empty.
    Body(&'a [u8]),
    /// The request's body is complete, and what [`Body`](Event::Body) brings from here on is its second stream, the
    /// file of a [`Role::Filter`](crate::Role::Filter).
    SecondStream,
    /// The request's body is complete, and its second stream if it has one. Said once for each request, also when the
    /// body is empty.
    BodyEnd,
    /// The peer gave the request up (FCGI_ABORT_REQUEST) but keeps the connection.
    Aborted,
    /// Bytes that the protocol owes the peer now, whatever the app does (an answer to GET_VALUES, `100 Continue`).
    Reply(Vec<u8>),
    /// From here on the peer may have several requests open at once, which takes more than a codec. It has said
    /// its last; these bytes have come and are not understood yet.
    Shared(Vec<u8>),
    /// The peer closed its side with nothing under way.
    Closed,
}

/// One connection's protocol without I/O: bytes in, events out; a response in, bytes out.
///
/// Order of a response: [`respond`](Codec::respond) once, then [`frame`](Codec::frame) for each stretch of the
/// body, then [`finish`](Codec::finish) or [`truncate`](Codec::truncate). All `out` arguments are appended to.
pub trait Codec: Send {
    /// Which protocol this is.
    fn protocol(&self) -> Protocol;

    /// Free room to read into. Empty only if nothing further may be read, as behind the body of a CGI request.
    fn space(&mut self) -> &mut [u8];

    /// Says that `count` bytes were read into the front of [`space`](Codec::space).
    fn filled(&mut self, count: usize);

    /// How many bytes of a request's body come next with nothing between them, so that they may be read to wherever they
    /// are wanted instead of into [`space`](Codec::space). 0 while it has to be asked what comes.
    fn direct(&self) -> usize {
        0
    }

    /// Says that `count` bytes, at most [`direct`](Codec::direct), were read elsewhere.
    fn passed(&mut self, count: usize) {
        let _ = count;
    }

    /// Says that the peer will send no more bytes.
    fn closed(&mut self);

    /// What the bytes so far mean. To be asked until it says [`Event::NeedBytes`] or [`Event::Closed`].
    ///
    /// # Errors
    /// The peer broke the protocol or reached a limit. [`Answer`] says whether [`respond`](Codec::respond) still
    /// makes sense. After an error the connection is of no further use.
    fn poll(&mut self) -> Result<Event<'_>, PeerError>;

    /// Appends the head of a response.
    fn respond(&mut self, head: &Head<'_>, out: &mut Vec<u8>);

    /// How the next bytes of the body go out when `available` (at least one) of them are at hand.
    fn frame(&mut self, available: usize) -> Frame;

    /// Appends text for the server's error log. False if the protocol has no place for it: then the caller logs it.
    fn log(&mut self, text: &[u8], out: &mut Vec<u8>) -> bool {
        let _ = (text, out);
        false
    }

    /// Appends the regular end of a response.
    fn finish(&mut self, out: &mut Vec<u8>);

    /// Appends what is due after a response that broke off, and makes sure that the break shows where the protocol
    /// can show one: the connection is not [reusable](Codec::reusable) afterwards, unless the peer gave the request up
    /// itself ([`Event::Aborted`]) and so knows.
    fn truncate(&mut self, out: &mut Vec<u8>);

    /// Appends the end of a response that says that the request was not served as there are too many, like
    /// [`finish`](Codec::finish), but in the words that the protocol has for it. The connection ends with it.
    fn overload(&mut self, out: &mut Vec<u8>) {
        self.last();
        self.finish(out);
    }

    /// Says that no request is to follow the one at hand on this connection: it will not be
    /// [reusable](Codec::reusable), and the peer hears of it where the protocol has a word for that.
    fn last(&mut self) {}

    /// True if the bytes at hand tell that the peer has given up the request whose head came last. What has been read
    /// of them and what not stays as it is.
    fn given_up(&self) -> bool {
        false
    }

    /// True if another request may follow on this connection: the response is finished, the request's body is
    /// complete, and the peer wants to keep the connection.
    fn reusable(&self) -> bool;

    /// True if the connection will be [reusable](Codec::reusable) once the rest of the request has arrived.
    fn kept(&self) -> bool {
        self.reusable()
    }

    /// True if the peer may still be sending: a part of its request, even if only the mark of its end, or further requests,
    /// as nobody has told it yet that none is taken. Closing the connection under it could cost it the answer.
    fn peer_sends(&self) -> bool {
        false
    }

    /// Gives back memory that an idle connection does not need: that to read into, if it is any good for others.
    fn idle(&mut self) -> Option<Vec<u8>>;

    /// Takes memory to read into that another connection gave back. It saves making new memory; it is never needed.
    fn lend(&mut self, room: Vec<u8>);

    /// True while a request has begun to arrive and its head is not whole, so that a time limit applies.
    fn in_head(&self) -> bool;

    /// True if a request whose head has begun to arrive can be answered before its head is whole.
    fn answerable(&self) -> bool {
        self.in_head()
    }
}

impl Answer {
    /// The status to answer with, if an answer is possible at all.
    pub fn status(self) -> Option<u16> {
        match self {
            Answer::Status(status) => Some(status),
            Answer::Close => None,
        }
    }
}
