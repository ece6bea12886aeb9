//! The environ as PEP 3333 wants it: a builtin dict of native strings.

use crate::names::Names;
use janua_environ::{Environ, Name};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

/// Bytes as a native string, one code point for each byte (PEP 3333, "A Note On String Types").
#[inline]
pub(crate) fn latin1<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the pointer and the length describe `bytes`; a null `errors` is allowed; the call gives a new reference
    // or null with an exception set.
    #[allow(unsafe_code)]
    unsafe {
        let string = ffi::PyUnicode_DecodeLatin1(
            bytes.as_ptr().cast(),
            bytes.len() as ffi::Py_ssize_t,
            std::ptr::null(),
        );
        Bound::from_owned_ptr_or_err(py, string)
    }
}

/// A native string as bytes. `None` if it holds a code point above 255, which no header can carry.
pub(crate) fn bytes_of(string: &Bound<'_, PyString>) -> Option<Vec<u8>> {
    let text = string.to_str().ok()?;
    if text.is_ascii() {
        return Some(text.as_bytes().to_vec());
    }
    text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

/// A fresh dict: what every request has in common, and what this one's server said.
pub(crate) fn dict<'py>(
    py: Python<'py>,
    template: &Bound<'py, PyDict>,
    names: &Names,
    environ: &Environ<'_>,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = template.copy()?;
    for (name, value) in environ.iter() {
        let value = latin1(py, value)?;
        let interned = match name {
            Name::Known(known) => names.get(known),
            Name::Other(_) => None,
        };
        match interned {
            Some(key) => dict.set_item(key, value)?,
            None => dict.set_item(latin1(py, name.as_bytes())?, value)?,
        }
    }
    Ok(dict)
}
