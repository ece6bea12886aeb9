//! Arguments, environment and configuration file, all from one table of settings.
//!
//! A setting is a line of the table in `settings`: its name, what it means, and how a text becomes a field of
//! [`Options`]. The sources know how a name is spelled where they read it, and nothing else about it:
//!
//! ```text
//! script        # janua: script_name = "/app" ─┐
//! file          script_name = "/app"          ─┤
//! environment   JANUA_SCRIPT_NAME=/app        ─┼─► Given { setting, source, texts } ─► Setting::apply ─► Options
//! arguments     --script-name=/app            ─┤
//! Python        script_name="/app"            ─┘
//! ```
//!
//! Of these the lower wins; arguments and Python never meet. Every failure is a [`Message`]: one line that names
//! what was written, where, and what to write instead.

#[cfg(test)]
mod agreed;
mod arguments;
mod command;
mod comments;
mod environment;
mod file;
mod message;
mod nearest;
mod options;
mod python;
mod question;
mod reference;
mod request;
mod settings;
mod source;
mod status;
mod values;
mod verb;

pub use command::{Command, parse};
pub use message::Message;
pub use options::Options;
pub use python::{from_python, int_text};
pub use question::{Question, Subject};
pub use reference::reference_markdown;
pub use settings::{Setting, Topic, settings};
pub use verb::Verb;
