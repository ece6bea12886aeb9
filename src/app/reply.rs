//! `start_response` and everything that goes back through it (PEP 3333, "The start_response() Callable").

use crate::caption::Caption;
use crate::environ::bytes_of;
use crate::errors;
use crate::failure::{exception, traceback};
use crate::stretch::Stretch;
use crate::{Exchange, Failure, FileWrapper};
use janua_response::{Ending, PlainAnswer, Response, ResponseHead};
use pyo3::exceptions::{PyAssertionError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The answer to one request. To the app it is `start_response`; the invoker hands it the app's blocks.
#[pyclass(frozen, name = "StartResponse", module = "janua")]
pub(crate) struct Reply {
    exchange: Arc<dyn Exchange>,
    to_head: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// `start_response` was called, even if it refused what it was given.
    called: bool,
    /// What the app said last, if it was not refused.
    response: Option<Response>,
    /// The head has been handed on and can no longer be changed.
    sent: bool,
    /// Sending failed, and what the app raises now is probably that.
    failed: bool,
    /// The response did not come to what its head promised.
    broken: bool,
    /// What is to be logged about it, in lines.
    remarks: Vec<String>,
    /// The log has been told why the body could not be read.
    told_of_body: bool,
}

impl Reply {
    pub(crate) fn new(exchange: Arc<dyn Exchange>, to_head: bool) -> Self {
        Self { exchange, to_head, state: Mutex::default() }
    }

    fn method(&self) -> &'static [u8] {
        if self.to_head { b"HEAD" } else { b"GET" }
    }

    /// The state. It is never held while Python runs or a peer is waited for.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends one block of the body, and before the first that is not empty the head.
    pub(crate) fn block(&self, py: Python<'_>, block: &Bound<'_, PyBytes>) -> PyResult<()> {
        let block = block.as_bytes();
        if block.is_empty() {
            return Ok(());
        }
        let admitted = self.admit(block, None)?;
        self.transmit(py, admitted)
    }

    /// Takes a block of a body that the app has handed over whole, to be sent with the others.
    pub(crate) fn give(&self, block: &Bound<'_, PyBytes>, length: Option<u64>) -> PyResult<()> {
        let bytes = block.as_bytes();
        if bytes.is_empty() && length.is_none() {
            return Ok(());
        }
        let admitted = self.admit(bytes, length)?;
        if admitted.is_empty() || self.exchange.hold(admitted) {
            return Ok(());
        }
        let kept = Arc::new(PyBackedBytes::from(block.clone()));
        self.tell(self.exchange.keep(kept, admitted.len()))
    }

    /// Sends the only block of a body, whose length is therefore known, together with head and end.
    pub(crate) fn only(&self, py: Python<'_>, block: &Bound<'_, PyBytes>) -> PyResult<()> {
        self.give(block, Some(block.as_bytes().len() as u64))?;
        self.settle(py)?;
        self.finish()
    }

    /// Sends a part of a file without reading it. False if it cannot be sent that way, and nothing has happened.
    pub(crate) fn file(&self, py: Python<'_>, wrapper: &FileWrapper) -> PyResult<bool> {
        let Some(stretch) = Stretch::of(py, wrapper, &*self.exchange) else { return Ok(false) };
        let length = match self.state().response.as_ref() {
            Some(response) if !response.head().bodiless => match response.room() {
                // What is missing may be written meanwhile, and if not, reading shows how much is.
                Some(room) if room > stretch.length => return Ok(false),
                room => room.unwrap_or(stretch.length),
            },
            _ => stretch.length,
        };
        let Ok(size) = usize::try_from(length) else { return Ok(false) };
        let admitted = self.admit_bytes(size, Some(length))? as u64;
        if admitted > 0 {
            stretch.leave_behind(admitted);
            self.tell(self.exchange.send_file(stretch.file, stretch.start, admitted))?;
            self.settle(py)?;
        }
        Ok(true)
    }

    /// Waits until what was given needs this thread no longer.
    pub(crate) fn settle(&self, py: Python<'_>) -> PyResult<()> {
        let mut settled = self.exchange.try_settle();
        while !matches!(settled, Ok(true)) {
            settled = match settled {
                Ok(_) | Err(Failure::Interrupted) => py.detach(|| self.exchange.settle()).map(|()| true),
                Err(_) => break,
            };
            if let Err(error) = py.check_signals() {
                return self.broken(Err(error));
            }
        }
        self.tell(settled.map(drop))
    }

    fn tell(&self, outcome: Result<(), Failure>) -> PyResult<()> {
        self.broken(outcome.map_err(|failure| exception(&failure, false)))
    }

    /// Breaks the response off if sending it failed.
    fn broken(&self, outcome: PyResult<()>) -> PyResult<()> {
        if outcome.is_err() {
            self.state().failed = true;
            self.exchange.break_off();
        }
        outcome
    }

    /// The app has no more to give.
    pub(crate) fn finish(&self) -> PyResult<()> {
        if !self.state().sent {
            self.admit(b"", Some(0))?;
        }
        let ending = self.state().response.as_ref().map(Response::finish);
        match ending {
            Some(Ending::Short { missing }) => {
                self.remark(format!(
                    "the app ended its response {missing} bytes short of its Content-Length; \
                     the response is broken off so that the client notices"
                ));
                self.state().broken = true;
            }
            Some(Ending::Cut { by }) => self.remark(format!(
                "the app sent {by} bytes beyond its Content-Length; they were left out of the response"
            )),
            _ => {}
        }
        Ok(())
    }

    /// Takes a line for the log, which is written when the response ends.
    pub(crate) fn remark(&self, line: String) {
        self.state().remarks.push(line);
    }

    /// Ends the response for the peer. Called once, when nothing more can be said of the request: what `close()` of
    /// the response logs or raises still belongs to it.
    pub(crate) fn end(&self, py: Python<'_>, caption: Caption<'_>) {
        let (broken, remarks) = {
            let mut state = self.state();
            (state.broken, std::mem::take(&mut state.remarks))
        };
        for remark in remarks {
            self.log(py, &format!("{caption}: {remark}\n"));
        }
        if broken { self.exchange.truncate() } else { self.exchange.finish() }
    }

    /// True if nothing of the body can reach the client any more, so that asking the app for more is in vain.
    pub(crate) fn needs_no_more(&self) -> bool {
        let state = self.state();
        state.sent
            && state.response.as_ref().is_some_and(|response| response.head().bodiless || response.is_cut())
    }

    /// How many more bytes Content-Length leaves room for, if it is known.
    pub(crate) fn room(&self) -> Option<u64> {
        self.state().response.as_ref().and_then(Response::room)
    }

    /// Answers a request whose app raised `error`: with a 500 if nothing was sent, visibly broken off otherwise.
    pub(crate) fn fail(
        &self,
        py: Python<'_>,
        caption: Caption<'_>,
        error: &PyErr,
        reading: Option<&Failure>,
    ) {
        let (sent, failed) = {
            let state = self.state();
            (state.sent, state.failed)
        };
        let status = match reading {
            Some(failure) => {
                self.tell_of_body(failure);
                failure.status()
            }
            None => {
                if !failed {
                    self.log_error(py, caption, error);
                }
                500
            }
        };
        if sent {
            self.state().broken = true;
        } else {
            self.refuse(status);
        }
    }

    /// Has the log say, once, why the body could not be read.
    pub(crate) fn tell_of_body(&self, failure: &Failure) {
        if !std::mem::replace(&mut self.state().told_of_body, true) {
            self.remark(format!("the request's body could not be read: {failure}"));
        }
    }

    /// Logs what the app raised.
    pub(crate) fn log_error(&self, py: Python<'_>, caption: Caption<'_>, error: &PyErr) {
        self.log(py, &format!("{caption}: the app failed\n{}", traceback(py, error)));
    }

    fn log(&self, py: Python<'_>, text: &str) {
        errors::log(py, &*self.exchange, text.as_bytes());
    }

    /// Sends a plain answer of the gateway's own.
    fn refuse(&self, status: u16) {
        let page = PlainAnswer::new(self.method(), status);
        self.state().sent = true;
        self.exchange.respond(&page.head());
        if !page.body().is_empty() {
            self.exchange.hold(page.body());
        }
    }

    /// Hands on the head if that was not done, and says how much of `block` may follow it.
    fn admit<'b>(&self, block: &'b [u8], length: Option<u64>) -> PyResult<&'b [u8]> {
        let admitted = self.admit_bytes(block.len(), length)?;
        Ok(block.get(..admitted).unwrap_or(block))
    }

    fn admit_bytes(&self, count: usize, length: Option<u64>) -> PyResult<usize> {
        let mut state = self.state();
        let sent = state.sent;
        let Some(response) = state.response.as_mut() else {
            return Err(PyAssertionError::new_err(
                "the app gave its body, or its end, before it called start_response (PEP 3333)",
            ));
        };
        if !sent {
            if let Some(length) = length {
                response.set_length_if_absent(length);
            }
            self.exchange.respond(&response.head());
        }
        let admitted = response.admit(count);
        state.sent = true;
        Ok(admitted)
    }

    fn transmit(&self, py: Python<'_>, block: &[u8]) -> PyResult<()> {
        if block.is_empty() {
            return Ok(());
        }
        let mut sent = 0;
        let failed = |failure: Failure| exception(&failure, false);
        let mut sending = || -> PyResult<()> {
            if self.exchange.try_send(block, &mut sent).map_err(failed)? {
                return Ok(());
            }
            loop {
                let outcome = py.detach(|| self.exchange.send(block, &mut sent));
                // A signal may ask the main thread to leave; it must not wait until the app's own clean-up.
                py.check_signals()?;
                match outcome {
                    Err(Failure::Interrupted) => {}
                    other => return other.map_err(failed),
                }
            }
        };
        self.broken(sending())
    }
}

#[pymethods]
impl Reply {
    #[pyo3(signature = (status, headers, exc_info = None))]
    fn __call__(
        slf: &Bound<'_, Self>,
        status: &Bound<'_, PyAny>,
        headers: &Bound<'_, PyAny>,
        exc_info: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Write> {
        let this = slf.get();
        let (called, sent) = {
            let mut state = this.state();
            (std::mem::replace(&mut state.called, true), state.sent)
        };
        match exc_info {
            Some(exc_info) if sent => return Err(PyErr::from_value(exc_info.get_item(1)?)),
            None if called => {
                return Err(PyAssertionError::new_err(
                    "start_response was called a second time without exc_info (PEP 3333, \"The start_response() Callable\")",
                ));
            }
            _ => {}
        }
        let head = render(this.method(), status, headers)?;
        this.state().response = Some(Response::new(head));
        Ok(Write { reply: slf.clone().unbind() })
    }
}

/// Checks what the app said and renders it.
fn render(method: &[u8], status: &Bound<'_, PyAny>, headers: &Bound<'_, PyAny>) -> PyResult<ResponseHead> {
    let refused = |error: janua_response::HeadError| PyValueError::new_err(error.to_string());
    let status = with_bytes(status, || "the status".to_owned())?;
    let mut head = ResponseHead::new(method, &status).map_err(refused)?;
    let headers = headers.cast::<PyList>().map_err(|_| {
        PyTypeError::new_err(format!(
            "the headers are of type {}, not list (PEP 3333 wants a list of (name, value) tuples)",
            type_name(headers)
        ))
    })?;
    for (position, field) in headers.iter().enumerate() {
        let pair = field.cast::<PyTuple>().ok().filter(|pair| pair.len() == 2).ok_or_else(|| {
            PyTypeError::new_err(format!(
                "header number {position} is {}, not a (name, value) tuple",
                field.repr().map_or_else(|_| type_name(&field), |text| text.to_string())
            ))
        })?;
        let (name, value) = (pair.get_item(0)?, pair.get_item(1)?);
        let shown = || name.str().map_or_else(|_| "?".to_owned(), |text| text.to_string());
        let name_bytes = with_bytes(&name, || format!("the name of header number {position} ({})", shown()))?;
        let value_bytes = with_bytes(&value, || format!("the value of header '{}'", shown()))?;
        head.field(&name_bytes, &value_bytes).map_err(refused)?;
    }
    Ok(head)
}

/// The bytes of a native string; `what` it is goes into the error.
fn with_bytes<'a>(
    value: &'a Bound<'_, PyAny>,
    what: impl Fn() -> String,
) -> PyResult<std::borrow::Cow<'a, [u8]>> {
    let string = value
        .cast::<PyString>()
        .map_err(|_| PyTypeError::new_err(format!("{} is of type {}, not str", what(), type_name(value))))?;
    if let Ok(text) = string.to_str()
        && text.is_ascii()
    {
        return Ok(text.as_bytes().into());
    }
    bytes_of(string).map(Into::into).ok_or_else(|| {
        PyValueError::new_err(format!(
            "{} has characters beyond latin-1, which HTTP headers cannot carry (PEP 3333, \"Unicode Issues\")",
            what()
        ))
    })
}

pub(crate) fn type_name(value: &Bound<'_, PyAny>) -> String {
    value.get_type().name().map_or_else(|_| "?".to_owned(), |name| name.to_string())
}

/// The `write` callable that `start_response` gives (PEP 3333, "The write() Callable").
#[pyclass(frozen, name = "Write", module = "janua")]
pub(crate) struct Write {
    reply: Py<Reply>,
}

#[pymethods]
impl Write {
    fn __call__(&self, py: Python<'_>, block: &Bound<'_, PyAny>) -> PyResult<()> {
        let block = block.cast::<PyBytes>().map_err(|_| {
            PyTypeError::new_err(format!("write() was given {}, but it takes bytes", type_name(block)))
        })?;
        self.reply.get().block(py, block)
    }
}
