//! A path divided into SCRIPT_NAME and PATH_INFO.

use crate::bytes::has_nul;
use crate::vars::Vars;
use crate::witness::Paths;
use crate::{Known, url};
use std::borrow::Cow;

/// SCRIPT_NAME and PATH_INFO, as claimed or as decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Split<'a> {
    pub(super) script_name: Cow<'a, [u8]>,
    pub(super) path_info: Cow<'a, [u8]>,
}

impl<'a> Split<'a> {
    pub(super) fn new(script_name: impl Into<Cow<'a, [u8]>>, path_info: impl Into<Cow<'a, [u8]>>) -> Self {
        Self { script_name: script_name.into(), path_info: path_info.into() }
    }

    /// An app at the root, with all of `path` before it.
    pub(super) fn at_root(path: impl Into<Cow<'a, [u8]>>) -> Self {
        Self::new(&b""[..], path)
    }

    /// What the server sent.
    pub(super) fn sent(vars: &Vars<'a>) -> Self {
        let sent = |known| vars.sent(known).unwrap_or_default();
        Self::new(sent(Known::ScriptName), sent(Known::PathInfo))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.script_name.is_empty() && self.path_info.is_empty()
    }

    pub(super) fn has_nul(&self) -> bool {
        has_nul(&self.script_name) || has_nul(&self.path_info)
    }

    /// True if SCRIPT_NAME and PATH_INFO together have the normal form `url`.
    pub(super) fn is(&self, url: &[u8]) -> bool {
        url::joined_is(&self.script_name, &self.path_info, url)
    }

    /// Both in one.
    pub(super) fn whole(&self) -> Cow<'a, [u8]> {
        match (&*self.script_name, &*self.path_info) {
            ([], _) => self.path_info.clone(),
            (_, []) => self.script_name.clone(),
            (script_name, path_info) => Cow::Owned([script_name, path_info].concat()),
        }
    }

    pub(super) fn lend(&self) -> Paths<'_> {
        Paths { script_name: &self.script_name, path_info: &self.path_info }
    }
}

/// The first `count` bytes of a path, lent if the path is.
pub(super) fn head<'a>(path: &Cow<'a, [u8]>, count: usize) -> Cow<'a, [u8]> {
    match path {
        Cow::Borrowed(path) => Cow::Borrowed(path.get(..count).unwrap_or(path)),
        Cow::Owned(path) => Cow::Owned(path.get(..count).unwrap_or(path).to_vec()),
    }
}

/// What follows the first `count` bytes of a path, lent if the path is.
pub(super) fn tail<'a>(path: &Cow<'a, [u8]>, count: usize) -> Cow<'a, [u8]> {
    match path {
        Cow::Borrowed(path) => Cow::Borrowed(path.get(count..).unwrap_or_default()),
        Cow::Owned(path) => Cow::Owned(path.get(count..).unwrap_or_default().to_vec()),
    }
}

/// A path divided after its first `count` bytes.
pub(super) fn cut<'a>(path: &Cow<'a, [u8]>, count: usize) -> Split<'a> {
    Split::new(head(path, count), tail(path, count))
}
