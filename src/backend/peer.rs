//! Who is at the other end of a unix socket.

use rustix::io::Errno;
use rustix::net::sockopt::socket_peercred;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
use rustix::process::geteuid;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

/// What a socket of a backend answers.
#[derive(Debug)]
pub enum Peer {
    /// This process listens, and it is one of this user.
    Process(i32),
    /// A process of another user listens.
    Stranger(u32),
    /// Somebody listens and has no room for another connection.
    Full,
    /// Nobody listens any more.
    Nobody,
}

/// True if the process at the other end is one of this user. Linux notes at `connect` or `listen` who that is.
pub fn is_of_this_user(socket: impl AsFd) -> io::Result<bool> {
    Ok(socket_peercred(socket)?.uid == geteuid())
}

/// Asks who listens on the socket at `path`, without waiting.
///
/// # Errors
/// There is no such socket, or it cannot be connected to.
pub fn probe(path: &Path) -> io::Result<Peer> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket: OwnedFd = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    match connect(&socket, &SocketAddrUnix::new(path)?) {
        Ok(()) => {
            let peer = socket_peercred(&socket)?;
            let own = peer.uid == geteuid();
            Ok(if own {
                Peer::Process(peer.pid.as_raw_nonzero().get())
            } else {
                Peer::Stranger(peer.uid.as_raw())
            })
        }
        Err(Errno::AGAIN) => Ok(Peer::Full),
        Err(Errno::CONNREFUSED) => Ok(Peer::Nobody),
        Err(error) => Err(error.into()),
    }
}
