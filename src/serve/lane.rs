//! One request of a connection that several share, as the trunk sees it.
//!
//! To everything behind it a lane is a connection of its own, with a socket and a codec for the one request. That is
//! dearer than a queue in memory (a pair of sockets is made and closed for each request), but threads, reactor, files,
//! flusher and deadlines deal with a request that way as with any other, and the kernel bounds what is on its way.

use crate::connection::{Connection, Peer};
use crate::link::Link;
use crate::spool::Spool;
use crate::system::{self, Watched};
use crate::yard::Yard;
use crate::{lobby, log};
use janua_fastcgi::{Capacity, FastCgiCodec, Joiner};
use janua_vocabulary::Codec;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SendFlags, Shutdown, SocketFlags, SocketType, send, shutdown, socketpair};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use tokio::io::Interest;

/// How much of a body is written to a lane at once.
const STEP: usize = 64 * 1024;

/// A request that is open on a trunk.
pub(crate) struct Lane {
    pub(crate) id: u16,
    /// The trunk's end.
    end: Watched,
    /// The other end, until its request was read as far as it has come.
    fresh: Option<Box<Connection>>,
    /// The other end, to see when it is closed.
    other: Weak<OwnedFd>,
    joiner: Joiner,
    /// What is next to be written to the lane, and how much of it is.
    next: Vec<u8>,
    written: usize,
    /// What follows that.
    spool: Spool,
    /// Nothing more comes for the lane.
    over: bool,
    shut: bool,
}

/// What a look at the answer brought.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Nothing new.
    Nothing,
    /// Records.
    Some,
    /// The last record.
    End,
    /// The lane was left without an end.
    Left,
}

/// The app's end of a lane whose request was given up.
pub(crate) struct Ghost(Weak<OwnedFd>);

impl Ghost {
    /// True while the app may still be at work for it.
    pub(crate) fn is_there(&self) -> bool {
        self.0.strong_count() > 0
    }
}

impl Lane {
    /// A lane for a request that has begun with `record`. To be called inside the reactor.
    ///
    /// # Errors
    /// No more descriptors can be had.
    pub(crate) fn open(yard: &Yard, peer: &Peer, id: u16, record: &[u8]) -> io::Result<Self> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        let end = system::watch(Arc::new(ours), Interest::READABLE | Interest::WRITABLE)?;
        let theirs = Arc::new(theirs);
        let other = Arc::downgrade(&theirs);
        let codec = Box::new(FastCgiCodec::new(yard.plan.limits, Capacity::default()));
        let mut connection = Box::new(Connection::new(Link::Socket(theirs), codec, peer.clone()));
        connection.lane = true;
        yard.kept.lend(&mut connection);
        feed(connection.codec.as_mut(), record);
        Ok(Self {
            id,
            end,
            fresh: Some(connection),
            other,
            joiner: Joiner::default(),
            next: Vec::new(),
            written: 0,
            spool: Spool::default(),
            over: false,
            shut: false,
        })
    }

    /// Takes bytes for the request. What its reader is too slow for waits, first in memory and then in a file.
    pub(crate) fn take(&mut self, yard: &Yard, peer: &Peer, bytes: &[u8]) {
        if self.over {
            return;
        }
        if let Some(connection) = &mut self.fresh {
            return feed(connection.codec.as_mut(), bytes);
        }
        if self.spool.len() == 0 && self.next.len() + bytes.len() <= STEP {
            self.next.extend_from_slice(bytes);
            return;
        }
        let plan = &yard.plan;
        let most = (plan.body_memory as u64).saturating_add(plan.fastcgi_spill as u64);
        let why = if self.spool.len() + bytes.len() as u64 > most {
            "more waits than may (setting fastcgi_spill)".to_owned()
        } else {
            match self.spool.push(bytes, plan.body_memory) {
                Ok(()) => return,
                Err(error) => format!("it could not be kept: {error}"),
            }
        };
        self.over = true;
        log::line(format_args!(
            "{peer}: the body of request {} is not read to its end, as the app does not take it: {why}",
            self.id
        ));
    }

    /// Hands the request on, if that was not done yet. To be called inside the reactor.
    pub(crate) fn launch(&mut self, yard: &Arc<Yard>) {
        if let Some(connection) = self.fresh.take()
            && let Some(job) = lobby::enter(yard, connection)
        {
            yard.push(job);
        }
    }

    /// Says that nothing more comes for the request.
    pub(crate) fn finish(&mut self) {
        self.over = true;
    }

    /// Writes what waits for the request, as far as it is taken.
    pub(crate) fn poll_feed(&mut self, cx: &mut Context<'_>) {
        loop {
            if self.written == self.next.len() {
                self.next.clear();
                self.written = 0;
                if self.spool.len() > 0 {
                    self.next.resize(STEP, 0);
                    let count = self.spool.take(&mut self.next);
                    self.over |= count.is_err();
                    self.next.truncate(count.unwrap_or(0));
                }
            }
            let rest = self.next.get(self.written..).unwrap_or_default();
            if rest.is_empty() {
                self.next.shrink_to(STEP);
                if self.over && !std::mem::replace(&mut self.shut, true) {
                    // Who is gone already needs no telling.
                    let _ = shutdown(self.end.get_ref(), Shutdown::Write);
                }
                return;
            }
            let Poll::Ready(Ok(mut guard)) = self.end.poll_write_ready(cx) else { return };
            match send(self.end.get_ref(), rest, SendFlags::NOSIGNAL) {
                Ok(count) => self.written += count,
                Err(Errno::AGAIN) => guard.clear_ready(),
                Err(Errno::INTR) => {}
                // Nobody reads it any more.
                Err(_) => {
                    self.over = true;
                    self.next.clear();
                    self.written = 0;
                    self.spool = Spool::default();
                }
            }
        }
    }

    /// Appends what has been answered, about as much as `room` holds, to `out`.
    pub(crate) fn poll_answer(&mut self, cx: &mut Context<'_>, room: &mut [u8], out: &mut Vec<u8>) -> Answer {
        loop {
            let mut guard = match self.end.poll_read_ready(cx) {
                Poll::Pending => return Answer::Nothing,
                Poll::Ready(Ok(guard)) => guard,
                Poll::Ready(Err(_)) => return Answer::Left,
            };
            match rustix::io::read(self.end.get_ref(), &mut *room) {
                Ok(0) => return Answer::Left,
                Ok(count) => {
                    if count < room.len() {
                        guard.clear_ready();
                    }
                    let ended = self.joiner.join(room.get(..count).unwrap_or_default(), out);
                    return if ended { Answer::End } else { Answer::Some };
                }
                Err(Errno::AGAIN) => guard.clear_ready(),
                Err(Errno::INTR) => {}
                Err(_) => return Answer::Left,
            }
        }
    }

    /// Ends a request that the web server gave up: `record` says so to who reads the body, if nothing waits before it.
    pub(crate) fn abort(self, record: &[u8]) -> Ghost {
        if self.next.is_empty() && self.spool.len() == 0 {
            // Who does not read it finds the lane closed.
            let _ = send(self.end.get_ref(), record, SendFlags::NOSIGNAL);
        }
        Ghost(self.other)
    }
}

fn feed(codec: &mut dyn Codec, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let space = codec.space();
        let count = space.len().min(bytes.len());
        let (now, later) = bytes.split_at_checked(count).unwrap_or((bytes, &[]));
        if let Some(space) = space.get_mut(..count) {
            space.copy_from_slice(now);
        }
        codec.filled(count);
        bytes = later;
    }
}
