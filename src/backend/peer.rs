//! Who is at the other end of a unix socket.

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::net::sockopt::socket_peercred;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
use rustix::process::geteuid;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
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
    let (_folder, address) = address(path)?;
    match connect(&socket, &address) {
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

/// The address of the socket at `path`, and what must stay open until it is used.
fn address(path: &Path) -> io::Result<(Option<OwnedFd>, SocketAddrUnix)> {
    if let Ok(address) = SocketAddrUnix::new(path) {
        return Ok((None, address));
    }
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let folder = rustix::fs::open(parent, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let address = address_in(&folder, Path::new(name))?;
    Ok((Some(folder), address))
}

/// The address of the socket of this name by way of its open folder, for a path that is too long for the system.
pub(crate) fn address_in(folder: impl AsFd, name: &Path) -> rustix::io::Result<SocketAddrUnix> {
    let number = folder.as_fd().as_raw_fd();
    SocketAddrUnix::new(Path::new(&format!("/proc/self/fd/{number}")).join(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    #[test]
    fn a_socket_in_a_folder_with_a_long_name_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let (short, long) = (folder.path().join("s"), folder.path().join("x".repeat(200)));
        let listener = UnixListener::bind(&short).unwrap();
        std::fs::create_dir(&long).unwrap();
        std::fs::rename(short, long.join("s")).unwrap();
        assert!(matches!(probe(&long.join("s")), Ok(Peer::Process(_))));
        drop(listener);
        assert!(matches!(probe(&long.join("s")), Ok(Peer::Nobody)));
        assert!(probe(&long.join("t")).is_err());
    }
}
