//! Interned keys for the names that nearly every request has.
//!
//! Making a Python string of a name costs more than finding it here. The table is fixed: names that a client can
//! invent are never added, so nothing grows.

use janua_environ::Known;
use pyo3::prelude::*;
use pyo3::types::PyString;

/// A Python string for each [`Known`] variable, at its index.
pub(crate) struct Names {
    strings: Vec<Py<PyString>>,
}

impl Names {
    pub(crate) fn new(py: Python<'_>) -> Self {
        let strings = Known::ALL.iter().map(|known| PyString::intern(py, known.name()).unbind());
        Self { strings: strings.collect() }
    }

    /// The interned string of a known variable.
    pub(crate) fn get<'py>(&self, py: Python<'py>, known: Known) -> Bound<'py, PyString> {
        let string = self.strings.get(known.index()).map(|string| string.bind(py).clone());
        string.unwrap_or_else(|| PyString::intern(py, known.name()))
    }
}
