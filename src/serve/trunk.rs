//! A FastCGI connection on which several requests may be open.
//!
//! What arrives is parted by request and goes to a lane for each; what the lanes answer goes out in whole records, a
//! part of each in turn. Reading never waits for a lane: what its app is too slow for is kept (`lane`). Nor does an app
//! wait for any lane but its own. That FastCGI has no way to say of one request "not so fast" cannot be helped: a web
//! server that does not read the connection holds up all of its requests.

use crate::connection::Connection;
use crate::lane::{Answer, Ghost, Lane};
use crate::listener::capacity;
use crate::system::Watched;
use crate::yard::{Care, Yard};
use crate::{farewell, log, system};
use janua_fastcgi::{EndRequest, Parted, ProtocolStatus, Splitter};
use janua_vocabulary::PeerError;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::Interest;
use tokio::time::{Instant, sleep_until};

/// How much waits to be written before no lane is asked for more.
const ENOUGH: usize = 64 * 1024;

/// How much one lane may add in its turn.
const PART: usize = 64 * 1024;

/// How often one look at the socket reads.
const READS: u32 = 16;

/// How many rounds are made before other connections have their turn.
const ROUNDS: u32 = 16;

/// How many bytes may wait for a peer that goes on asking, or on being refused.
const UNREAD: usize = 1024 * 1024;

/// Takes over a connection that several requests are to share, with the bytes that have come already.
pub(crate) fn begin(yard: &Arc<Yard>, mut connection: Box<Connection>, bytes: &[u8]) {
    // The reactor that knew it has nothing more to do with it.
    connection.watched = None;
    let most = if connection.is_surplus() { 0 } else { yard.plan.fastcgi_max_open };
    let mut splitter = Splitter::new(capacity(&yard.plan), most);
    splitter.feed(bytes);
    let run = run(yard.clone(), connection, splitter, yard.look_after());
    if let Err(error) = yard.junction.spawn(run) {
        log::line(format_args!("a connection is closed, as no thread could be started for it: {error}"));
    }
}

async fn run(yard: Arc<Yard>, mut connection: Box<Connection>, splitter: Splitter, care: Care) {
    let Some(socket) = connection.link.socket() else { return };
    let Ok(watched) = system::watch(socket, Interest::READABLE | Interest::WRITABLE) else { return };
    let mut out = Vec::new();
    // The answer to the question whether it may be shared.
    connection.out.hand_over(&mut out);
    let mut trunk = Trunk {
        yard: yard.clone(),
        connection,
        watched,
        splitter,
        lanes: Vec::new(),
        ghosts: Vec::new(),
        turn: 0,
        reads: true,
        out,
        written: 0,
        moved: Instant::now(),
        refuses: None,
        begun: 0,
        last: false,
        rests: None,
        complained: false,
        room: vec![0; PART],
    };
    if trunk.serve().await {
        let Trunk { mut connection, watched, .. } = trunk;
        connection.watched = Some(watched);
        farewell::see_off(&yard, &mut connection, farewell::LITTLE, care).await;
    }
}

struct Trunk {
    yard: Arc<Yard>,
    connection: Box<Connection>,
    watched: Watched,
    splitter: Splitter,
    lanes: Vec<Lane>,
    /// Requests that were given up, and that the app may still be at work for.
    ghosts: Vec<Ghost>,
    /// The lane that is asked first.
    turn: usize,
    /// The peer may still send something that means anything.
    reads: bool,
    out: Vec<u8>,
    written: usize,
    /// When the peer last took something.
    moved: Instant,
    /// From when on a worker that stops takes no more requests.
    refuses: Option<Instant>,
    /// Requests that have begun.
    begun: u64,
    /// The connection ends when no request is open.
    last: bool,
    /// Since when no request has been open.
    rests: Option<Instant>,
    /// The log has been told that requests are refused, and there have been about as many since.
    complained: bool,
    room: Vec<u8>,
}

impl Trunk {
    /// Serves until the connection is to be ended: true in order, false if there is nothing left to end.
    async fn serve(&mut self) -> bool {
        loop {
            let yard = self.yard.clone();
            let told = yard.stop.notified();
            let stopping = yard.is_stopping();
            if stopping {
                self.refuses.get_or_insert(Instant::now() + farewell::HURRY);
            }
            let stalls = self.waiting().then(|| self.moved + yard.plan.progress_timeout);
            let limit =
                [stalls, self.refuses.filter(|_| stopping), self.rests_until()].into_iter().flatten().min();
            tokio::select! {
                biased;
                turned = poll_fn(|cx| self.poll(cx)) => match turned {
                    Ok(Turn::Over) => return true,
                    Ok(Turn::Changed) => {}
                    Err(_) => return false,
                },
                () = told, if !stopping => {}
                () = until(limit) => {
                    let now = Instant::now();
                    if self.rests_until().is_some_and(|end| end <= now) {
                        return true;
                    }
                    if self.refuses.is_some_and(|since| since <= now) {
                        self.splitter.refuse_all();
                        self.refuses = Some(now + yard.plan.stop_timeout);
                    }
                    if self.waiting() && self.moved + yard.plan.progress_timeout <= now {
                        log::line(format_args!(
                            "{}: closed with {} requests open: it took nothing for {} s (setting progress_timeout)",
                            self.connection.peer, self.lanes.len(), yard.plan.progress_timeout.as_secs_f64()
                        ));
                        return false;
                    }
                }
            }
        }
    }

    /// When the connection is closed because no request is open, if there is such a time. Who is one too many is about
    /// to ask.
    fn rests_until(&self) -> Option<Instant> {
        let plan = &self.yard.plan;
        let time = if self.connection.is_surplus() { plan.head_timeout } else { plan.idle_timeout };
        self.rests.filter(|_| !time.is_zero()).map(|since| since + time)
    }

    fn waiting(&self) -> bool {
        self.written < self.out.len()
    }

    /// Goes on until there is nothing more to do now. Ready when that changes what is to be waited for.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Turn>> {
        let before = (self.waiting(), self.rests);
        for _ in 0..ROUNDS {
            let read = self.read(cx)?;
            for lane in &mut self.lanes {
                lane.launch(&self.yard);
                lane.poll_feed(cx);
            }
            let answered = self.collect(cx);
            let wrote = self.write(cx)?;
            if self.is_over() {
                return Poll::Ready(Ok(Turn::Over));
            }
            if !(read || answered || wrote) {
                if self.lanes.is_empty() && !self.waiting() {
                    self.rest();
                }
                let after = (self.waiting(), self.rests);
                return if before == after { Poll::Pending } else { Poll::Ready(Ok(Turn::Changed)) };
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// True if nothing is left to do for the connection.
    fn is_over(&self) -> bool {
        let may_end = !self.reads || self.last || self.splitter.is_last() || self.yard.is_stopping();
        may_end && self.lanes.is_empty() && !self.waiting()
    }

    fn rest(&mut self) {
        self.rests.get_or_insert_with(Instant::now);
        self.splitter.idle();
        self.out = Vec::new();
        self.written = 0;
    }

    /// Reads what has arrived and parts it. True if there was something.
    fn read(&mut self, cx: &mut Context<'_>) -> io::Result<bool> {
        let mut some = false;
        for _ in 0..READS {
            self.part()?;
            if !self.reads {
                break;
            }
            let Poll::Ready(guard) = self.watched.poll_read_ready(cx) else { break };
            let mut guard = guard?;
            let space = self.splitter.space();
            let room = space.len();
            match self.connection.link.try_read(space)? {
                None => guard.clear_ready(),
                Some(0) => self.splitter.finished(),
                Some(count) => {
                    some = true;
                    self.splitter.filled(count);
                    if count < room {
                        guard.clear_ready();
                    }
                }
            }
        }
        Ok(some)
    }

    fn part(&mut self) -> io::Result<()> {
        loop {
            match self.splitter.poll() {
                Ok(Parted::NeedBytes) => return Ok(()),
                Ok(Parted::For(id, bytes)) => {
                    if let Some(lane) = self.lanes.iter_mut().find(|lane| lane.id == id) {
                        lane.take(&self.yard, &self.connection.peer, bytes);
                    }
                }
                Ok(Parted::Begin(id, record)) => self.open(id, &record),
                Ok(Parted::Aborted(id)) => self.abort(id),
                Ok(Parted::Reply(bytes)) => self.out.extend_from_slice(&bytes),
                Ok(Parted::Overloaded(bytes)) => {
                    self.out.extend_from_slice(&bytes);
                    self.refused();
                }
                Ok(Parted::Closed) => {
                    self.stop_reading();
                    return Ok(());
                }
                Err(error) => {
                    if self.reads {
                        log::line(format_args!("{}: closed: {error}", self.connection.peer));
                    }
                    self.stop_reading();
                    return Ok(());
                }
            }
            if self.out.len() - self.written > UNREAD {
                let error = PeerError::close("it does not read the answers to what it asks");
                log::line(format_args!("{}: closed: {error}", self.connection.peer));
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
        }
    }

    fn open(&mut self, id: u16, record: &[u8]) {
        self.rests = None;
        self.begun += 1;
        if self.begun == self.yard.plan.max_requests_per_connection {
            self.last = true;
            self.splitter.refuse_all();
            self.yard.tell_of_last(&self.connection);
        }
        // The app may be at work for requests that were given up; to begin and give up must not get round the limit.
        self.ghosts.retain(Ghost::is_there);
        let lane = if self.ghosts.len() >= self.yard.plan.fastcgi_max_open {
            self.complain(self.ghosts.len(), "that were given up are still with the app");
            None
        } else {
            Lane::open(&self.yard, &self.connection.peer, id, record)
                .inspect_err(|error| {
                    log::line(format_args!("{}: request refused: {error}", self.connection.peer));
                })
                .ok()
        };
        match lane {
            Some(lane) => {
                self.lanes.push(lane);
                let most = self.yard.plan.fastcgi_max_open;
                // A number that goes up and down about the limit is not worth a line each time.
                self.complained &= self.lanes.len().max(self.ghosts.len()) > most - (most / 8).max(1);
            }
            None => self.splitter.end(id, ended(0, ProtocolStatus::Overloaded), &mut self.out),
        }
    }

    /// A request was refused that came when none is taken any more, or while too many are open.
    fn refused(&mut self) {
        if self.connection.is_surplus() {
            self.last = true;
        } else if !self.last && self.refuses.is_none() {
            self.complain(self.lanes.len(), "are open");
        }
    }

    fn complain(&mut self, count: usize, what: &str) {
        if !std::mem::replace(&mut self.complained, true) {
            log::line(format_args!(
                "{}: further requests are refused as OVERLOADED: {count} {what} (setting fastcgi_max_open)",
                self.connection.peer
            ));
        }
    }

    fn abort(&mut self, id: u16) {
        if let Some(place) = self.lanes.iter().position(|lane| lane.id == id) {
            let lane = self.lanes.swap_remove(place);
            self.ghosts.push(lane.abort(&Splitter::abort(id)));
        }
        self.splitter.end(id, ended(0, ProtocolStatus::RequestComplete), &mut self.out);
    }

    /// Nothing more comes: requests that are whole are answered, the others see that theirs broke off.
    fn stop_reading(&mut self) {
        self.reads = false;
        self.lanes.iter_mut().for_each(Lane::finish);
    }

    /// Takes what was answered, a part of each lane in turn. True if there was something.
    fn collect(&mut self, cx: &mut Context<'_>) -> bool {
        let mut some = false;
        let mut left = self.lanes.len();
        while left > 0 && self.out.len() - self.written < ENOUGH {
            left -= 1;
            self.turn = if self.turn < self.lanes.len() { self.turn } else { 0 };
            let Some(lane) = self.lanes.get_mut(self.turn) else { break };
            let answer = lane.poll_answer(cx, &mut self.room, &mut self.out);
            let id = lane.id;
            some |= answer != Answer::Nothing;
            match answer {
                Answer::Nothing | Answer::Some => {
                    self.turn += 1;
                    continue;
                }
                Answer::End => self.splitter.closed(id),
                Answer::Left => {
                    self.splitter.end(id, ended(1, ProtocolStatus::RequestComplete), &mut self.out);
                }
            }
            self.lanes.remove(self.turn);
        }
        some
    }

    /// Writes what waits, as far as the peer takes it. True if it took something.
    fn write(&mut self, cx: &mut Context<'_>) -> io::Result<bool> {
        let mut some = false;
        while let Some(rest) = self.out.get(self.written..).filter(|rest| !rest.is_empty()) {
            let Poll::Ready(guard) = self.watched.poll_write_ready(cx) else { break };
            let mut guard = guard?;
            match self.connection.link.try_write(&[IoSlice::new(rest)], false)? {
                None => guard.clear_ready(),
                Some(count) => {
                    if !some {
                        self.moved = Instant::now();
                    }
                    some = true;
                    self.written += count;
                }
            }
        }
        if self.written >= self.out.len() / 2 {
            self.out.drain(..self.written);
            self.written = 0;
        }
        if !self.waiting() {
            self.moved = Instant::now();
        }
        Ok(some)
    }
}

enum Turn {
    /// What there is to wait for is another than before.
    Changed,
    /// The connection is to be ended.
    Over,
}

fn ended(app_status: u32, protocol_status: ProtocolStatus) -> EndRequest {
    EndRequest { app_status, protocol_status }
}

async fn until(limit: Option<Instant>) {
    match limit {
        Some(limit) => sleep_until(limit).await,
        None => std::future::pending().await,
    }
}
