//! The target of a request, RFC 9112, section 3.2.

use crate::error::HttpError;
use crate::host::Host;

/// A target taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target<'a> {
    /// The authority of a target in absolute form, which counts instead of the Host field.
    pub(crate) host: Option<Host<'a>>,
    /// The path, percent-decoded once. Empty for `*`, which names no path; REQUEST_URI tells it from `/`.
    ///
    /// Nothing else is done to it: empty and dot segments stay, as some front servers do it, and bytes that are not
    /// UTF-8 too.
    pub(crate) path: Vec<u8>,
    /// What follows the first `?`, as it was sent.
    pub(crate) query: &'a [u8],
}

impl<'a> Target<'a> {
    /// Reads the target of a request with `method`.
    pub(crate) fn parse(method: &[u8], target: &'a [u8]) -> Result<Self, HttpError> {
        if method == b"CONNECT" {
            return Err(HttpError::Connect);
        }
        if target.iter().any(|byte| *byte <= b' ' || *byte == 0x7f || *byte == b'#') {
            return Err(HttpError::Target("contains a control character or a fragment"));
        }
        match target {
            b"*" if method == b"OPTIONS" => Ok(Self { host: None, path: Vec::new(), query: b"" }),
            [b'/', ..] => Self::origin(None, target),
            _ => Self::absolute(target),
        }
    }

    fn absolute(target: &'a [u8]) -> Result<Self, HttpError> {
        let rest = strip_scheme(target, b"http://")
            .or_else(|| strip_scheme(target, b"https://"))
            .ok_or(HttpError::Target("is neither a path nor an http address"))?;
        let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at_checked(end).unwrap_or_default();
        let host = Host::parse(authority)
            .filter(|host| !host.name.is_empty())
            .ok_or(HttpError::Target("has no valid host, or has a user name before it"))?;
        Self::origin(Some(host), rest)
    }

    fn origin(host: Option<Host<'a>>, rest: &'a [u8]) -> Result<Self, HttpError> {
        let (path, query) = match rest.iter().position(|byte| *byte == b'?') {
            Some(mark) => (rest.get(..mark).unwrap_or_default(), rest.get(mark + 1..).unwrap_or_default()),
            None => (rest, &b""[..]),
        };
        let path = percent_decoded(if path.is_empty() { b"/" } else { path })?;
        Ok(Self { host, path, query })
    }
}

fn strip_scheme<'a>(target: &'a [u8], scheme: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = target.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then_some(rest)
}

fn percent_decoded(path: &[u8]) -> Result<Vec<u8>, HttpError> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    loop {
        rest = match rest {
            [] => return Ok(decoded),
            [b'%', high, low, behind @ ..] => {
                decoded.push(decoded_byte(*high, *low)?);
                behind
            }
            [b'%', ..] => return Err(BAD_ESCAPE),
            [byte, behind @ ..] => {
                decoded.push(*byte);
                behind
            }
        };
    }
}

const BAD_ESCAPE: HttpError = HttpError::Target("has a % without two hexadecimal digits behind it");

fn decoded_byte(high: u8, low: u8) -> Result<u8, HttpError> {
    let digit = |byte: u8| char::from(byte).to_digit(16).ok_or(BAD_ESCAPE);
    match digit(high)? << 4 | digit(low)? {
        0 => Err(HttpError::Target("contains an encoded NUL")),
        byte => Ok(byte as u8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(target: &str) -> Result<(String, Vec<u8>, String), HttpError> {
        let target = Target::parse(b"GET", target.as_bytes())?;
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Ok((target.host.map_or_else(String::new, |host| text(host.whole)), target.path, text(target.query)))
    }

    fn parts(host: &str, path: &[u8], query: &str) -> Result<(String, Vec<u8>, String), HttpError> {
        Ok((host.to_owned(), path.to_vec(), query.to_owned()))
    }

    #[test]
    fn the_path_is_decoded_once_and_the_query_is_not() {
        assert_eq!(parse("/a%20b%2Fc%25%32%35?x=%20?y"), parts("", b"/a b/c%25", "x=%20?y"));
        assert_eq!(parse("/caf%C3%A9/%ff+"), parts("", b"/caf\xc3\xa9/\xff+", ""));
        assert_eq!(parse("/?"), parts("", b"/", ""));
    }

    #[test]
    fn nothing_else_is_done_to_the_path() {
        assert_eq!(parse("//a//../b/./;p=1"), parts("", b"//a//../b/./;p=1", ""));
        assert_eq!(parse("/\u{e9}"), parts("", "/\u{e9}".as_bytes(), ""));
    }

    #[test]
    fn an_absolute_target_brings_its_host() {
        assert_eq!(parse("http://example.org:80/a?b"), parts("example.org:80", b"/a", "b"));
        assert_eq!(parse("HTTPS://[::1]"), parts("[::1]", b"/", ""));
        assert_eq!(parse("http://example.org?b"), parts("example.org", b"/", "b"));
    }

    #[test]
    fn an_asterisk_is_for_options_alone_and_names_no_path() {
        let target = Target::parse(b"OPTIONS", b"*").unwrap();
        assert_eq!((target.host, target.path, target.query), (None, Vec::new(), &b""[..]));
        assert!(matches!(parse("*"), Err(HttpError::Target(_))));
    }

    #[test]
    fn bad_targets_are_refused() {
        let bad = [
            "a",
            "?x",
            "/%",
            "/%2",
            "/%zz",
            "/%+1",
            "/%00",
            "/a#b",
            "/\x01",
            "/\x7f",
            "http://",
            "http:///a",
            "http:/a",
            "ftp://a/",
            "http://u@h/",
            "http://a b/",
            "example.org:80",
            "http://:80/",
        ];
        for bad in bad {
            assert!(matches!(parse(bad), Err(HttpError::Target(_))), "{bad:?}");
        }
    }

    #[test]
    fn connect_is_not_implemented() {
        assert_eq!(Target::parse(b"CONNECT", b"example.org:443"), Err(HttpError::Connect));
    }
}
