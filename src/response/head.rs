//! The head of a response: checked field by field and rendered as it is checked.

use crate::HeadError;
use crate::error::quoted;
use crate::syntax::{control_character, is_token, number};
use janua_vocabulary::Head;

/// The status and the header fields of one response, in the form in which all protocols send them.
///
/// Everything lies in one allocation, which [`restart`](Self::restart) keeps for the next response.
#[derive(Debug, Clone)]
pub struct ResponseHead {
    /// The status, and right behind it the fields, each as `Name: value\r\n`.
    bytes: Vec<u8>,
    status_len: usize,
    code: u16,
    to_head: bool,
    length: Option<u64>,
}

/// What the name of a header means to a gateway.
enum Name {
    Usual,
    ContentLength,
    Status,
    HopByHop,
}

impl ResponseHead {
    /// The head of an answer to a request with `method`, with `status` as it was passed to `start_response`
    /// (PEP 3333): three digits, one space, a reason.
    ///
    /// The reason may be empty, as RFC 9112, section 4, and wsgiref allow (`"299 "`); the space must be there.
    ///
    /// # Errors
    /// The status does not have that form, contains control characters, or is below 200.
    pub fn new(method: &[u8], status: &[u8]) -> Result<Self, HeadError> {
        let code = check_status(status)?;
        let mut head = Self::unchecked(Vec::with_capacity(512), code);
        head.begin(method, status, code);
        Ok(head)
    }

    /// Begins anew in the memory of this head, for `start_response` called again with `exc_info` or for the next
    /// response.
    ///
    /// # Errors
    /// As [`new`](Self::new); the head is as it was then.
    pub fn restart(&mut self, method: &[u8], status: &[u8]) -> Result<(), HeadError> {
        let code = check_status(status)?;
        self.begin(method, status, code);
        Ok(())
    }

    /// Appends one header field.
    ///
    /// Content-Length is remembered. It may be repeated with the same value, of which one goes out; with status 204
    /// none does, since RFC 9110, section 8.6, forbids it there and apps set it to 0 all the same.
    ///
    /// # Errors
    /// The name is not a token, is hop-by-hop, or is `Status`; the value contains a control character other than
    /// the tab; a Content-Length is not a number or contradicts an earlier one. Nothing is appended then.
    pub fn field(&mut self, name: &[u8], value: &[u8]) -> Result<(), HeadError> {
        if !is_token(name) {
            return Err(HeadError::Name(quoted(name)));
        }
        if let Some(byte) = control_character(value, true) {
            return Err(HeadError::Value { name: quoted(name), byte, value: quoted(value) });
        }
        match Name::of(name) {
            Name::Usual => self.push(name, value),
            Name::ContentLength => return self.content_length(name, value),
            Name::Status => return Err(HeadError::StatusHeader(quoted(name))),
            Name::HopByHop => return Err(HeadError::HopByHop(quoted(name))),
        }
        Ok(())
    }

    /// The status code.
    pub fn code(&self) -> u16 {
        self.code
    }

    /// True if no body may follow: the request was HEAD, or the status is 204 or 304 (RFC 9110, section 6.4.1).
    pub fn bodiless(&self) -> bool {
        self.to_head || matches!(self.code, 204 | 304)
    }

    /// The length that the head promises.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// The head as adapters take it.
    pub fn head(&self) -> Head<'_> {
        let (status, fields) = self.bytes.split_at_checked(self.status_len).unwrap_or_default();
        Head { status, fields, length: self.length, bodiless: self.bodiless() }
    }

    /// Sets Content-Length if the app did not and it would be true: see
    /// [`Response::set_length_if_absent`](crate::Response::set_length_if_absent).
    pub(crate) fn set_length_if_absent(&mut self, length: u64) {
        // The answer to HEAD tells the length that GET would have had. An app that gives nothing for HEAD gives no
        // hint of that.
        let unknown = self.to_head && length == 0;
        if self.length.is_none() && !unknown && !matches!(self.code, 204 | 304) {
            self.push(b"Content-Length", itoa::Buffer::new().format(length).as_bytes());
            self.length = Some(length);
        }
    }

    /// A head of our own making, which needs no check.
    pub(crate) fn unchecked(bytes: Vec<u8>, code: u16) -> Self {
        Self { bytes, status_len: 0, code, to_head: false, length: None }
    }

    /// See [`unchecked`](Self::unchecked).
    pub(crate) fn begin(&mut self, method: &[u8], status: &[u8], code: u16) {
        self.bytes.clear();
        self.bytes.extend_from_slice(status);
        self.status_len = status.len();
        self.code = code;
        self.to_head = method == b"HEAD";
        self.length = None;
    }

    /// See [`unchecked`](Self::unchecked).
    pub(crate) fn push(&mut self, name: &[u8], value: &[u8]) {
        self.bytes.reserve(name.len() + value.len() + 4);
        self.bytes.extend_from_slice(name);
        self.bytes.extend_from_slice(b": ");
        self.bytes.extend_from_slice(value);
        self.bytes.extend_from_slice(b"\r\n");
    }

    fn content_length(&mut self, name: &[u8], value: &[u8]) -> Result<(), HeadError> {
        let length = number(value).ok_or_else(|| HeadError::Length(quoted(value)))?;
        match self.length {
            Some(first) if first != length => return Err(HeadError::LengthTwice { first, second: length }),
            Some(_) => {}
            None if self.code == 204 => {}
            None => {
                self.push(name, value);
                self.length = Some(length);
            }
        }
        Ok(())
    }
}

impl Name {
    /// The hop-by-hop names are those of RFC 2616, section 13.5.1, to which PEP 3333 refers, and `Trailer`, which
    /// that list misspells.
    fn of(name: &[u8]) -> Self {
        // Most names have a length that none of these has.
        let candidates: &[&str] = match name.len() {
            2 => &["te"],
            6 if name.eq_ignore_ascii_case(b"status") => return Name::Status,
            7 => &["trailer", "upgrade"],
            8 => &["trailers"],
            10 => &["connection", "keep-alive"],
            14 if name.eq_ignore_ascii_case(b"content-length") => return Name::ContentLength,
            17 => &["transfer-encoding"],
            18 => &["proxy-authenticate"],
            19 => &["proxy-authorization"],
            _ => return Name::Usual,
        };
        match candidates.iter().any(|candidate| name.eq_ignore_ascii_case(candidate.as_bytes())) {
            true => Name::HopByHop,
            false => Name::Usual,
        }
    }
}

/// The code of a status that has the form of PEP 3333.
fn check_status(status: &[u8]) -> Result<u16, HeadError> {
    if control_character(status, false).is_some() {
        return Err(HeadError::StatusControl(quoted(status)));
    }
    let code = match status {
        [a, b, c, b' ', reason @ ..] if reason.trim_ascii() == reason => number(&[*a, *b, *c]),
        _ => None,
    };
    match code {
        Some(code @ 200..=999) => Ok(code as u16),
        Some(_) => Err(HeadError::StatusNotFinal(quoted(status))),
        None => Err(HeadError::StatusForm(quoted(status))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok() -> ResponseHead {
        ResponseHead::new(b"GET", b"200 OK").unwrap()
    }

    #[test]
    fn fields_are_rendered_in_order_as_they_were_given() {
        let mut head = ok();
        head.field(b"Content-Type", b"text/plain").unwrap();
        head.field(b"set-cookie", b"a=1").unwrap();
        head.field(b"set-cookie", b"b=\xe9\t2").unwrap();
        head.field(b"X-Empty", b"").unwrap();
        let rendered = head.head();
        assert_eq!(rendered.status, b"200 OK");
        assert_eq!(
            rendered.fields,
            b"Content-Type: text/plain\r\nset-cookie: a=1\r\nset-cookie: b=\xe9\t2\r\nX-Empty: \r\n"
        );
        assert_eq!((rendered.length, rendered.bodiless), (None, false));
    }

    #[test]
    fn a_status_is_three_digits_a_space_and_a_reason() {
        for good in ["200 OK", "404 Not Found", "299 ", "999 A  b", "500 Caf\u{e9}"] {
            let head = ResponseHead::new(b"GET", good.as_bytes()).unwrap();
            assert_eq!(head.head().status, good.as_bytes());
            assert_eq!(head.code().to_string(), good[..3]);
        }
        for bad in
            ["", "200", "20 OK", "2000 OK", "200OK", "abc OK", "+20 OK", " 200 OK", "200 OK ", "200  OK"]
        {
            let error = ResponseHead::new(b"GET", bad.as_bytes()).unwrap_err();
            assert!(matches!(error, HeadError::StatusForm(_)), "{bad:?}");
        }
    }

    #[test]
    fn a_status_without_control_characters_only() {
        for bad in ["200 OK\r\n", "200 O\tK", "200 \0", "200\tOK", "200 OK\nX: y"] {
            let error = ResponseHead::new(b"GET", bad.as_bytes()).unwrap_err();
            assert!(matches!(error, HeadError::StatusControl(_)), "{bad:?}");
        }
    }

    #[test]
    fn interim_statuses_are_not_the_apps() {
        for bad in ["100 Continue", "103 Early Hints", "101 Switching Protocols", "000 x", "099 x"] {
            let error = ResponseHead::new(b"GET", bad.as_bytes()).unwrap_err();
            assert!(matches!(error, HeadError::StatusNotFinal(_)), "{bad:?}");
        }
    }

    #[test]
    fn a_name_is_a_token() {
        for bad in ["", "X Y", "X:", "X\r\nY", "X\0", "\u{e9}", "X\t", "(X)", "\"X\"", "X/Y"] {
            let error = ok().field(bad.as_bytes(), b"1").unwrap_err();
            assert_eq!(error, HeadError::Name(quoted(bad.as_bytes())));
        }
    }

    #[test]
    fn a_value_holds_no_control_character_but_the_tab() {
        for byte in (0..32).chain([127]).filter(|byte| *byte != b'\t') {
            let mut head = ok();
            let error = head.field(b"X", &[b'a', byte, b'b']).unwrap_err();
            assert!(matches!(error, HeadError::Value { byte: found, .. } if found == byte));
            assert!(head.head().fields.is_empty());
        }
    }

    #[test]
    fn an_injected_header_is_refused_and_named() {
        let error = ok().field(b"Location", b"/x\r\nSet-Cookie: admin=1").unwrap_err().to_string();
        assert!(error.contains(r#"header "Location""#), "{error}");
        assert!(error.contains("0x0d") && error.contains("PEP 3333"), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }

    #[test]
    fn hop_by_hop_headers_are_refused_in_any_case() {
        let names = [
            "connection",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authorization",
            "te",
            "trailer",
            "trailers",
            "transfer-encoding",
            "upgrade",
        ];
        for name in names {
            for name in [name.to_owned(), name.to_uppercase()] {
                let error = ok().field(name.as_bytes(), b"x").unwrap_err();
                assert_eq!(error, HeadError::HopByHop(format!("\"{name}\"")));
            }
        }
        for near in ["Upgrades", "TF", "Proxy-Connection", "Status-Code", "Trailer-s"] {
            ok().field(near.as_bytes(), b"x").unwrap();
        }
    }

    #[test]
    fn a_header_named_status_is_refused() {
        assert!(matches!(ok().field(b"Status", b"200 OK"), Err(HeadError::StatusHeader(_))));
        assert!(matches!(ok().field(b"sTATUS", b""), Err(HeadError::StatusHeader(_))));
    }

    #[test]
    fn content_length_is_remembered() {
        let mut head = ok();
        head.field(b"content-length", b"007").unwrap();
        assert_eq!(head.head().length, Some(7));
        assert_eq!(head.head().fields, b"content-length: 007\r\n");
    }

    #[test]
    fn content_length_is_digits() {
        for bad in ["", "+1", "-1", "1, 1", " 1", "1 ", "1.0", "0x1", "99999999999999999999"] {
            let error = ok().field(b"Content-Length", bad.as_bytes()).unwrap_err();
            assert_eq!(error, HeadError::Length(format!("\"{bad}\"")));
        }
    }

    #[test]
    fn content_length_twice_must_agree_and_goes_out_once() {
        let mut head = ok();
        head.field(b"Content-Length", b"5").unwrap();
        head.field(b"Content-Length", b"5").unwrap();
        assert_eq!(head.head().fields, b"Content-Length: 5\r\n");
        let error = head.field(b"CONTENT-LENGTH", b"6").unwrap_err();
        assert_eq!(error, HeadError::LengthTwice { first: 5, second: 6 });
    }

    #[test]
    fn no_content_length_goes_out_with_204() {
        let mut head = ResponseHead::new(b"GET", b"204 No Content").unwrap();
        head.field(b"Content-Length", b"0").unwrap();
        assert!(head.head().fields.is_empty());
        assert_eq!(head.head().length, None);
        assert!(head.field(b"Content-Length", b"x").is_err());
    }

    #[test]
    fn head_204_and_304_have_no_body() {
        let bodiless =
            |method: &[u8], status: &[u8]| ResponseHead::new(method, status).unwrap().head().bodiless;
        assert!(bodiless(b"HEAD", b"200 OK"));
        assert!(bodiless(b"GET", b"204 No Content"));
        assert!(bodiless(b"GET", b"304 Not Modified"));
        assert!(!bodiless(b"GET", b"200 OK"));
        assert!(!bodiless(b"GET", b"404 Not Found"));
        assert!(!bodiless(b"head", b"200 OK"), "methods are case-sensitive");
    }

    #[test]
    fn a_restarted_head_keeps_nothing_but_the_memory() {
        let mut head = ResponseHead::new(b"HEAD", b"200 OK").unwrap();
        head.field(b"Content-Length", b"5").unwrap();
        let memory = head.bytes.as_ptr();
        head.restart(b"GET", b"500 Internal Server Error").unwrap();
        let rendered = head.head();
        assert_eq!(rendered.status, b"500 Internal Server Error");
        assert!(rendered.fields.is_empty());
        assert_eq!((rendered.length, rendered.bodiless), (None, false));
        assert_eq!(head.bytes.as_ptr(), memory);
    }

    #[test]
    fn a_failed_restart_leaves_the_head_as_it_was() {
        let mut head = ok();
        head.field(b"X", b"1").unwrap();
        assert!(head.restart(b"GET", b"oops").is_err());
        assert_eq!((head.head().status, head.head().fields), (&b"200 OK"[..], &b"X: 1\r\n"[..]));
    }
}
