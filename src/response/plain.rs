//! Answers of our own, for when no app can be asked or none has answered.

use crate::{Response, ResponseHead};
use janua_vocabulary::Head;

/// A status, its reason, and the text to go with them.
type Answer = (u16, &'static str, &'static str);

/// The answer when the app failed, and for a status that has no answer of its own.
const INTERNAL_SERVER_ERROR: Answer =
    (500, "Internal Server Error", "The application failed to answer. The server's log says more.\n");

/// Each answer that the gateway gives by itself.
///
/// The texts are for whoever sees them in a browser. They are fixed, so they can tell nothing of the app, the
/// machine or the request; what happened is in the log.
static ANSWERS: &[Answer] = &[
    (400, "Bad Request", "The request could not be understood.\n"),
    (404, "Not Found", "There is no application at this address.\n"),
    (408, "Request Timeout", "The request did not arrive in time.\n"),
    (413, "Content Too Large", "The body of the request is too large.\n"),
    (417, "Expectation Failed", "The request expects something that this server does not do.\n"),
    (431, "Request Header Fields Too Large", "The head of the request is too large.\n"),
    INTERNAL_SERVER_ERROR,
    (501, "Not Implemented", "The request asks for something that this server does not do.\n"),
    (503, "Service Unavailable", "The service cannot answer at the moment. Try again later.\n"),
    (505, "HTTP Version Not Supported", "This server speaks HTTP/1.1.\n"),
];

/// The reason phrase of a status that the gateway sends by itself (RFC 9110, section 15).
pub fn reason(status: u16) -> Option<&'static str> {
    ANSWERS.iter().find(|(code, ..)| *code == status).map(|(_, reason, _)| *reason)
}

/// A complete small answer in plain text.
#[derive(Debug, Clone)]
pub struct PlainAnswer {
    response: Response,
    text: &'static str,
}

impl PlainAnswer {
    /// The answer with `status` to a request with `method` (empty if the request did not get that far).
    ///
    /// A status for which [`reason`] knows nothing is answered as 500.
    pub fn new(method: &[u8], status: u16) -> Self {
        let (code, reason, text) =
            *ANSWERS.iter().find(|(code, ..)| *code == status).unwrap_or(&INTERNAL_SERVER_ERROR);
        let mut head = ResponseHead::unchecked(Vec::with_capacity(160), code);
        head.begin(method, format!("{code} {reason}").as_bytes(), code);
        head.push(b"Content-Type", b"text/plain; charset=utf-8");
        head.set_length_if_absent(text.len() as u64);
        Self { response: Response::new(head), text }
    }

    /// The head as adapters take it.
    pub fn head(&self) -> Head<'_> {
        self.response.head()
    }

    /// The body: one line, or nothing for HEAD.
    pub fn body(&self) -> &'static [u8] {
        if self.head().bodiless { b"" } else { self.text.as_bytes() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_and_plain() {
        let answer = PlainAnswer::new(b"GET", 404);
        assert_eq!(answer.head().status, b"404 Not Found");
        assert_eq!(
            answer.head().fields,
            b"Content-Type: text/plain; charset=utf-8\r\nContent-Length: 41\r\n",
        );
        assert_eq!(answer.head().length, Some(answer.body().len() as u64));
    }

    #[test]
    fn every_answer_passes_the_checks_that_an_app_must_pass() {
        for (code, reason, text) in ANSWERS {
            let answer = PlainAnswer::new(b"GET", *code);
            let checked = ResponseHead::new(b"GET", answer.head().status).unwrap();
            assert_eq!(checked.code(), *code);
            assert_eq!(answer.body(), text.as_bytes());
            assert!(text.ends_with(".\n") && text.lines().count() == 1 && text.is_ascii());
            assert_eq!(super::reason(*code), Some(*reason));
        }
    }

    #[test]
    fn head_gets_the_head_alone() {
        let answer = PlainAnswer::new(b"HEAD", 500);
        assert!(answer.head().bodiless && answer.body().is_empty());
        assert!(answer.head().length > Some(0));
    }

    #[test]
    fn an_unknown_status_becomes_500() {
        assert_eq!(PlainAnswer::new(b"GET", 299).head().status, b"500 Internal Server Error");
        assert_eq!(reason(299), None);
    }
}
