//! Files whose bytes are those of their descriptor, so that they need not pass through Python to be sent.

use crate::{Exchange, FileWrapper};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};
use std::fs::File;
use std::os::unix::fs::MetadataExt;

/// What a file of the app's holds from where it stands to its end.
pub(crate) struct Stretch<'a, 'py> {
    /// A descriptor of its own: the app may close its file.
    pub(crate) file: File,
    pub(crate) start: u64,
    /// What the file has now. What is written to it later is not part of the response.
    pub(crate) length: u64,
    python: &'a Bound<'py, PyAny>,
}

impl<'a, 'py> Stretch<'a, 'py> {
    /// The stretch of a wrapped file; `None` if it must be read like anything else that has `read()`.
    pub(crate) fn of(py: Python<'py>, wrapper: &'a FileWrapper, exchange: &dyn Exchange) -> Option<Self> {
        let python = wrapper.file(py);
        let (descriptor, start) = place(python).ok()??;
        let file = exchange.duplicate(descriptor)?;
        let facts = file.metadata().ok()?;
        // What the kernel makes up when it is read (/proc, /sys) occupies nothing, whatever length it claims.
        if !facts.is_file() || facts.blocks() == 0 {
            return None;
        }
        let length = facts.len().checked_sub(start).filter(|length| *length > 0)?;
        Some(Self { file, start, length, python })
    }

    /// Moves the app's file behind the first `length` bytes, as reading them would have done.
    pub(crate) fn leave_behind(&self, length: u64) {
        // What the app does with the file now, if anything, is for the app to find out.
        let _ = self.python.call_method1(intern!(self.python.py(), "seek"), (self.start + length,));
    }
}

/// The descriptor of a file and the position of the app in it, if what `read()` would give are the bytes there.
///
/// Only files of Python's own that nobody has changed qualify: a subclass may read whatever it likes.
///
/// # Errors
/// The file refused; reading it will show why.
fn place(python: &Bound<'_, PyAny>) -> PyResult<Option<(i32, u64)>> {
    let py = python.py();
    let wrapped;
    let file = if is(python, &TEMPORARY, "tempfile", "_TemporaryFileWrapper")? {
        wrapped = python.getattr(intern!(py, "file"))?;
        &wrapped
    } else {
        python
    };
    let random = is(file, &RANDOM, "io", "BufferedRandom")?;
    let raw;
    let bare = if random || is(file, &READER, "io", "BufferedReader")? {
        raw = file.getattr(intern!(py, "raw"))?;
        &raw
    } else {
        file
    };
    if !is(bare, &BARE, "io", "FileIO")? || is_changed(file)? || is_changed(bare)? {
        return Ok(None);
    }
    if !bare.call_method0(intern!(py, "readable"))?.is_truthy()? {
        return Ok(None);
    }
    if random {
        file.call_method0(intern!(py, "flush"))?;
    }
    let descriptor = bare.call_method0(intern!(py, "fileno"))?.extract()?;
    // Where a buffered file stands is not where its descriptor stands.
    Ok(Some((descriptor, file.call_method0(intern!(py, "tell"))?.extract()?)))
}

static BARE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static READER: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static RANDOM: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static TEMPORARY: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// True if this is an object of exactly that type. The module is not imported for types of another name.
fn is(object: &Bound<'_, PyAny>, known: &PyOnceLock<Py<PyType>>, module: &str, name: &str) -> PyResult<bool> {
    let (py, kind) = (object.py(), object.get_type());
    let known = match known.get(py) {
        Some(known) => known.bind(py),
        None if kind.name()? != name => return Ok(false),
        None => known.import(py, module, name)?,
    };
    Ok(kind.is(known))
}

/// True if the app has put a `read` of its own into this file.
fn is_changed(file: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = file.py();
    let Some(own) = file.getattr_opt(intern!(py, "__dict__"))? else { return Ok(false) };
    own.cast::<PyDict>()?.contains(intern!(py, "read"))
}
