//! A request under way: its body comes from the connection and its response goes there.

use crate::connection::{Broken, Connection, Pulled};
use crate::link::Link;
use crate::log;
use crate::spool::Spool;
use janua_app::{Exchange, Failure};
use janua_vocabulary::{BodyLength, Head, Protocol};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The largest last block that is copied to travel together with head and end.
const HOLD: usize = 64 * 1024;

/// How much logged text waits for company before it is framed.
const LOG: usize = 8 * 1024;

/// One request's connection while the app has it.
pub(crate) struct Carrier {
    /// Writing may block, so it must not be tried where waiting is forbidden.
    blocks: bool,
    patience: Duration,
    memory: usize,
    state: Mutex<Option<Active>>,
}

struct Active {
    connection: Box<Connection>,
    /// What was taken from the peer before the app asked for it.
    spool: Spool,
    /// Bytes of the body that are still to be taken from the peer, if the head said how many there are.
    remaining: Option<u64>,
    /// What ended the body or the response before its time. It stays: every later call fails alike.
    failure: Option<Failure>,
    log: Vec<u8>,
}

impl Carrier {
    /// Takes over a connection whose request has a body of `length`. Of the body at most `memory` bytes are held in
    /// memory; the peer may go without progress for `patience`.
    pub(crate) fn new(
        connection: Box<Connection>,
        length: BodyLength,
        memory: usize,
        patience: Duration,
    ) -> Self {
        let remaining = match length {
            BodyLength::Exactly(length) => Some(length),
            BodyLength::ToEnd => None,
        };
        let blocks = connection.link.blocks();
        let active =
            Active { connection, spool: Spool::default(), remaining, failure: None, log: Vec::new() };
        Self { blocks, patience, memory, state: Mutex::new(Some(active)) }
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

    fn wait(&self, read: bool, write: bool) -> Result<crate::link::Readiness, Failure> {
        // Only who waits holds the descriptor: an app that keeps its environ must not keep the connection open.
        let link: Link = self.with(|active| Ok(active.connection.link.clone()))?;
        match link.wait(read, write, self.patience) {
            Ok(ready) if ready.read || ready.write => Ok(ready),
            Ok(_) => {
                let failure = Failure::Stalled { seconds: self.patience.as_secs() };
                self.with(|active| Err(active.fail(failure)))
            }
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
        while let Ok(None) = self.arrived(&mut nowhere, memory) {
            if self.connection.drained {
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

    /// Frames logged text, or writes it to the log if the protocol carries none.
    fn emit_log(&mut self, all: bool) {
        let text = std::mem::take(&mut self.log);
        if text.is_empty() {
            return;
        }
        if self.connection.codec.protocol() == Protocol::FastCgi {
            let Connection { codec, out, .. } = &mut *self.connection;
            out.append(|out| {
                codec.log(&text, out);
            });
            return;
        }
        let lines = if all {
            text.len()
        } else {
            text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
        };
        let (now, later) = text.split_at_checked(lines).unwrap_or((&text, &[]));
        log::raw(now);
        self.log = later.to_vec();
    }

    fn send(&mut self, block: &[u8], sent: &mut usize) -> Result<bool, Failure> {
        self.emit_log(false);
        let Connection { codec, link, out, .. } = &mut *self.connection;
        out.send(codec.as_mut(), link, block, sent)
            .map_err(|error| self.fail(Failure::Gone(error.to_string())))
    }
}

impl Exchange for Carrier {
    fn try_read(&self, into: &mut [u8]) -> Result<Option<usize>, Failure> {
        self.with(|active| {
            let spooled = active.spool.take(into).map_err(|error| Failure::Spool(error.to_string()))?;
            if spooled > 0 {
                return Ok(Some(spooled));
            }
            active.check()?;
            active.arrived(into, self.memory)
        })
    }

    fn wait_body(&self) -> Result<(), Failure> {
        let drained = self.with(|active| Ok(active.connection.drained))?;
        if drained {
            self.wait(true, false)?;
        }
        Ok(())
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
        if self.blocks {
            return Ok(false);
        }
        self.with(|active| active.send(block, sent))
    }

    fn send(&self, block: &[u8], sent: &mut usize) -> Result<(), Failure> {
        loop {
            let wants_input = self.with(|active| Ok(active.wants_input()))?;
            // A blocking write while the peer still sends its body could wait for ever for both.
            let drain_first = self.blocks && wants_input;
            if !drain_first && self.with(|active| active.send(block, sent))? {
                return Ok(());
            }
            if self.wait(wants_input, !drain_first)?.read {
                self.with(|active| {
                    active.spool_arrived(self.memory);
                    Ok(())
                })?;
            }
        }
    }

    fn hold(&self, block: &[u8]) -> bool {
        let mut state = self.lock();
        match state.as_mut() {
            Some(active) if block.len() <= HOLD => {
                active.emit_log(false);
                let Connection { codec, out, .. } = &mut *active.connection;
                out.copy(codec.as_mut(), block);
                true
            }
            _ => false,
        }
    }

    fn finish(&self) {
        if let Some(active) = self.lock().as_mut() {
            active.emit_log(true);
            let Connection { codec, out, .. } = &mut *active.connection;
            out.append(|out| codec.finish(out));
        }
    }

    fn truncate(&self) {
        if let Some(active) = self.lock().as_mut() {
            active.emit_log(true);
            let Connection { codec, out, .. } = &mut *active.connection;
            out.append(|out| codec.truncate(out));
        }
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
        let blocks = self.blocks;
        // If the peer takes nothing now, the text goes with what is sent next.
        let _ = self.with(|active| {
            active.emit_log(true);
            let Connection { link, out, .. } = &mut *active.connection;
            if !blocks {
                out.flush(link).map_err(|error| Failure::Gone(error.to_string()))?;
            }
            Ok(())
        });
    }
}
