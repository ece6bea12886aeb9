//! The command line as a whole: which command, and on what.

use crate::arguments::{self, Arguments};
use crate::message::Problem;
use crate::nearest::nearest;
use crate::settings::settings;
use crate::source::Given;
use crate::{Message, Options, Question, Verb};
use crate::{comments, environment, file, reference, request, status, values};
use std::ffi::OsString;
use std::path::Path;

const COMMANDS: [&str; 7] = ["serve", "cgi", "cgi-status", "explain", "request", "settings", "help"];

/// What somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Serve the app on sockets of its own.
    Serve(Options),
    /// Answer one CGI request.
    Cgi(Options),
    /// Run a file the way the server that started it wants: FastCGI on descriptor 0, or CGI.
    Script(Options),
    /// Print what becomes of a request.
    Explain(Question),
    /// Ask a back end, and exit as `janua_request::run` says.
    Request(janua_request::Plan),
    /// Show or end the backends of `janua-cgi`.
    Status(janua_backend::Status),
    /// Print this text to stdout, exit status 0. It ends in a newline.
    Print(String),
}

/// Understands a command line, the first of `arguments` being the name of the program, together with the
/// `environment` and the configuration file that either of them names.
///
/// # Errors
///
/// A line for stderr; the exit status is 2.
pub fn parse(
    arguments: &[OsString],
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Command, Message> {
    let words = arguments.get(1..).unwrap_or_default();
    let Some((first, rest)) = words.split_first() else {
        return Ok(Command::Print(arguments::help(Verb::Run)));
    };
    let command = match first.to_str() {
        Some("serve") => app(Verb::Serve, rest, environment)?,
        Some("cgi") => app(Verb::Cgi, rest, environment)?,
        Some("cgi-status") => status::read(rest, environment)?,
        Some("explain") => app(Verb::Explain, rest, environment)?,
        Some("request") => request::read(rest)?,
        Some("settings") => Command::Print(explain(rest)?),
        Some("help") => Command::Print(help(rest)?),
        _ => {
            shebang(first)?;
            app(Verb::Run, words, environment)?
        }
    };
    Ok(command)
}

fn app(
    verb: Verb,
    words: &[OsString],
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Command, Problem> {
    let (given, words, written) = match arguments::read(verb, words)? {
        Arguments::Text(text) => return Ok(Command::Print(text)),
        Arguments::App { given, words, written } => (given, words, written),
    };
    let switch = given.iter().find(|given| given.setting.is_switch());
    if let (Some(switch), [word, _, ..]) = (switch, words.as_slice())
        && values::switch(word).is_ok()
    {
        let switch = switch.source.written(switch.setting.name);
        return Err(Problem::StrayValue { word: word.clone(), switch });
    }
    let asked = given.iter().any(|given| given.setting.name == "explain");
    let variables: Vec<_> = environment.into_iter().collect();
    // A backend's app is named by `janua-cgi`, which has made sure that it is one.
    let backend = environment::backend(&variables).filter(|_| verb == Verb::Run);
    let app = if backend.is_some() { words.into_iter().next() } else { operand(verb, words)? };
    let script = app.as_deref().filter(|_| matches!(verb, Verb::Run | Verb::Cgi)).and_then(comments::file_of);
    let mut options = settle(verb, script, given, variables)?;
    if backend.is_some() {
        // Another file of settings is as good as another script.
        options.plan.backend.reload.files.extend(options.config.clone());
        options.plan.backend.files = backend;
    }
    if verb == Verb::Explain {
        return Ok(Command::Explain(written.ask(app, options)?));
    }
    match app {
        Some(word) if asked && options.plan.explain => return Err(Problem::AppBesideExplain { word }),
        Some(app) => options.app = app,
        // What the environment or the file names is an app to serve; a script is named by who starts it.
        None if verb == Verb::Run => return Err(Problem::NoFile),
        None => {}
    }
    if options.app.is_empty() && !options.plan.explain {
        return Err(Problem::NoApp { command: verb.command() });
    }
    Ok(match verb {
        Verb::Cgi => Command::Cgi(options),
        Verb::Run => Command::Script(options),
        Verb::Serve | Verb::Explain => Command::Serve(options),
    })
}

/// What the written settings, the environment, the configuration file and the comment lines of the `script` say
/// together.
pub(crate) fn settle(
    verb: Verb,
    script: Option<&Path>,
    written: Vec<Given>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Options, Problem> {
    let mut given = environment::read(verb, environment)?;
    given.extend(written);
    // The strongest source stands last.
    if let Some(config) = given.iter().rfind(|given| given.setting.name == "config") {
        let written = config.source.written("config");
        let path = config.texts.first().map(String::as_str).unwrap_or_default();
        let mut all = file::read(verb, path, written)?;
        all.append(&mut given);
        given = all;
    }
    let mut notice = None;
    if let Some(script) = script {
        let (mut all, told) = comments::read(verb, script)?;
        all.append(&mut given);
        (given, notice) = (all, told);
    }
    let mut options = Options::assemble(verb, &given)?;
    options.notices.extend(notice);
    Ok(options)
}

/// The app or the file among the words that are no options.
fn operand(verb: Verb, words: Vec<String>) -> Result<Option<String>, Problem> {
    let mut words = words.into_iter();
    let Some(first) = words.next() else { return Ok(None) };
    match verb {
        Verb::Serve => match words.next() {
            None => Ok(Some(first)),
            Some(word) => Err(Problem::SecondApp { first, word }),
        },
        Verb::Explain => match words.next() {
            None => Ok(Some(first)),
            Some(word) => Err(Problem::SecondRequest { word }),
        },
        Verb::Cgi => match words.find(|word| arguments::is_setting(word)) {
            Some(flag) => Err(Problem::BehindApp { flag, command: verb.command(), app: first }),
            None => Ok(Some(first)),
        },
        Verb::Run => script(first).map(Some),
    }
}

/// `word` if it can be a file to run, else what was meant by it.
fn script(word: String) -> Result<String, Problem> {
    let path = Path::new(&word);
    let extension = path.extension().and_then(|extension| extension.to_str());
    if word.contains('/') || matches!(extension, Some("py" | "fcgi" | "cgi")) {
        return Ok(word);
    }
    if COMMANDS.contains(&word.as_str()) {
        return Err(Problem::CommandNotFirst { command: word });
    }
    if path.is_file() {
        return Ok(word);
    }
    if word.contains(':') {
        return Err(Problem::AppWithoutCommand { word });
    }
    let nearest = nearest(&word, COMMANDS.map(str::to_owned)).unwrap_or_default();
    Err(Problem::NoSuchCommand { word, nearest })
}

/// A `#!` line comes as at most one argument in front of the file, whatever stands in it.
fn shebang(first: &OsString) -> Result<(), Problem> {
    let first = first.to_string_lossy();
    if first.starts_with('-') && first.ends_with('\r') {
        return Err(Problem::ShebangWithReturn);
    }
    if first.starts_with('-') && first.contains(" --") {
        return Err(Problem::ShebangWithSeveral);
    }
    Ok(())
}

fn explain(words: &[OsString]) -> Result<String, Problem> {
    let Some(word) = words.first() else { return Ok(reference::list()) };
    let word = word.to_string_lossy();
    if matches!(&*word, "-h" | "--help") {
        return Ok(reference::list());
    }
    // Whoever asks may write the name as it stands before them: option, variable or key.
    let name =
        word.trim_start_matches("--").trim_start_matches("JANUA_").replace('-', "_").to_ascii_lowercase();
    match settings().find(|(_, setting)| setting.name == name) {
        Some((topic, setting)) => Ok(reference::explain(topic, setting)),
        None => {
            let names = settings().map(|(_, setting)| setting.name.to_owned());
            let nearest = nearest(&name, names).unwrap_or_default();
            Err(Problem::Unknown { written: word.into_owned(), nearest })
        }
    }
}

fn help(words: &[OsString]) -> Result<String, Problem> {
    let Some(word) = words.first() else { return Ok(arguments::help(Verb::Run)) };
    match word.to_str() {
        Some("serve") => Ok(arguments::help(Verb::Serve)),
        Some("cgi") => Ok(arguments::help(Verb::Cgi)),
        Some("cgi-status") => Ok(status::help()),
        Some("explain") => Ok(arguments::help(Verb::Explain)),
        Some("request") => Ok(request::help()),
        Some("settings") => Ok(reference::list()),
        Some("help" | "-h" | "--help") => Ok(arguments::help(Verb::Run)),
        _ => {
            let word = word.to_string_lossy().into_owned();
            let nearest = nearest(&word, COMMANDS.map(str::to_owned)).unwrap_or_default();
            Err(Problem::NoSuchCommand { word, nearest })
        }
    }
}
