//! The app and the configuration file.

use super::{Setting, Topic};
use crate::Verb;

/// The one setting that stands on the command line without an option.
pub(super) const APP: &str = "app";

pub(super) static TOPIC: Topic = Topic {
    title: "General",
    about: "",
    verbs: &Verb::ALL,
    settings: &[
        Setting::one(
            APP,
            "APP",
            None,
            "The app: module:callable, module, or path/to/file.py[:callable]",
            |options, text| {
                text.clone_into(&mut options.app);
                Ok(())
            },
        )
        .details(
            "It stands last on the command line. Without a callable, `application` and then `app` is looked up; \
             `module:make()` calls `make` once and serves what it returns. Python functions take the app itself.",
        ),
        Setting::one("config", "FILE", None, "Read settings from this TOML file", |options, text| {
            options.config = Some(text.into());
            Ok(())
        })
        .everyday()
        .details(
            "The file holds settings by name at its top level. Paths in it, like paths everywhere else, are taken \
             from the directory in which janua is started. A file cannot name another file.",
        ),
    ],
};
