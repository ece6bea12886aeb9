//! `janua cgi-status`: which backends of `janua-cgi` there are, and how to end them.

use crate::message::Problem;
use crate::reference::COLUMNS;
use clap::builder::ValueParser;
use clap::error::{ContextKind, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Command};
use janua_backend::Status;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

const APP: &str = "APP";

const USAGE: &str = "\
janua cgi-status [OPTION]...
       janua cgi-status --stop [APP]...";

const STATES: &str = "\
Where the web server runs scripts as a user of its own, ask as that one: sudo -u www-data janua cgi-status.

REQUESTS is up to a second old. MEMORY is RAM and swap; what it shares with other processes counts
in part. Below each app stand the log of what it prints and, if it does not serve, the reason.

STATE is serving, starting, broken (the app could not be loaded), outdated (its code has changed:
the next request starts another), gone (only its files are left), failed (none could be started)
or foreign (not this user's).

Exit status: 0, also if there are none; 1 if one could not be stopped or the folder is not trusted.";

/// What the arguments behind `cgi-status` ask for, in this environment.
pub(crate) fn read(
    words: &[OsString],
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<crate::Command, Problem> {
    match grammar().try_get_matches_from(words) {
        Ok(matches) => Ok(crate::Command::Status(status(&matches, environment))),
        Err(error) if error.kind() == ErrorKind::DisplayHelp => {
            Ok(crate::Command::Print(error.render().to_string()))
        }
        Err(error) => Err(problem(&error)),
    }
}

/// What `--help` prints.
pub(crate) fn help() -> String {
    grammar().render_help().to_string()
}

fn grammar() -> Command {
    let switch = |name: &'static str, help| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    Command::new("janua")
        .no_binary_name(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .max_term_width(COLUMNS)
        .about("Shows the apps that janua-cgi keeps loaded for this user, or ends them.")
        .override_usage(USAGE)
        .after_help(STATES)
        .help_template("{about}\n\nUsage: {usage}\n\n{all-args}{after-help}")
        .args([
            switch("stop", "End those of APP, or all; they finish the requests that they have"),
            switch("json", "Answer in JSON"),
            Arg::new("folder")
                .long("cgi-folder")
                .value_name("DIR")
                .value_parser(ValueParser::path_buf())
                .help("Where they are, if the setting cgi_folder of their scripts says so"),
            Arg::new("help").short('h').long("help").action(ArgAction::Help).help("Print this help"),
            Arg::new(APP).value_parser(ValueParser::path_buf()).num_args(0..).requires("stop").hide(true),
        ])
}

fn status(matches: &ArgMatches, environment: impl IntoIterator<Item = (OsString, OsString)>) -> Status {
    let variables: Vec<_> = environment.into_iter().collect();
    let variable = |name: &str| {
        let found = variables.iter().find(|(named, value)| named == OsStr::new(name) && !value.is_empty());
        found.map(|(_, value)| PathBuf::from(value))
    };
    Status {
        folder: matches.get_one::<PathBuf>("folder").cloned().or_else(|| variable("JANUA_CGI_FOLDER")),
        runtime: variable("XDG_RUNTIME_DIR"),
        stop: matches.get_flag("stop"),
        apps: matches.get_many::<PathBuf>(APP).unwrap_or_default().cloned().collect(),
        json: matches.get_flag("json"),
    }
}

/// clap's error in our words, and on one line.
fn problem(error: &clap::Error) -> Problem {
    let written = error.get(ContextKind::InvalidArg).map(ToString::to_string).unwrap_or_default();
    let option = written.split([' ', '=', '[']).next().unwrap_or_default();
    Problem::Other(match error.kind() {
        ErrorKind::UnknownArgument => {
            format!("{option}: there is no such option ('janua cgi-status --help' lists all)")
        }
        ErrorKind::MissingRequiredArgument => {
            "an APP is named only to end it; write 'janua cgi-status --stop APP'".to_owned()
        }
        _ => {
            let rendered = error.render().to_string();
            rendered.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreed::check_help;

    fn asked(words: &[&str], variables: &[(&str, &str)]) -> Result<Status, String> {
        let words: Vec<_> = words.iter().map(OsString::from).collect();
        match read(&words, variables.iter().map(|(name, value)| (name.into(), value.into()))) {
            Ok(crate::Command::Status(status)) => Ok(status),
            Ok(other) => panic!("{other:?}"),
            Err(problem) => Err(problem.to_string()),
        }
    }

    #[test]
    fn the_help_fits_one_screen_and_is_as_it_was_agreed() {
        check_help(grammar(), "cgi-status");
    }

    #[test]
    fn clap_finds_nothing_wrong_with_the_grammar() {
        grammar().debug_assert();
    }

    #[test]
    fn an_option_beats_the_environment() {
        let variables = [("JANUA_CGI_FOLDER", "/a"), ("XDG_RUNTIME_DIR", "/run/user/7")];
        let status = asked(&[], &variables).unwrap();
        assert_eq!((status.folder, status.runtime), (Some("/a".into()), Some("/run/user/7".into())));
        assert_eq!(asked(&["--cgi-folder=/b"], &variables).unwrap().folder, Some("/b".into()));
        assert_eq!(asked(&[], &[("XDG_RUNTIME_DIR", "")]).unwrap().runtime, None);
    }

    #[test]
    fn an_app_is_named_only_to_end_it() {
        let status = asked(&["--stop", "app.py", "/x/y.py"], &[]).unwrap();
        assert!(status.stop && status.apps.len() == 2);
        assert!(asked(&["app.py"], &[]).unwrap_err().contains("--stop APP"));
        assert!(asked(&["--stpo"], &[]).unwrap_err().contains("--stpo: there is no such option"));
    }
}
