//! The first line of a request, RFC 9112, section 3.

use crate::error::HttpError;

/// Method, target and version as the client wrote them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RequestLine<'a> {
    pub(crate) method: &'a [u8],
    pub(crate) target: &'a [u8],
    pub(crate) version: &'a [u8],
}

impl<'a> RequestLine<'a> {
    /// Reads a line without its CR LF.
    ///
    /// The line is split strictly, at single spaces: a reader that skips more blanks than another is how requests
    /// are smuggled.
    pub(crate) fn parse(line: &'a [u8]) -> Result<Self, HttpError> {
        let mut parts = line.split(|byte| *byte == b' ');
        let (Some(method), Some(target), Some(version), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(HttpError::RequestLine);
        };
        if !is_token(method) || target.is_empty() {
            return Err(HttpError::RequestLine);
        }
        match version {
            [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'0'..=b'9'] => Ok(Self { method, target, version }),
            [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => Err(HttpError::Version),
            _ => Err(HttpError::RequestLine),
        }
    }

    /// True for HTTP/1.0, whose connections close unless asked otherwise and which knows no chunks. A version above
    /// 1.1 is treated as 1.1 (RFC 9110, section 2.5).
    pub(crate) fn is_http10(&self) -> bool {
        self.version == b"HTTP/1.0"
    }
}

/// True for a token (RFC 9110, section 5.6.2).
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|byte| is_token_byte(*byte))
}

/// True for a byte that may stand in a token.
pub(crate) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_three_parts() {
        let line = RequestLine::parse(b"GET /a?b HTTP/1.1").unwrap();
        assert_eq!((line.method, line.target, line.version), (&b"GET"[..], &b"/a?b"[..], &b"HTTP/1.1"[..]));
        assert!(!line.is_http10());
        assert!(RequestLine::parse(b"M-SEARCH * HTTP/1.0").unwrap().is_http10());
        assert!(!RequestLine::parse(b"GET / HTTP/1.2").unwrap().is_http10());
    }

    #[test]
    fn other_shapes_are_refused() {
        let bad = [
            "",
            "GET",
            "GET /",
            "GET / ",
            "GET  / HTTP/1.1",
            "GET /  HTTP/1.1",
            " GET / HTTP/1.1",
            "GET / HTTP/1.1 ",
            "GET / a HTTP/1.1",
            "GET\t/\tHTTP/1.1",
            "GET / http/1.1",
            "GET / HTTP/11",
            "GET / HTTP/1.10",
            "GET / FTP/1.1",
            "G(T / HTTP/1.1",
            "GET  HTTP/1.1",
        ];
        for bad in bad {
            assert_eq!(RequestLine::parse(bad.as_bytes()), Err(HttpError::RequestLine), "{bad:?}");
        }
    }

    #[test]
    fn other_versions_are_told_apart_from_bad_lines() {
        for version in ["HTTP/2.0", "HTTP/0.9", "HTTP/3.0"] {
            let line = format!("PRI * {version}");
            assert_eq!(RequestLine::parse(line.as_bytes()), Err(HttpError::Version));
        }
    }
}
