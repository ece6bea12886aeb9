//! A file as its own server: what `#!` at its top makes of it.

use crate::worker::{self, Orders};
use crate::{Address, Listen, Plan, Source, backend, bound, cgi, log, supervisor};
use janua_app::Thread;
use janua_environ::Settings;
use janua_vocabulary::Protocol;
use std::path::Path;

/// Nobody started the script as a server would.
#[derive(Debug, thiserror::Error)]
#[error(
    "'{file}' was started neither by a web server (descriptor 0 is no listening socket, and there are no CGI variables) \
     nor as a service; to try it, run: janua serve {file}"
)]
pub struct NotServed {
    file: String,
}

/// Serves as whoever started this process expects: FastCGI if descriptor 0 is a listening socket (FastCGI 1.0,
/// section 2.2), one CGI request if the CGI variables are there. Gives the exit status.
///
/// # Errors
/// Neither is the case.
pub fn script(
    thread: Thread<'_>,
    plan: &Plan,
    environ: &Settings,
    source: &Source,
    file: &str,
) -> Result<i32, NotServed> {
    if bound::is_listening(rustix::stdio::stdin()) {
        return Ok(match &plan.backend.files {
            Some(files) => backend::run(thread, plan, environ, source, Path::new(file), files),
            None => fastcgi(thread, plan, environ, source),
        });
    }
    if cgi::is_cgi() {
        return Ok(cgi::cgi(thread, plan, environ, source));
    }
    Err(NotServed { file: file.to_owned() })
}

fn fastcgi(thread: Thread<'_>, plan: &Plan, environ: &Settings, source: &Source) -> i32 {
    if plan.workers > 1 {
        let listen = vec![Listen { protocol: Protocol::FastCgi, address: Address::Fd(0) }];
        let plan = Plan { listen, ..plan.clone() };
        return supervisor::serve(thread, &plan, environ, source).unwrap_or_else(|error| {
            log::line(error);
            1
        });
    }
    with_orders(plan, environ, |orders| worker::run(thread, orders, source, || {}))
}

/// Tells whoever waits for an answer of this script that there is none, if it was started by a server: over FastCGI
/// `why` goes to the server's log.
pub fn script_refused(thread: Thread<'_>, why: &str) {
    let (plan, environ) = (Plan::default(), Settings::default());
    if bound::is_listening(rustix::stdio::stdin()) {
        if let Some(files) = std::env::var_os(janua_backend::BACKEND) {
            backend::refuse(thread, &plan, Path::new(&files), why);
            return;
        }
        with_orders(&plan, &environ, |orders| {
            worker::refuse(thread, orders, &format!("{why}\n"));
            2
        });
    } else if cgi::is_cgi() {
        cgi::cgi_refused(&plan);
    }
}

/// Runs `work` with the socket that is descriptor 0.
fn with_orders(plan: &Plan, environ: &Settings, work: impl FnOnce(&Orders<'_>) -> i32) -> i32 {
    match bound::bind(Protocol::FastCgi, &Address::Fd(0), &plan.access) {
        // The server may start several of these, so the app must expect to be one of many.
        Ok(sockets) => work(&Orders {
            plan,
            environ,
            sockets: &sockets,
            lifeline: None,
            dismissed: None,
            multiprocess: true,
            started_by_server: true,
            backend: None,
        }),
        Err(error) => {
            log::line(error);
            1
        }
    }
}
