//! The arguments of `janua request`. None of them is a setting: there is no service that they could be about.

use crate::Command;
use crate::message::Problem;
use crate::reference::COLUMNS;
use crate::values::duration;
use clap::builder::ValueParser;
use clap::error::{ContextKind, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches};
use janua_request::{Change, Data, Header, Path, Plan};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

const ADDRESS: &str = "ADDR";
const PATH: &str = "PATH";

const USAGE: &str = "\
janua request [OPTION]... PROTOCOL:ADDR [PATH]

  PROTOCOL is fastcgi, scgi or http; ADDR is unix:/path, HOST:PORT or [::1]:PORT
  PATH is the path of the URL and its query, percent-encoded [/]

  janua request fastcgi:unix:/run/app.sock '/users?page=2'
  janua request -i -d name=value scgi:127.0.0.1:4000 /form";

const STATUSES: &str = "\
The body goes to stdout as it arrives, the app's error log (FastCGI) to stderr.

Exit status: 0 for a whole answer below 400, 22 for one of 400 or more; 1 if a FastCGI application
refuses the request or ends it with a status of its own; 2 wrong arguments, 7 no connection,
23 stdout is gone, 28 out of time, 52 no answer, 56 an answer that is cut or malformed.";

/// What the arguments behind `request` ask for.
pub(crate) fn read(words: &[OsString]) -> Result<Command, Problem> {
    match grammar().try_get_matches_from(words) {
        Ok(matches) => Ok(Command::Request(plan(&matches)?)),
        Err(error) if error.kind() == ErrorKind::DisplayHelp => {
            Ok(Command::Print(error.render().to_string()))
        }
        Err(error) => Err(problem(&error)),
    }
}

/// What `--help` prints.
pub(crate) fn help() -> String {
    grammar().render_help().to_string()
}

fn grammar() -> clap::Command {
    clap::Command::new("janua")
        .no_binary_name(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .max_term_width(COLUMNS)
        .args_override_self(true)
        .about("Asks a back end one request, as a web server would, and prints the answer.")
        .override_usage(USAGE)
        .after_help(STATUSES)
        .help_template("{about}\n\nUsage: {usage}\n\n{all-args}{after-help}")
        .args(
            [Arg::new(ADDRESS), Arg::new(PATH)]
                .map(|word| word.value_parser(ValueParser::os_string()).hide(true)),
        )
        .next_help_heading("The request")
        .args([
            value("method", "METHOD", "Method [GET; POST with -d, HEAD with -I]").short('X'),
            values("header", "HEADER", "'Name: value'; 'Name:' leaves a usual header out; repeatable")
                .short('H'),
            value("data", "DATA", "Body, sent as it is; @FILE sends a file, @- stdin").short('d'),
            value("script-name", "PATH", "Where the app is mounted, as a part of PATH: /app"),
            values("param", "NAME=VALUE", "Replace or add a parameter (SCGI, FastCGI); repeatable"),
            values("no-param", "NAME", "Leave a parameter out (SCGI, FastCGI); repeatable"),
        ])
        .next_help_heading("The answer")
        .args([
            switch("include", 'i', "Print status and headers before the body"),
            switch("head", 'I', "Ask with HEAD, print status and headers"),
            switch("verbose", 'v', "Print the parameters or headers that are sent to stderr"),
            value("max-time", "TIME", "Time that all of it may take [60s]"),
            Arg::new("help").short('h').long("help").action(ArgAction::Help).help("Print this help"),
        ])
}

fn value(name: &'static str, metavar: &'static str, help: &'static str) -> Arg {
    let parser = ValueParser::os_string();
    Arg::new(name).long(name).value_name(metavar).value_parser(parser).allow_hyphen_values(true).help(help)
}

fn values(name: &'static str, metavar: &'static str, help: &'static str) -> Arg {
    value(name, metavar, help).action(ArgAction::Append)
}

fn switch(name: &'static str, short: char, help: &'static str) -> Arg {
    Arg::new(name).long(name).short(short).action(ArgAction::SetTrue).help(help)
}

fn plan(matches: &ArgMatches) -> Result<Plan, Problem> {
    let one = |name: &str| matches.get_one::<OsString>(name);
    let all = |name: &str| matches.get_many::<OsString>(name).unwrap_or_default().map(|text| text.as_bytes());
    let back_end = one(ADDRESS).ok_or_else(|| {
        Problem::Other(
            "the address is missing; write 'janua request fastcgi:ADDR [PATH]', or scgi:ADDR, or http:ADDR"
                .to_owned(),
        )
    })?;
    let back_end = back_end.to_string_lossy().parse().map_err(Problem::Other)?;
    let path = one(PATH).map_or(&b"/"[..], |path| path.as_bytes());
    let mut plan = Plan::new(back_end, Path::new(path).map_err(Problem::Other)?);
    plan.method = one("method").map(|method| method.as_bytes().to_vec());
    plan.headers = all("header").map(Header::new).collect::<Result<_, _>>().map_err(blamed("-H"))?;
    plan.data = one("data").map(|data| Data::new(data.as_bytes()));
    plan.changes = all("param").map(Change::set).collect::<Result<_, _>>().map_err(blamed("--param"))?;
    plan.changes.extend(all("no-param").map(|name| Change::Drop(name.to_vec())));
    if let Some(mount) = one("script-name") {
        plan.script_name = script_name(mount.as_bytes()).map_err(blamed("--script-name"))?;
    }
    if let Some(time) = one("max-time") {
        plan.max_time = max_time(&time.to_string_lossy()).map_err(blamed("--max-time"))?;
    }
    plan.show_head = matches.get_flag("include");
    plan.head_only = matches.get_flag("head");
    plan.verbose = matches.get_flag("verbose");
    Ok(plan)
}

fn blamed(option: &str) -> impl Fn(String) -> Problem {
    move |why| Problem::Value { written: option.to_owned(), why }
}

fn script_name(text: &[u8]) -> Result<Vec<u8>, String> {
    match text {
        b"" | b"/" => Ok(Vec::new()),
        [b'/', ..] => Ok(text.strip_suffix(b"/").unwrap_or(text).to_vec()),
        _ => Err(format!(
            "'{}' does not begin with '/' (write /app, or nothing for the root)",
            text.escape_ascii()
        )),
    }
}

fn max_time(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => {
            Err(format!("'{text}' would give the back end no time at all (write a time such as 60s)"))
        }
        time => Ok(time),
    }
}

/// clap's error in our words, and on one line.
fn problem(error: &clap::Error) -> Problem {
    let written = error.get(ContextKind::InvalidArg).map(ToString::to_string).unwrap_or_default();
    let option = written.split([' ', '=', '[']).next().unwrap_or_default();
    Problem::Other(match error.kind() {
        ErrorKind::UnknownArgument if option.starts_with('-') => {
            let nearest =
                error.get(ContextKind::SuggestedArg).map(|nearest| format!("; the nearest is {nearest}"));
            let nearest = nearest.unwrap_or_default();
            format!("{option}: there is no such option{nearest} ('janua request --help' lists all)")
        }
        ErrorKind::UnknownArgument => {
            format!(
                "{option}: there is a PATH already; options stand in front, and a query belongs to the PATH"
            )
        }
        ErrorKind::InvalidValue => format!("{option}: the value is missing"),
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

    fn asked(words: &[&str]) -> Result<Plan, String> {
        let words: Vec<_> = words.iter().map(OsString::from).collect();
        match read(&words) {
            Ok(Command::Request(plan)) => Ok(plan),
            Ok(other) => panic!("{other:?}"),
            Err(problem) => Err(problem.to_string()),
        }
    }

    #[test]
    fn the_help_fits_one_screen_and_is_as_it_was_agreed() {
        check_help(grammar(), "request");
    }

    #[test]
    fn clap_finds_nothing_wrong_with_the_grammar() {
        grammar().debug_assert();
    }

    #[test]
    fn every_argument_becomes_a_part_of_the_plan() {
        let plan = asked(&[
            "-X",
            "PUT",
            "-H",
            "X-A: 1",
            "-H",
            "Accept:",
            "-d",
            "-a=b",
            "--script-name=/app/",
            "--param",
            "A=b",
            "--no-param=HTTP_HOST",
            "-iv",
            "--max-time",
            "2m",
            "scgi:unix:/x",
            "/app/y?z",
        ])
        .unwrap();
        let mut expected = Plan::new("scgi:unix:/x".parse().unwrap(), Path::new(b"/app/y?z").unwrap());
        expected.method = Some(b"PUT".to_vec());
        expected.headers = [&b"X-A: 1"[..], b"Accept:"].map(|text| Header::new(text).unwrap()).to_vec();
        expected.data = Some(Data::Bytes(b"-a=b".to_vec()));
        expected.script_name = b"/app".to_vec();
        expected.changes = vec![Change::set(b"A=b").unwrap(), Change::Drop(b"HTTP_HOST".to_vec())];
        (expected.show_head, expected.verbose) = (true, true);
        expected.max_time = Duration::from_secs(120);
        assert_eq!(plan, expected);
    }

    #[test]
    fn options_may_stand_behind_and_the_path_may_be_missing() {
        let plan = asked(&["http:localhost:80", "-I"]).unwrap();
        assert_eq!((plan.path.as_bytes(), plan.head_only), (&b"/"[..], true));
        assert_eq!(asked(&["http:a:1", "/", "--script-name=/"]).unwrap().script_name, b"");
    }

    #[test]
    fn what_is_wrong_is_said_with_what_to_write() {
        for (words, expected) in [
            (&[][..], "the address is missing; write 'janua request fastcgi:ADDR [PATH]'"),
            (&["127.0.0.1:9000", "/"], "write fastcgi:ADDR, scgi:ADDR or http:ADDR"),
            (&["scgi:unix:/x", "x"], "begins with '/'"),
            (&["scgi:unix:/x", "/", "/y"], "/y: there is a PATH already"),
            (&["scgi:unix:/x", "--parm=A=b"], "--parm: there is no such option; the nearest is --param ("),
            (&["scgi:unix:/x", "-Q"], "-Q: there is no such option ("),
            (&["scgi:unix:/x", "-H", "X"], "-H: 'X' is no header"),
            (&["scgi:unix:/x", "--param", "A"], "--param: 'A' is no parameter"),
            (&["scgi:unix:/x", "--script-name", "app"], "--script-name: 'app' does not begin with '/'"),
            (&["scgi:unix:/x", "--max-time", "soon"], "--max-time: 'soon' is no time"),
            (&["scgi:unix:/x", "--max-time=0"], "no time at all"),
            (&["scgi:unix:/x", "-d"], "--data: the value is missing"),
        ] {
            let message = asked(words).unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
    }
}
