//! Calling the app and taking what it gives (PEP 3333, "The Server/Gateway Side").

use crate::caption::Caption;
use crate::environ::Template;
use crate::errors::{self, ErrorStream};
use crate::input::InputStream;
use crate::load::{self, LoadError};
use crate::reply::{Reply, type_name};
use crate::role;
use crate::{AppSpec, Exchange, Failure, FileWrapper, Thread};
use janua_environ::{Environ, Known};
use janua_vocabulary::{BodyLength, Role};
use pyo3::exceptions::{PyOSError, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How the app is run, for the environ's `wsgi.multithread`, `wsgi.multiprocess` and `wsgi.run_once`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mode {
    /// Another thread of this process may call the app at the same time.
    pub multithread: bool,
    /// Another process may.
    pub multiprocess: bool,
    /// This process calls it only once.
    pub run_once: bool,
}

/// A loaded app and what its requests have in common.
pub struct App {
    callable: Py<PyAny>,
    template: Template,
    warned_of_bare_bytes: AtomicBool,
}

impl App {
    /// Imports the app.
    ///
    /// # Errors
    /// There is no such app, or importing it raised.
    pub fn load(thread: Thread<'_>, spec: &AppSpec, mode: Mode) -> Result<Self, LoadError> {
        let callable = load::load(thread.py(), spec)?;
        let py = thread.py();
        Self::new(py, callable, mode).map_err(|error| LoadError::raised(py, &error))
    }

    /// An app that Python code has at hand.
    ///
    /// # Errors
    /// The object cannot be called.
    pub fn new(py: Python<'_>, callable: Py<PyAny>, mode: Mode) -> PyResult<Self> {
        if !callable.bind(py).is_callable() {
            let kind = type_name(callable.bind(py));
            return Err(PyTypeError::new_err(format!("the app is of type {kind} and cannot be called")));
        }
        let template = Template::new(py, mode)?;
        Ok(Self { callable, template, warned_of_bare_bytes: AtomicBool::new(false) })
    }

    /// Calls the app for one request. However that ends, the exchange has been told an end when this returns, and
    /// `close()` of the response has been called.
    pub fn call(&self, thread: Thread<'_>, environ: &Environ<'_>, exchange: Arc<dyn Exchange>) {
        let py = thread.py();
        let to_head = environ.known(Known::RequestMethod) == Some(b"HEAD");
        let reply = match Bound::new(py, Reply::new(exchange.clone(), to_head)) {
            Ok(reply) => reply,
            Err(error) => {
                errors::log(py, &*exchange, error.to_string().as_bytes());
                exchange.truncate();
                return;
            }
        };
        let caption = Caption::new(environ);
        let started = self.start(py, environ, &reply, &exchange);
        let reply = reply.get();
        match started {
            Ok(result) => {
                if let Err(error) = self.answer(py, &result, reply) {
                    reply.fail(py, caption, &error, broken_body(py, &error, &exchange).as_ref());
                }
                // A signal that asks to leave must be heard before the clean-up, not in the middle of it.
                if let Err(error) = py.check_signals() {
                    reply.fail(py, caption, &error, None);
                }
                if let Err(error) = close(&result) {
                    reply.log_error(py, caption, &error);
                }
            }
            Err(error) => reply.fail(py, caption, &error, broken_body(py, &error, &exchange).as_ref()),
        }
        // The app, or its framework, may have made an answer of its own of it.
        let is_filter = || matches!(exchange.role(), Role::Filter { .. });
        if (environ.body != BodyLength::Exactly(0) || is_filter())
            && let Some(failure) = exchange.body_failure().filter(Failure::is_worth_a_line)
        {
            reply.tell_of_body(&failure);
        }
        reply.end(py, caption);
    }

    fn start<'py>(
        &self,
        py: Python<'py>,
        environ: &Environ<'_>,
        reply: &Bound<'py, Reply>,
        exchange: &Arc<dyn Exchange>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let dict = self.template.dict(py, environ)?;
        dict.set_item(intern!(py, "wsgi.input"), Bound::new(py, InputStream::new(exchange.clone()))?)?;
        dict.set_item(intern!(py, "wsgi.errors"), Bound::new(py, ErrorStream::new(exchange.clone()))?)?;
        role::describe(py, &dict, exchange)?;
        self.callable.bind(py).call1((dict, reply))
    }

    /// Sends what the app returned, block by block, each before the next is asked for.
    fn answer(&self, py: Python<'_>, result: &Bound<'_, PyAny>, reply: &Reply) -> PyResult<()> {
        if let Ok(list) = result.cast_exact::<PyList>() {
            return blocks(py, list.iter(), reply);
        } else if let Ok(tuple) = result.cast_exact::<PyTuple>() {
            return blocks(py, tuple.iter(), reply);
        } else if let Ok(bytes) = result.cast::<PyBytes>() {
            // Iterating over it would give numbers; a list of one block is what the app's author meant.
            if !self.warned_of_bare_bytes.swap(true, Ordering::Relaxed) {
                reply.remark(
                    "the app returned bytes; return a list of one block, [body], instead (said once)"
                        .to_owned(),
                );
            }
            return reply.only(py, bytes);
        } else if let Ok(file) = result.cast_exact::<FileWrapper>() {
            if reply.file(py, file.get())? {
                return reply.finish();
            }
            while let Some(part) = file.get().large_block(py, reply.room())? {
                reply.block(py, block(&part)?)?;
                if reply.needs_no_more() {
                    break;
                }
            }
            return reply.finish();
        } else if result.is_none() || result.is_instance_of::<PyString>() {
            return Err(PyTypeError::new_err(format!(
                "the app returned {}, but a response is an iterable of bytes, such as a list (PEP 3333)",
                type_name(result)
            )));
        }
        for part in result.try_iter()? {
            reply.block(py, block(&part?)?)?;
            if reply.needs_no_more() {
                break;
            }
        }
        reply.finish()
    }
}

/// Sends a body whose blocks are all there.
fn blocks<'py>(
    py: Python<'py>,
    mut items: impl ExactSizeIterator<Item = Bound<'py, PyAny>>,
    reply: &Reply,
) -> PyResult<()> {
    if items.len() == 1
        && let Some(item) = items.next()
    {
        return reply.only(py, block(&item)?);
    }
    for item in items {
        reply.give(block(&item)?, None)?;
        if reply.needs_no_more() {
            break;
        }
    }
    reply.settle(py)?;
    reply.finish()
}

/// One item of the response as bytes.
fn block<'a, 'py>(item: &'a Bound<'py, PyAny>) -> PyResult<&'a Bound<'py, PyBytes>> {
    item.cast::<PyBytes>().map_err(|_| {
        PyTypeError::new_err(format!(
            "the response holds {} where bytes belong; encode text before it is returned (PEP 3333)",
            type_name(item)
        ))
    })
}

/// Calls `close()` of what the app returned, if it has one.
fn close(result: &Bound<'_, PyAny>) -> PyResult<()> {
    if result.is_exact_instance_of::<PyList>()
        || result.is_exact_instance_of::<PyTuple>()
        || result.is_exact_instance_of::<PyBytes>()
    {
        return Ok(());
    }
    match result.getattr_opt(intern!(result.py(), "close"))? {
        Some(close) => close.call0().map(drop),
        None => Ok(()),
    }
}

/// The failure behind `error` if the app raised it because its body could not be read: then the request, not the app,
/// is at fault.
fn broken_body(py: Python<'_>, error: &PyErr, exchange: &Arc<dyn Exchange>) -> Option<Failure> {
    error.is_instance_of::<PyOSError>(py).then(|| exchange.body_failure()).flatten()
}
