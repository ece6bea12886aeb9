//! What to serve and how: the settings that are not about the environ.

use crate::Address;
use janua_fastcgi::Multiplex;
use janua_vocabulary::{Limits, Protocol};
use std::path::PathBuf;
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
    /// Settings `max_params_bytes`, `max_params` and `max_name_bytes`.
    pub limits: Limits,
    /// Bytes of a request's body held in memory; beyond that it goes to a temporary file.
    pub body_memory: usize,
    /// Bytes of a request's body, and of the file of a filter with it; 0 if there is no such number.
    pub max_body_bytes: u64,
    /// Connections of each process whose requests are served.
    pub max_connections: usize,
    /// Requests after which a connection is no longer kept; 0 if there is no such number.
    pub max_requests_per_connection: u64,
    /// How long a request may take to arrive until its head is whole.
    pub head_timeout: Duration,
    /// How long a connection is kept on which nothing is asked; zero if there is no such time.
    pub idle_timeout: Duration,
    /// How long a connection that has had its last answer is read before it is closed under its peer.
    pub linger_timeout: Duration,
    /// How long a peer may go without sending or taking a byte while it is expected to.
    pub progress_timeout: Duration,
    /// When several requests may be open on one FastCGI connection.
    pub fastcgi_multiplex: Multiplex,
    /// The most requests that may be open on such a connection.
    pub fastcgi_max_open: usize,
    /// Bytes of a request's body that may wait in a temporary file, so that other requests of the connection go on.
    pub fastcgi_spill: usize,
    /// Answer every request with what becomes of it, and load no app.
    pub explain: bool,
    /// How long requests in flight may go on after the service was told to stop.
    pub stop_timeout: Duration,
    /// How an app runs that `janua-cgi` keeps loaded.
    pub backend: BackendPlan,
}

/// A backend of `janua-cgi`. Each field but the last is the setting of that name with `cgi_` before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendPlan {
    /// How long it stays when nobody asks.
    pub idle_timeout: Duration,
    /// Threads that call the app.
    pub threads: usize,
    /// Requests after which it goes; 0 if there is no such number.
    pub max_requests: u64,
    /// Bytes of memory above which it goes; 0 if there is no such number.
    pub max_memory: u64,
    /// What it is to be replaced for.
    pub reload: Reload,
    /// Where the backends' files are. Of interest to `janua-cgi`.
    pub folder: Option<PathBuf>,
    /// Names of variables that it keeps from the environment of the first request. Of interest to `janua-cgi`.
    pub environment: Vec<String>,
    /// What the paths of its files begin with, if this process is such a backend.
    pub files: Option<PathBuf>,
}

/// What makes a backend's code out of date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reload {
    /// A change of the script, or of a module from its folder.
    pub code: bool,
    /// A change of one of these files, or of a module from one of these folders.
    pub files: Vec<PathBuf>,
}

impl Default for BackendPlan {
    fn default() -> Self {
        Self {
            idle_timeout: Duration::from_secs(300),
            threads: 1,
            max_requests: 0,
            max_memory: 0,
            reload: Reload { code: true, files: Vec::new() },
            folder: None,
            environment: Vec::new(),
            files: None,
        }
    }
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
            max_body_bytes: 1024 * 1024 * 1024,
            max_connections: 4096,
            max_requests_per_connection: 0,
            head_timeout: Duration::from_secs(60),
            idle_timeout: Duration::from_secs(3600),
            linger_timeout: Duration::from_secs(30),
            progress_timeout: Duration::from_secs(60),
            fastcgi_multiplex: Multiplex::WhenAsked,
            fastcgi_max_open: 100,
            fastcgi_spill: 1024 * 1024 * 1024,
            explain: false,
            stop_timeout: Duration::from_secs(30),
            backend: BackendPlan::default(),
        }
    }
}
