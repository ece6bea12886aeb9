//! Settings from comment lines at the top of a script: a CGI script has no command line of its own.
//!
//! ```python
//! #!/path/to/venv/bin/janua-cgi
//! # janua: script_name = ""
//! # janua: cgi_threads = 4
//! ```
//!
//! They hold for `janua FILE`, `janua cgi FILE` and `janua-cgi`, which run a script that a web server knows by its
//! file alone, and are the weakest of all places: who runs a script knows better than who wrote it. `janua serve`
//! does not read them. It has a command line and a file of its own, its APP may be imported from anywhere, and one
//! service with several apps must not change with the order in which they are found.

use crate::Verb;
use crate::message::Problem;
use crate::source::{Given, Source};
use janua_backend::{TOP, misplaced, settings};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// No script is longer, in bytes; what is behind is not looked at.
const WHOLE: u64 = 1024 * 1024;

/// The settings of `verb` in the script at `path`, and what to say of one that stands where none is read. A file that
/// cannot be read has none: whoever loads the app will say what is wrong with it.
pub(crate) fn read(verb: Verb, path: &Path) -> Result<(Vec<Given>, Option<String>), Problem> {
    let mut script = Vec::new();
    let read = File::open(path).and_then(|file| file.take(WHOLE).read_to_end(&mut script));
    if read.is_err() {
        return Ok((Vec::new(), None));
    }
    let path = path.display().to_string();
    let given = understand(verb, &path, script.get(..TOP).unwrap_or(&script))?;
    Ok((given, misplaced(&script).map(|told| format!("{path}: {told}"))))
}

/// The same for the `top` of a script.
fn understand(verb: Verb, path: &str, top: &[u8]) -> Result<Vec<Given>, Problem> {
    let mut given = Vec::new();
    for (number, setting) in settings(top) {
        let wrong = |why: String| Problem::Syntax { path: path.to_owned(), line: number, why };
        let text = std::str::from_utf8(setting)
            .map_err(|_| wrong("the setting is not UTF-8, as TOML must be".to_owned()))?;
        let source = Source::Comment { path: path.to_owned(), line: number };
        given.extend(crate::file::settings(verb, &source, text).map_err(|problem| match problem {
            Problem::Syntax { why, .. } => wrong(format!("{why} (write # janua: name = value)")),
            other => other,
        })?);
    }
    Ok(given)
}

/// The file in an APP as it is written, behind which a callable may stand. `None` for a module.
pub(crate) fn file_of(app: &str) -> Option<&Path> {
    let whole = Path::new(app);
    if whole.is_file() {
        return Some(whole);
    }
    let (file, _) = app.rsplit_once(':')?;
    Some(Path::new(file)).filter(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(top: &str) -> Vec<String> {
        let given = understand(Verb::Run, "app.py", top.as_bytes()).unwrap();
        given.into_iter().map(|given| format!("{}={}", given.setting.name, given.texts.join(","))).collect()
    }

    fn problem(top: &[u8]) -> String {
        understand(Verb::Run, "app.py", top).unwrap_err().to_string()
    }

    #[test]
    fn they_stand_above_the_first_line_of_code() {
        let script = "#!/venv/bin/janua-cgi\r\n# -*- coding: utf-8 -*-\n\n# janua: script_name = \"\"\n  #janua:threads=2\n\
                      '''Text.'''\n# janua: threads = 3\n";
        assert_eq!(names(script), ["script_name=", "threads=2"]);
        assert_eq!(names("\u{feff}#!/x\n# janua: threads = 2\n"), ["threads=2"]);
        assert!(names("import os\n# janua: threads = 3\n").is_empty());
        assert!(names("# about janua: it is a gateway\n# januaries: 2\n").is_empty());
    }

    #[test]
    fn values_are_toml() {
        assert_eq!(
            names(
                "# janua: trusted_proxies = ['127.0.0.1', \"::1\"]  # these\n# janua: infer_prefix = false\n"
            ),
            ["trusted_proxies=127.0.0.1,::1", "infer_prefix=off"]
        );
        assert_eq!(names("# janua: cgi_idle_timeout = 60\n"), ["cgi_idle_timeout=60"]);
    }

    #[test]
    fn what_is_wrong_is_said_with_file_and_line() {
        assert_eq!(
            problem(b"#!/x\n# janua: thread = 2\n"),
            "app.py: line 2: thread: there is no such setting; the nearest is threads ('janua settings' lists all)"
        );
        let told = problem(b"\n# janua: threads\n");
        assert!(
            told.starts_with("app.py: line 2: ") && told.ends_with("(write # janua: name = value)"),
            "{told}"
        );
        assert!(
            problem(b"# janua: script_name = \"\xff\"\n")
                .starts_with("app.py: line 1: the setting is not UTF-8")
        );
        assert!(
            problem(b"# janua: config = 'x'\n")
                .starts_with("app.py: line 1: config: a comment line cannot name")
        );
    }

    #[test]
    fn settings_of_other_commands_are_passed_over() {
        assert!(understand(Verb::Cgi, "app.py", b"# janua: threads = 2\n").unwrap().is_empty());
        assert_eq!(names("# janua: backlog = 2\n"), Vec::<String>::new());
    }
}
