//! Asks a back end over SCGI, FastCGI or HTTP, for people who have to debug a socket.
//!
//! It writes and reads with the client halves of the adapters, so that one grammar serves both ends:
//!
//! ```text
//! Plan ─► params (SCGI, FastCGI) ─┐                                          ┌─► head, body ─► stdout
//!     └─► headers (HTTP) ─────────┴─► outgoing ─► connection ─► incoming ─► sink
//!                                                                            └─► STDERR ───► stderr
//! ```
//!
//! Nothing is shared with the service but the vocabulary: blocking sockets, one thread that sends and one that reads.

mod connection;
mod data;
mod document;
mod exchange;
mod failure;
mod headers;
mod incoming;
mod outgoing;
mod params;
mod plan;
mod printer;
mod run;
mod url;

pub use data::Data;
pub use plan::{BackEnd, Change, Header, Path, Plan};
pub use run::run;
