//! What comes out.

use crate::vars::{Name, Vars};
use crate::{Known, Scheme, ServerKind};
use janua_vocabulary::BodyLength;

/// The environ of PEP 3333 without the `wsgi.*` keys, which are the caller's: ordered variables, each once.
///
/// Names and values are bytes; in Python each byte becomes one code point (latin-1).
#[derive(Debug, Clone)]
pub struct Environ<'a> {
    pub(crate) vars: Vars<'a>,
    /// `wsgi.url_scheme`.
    pub url_scheme: Scheme,
    /// Where the body ends. With [`BodyLength::ToEnd`] the stream ends by itself, which `wsgi.input_terminated`
    /// tells the app; a CONTENT_LENGTH that is there all the same is what the server knew of it.
    pub body: BodyLength,
    /// The server in front, as far as it is known.
    pub server: ServerKind,
}

impl Environ<'_> {
    /// The variables that every environ has, whatever was sent (PEP 3333, "environ Variables").
    pub const ALWAYS: [Known; 7] = [
        Known::RequestMethod,
        Known::ScriptName,
        Known::PathInfo,
        Known::QueryString,
        Known::ServerName,
        Known::ServerPort,
        Known::ServerProtocol,
    ];

    /// The variables in the order in which they were first sent, then those that were added.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Name<'_>, &[u8])> + Clone {
        self.vars.iter()
    }

    /// The value of the variable of that name.
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<&[u8]> {
        self.vars.find(name.as_ref())
    }

    /// The value of a known variable, found without a search.
    pub fn known(&self, known: Known) -> Option<&[u8]> {
        self.vars.get(known)
    }

    /// SCRIPT_NAME: `""`, or a path that begins with one slash and does not end with one.
    pub fn script_name(&self) -> &[u8] {
        self.vars.get(Known::ScriptName).unwrap_or_default()
    }

    /// PATH_INFO: `""` or a path that begins with a slash; not empty if SCRIPT_NAME is.
    pub fn path_info(&self) -> &[u8] {
        self.vars.get(Known::PathInfo).unwrap_or_default()
    }
}
