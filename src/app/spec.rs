//! Which app to run, as people write it.

use std::path::{Path, PathBuf};
use std::str::FromStr;

/// `module:callable`, `module`, `path/to/file.py[:callable]`; a callable may be dotted, and `name()` is a factory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppSpec {
    pub(crate) source: Source,
    pub(crate) callable: Option<String>,
    pub(crate) factory: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    Module(String),
    File(PathBuf),
}

/// The text names no app.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' names no app: {why} (write module:callable or path/to/file.py:callable)")]
pub struct SpecError {
    text: String,
    why: String,
}

impl AppSpec {
    /// The app in a file, whatever the file is called.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self { source: Source::File(path.into()), callable: None, factory: false }
    }

    /// The file that the app is in, unless it is named as a module.
    pub fn path(&self) -> Option<&Path> {
        match &self.source {
            Source::File(path) => Some(path),
            Source::Module(_) => None,
        }
    }
}

impl FromStr for AppSpec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let error = |why: &str| SpecError { text: text.to_owned(), why: why.to_owned() };
        // A file whose name holds a colon is still a file.
        let (source, callable) = match text.rsplit_once(':') {
            Some((source, callable)) if !Path::new(text).is_file() => (source, Some(callable)),
            _ => (text, None),
        };
        let (callable, factory) = match callable {
            Some(name) => match name.strip_suffix("()") {
                Some(factory) => (Some(factory), true),
                None => (Some(name), false),
            },
            None => (None, false),
        };
        if let Some(name) = callable
            && !name.split('.').all(is_identifier)
        {
            return Err(error(&format!("'{name}' is no name of a callable")));
        }
        let source = if source.is_empty() {
            return Err(error("the module is missing"));
        } else if source.contains('/') || source.ends_with(".py") || Path::new(source).is_file() {
            Source::File(PathBuf::from(source))
        } else if source.split('.').all(is_identifier) {
            Source::Module(source.to_owned())
        } else {
            return Err(error(&format!("'{source}' is neither a module nor a file")));
        };
        Ok(Self { source, callable: callable.map(str::to_owned), factory })
    }
}

fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(source: Source, callable: Option<&str>, factory: bool) -> AppSpec {
        AppSpec { source, callable: callable.map(str::to_owned), factory }
    }

    #[test]
    fn modules_files_callables_and_factories() {
        let module = |name: &str| Source::Module(name.to_owned());
        let file = |name: &str| Source::File(PathBuf::from(name));
        for (text, wanted) in [
            ("site.wsgi:app", spec(module("site.wsgi"), Some("app"), false)),
            ("wsgi", spec(module("wsgi"), None, false)),
            ("wsgi:make()", spec(module("wsgi"), Some("make"), true)),
            ("wsgi:pkg.app", spec(module("wsgi"), Some("pkg.app"), false)),
            ("app.py", spec(file("app.py"), None, false)),
            ("./dir/index.fcgi:app", spec(file("./dir/index.fcgi"), Some("app"), false)),
        ] {
            assert_eq!(text.parse::<AppSpec>(), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn what_names_no_app_says_why() {
        for (text, why) in [
            (":app", "module is missing"),
            ("", "module is missing"),
            ("wsgi:", "no name of a callable"),
            ("wsgi:a-b", "no name of a callable"),
            ("my-site:app", "neither a module nor a file"),
        ] {
            let message = text.parse::<AppSpec>().unwrap_err().to_string();
            assert!(message.contains(why), "{text}: {message}");
        }
    }
}
