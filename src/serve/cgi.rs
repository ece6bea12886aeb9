//! One request from the environment and stdin (RFC 3875), answered on stdout.

use crate::carrier::Carrier;
use crate::connection::{Broken, Connection, Peer, Pulled};
use crate::link::Link;
use crate::{Plan, Source, farewell, log, refusal, system};
use janua_app::{Exchange, Mode, Thread, forget_variable, on_terminate};
use janua_cgi::CgiCodec;
use janua_environ::Settings;
use janua_vocabulary::{PeerError, Request};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// True if this process was started as a CGI program.
pub(crate) fn is_cgi() -> bool {
    janua_cgi::is_cgi(environment())
}

/// Answers the request that this process was started for. Gives the exit status.
///
/// Nothing but the response reaches stdout: whatever the app prints goes to stderr.
pub fn cgi(thread: Thread<'_>, plan: &Plan, environ: &Settings, source: &Source) -> i32 {
    let mut connection = match connect(plan) {
        Ok(connection) => connection,
        Err(error) => {
            log::line(format_args!("stdin and stdout cannot be used: {error}"));
            return 1;
        }
    };
    // A client's header `Proxy` must not become the proxy of the app's own requests.
    forget_variable(thread, "HTTP_PROXY");
    on_terminate(thread);
    match begin(&mut connection) {
        Ok(request) => call(thread, plan, environ, source, connection, &request),
        Err(error) => {
            refusal::refuse(&mut connection, &error);
            end(&mut connection, plan);
            0
        }
    }
}

/// Answers the request that this process was started for with a plain error, because there is no app to ask.
pub(crate) fn cgi_refused(plan: &Plan) {
    if let Ok(mut connection) = connect(plan) {
        let _ = begin(&mut connection);
        refusal::answer(&mut connection, b"", 500);
        end(&mut connection, plan);
    }
}

fn connect(plan: &Plan) -> io::Result<Box<Connection>> {
    let null = || -> io::Result<OwnedFd> { Ok(std::fs::File::open("/dev/null")?.into()) };
    let input = system::duplicate(0).or_else(|_| null())?;
    let output = system::duplicate(1)?;
    rustix::stdio::dup2_stdout(rustix::stdio::stderr())?;
    let params = janua_cgi::request_params(environment());
    let link = Link::Pipes { input: Arc::new(input), output: Arc::new(output) };
    let peer = Peer { name: "cgi".into() };
    Ok(Box::new(Connection::new(link, Box::new(CgiCodec::new(params, plan.limits)), peer)))
}

fn environment() -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
    std::env::vars_os().map(|(name, value)| (name.into_vec(), value.into_vec()))
}

fn begin(connection: &mut Connection) -> Result<Request, PeerError> {
    match connection.pull(&mut |_| {}) {
        Ok(Pulled::Request(request)) => Ok(request),
        Ok(_) => Err(PeerError::refuse(400, "the environment holds no request")),
        Err(Broken::Peer(error)) => Err(error),
        Err(Broken::Io(error)) => Err(PeerError::refuse(400, error.to_string())),
    }
}

fn call(
    thread: Thread<'_>,
    plan: &Plan,
    settings: &Settings,
    source: &Source,
    mut connection: Box<Connection>,
    request: &Request,
) -> i32 {
    let method = request.params.get(b"REQUEST_METHOD").unwrap_or_default();
    let environ = match janua_environ::build(&request.params, connection.codec.protocol(), settings) {
        Ok(environ) => environ,
        Err(refusal) => {
            let status = refusal.status();
            log::line(format_args!("request refused with {status}: {refusal}"));
            refusal::answer(&mut connection, method, status);
            end(&mut connection, plan);
            return 0;
        }
    };
    if refusal::refuse_too_long(&mut connection, method, environ.body, plan) {
        end(&mut connection, plan);
        return 0;
    }
    let mode = Mode { multithread: false, multiprocess: true, run_once: true };
    let app = match source.load(thread, mode) {
        Ok(app) => app,
        Err(error) => {
            log::line(&error);
            refusal::answer(&mut connection, method, 500);
            end(&mut connection, plan);
            return error.exit_status();
        }
    };
    // For one request another thread is not worth its start, so every block is written at once.
    let carrier = Carrier::new(connection, environ.body, plan, None);
    let exchange: Arc<dyn Exchange> = carrier.clone();
    if catch_unwind(AssertUnwindSafe(|| app.call(thread, &environ, exchange))).is_err() {
        log::line("a fault in janua itself");
        carrier.truncate();
    }
    let Some(mut connection) = carrier.take() else { return 1 };
    thread.away(|| end(&mut connection, plan));
    i32::from(connection.dead)
}

/// Sends the rest of the answer, and takes what is left of the body: some servers want to be rid of it first.
fn end(connection: &mut Connection, plan: &Plan) {
    connection.write_log();
    let mut answered = connection.dead;
    while !answered || !connection.body_over {
        if !answered {
            match connection.out.flush(&connection.link) {
                Ok(flushed) => answered = flushed,
                Err(error) => {
                    log::line(format_args!("the answer could not be sent: {error}"));
                    return;
                }
            }
        }
        let more = farewell::settle(connection);
        if answered && !(connection.body_over || body_is_due()) {
            return;
        }
        if more || (answered && connection.body_over) {
            continue;
        }
        match connection.link.wait(!connection.body_over, !answered, plan.progress_timeout) {
            Ok(ready) if ready.read || ready.write => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            _ => return,
        }
    }
}

/// Without a length and without an encoding there is no body (RFC 3875, section 4.2): what stands on stdin then, perhaps
/// a terminal or a connection that stays open, is not waited for.
fn body_is_due() -> bool {
    ["CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"].iter().any(|name| std::env::var_os(name).is_some())
}
