//! The parts of a URL's path that are parameters of their own.

/// Path and query of a target; the query is what follows the first `?`.
pub(crate) fn divide(target: &[u8]) -> (&[u8], &[u8]) {
    match target.iter().position(|byte| *byte == b'?') {
        Some(mark) => (target.get(..mark).unwrap_or_default(), target.get(mark + 1..).unwrap_or_default()),
        None => (target, b""),
    }
}

/// Decodes `%XX` once; a `%` that begins no escape stands for itself.
pub(crate) fn decode(path: &[u8]) -> Vec<u8> {
    let hex = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        let byte = match (first, tail) {
            (b'%', [high, low, behind @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    rest = behind;
                    high << 4 | low
                }
                _ => b'%',
            },
            _ => *first,
        };
        decoded.push(byte);
    }
    decoded
}

/// What of `path` lies under `mount`, cut at the end of a segment.
pub(crate) fn under<'a>(path: &'a [u8], mount: &[u8]) -> Option<&'a [u8]> {
    path.strip_prefix(mount).filter(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_decoded_once_and_junk_stays() {
        for (path, decoded) in
            [("/a%2520b", "/a%20b"), ("/%zz%4%", "/%zz%4%"), ("/a+b%2Fc", "/a+b/c"), ("%%41", "%A")]
        {
            assert_eq!(decode(path.as_bytes()), decoded.as_bytes(), "{path}");
        }
        assert_eq!(decode(b"/%E9"), b"/\xe9");
    }

    #[test]
    fn the_first_question_mark_begins_the_query() {
        assert_eq!(divide(b"/a?b?c"), (&b"/a"[..], &b"b?c"[..]));
        assert_eq!(divide(b"/a?"), (&b"/a"[..], &b""[..]));
        assert_eq!(divide(b"/a"), (&b"/a"[..], &b""[..]));
    }

    #[test]
    fn a_mount_ends_where_a_segment_ends() {
        assert_eq!(under(b"/app/x", b"/app"), Some(&b"/x"[..]));
        assert_eq!(under(b"/app", b"/app"), Some(&b""[..]));
        assert_eq!(under(b"/app-x", b"/app"), None);
        assert_eq!(under(b"/x", b""), Some(&b"/x"[..]));
    }
}
