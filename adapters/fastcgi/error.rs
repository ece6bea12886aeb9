//! What a peer can get wrong in FastCGI.

use janua_vocabulary::PeerError;

/// The peer broke FastCGI 1.0 or reached a limit. The peer is the web server, or whoever reached its socket.
///
/// Within a request whose parameters are on the way an answer can be framed, so such errors are answered with a
/// status; with the others there is no request to answer to, and the connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FastCgiError {
    /// The first byte of a record is not the version 1.
    #[error("the peer does not speak FastCGI 1: byte {0:#04x} where the version of a record should be")]
    OtherVersion(u8),
    /// Section 3.3: the id 0 is that of management records.
    #[error("the peer began a request with the id 0, which is no request's")]
    NullRequest,
    /// The content of BEGIN_REQUEST is eight bytes long (section 5.1).
    #[error("the peer sent a BEGIN_REQUEST of {0} bytes instead of 8")]
    BeginLength(usize),
    /// Section 3.3: an id becomes free only with END_REQUEST.
    #[error("the peer began request {0} again before it was answered")]
    BegunTwice(u16),
    /// END_REQUEST with FCGI_UNKNOWN_ROLE was sent, and the peer did not ask to keep the connection.
    #[error("the peer asked for the unknown role {0}, and was told UNKNOWN_ROLE")]
    OtherRole(u16),
    /// The content of GET_VALUES is not a list of pairs.
    #[error("the peer sent GET_VALUES with a pair that goes beyond the record")]
    ValuesCut,
    /// More bytes of PARAMS than allowed, or a pair that claims to be longer.
    #[error("the peer sent parameters of more than {limit} bytes")]
    ParamsTooLong {
        /// The limit in force, in bytes.
        limit: usize,
    },
    /// More parameters than allowed.
    #[error("the peer sent more than {limit} parameters")]
    TooManyParams {
        /// The limit in force.
        limit: usize,
    },
    /// A pair whose name is, or claims to be, longer than allowed.
    #[error("the peer sent a parameter whose name is longer than {limit} bytes")]
    NameTooLong {
        /// The limit in force, in bytes.
        limit: usize,
    },
    /// PARAMS ended inside a pair.
    #[error("the peer ended the parameters in the middle of a pair")]
    ParamsCut,
    /// STDIN before the end of PARAMS.
    #[error("the peer sent input before the end of the parameters")]
    InputBeforeParams,
    /// DATA before the end of STDIN (section 6.4).
    #[error("the peer sent the file for a filter before the end of the request's body")]
    DataTooEarly,
    /// The connection ended inside a record that belongs to no request.
    #[error("the peer closed the connection inside a record")]
    ClosedInRecord,
    /// The connection ended before the parameters did.
    #[error("the peer closed the connection before the parameters of the request were whole")]
    ClosedInParams,
    /// The connection ended before STDIN did.
    #[error("the peer closed the connection before the end of the request's body")]
    ClosedInBody,
}

impl From<FastCgiError> for PeerError {
    fn from(error: FastCgiError) -> Self {
        let reason = error.to_string();
        match error {
            FastCgiError::ParamsTooLong { .. } => {
                PeerError::refuse(431, reason).with_setting("max_params_bytes")
            }
            FastCgiError::TooManyParams { .. } => PeerError::refuse(431, reason).with_setting("max_params"),
            FastCgiError::NameTooLong { .. } => PeerError::refuse(431, reason).with_setting("max_name_bytes"),
            FastCgiError::ParamsCut | FastCgiError::InputBeforeParams | FastCgiError::DataTooEarly => {
                PeerError::refuse(400, reason)
            }
            _ => PeerError::close(reason),
        }
    }
}
