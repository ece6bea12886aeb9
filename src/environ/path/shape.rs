//! Stage 2: slashes where PEP 3333 wants them, habits of single servers, and something where there is nothing.

use super::Apply;
use super::facts::Facts;
use super::split::{Split, cut, head, tail};
use crate::{Rule, ServerKind, url};
use std::borrow::Cow;

/// The rules of this stage; all are asked, each about what the one before it left.
pub(super) const RULES: &[(Rule, Apply)] = &[
    (Rule::NoPath, no_path),
    (Rule::Slashes, slashes),
    (Rule::PathInfoRepeats, path_info_repeats),
    (Rule::MountCutShort, mount_cut_short),
    (Rule::DecodedTwice, decoded_twice),
    (Rule::PathFromUrl, path_from_url),
];

/// The asterisk form of a request-target (RFC 9112 section 3.2.4) in the place of a path.
fn no_path<'a>(_: &Facts<'a, '_>, claim: &Split<'a>) -> Option<Split<'a>> {
    let without_star = |path: &Cow<'a, [u8]>| if **path == *b"*" { Cow::default() } else { path.clone() };
    let split = Split::new(without_star(&claim.script_name), without_star(&claim.path_info));
    (split != *claim).then_some(split)
}

/// A slash that ends SCRIPT_NAME is the one that PATH_INFO begins with. Two slashes at the front of SCRIPT_NAME
/// would make a URL to another host of every link.
fn slashes<'a>(_: &Facts<'a, '_>, claim: &Split<'a>) -> Option<Split<'a>> {
    let Split { script_name, path_info } = claim;
    let trimmed = url::trim_end_slashes(script_name).len();
    let had_slash = trimmed < script_name.len();
    let path_info = match &**path_info {
        [] if had_slash => Cow::Borrowed(&b"/"[..]),
        _ => rooted(path_info),
    };
    let script_name = rooted(&head(script_name, trimmed));
    let doubled = script_name.iter().take_while(|byte| **byte == b'/').count().saturating_sub(1);
    let script_name = tail(&script_name, doubled);
    let split = Split::new(script_name, path_info);
    (split != *claim).then_some(split)
}

fn rooted<'a>(path: &Cow<'a, [u8]>) -> Cow<'a, [u8]> {
    match url::rooted(path) {
        Cow::Borrowed(_) => path.clone(),
        Cow::Owned(rooted) => Cow::Owned(rooted),
    }
}

/// IIS, which does not tell capitals from small letters.
fn path_info_repeats<'a>(facts: &Facts<'a, '_>, claim: &Split<'a>) -> Option<Split<'a>> {
    let Split { script_name, path_info } = claim;
    if facts.server != ServerKind::Iis || script_name.is_empty() || facts.is_url(claim) {
        return None;
    }
    url::rest_under_any_case(path_info, script_name)?;
    if url::is_script(script_name) {
        Some(Split::new(script_name.clone(), tail(path_info, script_name.len())))
    } else {
        Some(Split::at_root(path_info.clone()))
    }
}

/// mod_proxy_uwsgi takes as many bytes off the end of the URL as PATH_INFO has, and PATH_INFO may have one too
/// many.
fn mount_cut_short<'a>(facts: &Facts<'a, '_>, claim: &Split<'a>) -> Option<Split<'a>> {
    let url = facts.url.as_ref()?;
    if !facts.proxied.as_ref()?.is_uwsgi() || claim.path_info.is_empty() || facts.is_url(claim) {
        return None;
    }
    let path_info = url::normalise(Cow::Borrowed(&*claim.path_info));
    Some(cut(url, url.strip_suffix(&*path_info)?.len()))
}

/// Per-directory mod_rewrite without the flag B. The second decoding cannot be undone in PATH_INFO itself, but
/// REDIRECT_URL has the same text from before it.
fn decoded_twice<'a>(facts: &Facts<'a, '_>, claim: &Split<'a>) -> Option<Split<'a>> {
    let before = facts.redirect_url.filter(|_| facts.server == ServerKind::Apache)?;
    if claim.path_info.is_empty() || before.ends_with(&claim.path_info) {
        return None;
    }
    let path_info = url::encoded_tail(before, &claim.path_info)?;
    Some(Split::new(claim.script_name.clone(), path_info))
}

/// nginx's stock scgi_params, and clients that send as little.
fn path_from_url<'a>(facts: &Facts<'a, '_>, claim: &Split<'a>) -> Option<Split<'a>> {
    let path = facts.server_path().filter(|path| claim.is_empty() && path.starts_with(b"/"))?;
    Some(Split::at_root(path))
}

#[cfg(test)]
mod tests {
    use crate::Refusal;
    use crate::testing::{refusal, split};

    fn is(pairs: &[(&str, &str)], expected: (&str, &str)) {
        assert_eq!(split(pairs, &[]), (expected.0.to_owned(), expected.1.to_owned()), "{pairs:?}");
    }

    #[test]
    fn slashes_stand_where_pep_3333_wants_them() {
        for (script_name, path_info, expected) in [
            ("/", "/a", ("", "/a")),
            ("/", "", ("", "/")),
            ("/app/", "", ("/app", "/")),
            ("/app/", "foo", ("/app", "/foo")),
            ("/app//", "/foo", ("/app", "/foo")),
            ("app", "/x", ("/app", "/x")),
            ("//evil.example", "/x", ("/evil.example", "/x")),
            ("///", "", ("", "/")),
            ("", "foo", ("", "/foo")),
            ("", "//foo", ("", "//foo")),
            ("", "", ("", "/")),
            ("*", "", ("", "/")),
            ("", "*", ("", "/")),
        ] {
            is(&[("SCRIPT_NAME", script_name), ("PATH_INFO", path_info)], expected);
        }
    }

    #[test]
    fn iis_says_the_path_twice() {
        let iis = |script_name, path_info| {
            [
                ("SERVER_SOFTWARE", "Microsoft-IIS/10.0"),
                ("SCRIPT_NAME", script_name),
                ("PATH_INFO", path_info),
            ]
        };
        is(&iis("/app.py", "/app.py/foo"), ("/app.py", "/foo"));
        is(&iis("/app.py", "/APP.PY/foo"), ("/app.py", "/foo"));
        is(&iis("/app.py", "/app.py"), ("/app.py", ""));
        is(&iis("/blog/post", "/blog/post"), ("", "/blog/post"));
        is(&iis("/app.py", "/app.pyc/foo"), ("/app.py", "/app.pyc/foo"));
        let honest = [&iis("/a.py", "/a.py/x")[..], &[("REQUEST_URI", "/a.py/a.py/x")]].concat();
        is(&honest, ("/a.py", "/a.py/x"));
    }

    #[test]
    fn mod_proxy_uwsgi_cut_the_mount_in_the_wrong_place() {
        let sent = |script_name, path_info, target| {
            [
                ("SERVER_SOFTWARE", "Apache/2.4.51"),
                ("SCRIPT_FILENAME", "proxy:uwsgi://h:1/unlike/it"),
                ("SCRIPT_NAME", script_name),
                ("PATH_INFO", path_info),
                ("REQUEST_URI", target),
            ]
        };
        is(&sent("/ap", "//foo/bar", "/app/foo/bar"), ("/app", "/foo/bar"));
        is(&sent("/app", "/foo", "/app/foo"), ("/app", "/foo"));
        is(&sent("/app/", "/", "/app/"), ("/app", "/"));
    }

    #[test]
    fn a_path_that_was_decoded_twice_is_taken_from_before_the_second_time() {
        let sent = |path_info, redirect_url, target| {
            [
                ("SERVER_SOFTWARE", "Apache/2.4.62"),
                ("SCRIPT_NAME", "/index.fcgi"),
                ("PATH_INFO", path_info),
                ("REDIRECT_URL", redirect_url),
                ("REQUEST_URI", target),
            ]
        };
        is(&sent("/a b", "/a%20b", "/a%2520b"), ("", "/a%20b"));
        is(&sent("/a%20b", "/a%20b", "/a%2520b"), ("", "/a%20b"));
        is(&sent("/a b", "/sub/a%20b", "/sub/a%2520b"), ("/sub", "/a%20b"));
    }

    #[test]
    fn with_neither_variable_the_path_is_that_of_the_document_or_of_the_url() {
        is(&[("DOCUMENT_URI", "/a%20b"), ("REQUEST_URI", "/a%2520b")], ("", "/a%20b"));
        is(&[("REQUEST_URI", "/a%20b/%E2%82%AC?q=%20")], ("", "/a b/\u{20ac}"));
        is(&[("REQUEST_URI", "http://h:1/a/./b?q")], ("", "/a/b"));
        is(&[("REQUEST_URI", "*")], ("", "/"));
        is(&[], ("", "/"));
    }

    #[test]
    fn an_encoded_nul_is_refused_like_a_nul() {
        assert_eq!(refusal(&[("REQUEST_URI", "/a%00b")]), Some(Refusal::NulInPath));
        // Also where the path does not come from there.
        assert_eq!(refusal(&[("REQUEST_URI", "/a%00b"), ("PATH_INFO", "/a")]), Some(Refusal::NulInPath));
        assert_eq!(refusal(&[("REQUEST_URI", "/a?q=%00")]), None);
    }
}
