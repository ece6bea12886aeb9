//! `wsgi.errors`: a text stream into the server's error log (PEP 3333, "Input and Error Streams").

use crate::Exchange;
use pyo3::prelude::*;
use pyo3::types::PyString;
use std::sync::Arc;

/// The error stream of one request.
#[pyclass(frozen, name = "ErrorStream", module = "janua")]
pub(crate) struct ErrorStream {
    exchange: Arc<dyn Exchange>,
}

impl ErrorStream {
    pub(crate) fn new(exchange: Arc<dyn Exchange>) -> Self {
        Self { exchange }
    }
}

/// Logs text with a request.
pub(crate) fn log(py: Python<'_>, exchange: &dyn Exchange, text: &[u8]) {
    write(py, exchange, &exchange.log(text));
}

/// Writes into the log of this process. A thread that waits for the reader of that log must not keep the others waiting.
fn write(py: Python<'_>, exchange: &dyn Exchange, text: &[u8]) {
    if !text.is_empty() {
        py.detach(|| exchange.write_log(text));
    }
}

#[pymethods]
impl ErrorStream {
    /// Writes text and gives its length, as text streams do.
    fn write(&self, text: &Bound<'_, PyString>) -> PyResult<usize> {
        let py = text.py();
        match text.to_str() {
            Ok(utf8) => log(py, &*self.exchange, utf8.as_bytes()),
            // A lone surrogate has no UTF-8; the log shows its number rather than losing the line.
            Err(_) => {
                let escaped = text.call_method1("encode", ("utf-8", "backslashreplace"))?;
                log(py, &*self.exchange, escaped.extract()?);
            }
        }
        text.len()
    }

    /// Writes each of some texts.
    fn writelines(&self, lines: &Bound<'_, PyAny>) -> PyResult<()> {
        for line in lines.try_iter()? {
            self.write(line?.cast()?)?;
        }
        Ok(())
    }

    /// Sends what was written on its way to the log.
    fn flush(&self, py: Python<'_>) {
        write(py, &*self.exchange, &self.exchange.flush_log());
    }
}
