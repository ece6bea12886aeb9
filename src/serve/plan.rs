//! What to serve and how: the settings that are not about the environ.

use crate::Address;
use janua_vocabulary::{Limits, Protocol};
use std::time::Duration;

/// One listening socket and what is spoken on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// The protocol of every connection to it.
    pub protocol: Protocol,
    /// Where it is.
    pub address: Address,
}

/// Who may connect to a unix socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketAccess {
    /// Permission bits. Setting `socket_mode`.
    pub mode: u32,
    /// Owner, by name or number. Setting `socket_owner`.
    pub owner: Option<String>,
    /// Group, by name or number. Setting `socket_group`.
    pub group: Option<String>,
}

/// How a service runs. Each field is the setting of that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Settings `fastcgi`, `scgi` and `http`.
    pub listen: Vec<Listen>,
    /// Settings `socket_mode`, `socket_owner` and `socket_group`.
    pub access: SocketAccess,
    /// Connections that the kernel may hold for each socket before they are accepted.
    pub backlog: u32,
    /// Processes.
    pub workers: usize,
    /// Threads of each process that call the app.
    pub threads: usize,
    /// Settings `max_params_bytes` and `max_params`.
    pub limits: Limits,
    /// Bytes of a request's body held in memory; beyond that it goes to a temporary file.
    pub body_memory: usize,
    /// How long a peer may go without sending or taking a byte while it is expected to.
    pub progress_timeout: Duration,
    /// Answer every request with what becomes of it, and load no app.
    pub explain: bool,
    /// How long requests in flight may go on after the service was told to stop.
    pub stop_timeout: Duration,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            listen: Vec::new(),
            access: SocketAccess { mode: 0o660, owner: None, group: None },
            backlog: 1024,
            workers: 1,
            threads: 1,
            limits: Limits::default(),
            body_memory: 1024 * 1024,
            progress_timeout: Duration::from_secs(60),
            explain: false,
            stop_timeout: Duration::from_secs(30),
        }
    }
}
