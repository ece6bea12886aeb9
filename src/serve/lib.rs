//! Carries requests from sockets to the app and back: listeners, workers, threads, deadlines.
//!
//! ```text
//! supervisor ─► worker ─► crew (threads; lead: whose turn it is) ◄─► yard, lobby (tokio: what waits)
//!                              │
//!                              └─► carrier (one request: active) ─► connection ─► link (descriptors), outgoing, tail, spool
//!                                   ▲
//!                                   └─ flusher (what waits for company)
//! ```
//!
//! A request never changes threads: the thread that finds it calls the app and writes the answer. tokio watches what
//! has nothing for a thread to do: listeners while nobody connects, kept connections between requests, slow readers,
//! deadlines and signals.

mod active;
mod admission;
mod backend;
mod bound;
mod carrier;
mod census;
mod cgi;
mod child;
mod clock;
mod connection;
mod crew;
mod explain;
mod farewell;
mod flusher;
mod heap;
mod junction;
mod keeper;
mod kept;
mod lane;
mod lead;
mod link;
mod listener;
mod lobby;
mod lock;
mod log;
mod outgoing;
mod plan;
mod refusal;
mod renewal;
mod script;
mod source;
mod spool;
mod stream;
mod supervisor;
mod system;
mod tail;
mod trunk;
mod turns;
mod warn;
mod watched;
mod worker;
mod yard;

pub use bound::ListenError;
pub use cgi::cgi;
pub use janua_fastcgi::Multiplex;
pub use janua_vocabulary::{Address, AddressError};
pub use plan::{BackendPlan, Listen, Plan, Reload, SocketAccess};
pub use script::{NotServed, script, script_refused};
pub use source::Source;
pub use supervisor::{ServeError, serve};
