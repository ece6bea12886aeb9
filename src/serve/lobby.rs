//! Where connections wait that have nothing for a thread to do, and come in from: for a request, or the next one.

use crate::clock::Clock;
use crate::connection::{Broken, Connection, Pulled};
use crate::farewell::{Patience, drain, flush, hurried, lost, see_off, settle, turn_away, watch};
use crate::yard::{Care, Job, Yard};
use crate::{refusal, trunk};
use janua_vocabulary::{PeerError, Protocol, Request};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::time::timeout;

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
        Look::Request(request) => return admit(yard, connection, request),
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

/// A request whose head is whole. `None` if it is not for the app. To be called inside the reactor.
fn admit(yard: &Arc<Yard>, mut connection: Box<Connection>, request: Request) -> Option<Job> {
    if connection.is_surplus() {
        refusal::overload(&mut connection, request.params.get(b"REQUEST_METHOD").unwrap_or_default());
        let (yard, care) = (yard.clone(), yard.look_after());
        tokio::spawn(async move { see_off(&yard, &mut connection, u64::MAX, care).await });
        return None;
    }
    if yard.is_leaving() || yard.is_stopping() {
        connection.codec.last();
    }
    let most = yard.plan.max_requests_per_connection;
    if most > 0 {
        connection.requests += 1;
        if connection.requests >= most {
            connection.codec.last();
            yard.tell_of_last(&connection);
        }
    }
    Some(Job { connection, request })
}

/// True if nothing is due from the peer. Only HTTP has clients of its own, who are not waited for without end: a web
/// server closes the connections that it keeps.
pub(crate) fn may_rest(connection: &Connection) -> bool {
    !connection.codec.in_head() && connection.codec.protocol() != Protocol::Http
}

/// A connection whose request has been answered as far as the app is concerned. `None` if nothing more is to be done
/// with it, as is usual with one request for each connection.
pub(crate) fn depart(yard: &Arc<Yard>, mut connection: Box<Connection>) -> Option<Departure> {
    connection.write_log();
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
        let patience = Patience { time: yard.plan.progress_timeout, setting: "progress_timeout" };
        if flush(&mut connection, patience).await.is_err() {
            lost(&connection);
            return;
        }
        connection.logged = Vec::new();
        if connection.body_over && !connection.codec.kept() && !connection.codec.peer_sends() {
            return;
        }
        // A web server that does not keep the connection may stop sending when it has the answer, and wait for the end.
        if connection.codec.kept()
            && hurried(&yard, drain(&mut connection, yard.plan.linger_timeout))
                .await
                .is_some_and(|drained| drained.is_ok())
            && connection.codec.reusable()
            && !yard.is_stopping()
        {
            wait(yard, connection, care, Phase::Kept).await;
        } else {
            see_off(&yard, &mut connection, u64::MAX, care).await;
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Just accepted: a request is due.
    Fresh,
    /// Kept after a request: the next one comes when it comes.
    Kept,
}

enum Look {
    Request(Request),
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

/// Waits for the next request of a connection, and ends it if that takes too long.
async fn wait(yard: Arc<Yard>, mut connection: Box<Connection>, care: Care, phase: Phase) {
    if phase == Phase::Kept {
        connection.out.release();
    }
    let Ok(watched) = watch(&mut connection) else { return };
    let mut clock = Clock::new(&yard.plan, phase);
    // The next request may have arrived together with the end of the last one.
    let mut seen = look_by(&mut connection, Connection::pull_buffered);
    loop {
        match seen {
            Look::Wait => yard.kept.regain(&mut connection),
            Look::Closed => return,
            Look::Shared(bytes) => return trunk::begin(&yard, connection, &bytes),
            Look::Request(request) => {
                connection.watched = Some(watched);
                let job = admit(&yard, connection, request);
                drop(care);
                if let Some(job) = job {
                    yard.push(job);
                }
                return;
            }
            Look::Refused(error) => {
                connection.watched = Some(watched);
                turn_away(&yard, &mut connection, &error, care).await;
                return;
            }
        }
        let stop = yard.stop.notified();
        // Who has just connected is about to ask, and was not told that nobody is here.
        if yard.is_stopping() && phase == Phase::Kept && !connection.codec.in_head() {
            return;
        }
        let limit = clock.limit(&connection, yard.is_stopping());
        let mut guard = tokio::select! {
            readable = within(limit.time, watched.readable()) => match readable {
                Ok(Ok(guard)) => guard,
                Ok(Err(_)) => return,
                Err(Elapsed) => {
                    connection.watched = Some(watched);
                    match limit.error(&yard.plan, &connection) {
                        Some(error) if error.answer.status().is_some() => {
                            turn_away(&yard, &mut connection, &error, care).await;
                        }
                        Some(error) => refusal::refuse(&mut connection, &error),
                        None => {}
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

struct Elapsed;

async fn within<F: Future>(limit: Duration, future: F) -> Result<F::Output, Elapsed> {
    // A timer that nobody needs costs time on every request of a kept connection.
    if limit == Duration::MAX { Ok(future.await) } else { timeout(limit, future).await.map_err(|_| Elapsed) }
}
