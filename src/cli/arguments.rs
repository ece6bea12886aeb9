//! Settings from the command line. The grammar that clap reads by is made from the table.

use crate::Verb;
use crate::message::Problem;
use crate::question::{self, Written};
use crate::reference::COLUMNS;
use crate::settings::{Setting, TOPICS, Topic, find};
use crate::source::{Given, Source, elsewhere};
use clap::builder::ValueParser;
use clap::error::{ContextKind, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::ffi::OsString;

const WORDS: &str = "words";
const HELP: &str = "help";
const VERSION: &str = "version";

/// What the arguments of a command ask for.
pub(crate) enum Arguments {
    /// Nothing but this text.
    Text(String),
    /// To run an app, or to explain a request.
    App {
        /// The settings.
        given: Vec<Given>,
        /// What is no option: the app, and whatever follows it.
        words: Vec<String>,
        /// What is no setting: the request to explain.
        written: Written,
    },
}

/// Reads the arguments that follow the name of the command.
pub(crate) fn read(verb: Verb, arguments: &[OsString]) -> Result<Arguments, Problem> {
    match grammar(verb).try_get_matches_from(arguments) {
        Ok(matches) => {
            let written = if verb == Verb::Explain { Written::of(&matches) } else { Written::default() };
            Ok(Arguments::App { given: given(verb, &matches)?, words: words(verb, &matches)?, written })
        }
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                Ok(Arguments::Text(error.render().to_string()))
            }
            _ => Err(problem(verb, &error)),
        },
    }
}

/// What `--help` prints.
pub(crate) fn help(verb: Verb) -> String {
    grammar(verb).render_help().to_string()
}

/// Whether `word` is the option of a setting, with or without a value.
pub(crate) fn is_setting(word: &str) -> bool {
    let long = word.strip_prefix("--").map(|long| long.split_once('=').map_or(long, |(long, _)| long));
    long.is_some_and(|long| find(&long.replace('-', "_")).is_some())
}

fn grammar(verb: Verb) -> Command {
    // A CGI server appends the words of a query without '=' to the command line (RFC 3875, 4.4), and a shell
    // whatever a script is called with. Neither may be taken for an option.
    let ends_options = runs_once(verb);
    let words = Arg::new(WORDS)
        .value_name(verb.operand())
        .num_args(0..)
        .value_parser(ValueParser::os_string())
        .trailing_var_arg(ends_options)
        .hide(true);
    let standard = |id: &'static str, short, action, help| {
        Arg::new(id).short(short).long(id).action(action).help(help).help_heading("General")
    };
    let about = about(verb);
    Command::new("janua")
        .version(env!("CARGO_PKG_VERSION"))
        .no_binary_name(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .max_term_width(COLUMNS)
        .args_override_self(true)
        .about(about.purpose)
        .override_usage(about.usage)
        .after_help(about.hint)
        .help_template("{about}\n\nUsage: {usage}\n\n{all-args}{after-help}")
        .args(question::options().into_iter().filter(|_| verb == Verb::Explain))
        .args(TOPICS.into_iter().filter(|topic| topic.applies_to(verb)).flat_map(options))
        .arg(standard(HELP, 'h', ArgAction::Help, "Print this help"))
        .arg(standard(VERSION, 'V', ArgAction::Version, "Print the version"))
        .arg(words)
}

/// The options of a topic.
fn options(topic: &'static Topic) -> impl Iterator<Item = Arg> {
    let heading = if topic.about.is_empty() {
        topic.title.to_owned()
    } else {
        format!("{} ({})", topic.title, topic.about)
    };
    let options = topic.settings.iter().filter(|setting| !setting.is_operand());
    options.map(move |setting| option(setting).help_heading(heading.clone()))
}

fn option(setting: &'static Setting) -> Arg {
    let option = Arg::new(setting.name)
        .long(setting.long())
        .value_name(setting.metavar)
        .value_parser(ValueParser::os_string())
        .action(if setting.takes_many() { ArgAction::Append } else { ArgAction::Set })
        .help(setting.in_short())
        .hide(!setting.everyday);
    // With a space the word after a switch could be its value or the app.
    if setting.is_switch() {
        option.num_args(0..=1).require_equals(true).default_missing_value("on")
    } else {
        option.allow_negative_numbers(true)
    }
}

/// What help says around the options.
struct About {
    purpose: &'static str,
    usage: String,
    hint: &'static str,
}

const APP: &str = "APP is module:callable, module, or path/to/file.py[:callable]; a factory is module:make()";

const PLACES: &str = "'janua settings' lists all settings. Each can also stand in the file (script_name = \"/app\") or \
                      in the environment (JANUA_SCRIPT_NAME); an option beats the environment, which beats the file.";

const COMMANDS: &str = "\
janua serve [SETTING]... APP   serve on sockets of its own
       janua cgi [SETTING]... APP     answer one CGI request
       janua [SETTING]... FILE        as '#!' interpreter: FastCGI on descriptor 0, or CGI
       janua cgi-status               show or end what janua-cgi keeps loaded
       janua explain FILE             say what becomes of a request, and why
       janua request ADDR [PATH]      ask a back end over FastCGI, SCGI or HTTP
       janua settings [NAME]          list the settings, or explain one
       janua help [COMMAND]           explain a command

  To see an app in a browser: janua serve path/to/file.py";

const SHEBANG: &str = "These are the everyday settings of 'janua FILE'. A '#!' line has room for one of them, as in \
                       #!/path/to/janua --script-name=/app; more stand in the environment or in the file of --config.";

const EXPLAIN: &str = "\
janua explain [SETTING]... FILE
       janua explain [SETTING]... --param NAME=VALUE...

  FILE is the output of env, NAME=VALUE on each line, or a capture: on each line a JSON object with
  params [[name, value], ...], protocol and id. '-' is stdin. SETTING is what janua is run with.";

const STATUS: &str = "Exit status: 0 decided, 1 refused, 3 no gateway can decide it, 2 if the request cannot be read. To see \
                      what a running web server sends, put 'janua serve --explain' in the place of the app.";

/// Whether the words behind the app are not janua's.
fn runs_once(verb: Verb) -> bool {
    matches!(verb, Verb::Cgi | Verb::Run)
}

fn about(verb: Verb) -> About {
    let usage = format!("{} [SETTING]... APP\n\n  {APP}", verb.command());
    match verb {
        Verb::Serve => About {
            purpose: "Serves a WSGI app over FastCGI, SCGI and HTTP until it is told to stop.",
            usage,
            hint: PLACES,
        },
        Verb::Cgi => About {
            purpose: "Answers one CGI request, read from the environment and stdin, with a WSGI app.",
            usage,
            hint: PLACES,
        },
        Verb::Run => About {
            purpose: "Runs Python WSGI apps behind web servers over CGI, SCGI and FastCGI.",
            usage: COMMANDS.to_owned(),
            hint: SHEBANG,
        },
        Verb::Explain => About {
            purpose: "Says what becomes of a request: what the server sent, which rule decided what and why, what the app \
                      gets, and which line to add to a configuration where that cannot be known.",
            usage: EXPLAIN.to_owned(),
            hint: STATUS,
        },
    }
}

fn given(verb: Verb, matches: &ArgMatches) -> Result<Vec<Given>, Problem> {
    let mut given = Vec::new();
    for setting in TOPICS.into_iter().filter(|topic| topic.applies_to(verb)).flat_map(|topic| topic.settings)
    {
        let Ok(Some(values)) = matches.try_get_many::<OsString>(setting.name) else { continue };
        let source = Source::Argument;
        let texts = values.map(text).collect::<Result<_, _>>().map_err(|problem| Problem::Value {
            written: source.written(setting.name),
            why: problem.to_string(),
        })?;
        given.push(Given { setting, source, texts });
    }
    Ok(given)
}

/// What is no option. Behind a script the words are not janua's, so that they need not even be text.
fn words(verb: Verb, matches: &ArgMatches) -> Result<Vec<String>, Problem> {
    let words = matches.get_many::<OsString>(WORDS).unwrap_or_default();
    let own = if runs_once(verb) { 1 } else { usize::MAX };
    words
        .enumerate()
        .map(|(index, word)| if index < own { text(word) } else { Ok(word.to_string_lossy().into_owned()) })
        .collect()
}

fn text(value: &OsString) -> Result<String, Problem> {
    value
        .to_str()
        .map(str::to_owned)
        .ok_or_else(|| Problem::NotText { text: value.to_string_lossy().into_owned() })
}

/// clap's error in our words, and on one line.
fn problem(verb: Verb, error: &clap::Error) -> Problem {
    let context = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    // clap writes an option with its value: `--threads <N>`.
    let invalid = context(ContextKind::InvalidArg);
    let flag = invalid.split([' ', '=', '[']).next().unwrap_or_default().to_owned();
    let name = flag.trim_start_matches('-').replace('-', "_");
    match (error.kind(), find(&name)) {
        (ErrorKind::UnknownArgument, Some((_, setting))) if setting.is_operand() => {
            Problem::AppAsOption { command: verb.command() }
        }
        (ErrorKind::UnknownArgument, Some((topic, _))) if !topic.applies_to(verb) => {
            elsewhere(verb, topic, flag)
        }
        (ErrorKind::UnknownArgument, _) => Source::Argument.unknown(verb, &name, flag),
        (ErrorKind::InvalidValue, Some((_, setting))) => {
            Problem::Value { written: flag, why: format!("the value is missing ({})", setting.metavar) }
        }
        _ => {
            let rendered = error.render().to_string();
            let line = rendered.lines().next().unwrap_or_default();
            Problem::Other(line.trim_start_matches("error: ").to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreed::check_help;

    #[test]
    fn the_help_of_every_command_fits_one_screen_and_is_as_it_was_agreed() {
        for verb in Verb::ALL {
            check_help(grammar(verb), verb.name());
        }
    }

    #[test]
    fn clap_finds_nothing_wrong_with_the_grammar() {
        for verb in Verb::ALL {
            grammar(verb).debug_assert();
        }
    }

    #[test]
    fn the_list_of_all_settings_fits_the_same_columns() {
        for line in crate::reference::list().lines() {
            assert!(line.chars().count() <= COLUMNS, "{line}");
        }
    }
}
