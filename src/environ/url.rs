//! Paths as bytes: decoded once, compared in one normal form, cut at segment boundaries.
//!
//! Every function lends from its argument where it can, so that the usual path (no escape, no `//`, no `/.`)
//! costs one scan and no memory.

use janua_vocabulary::next_decoded;
use memchr::{memchr, memchr2};
use std::borrow::Cow;

/// Decodes `%XX` once; a `%` that starts no escape stands for itself.
pub(crate) fn decode(path: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr(b'%', path) else { return Cow::Borrowed(path) };
    let (clean, mut rest) = path.split_at(first);
    let mut decoded = Vec::with_capacity(path.len());
    decoded.extend_from_slice(clean);
    while let Some((byte, tail)) = next_decoded(rest) {
        decoded.push(byte);
        rest = tail;
    }
    Cow::Owned(decoded)
}

/// The part of `encoded`, beginning at one of its own slashes, that decodes to `tail`.
///
/// A slash that is written as `%2F` is no beginning: what stands before it belongs to the same segment.
pub(crate) fn encoded_tail<'p>(encoded: &'p [u8], tail: &[u8]) -> Option<&'p [u8]> {
    let decoded = decode(encoded);
    let mut before = decoded.strip_suffix(tail)?.len();
    let mut rest = encoded;
    while before > 0 {
        (_, rest) = next_decoded(rest)?;
        before -= 1;
    }
    rest.starts_with(b"/").then_some(rest)
}

/// The normal form in which paths are compared: runs of slashes count as one, `.` and `..` are resolved (never
/// above the root), a slash at the end is kept.
pub(crate) fn normalise(path: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    if !may_need_normalising(&path) {
        return path;
    }
    let mut normal: Vec<u8> = Vec::with_capacity(path.len());
    let mut ends_in_slash = false;
    for segment in path.split(|byte| *byte == b'/') {
        ends_in_slash = matches!(segment, b"" | b"." | b"..");
        match segment {
            b"" | b"." => {}
            b".." => normal.truncate(normal.iter().rposition(|byte| *byte == b'/').unwrap_or(0)),
            name => {
                normal.push(b'/');
                normal.extend_from_slice(name);
            }
        }
    }
    if ends_in_slash || normal.is_empty() {
        normal.push(b'/');
    }
    Cow::Owned(normal)
}

/// True if a path has a slash followed by a slash or a dot; only then can [`normalise`] change it.
fn may_need_normalising(path: &[u8]) -> bool {
    let Some((first, behind)) = path.split_first() else { return false };
    // Asking all pairs without a way out lets the compiler ask many at a time.
    let next_to = |any, (one, next): (&u8, &u8)| any | ((*one == b'/') & ((*next == b'/') | (*next == b'.')));
    *first != b'/' || path.iter().zip(behind).fold(false, next_to)
}

/// Runs of slashes made one; dots are left alone.
pub(crate) fn merge_slashes(path: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    if !path.windows(2).any(|pair| pair == b"//") {
        return path;
    }
    let mut merged = path.into_owned();
    merged.dedup_by(|next, previous| *next == b'/' && *previous == b'/');
    Cow::Owned(merged)
}

/// True if `head` followed by `tail` has the normal form `normal`.
pub(crate) fn joined_is(head: &[u8], tail: &[u8], normal: &[u8]) -> bool {
    let plainly = normal.strip_prefix(head).is_some_and(|rest| rest == tail);
    plainly || *normalise(Cow::Owned([head, tail].concat())) == *normal
}

/// True if the two have the same normal form.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    one == other || normalise(Cow::Borrowed(one)) == normalise(Cow::Borrowed(other))
}

/// What follows `prefix` in `path`, if the prefix ends where a segment ends: `""` or something with a slash
/// first.
pub(crate) fn rest_under<'p>(path: &'p [u8], prefix: &[u8]) -> Option<&'p [u8]> {
    path.strip_prefix(prefix).filter(|rest| matches!(rest, [] | [b'/', ..]))
}

/// [`rest_under`] for a server that does not tell capitals from small letters.
pub(crate) fn rest_under_any_case<'p>(path: &'p [u8], prefix: &[u8]) -> Option<&'p [u8]> {
    let (head, rest) = path.split_at_checked(prefix.len())?;
    (head.eq_ignore_ascii_case(prefix) && matches!(rest, [] | [b'/', ..])).then_some(rest)
}

/// [`rest_under`] for a path in which slashes may be doubled where `prefix` has one.
pub(crate) fn rest_under_merged<'p>(path: &'p [u8], prefix: &[u8]) -> Option<&'p [u8]> {
    let mut rest = path;
    for byte in prefix {
        rest = rest.strip_prefix(std::slice::from_ref(byte))?;
        if *byte == b'/' {
            rest = trim_start_slashes(rest);
        }
    }
    matches!(rest, [] | [b'/', ..]).then_some(rest)
}

/// What stands before `tail` in `path`, if `path` ends with it and `tail` begins with a slash. `tail` is in
/// normal form; slashes may be doubled in `path` where it has one, and those before the tail all belong to the
/// tail.
pub(crate) fn head_before<'p>(path: &'p [u8], tail: &[u8]) -> Option<&'p [u8]> {
    let mut head = path;
    for byte in tail.iter().rev() {
        head = head.strip_suffix(std::slice::from_ref(byte))?;
        if *byte == b'/' {
            head = trim_end_slashes(head);
        }
    }
    tail.starts_with(b"/").then_some(head)
}

/// The path with a slash in front, unless it is empty.
pub(crate) fn rooted(path: &[u8]) -> Cow<'_, [u8]> {
    match path {
        [] | [b'/', ..] => Cow::Borrowed(path),
        _ => Cow::Owned([b"/", path].concat()),
    }
}

/// The path without slashes at its end.
pub(crate) fn trim_end_slashes(mut path: &[u8]) -> &[u8] {
    while let Some(shorter) = path.strip_suffix(b"/") {
        path = shorter;
    }
    path
}

fn trim_start_slashes(mut path: &[u8]) -> &[u8] {
    while let Some(shorter) = path.strip_prefix(b"/") {
        path = shorter;
    }
    path
}

/// The path up to and including its last slash.
pub(crate) fn directory(path: &[u8]) -> Option<&[u8]> {
    path.get(..=path.iter().rposition(|byte| *byte == b'/')?)
}

/// What stands after the last slash.
pub(crate) fn last_segment(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}

/// True if the last segment is named like a program that a server runs.
pub(crate) fn is_script(path: &[u8]) -> bool {
    const EXTENSIONS: [&[u8]; 16] = [
        b"cgi", b"fcgi", b"scgi", b"fpl", b"wsgi", b"py", b"pyc", b"pl", b"rb", b"php", b"lua", b"sh",
        b"exe", b"dll", b"so", b"bat",
    ];
    let name = last_segment(path);
    let Some(dot) = name.iter().rposition(|byte| *byte == b'.') else { return false };
    let extension = name.get(dot + 1..).unwrap_or_default();
    EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension))
}

/// The path of a request-target (RFC 9112 section 3.2), still encoded: the origin form, or the path of the
/// absolute form. `None` for `*`, for `host:port`, and for junk.
pub(crate) fn target_path(target: &[u8]) -> Option<&[u8]> {
    let end = memchr2(b'?', b'#', target).unwrap_or(target.len());
    let path = target.get(..end)?;
    if path.starts_with(b"/") {
        return Some(path);
    }
    let scheme_end = path.windows(3).position(|three| three == b"://")?;
    let authority = path.get(scheme_end + 3..)?;
    Some(memchr(b'/', authority).and_then(|slash| authority.get(slash..)).unwrap_or(b"/"))
}

/// The query of a request-target: what follows the first `?`, up to a `#`.
pub(crate) fn target_query(target: &[u8]) -> &[u8] {
    let before_fragment = memchr(b'#', target).and_then(|hash| target.get(..hash)).unwrap_or(target);
    memchr(b'?', before_fragment).and_then(|mark| before_fragment.get(mark + 1..)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(path: &str) -> String {
        String::from_utf8(normalise(Cow::Borrowed(path.as_bytes())).into_owned()).unwrap()
    }

    #[test]
    fn an_escape_is_decoded_once_and_junk_stays() {
        assert_eq!(*decode(b"/a%2520b"), *b"/a%20b");
        assert_eq!(*decode(b"/caf%C3%a9+%E9"), *b"/caf\xc3\xa9+\xe9");
        assert_eq!(*decode(b"/%zz%4%"), *b"/%zz%4%");
        assert!(matches!(decode(b"/plain"), Cow::Borrowed(_)));
    }

    #[test]
    fn the_normal_form_merges_slashes_and_resolves_dots() {
        for (path, expected) in [
            ("/", "/"),
            ("//a///b", "/a/b"),
            ("/a/./b/", "/a/b/"),
            ("/a/../b", "/b"),
            ("/../../x", "/x"),
            ("/a/b/..", "/a/"),
            ("/a/.", "/a/"),
            ("/.well-known/x", "/.well-known/x"),
            ("a", "/a"),
            ("/..", "/"),
        ] {
            assert_eq!(normal(path), expected, "{path}");
            assert_eq!(normal(expected), expected);
        }
    }

    #[test]
    fn a_prefix_ends_where_a_segment_ends() {
        assert_eq!(rest_under(b"/app/x", b"/app"), Some(&b"/x"[..]));
        assert_eq!(rest_under(b"/app", b"/app"), Some(&b""[..]));
        assert_eq!(rest_under(b"/apple", b"/app"), None);
        assert_eq!(rest_under(b"/x", b""), Some(&b"/x"[..]));
        assert_eq!(rest_under_any_case(b"/App/x", b"/aPP"), Some(&b"/x"[..]));
        assert_eq!(rest_under_any_case(b"/Apple", b"/app"), None);
        assert_eq!(rest_under_merged(b"//app//a//b", b"/app"), Some(&b"//a//b"[..]));
        assert_eq!(rest_under_merged(b"/apple", b"/app"), None);
        assert_eq!(rest_under_merged(b"/a//b/c", b"/a/b"), Some(&b"/c"[..]));
    }

    #[test]
    fn a_tail_is_found_behind_doubled_slashes() {
        assert_eq!(head_before(b"/app/a/b", b"/a/b"), Some(&b"/app"[..]));
        assert_eq!(head_before(b"/app//a//b", b"/a/b"), Some(&b"/app"[..]));
        assert_eq!(head_before(b"/app/", b"/"), Some(&b"/app"[..]));
        assert_eq!(head_before(b"/app", b"/ap"), None);
        assert_eq!(head_before(b"/app", b"pp"), None);
    }

    #[test]
    fn an_encoded_tail_begins_at_a_slash_of_its_own() {
        assert_eq!(encoded_tail(b"/app/a%20b", b"/a b"), Some(&b"/a%20b"[..]));
        assert_eq!(encoded_tail(b"/app%2Fa%20b", b"/a b"), None);
        assert_eq!(encoded_tail(b"/other", b"/a b"), None);
    }

    #[test]
    fn the_path_and_the_query_of_every_form_of_target() {
        assert_eq!(target_path(b"/a?b/c"), Some(&b"/a"[..]));
        assert_eq!(target_path(b"http://h:1/a/b?c"), Some(&b"/a/b"[..]));
        assert_eq!(target_path(b"http://h?c"), Some(&b"/"[..]));
        assert_eq!(target_path(b"//h/a"), Some(&b"//h/a"[..]));
        assert_eq!(target_path(b"*"), None);
        assert_eq!(target_path(b"h:443"), None);
        assert_eq!(target_path(b"/a?next=http://h/"), Some(&b"/a"[..]));
        assert_eq!(target_query(b"/a?b=/c?d#e?f"), b"b=/c?d");
        assert_eq!(target_query(b"/a"), b"");
    }

    #[test]
    fn a_script_is_known_by_its_last_segment() {
        assert!(is_script(b"/cgi-bin/app.cgi"));
        assert!(is_script(b"/INDEX.FCGI"));
        assert!(!is_script(b"/app.py/x"));
        assert!(!is_script(b"/v1.0"));
        assert!(!is_script(b""));
    }
}
