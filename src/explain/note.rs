//! What is worth knowing besides.

use janua_environ::{Environ, Known, ServerKind};
use janua_vocabulary::Protocol;

/// A remark that changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// A short name for `--json`.
    pub name: &'static str,
    /// What there is to know, in whole sentences.
    pub text: &'static str,
    /// A line for the server's configuration, if there is one, and where it goes.
    pub line: Option<(&'static str, &'static str)>,
}

const AUTHORIZATION_HIDDEN: Note = Note {
    name: "authorization-hidden",
    text: "There is no HTTP_AUTHORIZATION. Perhaps the client sent none; but Apache keeps the header from apps \
           unless it is told to pass it, and then nobody can log in with a password or a token.",
    line: Some(("in the <Directory>, <Location> or .htaccess of the app", "CGIPassAuth On")),
};

const HTTPS_UNTOLD: Note = Note {
    name: "https-untold",
    text: "The port is 443, but the server does not say that the request came over TLS, so the scheme is http. If it \
           did, add the line to janua's configuration.",
    line: Some(("in the file of --config", "port_443_is_https = true")),
};

/// What is to be said about this environ.
pub(crate) fn notes(environ: &Environ<'_>, protocol: Protocol) -> Vec<Note> {
    let mut notes = Vec::new();
    let by_apache = environ.server == ServerKind::Apache && protocol != Protocol::Http;
    if by_apache && environ.known(Known::HttpAuthorization).is_none() {
        notes.push(AUTHORIZATION_HIDDEN);
    }
    let secure = environ.url_scheme == janua_environ::Scheme::Https;
    let told = environ.known(Known::Https).is_some() || environ.known(Known::RequestScheme).is_some();
    if environ.known(Known::ServerPort) == Some(b"443") && !secure && !told {
        notes.push(HTTPS_UNTOLD);
    }
    notes
}
