//! Step 8: what Apache says about the URL before a rewrite.

use crate::vars::Vars;
use crate::witness::{Witness, tell_known};
use crate::{Known, Rule, Settings, Switch, url};
use std::borrow::Cow;

/// Drops SCRIPT_URL and REDIRECT_URL where they contradict SCRIPT_NAME and PATH_INFO.
///
/// Django prefers them to SCRIPT_NAME: it merges their slashes and takes the length of PATH_INFO off their end.
/// So they may stay where merging and taking off leaves SCRIPT_NAME.
pub(crate) fn settle(vars: &mut Vars<'_>, settings: &Settings, witness: &mut impl Witness) {
    for known in [Known::ScriptUrl, Known::RedirectUrl] {
        let Some(value) = vars.sent(known) else { continue };
        let drop_it = match settings.drop_redirect_url {
            Switch::On => true,
            Switch::Off => false,
            Switch::Auto => !agrees(vars, value),
        };
        if drop_it {
            tell_known(witness, Rule::RedirectUrlDropped, known, Some(value), None);
            vars.remove(known);
        }
    }
}

fn agrees(vars: &Vars<'_>, before: &[u8]) -> bool {
    let script_name = vars.get(Known::ScriptName).unwrap_or_default();
    let path_info = vars.get(Known::PathInfo).unwrap_or_default();
    url::merge_slashes(Cow::Borrowed(before)).strip_suffix(path_info) == Some(script_name)
}

#[cfg(test)]
mod tests {
    use crate::testing::{environ, environ_with};

    fn apache(url: &str, script_url: &str) -> [(&'static str, String); 5] {
        [
            ("SERVER_SOFTWARE", "Apache/2.4.62".to_owned()),
            ("REQUEST_URI", url.to_owned()),
            ("SCRIPT_NAME", "/app".to_owned()),
            ("PATH_INFO", "/foo".to_owned()),
            ("SCRIPT_URL", script_url.to_owned()),
        ]
    }

    #[test]
    fn a_url_from_before_a_rewrite_stays_if_django_would_read_the_same_from_it() {
        for (script_url, stays) in [
            ("/app/foo", true),
            ("//app//foo", true),
            ("/other/foo", false),
            ("/foo", false),
            ("/app/bar", false),
        ] {
            let sent = apache("/app/foo", script_url);
            let sent: Vec<(&str, &str)> = sent.iter().map(|(name, value)| (*name, &**value)).collect();
            assert_eq!(environ(&sent).contains_key("SCRIPT_URL"), stays, "{script_url}");
            assert!(environ_with(&sent, &[("drop_redirect_url", "off")]).contains_key("SCRIPT_URL"));
            assert!(!environ_with(&sent, &[("drop_redirect_url", "on")]).contains_key("SCRIPT_URL"));
        }
    }
}
