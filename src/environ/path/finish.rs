//! Stage 5: settings of taste, and the last line of PEP 3333 about paths.

use super::Apply;
use super::facts::Facts;
use super::split::Split;
use crate::{PathFrom, Rule, Slashes, url};
use std::borrow::Cow;

/// The rules of this stage; all are asked.
pub(super) const RULES: &[(Rule, Apply)] = &[
    (Rule::PathFromRequestUri, path_from_request_uri),
    (Rule::SlashesMerged, slashes_merged),
    (Rule::RootPath, root_path),
];

fn path_from_request_uri<'a>(facts: &Facts<'a, '_>, split: &Split<'a>) -> Option<Split<'a>> {
    if facts.settings.path_from != PathFrom::RequestUri {
        return None;
    }
    let decoded = url::decode(url::target_path(facts.target)?);
    let rest = url::rest_under_merged(&decoded, &split.script_name)?.len();
    let path_info = super::split::tail(&decoded, decoded.len() - rest);
    (path_info != split.path_info).then(|| Split::new(split.script_name.clone(), path_info))
}

fn slashes_merged<'a>(facts: &Facts<'a, '_>, split: &Split<'a>) -> Option<Split<'a>> {
    if facts.settings.slashes != Slashes::Merge {
        return None;
    }
    let merged = url::merge_slashes(split.path_info.clone());
    (merged != split.path_info).then(|| Split::new(split.script_name.clone(), merged))
}

fn root_path<'a>(_: &Facts<'a, '_>, split: &Split<'a>) -> Option<Split<'a>> {
    split.is_empty().then(|| Split::new(Cow::default(), &b"/"[..]))
}

#[cfg(test)]
mod tests {
    use crate::testing::split;

    fn is(pairs: &[(&str, &str)], settings: &[(&str, &str)], expected: (&str, &str)) {
        assert_eq!(split(pairs, settings), (expected.0.to_owned(), expected.1.to_owned()), "{pairs:?}");
    }

    #[test]
    fn the_path_may_be_taken_as_the_client_wrote_it() {
        let raw = [("path_from", "request-uri")];
        let nginx = |path, target| {
            [
                ("SERVER_SOFTWARE", "nginx/1.22"),
                ("SCRIPT_NAME", path),
                ("DOCUMENT_URI", path),
                ("REQUEST_URI", target),
            ]
        };
        is(&nginx("/a/b", "/a//b"), &raw, ("", "/a//b"));
        is(&nginx("/b", "/a/../b?q"), &raw, ("", "/a/../b"));
        is(&nginx("/a b", "/a%20b"), &raw, ("", "/a b"));
        is(&nginx("/a/b", "/a//b"), &[], ("", "/a/b"));
        let mounted = [("SCRIPT_NAME", "/app"), ("PATH_INFO", "/a/b"), ("REQUEST_URI", "//app//a//b")];
        is(&mounted, &raw, ("/app", "//a//b"));
        // A URL outside the mount says nothing about the path.
        let elsewhere = [("SCRIPT_NAME", "/app"), ("PATH_INFO", "/a"), ("REQUEST_URI", "/apple/a")];
        is(&elsewhere, &raw, ("/app", "/a"));
    }

    #[test]
    fn runs_of_slashes_in_path_info_may_be_merged() {
        let sent = [("SCRIPT_NAME", ""), ("PATH_INFO", "/a//b///"), ("REQUEST_URI", "/a//b///")];
        is(&sent, &[("slashes", "merge")], ("", "/a/b/"));
        is(&sent, &[], ("", "/a//b///"));
    }
}
