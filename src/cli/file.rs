//! Settings from a configuration file.

use crate::Verb;
use crate::message::Problem;
use crate::source::{Given, Source};
use std::fs;
use toml::de::{DeTable, DeValue, Error};

/// The settings of `verb` in the file at `path`. `written` is the setting that named the file, as it was written.
pub(crate) fn read(verb: Verb, path: &str, written: String) -> Result<Vec<Given>, Problem> {
    let unreadable = |why| Problem::Unreadable { written, path: path.to_owned(), why };
    match fs::read(path).map(String::from_utf8) {
        Ok(Ok(text)) => understand(verb, path, &text),
        Ok(Err(_)) => Err(unreadable("it is not UTF-8, as TOML must be".to_owned())),
        Err(error) => Err(unreadable(error.to_string())),
    }
}

/// The settings of `verb` in `text`, which stands in the file at `path`.
fn understand(verb: Verb, path: &str, text: &str) -> Result<Vec<Given>, Problem> {
    settings(verb, &Source::File(path.to_owned()), text).map_err(|problem| match problem {
        Problem::Syntax { line, why, .. } => Problem::Syntax { path: path.to_owned(), line, why },
        other => other,
    })
}

/// The settings of `verb` in TOML that stands in `source`. A [`Problem::Syntax`] does not know its file.
pub(crate) fn settings(verb: Verb, source: &Source, text: &str) -> Result<Vec<Given>, Problem> {
    let table = DeTable::parse(text).map_err(|error| syntax(text, &error))?.into_inner();
    let mut given = Vec::new();
    for (key, value) in &table {
        let name: &str = key.get_ref();
        let problem = |why: &str| Problem::Value { written: source.written(name), why: why.to_owned() };
        if name == "config" {
            return Err(problem(match source {
                Source::Comment { .. } => "a comment line cannot name a file of settings (JANUA_CONFIG can)",
                _ => "a configuration file cannot name another one",
            }));
        }
        let texts = match value.get_ref() {
            DeValue::Array(items) => items.iter().map(|item| render(item.get_ref())).collect(),
            one => render(one).map(|text| vec![text]),
        };
        match texts {
            Some(texts) => given.extend(Given::named(verb, source.clone(), name, texts)?),
            None if matches!(value.get_ref(), DeValue::Table(_)) => {
                return Err(problem("is a table; settings stand at the top level, without sections"));
            }
            None => return Err(problem("is neither a text, a number, true, false, nor a list of these")),
        }
    }
    Ok(given)
}

/// A value as one would write it elsewhere. Numbers keep their radix: a mode of `0o660` must not become 432.
fn render(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Float(number) => Some(number.to_string()),
        DeValue::Boolean(on) => Some(if *on { "on" } else { "off" }.to_owned()),
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

fn syntax(text: &str, error: &Error) -> Problem {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    Problem::Syntax { path: String::new(), line, why: error.message().replace('\n', ", ") }
}
