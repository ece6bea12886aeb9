//! What a client can do wrong.

use crate::chunks::ChunkError;
use janua_vocabulary::PeerError;

/// The client broke HTTP or reached a limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("the client does not speak HTTP (first byte {0:#04x}); over TLS it needs a front server")]
    NotHttp(u8),
    #[error("the client's request line is not a method, a target and a version with one space between them")]
    RequestLine,
    #[error("the client's version is not HTTP/1.0 or HTTP/1.1")]
    Version,
    #[error("the client asks for a tunnel with CONNECT, which this server does not make")]
    Connect,
    #[error("the client's request target {0}")]
    Target(&'static str),
    #[error("a line of the client's request head ends without CR (RFC 9112, section 2.2)")]
    BareLf,
    #[error("a line of the client's request head continues the one before it (RFC 9112, section 5.2)")]
    Folded,
    #[error("the client's header fields are malformed: {0}")]
    Fields(httparse::Error),
    #[error("the client's Host field {0} (RFC 9112, section 3.2)")]
    Host(&'static str),
    #[error("the client's Content-Length is not a number of bytes, or is given twice with different numbers")]
    ContentLength,
    #[error("the client sends both Content-Length and Transfer-Encoding (RFC 9112, section 6.3)")]
    LengthAndChunks,
    #[error("the client sends Transfer-Encoding with HTTP/1.0 (RFC 9112, section 6.1)")]
    ChunksInHttp10,
    #[error("the client's Transfer-Encoding is not \"chunked\" alone, and no other is known here")]
    TransferEncoding,
    #[error("the client's request head is larger than {0} bytes")]
    HeadTooLarge(usize),
    #[error("the client's request has more than {0} header fields")]
    TooManyFields(usize),
    #[error("the client sends a header field whose name is longer than {0} bytes")]
    NameTooLong(usize),
    #[error("the client's chunked body {0}")]
    Chunks(#[from] ChunkError),
    #[error("the client closed the connection within a request head")]
    ClosedInHead,
    #[error("the client closed the connection {missing} bytes short of Content-Length {total}")]
    ClosedInBody { missing: u64, total: u64 },
    #[error("the client closed the connection before the last chunk of a body")]
    ClosedInChunks,
}

impl From<HttpError> for PeerError {
    fn from(error: HttpError) -> Self {
        let reason = error.to_string();
        match error {
            HttpError::HeadTooLarge(_) => PeerError::refuse(431, reason).with_setting("max_params_bytes"),
            HttpError::TooManyFields(_) => PeerError::refuse(431, reason).with_setting("max_params"),
            HttpError::NameTooLong(_) => PeerError::refuse(431, reason).with_setting("max_name_bytes"),
            HttpError::Version => PeerError::refuse(505, reason),
            HttpError::Connect | HttpError::TransferEncoding => PeerError::refuse(501, reason),
            HttpError::ClosedInHead | HttpError::ClosedInBody { .. } | HttpError::ClosedInChunks => {
                PeerError::close(reason)
            }
            _ => PeerError::refuse(400, reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use janua_vocabulary::Answer;

    #[test]
    fn limits_name_their_setting() {
        let error = PeerError::from(HttpError::HeadTooLarge(10));
        assert_eq!((error.answer, error.setting), (Answer::Status(431), Some("max_params_bytes")));
        assert_eq!(
            error.to_string(),
            "the client's request head is larger than 10 bytes (setting max_params_bytes)"
        );
        assert_eq!(PeerError::from(HttpError::TooManyFields(1)).setting, Some("max_params"));
    }

    #[test]
    fn a_client_that_is_gone_gets_no_answer() {
        assert_eq!(PeerError::from(HttpError::ClosedInHead).answer, Answer::Close);
        assert_eq!(PeerError::from(HttpError::ClosedInChunks).answer, Answer::Close);
    }
}
