//! What the server sent that bears on the path, besides the claim itself.

use super::proxied::Proxied;
use super::split::{Split, head};
use crate::bytes::has_nul;
use crate::vars::Vars;
use crate::{Known, Refusal, ServerKind, Settings, url};
use std::borrow::Cow;

/// The facts that the rules may look at.
pub(super) struct Facts<'a, 's> {
    pub(super) settings: &'s Settings,
    pub(super) server: ServerKind,
    /// SCRIPT_NAME as it was sent; empty if it was not.
    pub(super) sent_script_name: &'a [u8],
    /// PATH_INFO as it was sent. There is a difference between "empty" (the server divides paths, and nothing
    /// was left) and "not sent" (it may not divide them).
    pub(super) sent_path_info: Option<&'a [u8]>,
    /// The path of REQUEST_URI, decoded once and in normal form: the URL that the client sees, unless something
    /// in front of the server changed it. `None` if REQUEST_URI names no path.
    pub(super) url: Option<Cow<'a, [u8]>>,
    /// REQUEST_URI as it was sent.
    pub(super) target: &'a [u8],
    /// DOCUMENT_URI: the path that nginx decoded, normalised and perhaps rewrote.
    pub(super) document_uri: Option<&'a [u8]>,
    /// SCRIPT_FILENAME.
    pub(super) file: &'a [u8],
    /// SCRIPT_FILENAME, where it is written by Apache's mod_proxy.
    pub(super) proxied: Option<Proxied<'a>>,
    /// REDIRECT_URL: on Apache, the decoded path before an internal redirect.
    pub(super) redirect_url: Option<&'a [u8]>,
    /// REDIRECT_URI: on lighttpd, the raw target after rewriting or normalising.
    pub(super) redirect_uri: Option<&'a [u8]>,
    /// SCRIPT_URL: the decoded path before Apache's mod_rewrite in the server's own configuration.
    pub(super) script_url: Option<&'a [u8]>,
    /// APPL_MD_PATH: the place of the application in IIS's metabase.
    pub(super) application: Option<&'a [u8]>,
    /// X-Forwarded-Prefix, else X-Script-Name.
    pub(super) forwarded_prefix: Option<&'a [u8]>,
    /// The peer that sent the prefix is trusted.
    pub(super) peer_is_trusted: bool,
}

impl<'a, 's> Facts<'a, 's> {
    /// # Errors
    /// The path of REQUEST_URI contains an encoded NUL: a server that lets it through must not make others
    /// believe in a shorter path.
    pub(super) fn gather(
        vars: &Vars<'a>,
        server: ServerKind,
        settings: &'s Settings,
    ) -> Result<Self, Refusal> {
        let target = vars.sent(Known::RequestUri).unwrap_or_default();
        let decoded = url::target_path(target).map(url::decode);
        if decoded.as_deref().is_some_and(has_nul) {
            return Err(Refusal::NulInPath);
        }
        let file = vars.sent(Known::ScriptFilename).unwrap_or_default();
        let apache = server == ServerKind::Apache;
        Ok(Self {
            settings,
            server,
            sent_script_name: vars.sent(Known::ScriptName).unwrap_or_default(),
            sent_path_info: vars.sent(Known::PathInfo),
            url: decoded.map(|path| normal_url(path, vars.filled(Known::PathInfo))),
            target,
            document_uri: vars.filled(Known::DocumentUri),
            file,
            proxied: if apache { Proxied::of(file) } else { None },
            redirect_url: vars.filled(Known::RedirectUrl),
            redirect_uri: vars.filled(Known::RedirectUri),
            script_url: vars.filled(Known::ScriptUrl),
            application: vars.filled(Known::ApplMdPath),
            forwarded_prefix: vars
                .filled(Known::HttpXForwardedPrefix)
                .or_else(|| vars.filled(Known::HttpXScriptName)),
            peer_is_trusted: settings.trusted_proxies.trust(vars.get(Known::RemoteAddr)),
        })
    }

    /// The whole path as the server itself has it, if it says so apart from SCRIPT_NAME and PATH_INFO.
    pub(super) fn server_path(&self) -> Option<Cow<'a, [u8]>> {
        self.document_uri.map(Cow::Borrowed).or_else(|| self.url.clone())
    }

    /// True if the claim and the URL are the same path.
    pub(super) fn is_url(&self, split: &Split<'a>) -> bool {
        self.url.as_deref().is_some_and(|url| split.is(url))
    }

    /// True if the server itself says that it rewrote the URL to what it claims (and so that the claim is not
    /// the URL).
    ///
    /// Apache: there is a path from before a redirect, or from before mod_rewrite. lighttpd: the target after
    /// rewriting is the claim; it sends one after mere normalising, too. nginx: so is DOCUMENT_URI.
    pub(super) fn is_rewritten(&self, split: &Split<'a>) -> bool {
        let is_claim = |path: &[u8]| split.is(&url::normalise(Cow::Borrowed(path)));
        let redirected = match self.server {
            ServerKind::Apache => {
                self.redirect_url.is_some() || self.script_url.is_some_and(|before| !is_claim(before))
            }
            ServerKind::Lighttpd => self
                .redirect_uri
                .and_then(url::target_path)
                .is_some_and(|path| split.is(&url::normalise(url::decode(path)))),
            _ => false,
        };
        redirected || self.document_uri.is_some_and(is_claim)
    }
}

/// The URL in normal form. Dots at its end leave a folder with its slash behind (RFC 3986, section 5.2.4), and to
/// servers that clean paths as Go does, one without. The end of PATH_INFO says which.
fn normal_url<'a>(path: Cow<'a, [u8]>, path_info: Option<&[u8]>) -> Cow<'a, [u8]> {
    let ends_in_dots = matches!(url::last_segment(&path), b"." | b"..");
    let normal = url::normalise(path);
    let without_slash = url::trim_end_slashes(&normal).len();
    let is_bare = |path_info| !url::normalise(Cow::Borrowed(path_info)).ends_with(b"/");
    if ends_in_dots && without_slash > 0 && path_info.is_some_and(is_bare) {
        return head(&normal, without_slash);
    }
    normal
}
