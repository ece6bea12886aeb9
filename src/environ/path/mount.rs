//! Stage 4: what follows from the relation to the URL, and from a mount that somebody named.

use super::facts::Facts;
use super::relation::Relation;
use super::split::{Split, cut, head, tail};
use super::told;
use crate::witness::Witness;
use crate::{OnMismatch, Refusal, Rule, ServerKind, Switch, url};
use std::borrow::Cow;

/// Divides the path at the mount that was named, or where the URL shows that the server's division is not the
/// client's.
///
/// # Errors
/// The setting `script_name` names a mount and the URL does not lie under it.
pub(super) fn settle<'a>(
    facts: &Facts<'a, '_>,
    split: &mut Split<'a>,
    witness: &mut impl Witness,
) -> Result<(), Refusal> {
    if let Some(whole_url) = bare_script(facts, split) {
        told(Rule::BareScript, split, whole_url, witness);
    }
    let relation = Relation::of(facts, split);
    let Some(mount) = Mount::named(facts, split) else {
        if let Some((rule, better)) = from_url(facts, split, relation) {
            told(rule, split, better, witness);
        }
        return Ok(());
    };
    let placed = mount.place(facts, split, relation).or_else(|| match mount.outside {
        Outside::Refuse => None,
        Outside::Pass => Some(Split::new(mount.prefix.to_vec(), visible_path(facts, split, relation))),
        Outside::Ignore => Some(split.clone()),
    });
    told(mount.rule, split, placed.ok_or(Refusal::OutsideMount)?, witness);
    Ok(())
}

/// `RewriteRule ^$ index.fcgi`: the script stands in place of the URL, and nothing was left for PATH_INFO.
fn bare_script<'a>(facts: &Facts<'a, '_>, claim: &Split<'a>) -> Option<Split<'a>> {
    let url = facts.url.as_ref()?;
    let applies = facts.server == ServerKind::Apache
        && facts.redirect_url.is_some()
        && facts.settings.hide_script != Switch::Off
        && claim.path_info.is_empty()
        && url::is_script(&claim.script_name)
        && !claim.is(url);
    applies.then(|| cut(url, url::trim_end_slashes(url).len()))
}

/// The division that the URL shows when nobody named a mount.
fn from_url<'a>(facts: &Facts<'a, '_>, claim: &Split<'a>, relation: Relation) -> Option<(Rule, Split<'a>)> {
    let Split { script_name, path_info } = claim;
    let before_path_info = || {
        let normal = url::normalise(Cow::Borrowed(&**path_info));
        facts.url.as_ref().and_then(|url| Some(head(url, url.strip_suffix(&*normal)?.len())))
    };
    let visible = || Some(Split::new(before_path_info()?, path_info.clone()));
    match relation {
        Relation::Doubled => {
            let rest = tail(path_info, script_name.len());
            Some((Rule::PrefixDoubled, Split::new(script_name.clone(), rest)))
        }
        Relation::Hidden => Some((Rule::ScriptHidden, visible()?)),
        Relation::Stripped if facts.settings.infer_prefix => Some((Rule::PrefixStripped, visible()?)),
        Relation::Stripped | Relation::Same | Relation::Other => None,
    }
}

/// The path without what the client does not see in it.
fn visible_path<'a>(facts: &Facts<'a, '_>, claim: &Split<'a>, relation: Relation) -> Cow<'a, [u8]> {
    match (relation, &facts.url) {
        (Relation::Hidden | Relation::Doubled, Some(url)) => url.clone(),
        _ => claim.whole(),
    }
}

/// What becomes of a request outside the mount.
#[derive(Clone, Copy)]
enum Outside {
    /// 404.
    Refuse,
    /// The prefix was stripped further out.
    Pass,
    /// Then the server's word about the mount does not fit its word about the path, and the latter counts.
    Ignore,
}

/// A mount that somebody named.
struct Mount<'m> {
    rule: Rule,
    prefix: Cow<'m, [u8]>,
    any_case: bool,
    outside: Outside,
}

impl<'m> Mount<'m> {
    /// The mount that the settings name, else IIS, else a trusted proxy.
    fn named(facts: &Facts<'m, 'm>, claim: &Split<'_>) -> Option<Self> {
        if let Some(script_name) = &facts.settings.script_name {
            let outside = match facts.settings.on_mismatch {
                OnMismatch::NotFound => Outside::Refuse,
                OnMismatch::Pass => Outside::Pass,
            };
            let prefix = Cow::Borrowed(script_name.as_bytes());
            return Some(Self { rule: Rule::MountConfigured, prefix, any_case: false, outside });
        }
        // A SCRIPT_NAME that is left on IIS is a script, and a mount by itself.
        if facts.server == ServerKind::Iis
            && claim.script_name.is_empty()
            && let Some(prefix) = facts.application.and_then(application)
        {
            let rule = Rule::MountFromServer;
            return Some(Self { rule, prefix, any_case: true, outside: Outside::Ignore });
        }
        let prefix = facts.forwarded_prefix.filter(|_| facts.peer_is_trusted).and_then(forwarded)?;
        Some(Self { rule: Rule::MountForwarded, prefix, any_case: false, outside: Outside::Pass })
    }

    /// The path divided at the mount. The server's path is asked first; the URL where the server's path has a
    /// script or a doubled prefix in it, and in the end.
    fn place<'a>(&self, facts: &Facts<'a, '_>, claim: &Split<'a>, relation: Relation) -> Option<Split<'a>> {
        let Split { script_name, path_info } = claim;
        if self.prefix.is_empty() {
            return Some(match relation {
                Relation::Hidden => Split::at_root(path_info.clone()),
                _ => Split::at_root(visible_path(facts, claim, relation)),
            });
        }
        let in_url = || facts.url.as_ref().and_then(|url| self.divide(url));
        let other = match relation {
            Relation::Hidden => in_url(),
            Relation::Doubled => self.divide(path_info),
            _ => None,
        };
        other
            .or_else(|| (*script_name == self.prefix).then(|| claim.clone()))
            .or_else(|| self.divide(&claim.whole()))
            .or_else(|| self.stripped(facts, claim, relation))
            .or_else(in_url)
    }

    /// The server took a prefix off the path: the mount, or (with another one on the way) one that stands for
    /// it.
    fn stripped<'a>(
        &self,
        facts: &Facts<'a, '_>,
        claim: &Split<'a>,
        relation: Relation,
    ) -> Option<Split<'a>> {
        if !claim.script_name.is_empty() || relation == Relation::Same {
            return None;
        }
        let in_url = facts.url.as_ref().and_then(|url| self.divide(url)).map(|split| split.script_name);
        let elsewhere = || (relation == Relation::Stripped).then(|| self.prefix.to_vec().into());
        Some(Split::new(in_url.or_else(elsewhere)?, claim.path_info.clone()))
    }

    /// `path` divided at the mount, if it lies under it, also after `..` was resolved.
    fn divide<'a>(&self, path: &Cow<'a, [u8]>) -> Option<Split<'a>> {
        let normal = url::normalise(Cow::Borrowed(&**path));
        if self.any_case {
            url::rest_under_any_case(&normal, &self.prefix)?;
            let rest = url::rest_under_any_case(path, &self.prefix)?.len();
            return Some(Split::new(self.prefix.to_vec(), tail(path, path.len() - rest)));
        }
        url::rest_under(&normal, &self.prefix)?;
        url::rest_under(path, &self.prefix).map(|_| cut(path, self.prefix.len()))
    }
}

/// The path of the application in `/LM/W3SVC/1/ROOT/app`, whose ROOT is written in any case.
fn application(place: &[u8]) -> Option<Cow<'_, [u8]>> {
    const ROOT: &[u8] = b"/ROOT";
    let root = place.windows(ROOT.len()).position(|part| part.eq_ignore_ascii_case(ROOT))?;
    let path = place.get(root + ROOT.len()..).filter(|path| path.starts_with(b"/"))?;
    let path = url::normalise(Cow::Borrowed(path));
    let length = url::trim_end_slashes(&path).len();
    (length > 0).then(|| head(&path, length))
}

/// The prefix in a header. One that is empty names no mount; one that could not stand in a path is ignored.
fn forwarded(header: &[u8]) -> Option<Cow<'_, [u8]>> {
    let sane = |byte: &u8| !byte.is_ascii_control() && !matches!(byte, b'?' | b'#' | b',');
    let prefix = url::normalise(Cow::Borrowed(header.trim_ascii()));
    let length = url::trim_end_slashes(&prefix).len();
    (length > 0 && prefix.iter().all(sane)).then(|| head(&prefix, length))
}

#[cfg(test)]
mod tests {
    use crate::Refusal;
    use crate::testing::{build_text, split};
    use janua_vocabulary::Protocol;

    fn with(pairs: &[(&str, &str)], settings: &[(&str, &str)], expected: (&str, &str)) {
        let expected = (expected.0.to_owned(), expected.1.to_owned());
        assert_eq!(split(pairs, settings), expected, "{pairs:?} {settings:?}");
    }

    fn outside(pairs: &[(&str, &str)], settings: &[(&str, &str)]) -> bool {
        build_text(pairs, Protocol::FastCgi, settings).err() == Some(Refusal::OutsideMount)
    }

    fn paths<'t>(script_name: &'t str, path_info: &'t str, target: &'t str) -> [(&'t str, &'t str); 3] {
        [("SCRIPT_NAME", script_name), ("PATH_INFO", path_info), ("REQUEST_URI", target)]
    }

    const APP: [(&str, &str); 1] = [("script_name", "/app")];
    const ROOT: [(&str, &str); 1] = [("script_name", "")];

    #[test]
    fn the_named_mount_is_where_the_path_is_divided() {
        with(&paths("", "/app/x", "/app/x"), &APP, ("/app", "/x"));
        with(&paths("/app/x", "", "/app/x"), &APP, ("/app", "/x"));
        with(&paths("/app/sub", "/x", "/app/sub/x"), &APP, ("/app", "/sub/x"));
        with(&paths("/app", "/x", "/elsewhere/x"), &APP, ("/app", "/x"));
        with(&paths("", "/app", "/app"), &APP, ("/app", ""));
        with(&paths("", "/app/", "/app/"), &APP, ("/app", "/"));
        with(&paths("/foo", "/bar", "/foo/bar"), &ROOT, ("", "/foo/bar"));
    }

    #[test]
    fn a_mount_ends_where_a_segment_ends() {
        assert!(outside(&paths("", "/apple/pie", "/apple/pie"), &APP));
        assert!(outside(&paths("/apple", "/pie", "/apple/pie"), &APP));
        assert!(outside(&paths("", "/le", "/apple"), &APP));
        // HAProxy and Caddy leave dots in the path.
        assert!(outside(&paths("", "/app/../secret", "/app/../secret"), &APP));
        with(&paths("", "/app/a/../b", "/app/a/../b"), &APP, ("/app", "/a/../b"));
    }

    #[test]
    fn a_request_outside_the_mount_passes_if_the_setting_says_so() {
        let pass = [("script_name", "/app"), ("on_mismatch", "pass")];
        with(&paths("", "/x", "/x"), &pass, ("/app", "/x"));
        with(&paths("/y", "/x", "/y/x"), &pass, ("/app", "/y/x"));
        with(&paths("", "/app/x", "/app/x"), &pass, ("/app", "/x"));
        with(&paths("/index.fcgi", "/x", "/x"), &pass, ("/app", "/x"));
        assert!(outside(&paths("", "/x", "/x"), &APP));
        assert!(outside(&[("PATH_INFO", "/x")], &APP));
    }

    #[test]
    fn a_script_or_a_doubled_prefix_does_not_hide_the_mount() {
        let rewritten = paths("/app/index.fcgi", "/x", "/app/x");
        with(&rewritten, &APP, ("/app", "/x"));
        with(&rewritten, &ROOT, ("", "/x"));
        with(&paths("/app", "/app/x", "/app/x"), &APP, ("/app", "/x"));
        with(&paths("/app", "/app/x", "/app/x"), &ROOT, ("", "/app/x"));
        with(&paths("/index.fcgi", "/app/x", "/app/x"), &APP, ("/app", "/x"));
    }

    #[test]
    fn a_prefix_that_the_server_stripped_is_the_mount() {
        with(&paths("", "/x", "/app/x"), &APP, ("/app", "/x"));
        with(&paths("", "/y", "/app/x"), &APP, ("/app", "/y"));
        with(&paths("", "/x", "/inner/x"), &APP, ("/app", "/x"));
    }

    #[test]
    fn the_url_shows_a_prefix_that_was_stripped_or_doubled() {
        with(&paths("", "/foo", "/app/foo"), &[], ("/app", "/foo"));
        with(&paths("", "//foo", "/app//foo"), &[], ("/app", "//foo"));
        with(&paths("", "/foo", "/app/foo"), &[("infer_prefix", "off")], ("", "/foo"));
        with(&paths("", "/foo", "/app/bar"), &[], ("", "/foo"));
        with(&paths("", "/foo", "/appfoo"), &[], ("", "/foo"));
        with(&paths("/app", "/app/foo", "/app/foo"), &[], ("/app", "/foo"));
        with(&paths("/app", "/apple", "/apple"), &[], ("/app", "/apple"));
    }

    #[test]
    fn dots_at_the_end_of_the_url_leave_a_folder_with_or_without_its_slash() {
        with(&paths("", "/foo", "/app/foo/bar/.."), &[], ("/app", "/foo"));
        with(&paths("", "/foo/", "/app/foo/bar/.."), &[], ("/app", "/foo/"));
        with(&paths("", "/foo/.", "/app/foo/."), &[], ("/app", "/foo/."));
        with(&paths("", "/foo/bar/..", "/foo/bar/.."), &[], ("", "/foo/bar/.."));
        with(&paths("", "/foo", "/.."), &[], ("", "/foo"));
        let nginx = [("SCRIPT_NAME", "/app"), ("DOCUMENT_URI", "/app/a/"), ("REQUEST_URI", "/app/a/b/..")];
        with(&nginx, &[], ("/app", "/a/"));
        let hidden = [("SCRIPT_NAME", "/i.scgi"), ("DOCUMENT_URI", "/i.scgi/a/"), ("REQUEST_URI", "/a/b/..")];
        with(&hidden, &[], ("", "/a/"));
    }

    #[test]
    fn a_script_that_the_client_does_not_see_gives_way_to_what_it_sees() {
        with(&paths("/index.fcgi", "/news/1", "/news/1"), &[], ("", "/news/1"));
        with(&paths("/sub/index.fcgi", "/news/1", "/sub/news/1"), &[], ("/sub", "/news/1"));
        with(
            &paths("/index.fcgi", "/news/1", "/news/1"),
            &[("hide_script", "off")],
            ("/index.fcgi", "/news/1"),
        );
        // Without an extension there is no evidence: lighttpd's strip-request-uri looks the same.
        with(&paths("/app", "/foo", "/foo"), &[], ("/app", "/foo"));
        with(&paths("/app", "/foo", "/foo"), &[("hide_script", "on")], ("", "/foo"));
    }

    #[test]
    fn each_server_has_its_own_way_to_say_that_it_rewrote_the_url() {
        let claim = paths("/run", "/x", "/x");
        for evidence in [
            [("SERVER_SOFTWARE", "Apache/2.4"), ("REDIRECT_URL", "/x")],
            [("SERVER_SOFTWARE", "Apache/2.4"), ("SCRIPT_URL", "/x")],
            [("SERVER_SOFTWARE", "lighttpd/1.4"), ("REDIRECT_URI", "/run/x?q")],
            [("SERVER_SOFTWARE", "nginx/1.22"), ("DOCUMENT_URI", "/run/x")],
        ] {
            with(&[&claim[..], &evidence[..]].concat(), &[], ("", "/x"));
        }
        for no_evidence in [
            [("SERVER_SOFTWARE", "lighttpd/1.4"), ("REDIRECT_URI", "/x")],
            [("SERVER_SOFTWARE", "lighttpd/1.4"), ("REDIRECT_URL", "/x")],
            [("SERVER_SOFTWARE", "nginx/1.22"), ("DOCUMENT_URI", "/x")],
        ] {
            with(&[&claim[..], &no_evidence[..]].concat(), &[], ("/run", "/x"));
        }
    }

    #[test]
    fn a_rewrite_that_leaves_the_script_in_path_info_is_not_a_doubled_prefix() {
        let sent = paths("/app.fcgi", "/app.fcgi/x", "/app.fcgi/x");
        with(&sent, &[], ("/app.fcgi", "/x"));
        let rewritten = [("SERVER_SOFTWARE", "lighttpd/1.4"), ("REDIRECT_URI", "/app.fcgi/app.fcgi/x")];
        with(&[&sent[..], &rewritten[..]].concat(), &[], ("", "/app.fcgi/x"));
    }

    #[test]
    fn a_script_in_place_of_the_whole_url() {
        let apache = [("SERVER_SOFTWARE", "Apache/2.4"), ("SCRIPT_NAME", "/index.fcgi")];
        let with_url = |target, redirect_url| {
            [&apache[..], &[("REQUEST_URI", target), ("REDIRECT_URL", redirect_url)]].concat()
        };
        with(&with_url("/", "/"), &[], ("", "/"));
        with(&with_url("/sub", "/sub"), &[], ("/sub", ""));
        with(&with_url("/sub/", "/sub/"), &[], ("/sub", "/"));
        with(&with_url("/sub/", "/sub/"), &[("hide_script", "off")], ("/index.fcgi", ""));
        // A directory index is no rewrite: links go through the script.
        with(&[&apache[..], &[("REQUEST_URI", "/")]].concat(), &[], ("/index.fcgi", ""));
    }

    #[test]
    fn iis_names_its_application() {
        let iis = |path, place| {
            [
                ("SERVER_SOFTWARE", "Microsoft-IIS/10.0"),
                ("SCRIPT_NAME", path),
                ("PATH_INFO", path),
                ("APPL_MD_PATH", place),
            ]
        };
        with(&iis("/App/x", "/LM/W3SVC/2/ROOT/app"), &[], ("/app", "/x"));
        with(&iis("/koo/blurb", "/LM/W3SVC/793536/Root/koo"), &[], ("/koo", "/blurb"));
        with(&iis("/x", "/LM/W3SVC/2/ROOT"), &[], ("", "/x"));
        with(&iis("/x", "/LM/W3SVC/2/ROOT/app"), &[], ("", "/x"));
        with(&iis("/application", "/LM/W3SVC/2/ROOT/app"), &[], ("", "/application"));
    }

    #[test]
    fn an_application_of_iis_with_doubled_slashes_made_a_script_name_with_them() {
        let iis = [
            ("SERVER_SOFTWARE", "Microsoft-IIS/8"),
            ("SCRIPT_NAME", "/"),
            ("APPL_MD_PATH", "/LM/W3SVC/1/ROOT//app"),
            ("REQUEST_URI", "/app/"),
        ];
        with(&iis, &[], ("/app", "/"));
    }

    #[test]
    fn a_trusted_proxy_names_what_it_stripped_and_a_stranger_does_not() {
        let all = [("trusted_proxies", "*")];
        let from = |header, prefix| {
            [("PATH_INFO", "/item"), ("REQUEST_URI", "/item"), ("REMOTE_ADDR", "192.0.2.7"), (header, prefix)]
        };
        for header in ["HTTP_X_FORWARDED_PREFIX", "HTTP_X_SCRIPT_NAME"] {
            with(&from(header, "/shop"), &all, ("/shop", "/item"));
            with(&from(header, " shop/ "), &all, ("/shop", "/item"));
            with(&from(header, "//evil.example"), &all, ("/evil.example", "/item"));
            with(&from(header, "/shop"), &[("trusted_proxies", "192.0.2.8")], ("", "/item"));
            with(&from(header, "/"), &all, ("", "/item"));
            with(&from(header, "/a?b"), &all, ("", "/item"));
        }
    }
}
