//! Failures of the connection as Python exceptions, and Python exceptions as text.

use crate::Failure;
use pyo3::exceptions::{PyBrokenPipeError, PyConnectionResetError, PyOSError, PyTimeoutError, PyValueError};
use pyo3::prelude::*;

/// The exception that the app sees when reading its body or writing its answer failed.
pub(crate) fn exception(failure: &Failure, reading: bool) -> PyErr {
    let text = failure.to_string();
    match failure {
        Failure::Gone(_) if reading => PyConnectionResetError::new_err(text),
        Failure::Gone(_) => PyBrokenPipeError::new_err(text),
        Failure::Stalled { .. } => PyTimeoutError::new_err(text),
        Failure::Over => PyValueError::new_err(text),
        Failure::Broken(_) | Failure::TooLong { .. } | Failure::Spool(_) | Failure::Interrupted => {
            PyOSError::new_err(text)
        }
    }
}

/// The traceback of `error` as Python prints it, ending in a newline.
pub(crate) fn traceback(py: Python<'_>, error: &PyErr) -> String {
    let formatted = || -> PyResult<String> {
        let lines = py
            .import("traceback")?
            .call_method1("format_exception", (error.get_type(py), error.value(py), error.traceback(py)))?;
        // A lone surrogate in a message has no UTF-8; the log shows its number rather than losing the traceback.
        let text = pyo3::types::PyString::new(py, "").call_method1("join", (lines,))?;
        let bytes: Vec<u8> = text.call_method1("encode", ("utf-8", "backslashreplace"))?.extract()?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    formatted().unwrap_or_else(|_| format!("{error}\n"))
}
