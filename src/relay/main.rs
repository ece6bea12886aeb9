//! `janua-cgi`: a CGI script's request, handed over to a persistent backend of that script.
//!
//! `app` says which app, `place` where its backend is: `folder` makes the private folder, `key` names the files in it (which
//! are those of the crate `janua_backend`), `start` makes a new backend. `exchange` carries the `request`
//! there and the answer back, over FastCGI; `fallback` is for when there is no backend.

mod answer;
mod app;
mod environment;
mod exchange;
mod failed;
mod fallback;
mod folder;
mod input;
mod key;
mod log;
mod output;
mod place;
mod request;
mod settings;
mod start;
mod usage;

use app::App;
use exchange::{End, Exchange};
use janua_cgi::{is_cgi, request_params};
use janua_vocabulary::next_decoded;
use place::{Connected, NoBackend, Place};
use request::Request;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// How often a request is offered to a backend: one that is about to leave may have been the first, or the second.
const OFFERS: u32 = 3;

fn main() -> std::process::ExitCode {
    std::process::ExitCode::from(u8::try_from(run()).unwrap_or(1))
}

/// Does what this process was started for. Gives the exit status.
fn run() -> i32 {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let words: Vec<&OsStr> = arguments.iter().skip(1).map(OsString::as_os_str).collect();
    let environment: Vec<_> =
        std::env::vars_os().map(|(name, value)| (name.into_vec(), value.into_vec())).collect();
    let request = is_cgi(environment.iter().map(|(name, value)| (name, value)));
    if request { serve(&words, &environment) } else { command(&words) }
}

/// Without a request: for people, and for ourselves. Gives the exit status.
fn command(words: &[&OsStr]) -> i32 {
    match words.iter().map(|word| word.as_bytes()).collect::<Vec<_>>().as_slice() {
        [b"--help" | b"-h"] => print(usage::HELP),
        [b"--version" | b"-V"] => print(usage::VERSION),
        [first, ..]
            if *first == start::STEP.as_bytes() && std::env::var_os(janua_backend::BACKEND).is_some() =>
        {
            match words {
                [_, janua, app] => start::step(janua, app),
                _ => 1,
            }
        }
        [] => complain(usage::NOTHING),
        [[b'-', ..], ..] => complain(usage::OPTION),
        [..] => {
            if let (true, Some(app)) = (is_server(), words.first()) {
                complain(&fallback::as_server(&executable(), app).to_string())
            } else {
                complain(usage::NO_REQUEST)
            }
        }
    }
}

/// True if descriptor 0 is a listening socket, with which FastCGI servers start their processes.
fn is_server() -> bool {
    rustix::net::sockopt::socket_acceptconn(rustix::stdio::stdin()).unwrap_or(false)
}

fn print(text: &str) -> i32 {
    i32::from(output::write_all(text.as_bytes()).is_err())
}

fn complain(text: &str) -> i32 {
    log::raw(format!("janua-cgi: {text}\n").as_bytes());
    2
}

/// True if the first word of a query is `word`: servers give the words of a query without `=` as arguments (RFC 3875,
/// section 4.4), some with backslashes before what a shell would understand.
fn asks_for(query: &[u8], word: &[u8]) -> bool {
    let bare = |bytes: &[u8]| bytes.iter().copied().filter(|byte| *byte != b'\\').collect::<Vec<_>>();
    let first = query.split(|byte| *byte == b'+').next().unwrap_or_default();
    !query.is_empty() && !query.contains(&b'=') && bare(&decoded(first)) == bare(word)
}

fn decoded(mut text: &[u8]) -> Vec<u8> {
    let bytes = std::iter::from_fn(|| {
        let (byte, rest) = next_decoded(text)?;
        text = rest;
        Some(byte)
    });
    bytes.collect()
}

/// Answers the request that this process was started for. Gives the exit status.
fn serve(words: &[&OsStr], environment: &[(Vec<u8>, Vec<u8>)]) -> i32 {
    let params = request_params(environment.iter().map(|(name, value)| (name, value)));
    let request = Request::new(&params);
    let fault = match words.first().map(|word| word.as_bytes()) {
        None => Some(usage::NOTHING),
        Some(word) if word.starts_with(b"-") => Some(usage::OPTION),
        _ if params.get(b"SCRIPT_FILENAME").is_some_and(|file| file.ends_with(b"/janua-cgi")) => {
            Some(usage::TARGET)
        }
        // Under another name it is the script itself all the same, if the first word is one of the query.
        Some(word) if asks_for(params.get(b"QUERY_STRING").unwrap_or_default(), word) => Some(usage::TARGET),
        _ => None,
    };
    let (None, Some(word)) = (fault, words.first()) else {
        log::line(fault.unwrap_or_default());
        answer::plain(&request.method, 500);
        return 2;
    };
    // More words are those of a query (RFC 3875, section 4.4), which WSGI apps know as QUERY_STRING.
    let executable = executable();
    let why = match hand_over(word, &executable, &request) {
        Ok(status) => return status,
        Err(why) => why,
    };
    if let NoBackend::Because(why) = &why {
        log::line(format_args!(
            "{} has no backend: {why}; requests are answered without one, and the next try is in {} s",
            word.display(),
            failed::PAUSE.as_secs(),
        ));
    }
    let error = fallback::in_process(&executable, word);
    log::line(format_args!("{} cannot be started: {error}", start::command(&executable).display()));
    answer::plain(&request.method, 500);
    1
}

/// Has a backend answer the request. Gives the exit status.
///
/// # Errors
/// No backend has seen the request, and stdin is as it was.
fn hand_over(word: &OsStr, executable: &Path, request: &Request) -> Result<i32, NoBackend> {
    let app = App::find(word).map_err(NoBackend::Because)?;
    let place = Place::find(&app, executable).map_err(NoBackend::Because)?;
    for _ in 0..OFFERS {
        let Connected { socket, started, loading, identity } = place.connect()?;
        // Once for each backend, and in the server's log, where whoever has written the script looks.
        if let Some(told) = started.then(|| app.misplaced()).flatten() {
            log::line(told);
        }
        let mut exchange = Exchange::new(socket, request.input, app.name());
        let loaded = loading && exchange.hand_over(&request::question());
        if loaded && place.is_stale(identity) {
            // Code that changed while it was loaded is old code, and who asks after the change is to get the new one.
            continue;
        }
        if (loading && !loaded) || !exchange.hand_over(&request.head) {
            if started && !loaded {
                return Err(place.fell());
            }
            continue;
        }
        let end = exchange.relay();
        if let End::Unanswered(status) = end {
            answer::plain(&request.method, status);
        }
        if end != End::Gone {
            exchange.drain();
        }
        return Ok(i32::from(end != End::Answered));
    }
    Err(NoBackend::Because(format!("{OFFERS} went away, or were out of date, before they took the request")))
}

/// Where this executable is.
fn executable() -> PathBuf {
    // Without /proc the kernel's own word for it is left: the interpreter as the script names it.
    std::env::current_exe().ok().or_else(|| std::env::args_os().next().map(PathBuf::from)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_cannot_name_the_app() {
        assert!(asks_for(b"/srv/x.py", b"/srv/x.py"));
        assert!(asks_for(b"%2Fsrv%2fa%20b.py+more", b"/srv/a\\ b.py"));
        assert!(asks_for(b"module:app", b"module:app"));
        assert!(!asks_for(b"a=/srv/x.py", b"/srv/x.py"));
        assert!(!asks_for(b"", b"/srv/x.py"));
        assert!(!asks_for(b"one+two", b"/srv/x.py"));
    }
}
