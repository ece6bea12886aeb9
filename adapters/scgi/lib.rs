//! SCGI without I/O: a netstring of headers and a body in, a response out.
//!
//! [`ScgiCodec`] is the side of the back end, [`client`] the side of the web server. A connection carries one
//! request and its answer:
//!
//! ```text
//! <length> ":" (<name> NUL <value> NUL)* "," <body of CONTENT_LENGTH bytes>
//! ```

pub mod client;
mod codec;
mod error;
mod head;

pub use codec::ScgiCodec;
pub use error::ScgiError;
