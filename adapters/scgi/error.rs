//! What a peer can get wrong in SCGI.

use janua_vocabulary::PeerError;

/// The peer broke the SCGI text or reached a limit. The peer is the web server, or whoever reached its socket.
///
/// An SCGI answer has no framing that could be out of step, so everything but a connection that ended too soon is
/// answered with a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScgiError {
    /// The first bytes are not `<digits>:`.
    #[error("the peer does not speak SCGI: byte {0:#04x} where the length of the head should be")]
    NotALength(u8),
    /// A netstring's length has exactly one spelling.
    #[error("the peer wrote the length of the head with a leading zero")]
    LeadingZero,
    /// Refused as soon as the length is known, before the head itself arrives.
    #[error("the peer announced a head of more than {limit} bytes")]
    HeadTooLong {
        /// The limit in force, in bytes.
        limit: usize,
    },
    /// The netstring does not end where its length says.
    #[error("the peer's head is not followed by a comma, so its length is wrong")]
    NoComma,
    /// The last byte of the head is not a NUL.
    #[error("the peer's head does not end with a NUL")]
    Unterminated,
    /// An odd number of strings.
    #[error("the last header of the peer's head has no value")]
    NoValue,
    /// A header without a name.
    #[error("the peer sent a header with an empty name")]
    EmptyName,
    /// More headers than allowed.
    #[error("the peer sent more than {limit} headers")]
    TooManyParams {
        /// The limit in force.
        limit: usize,
    },
    /// A name longer than allowed.
    #[error("the peer sent a header whose name is longer than {limit} bytes")]
    NameTooLong {
        /// The limit in force, in bytes.
        limit: usize,
    },
    /// Nothing but CONTENT_LENGTH says where the body ends.
    #[error("the peer sent no CONTENT_LENGTH, which SCGI needs even when there is no body")]
    NoContentLength,
    /// Empty, signed, not a number, or 2^63 and more.
    #[error("the peer sent a CONTENT_LENGTH that is not a number of bytes")]
    BadContentLength,
    /// Two front servers that read this differently could be played off against each other.
    #[error("the peer sent CONTENT_LENGTH twice with different values")]
    TwoContentLengths,
    /// `SCGI` has a value other than `1`.
    #[error("the peer speaks a version of SCGI other than 1")]
    OtherVersion,
    /// The connection ended inside the head.
    #[error("the peer closed the connection before the head of the request was whole")]
    ClosedInHead,
    /// The connection ended inside the body.
    #[error("the peer closed the connection {missing} bytes before the end of the request's body")]
    ClosedInBody {
        /// How many bytes of the body never came.
        missing: u64,
    },
}

impl From<ScgiError> for PeerError {
    fn from(error: ScgiError) -> Self {
        let reason = error.to_string();
        match error {
            ScgiError::HeadTooLong { .. } => PeerError::refuse(431, reason).with_setting("max_params_bytes"),
            ScgiError::TooManyParams { .. } => PeerError::refuse(431, reason).with_setting("max_params"),
            ScgiError::NameTooLong { .. } => PeerError::refuse(431, reason).with_setting("max_name_bytes"),
            ScgiError::ClosedInHead | ScgiError::ClosedInBody { .. } => PeerError::close(reason),
            _ => PeerError::refuse(400, reason),
        }
    }
}
