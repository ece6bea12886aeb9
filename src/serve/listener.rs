//! Listening sockets in a worker, and the connections that come by them.

use crate::admission::Admission;
use crate::bound::{Bound, FLAGS};
use crate::connection::{Connection, Peer};
use crate::link::Link;
use crate::system::{self, Watched};
use crate::{Plan, log};
use janua_fastcgi::{Capacity, FastCgiCodec, Multiplex};
use janua_http::{Ends, HttpCodec};
use janua_scgi::ScgiCodec;
use janua_vocabulary::{Codec, Protocol};
use rustix::io::Errno;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, ready};
use tokio::io::Interest;

/// A listening socket in a worker's reactor.
pub(crate) struct Listener {
    socket: Watched,
    protocol: Protocol,
    name: Arc<str>,
    tcp: bool,
    private: bool,
    port: String,
    address: String,
    /// Who may connect, if not all may.
    admission: Option<Admission>,
    /// So many may have been waiting when the worker was told to stop, and have not been accepted since.
    due: AtomicU32,
}

impl Listener {
    /// To be called inside the reactor.
    pub(crate) fn new(bound: &Bound) -> io::Result<Self> {
        let local =
            rustix::net::getsockname(&*bound.socket).ok().and_then(|at| SocketAddr::try_from(at).ok());
        Ok(Self {
            socket: system::watch(bound.socket.clone(), Interest::READABLE)?,
            protocol: bound.protocol,
            name: format!("{} {}", bound.protocol.name(), bound.name).into(),
            tcp: bound.tcp,
            private: bound.private,
            port: local.map_or_else(String::new, |at| at.port().to_string()),
            address: local.map_or_else(String::new, |at| at.ip().to_string()),
            admission: Admission::of_environment().filter(|_| bound.protocol == Protocol::FastCgi),
            due: AtomicU32::new(0),
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whoever waits now is due to be accepted, which is nobody beyond the `backlog`. What a backend of `janua-cgi` is asked
    /// others answer as well.
    pub(crate) fn make_due(&self, backlog: u32) {
        let due = if self.private { 0 } else { backlog.saturating_add(1) };
        self.due.store(due, Ordering::Relaxed);
    }

    /// True if some of them may still be waiting.
    pub(crate) fn is_due(&self) -> bool {
        self.due.load(Ordering::Relaxed) > 0
    }

    /// Accepts one of them. `None` if there is none left.
    ///
    /// # Errors
    /// As for [`accept`](Listener::accept).
    pub(crate) fn accept_due(&self, plan: &Plan) -> io::Result<Option<Connection>> {
        let accepted = self.accept(plan)?;
        let left = if accepted.is_some() { self.due.load(Ordering::Relaxed).saturating_sub(1) } else { 0 };
        self.due.store(left, Ordering::Relaxed);
        Ok(accepted)
    }

    /// Accepts a connection as soon as one waits.
    pub(crate) fn poll_accept(&self, cx: &mut Context<'_>, plan: &Plan) -> Poll<io::Result<Connection>> {
        loop {
            let mut guard = ready!(self.socket.poll_read_ready(cx))?;
            if let Some(accepted) = self.accept(plan).transpose() {
                return Poll::Ready(accepted);
            }
            // Of a socket that was shut the reactor says for ever that it is ready.
            let shut = guard.ready().is_read_closed();
            guard.clear_ready();
            if shut {
                return Poll::Pending;
            }
        }
    }

    /// Accepts a connection if one waits.
    ///
    /// # Errors
    /// Those of this process, such as too many open files.
    fn accept(&self, plan: &Plan) -> io::Result<Option<Connection>> {
        loop {
            let (socket, from) = match rustix::net::acceptfrom_with(self.socket.get_ref(), FLAGS) {
                Ok(accepted) => accepted,
                Err(Errno::AGAIN) => return Ok(None),
                // The peer left between connecting and being accepted.
                Err(Errno::CONNABORTED | Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            };
            if self.private && !janua_backend::is_of_this_user(&socket).unwrap_or(false) {
                log::line(format_args!("{}: closed: it is a process of another user", self.name));
                continue;
            }
            let from = from.filter(|_| self.tcp).and_then(|from| SocketAddr::try_from(from).ok());
            if self.admission.as_ref().is_some_and(|admission| !admission.admits(from)) {
                let from = from.map_or_else(|| "without an address".to_owned(), |from| from.to_string());
                log::line(format_args!(
                    "{}: closed: a peer {from} is not among those of FCGI_WEB_SERVER_ADDRS",
                    self.name
                ));
                continue;
            }
            return Ok(Some(self.connection(socket, from, plan)));
        }
    }

    fn connection(&self, socket: OwnedFd, from: Option<SocketAddr>, plan: &Plan) -> Connection {
        if self.tcp {
            // Without it small answers wait for company; if it fails they are merely slower.
            let _ = rustix::net::sockopt::set_tcp_nodelay(&socket, true);
            // A host that vanished says nothing; the system finds out, so that a kept connection does not stay for ever.
            let _ = rustix::net::sockopt::set_socket_keepalive(&socket, true);
        }
        let name = match from {
            Some(from) => format!("{} from {from}", self.name).into(),
            None => self.name.clone(),
        };
        let codec: Box<dyn Codec> = match self.protocol {
            Protocol::FastCgi => Box::new(FastCgiCodec::new(plan.limits, capacity(plan))),
            Protocol::Scgi | Protocol::Cgi => Box::new(ScgiCodec::new(plan.limits)),
            Protocol::Http => {
                let ends = Ends {
                    server_addr: self.address.clone(),
                    server_port: self.port.clone(),
                    remote_addr: from.map_or_else(String::new, |from| from.ip().to_string()),
                    remote_port: from.map_or_else(String::new, |from| from.port().to_string()),
                };
                Box::new(HttpCodec::new(plan.limits, ends))
            }
        };
        let mut connection = Connection::new(Link::Socket(Arc::new(socket)), codec, Peer { name });
        connection.promises = self.private;
        connection
    }
}

/// What GET_VALUES is told: as many connections as are neither refused nor left to the kernel's patience, and requests as
/// many as run at once, one for each thread. Where a connection may have several, so many may be open on it as are not
/// refused.
pub(crate) fn capacity(plan: &Plan) -> Capacity {
    let number = |count| u32::try_from(count).unwrap_or(u32::MAX);
    let threads = number(plan.workers.saturating_mul(plan.threads));
    let multiplex = plan.fastcgi_multiplex;
    let requests = if multiplex == Multiplex::Never { threads } else { number(plan.fastcgi_max_open) };
    let served = number(plan.workers.saturating_mul(plan.max_connections));
    Capacity { connections: threads.saturating_add(plan.backlog).min(served), requests, multiplex }
}
