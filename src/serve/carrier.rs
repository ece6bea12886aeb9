//! A request under way: its body comes from the connection and its response goes there.

use crate::active::{Active, Waited, no_place};
use crate::connection::Connection;
use crate::flusher::{Flusher, Visit};
use crate::link::Readiness;
use crate::{Plan, log, system};
use janua_app::{Block, Exchange, Failure};
use janua_vocabulary::{BodyLength, Codec, Head, Protocol, Role};
use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, Weak};
use std::time::{Duration, Instant};

/// The largest block that is copied to travel together with head and end. Larger ones stay where they are.
const HOLD: usize = 16 * 1024;

/// From how many bytes on an answer is more than a socket usually takes at once.
const LARGE: usize = 192 * 1024;

/// How long a thread waits for a peer to take what is too much to be kept in memory, before a file takes it.
const SHORTLY: Duration = Duration::from_millis(50);

/// How much logged text waits for company before it is framed.
const LOG: usize = 8 * 1024;

/// One request's connection while the app has it.
pub(crate) struct Carrier {
    patience: Duration,
    memory: usize,
    role: Role,
    /// Sends what is held back; without one nothing is.
    flusher: Option<Arc<Flusher>>,
    /// This carrier, for the flusher.
    this: Weak<Carrier>,
    state: Mutex<Option<Active>>,
}

impl Carrier {
    /// Takes over a connection whose request has a body of `length`. What its peer may do, and how much is held in memory,
    /// the `plan` says. With a `flusher`, small blocks wait for company.
    pub(crate) fn new(
        connection: Box<Connection>,
        length: BodyLength,
        plan: &Plan,
        flusher: Option<Arc<Flusher>>,
    ) -> Arc<Self> {
        let (role, memory, patience) = (connection.role, plan.body_memory, plan.progress_timeout);
        let state = Mutex::new(Some(Active::new(connection, length, plan.max_body_bytes)));
        Arc::new_cyclic(|this| Self { patience, memory, role, flusher, this: this.clone(), state })
    }

    /// Puts the end of the response on its way, behind what was logged. Nothing can follow a block that was broken off.
    fn end(&self, write: impl FnOnce(&mut dyn Codec, &mut Vec<u8>)) {
        if let Some(active) = self.lock().as_mut() {
            active.emit_log(true);
            if active.may_end() {
                let Connection { codec, out, .. } = &mut *active.connection;
                out.append(|out| write(codec.as_mut(), out));
            }
        }
    }

    /// Ends the request for the app and gives the connection back, and with it what is left to be written to the log.
    pub(crate) fn take(&self) -> Option<Box<Connection>> {
        let mut active = self.lock().take()?;
        active.emit_log(true);
        Some(active.connection)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Active>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<R>(&self, work: impl FnOnce(&mut Active) -> Result<R, Failure>) -> Result<R, Failure> {
        work(self.lock().as_mut().ok_or(Failure::Over)?)
    }

    /// The flusher's visit: sends what was held back, unless the request's own thread is at work here.
    pub(crate) fn visit(&self) -> Visit {
        let mut state = match self.state.try_lock() {
            Ok(state) => state,
            Err(TryLockError::Poisoned(state)) => state.into_inner(),
            Err(TryLockError::WouldBlock) => return Visit::Busy,
        };
        let Some(active) = state.as_mut() else { return Visit::Done };
        // What fails is told to the app at its next block.
        active.expected = active.flush_held().unwrap_or(false);
        if active.expected { Visit::Full } else { Visit::Done }
    }

    /// Does what somebody does who waits for a disk while the request is locked.
    #[cfg(test)]
    pub(crate) fn occupied(&self, work: impl FnOnce()) {
        let _held = self.lock();
        work();
    }

    /// Takes a copy of a block that may wait for company. False if it is to be written at once.
    fn hold_back(&self, active: &mut Active, block: &[u8]) -> bool {
        if active.broken_off.is_some() || !active.connection.out.has_room(block.len()) {
            return false;
        }
        if !active.expected {
            active.expected = self.flusher.as_ref().is_some_and(|flusher| flusher.call(&self.this));
        }
        if active.expected {
            active.copy(block);
        }
        active.expected
    }

    /// Waits until the peer takes more, or sends more of its body, but no longer than `most`.
    fn wait_to_write(&self, most: Duration) -> Result<(), Failure> {
        // Some peers send their whole body before they take any of the answer.
        let wants_input = self.with(|active| Ok(active.wants_input()))?;
        match self.wait(wants_input, true, most) {
            Ok(ready) if ready.read => self.with(|active| {
                active.spool_arrived(self.memory, u64::MAX);
                Ok(())
            }),
            Ok(_) => Ok(()),
            Err(failure @ (Failure::Interrupted | Failure::Over)) => Err(failure),
            Err(failure) => {
                let (failure, peer) = self.with(|active| {
                    let peer = active.connection.peer.clone();
                    Ok((active.break_off(failure), peer))
                })?;
                if let Failure::Stalled { .. } = failure {
                    log::line(format_args!("{peer}: the response is broken off: {failure}"));
                }
                Err(failure)
            }
        }
    }

    /// Waits for the peer, but no longer than `most`. However often a signal interrupts that, the time is added up in which
    /// the peer made no progress; what the app does between two waits does not count.
    fn wait(&self, read: bool, write: bool, most: Duration) -> Result<Readiness, Failure> {
        // Only who waits holds the descriptor: an app that keeps its environ must not keep the connection open.
        let (link, waited) =
            self.with(|active| Ok((active.connection.link.clone(), active.waited.of(write))))?;
        let patience = self.patience.saturating_sub(waited);
        let since = Instant::now();
        let outcome = link.wait(read, write, patience.min(most));
        let some = outcome.as_ref().is_ok_and(|ready| ready.read || ready.write);
        // Who is to take something makes no progress by sending: a body that trickles would hold the thread.
        let progress = outcome.as_ref().is_ok_and(|ready| if write { ready.write } else { ready.read });
        let waited = if progress { Duration::ZERO } else { waited + since.elapsed() };
        self.with(|active| {
            active.waited = Waited { write, time: waited };
            Ok(())
        })?;
        match outcome {
            Ok(ready) if progress || (some && waited < self.patience) => Ok(ready),
            Ok(nothing) if !some && most < patience => Ok(nothing),
            Ok(_) => Err(Failure::Stalled { seconds: self.patience.as_secs_f64() }),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(Failure::Interrupted),
            Err(error) => Err(Failure::Gone(error.to_string())),
        }
    }
}

impl Exchange for Carrier {
    fn try_read(&self, into: &mut [u8]) -> Result<Option<usize>, Failure> {
        self.with(|active| {
            let spooled = active.body.spool.take(into).map_err(|error| active.fail(no_place(&error)));
            let read = match spooled {
                Ok(0) => active.check().and_then(|()| active.arrived(into, self.memory)),
                Ok(count) => Ok(Some(count)),
                Err(failure) => Err(failure),
            };
            active.failure_told |= read.is_err();
            read
        })
    }

    fn wait_body(&self) -> Result<(), Failure> {
        let drained = self.with(|active| Ok(active.connection.drained))?;
        if !drained {
            return Ok(());
        }
        match self.wait(true, false, self.patience) {
            Ok(_) => Ok(()),
            Err(failure @ (Failure::Interrupted | Failure::Over)) => Err(failure),
            Err(failure) => self.with(|active| {
                active.failure_told = true;
                Err(active.fail(failure))
            }),
        }
    }

    fn body_failure(&self) -> Option<Failure> {
        self.lock().as_ref().filter(|active| active.failure_told).and_then(|active| active.failure.clone())
    }

    fn remaining(&self) -> Option<u64> {
        self.lock().as_ref().and_then(|active| active.to_come(&active.body))
    }

    fn role(&self) -> Role {
        self.role
    }

    fn try_read_file(&self, into: &mut [u8]) -> Result<Option<usize>, Failure> {
        self.with(|active| {
            let Some(file) = &mut active.file else { return Ok(Some(0)) };
            let spooled = file.spool.take(into).map_err(|error| active.fail(no_place(&error)));
            let read = match spooled {
                Ok(0) => active.check().and_then(|()| active.file_arrived(into, self.memory)),
                Ok(count) => Ok(Some(count)),
                Err(failure) => Err(failure),
            };
            active.failure_told |= read.is_err();
            read
        })
    }

    fn remaining_of_file(&self) -> Option<u64> {
        self.lock().as_ref().and_then(|active| active.to_come(active.file.as_ref()?))
    }

    fn respond(&self, head: &Head<'_>) {
        // A head that no body can follow is worth nothing to who gave the request up.
        if let Some(active) = self.lock().as_mut().filter(|active| active.broken_off.is_none()) {
            let Connection { codec, out, link, .. } = &mut *active.connection;
            if !head.bodiless && head.length.is_some_and(|length| length >= LARGE as u64) {
                link.widen();
            }
            out.head(codec.as_mut(), head);
        }
    }

    fn try_send(&self, block: &[u8], sent: &mut usize) -> Result<bool, Failure> {
        self.with(|active| {
            active.notice_abort(self.memory)?;
            if *sent == 0 && self.hold_back(active, block) {
                *sent = block.len();
                return Ok(true);
            }
            active.send(block, sent)
        })
    }

    fn send(&self, block: &[u8], sent: &mut usize) -> Result<(), Failure> {
        loop {
            if self.with(|active| active.send(block, sent))? {
                return Ok(());
            }
            self.wait_to_write(self.patience)?;
        }
    }

    fn break_off(&self) {
        // Over is as good as broken off.
        let _ = self.with(|active| {
            active.break_off(Failure::Gone("the response was broken off".to_owned()));
            Ok(())
        });
    }

    fn hold(&self, block: &[u8]) -> bool {
        let mut state = self.lock();
        match state.as_mut() {
            Some(active) if block.len() <= HOLD && active.broken_off.is_none() => {
                active.copy(block);
                true
            }
            _ => false,
        }
    }

    fn keep(&self, block: Block, length: usize) -> Result<(), Failure> {
        self.with(|active| {
            active.begin_parting()?;
            let Connection { codec, out, link, .. } = &mut *active.connection;
            if length >= LARGE {
                link.widen();
            }
            out.keep(codec.as_mut(), &block, length);
            Ok(())
        })
    }

    fn duplicate(&self, descriptor: i32) -> Option<File> {
        system::duplicate(descriptor).ok().map(File::from)
    }

    fn send_file(&self, file: File, offset: u64, length: u64) -> Result<(), Failure> {
        self.with(|active| {
            active.begin_parting()?;
            let Connection { codec, out, .. } = &mut *active.connection;
            out.file(codec.as_mut(), file, offset, length);
            Ok(())
        })
    }

    fn try_settle(&self) -> Result<bool, Failure> {
        self.with(|active| active.try_part(self.memory))
    }

    fn settle(&self) -> Result<(), Failure> {
        let since = Instant::now();
        let mut may_spill = self.with(|active| Ok(active.connection.link.is_socket()))?;
        while !self.with(|active| active.try_part(self.memory))? {
            if may_spill && since.elapsed() >= SHORTLY {
                may_spill = false;
                let (spilled, peer) =
                    self.with(|active| Ok((active.connection.out.spill(), active.connection.peer.clone())))?;
                if let Err(error) = spilled {
                    log::line(format_args!(
                        "{peer}: a response that the peer is slow to take cannot be kept in a temporary file, so a \
                         thread waits with it: {error}"
                    ));
                }
            } else {
                let most = if may_spill { SHORTLY.saturating_sub(since.elapsed()) } else { self.patience };
                self.wait_to_write(most)?;
            }
        }
        Ok(())
    }

    fn finish(&self) {
        self.end(|codec, out| codec.finish(out));
    }

    fn truncate(&self) {
        self.end(|codec, out| codec.truncate(out));
    }

    fn log(&self, text: &[u8]) -> Vec<u8> {
        let mut state = self.lock();
        let Some(active) = state.as_mut() else { return text.to_vec() };
        active.log.extend_from_slice(text);
        let carried = active.connection.codec.protocol() == Protocol::FastCgi;
        if active.log.len() >= LOG || (!carried && text.contains(&b'\n')) {
            active.emit_log(false);
        }
        active.connection.own_log()
    }

    fn flush_log(&self) -> Vec<u8> {
        let mut state = self.lock();
        let Some(active) = state.as_mut() else { return Vec::new() };
        active.emit_log(true);
        // If the peer takes nothing now, the text goes with what is sent next.
        let _ = active.flush_held();
        active.connection.own_log()
    }

    fn write_log(&self, text: &[u8]) {
        log::raw(text);
    }
}
