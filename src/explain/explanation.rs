//! What [`explain`] finds out.

use crate::advice::Advice;
use crate::hearing::{Hearing, Step};
use crate::note::{Note, notes};
use crate::sent::Sent;
use crate::url;
use janua_environ::{Environ, Known, ServerKind, Settings, build_with};
use janua_vocabulary::{BodyLength, Params, Protocol};

/// What the app would get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The server in front, as far as it is known.
    pub server: ServerKind,
    /// SCRIPT_NAME.
    pub script_name: Vec<u8>,
    /// PATH_INFO.
    pub path_info: Vec<u8>,
    /// QUERY_STRING.
    pub query_string: Vec<u8>,
    /// `wsgi.url_scheme`.
    pub scheme: &'static str,
    /// The URL that the app takes for its own address, as PEP 3333 puts it together.
    pub url: String,
    /// Where the body ends.
    pub body: BodyLength,
    /// What is worth knowing besides.
    pub notes: Vec<Note>,
}

/// Why the app would not be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The HTTP status of the answer.
    pub status: u16,
    /// What is wrong with the request, in words.
    pub reason: String,
    /// The setting that would let the request pass, if there is one.
    pub setting: Option<&'static str>,
}

/// How the environ of one request came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The way in.
    pub protocol: Protocol,
    /// REQUEST_METHOD as it was sent.
    pub method: Vec<u8>,
    /// What the server sent.
    pub sent: Sent,
    /// The rules that applied, in order.
    pub steps: Vec<Step>,
    /// What came out, or why nothing did.
    pub outcome: Result<Outcome, Refused>,
    /// What cannot be known from this request. Empty if all is certain.
    pub doubts: Vec<Advice>,
}

/// Explains what becomes of a request with these parameters.
pub fn explain(params: &Params, protocol: Protocol, settings: &Settings) -> Explanation {
    let mut hearing = Hearing::new(params, protocol);
    let outcome = match build_with(params, protocol, settings, &mut hearing) {
        Ok(environ) => Ok(outcome(&environ, protocol)),
        Err(refusal) => {
            Err(Refused { status: refusal.status(), reason: refusal.to_string(), setting: refusal.setting() })
        }
    };
    Explanation {
        protocol,
        method: params.get(b"REQUEST_METHOD").unwrap_or_default().to_vec(),
        sent: Sent::of(params),
        steps: hearing.steps,
        outcome,
        doubts: hearing.doubts,
    }
}

impl Explanation {
    /// `decided`, `undecidable` or `refused`.
    pub fn verdict(&self) -> &'static str {
        match (&self.outcome, self.doubts.is_empty()) {
            (Err(_), _) => "refused",
            (Ok(_), false) => "undecidable",
            (Ok(_), true) => "decided",
        }
    }

    /// The exit status of `janua explain`: 0 for `decided`, 1 for `refused`, 3 for `undecidable`.
    pub fn exit_status(&self) -> i32 {
        match self.verdict() {
            "refused" => 1,
            "undecidable" => 3,
            _ => 0,
        }
    }
}

fn outcome(environ: &Environ<'_>, protocol: Protocol) -> Outcome {
    Outcome {
        server: environ.server,
        script_name: environ.script_name().to_vec(),
        path_info: environ.path_info().to_vec(),
        query_string: environ.known(Known::QueryString).unwrap_or_default().to_vec(),
        scheme: environ.url_scheme.name(),
        url: url::reconstruct(environ),
        body: environ.body,
        notes: notes(environ, protocol),
    }
}
