//! Where a setting was written, and how its name is spelled there.

use crate::message::Problem;
use crate::nearest::nearest;
use crate::reference::commands;
use crate::settings::{Setting, Topic, find, settings};
use crate::{Options, Verb, question};

/// A place where settings are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// The command line.
    Argument,
    /// The process environment.
    Environment,
    /// A configuration file, by the path that was given for it.
    File(String),
    /// A comment line of a script: its path, as it was given, and the number of the line.
    Comment {
        /// The script.
        path: String,
        /// From 1 on.
        line: usize,
    },
    /// The keywords of a Python function.
    Keyword(Verb),
}

impl Source {
    /// A name as it was written here, with what helps to find the place.
    pub(crate) fn written(&self, name: &str) -> String {
        match self {
            Source::Argument => format!("--{}", name.replace('_', "-")),
            Source::Environment => format!("JANUA_{}", name.to_ascii_uppercase()),
            Source::File(path) => format!("{path}: {name}"),
            Source::Comment { path, line } => format!("{path}: line {line}: {name}"),
            Source::Keyword(verb) => format!("{}({name}=...)", verb.name()),
        }
    }

    /// A name as one would write it here.
    fn spelled(&self, name: &str) -> String {
        match self {
            Source::Argument | Source::Environment => self.written(name),
            Source::File(_) | Source::Comment { .. } => name.to_owned(),
            Source::Keyword(_) => format!("{name}="),
        }
    }

    /// What is wrong with `name`, which no setting has. `written` is how it stands in the source.
    pub(crate) fn unknown(&self, verb: Verb, name: &str, written: String) -> Problem {
        // A file and an environment may serve several commands; an option and a keyword are for one.
        let shared = matches!(self, Source::Environment | Source::File(_) | Source::Comment { .. });
        let candidates = settings()
            .filter(|(topic, _)| shared || topic.applies_to(verb))
            .filter(|(_, setting)| !setting.is_operand() || shared)
            .map(|(_, setting)| setting.name.to_owned());
        // These two have no value, and so are no settings.
        let standard =
            ["help", "version"].into_iter().filter(|_| *self == Source::Argument).map(str::to_owned);
        let own = question::NAMES.into_iter().filter(|_| *self == Source::Argument && verb == Verb::Explain);
        let nearest = nearest(name, candidates.chain(standard).chain(own.map(str::to_owned)))
            .map(|name| self.spelled(&name))
            .unwrap_or_default();
        Problem::Unknown { written, nearest }
    }
}

/// A setting that was written somewhere, not yet understood.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    /// Which.
    pub(crate) setting: &'static Setting,
    /// Where.
    pub(crate) source: Source,
    /// What. One text, but for lists.
    pub(crate) texts: Vec<String>,
}

impl Given {
    /// `name` as a setting of `verb`, or `None` if it is one of another command in a source that commands share.
    pub(crate) fn named(
        verb: Verb,
        source: Source,
        name: &str,
        texts: Vec<String>,
    ) -> Result<Option<Self>, Problem> {
        let Some((topic, setting)) = find(name) else {
            let written = source.written(name);
            return Err(source.unknown(verb, name, written));
        };
        if topic.applies_to(verb) {
            return Ok(Some(Self { setting, source, texts }));
        }
        match source {
            Source::Environment | Source::File(_) | Source::Comment { .. } => Ok(None),
            Source::Argument | Source::Keyword(_) => Err(elsewhere(verb, topic, source.written(name))),
        }
    }

    /// Puts its value into `options`.
    pub(crate) fn apply(&self, options: &mut Options) -> Result<(), Problem> {
        let written = || self.source.written(self.setting.name);
        self.setting.apply(options, &self.texts).map_err(|why| Problem::Value { written: written(), why })
    }
}

/// A setting was given to a command that has no use for it.
pub(crate) fn elsewhere(verb: Verb, topic: &Topic, written: String) -> Problem {
    Problem::Elsewhere {
        written,
        here: format!("'{} {}'", verb.command(), verb.operand()),
        there: commands(topic).replace('`', "'"),
    }
}
