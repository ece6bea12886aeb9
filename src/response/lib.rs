//! What an app answers, checked once and kept to its promises.
//!
//! [`ResponseHead`] takes the status and the header fields of `start_response` one by one, refuses what PEP 3333 or
//! HTTP forbids, and renders the rest at once into the bytes that every protocol sends. [`Response`] then counts
//! the body against that head: how much of each block may go out, and whether the whole came to what was promised.
//! [`PlainAnswer`] is what is sent when there is no app to ask, or none that answered.
//!
//! Nothing here knows Python or a protocol, and nothing here does I/O.

mod error;
mod head;
mod plain;
mod response;
mod syntax;

pub use error::HeadError;
pub use head::ResponseHead;
pub use plain::{PlainAnswer, reason};
pub use response::{Ending, Response};
