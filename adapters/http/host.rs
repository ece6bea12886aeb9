//! Host and port, as they stand in the Host field and in an absolute target (RFC 9110, section 7.2).

/// An authority without user information: a host and perhaps a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Host<'a> {
    /// Everything.
    pub(crate) whole: &'a [u8],
    /// The host alone, an IPv6 address with its brackets. May be empty in a Host field.
    pub(crate) name: &'a [u8],
}

impl<'a> Host<'a> {
    /// Reads `whole`; `None` if it has no form that RFC 3986, section 3.2.2, knows. Percent-encoding is let through
    /// unchecked, since nothing here decodes it.
    pub(crate) fn parse(whole: &'a [u8]) -> Option<Self> {
        let name_len = match whole {
            [b'[', rest @ ..] => {
                let close = rest.iter().position(|byte| *byte == b']')?;
                let literal = rest.get(..close)?;
                let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b":.-_~%".contains(byte);
                if literal.is_empty() || !literal.iter().all(allowed) {
                    return None;
                }
                close + 2
            }
            _ => {
                let len = whole.iter().position(|byte| *byte == b':').unwrap_or(whole.len());
                let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=%".contains(byte);
                if !whole.get(..len)?.iter().all(allowed) {
                    return None;
                }
                len
            }
        };
        let (name, port) = whole.split_at_checked(name_len)?;
        match port {
            [] => Some(Self { whole, name }),
            [b':', digits @ ..] if digits.iter().all(u8::is_ascii_digit) => Some(Self { whole, name }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(whole: &str) -> Option<&str> {
        Host::parse(whole.as_bytes()).map(|host| std::str::from_utf8(host.name).unwrap())
    }

    #[test]
    fn the_port_is_told_from_the_host() {
        assert_eq!(name("example.org"), Some("example.org"));
        assert_eq!(name("example.org:8000"), Some("example.org"));
        assert_eq!(name("example.org:"), Some("example.org"));
        assert_eq!(name("under_score"), Some("under_score"));
        assert_eq!(name("[::1]"), Some("[::1]"));
        assert_eq!(name("[::1]:8000"), Some("[::1]"));
        assert_eq!(name(""), Some(""));
        assert_eq!(name(":80"), Some(""));
    }

    #[test]
    fn anything_else_is_no_host() {
        for bad in [
            "a b", "a@b", "a/b", "a:b", "a:1:2", "::1", "[::1", "[]", "[::1]x", "[a b]", "a\"", "\u{e9}",
            "a?b", "a#",
        ] {
            assert_eq!(name(bad), None, "{bad:?}");
        }
    }
}
