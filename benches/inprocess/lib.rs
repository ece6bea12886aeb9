//! What a request costs without the kernel, part by part: from the bytes of a request to the bytes of its answer.
//!
//! [`PARTS`] is the list. `times.rs` measures each in nanoseconds (`make bench-inprocess`), `instructions.rs` runs each
//! so often that a simulator can count its instructions (`make instructions`), which a busy machine does not change.
#![allow(clippy::panic, clippy::expect_used, reason = "a measurement of something that fails means nothing")]

mod exchange;
mod parts;
mod request;

pub use parts::{PARTS, Part, Work};

/// Makes the calling thread one that can run every part, and runs `work` on it.
pub fn with_python<R>(work: impl FnOnce(janua_app::Thread<'_>) -> R) -> R {
    pyo3::Python::initialize();
    janua_app::attached(work)
}
