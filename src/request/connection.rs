//! A connection to the back end, over whatever it listens on.

use crate::BackEnd;
use crate::failure::Failure;
use janua_vocabulary::Address;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// A connected socket. One thread may read from it while another writes to it.
#[derive(Debug)]
pub(crate) enum Connection {
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Connection {
    /// Connects before `deadline`.
    ///
    /// # Errors
    /// Nobody could be reached, with what to try next, or nobody has answered by then.
    pub(crate) fn open(back_end: &BackEnd, deadline: Instant) -> Result<Self, Failure> {
        // A full queue of a unix socket holds `connect` up for as long as it is full, and a name server may hang
        // too. That is what people look for with this command, so the wait must have an end.
        let (send, receive) = mpsc::channel();
        let address = back_end.address.clone();
        thread::spawn(move || send.send(connect(&address)));
        match receive.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(Failure::Unreachable(unreachable(back_end, &error))),
            Err(_) => Err(Failure::Timeout(format!(
                "{} took no connection in time (--max-time); it may be too busy to accept any",
                back_end.address
            ))),
        }
    }

    /// Reads what has come, waiting for it until `deadline`. Nothing means that the peer has closed.
    ///
    /// # Errors
    /// [`ErrorKind::TimedOut`] at the deadline, or the connection broke.
    pub(crate) fn read(&self, room: &mut [u8], deadline: Instant) -> io::Result<usize> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left == Duration::ZERO {
                return Err(ErrorKind::TimedOut.into());
            }
            let result = match self {
                Self::Unix(socket) => {
                    socket.set_read_timeout(Some(left))?;
                    (&*socket).read(room)
                }
                Self::Tcp(socket) => {
                    socket.set_read_timeout(Some(left))?;
                    (&*socket).read(room)
                }
            };
            match result {
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
                result => return result,
            }
        }
    }

    /// Ends both directions, so that a thread that waits on this connection goes on.
    pub(crate) fn shut(&self) {
        let _ = match self {
            Self::Unix(socket) => socket.shutdown(Shutdown::Both),
            Self::Tcp(socket) => socket.shutdown(Shutdown::Both),
        };
    }
}

impl Write for &Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Connection::Unix(socket) => (&*socket).write(bytes),
            Connection::Tcp(socket) => (&*socket).write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn connect(address: &Address) -> io::Result<Connection> {
    match address {
        Address::Unix(path) => UnixStream::connect(path).map(Connection::Unix),
        Address::Tcp { host, port } => TcpStream::connect((host.as_str(), *port)).map(Connection::Tcp),
        Address::Fd(_) => Err(ErrorKind::Unsupported.into()),
    }
}

/// Why nobody was reached, and what to try next.
fn unreachable(back_end: &BackEnd, error: &io::Error) -> String {
    let BackEnd { protocol, address } = back_end;
    let start =
        format!("start it with 'janua serve --{} {address} APP', or correct the address", protocol.name());
    let is_socket = |path| std::fs::metadata(path).is_ok_and(|found| found.file_type().is_socket());
    let why = match (error.kind(), address) {
        (ErrorKind::NotFound, Address::Unix(_)) => format!("there is no such socket; {start}"),
        (ErrorKind::ConnectionRefused, Address::Unix(path)) if !is_socket(path) => {
            "that is a file, but no socket; correct the address".to_owned()
        }
        (ErrorKind::ConnectionRefused, _) => format!("nobody listens there; {start}"),
        (ErrorKind::PermissionDenied, Address::Unix(_)) => {
            "this user may not write to that socket or enter its folder; ask as the user of the web server, or see \
             the settings socket_group and socket_mode of who listens"
                .to_owned()
        }
        _ => format!("{error}; correct the address, or see what is between here and there"),
    };
    format!("cannot connect to {address}: {why}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::os::unix::net::UnixListener;

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(300)
    }

    fn refused(back_end: &str) -> String {
        let failure = Connection::open(&back_end.parse().unwrap(), soon()).unwrap_err();
        assert_eq!(failure.exit_status(), 7, "{failure}");
        failure.to_string()
    }

    #[test]
    fn who_cannot_be_reached_is_told_with_the_next_step() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| format!("{}/{name}", folder.path().display());
        let missing = refused(&format!("scgi:unix:{}", path("none")));
        assert!(
            missing.contains("there is no such socket; start it with 'janua serve --scgi unix:"),
            "{missing}"
        );
        drop(UnixListener::bind(path("left")).unwrap());
        assert!(refused(&format!("fastcgi:unix:{}", path("left"))).contains("nobody listens there"));
        std::fs::write(path("file"), "").unwrap();
        assert!(refused(&format!("fastcgi:unix:{}", path("file"))).contains("no socket"));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        assert!(refused(&format!("http:127.0.0.1:{port}")).contains("nobody listens there"));
    }

    #[test]
    fn reading_ends_at_the_deadline() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let back_end: BackEnd = format!("http:{}", listener.local_addr().unwrap()).parse().unwrap();
        let connection = Connection::open(&back_end, soon()).unwrap();
        let began = Instant::now();
        let error = connection.read(&mut [0; 10], soon()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(began.elapsed() >= Duration::from_millis(290));
    }
}
