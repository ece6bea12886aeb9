//! Backends as text, for people and for machines.

use crate::{Backend, Condition};
use serde_json::{Value, json};
use std::fmt::Write;
use std::time::Duration;

/// A table of backends, a line for each. Indented below it stand the reason why one does not serve, and its log.
pub fn table(backends: &[Backend]) -> String {
    let mut rows = vec![["PID", "AGE", "REQUESTS", "MEMORY", "STATE", "APP"].map(str::to_owned).to_vec()];
    rows.extend(backends.iter().map(row));
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..6).map(width).collect();
    let mut text = String::new();
    let behind = std::iter::once(None).chain(backends.iter().map(Some));
    for (row, backend) in rows.iter().zip(behind) {
        for (index, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let last = index + 1 == row.len();
            // Numbers stand under each other to the right, words to the left.
            let _ = match index {
                _ if last => write!(text, "{cell}"),
                0..=3 => write!(text, "{cell:>width$}  "),
                _ => write!(text, "{cell:<width$}  "),
            };
        }
        text.push('\n');
        if let Some(backend) = backend {
            if let Some(why) = reason(&backend.condition) {
                let _ = writeln!(text, "    reason: {}", one_line(why));
            }
            let _ = writeln!(text, "    log: {}", backend.files.log().display());
        }
    }
    text
}

fn reason(condition: &Condition) -> Option<&str> {
    match condition {
        Condition::Failed(why) | Condition::Foreign(why) | Condition::Broken(why) => {
            Some(why.as_str()).filter(|why| !why.is_empty())
        }
        Condition::Serving | Condition::Starting | Condition::Outdated | Condition::Dead => None,
    }
}

fn row(backend: &Backend) -> Vec<String> {
    let cell = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    vec![
        cell(backend.pid.map(|pid| pid.to_string())),
        cell(backend.age.map(age)),
        cell(backend.requests.map(|requests| requests.to_string())),
        cell(backend.memory.map(|bytes| format!("{} MiB", bytes.div_ceil(1 << 20)))),
        word(&backend.condition).to_owned(),
        backend.name(),
    ]
}

impl Backend {
    /// What to call it: its app, else what its files are called.
    pub(crate) fn name(&self) -> String {
        match &self.app {
            Some(app) => one_line(&app.display().to_string()),
            None => self.files.prefix().display().to_string(),
        }
    }
}

/// What an app is called may come from a file that anything may have written.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

fn word(condition: &Condition) -> &'static str {
    match condition {
        Condition::Serving => "serving",
        Condition::Starting => "starting",
        Condition::Outdated => "outdated",
        Condition::Broken(_) => "broken",
        Condition::Dead => "gone",
        Condition::Foreign(_) => "foreign",
        Condition::Failed(_) => "failed",
    }
}

fn age(age: Duration) -> String {
    match age.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min", seconds / 60),
        seconds @ 3600..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

/// The same as a JSON array with a newline behind it. Keys are added, never changed or taken away; what is not known
/// is `null`.
///
/// ```json
/// [{"app": "/home/u/app.py", "pid": 1234, "age": 17.5, "requests": 3, "memory": 23068672, "state": "serving",
///   "reason": null, "log": "/run/user/1000/janua/0123456789abcdef0123456789abcdef.log",
///   "files": "/run/user/1000/janua/0123456789abcdef0123456789abcdef"}]
/// ```
///
/// `age` is in seconds, `memory` in bytes; `state` is one of serving, starting, outdated, broken, gone, foreign and
/// failed; broken, foreign and failed come with a `reason`. The log need not be there yet.
pub fn json(backends: &[Backend]) -> String {
    let one = |backend: &Backend| {
        json!({
            "app": backend.app.as_ref().map(|app| app.display().to_string()),
            "pid": backend.pid,
            "age": backend.age.map(|age| age.as_secs_f64()),
            "requests": backend.requests,
            "memory": backend.memory,
            "state": word(&backend.condition),
            "reason": reason(&backend.condition),
            "log": backend.files.log().display().to_string(),
            "files": backend.files.prefix().display().to_string(),
        })
    };
    format!("{}\n", Value::Array(backends.iter().map(one).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Files;

    fn backend(condition: Condition) -> Backend {
        Backend {
            files: Files::new("/f/key"),
            app: Some("/home/u/app.py".into()),
            pid: Some(77),
            age: Some(Duration::from_secs(3 * 60 + 7)),
            requests: Some(12_345),
            memory: Some(21 << 20),
            condition,
        }
    }

    #[test]
    fn people_get_a_table() {
        let failed = Backend {
            app: None,
            pid: None,
            age: None,
            requests: None,
            memory: None,
            ..backend(Condition::Failed("no room\u{1b}[1m".to_owned()))
        };
        assert_eq!(
            table(&[backend(Condition::Serving), failed]),
            "PID    AGE  REQUESTS  MEMORY  STATE    APP\n \
             77  3 min     12345  21 MiB  serving  /home/u/app.py\n    \
             log: /f/key.log\n  \
             -      -         -       -  failed   /f/key\n    \
             reason: no room?[1m\n    \
             log: /f/key.log\n"
        );
    }

    #[test]
    fn machines_get_json() {
        let text = json(&[backend(Condition::Broken("ImportError: no".to_owned()))]);
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value[0]["state"], "broken");
        assert_eq!(value[0]["age"], 187.0);
        assert_eq!(value[0]["reason"], "ImportError: no");
        assert_eq!(value[0]["log"], "/f/key.log");
        assert_eq!(json(&[]), "[]\n");
    }
}
