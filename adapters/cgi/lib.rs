//! CGI (RFC 3875) without I/O: environment and stdin in, a response on stdout out.
//!
//! A CGI process serves one request. Its parameters are the process environment ([`request_params`]), its body comes
//! on stdin, and its response goes to stdout behind a `Status` field instead of a status line. [`is_cgi`] tells
//! whether a server started this process as CGI at all.

mod codec;
mod environment;
mod length;

pub use codec::CgiCodec;
pub use environment::{is_cgi, request_params};
pub use length::body_length;
