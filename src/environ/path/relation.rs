//! Stage 3: how the claim relates to the URL that the client sees.

use super::facts::Facts;
use super::split::Split;
use crate::{Switch, url};
use std::borrow::Cow;

/// What SCRIPT_NAME and PATH_INFO are, compared with the path of the URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    /// Together they are the URL, or nothing is known of it.
    Same,
    /// PATH_INFO alone is the URL and has SCRIPT_NAME in front: `/app` and `/app/x` for `/app/x`.
    Doubled,
    /// SCRIPT_NAME is a script that the client does not see: `/index.fcgi` and `/x` for `/x` or `/sub/x`.
    Hidden,
    /// SCRIPT_NAME is empty, and the URL has more in front than PATH_INFO: nothing and `/x` for `/app/x`.
    Stripped,
    /// Anything else.
    Other,
}

impl Relation {
    pub(super) fn of(facts: &Facts<'_, '_>, claim: &Split<'_>) -> Self {
        let Some(url) = facts.url.as_deref() else { return Self::Same };
        if claim.is(url) {
            return Self::Same;
        }
        let path_info = url::normalise(Cow::Borrowed(&*claim.path_info));
        let ends_url = !path_info.is_empty() && url.ends_with(&path_info);
        if claim.script_name.is_empty() {
            return if ends_url { Self::Stripped } else { Self::Other };
        }
        if !ends_url {
            return Self::Other;
        }
        // Where the server itself says that it rewrote the URL, PATH_INFO comes from its rule and not from a
        // configuration that names the prefix twice.
        let rewritten = facts.is_rewritten(claim);
        if *path_info == *url && !rewritten && url::rest_under(&claim.path_info, &claim.script_name).is_some()
        {
            return Self::Doubled;
        }
        match facts.settings.hide_script {
            Switch::On => Self::Hidden,
            Switch::Auto if rewritten || url::is_script(&claim.script_name) => Self::Hidden,
            Switch::Auto | Switch::Off => Self::Other,
        }
    }
}
