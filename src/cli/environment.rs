//! Settings from the process environment.

use crate::Verb;
use crate::message::Problem;
use crate::source::{Given, Source};
use janua_backend::BACKEND;
use std::ffi::OsString;
use std::path::PathBuf;

const PREFIX: &str = "JANUA_";

/// What the paths of a backend's files begin with, if `janua-cgi` started this process as one.
pub(crate) fn backend(variables: &[(OsString, OsString)]) -> Option<PathBuf> {
    let found = variables.iter().find(|(name, value)| name == BACKEND && !value.is_empty());
    found.map(|(_, value)| PathBuf::from(value))
}

/// The settings of `verb` among the variables, in the order of their names.
///
/// No request header can get here: a server puts `HTTP_` in front of what a client names (RFC 3875, 4.1.18).
pub(crate) fn read(
    verb: Verb,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Vec<Given>, Problem> {
    let mut ours: Vec<_> = variables
        .into_iter()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value))
        // Whoever starts a backend says so by this; it is nobody's setting.
        .filter(|(name, _)| name.starts_with(PREFIX) && name != BACKEND)
        .collect();
    ours.sort();
    let mut given = Vec::new();
    for (variable, value) in ours {
        let name = variable.strip_prefix(PREFIX).unwrap_or_default().to_ascii_lowercase();
        if Source::Environment.written(&name) != variable {
            return Err(Source::Environment.unknown(verb, &name, variable));
        }
        let text = value.into_string().map_err(|value| Problem::Value {
            written: variable,
            why: Problem::NotText { text: value.to_string_lossy().into_owned() }.to_string(),
        })?;
        given.extend(Given::named(verb, Source::Environment, &name, vec![text])?);
    }
    Ok(given)
}
