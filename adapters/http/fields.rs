//! What the header fields of a request say about the connection and the body.

use crate::error::HttpError;
use crate::host::Host;
use httparse::Header;

/// The fields that a server must understand itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fields<'a> {
    pub(crate) host: Option<Host<'a>>,
    pub(crate) content_length: Option<u64>,
    /// The body comes in chunks.
    pub(crate) chunked: bool,
    /// The client waits for `100 Continue` before it sends the body.
    pub(crate) expects_continue: bool,
    /// Another request may follow on the connection.
    pub(crate) keep: bool,
}

impl<'a> Fields<'a> {
    /// Reads the fields of a request of HTTP/1.0 or of 1.1, strictly by RFC 9112, sections 3.2, 6 and 9.3.
    pub(crate) fn read(headers: &[Header<'a>], http10: bool) -> Result<Self, HttpError> {
        let mut fields = Self { keep: !http10, ..Self::default() };
        let mut closes = false;
        for header in headers {
            let is = |name: &str| header.name.eq_ignore_ascii_case(name);
            if is("host") {
                fields.host(header.value)?;
            } else if is("content-length") {
                fields.content_length(header.value)?;
            } else if is("transfer-encoding") {
                fields.transfer_encoding(header.value)?;
            } else if is("connection") {
                let mut options = header.value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
                closes |= options.clone().any(|option| option.eq_ignore_ascii_case(b"close"));
                fields.keep |= options.any(|option| option.eq_ignore_ascii_case(b"keep-alive"));
            } else if is("expect") && !http10 {
                fields.expects_continue |= header.value.eq_ignore_ascii_case(b"100-continue");
            }
        }
        fields.keep &= !closes;
        if fields.chunked && http10 {
            return Err(HttpError::ChunksInHttp10);
        }
        if fields.chunked && fields.content_length.is_some() {
            return Err(HttpError::LengthAndChunks);
        }
        if fields.host.is_none() && !http10 {
            return Err(HttpError::Host("is missing"));
        }
        Ok(fields)
    }

    fn host(&mut self, value: &'a [u8]) -> Result<(), HttpError> {
        if self.host.is_some() {
            return Err(HttpError::Host("is given twice"));
        }
        self.host =
            Some(Host::parse(value).ok_or(HttpError::Host("is neither a host nor a host and a port"))?);
        Ok(())
    }

    /// Equal repeats are harmless; lists are not read as repeats, since RFC 9112, section 6.3, need not be followed
    /// so far by anyone.
    fn content_length(&mut self, value: &[u8]) -> Result<(), HttpError> {
        let length = length(value).ok_or(HttpError::ContentLength)?;
        match self.content_length.replace(length) {
            Some(before) if before != length => Err(HttpError::ContentLength),
            _ => Ok(()),
        }
    }

    fn transfer_encoding(&mut self, value: &[u8]) -> Result<(), HttpError> {
        // A second field, even an equal one, would mean chunks within chunks.
        if self.chunked || !value.eq_ignore_ascii_case(b"chunked") {
            return Err(HttpError::TransferEncoding);
        }
        self.chunked = true;
        Ok(())
    }
}

/// A number of bytes below 2^63 in decimal digits and nothing else.
pub(crate) fn length(digits: &[u8]) -> Option<u64> {
    // `parse` would take a sign as well.
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let length: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (length < 1 << 63).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'a>(lines: &[(&'a str, &'a str)], http10: bool) -> Result<Fields<'a>, HttpError> {
        let headers: Vec<_> =
            lines.iter().map(|(name, value)| Header { name, value: value.as_bytes() }).collect();
        Fields::read(&headers, http10)
    }

    /// HTTP/1.1 with a Host.
    fn read11<'a>(lines: &[(&'a str, &'a str)]) -> Result<Fields<'a>, HttpError> {
        read(&[&[("Host", "h")], lines].concat(), false)
    }

    #[test]
    fn a_length_is_digits_below_two_to_the_63() {
        assert_eq!(read11(&[("content-LENGTH", "05")]).unwrap().content_length, Some(5));
        assert_eq!(
            read11(&[("Content-Length", "9223372036854775807")]).unwrap().content_length,
            Some(i64::MAX as u64)
        );
        for bad in ["", "+5", "-1", "5 5", "5,5", "5, 5", "0x5", "1e3", "9223372036854775808", "\u{665}"] {
            assert_eq!(read11(&[("Content-Length", bad)]), Err(HttpError::ContentLength), "{bad:?}");
        }
    }

    #[test]
    fn two_lengths_must_agree() {
        assert!(read11(&[("Content-Length", "5"), ("Content-Length", "5")]).is_ok());
        let conflict = read11(&[("Content-Length", "5"), ("Content-Length", "6")]);
        assert_eq!(conflict, Err(HttpError::ContentLength));
    }

    #[test]
    fn length_and_chunks_together_are_refused_in_either_order() {
        let (length, chunks) = (("Content-Length", "5"), ("Transfer-Encoding", "chunked"));
        assert_eq!(read11(&[length, chunks]), Err(HttpError::LengthAndChunks));
        assert_eq!(read11(&[chunks, length]), Err(HttpError::LengthAndChunks));
    }

    #[test]
    fn chunked_alone_is_understood() {
        assert!(read11(&[("Transfer-Encoding", "Chunked")]).unwrap().chunked);
        for bad in
            ["gzip, chunked", "chunked, chunked", "identity", "xchunked", "chunked;q=1", "", "\u{b}chunked"]
        {
            assert_eq!(read11(&[("Transfer-Encoding", bad)]), Err(HttpError::TransferEncoding), "{bad:?}");
        }
        let twice = [("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")];
        assert_eq!(read11(&twice), Err(HttpError::TransferEncoding));
        assert_eq!(read(&twice[..1], true), Err(HttpError::ChunksInHttp10));
    }

    #[test]
    fn host_is_given_once() {
        assert_eq!(read(&[], false), Err(HttpError::Host("is missing")));
        assert_eq!(read11(&[("Host", "h")]), Err(HttpError::Host("is given twice")));
        assert!(matches!(read(&[("Host", "a b")], false), Err(HttpError::Host(_))));
        assert!(read(&[("Host", "")], false).is_ok());
        assert!(read(&[], true).is_ok());
    }

    #[test]
    fn connections_are_kept_as_the_version_and_the_client_say() {
        let keep = |value: &str, http10| read(&[("Host", "h"), ("Connection", value)], http10).unwrap().keep;
        assert!(keep("x", false) && !keep("x", true));
        assert!(keep("Keep-Alive", false) && keep("x, keep-alive", true));
        assert!(!keep("Upgrade , CLOSE", false) && !keep("keep-alive, close", true));
        let lines = [("Host", "h"), ("Connection", "close"), ("Connection", "keep-alive")];
        assert!(!read(&lines, false).unwrap().keep);
    }

    #[test]
    fn continue_is_expected_with_http_1_1_alone() {
        let expect = ("Expect", "100-Continue");
        assert!(read11(&[expect]).unwrap().expects_continue);
        assert!(!read(&[expect], true).unwrap().expects_continue);
        assert!(!read11(&[("Expect", "something")]).unwrap().expects_continue);
    }
}
