//! `wsgi.file_wrapper` (PEP 3333, "Optional Platform-Specific File Handling").

use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// A file as a response: an iterable of its blocks, from where the file stands.
#[pyclass(frozen, name = "FileWrapper", module = "janua")]
pub struct FileWrapper {
    /// The file-like object; it has `read` and may have `close`.
    #[pyo3(get)]
    filelike: Py<PyAny>,
    /// Bytes asked of `read` at a time.
    #[pyo3(get)]
    blksize: usize,
}

/// Where nobody looks at the single block, larger ones cost fewer calls.
const LARGE: usize = 64 * 1024;

impl FileWrapper {
    pub(crate) fn file<'a, 'py>(&'a self, py: Python<'py>) -> &'a Bound<'py, PyAny> {
        self.filelike.bind(py)
    }

    /// The next block: of up to `room` bytes, and within that at least as large as the app asked for.
    pub(crate) fn large_block<'py>(
        &self,
        py: Python<'py>,
        room: Option<u64>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let room = room.map_or(usize::MAX, |room| usize::try_from(room).unwrap_or(usize::MAX));
        if room == 0 {
            return Ok(None);
        }
        self.read(py, self.blksize.max(LARGE).min(room))
    }

    fn read<'py>(&self, py: Python<'py>, size: usize) -> PyResult<Option<Bound<'py, PyAny>>> {
        let block = self.filelike.bind(py).call_method1("read", (size,))?;
        let empty = block.cast::<PyBytes>().is_ok_and(|bytes| bytes.as_bytes().is_empty());
        Ok((!empty).then_some(block))
    }
}

#[pymethods]
impl FileWrapper {
    #[new]
    #[pyo3(signature = (filelike, blksize = 8192))]
    fn new(filelike: Py<PyAny>, blksize: usize) -> Self {
        Self { filelike, blksize: blksize.max(1) }
    }

    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.read(py, self.blksize)
    }

    /// Closes the file if it can be closed.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        match self.filelike.bind(py).getattr_opt("close")? {
            Some(close) => close.call0().map(drop),
            None => Ok(()),
        }
    }
}
