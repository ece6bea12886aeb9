//! A request as an adapter hands it on.

use crate::Params;

/// The way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// RFC 3875: the process environment and stdin.
    Cgi,
    /// The SCGI text of 2006.
    Scgi,
    /// FastCGI 1.0.
    FastCgi,
    /// HTTP/1.1, RFC 9112.
    Http,
}

impl Protocol {
    /// The name as settings and messages use it.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Cgi => "cgi",
            Protocol::Scgi => "scgi",
            Protocol::FastCgi => "fastcgi",
            Protocol::Http => "http",
        }
    }
}

/// How long the body of a request is, as far as its head tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyLength {
    /// This many bytes.
    Exactly(u64),
    /// Until the protocol says that it ends: an empty STDIN record, end of file, the last chunk.
    ToEnd,
}

/// The head of a request, the same for every protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What the server said, untouched.
    pub params: Params,
    /// How the adapter frames the body that follows.
    pub body: BodyLength,
}
