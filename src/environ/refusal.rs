//! Requests that are not passed on.

use crate::Known;
use janua_vocabulary::PeerError;

/// Why a request gets an answer from the gateway and not from the app.
///
/// The text says what was wrong without repeating what was sent, so that it is fit for a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A NUL byte in a name or a value. Programs behind would see only what stands before it.
    #[error("a parameter contains a NUL byte")]
    NulByte,
    /// `%00` in the path of the request: decoded, it is the same as [`Refusal::NulByte`].
    #[error("the path of the request contains an encoded NUL byte")]
    NulInPath,
    /// RFC 3875 section 4.1.12 demands a method.
    #[error("the server sent no REQUEST_METHOD")]
    NoMethod,
    /// Two servers on the way could read the body differently.
    #[error("CONTENT_LENGTH is not one number of bytes")]
    BadLength,
    /// SCGI has no other mark for the end of the body.
    #[error("SCGI needs a CONTENT_LENGTH, and none was sent")]
    NoLength,
    /// A variable that decides about trust was sent twice with different values.
    #[error("{} was sent more than once, with different values", .0.name())]
    Contradiction(Known),
    /// The request lies outside the mount that the setting `script_name` names.
    #[error("the URL does not lie under script_name")]
    OutsideMount,
}

impl Refusal {
    /// The HTTP status of the answer.
    pub fn status(self) -> u16 {
        match self {
            Refusal::OutsideMount => 404,
            _ => 400,
        }
    }

    /// The setting that would have let the request pass, if there is one.
    pub fn setting(self) -> Option<&'static str> {
        match self {
            Refusal::OutsideMount => Some("on_mismatch"),
            _ => None,
        }
    }
}

impl From<Refusal> for PeerError {
    fn from(refusal: Refusal) -> Self {
        let error = PeerError::refuse(refusal.status(), refusal.to_string());
        match refusal.setting() {
            Some(setting) => error.with_setting(setting),
            None => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_was_wrong_and_which_setting_would_change_it() {
        let error = PeerError::from(Refusal::OutsideMount);
        assert_eq!(error.answer.status(), Some(404));
        assert_eq!(error.to_string(), "the URL does not lie under script_name (setting on_mismatch)");
        assert_eq!(PeerError::from(Refusal::NulByte).answer.status(), Some(400));
        let twice = Refusal::Contradiction(Known::HttpHost);
        assert_eq!(twice.to_string(), "HTTP_HOST was sent more than once, with different values");
    }
}
