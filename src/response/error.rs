//! Errors that are the app's fault.

/// How much of an offending text a message repeats, in bytes.
const SHOWN: usize = 80;

/// What an app passed to `start_response` cannot be sent.
///
/// Each message names the header (or quotes the status), says what is wrong with it and which text forbids it, so
/// that the app's author can mend it. Names and values are quoted with everything but printable ASCII escaped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// The status is not three digits, a space and a reason.
    #[error(
        "status {0} is not three digits, one space and a reason without surrounding whitespace, \
         like \"200 OK\" (PEP 3333, \"The start_response() Callable\")"
    )]
    StatusForm(String),

    /// The status holds a control character.
    #[error("status {0} contains a control character, which PEP 3333 forbids")]
    StatusControl(String),

    /// The status is below 200.
    #[error(
        "status {0} is not a final one: an app answers with 200 to 999, \
         interim answers (RFC 9110, section 15.2) are the server's to send"
    )]
    StatusNotFinal(String),

    /// The name of a header is not a token.
    #[error(
        "header {0} has a name that is not allowed: RFC 9110, section 5.1, wants at least one of the letters, \
         the digits and !#$%&'*+-.^_`|~, and nothing else, no colon and no space either"
    )]
    Name(String),

    /// The value of a header holds a control character.
    #[error(
        "header {name} has the control character {byte:#04x} in its value {value}, which PEP 3333 and RFC 9110, \
         section 5.5, forbid; if it came from a request, it may be an attempt to add headers"
    )]
    Value {
        /// The header's name, quoted.
        name: String,
        /// The first character that is not allowed.
        byte: u8,
        /// The header's value, quoted.
        value: String,
    },

    /// The header belongs to the connection, which is the server's.
    #[error(
        "header {0} is about the connection, not about the answer: \
         PEP 3333 leaves hop-by-hop headers to the server and forbids them to an app"
    )]
    HopByHop(String),

    /// A header named Status.
    #[error(
        "header {0} would pass for the status line of CGI (RFC 3875, section 6.3.3), and PEP 3333 gives the status \
         a place of its own: pass it as the first argument of start_response"
    )]
    StatusHeader(String),

    /// Content-Length is no number.
    #[error(
        "header Content-Length has the value {0}, which is not a number of bytes in digits alone \
         (RFC 9110, section 8.6)"
    )]
    Length(String),

    /// Two Content-Length headers that differ.
    #[error(
        "header Content-Length is given as {first} and as {second}, and only one can be true (RFC 9110, section 8.6)"
    )]
    LengthTwice {
        /// The number that came first.
        first: u64,
        /// The number that came after it.
        second: u64,
    },
}

/// `bytes` between quotes, escaped, and shortened if they are many.
pub(crate) fn quoted(bytes: &[u8]) -> String {
    match bytes.get(..SHOWN) {
        Some(start) if bytes.len() > SHOWN => format!("\"{}...\"", start.escape_ascii()),
        _ => format!("\"{}\"", bytes.escape_ascii()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_escapes_and_shortens() {
        assert_eq!(quoted(b"X-\r\n\xff"), r#""X-\r\n\xff""#);
        assert_eq!(quoted(&[b'a'; SHOWN]).len(), SHOWN + 2);
        assert_eq!(quoted(&[b'a'; SHOWN + 1]).len(), SHOWN + 5);
    }
}
