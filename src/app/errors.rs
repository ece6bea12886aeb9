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

#[pymethods]
impl ErrorStream {
    /// Writes text and gives its length, as text streams do.
    fn write(&self, text: &Bound<'_, PyString>) -> PyResult<usize> {
        match text.to_str() {
            Ok(utf8) => self.exchange.log(utf8.as_bytes()),
            // A lone surrogate has no UTF-8; the log shows its number rather than losing the line.
            Err(_) => {
                let escaped = text.call_method1("encode", ("utf-8", "backslashreplace"))?;
                self.exchange.log(escaped.extract()?);
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
    fn flush(&self) {
        self.exchange.flush_log();
    }
}
