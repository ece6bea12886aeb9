//! The Python module `janua._janua`: the package's functions and its command, each a few lines over the crates.

use janua_app::{App, AppSpec, FileWrapper, LoadError, Mode, attached, hand_over, is_loading, named};
use janua_cli::{Command, Message, Options, Question, Subject, Verb, from_python, int_text, parse};
use janua_explain::{Capture, explain};
use janua_request::Plan;
use janua_serve::{Source, script_refused};
use pyo3::exceptions::{PyOSError, PyRuntimeError, PySystemExit, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyInt, PyList, PyString, PyTuple};
use std::ffi::OsString;
use std::io::{Read, Write};

#[pymodule]
mod _janua {
    #[pymodule_export]
    use super::{FileWrapper, cgi, main, run, serve};

    #[pymodule_export]
    const __VERSION__: &str = env!("CARGO_PKG_VERSION");
}

/// The command `janua`. Takes the arguments with the command's own name first and gives the exit status.
#[pyfunction]
fn main(arguments: Vec<OsString>) -> i32 {
    match parse(&arguments, std::env::vars_os()) {
        Ok(Command::Print(text)) => {
            // Nobody is left to tell if stdout is closed.
            let _ = std::io::stdout().write_all(text.as_bytes());
            0
        }
        Ok(Command::Serve(options)) => command(Verb::Serve, &options),
        Ok(Command::Cgi(options)) => command(Verb::Cgi, &options),
        Ok(Command::Script(options)) => command(Verb::Run, &options),
        Ok(Command::Explain(question)) => answer(&question),
        Ok(Command::Request(plan)) => request(&plan),
        Ok(Command::Status(status)) => {
            let told = status.tell();
            told.complaints.iter().for_each(complain);
            let _ = std::io::stdout().write_all(told.text.as_bytes());
            told.exit_status()
        }
        Err(message) => {
            complain(&message);
            // These are for people; whatever else was started by a web server owes it an answer.
            let for_people = ["serve", "cgi-status", "request", "explain", "settings", "help"];
            if !arguments.get(1).is_some_and(|word| for_people.iter().any(|name| word == name)) {
                attached(|thread| script_refused(thread, &message.to_string()));
            }
            2
        }
    }
}

/// Prints what becomes of a request. Gives the exit status.
fn answer(question: &Question) -> i32 {
    let explanation = match read(question) {
        Ok(Capture { params, protocol }) => explain(&params, protocol, &question.environ),
        Err(why) => {
            complain(&why);
            return 2;
        }
    };
    let text = if question.json { explanation.json() } else { explanation.to_string() };
    let _ = std::io::stdout().write_all(text.as_bytes());
    explanation.exit_status()
}

/// The request that is asked about.
fn read(question: &Question) -> Result<Capture, String> {
    let (name, file) = match &question.subject {
        Subject::Params(pairs) => {
            let pairs = pairs.iter().map(Vec::as_slice);
            return Capture::typed(pairs, question.protocol).map_err(|error| format!("--param: {error}"));
        }
        Subject::Stdin => {
            let mut file = Vec::new();
            ("stdin".to_owned(), std::io::stdin().read_to_end(&mut file).map(|_| file))
        }
        Subject::File(path) => (format!("'{}'", path.display()), std::fs::read(path)),
    };
    let file = file.map_err(|error| format!("cannot read {name}: {error}"))?;
    Capture::read(&file, question.id.as_deref(), question.protocol)
        .map_err(|error| format!("{name}: {error}"))
}

/// Asks a back end. Python would only take note of Ctrl-C until Rust comes back, so the kernel gets it to itself.
fn request(plan: &Plan) -> i32 {
    Python::attach(|py| {
        let by_default = || -> PyResult<()> {
            let signal = py.import("signal")?;
            signal.call_method1("signal", (signal.getattr("SIGINT")?, signal.getattr("SIG_DFL")?)).map(drop)
        };
        // Refused outside the main thread, where Ctrl-C does not arrive either.
        let _ = by_default();
        py.detach(|| janua_request::run(plan))
    })
}

fn command(verb: Verb, options: &Options) -> i32 {
    let spec = match verb {
        // Nothing is loaded then.
        Verb::Serve if options.plan.explain => AppSpec::file("explain"),
        // A script may be called anything; to `janua-cgi`, which names it here, a module may be given as well.
        Verb::Run if options.plan.backend.files.is_none() => AppSpec::file(&options.app),
        Verb::Run | Verb::Serve | Verb::Cgi | Verb::Explain => match options.app.parse::<AppSpec>() {
            Ok(spec) => spec,
            Err(error) => {
                complain(&error);
                if matches!(verb, Verb::Cgi | Verb::Run) {
                    attached(|thread| script_refused(thread, &error.to_string()));
                }
                return 2;
            }
        },
    };
    attached(|thread| perform(thread, verb, options, &Source::named(spec))).unwrap_or_else(|error| {
        complain(&error.text);
        2
    })
}

/// A failure before anything was served.
struct NotStarted {
    text: String,
    system: bool,
}

fn perform(
    thread: janua_app::Thread<'_>,
    verb: Verb,
    options: &Options,
    source: &Source,
) -> Result<i32, NotStarted> {
    let Options { plan, environ, .. } = options;
    options.notices.iter().for_each(complain);
    match verb {
        Verb::Serve => janua_serve::serve(thread, plan, environ, source)
            .map_err(|error| NotStarted { text: error.to_string(), system: true }),
        // Told by `answer`; there is no app in it.
        Verb::Explain => Ok(0),
        Verb::Cgi => Ok(janua_serve::cgi(thread, plan, environ, source)),
        Verb::Run => janua_serve::script(thread, plan, environ, source, &options.app)
            .map_err(|error| NotStarted { text: error.to_string(), system: false }),
    }
}

fn complain(message: &(impl std::fmt::Display + ?Sized)) {
    let line = format!("janua: {message}\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// Serves an app on sockets of its own until SIGTERM or SIGINT.
#[pyfunction]
#[pyo3(signature = (app, **settings))]
fn serve(app: &Bound<'_, PyAny>, settings: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
    function(Verb::Serve, app, settings)
}

/// Answers one CGI request from the environment and stdin.
#[pyfunction]
#[pyo3(signature = (app, **settings))]
fn cgi(app: &Bound<'_, PyAny>, settings: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
    function(Verb::Cgi, app, settings)
}

/// Serves an app as whoever started this process expects: FastCGI on descriptor 0, or one CGI request.
#[pyfunction]
#[pyo3(signature = (app, **settings))]
fn run(app: &Bound<'_, PyAny>, settings: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
    function(Verb::Run, app, settings)
}

fn function(verb: Verb, app: &Bound<'_, PyAny>, settings: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
    let keywords = settings.map_or_else(|| Ok(Vec::new()), keywords)?;
    if is_loading() {
        return handed(verb, app, &keywords);
    }
    let wrong = |message: Message| {
        if verb != Verb::Serve {
            attached(|thread| script_refused(thread, &message.to_string()));
        }
        PyValueError::new_err(message.to_string())
    };
    let mut options = from_python(verb, keywords, std::env::vars_os()).map_err(wrong)?;
    let source = if let Ok(text) = app.cast::<PyString>() {
        Source::named(spec(text)?)
    } else if app.is_callable() {
        let app = app.clone().unbind();
        Source::new(move |thread, mode| given(thread, &app, mode))
    } else {
        return Err(PyTypeError::new_err(NO_APP));
    };
    options.app = script_name(app.py());
    let status = attached(|thread| perform(thread, verb, &options, &source)).map_err(|error| {
        if error.system { PyOSError::new_err(error.text) } else { PyRuntimeError::new_err(error.text) }
    })?;
    if status == 0 { Ok(()) } else { Err(PySystemExit::new_err(status)) }
}

/// Called by a script that is itself run by janua, as with `janua-cgi` in its first line: its app is served by whatever
/// loads the script, in the way that was decided before.
fn handed(verb: Verb, app: &Bound<'_, PyAny>, keywords: &[(String, Vec<String>)]) -> PyResult<()> {
    let app = match app.cast::<PyString>() {
        Ok(text) => named(app.py(), &spec(text)?)?,
        Err(_) if app.is_callable() => app.clone().unbind(),
        Err(_) => return Err(PyTypeError::new_err(NO_APP)),
    };
    hand_over(app);
    let names: Vec<_> = keywords.iter().map(|(name, _)| name.as_str()).collect();
    if !names.is_empty() {
        complain(&format!(
            "the app of janua.{}() is served, but its settings are not read where janua runs the script itself \
             ({}); write them at the top of the script, as in '# janua: NAME = VALUE'",
            verb.name(),
            names.join(", ")
        ));
    }
    Ok(())
}

const NO_APP: &str = "the app is neither a callable nor the name of one";

fn spec(text: &Bound<'_, PyString>) -> PyResult<AppSpec> {
    let spec = text.to_str()?.parse();
    spec.map_err(|error: janua_app::SpecError| PyValueError::new_err(error.to_string()))
}

/// An app that Python code handed over.
fn given(_: janua_app::Thread<'_>, app: &Py<PyAny>, mode: Mode) -> Result<App, LoadError> {
    Python::attach(|py| App::new(py, app.clone_ref(py), mode))
        .map_err(|error| LoadError::Missing(error.to_string()))
}

/// The file that Python was started with, for messages.
fn script_name(py: Python<'_>) -> String {
    let name = || -> PyResult<String> { py.import("sys")?.getattr("argv")?.get_item(0)?.extract() };
    name().unwrap_or_else(|_| "app.py".to_owned())
}

/// Keyword arguments as the settings take them: each with its values as text.
fn keywords(settings: &Bound<'_, PyDict>) -> PyResult<Vec<(String, Vec<String>)>> {
    let mut keywords = Vec::new();
    for (name, value) in settings {
        let name: String = name.extract()?;
        if value.is_none() {
            continue;
        }
        let texts = if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
            value.try_iter()?.map(|item| text(&name, &item?)).collect::<PyResult<_>>()?
        } else {
            vec![text(&name, &value)?]
        };
        keywords.push((name, texts));
    }
    Ok(keywords)
}

fn text(name: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(switch) = value.cast::<PyBool>() {
        return Ok(if switch.is_true() { "on" } else { "off" }.to_owned());
    }
    if value.is_instance_of::<PyInt>() {
        return Ok(int_text(name, value.extract()?));
    }
    value.str()?.extract()
}
