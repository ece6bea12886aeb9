//! What a request under way holds: its connection, the body that came early, and how either side ended.

use crate::connection::{Broken, Connection, Direct, Pulled};
use crate::log;
use crate::spool::Spool;
use janua_app::Failure;
use janua_vocabulary::BodyLength;
use std::io;
use std::time::Instant;

/// How many pieces of a body are taken before the response is tried again.
const PIECES: usize = 64;

/// How much of the logged text that is on its way is kept in case it does not arrive.
const KEPT: usize = 64 * 1024;

/// A connection whose request the app has, and what became of either side so far.
pub(crate) struct Active {
    pub(crate) connection: Box<Connection>,
    /// What was taken from the peer before the app asked for it.
    pub(crate) spool: Spool,
    /// Bytes of the body that are still to be taken from the peer, if the head said how many there are.
    pub(crate) remaining: Option<u64>,
    /// What ended the body before its time. It stays: every later read fails alike.
    pub(crate) failure: Option<Failure>,
    /// The app was told so.
    pub(crate) failure_told: bool,
    /// What ended the response before its time. Every later write fails alike.
    pub(crate) broken_off: Option<Failure>,
    /// Since when the peer has made no progress that is waited for.
    pub(crate) waiting_since: Option<Instant>,
    /// The flusher has been called and will come.
    pub(crate) expected: bool,
    pub(crate) log: Vec<u8>,
}

/// What the app, and the log, are told if a body could not be put away.
pub(crate) fn no_place(error: &io::Error) -> Failure {
    let folder = std::env::temp_dir();
    Failure::Spool(format!(
        "{error}, in {} (environment variable TMPDIR; up to setting body_memory it stays in memory)",
        folder.display()
    ))
}

impl Active {
    /// Takes over a connection whose request has a body of `length`.
    pub(crate) fn new(connection: Box<Connection>, length: BodyLength) -> Self {
        let remaining = match length {
            BodyLength::Exactly(length) => Some(length),
            BodyLength::ToEnd => None,
        };
        Self {
            connection,
            spool: Spool::default(),
            remaining,
            failure: None,
            failure_told: false,
            broken_off: None,
            waiting_since: None,
            expected: false,
            log: Vec::new(),
        }
    }

    pub(crate) fn fail(&mut self, failure: Failure) -> Failure {
        self.failure.get_or_insert(failure).clone()
    }

    pub(crate) fn check(&self) -> Result<(), Failure> {
        self.failure.clone().map_or(Ok(()), Err)
    }

    /// Ends the response before its time: a part of a block may be on its way, and nothing can follow it.
    pub(crate) fn break_off(&mut self, failure: Failure) -> Failure {
        if let Failure::Stalled { .. } = failure {
            let peer = &self.connection.peer;
            log::line(format_args!("{peer}: the response is broken off: {failure}"));
        }
        self.connection.dead = true;
        self.broken_off.get_or_insert(failure).clone()
    }

    /// Takes what has arrived of the body: as much as fits into `into`, the rest into the spool.
    /// `None` if nothing has arrived, 0 at the end.
    pub(crate) fn arrived(&mut self, into: &mut [u8], memory: usize) -> Result<Option<usize>, Failure> {
        if self.connection.body_over || self.remaining == Some(0) {
            return Ok(Some(0));
        }
        let most = self.remaining.map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(usize::MAX));
        let room = into.len().min(most);
        match self.connection.read_direct(into.get_mut(..room).unwrap_or_default()) {
            Ok(Direct::Unknown) => {}
            Ok(Direct::Nothing) => return Ok(None),
            Ok(Direct::Read(count)) => {
                self.remaining = self.remaining.map(|left| left - count as u64);
                return Ok(Some(count));
            }
            Err(error) => return Err(self.fail(Failure::Gone(error.to_string()))),
        }
        let mut taken = 0;
        let mut spooled = Ok(());
        let lost = self.lost();
        let remaining = &mut self.remaining;
        let spool = &mut self.spool;
        let pulled = self.connection.pull(&mut |bytes| {
            // What goes beyond CONTENT_LENGTH is no part of the body, whatever the framing says.
            let allowed = remaining
                .map_or(bytes.len(), |left| bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX)));
            let bytes = bytes.get(..allowed).unwrap_or(bytes);
            let (now, later) = bytes.split_at_checked(into.len()).unwrap_or((bytes, &[]));
            if let Some(into) = into.get_mut(..now.len()) {
                into.copy_from_slice(now);
            }
            taken = now.len();
            if let Some(left) = remaining {
                *left -= bytes.len() as u64;
            }
            if !later.is_empty() && !lost {
                spooled = spool.push(later, memory);
            }
        });
        if let Err(error) = spooled {
            self.spool = Spool::default();
            return Err(self.fail(no_place(&error)));
        }
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
    pub(crate) fn spool_arrived(&mut self, memory: usize) {
        let mut nowhere = [];
        // A failure is kept for whoever reads the body; the response may still get through.
        for _ in 0..PIECES {
            if !matches!(self.arrived(&mut nowhere, memory), Ok(None)) || self.connection.drained {
                break;
            }
        }
    }

    /// True if the body cannot be had any more although the peer sends it: there was no place to put it.
    fn lost(&self) -> bool {
        matches!(self.failure, Some(Failure::Spool(_)))
    }

    pub(crate) fn wants_input(&self) -> bool {
        // A peer that sends its whole body first would otherwise never come to read that it is lost.
        let able = self.failure.is_none() || self.lost();
        !self.connection.body_over && self.remaining != Some(0) && able
    }

    /// Puts logged text on its way: with the response if the protocol carries it and the peer is there to take it,
    /// else into the log of this process, and there only whole lines unless it is `all`.
    pub(crate) fn emit_log(&mut self, all: bool) {
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
    pub(crate) fn copy(&mut self, block: &[u8]) {
        self.emit_log(false);
        let Connection { codec, out, .. } = &mut *self.connection;
        out.copy(codec.as_mut(), block);
    }

    /// Writes what waits, if the app's thread is not about to. True if there is some left.
    pub(crate) fn flush_held(&mut self) -> Result<bool, Failure> {
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

    pub(crate) fn send(&mut self, block: &[u8], sent: &mut usize) -> Result<bool, Failure> {
        if let Some(failure) = &self.broken_off {
            return Err(failure.clone());
        }
        self.emit_log(false);
        let Connection { codec, link, out, .. } = &mut *self.connection;
        let outcome = out.send(codec.as_mut(), link, block, sent);
        outcome.map_err(|error| self.break_off(Failure::Gone(error.to_string())))
    }

    /// Prepares for what the app hands over whole. It cannot stand inside a block that was not sent to its end.
    pub(crate) fn begin_parting(&mut self) -> Result<(), Failure> {
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
    pub(crate) fn try_part(&mut self, memory: usize) -> Result<bool, Failure> {
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
    pub(crate) fn spill(&mut self) {
        if let Err(error) = self.connection.out.spill() {
            log::line(format_args!(
                "{}: a response that the peer is slow to take cannot be kept in a temporary file, so a thread waits with it: {error}",
                self.connection.peer
            ));
        }
    }
}
