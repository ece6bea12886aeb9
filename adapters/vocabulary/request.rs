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

/// What the server asks the app to be. Only FastCGI knows more than one of them (FastCGI 1.0, section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It answers the request.
    Responder,
    /// It decides whether the request is allowed. There is no body.
    Authorizer,
    /// It answers the request with what it makes of a file, which follows the body as a second stream.
    Filter {
        /// How long the file is.
        length: BodyLength,
        /// When it was last changed, in seconds since 1970, if the server said so.
        modified: Option<u64>,
    },
}

/// The head of a request, the same for every protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What the server said, untouched.
    pub params: Params,
    /// How the adapter frames the body that follows.
    pub body: BodyLength,
    /// What the server asks for.
    pub role: Role,
}
