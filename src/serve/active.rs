//! What a request under way holds: its connection, the body that came early, and how either side ended.

use crate::connection::{Broken, Connection, Direct, Pulled};
use crate::spool::Spool;
use crate::stream::Stream;
use janua_app::Failure;
use janua_vocabulary::{BodyLength, Protocol, Role};
use std::io;
use std::time::{Duration, Instant};

/// How many pieces of a body are taken before the response is tried again.
const PIECES: usize = 64;

/// The most that one of them holds: a record of FastCGI.
const PIECE: u64 = 64 * 1024;

/// How long the app may give block after block before it is looked whether the peer still wants them.
const LOOK: Duration = Duration::from_millis(100);

/// How much of the logged text that is on its way is kept in case it does not arrive.
const KEPT: usize = 64 * 1024;

/// A connection whose request the app has, and what became of either side so far.
pub(crate) struct Active {
    pub(crate) connection: Box<Connection>,
    pub(crate) body: Stream,
    /// What follows the body, for a filter.
    pub(crate) file: Option<Stream>,
    /// The most bytes that both may have together; 0 if there is no such number.
    most: u64,
    /// The body is complete, and the file comes.
    at_file: bool,
    /// What ended the body before its time. It stays: every later read fails alike.
    pub(crate) failure: Option<Failure>,
    /// The app was told so.
    pub(crate) failure_told: bool,
    /// What ended the response before its time. Every later write fails alike.
    pub(crate) broken_off: Option<Failure>,
    /// The peer gave the request up, and knows that no response comes.
    aborted: bool,
    /// When it was last looked whether it did.
    looked: Option<Instant>,
    pub(crate) waited: Waited,
    /// The flusher has been called and will come.
    pub(crate) expected: bool,
    pub(crate) log: Vec<u8>,
}

/// How long the peer was waited for since its last progress.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Waited {
    /// To take some of the response, or else to send some of the body.
    pub(crate) write: bool,
    pub(crate) time: Duration,
}

impl Waited {
    /// How long that was for the one or the other: who was waited for in vain to send may still take.
    pub(crate) fn of(self, write: bool) -> Duration {
        if self.write == write { self.time } else { Duration::ZERO }
    }

    /// The peer has sent something. Who is to take something makes no progress by that.
    fn sent(&mut self) {
        if !self.write {
            self.time = Duration::ZERO;
        }
    }
}

/// What the app, and the log, are told if a body could not be put away.
pub(crate) fn no_place(error: &io::Error) -> Failure {
    let folder = std::env::temp_dir();
    Failure::Spool(format!(
        "{error}, in {} (environment variable TMPDIR; up to setting body_memory it stays in memory)",
        folder.display()
    ))
}

/// What a look at a stream brought.
enum Next {
    /// Nothing yet.
    Wait,
    /// So many bytes where they were wanted. All may have gone to the spool, or been beyond the end.
    Took(usize),
    /// The end of the stream.
    End,
}

impl Next {
    /// As who reads hears of it: `None` if there is nothing yet, 0 at the end.
    fn bytes(self) -> Option<usize> {
        match self {
            Next::Took(count @ 1..) => Some(count),
            Next::Took(_) | Next::Wait => None,
            Next::End => Some(0),
        }
    }
}

impl Active {
    /// Takes over a connection whose request has a body of `length`. With its file it may have `most` bytes.
    pub(crate) fn new(connection: Box<Connection>, length: BodyLength, most: u64) -> Self {
        let file = match connection.role {
            Role::Filter { length, .. } => Some(Stream::new(length)),
            Role::Responder | Role::Authorizer => None,
        };
        Self {
            connection,
            body: Stream::new(length),
            file,
            most,
            at_file: false,
            aborted: false,
            looked: None,
            failure: None,
            failure_told: false,
            broken_off: None,
            waited: Waited::default(),
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
        // Who gave the request up is still owed its end.
        self.connection.dead |= !self.aborted || self.connection.out.is_open();
        self.broken_off.get_or_insert(failure).clone()
    }

    /// Takes what has arrived of the body: as much as fits into `into`, the rest into the spool.
    /// `None` if nothing has arrived, 0 at the end.
    pub(crate) fn arrived(&mut self, into: &mut [u8], memory: usize) -> Result<Option<usize>, Failure> {
        if self.connection.body_over || self.at_file || self.body.remaining == Some(0) {
            return Ok(Some(0));
        }
        self.next(into, memory).map(Next::bytes)
    }

    /// The same of the file of a filter. What is left of the body before it goes into the spool of the body.
    pub(crate) fn file_arrived(&mut self, into: &mut [u8], memory: usize) -> Result<Option<usize>, Failure> {
        if self.connection.body_over {
            return Ok(Some(0));
        }
        for _ in 0..PIECES {
            if self.at_file {
                return self.next(into, memory).map(Next::bytes);
            }
            match self.next(&mut [], memory)? {
                Next::Wait => return Ok(None),
                Next::Took(_) | Next::End => {}
            }
        }
        // There is more to look at before anything has to be waited for.
        self.connection.drained = false;
        Ok(None)
    }

    /// Takes what comes next, be it of the body or of the file.
    fn next(&mut self, into: &mut [u8], memory: usize) -> Result<Next, Failure> {
        let lost = self.lost();
        let stream = match &mut self.file {
            Some(file) if self.at_file => file,
            _ => &mut self.body,
        };
        let room = stream.allowed(into.len());
        match self.connection.read_direct(into.get_mut(..room).unwrap_or_default()) {
            Ok(Direct::Unknown) => {}
            Ok(Direct::Nothing) => return Ok(Next::Wait),
            Ok(Direct::Read(count)) => {
                self.waited.sent();
                stream.passed(count);
                return self.measured().map(|()| Next::Took(count));
            }
            Err(error) => return Err(self.fail(Failure::Gone(error.to_string()))),
        }
        let mut taken = 0;
        let mut spooled = Ok(());
        let pulled = self.connection.pull(&mut |bytes| match stream.take(bytes, into, memory, !lost) {
            Ok(count) => taken = count,
            Err(error) => spooled = Err(error),
        });
        if let Err(error) = spooled {
            stream.spool = Spool::default();
            return Err(self.fail(no_place(&error)));
        }
        match pulled {
            Ok(Pulled::Wait) => Ok(Next::Wait),
            // All of it may have gone to the spool, or been beyond the body's end.
            Ok(Pulled::Body) => {
                self.waited.sent();
                self.measured().map(|()| Next::Took(taken))
            }
            Ok(Pulled::SecondStream) => {
                let short = self.body.short("the request's body", "CONTENT_LENGTH");
                self.at_file = true;
                short.map_or(Ok(Next::End), |failure| Err(self.fail(failure)))
            }
            Ok(Pulled::BodyEnd) => {
                let short = match &self.file {
                    Some(file) => file.short("the file", "FCGI_DATA_LENGTH"),
                    None => self.body.short("the request's body", "CONTENT_LENGTH"),
                };
                short.map_or(Ok(Next::End), |failure| Err(self.fail(failure)))
            }
            Ok(Pulled::Aborted) => {
                self.aborted = true;
                let failure = self.fail(Failure::Gone("it aborted the request".to_owned()));
                Err(self.break_off(failure))
            }
            Ok(Pulled::Closed | Pulled::Request(_) | Pulled::Shared(_)) => {
                Err(self.fail(Failure::Gone("it closed the connection".to_owned())))
            }
            Err(Broken::Peer(error)) => Err(self.fail(Failure::Broken(error.to_string()))),
            Err(Broken::Io(error)) => Err(self.fail(Failure::Gone(error.to_string()))),
        }
    }

    /// Fails once more has come than may.
    fn measured(&mut self) -> Result<(), Failure> {
        let come = self.body.come + self.file.as_ref().map_or(0, |file| file.come);
        if self.most == 0 || come <= self.most {
            return Ok(());
        }
        Err(self.fail(Failure::TooLong { most: self.most }))
    }

    /// Takes what arrives while the peer is waited for to take the response: some send their whole body first. It ends when
    /// `most` bytes or more are held.
    pub(crate) fn spool_arrived(&mut self, memory: usize, most: u64) {
        let mut nowhere = [];
        // A failure is kept for whoever reads the body; the response may still get through.
        for _ in 0..PIECES {
            if self.body.held() >= most {
                break;
            }
            let arrived = match self.file {
                Some(_) => self.file_arrived(&mut nowhere, memory),
                None => self.arrived(&mut nowhere, memory),
            };
            if !matches!(arrived, Ok(None)) || self.connection.drained {
                break;
            }
        }
    }

    /// How many bytes of a stream the app can still read, if the head said so. One that has failed has no end that could
    /// be counted down to: reading on tells of the failure.
    pub(crate) fn to_come(&self, stream: &Stream) -> Option<u64> {
        if self.failure.is_some() { None } else { stream.to_come() }
    }

    /// True if the body cannot be had any more although the peer sends it: there was no place to put it, or there is too
    /// much of it.
    fn lost(&self) -> bool {
        matches!(self.failure, Some(Failure::Spool(_) | Failure::TooLong { .. }))
    }

    pub(crate) fn wants_input(&self) -> bool {
        let wanted = self.file.is_some() || self.body.remaining != Some(0);
        // A peer that sends its whole body first would otherwise never come to read that it is lost.
        let able = self.failure.is_none() || self.lost();
        !self.connection.body_over && wanted && able
    }

    /// Looks now and then, as the app gives its blocks, whether the peer gave the request up meanwhile. With FastCGI
    /// alone it can do so and stay.
    pub(crate) fn notice_abort(&mut self, memory: usize) -> Result<(), Failure> {
        if self.connection.codec.protocol() != Protocol::FastCgi || self.broken_off.is_some() {
            return Ok(());
        }
        let looked = self.looked.get_or_insert_with(Instant::now);
        if looked.elapsed() < LOOK {
            return Ok(());
        }
        *looked = Instant::now();
        if self.connection.body_over || self.body.remaining == Some(0) && self.file.is_none() {
            for _ in 0..PIECES {
                match self.connection.pull(&mut |_| {}) {
                    Ok(Pulled::Body | Pulled::BodyEnd) => {}
                    Ok(Pulled::Aborted) => {
                        self.aborted = true;
                        return Err(self.break_off(Failure::Gone("it aborted the request".to_owned())));
                    }
                    _ => break,
                }
            }
        } else {
            // Python's lock is held here, so nothing may be written to a disk.
            self.spool_arrived(memory, memory as u64 - PIECE.min(memory as u64 / 2));
        }
        Ok(())
    }

    /// True if what ends the response can still be said.
    pub(crate) fn may_end(&self) -> bool {
        self.broken_off.is_none() || (self.aborted && !self.connection.dead)
    }

    /// Puts logged text on its way: with the response if the protocol carries it and the peer is there to take it,
    /// else to what is due to the log of this process, and there only whole lines unless it is `all` or a very long one.
    pub(crate) fn emit_log(&mut self, all: bool) {
        if self.log.is_empty() {
            return;
        }
        let Connection { codec, out, dead, logged, unlogged, .. } = &mut *self.connection;
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
        let all = all || (ends.is_none() && self.log.len() >= KEPT);
        let lines = if all { self.log.len() } else { ends.map_or(0, |at| at + 1) };
        unlogged.extend(self.log.drain(..lines));
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

    /// True if what was handed over can be left to the reactor: at most `memory` bytes, small blocks that were copied
    /// among them. A CGI program has no reactor, and its signals must be heard.
    pub(crate) fn try_part(&mut self, memory: usize) -> Result<bool, Failure> {
        if let Some(failure) = &self.broken_off {
            return Err(failure.clone());
        }
        let Connection { link, out, .. } = &mut *self.connection;
        let socket = link.is_socket();
        if socket && out.kept() + out.waiting() <= memory {
            return Ok(true);
        }
        let flushed = out.flush(link);
        let kept = out.kept() + out.waiting();
        let flushed = flushed.map_err(|error| self.break_off(Failure::Gone(error.to_string())))?;
        Ok(flushed || (socket && kept <= memory))
    }
}
