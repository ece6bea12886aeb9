//! The bridge to Python: loads a WSGI app (PEP 3333), calls it, and takes its answer.
//!
//! This crate and the module's face in `src/lib.rs` are the only ones that know of Python. What it needs of the
//! connection behind a request it asks of an [`Exchange`], so it knows nothing of protocols or sockets.
//!
//! ```text
//! Environ ─► environ.rs (a dict) ─► invoke.rs ─► the app ─► reply.rs (start_response, blocks) ─► Exchange
//!                                      │            ▲
//!                                      └─ input.rs, errors.rs, file_wrapper.rs: what the app finds in its environ
//! ```

mod caption;
mod environ;
mod errors;
mod exchange;
mod failure;
mod file_wrapper;
mod handed;
mod input;
mod invoke;
mod load;
mod modules;
mod names;
mod reply;
mod role;
mod spec;
mod stretch;
mod thread;

pub use exchange::{Block, Exchange, Failure};
pub use file_wrapper::FileWrapper;
pub use handed::{hand_over, is_loading};
pub use invoke::{App, Mode};
pub use load::{LoadError, named};
pub use modules::{module_files, modules_loaded};
pub use spec::{AppSpec, SpecError};
pub use thread::{
    Thread, attached, default_signals, finish_process, forget_variable, fork, on_terminate, print_by_line,
};
