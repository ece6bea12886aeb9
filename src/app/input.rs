//! `wsgi.input`: the request's body as a file-like object (PEP 3333, "Input and Error Streams").

use crate::failure::exception;
use crate::{Exchange, Failure};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use std::sync::{Arc, Mutex, PoisonError};

/// The body of one request. It ends where the body ends, whether or not its length was announced: reading on gives
/// `b""`. All of `read` with a size, `read` without, `readline`, `readlines` and iteration may be mixed.
#[pyclass(frozen, name = "InputStream", module = "janua")]
pub(crate) struct InputStream {
    exchange: Arc<dyn Exchange>,
    source: Source,
    /// Bytes that a search for the end of a line has read ahead.
    ahead: Mutex<Ahead>,
}

/// Which stream of the request it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// The body: `wsgi.input`.
    Body,
    /// The file of a filter: `fastcgi.data`.
    File,
}

#[derive(Default)]
struct Ahead {
    bytes: Vec<u8>,
    start: usize,
}

impl Ahead {
    fn unread(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    fn take(&mut self, into: &mut [u8]) -> usize {
        let count = self.unread().len().min(into.len());
        into.iter_mut().zip(self.unread()).for_each(|(to, from)| *to = *from);
        self.start += count;
        count
    }
}

/// How much is asked of the connection at a time where the app does not say, and the most that is allocated before
/// the bytes are there: a peer that announces a large body must not cost memory by that alone.
const STEP: usize = 64 * 1024;
const UPFRONT: u64 = 1024 * 1024;

impl InputStream {
    pub(crate) fn new(exchange: Arc<dyn Exchange>) -> Self {
        Self { exchange, source: Source::Body, ahead: Mutex::default() }
    }

    /// The file that a filter is given.
    pub(crate) fn of_file(exchange: Arc<dyn Exchange>) -> Self {
        Self { exchange, source: Source::File, ahead: Mutex::default() }
    }

    /// Runs `work` with the bytes read ahead. They are taken out meanwhile, not locked: `work` may wait for the peer
    /// with Python's lock released, and a second thread that reads must not block while it holds that lock.
    fn with_ahead<R>(&self, work: impl FnOnce(&mut Ahead) -> R) -> R {
        let lock = || self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ahead = std::mem::take(&mut *lock());
        let result = work(&mut ahead);
        *lock() = ahead;
        result
    }

    /// Reads at least one byte into `into`, waiting if need be. 0 at the end of the body.
    fn some(&self, py: Python<'_>, into: &mut [u8]) -> PyResult<usize> {
        let failed = |failure| exception(&failure, true);
        loop {
            let read = match self.source {
                Source::Body => self.exchange.try_read(into),
                Source::File => self.exchange.try_read_file(into),
            };
            if let Some(count) = read.map_err(failed)? {
                return Ok(count);
            }
            match py.detach(|| self.exchange.wait_body()) {
                Ok(()) => {}
                Err(Failure::Interrupted) => py.check_signals()?,
                Err(failure) => return Err(failed(failure)),
            }
        }
    }

    /// Fills `into` as far as the body goes.
    fn fill(&self, py: Python<'_>, ahead: &mut Ahead, into: &mut [u8]) -> PyResult<usize> {
        let mut filled = ahead.take(into);
        while let Some(rest) = into.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.some(py, rest)? {
                0 => break,
                count => filled += count,
            }
        }
        Ok(filled)
    }

    /// Reads `limit` bytes, or to the end of the body if there are fewer.
    fn gather<'py>(&self, py: Python<'py>, ahead: &mut Ahead, limit: u64) -> PyResult<Bound<'py, PyBytes>> {
        let buffered = ahead.unread().len() as u64;
        let to_come = match self.source {
            Source::Body => self.exchange.remaining(),
            Source::File => self.exchange.remaining_of_file(),
        };
        if let Some(to_come) = to_come {
            let size = limit.min(buffered.saturating_add(to_come));
            if size <= UPFRONT {
                return PyBytes::new_with(py, size as usize, |into| self.fill(py, ahead, into).map(drop));
            }
        }
        let mut bytes = Vec::new();
        while (bytes.len() as u64) < limit {
            let start = bytes.len();
            let step = (limit - start as u64).min(STEP.max(start / 2) as u64) as usize;
            bytes.resize(start + step, 0);
            let filled = self.fill(py, ahead, bytes.get_mut(start..).unwrap_or_default())?;
            bytes.truncate(start + filled);
            if filled < step {
                break;
            }
        }
        Ok(PyBytes::new(py, &bytes))
    }

    fn line<'py>(&self, py: Python<'py>, ahead: &mut Ahead, limit: u64) -> PyResult<Bound<'py, PyBytes>> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut searched = 0;
        loop {
            let unread = ahead.unread();
            let newline = unread.get(searched..).and_then(|rest| memchr::memchr(b'\n', rest));
            let end = newline.map(|at| searched + at + 1).filter(|end| *end <= limit);
            let end = end.or((unread.len() >= limit).then_some(limit));
            if let Some(end) = end {
                let line = PyBytes::new(py, unread.get(..end).unwrap_or_default());
                ahead.start += end;
                return Ok(line);
            }
            searched = unread.len();
            ahead.bytes.drain(..ahead.start);
            ahead.start = 0;
            ahead.bytes.resize(searched + STEP / 8, 0);
            let got = self.some(py, ahead.bytes.get_mut(searched..).unwrap_or_default());
            ahead.bytes.truncate(searched + got.as_ref().copied().unwrap_or(0));
            if got? == 0 {
                let line = PyBytes::new(py, ahead.unread());
                ahead.start = ahead.bytes.len();
                return Ok(line);
            }
        }
    }
}

/// Sizes as Python's files take them: none or negative means all.
fn limit(size: Option<i64>) -> u64 {
    size.and_then(|size| u64::try_from(size).ok()).unwrap_or(u64::MAX)
}

#[pymethods]
impl InputStream {
    /// Up to `size` bytes; fewer only at the end of the body.
    #[pyo3(signature = (size = None))]
    fn read<'py>(&self, py: Python<'py>, size: Option<i64>) -> PyResult<Bound<'py, PyBytes>> {
        self.with_ahead(|ahead| self.gather(py, ahead, limit(size)))
    }

    /// The next line with its newline, or the first `size` bytes of it.
    #[pyo3(signature = (size = None))]
    fn readline<'py>(&self, py: Python<'py>, size: Option<i64>) -> PyResult<Bound<'py, PyBytes>> {
        self.with_ahead(|ahead| self.line(py, ahead, limit(size)))
    }

    /// The remaining lines, or those that make up about `hint` bytes.
    #[pyo3(signature = (hint = None))]
    fn readlines<'py>(&self, py: Python<'py>, hint: Option<i64>) -> PyResult<Bound<'py, PyList>> {
        let enough = hint.and_then(|hint| usize::try_from(hint).ok()).filter(|hint| *hint > 0);
        let lines = PyList::empty(py);
        let mut total = 0;
        while enough.is_none_or(|enough| total < enough) {
            let line = self.readline(py, None)?;
            if line.as_bytes().is_empty() {
                break;
            }
            total += line.as_bytes().len();
            lines.append(line)?;
        }
        Ok(lines)
    }

    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let line = self.readline(py, None)?;
        Ok((!line.as_bytes().is_empty()).then_some(line))
    }
}
