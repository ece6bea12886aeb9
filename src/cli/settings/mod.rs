//! The table of settings.
//!
//! To add a setting, add a line to the file of its topic. Flag, variable, key, keyword, help, suggestions and
//! `docs/settings.md` follow from it.

mod backend;
mod connections;
mod environ;
mod fastcgi;
mod faults;
mod general;
mod limits;
mod listen;
mod process;

use crate::values::{duration, list, switch};
use crate::{Options, Verb};
use std::time::Duration;

/// Settings that belong together and apply to the same commands.
#[derive(Debug)]
pub struct Topic {
    /// Heading in help and documentation.
    pub title: &'static str,
    /// What holds for all of its settings; may be empty.
    pub about: &'static str,
    /// The commands to which its settings mean something.
    pub verbs: &'static [Verb],
    /// The settings, the most used first.
    pub settings: &'static [Setting],
}

impl Topic {
    /// Whether its settings mean something to `verb`.
    pub fn applies_to(&self, verb: Verb) -> bool {
        self.verbs.contains(&verb)
    }
}

/// One thing that can be set, by the same name in every source.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The name in the configuration file and in Python, such as `script_name`.
    pub name: &'static str,
    /// What stands for the value in help.
    pub metavar: &'static str,
    /// The value that holds when nothing is written, as one would write it; `None` if there is none.
    pub default: Option<&'static str>,
    /// What it does, in one line without a full stop.
    pub help: &'static str,
    /// What more there is to know, in whole sentences; may be empty.
    pub details: &'static str,
    /// Shown by `--help`. The others are shown by `janua settings`.
    pub everyday: bool,
    apply: Apply,
}

/// How text becomes a value.
#[derive(Debug, Clone, Copy)]
enum Apply {
    /// Takes one text.
    One(fn(&mut Options, &str) -> Result<(), String>),
    /// On or off. As an option without a value it means on.
    Switch(fn(&mut Options, bool)),
    /// Takes any number of texts and replaces what was there.
    Many(fn(&mut Options, &[&str]) -> Result<(), String>),
}

impl Setting {
    const fn new(
        name: &'static str,
        metavar: &'static str,
        default: Option<&'static str>,
        help: &'static str,
        apply: Apply,
    ) -> Self {
        Self { name, metavar, default, help, details: "", everyday: false, apply }
    }

    const fn one(
        name: &'static str,
        metavar: &'static str,
        default: Option<&'static str>,
        help: &'static str,
        apply: fn(&mut Options, &str) -> Result<(), String>,
    ) -> Self {
        Self::new(name, metavar, default, help, Apply::One(apply))
    }

    const fn switch(
        name: &'static str,
        default: &'static str,
        help: &'static str,
        apply: fn(&mut Options, bool),
    ) -> Self {
        Self::new(name, "on|off", Some(default), help, Apply::Switch(apply))
    }

    const fn many(
        name: &'static str,
        metavar: &'static str,
        help: &'static str,
        apply: fn(&mut Options, &[&str]) -> Result<(), String>,
    ) -> Self {
        Self::new(name, metavar, None, help, Apply::Many(apply))
    }

    const fn default(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    /// Has it shown by `--help`.
    const fn everyday(mut self) -> Self {
        self.everyday = true;
        self
    }

    const fn details(mut self, details: &'static str) -> Self {
        self.details = details;
        self
    }

    /// The option, such as `--script-name`. The app stands last on the command line and has none.
    pub fn flag(&self) -> Option<String> {
        (!self.is_operand()).then(|| format!("--{}", self.long()))
    }

    /// The environment variable, such as `JANUA_SCRIPT_NAME`.
    pub fn variable(&self) -> String {
        format!("JANUA_{}", self.name.to_ascii_uppercase())
    }

    /// Whether it takes several values: the option may be repeated, Python and the file take a list.
    pub fn takes_many(&self) -> bool {
        matches!(self.apply, Apply::Many(_))
    }

    /// Whether it is on or off.
    pub fn is_switch(&self) -> bool {
        matches!(self.apply, Apply::Switch(_))
    }

    /// Whether it stands last on the command line instead of behind an option.
    pub fn is_operand(&self) -> bool {
        self.name == general::APP
    }

    /// What it does and its default, on one line.
    pub(crate) fn in_short(&self) -> String {
        match self.default {
            Some(default) => format!("{} [{default}]", self.help),
            None => self.help.to_owned(),
        }
    }

    /// The option without its dashes.
    pub(crate) fn long(&self) -> String {
        self.name.replace('_', "-")
    }

    /// Puts the value that `texts` mean into `options`.
    ///
    /// The error is the reason alone; who calls knows where the text was written.
    pub(crate) fn apply(&self, options: &mut Options, texts: &[String]) -> Result<(), String> {
        if let Apply::Many(set) = self.apply {
            return set(options, &list(texts));
        }
        let text = match texts {
            [text] => text,
            [] => return Err(format!("the value is missing ({})", self.metavar)),
            _ => return Err(format!("takes one value ({}), not a list", self.metavar)),
        };
        match self.apply {
            Apply::One(set) => set(options, text),
            Apply::Switch(set) => switch(text).map(|on| set(options, on)),
            Apply::Many(_) => Ok(()),
        }
    }
}

/// Stores a value that was understood.
fn set<T>(place: &mut T, value: Result<T, String>) -> Result<(), String> {
    *place = value?;
    Ok(())
}

/// A time that a peer is given, and so not none at all. `usual` is what one might write instead.
fn patience(text: &str, usual: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => {
            Err(format!("'{text}' would give a peer no time at all (write a time such as {usual})"))
        }
        time => Ok(time),
    }
}

/// The topics, in the order in which they are explained.
pub(crate) static TOPICS: [&Topic; 9] = [
    &listen::TOPIC,
    &process::TOPIC,
    &backend::TOPIC,
    &limits::TOPIC,
    &connections::TOPIC,
    &fastcgi::TOPIC,
    &environ::TOPIC,
    &faults::TOPIC,
    &general::TOPIC,
];

/// The whole table, each setting with its topic, in the order of the documentation.
pub fn settings() -> impl Iterator<Item = (&'static Topic, &'static Setting)> {
    TOPICS.into_iter().flat_map(|topic| topic.settings.iter().map(move |setting| (topic, setting)))
}

/// The setting of this name.
pub(crate) fn find(name: &str) -> Option<(&'static Topic, &'static Setting)> {
    settings().find(|(_, setting)| setting.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_default_of_the_table_is_the_default_of_the_code() {
        for (_, setting) in settings() {
            let mut options = Options::default();
            if let Some(default) = setting.default {
                setting.apply(&mut options, &[default.to_owned()]).unwrap();
            } else if setting.takes_many() {
                setting.apply(&mut options, &[]).unwrap();
            }
            assert_eq!(options, Options::default(), "{}", setting.name);
        }
    }

    #[test]
    fn every_name_is_there_once_and_spelled_the_same_way() {
        let mut seen = HashSet::new();
        for (_, setting) in settings() {
            assert!(seen.insert(setting.name), "{} is there twice", setting.name);
            assert!(setting.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'));
            assert!(!setting.help.ends_with('.') && !setting.help.contains('\n'), "{}", setting.name);
            assert!(setting.details.is_empty() || setting.details.ends_with('.'), "{}", setting.name);
        }
    }

    #[test]
    fn a_setting_of_one_value_refuses_a_list() {
        let (_, setting) = find("threads").unwrap();
        let texts = ["1".to_owned(), "2".to_owned()];
        assert_eq!(
            setting.apply(&mut Options::default(), &texts).unwrap_err(),
            "takes one value (N), not a list"
        );
    }
}
