//! Situations that no gateway can decide from one request: recognised, so that somebody can be told.

use super::facts::Facts;
use super::split::Split;
use crate::witness::{Doubt, Undecidable, Witness};
use crate::{ServerKind, url};

/// Tells the witness of each such situation, unless the setting `script_name` has settled it.
pub(super) fn report(facts: &Facts<'_, '_>, assumed: &Split<'_>, witness: &mut impl Witness) {
    if facts.settings.script_name.is_some() {
        return;
    }
    for situation in Undecidable::ALL {
        if holds(situation, facts, assumed) {
            witness.undecidable(Doubt {
                situation,
                server: facts.server,
                assumed: assumed.lend(),
                url: facts.url.as_deref(),
            });
        }
    }
}

fn holds(situation: Undecidable, facts: &Facts<'_, '_>, assumed: &Split<'_>) -> bool {
    let sent = facts.sent_script_name;
    let left_nothing =
        || facts.sent_path_info.is_none_or(<[u8]>::is_empty) && !assumed.script_name.is_empty();
    let sent_whole_url = || !sent.is_empty() && facts.url.as_deref().is_some_and(|url| url::same(sent, url));
    match situation {
        // Nothing lies above the root, so a request for it leaves no doubt.
        Undecidable::MountNotSent => {
            assumed.script_name.is_empty() && *assumed.path_info != *b"/" && sends_no_mount(facts)
        }
        Undecidable::FirstSegmentOrMount => {
            facts.server == ServerKind::Lighttpd
                && url::directory(sent) == Some(b"/")
                && !url::is_script(sent)
        }
        Undecidable::EmptyPathInfo => {
            facts.server == ServerKind::Nginx && facts.sent_path_info == Some(b"") && sent_whole_url()
        }
        Undecidable::WholeUrlIsScript => {
            facts.server == ServerKind::Apache
                && facts.proxied.is_none()
                && left_nothing()
                && sent_whole_url()
                && !url::is_script(sent)
                && url::last_segment(sent) != url::last_segment(facts.file)
        }
        Undecidable::ProxiedFile => facts.proxied.as_ref().is_some_and(|proxied| {
            let is_rest = *proxied.path == *b"/" || url::head_before(sent, &proxied.path).is_some();
            facts.sent_path_info.is_none_or(<[u8]>::is_empty) && !sent.is_empty() && !is_rest
        }),
        Undecidable::PrefixFromStranger => facts.forwarded_prefix.is_some() && !facts.peer_is_trusted,
    }
}

/// True for the stock parameters of servers that never say where the app is mounted. nginx gives itself away by
/// DOCUMENT_URI where it sends no SERVER_SOFTWARE.
fn sends_no_mount(facts: &Facts<'_, '_>) -> bool {
    match facts.server {
        ServerKind::Nginx | ServerKind::HaProxy => facts.sent_path_info.is_none(),
        ServerKind::H2o => facts.sent_script_name.is_empty(),
        ServerKind::Generic => facts.sent_script_name.is_empty() && facts.document_uri.is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{params, settings};
    use crate::witness::{Doubt, Undecidable, Witness};
    use janua_vocabulary::Protocol;

    #[derive(Default)]
    struct Heard(Vec<Undecidable>);

    impl Witness for Heard {
        fn undecidable(&mut self, doubt: Doubt<'_>) {
            self.0.push(doubt.situation);
        }
    }

    fn doubts(server: &str, pairs: &[(&str, &str)], settings_text: &[(&str, &str)]) -> Vec<Undecidable> {
        let sent = [&[("REQUEST_METHOD", "GET"), ("SERVER_SOFTWARE", server)], pairs].concat();
        let mut heard = Heard::default();
        crate::build_with(&params(&sent), Protocol::FastCgi, &settings(settings_text), &mut heard).unwrap();
        heard.0
    }

    /// In doubt by default, and in none once the mount is named.
    fn doubtful(server: &str, pairs: &[(&str, &str)], situation: Undecidable) {
        assert_eq!(doubts(server, pairs, &[]), [situation], "{pairs:?}");
        assert_eq!(doubts(server, pairs, &[("script_name", "/app"), ("on_mismatch", "pass")]), []);
    }

    #[test]
    fn a_mount_that_is_never_sent() {
        for server in ["nginx/1.22", "HAProxy"] {
            doubtful(server, &[("SCRIPT_NAME", "/x"), ("REQUEST_URI", "/x")], Undecidable::MountNotSent);
            assert_eq!(doubts(server, &[("SCRIPT_NAME", "/"), ("REQUEST_URI", "/")], &[]), []);
            let told = [("SCRIPT_NAME", "/app"), ("PATH_INFO", "/x"), ("REQUEST_URI", "/app/x")];
            assert_eq!(doubts(server, &told, &[]), []);
        }
        doubtful("", &[("DOCUMENT_URI", "/x"), ("REQUEST_URI", "/x")], Undecidable::MountNotSent);
        doubtful("h2o/2.3", &[("SCRIPT_NAME", ""), ("PATH_INFO", "/x")], Undecidable::MountNotSent);
        assert_eq!(doubts("", &[("REQUEST_URI", "/x")], &[]), []);
        // The URL shows the prefix, so there is nothing to ask.
        assert_eq!(doubts("nginx/1.22", &[("SCRIPT_NAME", "/x"), ("REQUEST_URI", "/app/x")], &[]), []);
    }

    #[test]
    fn lighttpd_at_the_root_or_at_the_first_segment() {
        let sent = [("SCRIPT_NAME", "/foo"), ("PATH_INFO", "/bar"), ("REQUEST_URI", "/foo/bar")];
        doubtful("lighttpd/1.4", &sent, Undecidable::FirstSegmentOrMount);
        doubtful(
            "lighttpd/1.4",
            &[("SCRIPT_NAME", "/"), ("REQUEST_URI", "/")],
            Undecidable::FirstSegmentOrMount,
        );
        let fixed = [("SCRIPT_NAME", ""), ("PATH_INFO", "/foo/bar"), ("REQUEST_URI", "/foo/bar")];
        assert_eq!(doubts("lighttpd/1.4", &fixed, &[]), []);
        let script = [("SCRIPT_NAME", "/app.cgi"), ("PATH_INFO", "/x"), ("REQUEST_URI", "/app.cgi/x")];
        assert_eq!(doubts("lighttpd/1.4", &script, &[]), []);
    }

    #[test]
    fn nginx_with_an_empty_path_info_and_the_whole_url() {
        let sent = [("SCRIPT_NAME", "/foo"), ("PATH_INFO", ""), ("REQUEST_URI", "/foo")];
        doubtful("nginx/1.22", &sent, Undecidable::EmptyPathInfo);
        let divided = [("SCRIPT_NAME", "/foo"), ("PATH_INFO", "/x"), ("REQUEST_URI", "/foo/x")];
        assert_eq!(doubts("nginx/1.22", &divided, &[]), []);
    }

    #[test]
    fn apache_with_the_whole_url_as_script() {
        let sent =
            |file| [("SCRIPT_NAME", "/foo/bar"), ("SCRIPT_FILENAME", file), ("REQUEST_URI", "/foo/bar")];
        doubtful("Apache/2.4", &sent("/srv/app.cgi"), Undecidable::WholeUrlIsScript);
        assert_eq!(doubts("Apache/2.4", &sent("/srv/www/foo/bar"), &[]), []);
        let script = [("SCRIPT_NAME", "/app.cgi"), ("REQUEST_URI", "/app.cgi")];
        assert_eq!(doubts("Apache/2.4", &script, &[]), []);
    }

    #[test]
    fn apache_with_a_file_behind_a_proxy() {
        let sent = |file| [("SCRIPT_NAME", "/app.py"), ("SCRIPT_FILENAME", file), ("REQUEST_URI", "/app.py")];
        doubtful("Apache/2.4", &sent("proxy:fcgi://h/srv/app.py"), Undecidable::ProxiedFile);
        assert_eq!(doubts("Apache/2.4", &sent("proxy:fcgi://h/app.py"), &[]), []);
    }

    #[test]
    fn a_prefix_from_a_peer_that_nobody_trusts() {
        let sent = [("PATH_INFO", "/x"), ("HTTP_X_FORWARDED_PREFIX", "/shop"), ("REMOTE_ADDR", "192.0.2.7")];
        doubtful("", &sent, Undecidable::PrefixFromStranger);
        assert_eq!(doubts("", &sent, &[("trusted_proxies", "192.0.2.7")]), []);
    }
}
