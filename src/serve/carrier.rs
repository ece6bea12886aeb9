//! A request under way: its body comes from the connection and its response goes there.

use crate::connection::{Broken, Connection, Pulled};
use crate::flusher::Flusher;
use crate::link::Readiness;
use crate::spool::Spool;
use crate::{log, system};
use janua_app::{Block, Exchange, Failure};
use janua_vocabulary::{BodyLength, Codec, Head, Protocol};
use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// The largest block that is copied to travel together with head and end. Larger ones stay where they are.
const HOLD: usize = 16 * 1024;

/// How long a thread waits for a peer to take what is too much to be kept in memory, before a file takes it.
const SHORTLY: Duration = Duration::from_millis(50);

/// How many pieces of a body are taken before the response is tried again.
const PIECES: usize = 64;

/// How much of the logged text that is on its way is kept in case it does not arrive.
const KEPT: usize = 64 * 1024;

/// How much logged text waits for company before it is framed.
const LOG: usize = 8 * 1024;

/// One request's connection while the app has it.
pub(crate) struct Carrier {
    patience: Duration,
    memory: usize,
    /// Sends what is held back; without one nothing is.
    flusher: Option<Arc<Flusher>>,
    /// This carrier, for the flusher.
    this: Weak<Carrier>,
    state: Mutex<Option<Active>>,
}

struct Active {
    connection: Box<Connection>,
    /// What was taken from the peer before the app asked for it.
    spool: Spool,
    /// Bytes of the body that are still to be taken from the peer, if the head said how many there are.
    remaining: Option<u64>,
    /// What ended the body before its time. It stays: every later read fails alike.
    failure: Option<Failure>,
    /// The app was told so.
    failure_told: bool,
    /// What ended the response before its time. Every later write fails alike.
    broken_off: Option<Failure>,
    /// Since when the peer has made no progress that is waited for.
    waiting_since: Option<Instant>,
    /// The flusher has been called and will come.
    expected: bool,
    log: Vec<u8>,
}

impl Carrier {
    /// Takes over a connection whose request has a body of `length`. Of the body at most `memory` bytes are held in
    /// memory; the peer may go without progress for `patience`. With a `flusher`, small blocks wait for company.
    pub(crate) fn new(
        connection: Box<Connection>,
        length: BodyLength,
        memory: usize,
        patience: Duration,
        flusher: Option<Arc<Flusher>>,
    ) -> Arc<Self> {
        let remaining = match length {
            BodyLength::Exactly(length) => Some(length),
            BodyLength::ToEnd => None,
        };
        let active = Active {
            connection,
            spool: Spool::default(),
            remaining,
            failure: None,
            failure_told: false,
            broken_off: None,
            waiting_since: None,
            expected: false,
            log: Vec::new(),
        };
        let state = Mutex::new(Some(active));
        Arc::new_cyclic(|this| Self { patience, memory, flusher, this: this.clone(), state })
    }

    /// Puts the end of the response on its way, behind what was logged. Nothing can follow a block that was broken off.
    fn end(&self, write: impl FnOnce(&mut dyn Codec, &mut Vec<u8>)) {
        if let Some(active) = self.lock().as_mut() {
            active.emit_log(true);
            if active.broken_off.is_none() {
                let Connection { codec, out, .. } = &mut *active.connection;
                out.append(|out| write(codec.as_mut(), out));
            }
        }
    }

    /// Ends the request for the app and gives the connection back.
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

    /// The flusher's visit: sends what was held back. True if there is some left, as the peer takes no more now.
    pub(crate) fn visit(&self) -> bool {
        let visit = |active: &mut Active| {
            active.expected = active.flush_held()?;
            Ok(active.expected)
        };
        self.with(visit).unwrap_or(false)
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
                active.spool_arrived(self.memory);
                Ok(())
            }),
            Ok(_) => Ok(()),
            Err(failure @ (Failure::Interrupted | Failure::Over)) => Err(failure),
            Err(failure) => self.with(|active| Err(active.break_off(failure))),
        }
    }

    /// Waits for the peer, but no longer than `most`. However often a signal interrupts that, the peer's time is counted
    /// from its last progress.
    fn wait(&self, read: bool, write: bool, most: Duration) -> Result<Readiness, Failure> {
        // Only who waits holds the descriptor: an app that keeps its environ must not keep the connection open.
        let (link, since) = self.with(|active| {
            let since = *active.waiting_since.get_or_insert_with(Instant::now);
            Ok((active.connection.link.clone(), since))
        })?;
        let patience = self.patience.saturating_sub(since.elapsed());
        match link.wait(read, write, patience.min(most)) {
            Ok(ready) if ready.read || ready.write => self.with(|active| {
                active.waiting_since = None;
                Ok(ready)
            }),
            Ok(nothing) if most < patience => Ok(nothing),
            Ok(_) => Err(Failure::Stalled { seconds: self.patience.as_secs_f64() }),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(Failure::Interrupted),
            Err(error) => Err(Failure::Gone(error.to_string())),
        }
    }
}

impl Active {
    fn fail(&mut self, failure: Failure) -> Failure {
        self.failure.get_or_insert(failure).clone()
    }

    fn check(&self) -> Result<(), Failure> {
        self.failure.clone().map_or(Ok(()), Err)
    }

    /// Ends the response before its time: a part of a block may be on its way, and nothing can follow it.
    fn break_off(&mut self, failure: Failure) -> Failure {
        if let Failure::Stalled { .. } = failure {
            let peer = &self.connection.peer;
            log::line(format_args!("{peer}: the response is broken off: {failure}"));
        }
        self.connection.dead = true;
        self.broken_off.get_or_insert(failure).clone()
    }

    /// Takes what has arrived of the body: as much as fits into `into`, the rest into the spool.
    /// `None` if nothing has arrived, 0 at the end.
    fn arrived(&mut self, into: &mut [u8], memory: usize) -> Result<Option<usize>, Failure> {
        if self.connection.body_over || self.remaining == Some(0) {
            return Ok(Some(0));
        }
        let mut taken = 0;
        let mut spooled = Ok(());
        let remaining = &mut self.remaining;
        let spool = &mut self.spool;
        let pulled = self.connection.pull(&mut |bytes| {
            // What goes beyond CONTENT_LENGTH is no part of the body, whatever the framing says.
            let allowed = remaining
                .map_or(bytes.len(), |left| bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX)));
            let bytes = bytes.get(..allowed).unwrap_or(bytes);
            let (now, later) = bytes.split_at_checked(into.len()).unwrap_or((bytes, &[]));
            into.iter_mut().zip(now).for_each(|(to, from)| *to = *from);
            taken = now.len();
            if let Some(left) = remaining {
                *left -= bytes.len() as u64;
            }
            if !later.is_empty() {
                spooled = spool.push(later, memory);
            }
        });
        spooled.map_err(|error| self.fail(Failure::Spool(error.to_string())))?;
        match pulled {
            Ok(Pulled::Wait) => Ok(None),
            // All of it may have gone to the spool, or been beyond the body's end.
            Ok(Pulled::Body) => Ok((taken > 0).then_some(taken)),
            Ok(Pulled::BodyEnd) => match self.remaining {
                Some(missing @ 1..) => Err(self.fail(Failure::Broken(format!(
                    "the request's body ended {missing} bytes short of its CONTENT_LENGTH"
                )))),
                _ => Ok(Some(0)),
            },
            Ok(Pulled::Aborted) => Err(self.fail(Failure::Gone("it aborted the request".to_owned()))),
            Ok(Pulled::Closed | Pulled::Request(_)) => {
                Err(self.fail(Failure::Gone("it closed the connection".to_owned())))
            }
            Err(Broken::Peer(error)) => Err(self.fail(Failure::Broken(error.to_string()))),
            Err(Broken::Io(error)) => Err(self.fail(Failure::Gone(error.to_string()))),
        }
    }

    /// Takes what arrives while the peer is waited for to take the response: some send their whole body first.
    fn spool_arrived(&mut self, memory: usize) {
        let mut nowhere = [];
        // A failure is kept for whoever reads the body; the response may still get through.
        let kept = self.failure.take();
        for _ in 0..PIECES {
            if !matches!(self.arrived(&mut nowhere, memory), Ok(None)) || self.connection.drained {
                break;
            }
        }
        if kept.is_some() {
            self.failure = kept;
        }
    }

    fn wants_input(&self) -> bool {
        !self.connection.body_over && self.remaining != Some(0) && self.failure.is_none()
    }

    /// Puts logged text on its way: with the response if the protocol carries it and the peer is there to take it,
    /// else into the log of this process, and there only whole lines unless it is `all`.
    fn emit_log(&mut self, all: bool) {
        if self.log.is_empty() {
            return;
        }
        let Connection { codec, out, dead, logged, .. } = &mut *self.connection;
        let mut carried = false;
        if !*dead {
            out.append(|out| carried = codec.log(&self.log, out));
        }
        if carried {
            logged.append(&mut self.log);
            let surplus = logged.len().saturating_sub(KEPT);
            logged.drain(..surplus);
            return;
        }
        let ends = self.log.iter().rposition(|byte| *byte == b'\n');
        let lines = if all { self.log.len() } else { ends.map_or(0, |at| at + 1) };
        log::raw(self.log.get(..lines).unwrap_or_default());
        self.log.drain(..lines);
    }

    /// Puts a copy of a block behind what waits.
    fn copy(&mut self, block: &[u8]) {
        self.emit_log(false);
        let Connection { codec, out, .. } = &mut *self.connection;
        out.copy(codec.as_mut(), block);
    }

    /// Writes what waits, if the app's thread is not about to. True if there is some left.
    fn flush_held(&mut self) -> Result<bool, Failure> {
        let Connection { link, out, .. } = &mut *self.connection;
        if self.broken_off.is_some() || out.is_open() {
            return Ok(false);
        }
        match out.flush(link) {
            Ok(flushed) => Ok(!flushed),
            // The app hears of it at its next block.
            Err(error) => Err(self.break_off(Failure::Gone(error.to_string()))),
        }
    }

    fn send(&mut self, block: &[u8], sent: &mut usize) -> Result<bool, Failure> {
        if let Some(failure) = &self.broken_off {
            return Err(failure.clone());
        }
        self.emit_log(false);
        let Connection { codec, link, out, .. } = &mut *self.connection;
        let outcome = out.send(codec.as_mut(), link, block, sent);
        outcome.map_err(|error| self.break_off(Failure::Gone(error.to_string())))
    }

    /// Prepares for what the app hands over whole. It cannot stand inside a block that was not sent to its end.
    fn begin_parting(&mut self) -> Result<(), Failure> {
        if let Some(failure) = &self.broken_off {
            return Err(failure.clone());
        }
        if self.connection.out.is_open() {
            return Err(self.break_off(Failure::Gone("the response was broken off".to_owned())));
        }
        self.emit_log(false);
        Ok(())
    }

    /// True if what was handed over can be left to the reactor: of blocks at most `memory` bytes. A CGI program has
    /// none, and its signals must be heard.
    fn try_part(&mut self, memory: usize) -> Result<bool, Failure> {
        if let Some(failure) = &self.broken_off {
            return Err(failure.clone());
        }
        let Connection { link, out, .. } = &mut *self.connection;
        let socket = link.is_socket();
        if socket && out.kept() <= memory {
            return Ok(true);
        }
        let flushed = out.flush(link);
        let kept = out.kept();
        let flushed = flushed.map_err(|error| self.break_off(Failure::Gone(error.to_string())))?;
        Ok(flushed || (socket && kept <= memory))
    }

    /// Frees the thread of a peer that is slow to take much. Without room for the file it waits.
    fn spill(&mut self) {
        if let Err(error) = self.connection.out.spill() {
            log::line(format_args!(
                "{}: a response that the peer is slow to take cannot be kept in a temporary file, so a thread waits with it: {error}",
                self.connection.peer
            ));
        }
    }
}

impl Exchange for Carrier {
    fn try_read(&self, into: &mut [u8]) -> Result<Option<usize>, Failure> {
        self.with(|active| {
            let spooled =
                active.spool.take(into).map_err(|error| active.fail(Failure::Spool(error.to_string())));
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
        self.lock().as_ref().and_then(|active| Some(active.remaining? + active.spool.len()))
    }

    fn respond(&self, head: &Head<'_>) {
        if let Some(active) = self.lock().as_mut() {
            let Connection { codec, out, .. } = &mut *active.connection;
            out.head(codec.as_mut(), head);
        }
    }

    fn try_send(&self, block: &[u8], sent: &mut usize) -> Result<bool, Failure> {
        self.with(|active| {
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
            let Connection { codec, out, .. } = &mut *active.connection;
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
                self.with(|active| {
                    active.spill();
                    Ok(())
                })?;
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

    fn log(&self, text: &[u8]) {
        match self.lock().as_mut() {
            Some(active) => {
                active.log.extend_from_slice(text);
                let carried = active.connection.codec.protocol() == Protocol::FastCgi;
                if active.log.len() >= LOG || (!carried && text.contains(&b'\n')) {
                    active.emit_log(false);
                }
            }
            None => log::raw(text),
        }
    }

    fn flush_log(&self) {
        // If the peer takes nothing now, the text goes with what is sent next.
        let _ = self.with(|active| {
            active.emit_log(true);
            active.flush_held()
        });
    }
}
