//! Where connections wait that have nothing for a thread to do: for a request, for a slow reader, for the end.

use crate::connection::{Broken, Connection, Pulled};
use crate::system::{self, Watched};
use crate::yard::{Care, Job, Yard};
use crate::{log, refusal, trunk};
use janua_vocabulary::{PeerError, Protocol};
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::io::Interest;
use tokio::time::{Instant, timeout, timeout_at};

/// How long a peer may take to read an answer and send the rest of a body that nobody wants, before the connection
/// is closed under it.
const LINGER: Duration = Duration::from_secs(30);

/// A new connection. Most bring their request with them; the others are left to the reactor.
pub(crate) fn arrive(yard: &Arc<Yard>, mut connection: Box<Connection>) -> Option<Job> {
    yard.kept.lend(&mut connection);
    enter(yard, connection)
}

/// A new connection that has something to read into, and perhaps has read already. To be called inside a reactor.
pub(crate) fn enter(yard: &Arc<Yard>, mut connection: Box<Connection>) -> Option<Job> {
    let seen = look(&mut connection);
    go_on(yard, connection, seen, Phase::Fresh)
}

/// A kept connection on which something may have arrived.
pub(crate) fn awake(yard: &Arc<Yard>, mut connection: Box<Connection>) -> Option<Job> {
    let watched = connection.watched.take()?;
    let seen = match watched.poll_read_ready(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Err(_)) => return None,
        Poll::Pending if !yard.is_stopping() => Look::Wait,
        ready => {
            yard.kept.lend(&mut connection);
            let seen = look(&mut connection);
            if let Poll::Ready(Ok(mut guard)) = ready
                && connection.drained
            {
                guard.clear_ready();
            }
            seen
        }
    };
    connection.watched = Some(watched);
    go_on(yard, connection, seen, Phase::Kept)
}

/// What follows from a look at a connection. To be called inside the reactor.
fn go_on(yard: &Arc<Yard>, mut connection: Box<Connection>, seen: Look, phase: Phase) -> Option<Job> {
    match seen {
        Look::Request(request) => return Some(Job { connection, request }),
        Look::Closed => yard.kept.regain(&mut connection),
        Look::Shared(bytes) => trunk::begin(yard, connection, &bytes),
        Look::Wait if phase == Phase::Kept && may_rest(&connection) => {
            if !yard.is_stopping() {
                yard.kept.rest(connection);
            }
        }
        Look::Wait => {
            // Before the next is accepted: many may come at once.
            yard.kept.regain(&mut connection);
            let care = yard.look_after();
            tokio::spawn(wait(yard.clone(), connection, care, phase));
        }
        Look::Refused(error) => {
            let care = yard.look_after();
            let yard = yard.clone();
            tokio::spawn(async move {
                turn_away(&yard, &mut connection, &error, care).await;
            });
        }
    }
    None
}

/// True if nothing is due from the peer. Only HTTP has clients of its own, who are not waited for without end: a web
/// server closes the connections that it keeps.
fn may_rest(connection: &Connection) -> bool {
    !connection.codec.in_head() && connection.codec.protocol() != Protocol::Http
}

/// A connection whose request has been answered as far as the app is concerned. `None` if nothing more is to be done
/// with it, as is usual with one request for each connection.
pub(crate) fn depart(yard: &Arc<Yard>, mut connection: Box<Connection>) -> Option<Departure> {
    if connection.dead {
        lost(&connection);
        return None;
    }
    let flushed = connection.out.flush(&connection.link);
    if matches!(flushed, Ok(true)) {
        // It has arrived; whoever asks next on this connection has nothing to do with it.
        connection.logged = Vec::new();
    }
    // What is left of a body has mostly arrived with its head: then the connection is at rest right away.
    if flushed.is_ok() {
        settle(&mut connection);
    }
    match flushed {
        Err(_) => lost(&connection),
        Ok(true) if connection.codec.reusable() => {
            if !yard.is_stopping() {
                return Some(Departure { connection, care: yard.look_after() });
            }
        }
        Ok(true) if connection.body_over && !connection.codec.peer_sends() => {
            yard.kept.regain(&mut connection)
        }
        Ok(_) => return Some(Departure { connection, care: yard.look_after() }),
    }
    None
}

/// A connection that goes from a thread to the reactor.
pub(crate) struct Departure {
    connection: Box<Connection>,
    care: Care,
}

impl Departure {
    /// Sees to what is left to do with the connection. To be called inside the reactor.
    pub(crate) fn begin(self, yard: &Arc<Yard>) {
        if !self.connection.out.is_empty() || !self.connection.codec.reusable() {
            tokio::spawn(self.tend(yard.clone()));
            return;
        }
        let mut connection = self.connection;
        let Ok(watched) = watch(&mut connection) else { return };
        connection.watched = Some(watched);
        // The next request may have arrived together with the end of the last one.
        let seen = look_by(&mut connection, Connection::pull_buffered);
        if let Some(job) = go_on(yard, connection, seen, Phase::Kept) {
            yard.push(job);
        }
    }

    /// Looks after the connection until it brings another request or ends.
    async fn tend(self, yard: Arc<Yard>) {
        let Departure { mut connection, care } = self;
        if flush(&mut connection, yard.plan.progress_timeout).await.is_err() {
            lost(&connection);
            return;
        }
        connection.logged = Vec::new();
        if connection.body_over && !connection.codec.kept() && !connection.codec.peer_sends() {
            return;
        }
        // A web server that does not keep the connection may stop sending when it has the answer, and wait for the end.
        if connection.codec.kept()
            && hurried(&yard, drain(&mut connection)).await.is_some_and(|drained| drained.is_ok())
            && connection.codec.reusable()
            && !yard.is_stopping()
        {
            wait(yard, connection, care, Phase::Kept).await;
        } else {
            see_off(&yard, &mut connection, u64::MAX, care).await;
        }
    }
}

/// The answer did not arrive; what the app logged with it must not be lost as well.
fn lost(connection: &Connection) {
    if !connection.logged.is_empty() {
        log::line(format_args!("{}: the peer left before it took this for its log:", connection.peer));
        log::raw(&connection.logged);
    }
}

/// How long a worker that stops waits for a peer that is only dawdling.
pub(crate) const HURRY: Duration = Duration::from_secs(1);

/// Runs `work`, but not for long once the worker stops. `None` if it was given up.
async fn hurried<T>(yard: &Yard, work: impl Future<Output = T>) -> Option<T> {
    let stopping = async {
        let told = yard.stop.notified();
        if !yard.is_stopping() {
            told.await;
        }
        tokio::time::sleep(HURRY).await;
    };
    tokio::select! {
        done = work => Some(done),
        () = stopping => None,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Just accepted: a request is due.
    Fresh,
    /// Kept after a request: the next one comes when it comes.
    Kept,
}

enum Look {
    Request(janua_vocabulary::Request),
    Wait,
    Closed,
    Refused(PeerError),
    Shared(Vec<u8>),
}

fn look(connection: &mut Connection) -> Look {
    look_by(connection, |connection| connection.pull(&mut |_| {}))
}

fn look_by(connection: &mut Connection, pull: impl Fn(&mut Connection) -> Result<Pulled, Broken>) -> Look {
    loop {
        match pull(connection) {
            Ok(Pulled::Request(request)) => return Look::Request(request),
            Ok(Pulled::Wait) => return Look::Wait,
            // What is left of an earlier request is of no interest.
            Ok(Pulled::Body | Pulled::SecondStream | Pulled::BodyEnd | Pulled::Aborted) => {}
            Ok(Pulled::Shared(bytes)) => return Look::Shared(bytes),
            Ok(Pulled::Closed) | Err(Broken::Io(_)) => return Look::Closed,
            Err(Broken::Peer(error)) => return Look::Refused(error),
        }
    }
}

/// Waits for the next request of a connection.
async fn wait(yard: Arc<Yard>, mut connection: Box<Connection>, care: Care, phase: Phase) {
    if phase == Phase::Kept {
        connection.out.release();
    }
    let Ok(watched) = watch(&mut connection) else { return };
    // The next request may have arrived together with the end of the last one.
    let mut seen = look_by(&mut connection, Connection::pull_buffered);
    loop {
        match seen {
            Look::Wait => yard.kept.regain(&mut connection),
            Look::Closed => return,
            Look::Shared(bytes) => return trunk::begin(&yard, connection, &bytes),
            Look::Request(request) => {
                connection.watched = Some(watched);
                drop(care);
                yard.push(Job { connection, request });
                return;
            }
            Look::Refused(error) => {
                connection.watched = Some(watched);
                turn_away(&yard, &mut connection, &error, care).await;
                return;
            }
        }
        let stop = yard.stop.notified();
        let due = phase == Phase::Fresh || connection.codec.in_head();
        let limited = due || !may_rest(&connection);
        // Who has just connected is about to ask, and was not told that nobody is here.
        if yard.is_stopping() && phase == Phase::Kept && !connection.codec.in_head() {
            return;
        }
        let limit = match (limited, yard.is_stopping()) {
            (_, true) => HURRY,
            (true, false) => yard.plan.progress_timeout,
            (false, false) => Duration::MAX,
        };
        let mut guard = tokio::select! {
            readable = within(limit, watched.readable()) => match readable {
                Ok(Ok(guard)) => guard,
                Ok(Err(_)) => return,
                Err(Elapsed) => {
                    if due && !yard.is_stopping() {
                        log::line(format_args!(
                            "{}: closed: no whole request within {} s (setting progress_timeout)",
                            connection.peer, limit.as_secs()
                        ));
                    }
                    return;
                }
            },
            () = stop, if !yard.is_stopping() => {
                seen = Look::Wait;
                continue;
            }
        };
        yard.kept.lend(&mut connection);
        seen = look(&mut connection);
        if connection.drained {
            guard.clear_ready();
        } else {
            drop(guard);
            tokio::task::yield_now().await;
        }
    }
}

/// How much is still read of a peer that is told nothing.
const LITTLE: u64 = 64 * 1024;

/// Ends a connection whose peer broke the protocol or reached a limit.
async fn turn_away(yard: &Yard, connection: &mut Connection, error: &PeerError, care: Care) {
    refusal::refuse(connection, error);
    // Who gets an answer may be in the middle of a large request; who gets none may be a flood.
    let most = if error.answer.status().is_some() { u64::MAX } else { LITTLE };
    see_off(yard, connection, most, care).await;
}

/// Ends a connection so that what was answered arrives: closing with unread input would make the system discard it.
/// Of that input at most about `most` bytes are taken.
pub(crate) async fn see_off(yard: &Yard, connection: &mut Connection, most: u64, _care: Care) {
    match flush(connection, LINGER).await {
        Ok(()) => {
            connection.link.shut_output();
            // Whatever comes is thrown away; the end of the peer's bytes, or of the time, ends it.
            let _ = hurried(yard, discard(connection, most)).await;
        }
        Err(_) => lost(connection),
    }
}

/// How many pieces of an unwanted body are taken without letting others have a turn.
const PIECES: usize = 64;

/// Throws away what has arrived of a body that nobody reads any more. True if more may be there already.
pub(crate) fn settle(connection: &mut Connection) -> bool {
    for _ in 0..PIECES {
        if connection.body_over {
            return false;
        }
        match connection.pull(&mut |_| {}) {
            Ok(Pulled::Body | Pulled::SecondStream | Pulled::BodyEnd) => {}
            Ok(Pulled::Wait) => return !connection.drained,
            // The answer is made; whatever else the peer says about this request changes nothing.
            _ => connection.body_over = true,
        }
    }
    true
}

/// Writes what waits, as fast as the peer takes it, and throws away what it still sends: some peers send their whole
/// request before they read.
async fn flush(connection: &mut Connection, patience: Duration) -> io::Result<()> {
    // A link that was found full is waited for, not asked again.
    if !connection.out.is_blocked() && connection.out.flush(&connection.link)? {
        return Ok(());
    }
    // The sight of it so far tells of what arrives only.
    drop(connection.watched.take());
    let watched = watch_for(connection, Interest::READABLE | Interest::WRITABLE)?;
    loop {
        if connection.out.is_blocked() {
            let (mut guard, reading) = tokio::select! {
                guard = timeout(patience, watched.writable()) => (guard??, false),
                guard = watched.readable(), if !connection.body_over => (guard?, true),
            };
            let more = reading && settle(connection);
            if !more {
                guard.clear_ready();
            }
        } else {
            // There is more to send than one turn allows.
            tokio::task::yield_now().await;
        }
        if connection.out.flush(&connection.link)? {
            break;
        }
    }
    Ok(())
}

/// Reads the rest of a request's body, for a connection that may be used again.
async fn drain(connection: &mut Connection) -> io::Result<()> {
    let end = Instant::now() + LINGER;
    let watched = watch(connection)?;
    while !connection.body_over {
        let mut guard = timeout_at(end, watched.readable()).await??;
        if !settle(connection) {
            guard.clear_ready();
        }
    }
    connection.watched = Some(watched);
    Ok(())
}

/// Reads and forgets until the peer closes, or about `most` bytes have come.
async fn discard(connection: &mut Connection, mut most: u64) -> io::Result<()> {
    let end = Instant::now() + LINGER;
    let watched = watch(connection)?;
    // On the heap: an array in here would make every task that may come to this point as large.
    let mut nowhere = vec![0; 16 * 1024];
    loop {
        let mut guard = timeout_at(end, watched.readable()).await??;
        match connection.link.try_read(&mut nowhere)? {
            Some(count) if count > 0 && most > 0 => most = most.saturating_sub(count as u64),
            Some(_) => return Ok(()),
            None => guard.clear_ready(),
        }
    }
}

/// The connection's socket as the reactor knows it, taken out of the connection. The reactor tells only of what arrives:
/// were it to tell when there is room for an answer, it would wake up whenever the peer reads one.
fn watch(connection: &mut Connection) -> io::Result<Watched> {
    match connection.watched.take() {
        Some(watched) => Ok(watched),
        None => watch_for(connection, Interest::READABLE),
    }
}

fn watch_for(connection: &Connection, interest: Interest) -> io::Result<Watched> {
    let socket = connection.link.socket().ok_or(io::ErrorKind::Unsupported)?;
    system::watch(socket, interest)
}

struct Elapsed;

async fn within<F: Future>(limit: Duration, future: F) -> Result<F::Output, Elapsed> {
    // A timer that nobody needs costs time on every request of a kept connection.
    if limit == Duration::MAX { Ok(future.await) } else { timeout(limit, future).await.map_err(|_| Elapsed) }
}
