//! How a connection ends, so that what was answered arrives: slow readers, bodies that nobody wants, the close.

use crate::connection::{Connection, Pulled};
use crate::system::{self, Watched};
use crate::yard::{Care, Yard};
use crate::{log, refusal};
use janua_vocabulary::PeerError;
use std::io;
use std::time::Duration;
use tokio::io::Interest;
use tokio::time::{Instant, timeout_at};

/// How long a worker that stops waits for a peer that is only dawdling.
pub(crate) const HURRY: Duration = Duration::from_secs(1);

/// How much is still read of a peer that is told nothing, or nothing more.
pub(crate) const LITTLE: u64 = 64 * 1024;

/// How many pieces of an unwanted body are taken without letting others have a turn.
const PIECES: usize = 64;

/// The answer did not arrive; what the app logged with it must not be lost as well.
pub(crate) fn lost(connection: &Connection) {
    if !connection.logged.is_empty() {
        let text = String::from_utf8_lossy(&connection.logged);
        log::line(format_args!(
            "{}: the peer left before it took this for its log:\n{}",
            connection.peer,
            text.trim_end_matches('\n')
        ));
    }
}

/// Runs `work`, but not for long once the worker stops. `None` if it was given up.
pub(crate) async fn hurried<T>(yard: &Yard, work: impl Future<Output = T>) -> Option<T> {
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

/// Ends a connection whose peer broke the protocol or reached a limit.
pub(crate) async fn turn_away(yard: &Yard, connection: &mut Connection, error: &PeerError, care: Care) {
    refusal::refuse(connection, error);
    // Who gets an answer may be in the middle of a large request; who gets none may be a flood.
    let most = if error.answer.status().is_some() { u64::MAX } else { LITTLE };
    see_off(yard, connection, most, care).await;
}

/// Ends a connection so that what was answered arrives: closing with unread input would make the system discard it.
/// Of that input at most about `most` bytes are taken.
pub(crate) async fn see_off(yard: &Yard, connection: &mut Connection, most: u64, _care: Care) {
    let patience = Patience { time: yard.plan.linger_timeout, setting: "linger_timeout" };
    match flush(connection, patience).await {
        Ok(()) => {
            connection.link.shut_output();
            // Whatever comes is thrown away; the end of the peer's bytes, or of the time, ends it.
            let _ = hurried(yard, discard(connection, most, patience)).await;
        }
        Err(_) => lost(connection),
    }
}

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

/// How long a peer is waited for, and the setting that says so.
#[derive(Clone, Copy)]
pub(crate) struct Patience {
    pub(crate) time: Duration,
    pub(crate) setting: &'static str,
}

/// Writes what waits, as fast as the peer takes it, and throws away what it still sends: some peers send their whole
/// request before they read. How long it is waited for counts from what it last took, whatever it sends.
pub(crate) async fn flush(connection: &mut Connection, patience: Patience) -> io::Result<()> {
    // A link that was found full is waited for, not asked again.
    if !connection.out.is_blocked() && connection.out.flush(&connection.link)? {
        return Ok(());
    }
    // The sight of it so far tells of what arrives only.
    drop(connection.watched.take());
    let watched = watch_for(connection, Interest::READABLE | Interest::WRITABLE)?;
    let mut end = Instant::now() + patience.time;
    loop {
        if connection.out.is_blocked() {
            let (mut guard, reading) = tokio::select! {
                guard = watched.writable() => (guard?, false),
                guard = watched.readable(), if !connection.body_over => (guard?, true),
                () = tokio::time::sleep_until(end) => {
                    log::line(format_args!(
                        "{}: the response is broken off: the peer took nothing for {} s (setting {})",
                        connection.peer, patience.time.as_secs_f64(), patience.setting
                    ));
                    return Err(io::ErrorKind::TimedOut.into());
                }
            };
            let more = reading && settle(connection);
            if !more {
                guard.clear_ready();
            }
        } else {
            // There is more to send than one turn allows.
            tokio::task::yield_now().await;
        }
        let flushed = connection.out.flush(&connection.link)?;
        if connection.out.has_gone_on() {
            end = Instant::now() + patience.time;
        }
        if flushed {
            break;
        }
    }
    Ok(())
}

/// Reads the rest of a request's body, for a connection that may be used again.
pub(crate) async fn drain(connection: &mut Connection, time: Duration) -> io::Result<()> {
    let end = Instant::now() + time;
    let watched = watch(connection)?;
    while !connection.body_over {
        let Ok(guard) = timeout_at(end, watched.readable()).await else {
            log::line(format_args!(
                "{}: closed: a body that nobody reads was not at its end within {} s (setting linger_timeout)",
                connection.peer,
                time.as_secs_f64()
            ));
            return Err(io::ErrorKind::TimedOut.into());
        };
        let mut guard = guard?;
        if !settle(connection) {
            guard.clear_ready();
        }
    }
    connection.watched = Some(watched);
    Ok(())
}

/// Reads and forgets until the peer closes, or about `most` bytes have come.
async fn discard(connection: &mut Connection, mut most: u64, patience: Patience) -> io::Result<()> {
    let end = Instant::now() + patience.time;
    let watched = watch(connection)?;
    // On the heap: an array in here would make every task that may come to this point as large.
    let mut nowhere = vec![0; 16 * 1024];
    let mut came = None::<Instant>;
    loop {
        let Ok(guard) = timeout_at(end, watched.readable()).await else {
            // Who has stopped sending has been told all, and only keeps the connection.
            if came.is_some_and(|at| at.elapsed() < patience.time / 4) {
                log::line(format_args!(
                    "{}: closed while the peer still sends what nobody reads, after {} s (setting {})",
                    connection.peer,
                    patience.time.as_secs_f64(),
                    patience.setting
                ));
            }
            return Ok(());
        };
        let mut guard = guard?;
        match connection.link.try_read(&mut nowhere)? {
            Some(count) if count > 0 && most > 0 => {
                came = Some(Instant::now());
                most = most.saturating_sub(count as u64);
            }
            Some(_) => return Ok(()),
            None => guard.clear_ready(),
        }
    }
}

/// The connection's socket as the reactor knows it, taken out of the connection. The reactor tells only of what arrives:
/// were it to tell when there is room for an answer, it would wake up whenever the peer reads one.
pub(crate) fn watch(connection: &mut Connection) -> io::Result<Watched> {
    match connection.watched.take() {
        Some(watched) => Ok(watched),
        None => watch_for(connection, Interest::READABLE),
    }
}

fn watch_for(connection: &Connection, interest: Interest) -> io::Result<Watched> {
    let socket = connection.link.socket().ok_or(io::ErrorKind::Unsupported)?;
    system::watch(socket, interest)
}
