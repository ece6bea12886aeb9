//! What is said when something that was written cannot be understood.

use std::fmt::{self, Display, Write};

/// One line for stderr, in plain words and with the next step. The exit status that goes with it is 2.
///
/// It does not begin with the name of the program; who prints it says `janua: ` first.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", OneLine(.0))]
pub struct Message(#[from] Problem);

/// Every way to be misunderstood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Problem {
    #[error("{written}: there is no such setting; the nearest is {nearest} ('janua settings' lists all)")]
    Unknown { written: String, nearest: String },

    #[error("{written}: {why}")]
    Value { written: String, why: String },

    #[error("{written}: means nothing to {here}; it is a setting of {there}")]
    Elsewhere { written: String, here: String, there: String },

    #[error("--app: the app stands last and without an option, as in '{command} [SETTING]... APP'")]
    AppAsOption { command: &'static str },

    #[error(
        "{word}: there is no such command or file; the nearest command is '{nearest}' ('janua help' lists all)"
    )]
    NoSuchCommand { word: String, nearest: String },

    #[error("{word}: there is no such file; to serve an app of that name write 'janua serve {word}'")]
    AppWithoutCommand { word: String },

    #[error("{command}: the command stands first, as in 'janua {command} [SETTING]... APP'")]
    CommandNotFirst { command: String },

    #[error(
        "the app is missing; write '{command} [SETTING]... APP', or app = \"...\" in the file of --config"
    )]
    NoApp { command: &'static str },

    #[error("the file is missing; write 'janua [SETTING]... FILE', or 'janua serve [SETTING]... APP'")]
    NoFile,

    #[error(
        "the request is missing; write 'janua explain FILE', with '-' for stdin, or 'janua explain --param NAME=VALUE ...'"
    )]
    NoRequest,

    #[error("{word}: one request is explained at a time, and there is another already")]
    SecondRequest { word: String },

    #[error("{word}: --explain answers in the place of an app; leave out either of them")]
    AppBesideExplain { word: String },

    #[error("{word}: one APP is served at a time, and '{first}' is there already")]
    SecondApp { first: String, word: String },

    #[error("{word}: stands alone; the value of a switch goes behind '=', as in {switch}={word}")]
    StrayValue { word: String, switch: String },

    #[error("{flag}: stands behind the app, where it is not read; write '{command} {flag} ... {app}'")]
    BehindApp { flag: String, command: &'static str, app: String },

    #[error(
        "the '#!' line has several arguments, which the kernel passes as one; write '#!/usr/bin/env -S janua ...', or one --config=FILE"
    )]
    ShebangWithSeveral,

    #[error("the '#!' line ends in a carriage return; save the file with Unix line ends")]
    ShebangWithReturn,

    #[error("'{text}' is not UTF-8, and settings are")]
    NotText { text: String },

    #[error("{written}: cannot read '{path}': {why}")]
    Unreadable { written: String, path: String, why: String },

    #[error("{path}: line {line}: {why}")]
    Syntax { path: String, line: usize, why: String },

    #[error("{address} is given twice, for {one} and for {other}; give each an address of its own")]
    SameAddress { one: &'static str, other: &'static str, address: String },

    #[error("{0}")]
    Other(String),
}

/// Shows control characters escaped, so that nothing that was written can break the line.
struct OneLine<T>(T);

impl<T: Display> Display for OneLine<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.to_string().chars() {
            if character.is_control() {
                write!(f, "{}", character.escape_default())?;
            } else {
                f.write_char(character)?;
            }
        }
        Ok(())
    }
}
