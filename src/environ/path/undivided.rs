//! Stage 1: the server handed over a path that it did not divide, or divided in the wrong place.

use super::Apply;
use super::facts::Facts;
use super::proxied::bare_path;
use super::split::{Split, cut, head};
use crate::{Rule, ServerKind, url};
use std::borrow::Cow;

/// The rules of this stage; the first that applies is the last that is asked.
pub(super) const RULES: &[(Rule, Apply)] = &[
    (Rule::ProxiedPath, proxied_path),
    (Rule::EncodedPathInfo, encoded_path_info),
    (Rule::IndexGlued, index_glued),
    (Rule::MountTold, mount_told),
    (Rule::Unsplit, unsplit),
];

/// mod_proxy_fcgi and mod_proxy_scgi: SCRIPT_NAME is the whole path, and the backend's path stands at its end.
///
/// `ProxyPass /app fcgi://host` asks the backend for `/` when the client asks for `/app`, so a rest of `/` that
/// is not in the URL means the bare mount. A file name that ends with the SCRIPT_NAME of a script is a real
/// script. Any other file name has nothing to do with the URL, and then the app is at the root as far as
/// anybody can tell.
fn proxied_path<'a>(facts: &Facts<'a, '_>, claim: &Split<'a>) -> Option<Split<'a>> {
    if facts.server != ServerKind::Apache || !claim.path_info.is_empty() {
        return None;
    }
    let script_name = &claim.script_name;
    let is_script = url::is_script(script_name);
    let Some(proxied) = &facts.proxied else {
        let rest = bare_path(facts.file).filter(|_| !is_script)?;
        return split_at_rest(script_name, &rest);
    };
    if *proxied.path == *b"/" && !script_name.ends_with(b"/") {
        return None;
    }
    if let Some(split) = split_at_rest(script_name, &proxied.path) {
        return Some(split);
    }
    let is_file = is_script && proxied.path.ends_with(script_name);
    (!is_file && !script_name.is_empty()).then(|| Split::at_root(script_name.clone()))
}

/// `proxy-fcgi-pathinfo`: PATH_INFO is what the backend was asked for, or its end, and still encoded. Apache
/// then cuts SCRIPT_NAME where the encoded and the decoded text cease to agree, which may be anywhere.
fn encoded_path_info<'a>(facts: &Facts<'a, '_>, claim: &Split<'a>) -> Option<Split<'a>> {
    let proxied = facts.proxied.as_ref()?;
    if claim.path_info.is_empty() || facts.is_url(claim) {
        return None;
    }
    let decoded = url::normalise(url::decode(&claim.path_info)).into_owned();
    if !proxied.path.ends_with(&decoded) {
        return None;
    }
    let in_url = facts.url.as_ref().and_then(|url| split_at_rest(url, &decoded));
    in_url.or_else(|| split_at_rest(&claim.script_name, &decoded))
}

/// nginx's `fastcgi_index` and HAProxy's `index`: the path ends in a slash, and a file name follows in
/// SCRIPT_NAME. A path that HAProxy left as `/a/.` is the directory itself, and nothing was glued to it.
fn index_glued<'a>(facts: &Facts<'a, '_>, claim: &Split<'a>) -> Option<Split<'a>> {
    if !sends_whole_path(facts) || facts.sent_path_info.is_some() {
        return None;
    }
    let directory = url::directory(&claim.script_name)?;
    let server_path = facts.server_path().filter(|path| path.ends_with(b"/"))?;
    (url::same(directory, &server_path) && !url::same(&claim.script_name, &server_path))
        .then(|| Split::at_root(head(&claim.script_name, directory.len())))
}

/// A SCRIPT_NAME that is not the server's path was set by the configuration: `scgi_param SCRIPT_NAME /app;`.
/// Then what follows it in the path is PATH_INFO. Where the path does not lie under it (`/application`), the
/// server's `location /app` was less exact than it looks, and the request is not for that mount.
///
/// Servers that divide paths by themselves are not asked: with them no PATH_INFO means that nothing was left.
fn mount_told<'a>(facts: &Facts<'a, '_>, claim: &Split<'a>) -> Option<Split<'a>> {
    let divides = !sends_whole_path(facts) && facts.server != ServerKind::Generic;
    if divides || facts.sent_path_info.is_some() || claim.script_name.is_empty() {
        return None;
    }
    let path = facts.server_path()?;
    if url::same(&claim.script_name, &path) {
        return None;
    }
    let mount = url::rooted(url::trim_end_slashes(&claim.script_name));
    if url::rest_under(&path, &mount).is_some() {
        return Some(cut(&path, mount.len()));
    }
    if path.starts_with(&mount) {
        return Some(Split::at_root(path));
    }
    // The path has lost its prefix already. nginx says what is left of it in DOCUMENT_URI; HAProxy changes
    // REQUEST_URI along with the path.
    let is_own_path = facts.document_uri.is_some() || facts.server == ServerKind::HaProxy;
    (sends_whole_path(facts) && is_own_path).then(|| Split::new(claim.script_name.clone(), path))
}

/// nginx and HAProxy without a word about PATH_INFO: SCRIPT_NAME is the whole path. (An empty PATH_INFO that
/// was sent says that the path was divided.)
fn unsplit<'a>(facts: &Facts<'a, '_>, claim: &Split<'a>) -> Option<Split<'a>> {
    (sends_whole_path(facts) && facts.sent_path_info.is_none() && !claim.script_name.is_empty())
        .then(|| Split::at_root(claim.script_name.clone()))
}

fn sends_whole_path(facts: &Facts<'_, '_>) -> bool {
    matches!(facts.server, ServerKind::Nginx | ServerKind::HaProxy)
}

/// `path` divided where `rest` begins, if it ends with it.
fn split_at_rest<'a>(path: &Cow<'a, [u8]>, rest: &[u8]) -> Option<Split<'a>> {
    Some(cut(path, url::head_before(path, rest)?.len()))
}

#[cfg(test)]
mod tests {
    use crate::testing::split;

    fn is(server: &str, pairs: &[(&str, &str)], expected: (&str, &str)) {
        let sent = [&[("SERVER_SOFTWARE", server)], pairs].concat();
        assert_eq!(split(&sent, &[]), (expected.0.to_owned(), expected.1.to_owned()), "{sent:?}");
    }

    #[test]
    fn nginx_and_haproxy_send_the_whole_path_as_script_name() {
        for server in ["nginx/1.22.1", "HAProxy"] {
            is(server, &[("SCRIPT_NAME", "/app/x"), ("REQUEST_URI", "/app/x")], ("", "/app/x"));
            is(server, &[("SCRIPT_NAME", "/app/"), ("REQUEST_URI", "/app/")], ("", "/app/"));
            is(server, &[("SCRIPT_NAME", "/"), ("REQUEST_URI", "/")], ("", "/"));
            is(server, &[("SCRIPT_NAME", "/a//b/../c"), ("REQUEST_URI", "/a//b/../c")], ("", "/a//b/../c"));
            is(server, &[("SCRIPT_NAME", "/app"), ("PATH_INFO", ""), ("REQUEST_URI", "/app")], ("/app", ""));
            is(server, &[("SCRIPT_NAME", "/x")], ("", "/x"));
        }
        is("lighttpd/1.4", &[("SCRIPT_NAME", "/app"), ("REQUEST_URI", "/app")], ("/app", ""));
        is("", &[("SCRIPT_NAME", "/app"), ("REQUEST_URI", "/app")], ("/app", ""));
    }

    #[test]
    fn a_mount_set_without_a_path_info_leaves_the_rest_to_path_info() {
        let sent = |target, path| [("SCRIPT_NAME", "/app"), ("REQUEST_URI", target), ("DOCUMENT_URI", path)];
        for server in ["", "nginx/1.22.1"] {
            is(server, &sent("/app/a%20b", "/app/a b"), ("/app", "/a b"));
            is(server, &sent("/app/", "/app/"), ("/app", "/"));
            is(server, &sent("/application", "/application"), ("", "/application"));
            is(server, &[("SCRIPT_NAME", "/app/"), ("DOCUMENT_URI", "/app/x")], ("/app", "/x"));
            is(server, &[("SCRIPT_NAME", "app"), ("DOCUMENT_URI", "/app/x")], ("/app", "/x"));
            is(server, &[("SCRIPT_NAME", "/"), ("DOCUMENT_URI", "/a/b")], ("", "/a/b"));
            is(server, &[("SCRIPT_NAME", "/app"), ("REQUEST_URI", "/app/x")], ("/app", "/x"));
        }
        // A prefix that is gone from nginx's own path was stripped.
        is("nginx/1.22.1", &sent("/app/x", "/x"), ("/app", "/x"));
        is("nginx/1.22.1", &sent("/x", "/x"), ("/app", "/x"));
        is("HAProxy", &[("SCRIPT_NAME", "/app"), ("REQUEST_URI", "/x")], ("/app", "/x"));
        // A server that divides paths says by silence that nothing was left.
        is("lighttpd/1.4", &[("SCRIPT_NAME", "/app"), ("REQUEST_URI", "/app/x")], ("/app", ""));
    }

    #[test]
    fn an_index_file_glued_to_a_directory_was_not_asked_for() {
        is(
            "nginx/1.22.1",
            &[("SCRIPT_NAME", "/dir/index.fcgi"), ("DOCUMENT_URI", "/dir/"), ("REQUEST_URI", "/dir/")],
            ("", "/dir/"),
        );
        is("HAProxy", &[("SCRIPT_NAME", "/index.fcgi"), ("REQUEST_URI", "/")], ("", "/"));
        is("HAProxy", &[("SCRIPT_NAME", "/a//index.fcgi"), ("REQUEST_URI", "/a//?q")], ("", "/a//"));
        is(
            "HAProxy",
            &[("SCRIPT_NAME", "/dir/index.fcgi"), ("REQUEST_URI", "/dir/index.fcgi")],
            ("", "/dir/index.fcgi"),
        );
        is("h2o/2.3", &[("SCRIPT_NAME", "/foo/run.cgi"), ("REQUEST_URI", "/foo/")], ("/foo/run.cgi", ""));
    }

    #[test]
    fn a_dot_at_the_end_is_no_index_file() {
        is("HAProxy", &[("SCRIPT_NAME", "/a/."), ("REQUEST_URI", "/a/.")], ("", "/a/."));
        is("HAProxy", &[("SCRIPT_NAME", "/."), ("REQUEST_URI", "/.")], ("", "/."));
    }

    fn proxied<'t>(script_name: &'t str, file: &'t str, target: &'t str) -> [(&'t str, &'t str); 3] {
        [("SCRIPT_NAME", script_name), ("SCRIPT_FILENAME", file), ("REQUEST_URI", target)]
    }

    #[test]
    fn apache_tells_where_to_divide_by_what_it_asks_its_backend_for() {
        const APACHE: &str = "Apache/2.4.62 (Unix)";
        is(APACHE, &proxied("/app/a b", "proxy:fcgi://h:1/a%20b", "/app/a%20b"), ("/app", "/a b"));
        is(APACHE, &proxied("/app/a%20b", "proxy:scgi://h:1/a%2520b", "/app/a%2520b"), ("/app", "/a%20b"));
        is(APACHE, &proxied("/app/", "proxy:fcgi://h:1/", "/app/"), ("/app", "/"));
        is(APACHE, &proxied("/app", "proxy:fcgi://h:1/", "/app"), ("/app", ""));
        is(APACHE, &proxied("/foo", "proxy:balancer://pool/foo", "/foo"), ("", "/foo"));
        is(APACHE, &proxied("/app//x", "proxy:fcgi://h:1//x", "/app//x"), ("/app", "//x"));
        is(APACHE, &proxied("/app/foo", "/foo", "/app/foo"), ("/app", "/foo"));
        is(APACHE, &proxied("/app/x", "proxy:fcgi://h:1/other/y", "/app/x"), ("", "/app/x"));
        is("", &proxied("/app/x", "proxy:scgi://h:1/x", "/app/x"), ("/app", "/x"));
    }

    #[test]
    fn a_real_script_behind_mod_proxy_stays_script_name() {
        const APACHE: &str = "Apache/2.4.62";
        is(APACHE, &proxied("/app.py", "proxy:fcgi://localhost/var/www/app.py", "/app.py"), ("/app.py", ""));
        is(APACHE, &proxied("/app.fcgi", "/srv/www/app.fcgi", "/app.fcgi"), ("/app.fcgi", ""));
        let sent =
            [&proxied("/app.py", "proxy:fcgi://h//srv/app.py", "/app.py/x")[..], &[("PATH_INFO", "/x")]]
                .concat();
        is(APACHE, &sent, ("/app.py", "/x"));
    }

    #[test]
    fn an_encoded_path_info_is_decoded_and_divided_again() {
        let sent = |script_name, path_info, file, target| {
            [&proxied(script_name, file, target)[..], &[("PATH_INFO", path_info)]].concat()
        };
        for (script_name, path_info, file, target, expected) in [
            ("/app/a b", "/a%20b", "proxy:fcgi://h/a%20b", "/app/a%20b", ("/app", "/a b")),
            // The texts agree from the end up to the escape, and SCRIPT_NAME ends at the slash behind it.
            ("/app/a b", "/a%20b/c", "proxy:fcgi://h/a%20b/c", "/app/a%20b/c", ("/app", "/a b/c")),
            ("/app/100%", "/100%25", "proxy:fcgi://h/100%25", "/app/100%25", ("/app", "/100%")),
            ("/run.py/a b", "/a%20b", "proxy:fcgi://h/run.py/a%20b", "/run.py/a%20b", ("/run.py", "/a b")),
            // Right already: the mount is named like the first segment behind it.
            ("/foo", "/foo", "proxy:fcgi://h/foo", "/foo/foo", ("/foo", "/foo")),
            ("/app", "/a%20b", "proxy:fcgi://h/a%2520b", "/app/a%2520b", ("/app", "/a%20b")),
        ] {
            is("Apache/2.4.62", &sent(script_name, path_info, file, target), expected);
        }
    }
}
