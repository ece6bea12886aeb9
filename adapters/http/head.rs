//! The head of a request: where it ends, and what it says.

use crate::error::HttpError;
use crate::fields::Fields;
use crate::params::{Ends, Parts, params};
use crate::request_line::{RequestLine, is_token_byte};
use crate::target::Target;
use janua_vocabulary::{BodyLength, Limits, Request, Role};

/// How many header fields have room without an allocation.
const USUAL_FIELDS: usize = 64;

/// Looks for the end of a head in bytes that arrive little by little, and looks at each of them once.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct HeadScan {
    /// Where the line begins whose end has not been seen.
    line_start: usize,
    /// How many bytes have been looked at.
    seen: usize,
    /// Lines that are whole, the first one included.
    lines: usize,
}

impl HeadScan {
    /// The length of the head at the front of `bytes`, the empty line included, once it is whole. `bytes` are those
    /// of the call before and more.
    pub(crate) fn end(&mut self, bytes: &[u8], limits: Limits) -> Result<Option<usize>, HttpError> {
        while let Some(offset) = memchr::memchr(b'\n', bytes.get(self.seen..).unwrap_or_default()) {
            let line_feed = self.seen + offset;
            let line = bytes.get(self.line_start..line_feed).unwrap_or_default();
            self.seen = line_feed + 1;
            self.line_start = self.seen;
            check_size(self.seen, limits)?;
            match line {
                [b'\r'] => return Ok(Some(self.seen)),
                [b' ' | b'\t', ..] if self.lines > 0 => return Err(HttpError::Folded),
                [.., b'\r'] => self.lines += 1,
                _ => return Err(HttpError::BareLf),
            }
            if self.fields() > limits.params {
                return Err(HttpError::TooManyFields(limits.params));
            }
        }
        self.seen = bytes.len();
        check_size(self.seen, limits)?;
        Ok(None)
    }

    /// How many lines behind the first one were seen.
    pub(crate) fn fields(&self) -> usize {
        self.lines.saturating_sub(1)
    }
}

fn check_size(size: usize, limits: Limits) -> Result<(), HttpError> {
    if size > limits.params_bytes { Err(HttpError::HeadTooLarge(limits.params_bytes)) } else { Ok(()) }
}

/// Refuses what cannot begin a request, so that a client that speaks TLS does not wait for the end of its time.
pub(crate) fn check_first_byte(bytes: &[u8]) -> Result<(), HttpError> {
    match bytes.first() {
        Some(byte) if !is_token_byte(*byte) && *byte != b'\r' => Err(HttpError::NotHttp(*byte)),
        _ => Ok(()),
    }
}

/// What a head says.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) request: Request,
    pub(crate) http10: bool,
    pub(crate) keep: bool,
    pub(crate) expects_continue: bool,
}

impl Opening {
    /// Reads `head`, whose end was found after `fields` header fields. Their names may be `name_bytes` long.
    pub(crate) fn parse(
        head: &[u8],
        fields: usize,
        name_bytes: usize,
        ends: &Ends,
    ) -> Result<Self, HttpError> {
        let first = memchr::memchr(b'\r', head).unwrap_or(head.len());
        let (line, rest) = head.split_at_checked(first).unwrap_or_default();
        let line = RequestLine::parse(line)?;
        let target = Target::parse(line.method, line.target)?;
        let http10 = line.is_http10();

        let mut usual = [httparse::EMPTY_HEADER; USUAL_FIELDS];
        let mut many = Vec::new();
        let slots = if fields <= USUAL_FIELDS {
            &mut usual[..]
        } else {
            many.resize(fields, httparse::EMPTY_HEADER);
            &mut many[..]
        };
        let headers = match httparse::parse_headers(rest.strip_prefix(b"\r\n").unwrap_or_default(), slots) {
            Ok(httparse::Status::Complete((_, headers))) => headers,
            Ok(httparse::Status::Partial) => return Err(HttpError::Fields(httparse::Error::NewLine)),
            Err(error) => return Err(HttpError::Fields(error)),
        };
        if headers.iter().any(|header| header.name.len() > name_bytes) {
            return Err(HttpError::NameTooLong(name_bytes));
        }
        let fields = Fields::read(headers, http10)?;
        let body = if fields.chunked {
            BodyLength::ToEnd
        } else {
            BodyLength::Exactly(fields.content_length.unwrap_or(0))
        };
        let params = params(&Parts { line, target, headers, fields: &fields }, ends);
        Ok(Self {
            request: Request { params, body, role: Role::Responder },
            http10,
            keep: fields.keep,
            expects_continue: fields.expects_continue,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"GET / HTTP/1.1\r\nHost: h\r\nX: 1\r\n\r\nmore\n";

    fn limits(params_bytes: usize, params: usize) -> Limits {
        Limits { params_bytes, params, ..Limits::default() }
    }

    #[test]
    fn the_end_is_found_however_the_bytes_come() {
        for cut in 0..HEAD.len() {
            let mut scan = HeadScan::default();
            let mut found = scan.end(&HEAD[..cut], Limits::default()).unwrap();
            assert_eq!(found.is_some(), cut >= HEAD.len() - 5, "{cut}");
            if found.is_none() {
                found = scan.end(HEAD, Limits::default()).unwrap();
            }
            assert_eq!((found, scan.fields()), (Some(HEAD.len() - 5), 2));
        }
    }

    #[test]
    fn a_head_may_be_as_large_as_the_limit() {
        let size = HEAD.len() - 5;
        assert_eq!(HeadScan::default().end(HEAD, limits(size, 9)), Ok(Some(size)));
        assert_eq!(
            HeadScan::default().end(HEAD, limits(size - 1, 9)),
            Err(HttpError::HeadTooLarge(size - 1))
        );
        let endless = [b'a'; 100];
        assert_eq!(HeadScan::default().end(&endless, limits(100, 9)), Ok(None));
        assert_eq!(HeadScan::default().end(&endless, limits(99, 9)), Err(HttpError::HeadTooLarge(99)));
    }

    #[test]
    fn a_head_may_have_as_many_fields_as_the_limit() {
        assert!(HeadScan::default().end(HEAD, limits(1000, 2)).is_ok());
        assert_eq!(HeadScan::default().end(HEAD, limits(1000, 1)), Err(HttpError::TooManyFields(1)));
    }

    #[test]
    fn lines_end_with_cr_lf_and_are_not_folded() {
        let end = |head: &[u8]| HeadScan::default().end(head, Limits::default());
        assert_eq!(end(b"GET / HTTP/1.1\n\n"), Err(HttpError::BareLf));
        assert_eq!(end(b"GET / HTTP/1.1\r\nX: 1\n\r\n"), Err(HttpError::BareLf));
        assert_eq!(end(b"GET / HTTP/1.1\r\n\n"), Err(HttpError::BareLf));
        assert_eq!(end(b"GET / HTTP/1.1\r\nX: 1\r\n 2\r\n\r\n"), Err(HttpError::Folded));
        assert_eq!(end(b"GET / HTTP/1.1\r\n\tX: 1\r\n\r\n"), Err(HttpError::Folded));
    }

    #[test]
    fn malformed_fields_are_refused() {
        let parse = |field: &[u8]| {
            let head = [b"GET / HTTP/1.1\r\nHost: h\r\n", field, b"\r\n\r\n"].concat();
            Opening::parse(&head, 2, 9, &Ends::default()).map(|opening| opening.request)
        };
        assert!(parse(b"X: 1").is_ok());
        assert!(parse(b"X:").is_ok());
        for bad in
            [&b"X : 1"[..], b": 1", b"X", b"X\0: 1", b"X: \0", b"X: a\rb", b"\xe9: 1", b"X Y: 1", b"X: \x7f"]
        {
            assert!(matches!(parse(bad), Err(HttpError::Fields(_))), "{}", bad.escape_ascii());
        }
    }

    #[test]
    fn a_name_may_be_as_long_as_the_limit() {
        let head = b"GET / HTTP/1.1\r\nHost: h\r\nX-Long: 1\r\n\r\n";
        let parse = |name_bytes| Opening::parse(head, 2, name_bytes, &Ends::default()).map(drop);
        assert_eq!(parse(6), Ok(()));
        assert_eq!(parse(5), Err(HttpError::NameTooLong(5)));
    }

    #[test]
    fn more_fields_than_usual_have_room() {
        let fields = "X: 1\r\n".repeat(USUAL_FIELDS + 10);
        let head = format!("GET / HTTP/1.1\r\nHost: h\r\n{fields}\r\n");
        let opening = Opening::parse(head.as_bytes(), USUAL_FIELDS + 11, 9, &Ends::default()).unwrap();
        assert_eq!(
            opening.request.params.iter().filter(|(name, _)| *name == b"HTTP_X").count(),
            USUAL_FIELDS + 10
        );
    }

    #[test]
    fn tls_is_recognised_by_its_first_byte() {
        assert_eq!(check_first_byte(b"\x16\x03\x01"), Err(HttpError::NotHttp(0x16)));
        assert_eq!(check_first_byte(b"GET"), Ok(()));
        assert_eq!(check_first_byte(b""), Ok(()));
    }
}
