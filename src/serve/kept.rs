//! Connections that a web server keeps open between two requests.
//!
//! There may be a thousand of them, nearly all asleep, and behind a busy web server each request comes on one: so each
//! costs a place in a list and no task, no timer and no buffer, and the leader looks at those whose bell has rung.

use crate::connection::Connection;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Wake, Waker};
use std::time::{Duration, Instant};

/// Memory to read into that is held ready for the next request, in buffers.
const ROOMS: usize = 32;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where the bells of kept connections are heard, and the leader who listens.
#[derive(Debug, Default)]
pub(crate) struct Board {
    rung: Mutex<VecDeque<usize>>,
    leader: Mutex<Option<Waker>>,
}

impl Board {
    /// Says who is to be woken.
    pub(crate) fn listen(&self, leader: &Waker) {
        let mut listening = lock(&self.leader);
        if !listening.as_ref().is_some_and(|waker| waker.will_wake(leader)) {
            *listening = Some(leader.clone());
        }
    }

    pub(crate) fn wake_leader(&self) {
        let leader = lock(&self.leader).take();
        if let Some(leader) = leader {
            leader.wake();
        }
    }

    fn ring(&self, place: usize) {
        lock(&self.rung).push_back(place);
        self.wake_leader();
    }
}

/// What the reactor rings when bytes arrive for whoever rests at this place.
#[derive(Debug)]
struct Bell {
    place: usize,
    board: Arc<Board>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.board.ring(self.place);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.board.ring(self.place);
    }
}

struct Place {
    bell: Waker,
    /// The sweep that was the last when the connection came here.
    since: u32,
    connection: Option<Box<Connection>>,
}

#[derive(Default)]
struct Places {
    all: Vec<Place>,
    free: Vec<usize>,
    /// How many sweeps there were.
    sweeps: u32,
}

/// The kept connections of one worker.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) board: Arc<Board>,
    places: Mutex<Places>,
    rooms: Mutex<Vec<Vec<u8>>>,
}

impl Kept {
    /// Lets a connection rest until something arrives on it. It must be in the reactor's sight.
    pub(crate) fn rest(&self, mut connection: Box<Connection>) {
        self.regain(&mut connection);
        connection.out.release();
        // Held until the connection is in its place, so that whoever hears its bell finds it there.
        let mut places = lock(&self.places);
        let number = places.free.pop().unwrap_or(places.all.len());
        if number == places.all.len() {
            let bell = Waker::from(Arc::new(Bell { place: number, board: self.board.clone() }));
            places.all.push(Place { bell, since: 0, connection: None });
        }
        let since = places.sweeps;
        let Some(place) = places.all.get_mut(number) else { return };
        place.since = since;
        let asleep = connection.watched.as_ref().is_some_and(|watched| {
            watched.poll_read_ready(&mut Context::from_waker(&place.bell)).is_pending()
        });
        place.connection = Some(connection);
        drop(places);
        if !asleep {
            self.board.ring(number);
        }
    }

    /// True if no connection rests here.
    pub(crate) fn is_empty(&self) -> bool {
        let places = lock(&self.places);
        places.free.len() == places.all.len()
    }

    /// A connection whose bell has rung. It may have rung for one that left: then nothing has arrived.
    pub(crate) fn rung(&self) -> Option<Box<Connection>> {
        loop {
            let number = lock(&self.board.rung).pop_front()?;
            let mut places = lock(&self.places);
            if let Some(connection) = places.all.get_mut(number).and_then(|place| place.connection.take()) {
                places.free.push(number);
                return Some(connection);
            }
        }
    }

    /// Closes the connections that have been here for more than `most` sweeps, this one counted.
    fn sweep(&self, most: u32) {
        let mut idle = Vec::new();
        let mut places = lock(&self.places);
        let Places { all, free, sweeps } = &mut *places;
        *sweeps = sweeps.wrapping_add(1);
        for (number, place) in all.iter_mut().enumerate() {
            if sweeps.wrapping_sub(place.since) <= most {
                continue;
            }
            // One whose bell has rung has brought something at the last moment, and is about to be looked at. While the
            // leader is with the app nobody hears what arrives, so the socket is asked as well: the bell rings later.
            let looked = place.connection.as_ref().and_then(|connection| connection.watched.as_ref());
            if looked.is_some_and(|it| it.poll_read_ready(&mut Context::from_waker(&place.bell)).is_pending())
                && !place.connection.as_ref().is_some_and(|connection| connection.link.has_arrived())
            {
                idle.extend(place.connection.take());
                free.push(number);
            }
        }
        // Closing so many may take a while, and needs no lock.
        drop(places);
        drop(idle);
    }

    /// Any of the connections, so that all can be ended.
    pub(crate) fn any(&self) -> Option<Box<Connection>> {
        let mut places = lock(&self.places);
        places.free.clear();
        while let Some(mut place) = places.all.pop() {
            if let Some(connection) = place.connection.take() {
                return Some(connection);
            }
        }
        None
    }

    /// Lends a connection that is about to be read memory to read into.
    pub(crate) fn lend(&self, connection: &mut Connection) {
        let room = lock(&self.rooms).pop();
        if let Some(room) = room {
            connection.codec.lend(room);
        }
    }

    /// Takes back what a connection does not need while nothing arrives on it.
    pub(crate) fn regain(&self, connection: &mut Connection) {
        if let Some(room) = connection.codec.idle() {
            let mut rooms = lock(&self.rooms);
            if rooms.len() < ROOMS {
                rooms.push(room);
            }
        }
    }
}

/// Into how many sweeps the time is divided for which a connection may rest, at most.
const SWEEPS: u32 = 4;

/// Closes connections on which nothing has been asked for a long time. Nobody has to look at the clock for each: who has
/// seen enough sweeps goes.
#[derive(Debug)]
pub(crate) struct Sweeper {
    /// Between two sweeps; `None` if there are none.
    pause: Option<Duration>,
    /// So many sweeps may a connection see.
    most: u32,
    last: Option<Instant>,
}

impl Sweeper {
    /// For connections that may rest for `time`, or for ever if it is zero.
    pub(crate) fn new(time: Duration) -> Self {
        // Somebody looks about once a second, so that sweeps for less would take longer than they are to.
        let most = u32::try_from(time.as_secs()).map_or(SWEEPS, |seconds| seconds.clamp(1, SWEEPS));
        Self { pause: (!time.is_zero()).then(|| time / most), most, last: None }
    }

    /// Sweeps if it is time. To be called now and then.
    pub(crate) fn look(&mut self, now: Instant, kept: &Kept) {
        let Some(pause) = self.pause else { return };
        let last = *self.last.get_or_insert(now);
        if now.duration_since(last) >= pause {
            self.last = Some(now);
            kept.sweep(self.most);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::Peer;
    use crate::link::Link;
    use crate::system;
    use janua_scgi::ScgiCodec;
    use janua_vocabulary::Limits;
    use rustix::net::{AddressFamily, SendFlags, SocketFlags, SocketType, send, socketpair};
    use std::os::fd::OwnedFd;
    use tokio::io::Interest;
    use tokio::runtime::Builder;

    /// A connection that rests, and its peer's end.
    fn resting(kept: &Kept) -> OwnedFd {
        let (ours, theirs) =
            socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::NONBLOCK, None).unwrap();
        let (ours, codec) = (Arc::new(ours), Box::new(ScgiCodec::new(Limits::default())));
        let mut connection =
            Connection::new(Link::Socket(ours.clone()), codec, Peer { name: "a test".into() });
        connection.watched = Some(system::watch(ours, Interest::READABLE).unwrap());
        kept.rest(Box::new(connection));
        theirs
    }

    #[test]
    fn a_request_that_came_while_nobody_asked_the_reactor_was_swept_away() {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let _inside = runtime.enter();
        let kept = Kept::default();
        let (idle, asking) = (resting(&kept), resting(&kept));
        send(&asking, b"1", SendFlags::empty()).unwrap();
        kept.sweep(0);
        assert!(Link::Socket(Arc::new(idle)).has_arrived(), "the end of the other one");
        assert!(!Link::Socket(Arc::new(asking)).has_arrived());
        // Its bell rings as soon as somebody asks.
        runtime.block_on(tokio::task::yield_now());
        assert!(kept.rung().is_some() && kept.rung().is_none());
    }
}
