//! HTTP/1.1 (RFC 9112) without I/O, for trying and developing.
//!
//! [`HttpCodec`] is the server's side: it turns a request into the parameters that a web server would send over CGI
//! (RFC 3875, section 4.1), so that everything behind it is the same as behind a real front server. It is strict
//! where two readers of one request could disagree, and it does not try to be the front that the open internet
//! needs. [`client`] is the other side, for asking such a server.
//!
//! ```text
//! bytes ─► HeadScan ─► RequestLine, Target, Fields ─► params ─► Event::Request
//!       └► Chunks or a count ─────────────────────────────────► Event::Body, Event::BodyEnd
//! ```
//!
//! There is no clock here, and so no `Date` in the answers: RFC 9110, section 6.6.1, lets a server without a clock
//! leave it out.

mod chunks;
pub mod client;
mod codec;
mod error;
mod fields;
mod head;
mod host;
mod params;
mod reply;
mod request_line;
mod target;

pub use codec::HttpCodec;
pub use params::Ends;
