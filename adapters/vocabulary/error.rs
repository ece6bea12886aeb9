//! Errors that are the peer's fault.

use std::borrow::Cow;

/// What the peer gets to hear of its error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// A response with this HTTP status; the protocol has got far enough to carry one.
    Status(u16),
    /// Nothing: the connection is closed.
    Close,
}

/// The peer broke the protocol or reached a limit.
///
/// Each adapter has an error type of its own that says what happened; this is what they all become.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}{}", setting_note(*setting))]
pub struct PeerError {
    /// What was wrong, in words for the log, without the peer's raw bytes.
    pub reason: Cow<'static, str>,
    /// What the peer gets to hear.
    pub answer: Answer,
    /// The setting that moves the limit, if it was one.
    pub setting: Option<&'static str>,
}

impl PeerError {
    /// The protocol was broken in a way that leaves nothing to answer to.
    pub fn close(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { reason: reason.into(), answer: Answer::Close, setting: None }
    }

    /// The request is refused with `status`.
    pub fn refuse(status: u16, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { reason: reason.into(), answer: Answer::Status(status), setting: None }
    }

    /// The same error, naming the setting that moves the limit.
    pub fn with_setting(self, setting: &'static str) -> Self {
        Self { setting: Some(setting), ..self }
    }
}

fn setting_note(setting: Option<&'static str>) -> String {
    setting.map_or_else(String::new, |name| format!(" (setting {name})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_names_the_setting() {
        let error = PeerError::refuse(431, "more than 1000 parameters").with_setting("max_params");
        assert_eq!(error.to_string(), "more than 1000 parameters (setting max_params)");
        assert_eq!(error.answer.status(), Some(431));
        assert_eq!(PeerError::close("no netstring").to_string(), "no netstring");
    }
}
