//! Settings from the keywords of a Python function.

use crate::command::settle;
use crate::source::{Given, Source};
use crate::{Message, Options, Verb};
use std::ffi::OsString;

/// What the keywords of `janua.serve()`, `janua.cgi()` or `janua.run()` together with the environment and the
/// configuration file say.
///
/// A keyword comes with its values as text: one, or those of a list. `True` and `False` are `on` and `off`, an
/// `int` is what [`int_text`] makes of it, and a keyword that is `None` is left out. The app is no keyword: an
/// `app` in the environment or in the file is read, and of no use.
///
/// # Errors
///
/// Names the keyword, variable or key that cannot be understood.
pub fn from_python(
    verb: Verb,
    keywords: impl IntoIterator<Item = (String, Vec<String>)>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Options, Message> {
    let source = Source::Keyword(verb);
    let mut given = Vec::new();
    for (name, texts) in keywords {
        given.extend(Given::named(verb, source.clone(), &name, texts)?);
    }
    Ok(settle(verb, None, given, environment)?)
}

/// An `int` of Python as the text of setting `name`: in octal where the setting is written so.
pub fn int_text(name: &str, number: i64) -> String {
    if name == "socket_mode" && number >= 0 { format!("0o{number:o}") } else { number.to_string() }
}
