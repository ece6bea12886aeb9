//! Sockets with addresses: made before anything else, listening only when an app is there to answer.

use crate::system;
use crate::{Address, SocketAccess};
use janua_vocabulary::Protocol;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Gid, Mode, Uid};
use rustix::io::Errno;
use rustix::net::{AddressFamily, Shutdown, SocketAddrUnix, SocketFlags, SocketType};
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A socket cannot be listened on. One line, with what to do.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {why}")]
pub struct ListenError {
    address: String,
    why: String,
}

/// A socket with an address that does not listen yet.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) socket: Arc<OwnedFd>,
    pub(crate) protocol: Protocol,
    /// The address as the log shows it, the port as it came out.
    pub(crate) name: String,
    /// The file of a unix socket, and its inode, to be removed at the end.
    file: Option<(PathBuf, u64)>,
    pub(crate) tcp: bool,
    /// Only processes of this user are served.
    pub(crate) private: bool,
}

/// Makes the sockets of one address; a host name may stand for several.
pub(crate) fn bind(
    protocol: Protocol,
    address: &Address,
    access: &SocketAccess,
) -> Result<Vec<Bound>, ListenError> {
    let error = |why: String| ListenError { address: format!("{} {address}", protocol.name()), why };
    match address {
        Address::Unix(path) => Ok(vec![bind_unix(protocol, path, access).map_err(error)?]),
        Address::Tcp { host, port } => {
            let found = (host.as_str(), *port).to_socket_addrs().map_err(|e| error(e.to_string()))?;
            let mut addresses: Vec<SocketAddr> = found.collect();
            addresses.dedup();
            if *port == 0 {
                // Each would get a port of its own.
                addresses.truncate(1);
            }
            bind_any(protocol, &addresses).map_err(|e| error(e.to_string()))
        }
        Address::Fd(number) => Ok(vec![inherit(protocol, *number).map_err(error)?]),
    }
}

/// A name may stand for addresses that this machine does not have: one that can be had is enough.
fn bind_any(protocol: Protocol, addresses: &[SocketAddr]) -> io::Result<Vec<Bound>> {
    let mut bound = Vec::new();
    let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        match bind_tcp(protocol, address) {
            Ok(socket) => bound.push(socket),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                return Err(io::Error::other(
                    "another process listens there; stop it first or choose another port",
                ));
            }
            Err(error) => failure = error,
        }
    }
    if bound.is_empty() { Err(failure) } else { Ok(bound) }
}

fn bind_tcp(protocol: Protocol, address: &SocketAddr) -> io::Result<Bound> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = rustix::net::socket_with(family, SocketType::STREAM, FLAGS, None)?;
    rustix::net::sockopt::set_socket_reuseaddr(&socket, true)?;
    rustix::net::bind(&socket, address)?;
    let bound = SocketAddr::try_from(rustix::net::getsockname(&socket)?).unwrap_or(*address);
    Ok(Bound {
        socket: Arc::new(socket),
        protocol,
        name: bound.to_string(),
        file: None,
        tcp: true,
        private: false,
    })
}

pub(crate) const FLAGS: SocketFlags = SocketFlags::CLOEXEC.union(SocketFlags::NONBLOCK);

fn bind_unix(protocol: Protocol, path: &Path, access: &SocketAccess) -> Result<Bound, String> {
    let owner = access.owner.as_deref().map(user).transpose()?;
    let group = access.group.as_deref().map(group).transpose()?;
    clear_the_way(path)?;
    let at = |what: &str, error: &dyn std::fmt::Display| format!("{what}: {error}");
    let address = SocketAddrUnix::new(path).map_err(|e| at("the path is too long", &e))?;
    let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, FLAGS, None)
        .map_err(|e| at("no socket could be made", &e))?;
    rustix::net::bind(&socket, &address).map_err(|e| match e {
        Errno::NOENT => format!("the folder {} does not exist", folder(path).display()),
        Errno::ACCESS => format!("this user may not write to {}", folder(path).display()),
        other => other.to_string(),
    })?;
    let inode = std::fs::metadata(path).map_err(|e| at("it vanished", &e))?.ino();
    let name = format!("unix:{}", path.display());
    let file = Some((path.to_owned(), inode));
    let bound = Bound { socket: Arc::new(socket), protocol, name, file, tcp: false, private: false };
    admit(path, access.mode, owner, group).inspect_err(|_| bound.remove())?;
    Ok(bound)
}

/// Lets those connect who may. Nobody can before the socket listens, so there is no moment in which too many may.
fn admit(path: &Path, mode: u32, owner: Option<Uid>, group: Option<Gid>) -> Result<(), String> {
    rustix::fs::chmod(path, Mode::from_raw_mode(mode))
        .map_err(|e| format!("its permissions could not be set (setting socket_mode): {e}"))?;
    if owner.is_some() || group.is_some() {
        rustix::fs::chown(path, owner, group).map_err(|e| match e {
            Errno::PERM => {
                "its owner could not be set (settings socket_owner, socket_group): the group must be one of this \
                 user's, and only root gives files away"
                    .to_owned()
            }
            _ => format!("its owner could not be set (settings socket_owner, socket_group): {e}"),
        })?;
    }
    Ok(())
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Removes a socket that nobody listens on any more, and nothing else.
fn clear_the_way(path: &Path) -> Result<(), String> {
    let Ok(found) = std::fs::symlink_metadata(path) else { return Ok(()) };
    if !found.file_type().is_socket() {
        return Err(
            "there is a file of that name that is no socket; remove it or choose another path".to_owned()
        );
    }
    match UnixStream::connect(path) {
        Ok(_) => Err("another process listens there; stop it first or choose another path".to_owned()),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => std::fs::remove_file(path)
            .map_err(|e| format!("the socket left over there cannot be removed: {e}")),
        Err(error) => Err(format!("the socket there cannot be probed: {error}")),
    }
}

fn user(name: &str) -> Result<Uid, String> {
    if let Ok(number) = name.parse() {
        return Ok(Uid::from_raw(number));
    }
    match nix::unistd::User::from_name(name) {
        Ok(Some(user)) => Ok(Uid::from_raw(user.uid.as_raw())),
        _ => Err(format!("there is no user '{name}' (setting socket_owner)")),
    }
}

fn group(name: &str) -> Result<Gid, String> {
    if let Ok(number) = name.parse() {
        return Ok(Gid::from_raw(number));
    }
    match nix::unistd::Group::from_name(name) {
        Ok(Some(group)) => Ok(Gid::from_raw(group.gid.as_raw())),
        _ => Err(format!("there is no group '{name}' (setting socket_group)")),
    }
}

fn inherit(protocol: Protocol, number: i32) -> Result<Bound, String> {
    let socket = system::duplicate(number).map_err(|_| "no such descriptor is open".to_owned())?;
    if !is_listening(&socket) {
        return Err("that descriptor is no listening socket".to_owned());
    }
    let tcp = rustix::net::sockopt::socket_domain(&socket).is_ok_and(|family| family != AddressFamily::UNIX);
    rustix::io::ioctl_fionbio(&socket, true).map_err(|e| e.to_string())?;
    let name = format!("fd:{number}");
    Ok(Bound { socket: Arc::new(socket), protocol, name, file: None, tcp, private: false })
}

/// True if the descriptor is a socket on which connections can be accepted.
pub(crate) fn is_listening(fd: impl AsFd) -> bool {
    rustix::net::sockopt::socket_acceptconn(fd).unwrap_or(false)
}

impl Bound {
    /// Begins to listen. Doing so again, in another process, changes nothing.
    ///
    /// # Errors
    /// The system refuses, or another process has put a socket of its own in the place of this one meanwhile.
    pub(crate) fn listen(&self, backlog: u32) -> io::Result<()> {
        if let Some((path, inode)) = &self.file
            && !std::fs::symlink_metadata(path).is_ok_and(|found| found.ino() == *inode)
        {
            return Err(io::Error::other(format!("{} was taken over by another process", self.name)));
        }
        Ok(rustix::net::listen(&*self.socket, i32::try_from(backlog).unwrap_or(i32::MAX))?)
    }

    /// Turns away whoever belongs to another user, and answers the others a question only together with their request.
    pub(crate) fn for_this_user_alone(self) -> Self {
        Self { private: true, ..self }
    }

    /// True if somebody has connected and has not been accepted.
    pub(crate) fn has_callers(&self) -> bool {
        let mut fds = [PollFd::new(&*self.socket, PollFlags::IN)];
        poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|count| count > 0)
    }

    /// Has whoever comes from now on find nobody; who has connected already waits to be accepted. Only a unix socket of
    /// one's own is taken away like that: one that was inherited may have an heir, and of a TCP socket Linux would drop those
    /// who wait as well.
    pub(crate) fn refuse_newcomers(&self) {
        if self.file.is_some() {
            self.remove();
            // If that fails they wait, as on the others.
            let _ = rustix::net::shutdown(&*self.socket, Shutdown::Read);
        }
    }

    /// Closes the connections that have not been accepted.
    pub(crate) fn turn_away(&self) {
        while rustix::net::accept_with(&*self.socket, FLAGS).is_ok() {}
    }

    /// The protocol and the address, as messages show them.
    pub(crate) fn label(&self) -> String {
        match self.protocol {
            Protocol::Http => {
                let place =
                    if self.tcp { format!("http://{}/", self.name) } else { format!("http {}", self.name) };
                format!("{place} (for trying and developing, not for the open internet)")
            }
            other => {
                let exposed = self.name.parse().is_ok_and(|at: SocketAddr| !at.ip().is_loopback());
                let what = if exposed { " (who reaches it is believed to be the web server)" } else { "" };
                format!("{} {}{what}", other.name(), self.name)
            }
        }
    }

    /// Removes the file of a unix socket, unless another process has put its own there.
    pub(crate) fn remove(&self) {
        if let Some((path, inode)) = &self.file
            && std::fs::symlink_metadata(path).is_ok_and(|found| found.ino() == *inode)
        {
            // If that fails, the next start finds it stale and removes it.
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(protocol: Protocol, name: &str) -> String {
        let socket = Arc::new(OwnedFd::from(std::fs::File::open("/dev/null").unwrap()));
        Bound { socket, protocol, name: name.to_owned(), file: None, tcp: true, private: false }.label()
    }

    #[test]
    fn a_socket_that_others_may_reach_says_what_that_means() {
        assert_eq!(label(Protocol::Scgi, "127.0.0.1:4000"), "scgi 127.0.0.1:4000");
        assert_eq!(label(Protocol::FastCgi, "[::1]:4000"), "fastcgi [::1]:4000");
        assert_eq!(label(Protocol::Scgi, "fd:3"), "scgi fd:3");
        for name in ["0.0.0.0:4000", "[::]:4000", "192.0.2.1:4000"] {
            assert!(
                label(Protocol::Scgi, name).ends_with("(who reaches it is believed to be the web server)")
            );
        }
    }
}
