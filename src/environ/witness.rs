//! Who is told how an environ came about.

use crate::{Known, Rule, Scheme, ServerKind};

/// SCRIPT_NAME and PATH_INFO, lent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paths<'d> {
    /// SCRIPT_NAME.
    pub script_name: &'d [u8],
    /// PATH_INFO.
    pub path_info: &'d [u8],
}

/// What a rule changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change<'d> {
    /// A variable; `None` is "not there".
    Variable {
        /// Its name.
        name: &'d [u8],
        /// Its value before.
        before: Option<&'d [u8]>,
        /// Its value now.
        after: Option<&'d [u8]>,
    },
    /// The division of the path.
    Paths {
        /// What it was.
        before: Paths<'d>,
        /// What it is now.
        after: Paths<'d>,
    },
    /// The scheme was decided.
    Scheme(Scheme),
}

/// One decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision<'d> {
    /// The rule that made it; its reason is [`Rule::reason`].
    pub rule: Rule,
    /// What it changed. A rule that only confirms, such as a mount that was right already, has the same on both
    /// sides.
    pub change: Change<'d>,
}

/// A situation that no gateway can decide from one request.
///
/// The environ is then made on the assumption that is right most often; a line in somebody's configuration
/// settles it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Undecidable {
    /// nginx, HAProxy and H2O with their stock parameters never send where the app is mounted; taken for the
    /// root.
    MountNotSent,
    /// lighttpd sends the same for an app at `/foo` as for one at `/` without `fix-root-scriptname`; taken for
    /// `/foo`.
    FirstSegmentOrMount,
    /// nginx sent an empty PATH_INFO and the whole URL as SCRIPT_NAME: a request for the bare mount, or
    /// `PATH_INFO $fastcgi_path_info` without `fastcgi_split_path_info`; taken for the former.
    EmptyPathInfo,
    /// Apache sent the whole URL as SCRIPT_NAME: a request for the bare mount, or ScriptAliasMatch; taken for
    /// the former.
    WholeUrlIsScript,
    /// Apache's mod_proxy runs a file: ProxyPassMatch to a document root and SetHandler look the same.
    ProxiedFile,
    /// A peer that is not trusted says that it stripped a prefix. If it is the server's own outer proxy, the
    /// setting `trusted_proxies` makes the gateway believe it; else nothing is amiss.
    PrefixFromStranger,
}

impl Undecidable {
    /// All of them.
    pub const ALL: [Undecidable; 6] = [
        Undecidable::MountNotSent,
        Undecidable::FirstSegmentOrMount,
        Undecidable::EmptyPathInfo,
        Undecidable::WholeUrlIsScript,
        Undecidable::ProxiedFile,
        Undecidable::PrefixFromStranger,
    ];

    /// A short name, for people and for `--json`.
    pub fn name(self) -> &'static str {
        match self {
            Undecidable::MountNotSent => "mount-not-sent",
            Undecidable::FirstSegmentOrMount => "first-segment-or-mount",
            Undecidable::EmptyPathInfo => "empty-path-info",
            Undecidable::WholeUrlIsScript => "whole-url-is-script",
            Undecidable::ProxiedFile => "proxied-file",
            Undecidable::PrefixFromStranger => "prefix-from-stranger",
        }
    }

    /// The setting of the gateway that settles it.
    pub fn setting(self) -> &'static str {
        match self {
            Undecidable::PrefixFromStranger => "trusted_proxies",
            _ => "script_name",
        }
    }
}

/// A request in such a situation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubt<'d> {
    /// The situation.
    pub situation: Undecidable,
    /// The server in front: which configuration the line belongs to.
    pub server: ServerKind,
    /// The division that was assumed.
    pub assumed: Paths<'d>,
    /// The path of the URL in normal form, if it is known.
    pub url: Option<&'d [u8]>,
}

/// Is told each decision while an environ is made. `()` is told nothing, and nothing is spent on telling it.
pub trait Witness {
    /// False if nobody listens.
    const LISTENS: bool = true;

    /// A rule applied.
    fn decided(&mut self, decision: Decision<'_>) {
        let _ = decision;
    }

    /// The request is one that no gateway can decide.
    fn undecidable(&mut self, doubt: Doubt<'_>) {
        let _ = doubt;
    }
}

impl Witness for () {
    const LISTENS: bool = false;
}

/// Tells a witness of a variable that changed.
pub(crate) fn tell(
    witness: &mut impl Witness,
    rule: Rule,
    name: &[u8],
    before: Option<&[u8]>,
    after: Option<&[u8]>,
) {
    witness.decided(Decision { rule, change: Change::Variable { name, before, after } });
}

/// [`tell`] for a known variable.
pub(crate) fn tell_known(
    witness: &mut impl Witness,
    rule: Rule,
    known: Known,
    before: Option<&[u8]>,
    after: Option<&[u8]>,
) {
    tell(witness, rule, known.name().as_bytes(), before, after);
}
