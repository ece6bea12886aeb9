//! The table as text: `janua settings`, `janua settings NAME` and `docs/settings.md`.

use crate::Verb;
use crate::settings::{Setting, TOPICS, Topic};
use std::fmt::Write;

/// Columns of what is printed, if the terminal has that many.
pub(crate) const COLUMNS: usize = 100;

/// Columns for the names of settings in `janua settings`.
const NAME: usize = 23;

/// `docs/settings.md`, as it must stand in the repository.
pub fn reference_markdown() -> String {
    let mut text = INTRODUCTION.to_owned();
    for topic in TOPICS {
        let _ = write!(text, "\n## {}\n\nFor {}.", topic.title, commands(topic));
        if !topic.about.is_empty() {
            let _ = write!(text, " {}.", topic.about);
        }
        text.push('\n');
        for setting in topic.settings {
            let _ = write!(text, "\n### `{}`\n\n{}.", setting.name, setting.help);
            if !setting.details.is_empty() {
                let _ = write!(text, " {}", setting.details);
            }
            let _ = write!(text, "\n\n{} · default: {}\n", forms(setting), default(setting, "`"));
        }
    }
    text
}

const INTRODUCTION: &str = r#"# Settings

This file is made from the table in `src/cli/settings`. `janua settings` prints the same in short, and
`janua settings NAME` explains one.

Every setting has one name, spelled as its place demands:

| place | example |
| --- | --- |
| command line | `janua serve --script-name=/app app.py` |
| environment | `JANUA_SCRIPT_NAME=/app janua serve app.py` |
| file | `script_name = "/app"` in `janua.toml`, read by `--config janua.toml` or `JANUA_CONFIG=janua.toml` |
| Python | `janua.serve(app, script_name="/app")` |
| script | `# janua: script_name = "/app"` above the first line of code |

An option or a Python keyword beats the environment, the environment beats the file, the file beats the script, the
script beats the default. A list replaces the list of a weaker place. A name that no setting has is an error wherever it
stands, also in a variable that starts with `JANUA_`. The environment, the file and the script may serve several
commands: a setting that means nothing to one of them is passed over there. A value is checked even if a stronger one
overrides it.

A script can hold settings of its own because a web server that runs it gives it no command line. `janua FILE`, `janua cgi
FILE` and `janua-cgi` read them: comment lines of the form `# janua: name = value`, the value as in TOML, within the first
8 KiB and above everything that is neither a comment nor blank. `janua serve` does not read them; it has a command line.

```toml
app = "shop.wsgi:application"
fastcgi = ["unix:/run/shop/fastcgi.sock", "127.0.0.1:9000"]
socket_group = "www-data"
workers = 2
progress_timeout = "2m"
infer_prefix = false
```

Values:

- **Paths** are taken from the directory in which janua is started, in the file too.
- **SIZE**: bytes, or `64k`, `1MiB`, `1GiB`; the units are powers of 1024.
- **TIME**: seconds, or `500ms`, `30s`, `2m`, `1h`.
- **on|off**: also `yes`, `true`, `1` and `no`, `false`, `0`. As an option `--infer-prefix` is on; off is `--infer-prefix=off`.
- **Lists**: the option is repeated, the file and Python take a list; everywhere a comma separates, so that the environment
  can hold a list too.

The kernel hands a `#!` line on as one argument. `#!/path/to/janua --script-name=/app` works; for more settings use
`#!/usr/bin/env -S janua --script-name=/app --threads=4`, the environment, or a file: `#!/path/to/janua --config=/etc/app.toml`.
Arguments behind the file, or behind the APP of `janua cgi`, are never read: a CGI server puts the words of a query
without `=` there (RFC 3875, section 4.4).
"#;

/// Every setting on a line of its own.
pub(crate) fn list() -> String {
    let mut text = String::from(
        "Every setting, by its name in the file of --config and in Python. As an option it is --script-name,\n\
         in the environment JANUA_SCRIPT_NAME. 'janua settings NAME' explains one.\n",
    );
    for topic in TOPICS {
        let _ = write!(text, "\n{}", topic.title);
        let commands = commands(topic).replace('`', "");
        if !topic.title.eq_ignore_ascii_case(&commands) {
            let _ = write!(text, ", for {commands}");
        }
        if !topic.about.is_empty() {
            let _ = write!(text, "; {}", topic.about.replace('`', ""));
        }
        text.push_str(":\n");
        for setting in topic.settings {
            // A name that is longer than its column has a line of its own.
            let (name, short) = (setting.name, setting.in_short());
            let gap = if name.len() > NAME { format!("\n{:w$}", "", w = NAME + 2) } else { String::new() };
            let _ = writeln!(text, "  {name:<NAME$}{gap} {short}");
        }
    }
    text
}

/// One setting with everything there is to know.
pub(crate) fn explain(topic: &Topic, setting: &Setting) -> String {
    let mut text = format!("{}.\n", setting.help);
    if !setting.details.is_empty() {
        text.push_str(&wrap(&setting.details.replace('`', "")));
    }
    let name = setting.name;
    let metavar = setting.metavar;
    let option = setting.flag().map_or_else(|| metavar.to_owned(), |flag| format!("{flag}={metavar}"));
    let rows = [
        ("option", option),
        ("environment", format!("{}={metavar}", setting.variable())),
        ("file, Python", name.to_owned()),
        ("default", default(setting, "")),
        ("for", commands(topic).replace('`', "")),
    ];
    text.push('\n');
    for (what, value) in rows {
        let _ = writeln!(text, "  {what:<13} {value}");
    }
    text
}

/// `text` in lines of at most [`COLUMNS`].
fn wrap(text: &str) -> String {
    let mut lines = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > COLUMNS {
            lines.push('\n');
            column = 0;
        }
        if column > 0 {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += width;
    }
    lines.push('\n');
    lines
}

fn forms(setting: &Setting) -> String {
    let metavar = setting.metavar;
    let option = setting.flag().map_or_else(|| metavar.to_owned(), |flag| format!("{flag}={metavar}"));
    format!("`{option}` · `{}`", setting.variable())
}

fn default(setting: &Setting, quote: &str) -> String {
    setting.default.map_or_else(|| "none".to_owned(), |default| format!("{quote}{default}{quote}"))
}

/// Whom the settings of a topic are for.
pub(crate) fn commands(topic: &Topic) -> String {
    if topic.verbs == Verb::ALL {
        return "every command".to_owned();
    }
    if topic.verbs == [Verb::Run] {
        // What `janua FILE` alone takes is for the processes that `janua-cgi` starts so.
        return "apps that `janua-cgi` keeps".to_owned();
    }
    let commands: Vec<_> =
        topic.verbs.iter().map(|verb| format!("`{} {}`", verb.command(), verb.operand())).collect();
    match commands.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}
