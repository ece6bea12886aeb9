//! Short ways to ask.

// Each test file uses some of it; what goes wrong here has to fail the test.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use janua_cli::{Command, Message, Options};
use std::ffi::OsString;
use std::io::Write;

pub(crate) fn environment(variables: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    variables.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

pub(crate) fn parse(words: &[&str], variables: &[(&str, &str)]) -> Result<Command, Message> {
    let arguments: Vec<_> =
        std::iter::once("janua").chain(words.iter().copied()).map(OsString::from).collect();
    janua_cli::parse(&arguments, environment(variables))
}

fn with<'a>(command: &'a str, words: &[&'a str]) -> Vec<&'a str> {
    std::iter::once(command).chain(words.iter().copied()).collect()
}

pub(crate) fn serve(words: &[&str], variables: &[(&str, &str)]) -> Options {
    match parse(&with("serve", words), variables) {
        Ok(Command::Serve(options)) => options,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn cgi(words: &[&str], variables: &[(&str, &str)]) -> Options {
    match parse(&with("cgi", words), variables) {
        Ok(Command::Cgi(options)) => options,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn script(words: &[&str], variables: &[(&str, &str)]) -> Options {
    match parse(words, variables) {
        Ok(Command::Script(options)) => options,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn text(words: &[&str]) -> String {
    match parse(words, &[]) {
        Ok(Command::Print(text)) => text,
        other => panic!("{other:?}"),
    }
}

/// The message, which must be one line.
pub(crate) fn message(words: &[&str], variables: &[(&str, &str)]) -> String {
    let message = parse(words, variables).unwrap_err().to_string();
    assert!(!message.is_empty() && !message.contains(['\n', '\r']), "{message:?}");
    message
}

/// A configuration file for as long as the test runs.
pub(crate) struct File(tempfile::NamedTempFile);

impl File {
    pub(crate) fn new(text: impl AsRef<[u8]>) -> Self {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_ref()).unwrap();
        Self(file)
    }

    pub(crate) fn path(&self) -> &str {
        self.0.path().to_str().unwrap()
    }

    pub(crate) fn option(&self) -> String {
        format!("--config={}", self.path())
    }
}
