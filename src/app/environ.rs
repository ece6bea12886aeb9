//! The environ as PEP 3333 wants it: a builtin dict of native strings.
//!
//! A web server says the same about itself in every request. A [`Template`] takes that from the first: in those that
//! follow, a variable with the same value is in its place as soon as the template is copied, without a string made or a
//! place searched for. One with another value is replaced, and one that is missing is taken out. So what the first
//! request said decides how little the others cost, and nothing else.

use crate::names::Names;
use crate::{FileWrapper, Mode};
use janua_environ::{Environ, Known, Name, Scheme};
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString};

/// The variables that seldom change from one request to the next: what a server says about itself and the app's place.
/// None tells anything of a client that would have to be forgotten with its request.
const LASTING: [Known; 16] = [
    Known::DocumentRoot,
    Known::GatewayInterface,
    Known::HttpHost,
    Known::Https,
    Known::QueryString,
    Known::RedirectStatus,
    Known::RequestMethod,
    Known::RequestScheme,
    Known::Scgi,
    Known::ScriptName,
    Known::ServerAddr,
    Known::ServerName,
    Known::ServerPort,
    Known::ServerProtocol,
    Known::ServerSoftware,
    Known::ServerAdmin,
];

/// The longest value that is kept, in bytes: the first request may be anybody's.
const LONGEST: usize = 256;

/// The template of one app.
pub(crate) struct Template {
    names: Names,
    /// What no request has a say in.
    same: Py<PyDict>,
    lasting: PyOnceLock<Lasting>,
}

/// What the first request said.
struct Lasting {
    dict: Py<PyDict>,
    scheme: Scheme,
    /// The values that `dict` has, by [`Known::index`].
    values: Vec<Option<Box<[u8]>>>,
}

impl Template {
    pub(crate) fn new(py: Python<'_>, mode: Mode) -> PyResult<Self> {
        let same = PyDict::new(py);
        same.set_item("wsgi.version", (1, 0))?;
        same.set_item("wsgi.multithread", mode.multithread)?;
        same.set_item("wsgi.multiprocess", mode.multiprocess)?;
        same.set_item("wsgi.run_once", mode.run_once)?;
        same.set_item("wsgi.input_terminated", true)?;
        same.set_item("wsgi.file_wrapper", py.get_type::<FileWrapper>())?;
        // Every request gives these a value. With a place for them, and for what lasts, a copy is large enough for a usual
        // request as it is.
        for name in ["wsgi.input", "wsgi.errors"].into_iter().chain(Environ::ALWAYS.map(Known::name)) {
            same.set_item(PyString::intern(py, name), py.None())?;
        }
        Ok(Self { names: Names::new(py), same: same.unbind(), lasting: PyOnceLock::new() })
    }

    /// The environ of one request, but for its streams.
    pub(crate) fn dict<'py>(&self, py: Python<'py>, environ: &Environ<'_>) -> PyResult<Bound<'py, PyDict>> {
        let lasting = self.lasting.get_or_try_init(py, || self.learn(py, environ))?;
        let dict = lasting.dict.bind(py).copy()?;
        if environ.url_scheme != lasting.scheme {
            set_scheme(&dict, environ.url_scheme)?;
        }
        for (name, value) in environ.iter() {
            match name {
                Name::Known(known) if lasting.value(known) == Some(value) => {}
                Name::Known(known) => dict.set_item(self.names.get(py, known), latin1(py, value)?)?,
                Name::Other(name) => dict.set_item(latin1(py, name)?, latin1(py, value)?)?,
            }
        }
        for known in LASTING {
            if environ.known(known).is_none() && lasting.value(known).is_some() {
                dict.del_item(self.names.get(py, known))?;
            }
        }
        Ok(dict)
    }

    fn learn(&self, py: Python<'_>, environ: &Environ<'_>) -> PyResult<Lasting> {
        let dict = self.same.bind(py).copy()?;
        set_scheme(&dict, environ.url_scheme)?;
        let mut values = vec![None; Known::COUNT];
        for known in LASTING {
            if let Some(value) = environ.known(known).filter(|value| value.len() <= LONGEST)
                && let Some(place) = values.get_mut(known.index())
            {
                dict.set_item(self.names.get(py, known), latin1(py, value)?)?;
                *place = Some(value.into());
            }
        }
        Ok(Lasting { dict: dict.unbind(), scheme: environ.url_scheme, values })
    }
}

impl Lasting {
    fn value(&self, known: Known) -> Option<&[u8]> {
        self.values.get(known.index())?.as_deref()
    }
}

fn set_scheme(dict: &Bound<'_, PyDict>, scheme: Scheme) -> PyResult<()> {
    let py = dict.py();
    let name = match scheme {
        Scheme::Http => intern!(py, "http"),
        Scheme::Https => intern!(py, "https"),
    };
    dict.set_item(intern!(py, "wsgi.url_scheme"), name)
}

/// Bytes as a native string.
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
    // PyUnicode_DecodeLatin1 does the same a fifth slower: it looks for the highest byte, and we only for one at all that
    // is not ASCII.
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

#[cfg(test)]
mod tests {
    use super::*;
    use janua_environ::{Settings, build};
    use janua_vocabulary::{Params, Protocol};
    use pyo3::types::PyBytes;

    type Pairs = &'static [(&'static str, &'static str)];

    const REQUESTS: [Pairs; 6] = [
        &[
            ("SERVER_NAME", "a.example"),
            ("SERVER_SOFTWARE", "nginx/1.22"),
            ("REQUEST_URI", "/x?q=1"),
            ("HTTPS", "on"),
        ],
        &[
            ("SERVER_NAME", "b.example"),
            ("SERVER_SOFTWARE", "nginx/1.22"),
            ("REQUEST_URI", "/y"),
            ("HTTP_X_Y", "1"),
        ],
        &[("SERVER_NAME", ""), ("HTTPS", ""), ("HTTP_HOST", "c\u{e9}.example:81"), ("HTTP_COOKIE", "a=b")],
        &[("SCRIPT_NAME", "/app"), ("PATH_INFO", "/x"), ("DOCUMENT_ROOT", "/srv"), ("SCGI", "1")],
        &[("SERVER_NAME", "a.example"), ("DOCUMENT_ROOT", ""), ("QUERY_STRING", "q=1")],
        &[],
    ];

    fn dict<'py>(py: Python<'py>, template: &Template, pairs: Pairs) -> Bound<'py, PyDict> {
        let latin1 = |text: &str| text.chars().map(|c| c as u8).collect::<Vec<u8>>();
        let mut params = Params::from_iter([(&b"REQUEST_METHOD"[..], &b"GET"[..])]);
        pairs.iter().for_each(|(name, value)| params.push(name.as_bytes(), &latin1(value)));
        let environ = build(&params, Protocol::FastCgi, &Settings::default()).unwrap();
        template.dict(py, &environ).unwrap()
    }

    #[test]
    fn nothing_of_the_first_request_shows_in_another() {
        let mode = Mode { multithread: true, multiprocess: false, run_once: false };
        Python::initialize();
        Python::attach(|py| {
            for first in REQUESTS {
                for second in REQUESTS {
                    let taught = Template::new(py, mode).unwrap();
                    dict(py, &taught, first);
                    let alone = dict(py, &Template::new(py, mode).unwrap(), second);
                    for _ in 0..2 {
                        let after = dict(py, &taught, second);
                        assert!(after.eq(&alone).unwrap(), "after {first:?}: {after} instead of {alone}");
                    }
                }
            }
        });
    }

    #[test]
    fn a_long_value_is_not_kept() {
        let long: &'static str = "x".repeat(LONGEST + 1).leak();
        let pairs: Pairs = vec![("HTTP_HOST", long)].leak();
        let mode = Mode { multithread: false, multiprocess: false, run_once: false };
        Python::initialize();
        Python::attach(|py| {
            let template = Template::new(py, mode).unwrap();
            assert_eq!(dict(py, &template, pairs).get_item("HTTP_HOST").unwrap().unwrap().to_string(), long);
            let lasting = template.lasting.get(py).unwrap();
            assert_eq!(lasting.value(Known::HttpHost), None);
            assert!(!lasting.dict.bind(py).contains("HTTP_HOST").unwrap());
        });
    }

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
