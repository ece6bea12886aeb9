//! Stdout: the answer, for a web server that may be slow, or gone.

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::net::SendFlags;
use rustix::stdio::{stderr, stdout};

/// PIPE_BUF of Linux: so much a pipe that is ready takes without blocking.
const ATOMIC: usize = 4096;

/// Writes what stdout takes without waiting; to be called when `poll` says that it takes something.
///
/// # Errors
/// Nobody reads any more.
pub(crate) fn write_some(bytes: &[u8]) -> rustix::io::Result<usize> {
    let sent = match rustix::net::send(stdout(), bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
        Err(Errno::NOTSOCK) => rustix::io::write(stdout(), bytes.get(..ATOMIC).unwrap_or(bytes)),
        sent => sent,
    };
    match sent {
        Err(Errno::INTR | Errno::AGAIN) => Ok(0),
        sent => sent,
    }
}

/// Writes all of it, however long that takes.
///
/// # Errors
/// Nobody reads any more.
pub(crate) fn write_all(mut bytes: &[u8]) -> rustix::io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(stdout(), bytes) {
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            // The web server has made it so that writing does not wait.
            Err(Errno::AGAIN) => {
                match poll(&mut [PollFd::from_borrowed_fd(stdout(), PollFlags::OUT)], None) {
                    Ok(_) | Err(Errno::INTR) => {}
                    Err(error) => return Err(error),
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Lets the web server see the end of the answer while this process goes on.
pub(crate) fn close() {
    // Where stdin and stdout are one socket, closing one of them would not be seen. What fails here is seen later,
    // when the process ends.
    let _ = rustix::net::shutdown(stdout(), rustix::net::Shutdown::Write);
    let _ = rustix::stdio::dup2_stdout(stderr());
}
