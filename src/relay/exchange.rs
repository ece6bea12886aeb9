//! One request on its way to a backend, and the answer on its way back.

use crate::input::{Input, Taken};
use crate::request;
use crate::{log, output};
use janua_fastcgi::{EndRequest, Piece, Pieces, ProtocolStatus};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use rustix::stdio::{stdin, stdout};
use std::ops::Range;
use std::os::fd::OwnedFd;

/// Bytes that are read at once of an answer that turns out to be long.
const ROOM: usize = 64 * 1024;

/// And of one that does not: a page of memory that nobody touches costs nothing, one that is touched as much as several
/// system calls.
const FIRST: usize = 4 * 1024;

/// Bytes of a piece of the body: whole pages that fit one record.
const PIECE: usize = 60 * 1024;

/// How long a web server may take to send more of a body that nobody wants, as `progress_timeout` by default.
const PROGRESS: Timespec = Timespec { tv_sec: 60, tv_nsec: 0 };

/// A request that a backend has taken.
#[derive(Debug)]
pub(crate) struct Exchange {
    socket: OwnedFd,
    input: Input,
    /// What the app has for the log.
    told: log::Told,
    /// What the backend takes next of the body. It may have gone.
    outgoing: Vec<u8>,
    sent: usize,
    deaf: bool,
    /// Room for a piece of the body. There is none before there is a body; on the stack it would be touched at once.
    piece: Vec<u8>,
    pieces: Pieces,
    incoming: Vec<u8>,
    /// What of `incoming` is not understood yet.
    unread: Range<usize>,
    /// What of `incoming` is still to be written to stdout.
    pending: Range<usize>,
    /// There is an answer, whole or not.
    begun: bool,
    /// The answer is complete.
    complete: bool,
    /// How the request ended, once it has.
    over: Option<End>,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The answer is complete.
    Answered,
    /// The answer broke off, and whoever reads stdout can only be told by the exit status.
    Broken,
    /// There is no answer. This status would be one.
    Unanswered(u16),
    /// Nobody wants the answer any more.
    Gone,
}

impl Exchange {
    /// A request of the app of this name, with this body, that nobody has taken yet.
    pub(crate) fn new(socket: OwnedFd, input: Input, app: &[u8]) -> Self {
        Self {
            socket,
            input,
            told: log::Told::by(app),
            outgoing: Vec::new(),
            sent: 0,
            deaf: false,
            piece: Vec::new(),
            pieces: Pieces::new(),
            incoming: vec![0; FIRST],
            unread: 0..0,
            pending: 0..0,
            begun: false,
            complete: false,
            over: None,
        }
    }

    /// Hands over what is answered by a backend before all else: the [question](request::question) alone, or the head of
    /// a request. False if no backend has taken it: then nobody has seen it.
    pub(crate) fn hand_over(&mut self, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            match send(&self.socket, bytes, SendFlags::NOSIGNAL) {
                Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
                Err(Errno::INTR) => {}
                Err(_) => return false,
            }
        }
        loop {
            if self.unread.is_empty() && self.receive(RecvFlags::empty()) == Received::End {
                return false;
            }
            let mut bytes = self.incoming.get(self.unread.clone()).unwrap_or_default();
            let piece = self.pieces.next(&mut bytes);
            self.unread.start = self.unread.end - bytes.len();
            match piece {
                Ok(Some(Piece::Management)) => return true,
                Ok(None) => {}
                _ => return false,
            }
        }
    }

    /// Carries the body there and the answer back.
    pub(crate) fn relay(&mut self) -> End {
        loop {
            if self.pending.is_empty() && self.over.is_none() {
                self.digest();
            }
            if self.over.is_some() {
                self.deaf = true;
                self.outgoing.clear();
            }
            // With nothing else to do for the request, waiting here is as good as anywhere. A server that still sends
            // the body may not read before it is rid of it.
            let idle = self.input.is_over() && self.outgoing.is_empty();
            if idle && !self.pending.is_empty() && self.write_all().is_err() {
                return self.gone();
            }
            if let (Some(end), true) = (self.over, self.pending.is_empty()) {
                return end;
            }
            if let Some(end) = self.turn() {
                return end;
            }
        }
    }

    /// Understands what has arrived. Pieces of the answer move together, to be written at once.
    fn digest(&mut self) {
        self.pending = 0..0;
        while !self.unread.is_empty() && self.over.is_none() {
            let mut bytes = self.incoming.get(self.unread.clone()).unwrap_or_default();
            let piece = self.pieces.next(&mut bytes);
            self.unread.start = self.unread.end - bytes.len();
            match piece {
                Ok(Some(Piece::Stdout(piece))) => {
                    let from = self.unread.start - piece.len()..self.unread.start;
                    let end = self.pending.end + piece.len();
                    self.incoming.copy_within(from, self.pending.end);
                    self.pending.end = end;
                    self.begun = true;
                }
                Ok(Some(Piece::StdoutEnd)) => self.complete = true,
                Ok(Some(Piece::Stderr(piece))) => self.told.piece(piece),
                Ok(Some(Piece::End(end))) => self.over = Some(self.ended(end)),
                Ok(Some(Piece::Management) | None) => {}
                Err(error) => {
                    self.told.line(format_args!("the backend's answer makes no sense: {error}"));
                    self.over = Some(self.lost());
                }
            }
        }
    }

    /// Waits for whatever can happen next, and lets it happen.
    fn turn(&mut self) -> Option<End> {
        let wanted = |wanted: bool, flag| if wanted { flag } else { PollFlags::empty() };
        let expecting = self.pending.is_empty() && self.over.is_none();
        let socket = wanted(expecting, PollFlags::IN) | wanted(!self.outgoing.is_empty(), PollFlags::OUT);
        let reading = !self.input.is_over() && self.outgoing.is_empty();
        let mut watched = Vec::with_capacity(3);
        // Unasked, stdout tells when nobody reads it any more.
        let writing = wanted(!self.pending.is_empty(), PollFlags::OUT);
        watched.push(PollFd::from_borrowed_fd(stdout(), writing));
        if !socket.is_empty() {
            watched.push(PollFd::new(&self.socket, socket));
        }
        if reading {
            watched.push(PollFd::from_borrowed_fd(stdin(), PollFlags::IN));
        }
        match poll(&mut watched, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => {
                self.told.line(format_args!("waiting failed: {error}"));
                return Some(self.lost());
            }
        }
        let mut came = watched.iter().map(PollFd::revents);
        let for_output = came.next().unwrap_or(PollFlags::empty());
        let for_socket = if socket.is_empty() { None } else { came.next() }.unwrap_or(PollFlags::empty());
        let for_input = if reading { came.next() } else { None }.unwrap_or(PollFlags::empty());
        drop(watched);
        let failed = PollFlags::ERR | PollFlags::HUP;
        if for_output.intersects(failed) {
            return Some(self.gone());
        }
        if for_output.intersects(PollFlags::OUT) && self.write().is_err() {
            return Some(self.gone());
        }
        if for_socket.intersects(PollFlags::OUT | failed) && !self.outgoing.is_empty() {
            self.push();
        }
        if for_socket.intersects(PollFlags::IN | failed)
            && expecting
            && self.receive(RecvFlags::DONTWAIT) == Received::End
        {
            return Some(self.lost());
        }
        if !for_input.is_empty() {
            self.feed();
        }
        None
    }

    /// Writes what is pending, however long that takes.
    fn write_all(&mut self) -> rustix::io::Result<()> {
        output::write_all(self.incoming.get(self.pending.clone()).unwrap_or_default())?;
        self.pending = 0..0;
        Ok(())
    }

    /// Writes a part of what is pending, without waiting.
    fn write(&mut self) -> rustix::io::Result<()> {
        let count = output::write_some(self.incoming.get(self.pending.clone()).unwrap_or_default())?;
        self.pending.start += count;
        Ok(())
    }

    /// Reads a piece of the body, and tells the backend.
    fn feed(&mut self) {
        self.piece.resize(PIECE, 0);
        match self.input.read(stdin(), &mut self.piece) {
            Taken::Nothing => {}
            _ if self.deaf => {}
            Taken::Bytes(count) => {
                request::body(self.piece.get(..count).unwrap_or_default(), &mut self.outgoing);
                if self.input.is_over() {
                    request::body_end(&mut self.outgoing);
                }
            }
            // One that is short of its length is refused where the app reads it, as in a CGI program of one process.
            Taken::End | Taken::Short => request::body_end(&mut self.outgoing),
        }
        if !self.outgoing.is_empty() {
            self.push();
        }
    }

    /// Gives the backend what it takes of the body.
    fn push(&mut self) {
        let rest = self.outgoing.get(self.sent..).unwrap_or_default();
        match send(&self.socket, rest, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
            Ok(count) => self.sent += count,
            Err(Errno::INTR | Errno::AGAIN) => return,
            // It may have answered all the same.
            Err(_) => {
                self.deaf = true;
                self.sent = self.outgoing.len();
            }
        }
        if self.sent >= self.outgoing.len() {
            self.outgoing.clear();
            self.sent = 0;
        }
    }

    /// Reads what the backend has sent. To be called when everything before is understood.
    fn receive(&mut self, flags: RecvFlags) -> Received {
        if self.unread.end == self.incoming.len() {
            self.incoming.resize(ROOM, 0);
        }
        match recv(&self.socket, &mut self.incoming[..], flags) {
            Ok((0, _)) => Received::End,
            Ok((count, _)) => {
                self.unread = 0..count;
                Received::Bytes
            }
            Err(Errno::INTR | Errno::AGAIN) => Received::Bytes,
            Err(_) => Received::End,
        }
    }

    fn ended(&self, end: EndRequest) -> End {
        match (end.protocol_status, end.app_status) {
            (ProtocolStatus::Overloaded, _) if !self.begun => End::Unanswered(503),
            (_, 0) if self.complete && self.begun => End::Answered,
            _ if self.begun => End::Broken,
            _ => End::Unanswered(500),
        }
    }

    /// The backend is gone, or of no use.
    fn lost(&self) -> End {
        match (self.begun, self.complete) {
            (true, true) => End::Answered,
            (true, false) => End::Broken,
            (false, _) => {
                self.told.line("the backend was lost before it answered");
                End::Unanswered(500)
            }
        }
    }

    /// The web server reads no answer any more, so the app need not make one.
    fn gone(&mut self) -> End {
        if self.outgoing.is_empty() {
            request::give_up(&mut self.outgoing);
            self.push();
        }
        End::Gone
    }

    /// Takes what is left of the body: some servers read no answer before they are rid of it.
    pub(crate) fn drain(mut self) {
        if self.input.is_over() {
            return;
        }
        drop(self.socket);
        output::close();
        self.piece.resize(PIECE, 0);
        loop {
            match poll(&mut [PollFd::from_borrowed_fd(stdin(), PollFlags::IN)], Some(&PROGRESS)) {
                Ok(0) => return,
                Ok(_) => {
                    self.input.read(stdin(), &mut self.piece);
                }
                Err(Errno::INTR) => {}
                Err(_) => return,
            }
            if self.input.is_over() {
                return;
            }
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Received {
    /// Some, or none yet.
    Bytes,
    /// No more will come.
    End,
}
