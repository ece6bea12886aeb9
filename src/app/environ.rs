//! The environ as PEP 3333 wants it: a builtin dict of native strings.

use crate::names::Names;
use janua_environ::{Environ, Name};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

/// Bytes as a native string, one code point for each byte (PEP 3333, "A Note On String Types").
#[inline]
pub(crate) fn latin1<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    let length = bytes.len() as ffi::Py_ssize_t;
    if bytes.len() < 2 {
        // SAFETY: the pointer and the length describe `bytes`; a null `errors` is allowed; the call gives a reference or
        // null with an exception set. Python has these strings already.
        #[allow(unsafe_code)]
        return unsafe {
            let string = ffi::PyUnicode_DecodeLatin1(bytes.as_ptr().cast(), length, std::ptr::null());
            Bound::from_owned_ptr_or_err(py, string)
        };
    }
    // PyUnicode_DecodeLatin1 does the same in twice the time: it looks for the highest byte, and we only for one at all
    // that is not ASCII.
    let highest = if bytes.is_ascii() { 0x7f } else { 0xff };
    // SAFETY: the call gives a reference to a string that nobody else has, or null with an exception set. Below 256 a
    // code point takes one byte, so there are as many as in `bytes`; that it is ASCII is true if it was said.
    #[allow(unsafe_code)]
    unsafe {
        let string = Bound::from_owned_ptr_or_err(py, ffi::PyUnicode_New(length, highest))?;
        let data = ffi::PyUnicode_1BYTE_DATA(string.as_ptr());
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), data, bytes.len());
        Ok(string)
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

#[cfg(test)]
mod tests {
    use super::*;
    use pyo3::types::PyBytes;

    #[test]
    fn a_string_is_what_python_itself_makes_of_the_bytes() {
        Python::initialize();
        Python::attach(|py| {
            for byte in 0..=255 {
                for length in [0, 1, 2, 7, 8, 9, 31, 300] {
                    let mut bytes = vec![b'a'; length];
                    bytes.last_mut().into_iter().for_each(|last| *last = byte);
                    let expected = PyBytes::new(py, &bytes).call_method1("decode", ("latin-1",)).unwrap();
                    let string = latin1(py, &bytes).unwrap();
                    assert!(string.eq(&expected).unwrap(), "{byte} at the end of {length}");
                    // Unequal if the string were said to be wider than it is.
                    assert_eq!(string.hash().unwrap(), expected.hash().unwrap());
                    assert_eq!(string.is_truthy().unwrap(), length > 0);
                    assert_eq!(bytes_of(string.cast().unwrap()).unwrap(), bytes);
                }
            }
        });
    }
}
