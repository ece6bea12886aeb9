//! One connection: its descriptors, its protocol, and what is on its way out.

use crate::census::Seat;
use crate::link::Link;
use crate::log;
use crate::outgoing::Outgoing;
use crate::system::Watched;
use janua_vocabulary::{Codec, Event, PeerError, Request, Role};
use std::fmt;
use std::io;
use std::sync::Arc;

/// Who is at the other end, for the log.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    /// The protocol and, where it has one, the address.
    pub(crate) name: Arc<str>,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Why a connection cannot go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    #[error(transparent)]
    Peer(#[from] PeerError),
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// What a look at the connection brought.
#[derive(Debug)]
pub(crate) enum Pulled {
    /// Nothing, until the peer sends more.
    Wait,
    /// A request whose head is whole.
    Request(Request),
    /// Bytes of the body; the caller's sink has them.
    Body,
    /// The body is complete, and the file of a filter follows it.
    SecondStream,
    /// All that the request brings is there.
    BodyEnd,
    /// The peer gave the request up.
    Aborted,
    /// Several requests may be open from here on, and these bytes have come already.
    Shared(Vec<u8>),
    /// The peer is done with the connection.
    Closed,
}

/// What reading past the codec brought.
#[derive(Debug)]
pub(crate) enum Direct {
    /// Nothing yet.
    Nothing,
    /// So many bytes of the body.
    Read(usize),
    /// The connection has to be [pulled](Connection::pull) to know what comes.
    Unknown,
}

/// How often one look at a connection reads.
const READS: u32 = 16;

/// From how many bytes on a part of a body is read past the codec.
const DIRECT: usize = 4 * 1024;

/// How many bytes may wait for a peer that goes on asking.
const UNREAD: usize = 1024 * 1024;

pub(crate) struct Connection {
    pub(crate) link: Link,
    pub(crate) codec: Box<dyn Codec>,
    pub(crate) out: Outgoing,
    pub(crate) peer: Peer,
    /// The socket as the reactor knows it, once it had to be waited for.
    pub(crate) watched: Option<Watched>,
    /// Its place among the others; a lane has none of its own.
    pub(crate) seat: Option<Seat>,
    /// It is one request of a connection that several share.
    pub(crate) lane: bool,
    /// Requests that have been taken from it, if they are counted.
    pub(crate) requests: u64,
    /// What the server asks for with the request at hand.
    pub(crate) role: Role,
    /// The body of the request at hand is complete, or will never be.
    pub(crate) body_over: bool,
    /// The response was broken off in the middle, or the peer is gone: nothing more can be done with it.
    pub(crate) dead: bool,
    /// Text for the server's log that is on its way with the response, in case it does not arrive.
    pub(crate) logged: Vec<u8>,
    /// Text that goes into the log of this process as soon as somebody can wait for who reads that.
    pub(crate) unlogged: Vec<u8>,
    /// To be answered means to the peer that its request will be served: what it asks before one is answered when all of
    /// its request is there, or at once if it asks nothing else.
    pub(crate) promises: bool,
    /// The last read brought less than there was room for, so there is nothing more to read yet.
    pub(crate) drained: bool,
}

impl Connection {
    pub(crate) fn new(link: Link, codec: Box<dyn Codec>, peer: Peer) -> Self {
        Self {
            link,
            codec,
            out: Outgoing::default(),
            peer,
            watched: None,
            seat: None,
            lane: false,
            requests: 0,
            role: Role::Responder,
            body_over: true,
            dead: false,
            logged: Vec::new(),
            unlogged: Vec::new(),
            promises: false,
            drained: false,
        }
    }

    /// True if its requests are to be refused, as there are too many connections.
    pub(crate) fn is_surplus(&self) -> bool {
        self.seat.as_ref().is_some_and(|seat| seat.surplus)
    }

    /// True if the peer is known to have given up the request whose head came last. A lane is left by whoever parts the
    /// requests, who has told the peer.
    pub(crate) fn is_given_up(&self) -> bool {
        if self.lane { self.link.is_left() } else { self.codec.given_up() }
    }

    /// Takes what goes into the log of this process, to be written where nobody else has to wait meanwhile.
    pub(crate) fn own_log(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.unlogged)
    }

    /// Writes it.
    pub(crate) fn write_log(&mut self) {
        if !self.unlogged.is_empty() {
            log::raw(&self.own_log());
        }
    }

    /// Looks at what has arrived, reading more if need be, without waiting. Bytes of a body go to `sink`.
    pub(crate) fn pull(&mut self, sink: &mut dyn FnMut(&[u8])) -> Result<Pulled, Broken> {
        self.look(sink, true)
    }

    /// Reads bytes of a body to where they are wanted, if nothing else can come first.
    pub(crate) fn read_direct(&mut self, into: &mut [u8]) -> io::Result<Direct> {
        let room = into.len().min(self.codec.direct());
        if room < DIRECT {
            return Ok(Direct::Unknown);
        }
        match self.link.try_read(into.get_mut(..room).unwrap_or_default())? {
            None => {
                self.drained = true;
                Ok(Direct::Nothing)
            }
            Some(0) => {
                self.codec.closed();
                Ok(Direct::Unknown)
            }
            Some(count) => {
                self.drained = count < room;
                self.codec.passed(count);
                Ok(Direct::Read(count))
            }
        }
    }

    /// Looks at what was read before, without reading more.
    pub(crate) fn pull_buffered(&mut self) -> Result<Pulled, Broken> {
        self.look(&mut |_| {}, false)
    }

    fn look(&mut self, sink: &mut dyn FnMut(&[u8]), read: bool) -> Result<Pulled, Broken> {
        let mut reads = 0;
        loop {
            match self.codec.poll().inspect_err(|_| self.body_over = true)? {
                Event::NeedBytes if !read => return Ok(Pulled::Wait),
                // Who sends much that means nothing must not keep others waiting.
                Event::NeedBytes if reads == READS => {
                    self.drained = false;
                    return Ok(Pulled::Wait);
                }
                Event::NeedBytes => {
                    reads += 1;
                    let space = self.codec.space();
                    let room = space.len();
                    match self.link.try_read(space)? {
                        None => {
                            self.drained = true;
                            if self.promises && self.body_over && !self.codec.in_head() && !self.out.is_open()
                            {
                                self.out.flush(&self.link)?;
                            }
                            return Ok(Pulled::Wait);
                        }
                        Some(0) => self.codec.closed(),
                        Some(count) => {
                            self.drained = count < room;
                            self.codec.filled(count);
                        }
                    }
                }
                Event::Request(request) => {
                    self.body_over = false;
                    if self.promises {
                        self.out.flush(&self.link)?;
                    }
                    self.role = request.role;
                    return Ok(Pulled::Request(request));
                }
                Event::Body(bytes) => {
                    sink(bytes);
                    return Ok(Pulled::Body);
                }
                Event::SecondStream => return Ok(Pulled::SecondStream),
                Event::Shared(bytes) => return Ok(Pulled::Shared(bytes)),
                Event::BodyEnd => {
                    self.body_over = true;
                    return Ok(Pulled::BodyEnd);
                }
                Event::Reply(bytes) => {
                    self.out.append(|out| out.extend_from_slice(&bytes));
                    if self.out.waiting() > UNREAD {
                        return Err(PeerError::close("it does not read the answers to what it asks").into());
                    }
                    if !self.out.is_open() && !self.promises {
                        self.out.flush(&self.link)?;
                    }
                }
                Event::Aborted => {
                    self.body_over = true;
                    return Ok(Pulled::Aborted);
                }
                Event::Closed => {
                    self.body_over = true;
                    return Ok(Pulled::Closed);
                }
            }
        }
    }
}
