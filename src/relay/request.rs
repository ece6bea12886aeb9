//! The request of this process, as a backend is told.

use crate::input::Input;
use janua_cgi::body_length;
use janua_fastcgi::RecordType;
use janua_fastcgi::client::{Encoder, get_values, record};
use janua_vocabulary::{BodyLength, Params};

/// The id of the one request on a connection.
const ID: u16 = 1;

/// A request without its body.
#[derive(Debug)]
pub(crate) struct Request {
    /// Everything that goes to the backend before the body, the end of the body included if there is none.
    pub(crate) head: Vec<u8>,
    /// The body, untouched.
    pub(crate) input: Input,
    /// REQUEST_METHOD.
    pub(crate) method: Vec<u8>,
}

impl Request {
    /// The request that these variables are. It begins with a question, since the answer to it tells that a backend is
    /// at work on this request.
    pub(crate) fn new(params: &Params) -> Self {
        let input = input(params);
        let encoder = Encoder { id: ID, ..Encoder::default() };
        let mut head = question();
        encoder.begin(&mut head);
        encoder.params(params, &mut head);
        if input.is_over() {
            body_end(&mut head);
        }
        let method = params.get(b"REQUEST_METHOD").unwrap_or_default().to_vec();
        Self { head, input, method }
    }
}

/// What a backend answers: alone as soon as it has loaded its app, before a request when it takes the request.
pub(crate) fn question() -> Vec<u8> {
    get_values(&["FCGI_MAX_CONNS"])
}

/// What stands on stdin. Without a length and without an encoding there is no body (RFC 3875, section 4.2); a length
/// that means nothing is refused by the backend, so its body is not read either.
fn input(params: &Params) -> Input {
    let length = params.get(b"CONTENT_LENGTH").map(<[u8]>::trim_ascii).unwrap_or_default();
    match body_length(Some(length)) {
        Some(BodyLength::Exactly(bytes)) => Input::exactly(bytes),
        Some(BodyLength::ToEnd) if !length.is_empty() || params.get(b"HTTP_TRANSFER_ENCODING").is_some() => {
            Input::to_end()
        }
        _ => Input::exactly(0),
    }
}

/// Appends a piece of the body, of at most 65535 bytes and at least one.
pub(crate) fn body(piece: &[u8], out: &mut Vec<u8>) {
    record(RecordType::Stdin, ID, piece, 0, out);
}

/// Appends the end of the body.
pub(crate) fn body_end(out: &mut Vec<u8>) {
    record(RecordType::Stdin, ID, b"", 0, out);
}

/// Appends that the request is given up.
pub(crate) fn give_up(out: &mut Vec<u8>) {
    record(RecordType::AbortRequest, ID, b"", 0, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(pairs: &[(&str, &str)]) -> bool {
        input(&Params::from_iter(pairs.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()))))
            .is_over()
    }

    #[test]
    fn a_body_is_there_if_its_length_or_an_encoding_says_so() {
        assert!(!over(&[("CONTENT_LENGTH", "5")]));
        assert!(!over(&[("CONTENT_LENGTH", " 5, 5 ")]));
        assert!(!over(&[("CONTENT_LENGTH", "-1")]));
        assert!(!over(&[("HTTP_TRANSFER_ENCODING", "chunked")]));
        assert!(!over(&[("CONTENT_LENGTH", ""), ("HTTP_TRANSFER_ENCODING", "chunked")]));
        for length in ["", "0", "x", "-2", "5, 6"] {
            assert!(over(&[("CONTENT_LENGTH", length)]), "{length}");
        }
        assert!(over(&[]));
    }

    #[test]
    fn a_request_without_a_body_is_told_in_one_go() {
        let params = Params::from_iter([(&b"REQUEST_METHOD"[..], &b"GET"[..])]);
        let request = Request::new(&params);
        assert_eq!(request.method, b"GET");
        assert!(request.head.starts_with(&[1, 9, 0, 0]) && request.head.ends_with(&[1, 5, 0, 1, 0, 0, 0, 0]));
    }
}
