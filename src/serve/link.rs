//! The descriptors behind a connection, read and written without waiting, or waited for.

use crate::system;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, fstat, sendfile};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SendAncillaryBuffer, SendFlags, send, sendmsg, sockopt};
use std::fs::File;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

/// PIPE_BUF of Linux: what is written to a pipe in one piece.
const ATOMIC: usize = 4096;

/// How much a socket should take of a large answer, in bytes.
const WIDE: usize = 1024 * 1024;

/// A socket, or the two ends that a CGI program is given.
///
/// Clones share the descriptors, so that one thread can wait while another ends the request: a descriptor is closed
/// only when nobody waits for it any more.
#[derive(Debug, Clone)]
pub(crate) enum Link {
    /// A socket that does not block.
    Socket(Arc<OwnedFd>),
    /// stdin and stdout. They may block: they are shared with other processes, whose flags they are as well.
    Pipes {
        /// Where the body comes from.
        input: Arc<OwnedFd>,
        /// Where the response goes.
        output: Arc<OwnedFd>,
    },
}

/// What became possible while waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Readiness {
    pub(crate) read: bool,
    pub(crate) write: bool,
}

impl Link {
    /// Bytes that are there: `Some(0)` at the end, `None` if there are none yet.
    pub(crate) fn try_read(&self, into: &mut [u8]) -> io::Result<Option<usize>> {
        if !self.is_ready(true, false)? {
            return Ok(None);
        }
        loop {
            match rustix::io::read(self.input(), &mut *into) {
                Ok(count) => return Ok(Some(count)),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Writes what can be taken now: `None` if that is nothing. With `more`, further bytes follow at once.
    pub(crate) fn try_write(&self, parts: &[IoSlice<'_>], more: bool) -> io::Result<Option<usize>> {
        if !self.is_ready(false, true)? {
            return Ok(None);
        }
        loop {
            match self.write(parts, more) {
                Ok(count) => return Ok(Some(count)),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Sends up to `count` bytes of `file`, from `*offset` on, without copying them: 0 at the end of the file, `None` if
    /// none can be taken now.
    ///
    /// # Errors
    /// `Unsupported` if it cannot be done that way with this link and file; reading and writing may still be possible.
    pub(crate) fn try_send_file(
        &self,
        file: &File,
        offset: &mut u64,
        count: usize,
    ) -> io::Result<Option<usize>> {
        if !self.takes_files() {
            return Err(io::ErrorKind::Unsupported.into());
        }
        if !self.is_ready(false, true)? {
            return Ok(None);
        }
        loop {
            match sendfile(self.output(), file, Some(offset), count) {
                Ok(count) => return Ok(Some(count)),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(None),
                Err(error @ (Errno::PIPE | Errno::CONNRESET)) => return Err(error.into()),
                // Whether the file or the link is to blame shows when the bytes are read and written.
                Err(_) => return Err(io::ErrorKind::Unsupported.into()),
            }
        }
    }

    /// Lets the system take as much as it may of a large answer at once: each time that the peer must be waited for
    /// costs a change of threads. TCP sees to that by itself.
    pub(crate) fn widen(&self) {
        if let Link::Socket(socket) = self
            && sockopt::socket_domain(socket).is_ok_and(|domain| domain == AddressFamily::UNIX)
        {
            // What the system does not allow, it cuts down to what it does.
            let _ = sockopt::set_socket_send_buffer_size(socket, WIDE);
        }
    }

    /// False if `sendfile` might wait here, or might end the process: it has no flag against SIGPIPE.
    fn takes_files(&self) -> bool {
        let waits = match self {
            Link::Socket(_) => false,
            // It stops when a pipe that was ready is full. With anything else it goes on until all is sent.
            Link::Pipes { output, .. } => {
                !fstat(output).is_ok_and(|file| FileType::from_raw_mode(file.st_mode) == FileType::Fifo)
            }
        };
        !waits && system::ignores_sigpipe()
    }

    /// True if what is not taken now will be taken when the link is ready, by whoever waits for that.
    pub(crate) fn is_socket(&self) -> bool {
        matches!(self, Link::Socket(_))
    }

    fn write(&self, parts: &[IoSlice<'_>], more: bool) -> rustix::io::Result<usize> {
        match self {
            // An app that lets SIGPIPE end its process must not lose it to the first client that leaves.
            Link::Socket(socket) => {
                let more = if more { SendFlags::MORE } else { SendFlags::empty() };
                let flags = SendFlags::NOSIGNAL | more;
                match parts {
                    // The short way into the kernel for the usual answer: one piece.
                    [part] => send(&**socket, part, flags),
                    _ => sendmsg(&**socket, parts, &mut SendAncillaryBuffer::default(), flags),
                }
            }
            // So much a pipe that is ready takes without blocking.
            Link::Pipes { output, .. } => {
                let part = parts.iter().find(|part| !part.is_empty()).map_or(&[][..], |part| part);
                rustix::io::write(output, part.get(..ATOMIC).unwrap_or(part))
            }
        }
    }

    /// False if a descriptor that may block would do so now.
    fn is_ready(&self, read: bool, write: bool) -> io::Result<bool> {
        if let Link::Socket(_) = self {
            return Ok(true);
        }
        match self.wait(read, write, Duration::ZERO) {
            Ok(ready) => Ok(ready.read || ready.write),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Waits until reading or writing, as asked, is possible, or `timeout` has passed: then neither is.
    ///
    /// # Errors
    /// `Interrupted` if a signal arrived, so that the caller can let it be handled.
    pub(crate) fn wait(&self, read: bool, write: bool, timeout: Duration) -> io::Result<Readiness> {
        let timeout = Timespec::try_from(timeout).ok();
        let flag = |wanted, flag| if wanted { flag } else { PollFlags::empty() };
        let (input, output) = (flag(read, PollFlags::IN), flag(write, PollFlags::OUT));
        // POLLERR and POLLHUP arrive unasked; the read or write that follows tells what they are about.
        match self {
            Link::Socket(socket) => {
                let mut fds = [PollFd::new(&**socket, input | output)];
                poll(&mut fds, timeout.as_ref())?;
                let came = fds.first().map_or(PollFlags::empty(), PollFd::revents);
                let failed = came.intersects(PollFlags::ERR | PollFlags::HUP);
                Ok(Readiness {
                    read: read && (failed || came.intersects(PollFlags::IN)),
                    write: write && (failed || came.intersects(PollFlags::OUT)),
                })
            }
            Link::Pipes { .. } => {
                let mut fds = Vec::with_capacity(2);
                for (wanted, fd, events) in [(read, self.input(), input), (write, self.output(), output)] {
                    if wanted {
                        fds.push(PollFd::from_borrowed_fd(fd, events));
                    }
                }
                poll(&mut fds, timeout.as_ref())?;
                let mut came = fds.iter().map(|fd| !fd.revents().is_empty());
                let read = read && came.next().unwrap_or(false);
                Ok(Readiness { read, write: write && came.next().unwrap_or(false) })
            }
        }
    }

    /// True if something can be read now, if only that nothing more comes.
    pub(crate) fn has_arrived(&self) -> bool {
        self.wait(true, false, Duration::ZERO).is_ok_and(|ready| ready.read)
    }

    /// True if the peer has closed its end of the socket altogether.
    pub(crate) fn is_left(&self) -> bool {
        let Link::Socket(socket) = self else { return false };
        let mut fds = [PollFd::new(&**socket, PollFlags::empty())];
        let asked = poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }));
        asked.is_ok() && fds.iter().any(|fd| fd.revents().intersects(PollFlags::HUP | PollFlags::ERR))
    }

    /// Says that no more bytes will be written, while reading may go on.
    pub(crate) fn shut_output(&self) {
        if let Link::Socket(socket) = self {
            // A peer that is gone already needs no telling.
            let _ = rustix::net::shutdown(&**socket, rustix::net::Shutdown::Write);
        }
    }

    /// The socket, for a reactor.
    pub(crate) fn socket(&self) -> Option<Arc<OwnedFd>> {
        match self {
            Link::Socket(socket) => Some(socket.clone()),
            Link::Pipes { .. } => None,
        }
    }

    fn input(&self) -> BorrowedFd<'_> {
        match self {
            Link::Socket(socket) => socket.as_fd(),
            Link::Pipes { input, .. } => input.as_fd(),
        }
    }

    fn output(&self) -> BorrowedFd<'_> {
        match self {
            Link::Socket(socket) => socket.as_fd(),
            Link::Pipes { output, .. } => output.as_fd(),
        }
    }
}
