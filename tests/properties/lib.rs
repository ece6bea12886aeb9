//! What must hold whatever arrives.
//!
//! Each property is a function of some bytes, so that a fuzzer can look for a counterexample (`fuzz/`) and an
//! ordinary test can try the captured requests and what becomes of them when they are damaged (`tests/`). It says
//! nothing if the property holds and panics if not.
//!
//! ```text
//! bytes ─► Input ─► cuts, limits, operations, parameters, settings ─► codec, environ, head, settings ─► assert
//! ```
//!
//! Per protocol there are two properties: `bytes`, in which a peer sends anything at all, and `operations`, in
//! which peer and owner do what they may do in any order. Both have the same rules of order ([`codec::Order`]) and
//! the same bound on memory ([`codec::Bound`]).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a property that does not hold panics"
)]

pub mod answers;
pub mod cgi;
pub mod codec;
#[cfg(feature = "config")]
pub mod config;
pub mod environ;
pub mod fastcgi;
pub mod http;
mod input;
mod memory;
pub mod mutate;
pub mod response;
pub mod scgi;
pub mod shared;

pub use input::Input;
pub use memory::Counting;
