//! A response as a CGI program writes it, which SCGI and FastCGI carry as it is.

/// A response divided where its head ends (RFC 3875, section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Document<'a> {
    /// The lines of the head as they came, the blank one that ends it included.
    pub head: &'a [u8],
    /// What has come of the body.
    pub body: &'a [u8],
}

impl<'a> Document<'a> {
    /// Divides what has come of a response; `None` before the blank line has come. Lines end with LF or CR LF.
    pub fn divide(bytes: &'a [u8]) -> Option<Self> {
        let mut seen = 0;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            seen += line.len();
            if matches!(line, b"\n" | b"\r\n") {
                let (head, body) = bytes.split_at_checked(seen)?;
                return Some(Self { head, body });
            }
        }
        None
    }

    /// The header fields in order, without the blanks around their values. Lines without a colon are left out.
    pub fn fields(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.head.split(|byte| *byte == b'\n').filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let (name, value) = line.split_at_checked(colon)?;
            Some((name, value.get(1..)?.trim_ascii()))
        })
    }

    /// The value of the first field of that name, in any case.
    pub fn field(&self, name: &str) -> Option<&'a [u8]> {
        self.fields().find_map(|(other, value)| other.eq_ignore_ascii_case(name.as_bytes()).then_some(value))
    }

    /// Status code and reason phrase. Without the field `Status` it is `302 Found` if there is a `Location`, else
    /// `200 OK` (RFC 3875, sections 6.2.3 and 6.3.3). A status line of HTTP in front counts too, as it does for
    /// nginx with SCGI.
    pub fn status(&self) -> &'a [u8] {
        let line = self.head.split(|byte| *byte == b'\n').next().unwrap_or_default();
        if line.starts_with(b"HTTP/") {
            let code = line.iter().position(|byte| *byte == b' ').and_then(|blank| line.get(blank..));
            return code.unwrap_or_default().trim_ascii();
        }
        match (self.field("Status"), self.field("Location")) {
            (Some(status), _) => status,
            (None, Some(_)) => b"302 Found",
            (None, None) => b"200 OK",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_blank_line_divides_whatever_ends_the_lines() {
        for (bytes, body) in
            [(&b"A: b\n\nbo\n\ndy"[..], &b"bo\n\ndy"[..]), (b"A: b\r\n\r\n", b""), (b"\nx", b"x")]
        {
            let document = Document::divide(bytes).unwrap();
            assert_eq!(document.body, body);
            assert_eq!(document.head.len() + body.len(), bytes.len());
        }
        for bytes in [&b""[..], b"A: b", b"A: b\r\n", b"A: b\r\n\r", b"A: b\n \n"] {
            assert_eq!(Document::divide(bytes), None, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn the_status_stands_in_any_line_or_nowhere() {
        for (head, status) in [
            ("Status: 404 Not Here\r\nA: b\r\n\r\n", "404 Not Here"),
            ("A: b\r\nstatus:404\r\n\r\n", "404"),
            ("A: b\n\n", "200 OK"),
            ("Location: http://a/\n\n", "302 Found"),
            ("Location: /a\nStatus: 303 See Other\n\n", "303 See Other"),
            ("HTTP/1.1 418 I am\r\nStatus: 200\r\n\r\n", "418 I am"),
            ("HTTP/1.1\r\n\r\n", ""),
        ] {
            let document = Document::divide(head.as_bytes()).unwrap();
            assert_eq!(document.status(), status.as_bytes(), "{head:?}");
        }
    }

    #[test]
    fn fields_keep_their_order_and_lose_their_blanks() {
        let document = Document::divide(b"A:  b:c \r\nnothing\r\na:\r\n\r\nX: y").unwrap();
        assert!(document.fields().eq([(&b"A"[..], &b"b:c"[..]), (b"a", b"")]));
        assert_eq!((document.field("a"), document.field("X")), (Some(&b"b:c"[..]), None));
    }
}
