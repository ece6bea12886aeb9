//! Why an environ is what it is, for people and for machines.
//!
//! [`explain`] makes the environ of a request before a witness and keeps what that one heard: what the server
//! sent, which rule decided what and why, and what came out. Where no gateway can know ([`Undecidable`]),
//! [`Advice`] has the line that settles it, for the server's configuration and for janua's. The same line goes
//! into the log of a running service.
//!
//! ```text
//! capture ─► Capture ─► explain ─► Explanation ─► text, json
//!                          └─ hearing, sent, advice, note
//! ```
//!
//! [`Undecidable`]: janua_environ::Undecidable

mod advice;
mod capture;
mod explanation;
mod hearing;
mod json;
mod mount;
mod note;
mod sent;
mod show;
mod text;
mod url;

pub use advice::{Advice, Fix, advise};
pub use capture::{Capture, CaptureError};
pub use explanation::{Explanation, Outcome, Refused, explain};
pub use hearing::{Changed, Step};
pub use note::Note;
pub use sent::{Fact, Sent};
