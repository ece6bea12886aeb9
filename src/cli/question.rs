//! What `janua explain` is asked: which request, and how to answer. None of this is a setting, as it means nothing
//! to a service.

use crate::Options;
use crate::message::Problem;
use clap::builder::ValueParser;
use clap::{Arg, ArgAction, ArgMatches};
use janua_vocabulary::Protocol;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// A request to explain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Where it is to be found.
    pub subject: Subject,
    /// Which of several requests.
    pub id: Option<String>,
    /// The way it came, if it is not to be believed or does not say.
    pub protocol: Option<Protocol>,
    /// Answer for machines.
    pub json: bool,
    /// What the app is told about a request.
    pub environ: janua_environ::Settings,
}

/// Where a request is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// In a file.
    File(PathBuf),
    /// On stdin.
    Stdin,
    /// On the command line: each is `NAME=VALUE`.
    Params(Vec<Vec<u8>>),
}

/// The options of `janua explain` that are no settings, as they were written.
#[derive(Debug, Default)]
pub(crate) struct Written {
    params: Vec<Vec<u8>>,
    id: Option<String>,
    protocol: Option<String>,
    json: bool,
}

const PROTOCOLS: [Protocol; 4] = [Protocol::Cgi, Protocol::Scgi, Protocol::FastCgi, Protocol::Http];

/// Their names.
pub(crate) const NAMES: [&str; 4] = ["param", "protocol", "id", "json"];

/// Their grammar.
pub(crate) fn options() -> [Arg; 4] {
    let option = |id: &'static str, value, help| {
        let option = Arg::new(id).long(id).value_name(value).help(help).help_heading("Request");
        option.value_parser(ValueParser::os_string()).allow_hyphen_values(true)
    };
    [
        option("param", "NAME=VALUE", "A parameter of the request; repeatable").action(ArgAction::Append),
        option("protocol", "NAME", "How it came: cgi, scgi, fastcgi or http [as FILE says, else fastcgi]"),
        option("id", "ID", "Which request of FILE"),
        Arg::new("json")
            .long("json")
            .action(ArgAction::SetTrue)
            .help("Answer in JSON")
            .help_heading("Request"),
    ]
}

impl Written {
    pub(crate) fn of(matches: &ArgMatches) -> Self {
        let text = |id| matches.get_one::<OsString>(id).map(|text| text.to_string_lossy().into_owned());
        let params = matches.get_many::<OsString>("param").unwrap_or_default();
        Self {
            params: params.cloned().map(OsString::into_vec).collect(),
            id: text("id"),
            protocol: text("protocol"),
            json: matches.get_flag("json"),
        }
    }

    /// The question, with the file that was named and with what the settings say.
    pub(crate) fn ask(self, file: Option<String>, options: Options) -> Result<Question, Problem> {
        let subject = match (file, self.params) {
            (None, params) if params.is_empty() => return Err(Problem::NoRequest),
            (None, params) => Subject::Params(params),
            (Some(word), params) if !params.is_empty() => return Err(Problem::SecondRequest { word }),
            (Some(word), _) if word == "-" => Subject::Stdin,
            (Some(word), _) => Subject::File(word.into()),
        };
        let protocol = |name: String| {
            PROTOCOLS.into_iter().find(|protocol| protocol.name() == name).ok_or_else(|| Problem::Value {
                written: "--protocol".to_owned(),
                why: format!("'{name}' will not do; it takes one of: cgi scgi fastcgi http"),
            })
        };
        let protocol = self.protocol.map(protocol).transpose()?;
        Ok(Question { subject, id: self.id, protocol, json: self.json, environ: options.environ })
    }
}
