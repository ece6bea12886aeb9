//! Which files the app's code came from.

use crate::Thread;
use pyo3::exceptions::PySyntaxError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyModule, PyTuple};
use std::path::{Path, PathBuf};

/// How many exceptions behind an exception are looked at: they may form a ring.
const CHAIN: usize = 32;

/// Where installed packages are: a virtual environment may stand in the app's own folder.
const INSTALLED: [&str; 2] = ["site-packages", "dist-packages"];

/// How many modules are loaded. Cheap enough to be asked after every request: when it is what it was, so are they.
pub fn modules_loaded(thread: Thread<'_>) -> usize {
    modules(thread.py()).map_or(0, |modules| modules.len())
}

/// The files of the loaded modules that are in one of `folders` or below it, without those of installed packages.
pub fn module_files(thread: Thread<'_>, folders: &[PathBuf]) -> Vec<PathBuf> {
    // A copy: another thread may import while this one looks.
    let values = modules(thread.py()).map(|modules| modules.values());
    let files = |values: Bound<'_, PyList>| values.iter().filter_map(|module| file_of(&module)).collect();
    let files: Vec<PathBuf> = values.map(files).unwrap_or_default();
    files.into_iter().filter(|file| folders.iter().any(|folder| belongs(file, folder))).collect()
}

fn modules(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    Ok(py.import("sys")?.getattr("modules")?.cast_into()?)
}

/// The file of a module, asked of its dict alone: asking the module could run code of its own.
fn file_of(module: &Bound<'_, PyAny>) -> Option<PathBuf> {
    let file: PathBuf = module.cast::<PyModule>().ok()?.dict().get_item("__file__").ok()??.extract().ok()?;
    std::path::absolute(file).ok()
}

fn belongs(file: &Path, folder: &Path) -> bool {
    file.strip_prefix(folder).is_ok_and(|inside| {
        !inside.components().any(|part| INSTALLED.iter().any(|name| part.as_os_str() == *name))
    })
}

/// The files in which `error` came about: those of its traceback and, of a syntax error, the one that has it, and the
/// same of the exceptions behind it. Not all need to exist.
pub(crate) fn files_of(py: Python<'_>, error: &PyErr) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut next = Some(error.value(py).clone().into_any());
    for _ in 0..CHAIN {
        let Some(value) = next.take() else { break };
        // Whatever cannot be found out is not watched; the error itself is what matters.
        let _ = trace(&value, &mut files);
        let behind = |name: &str| value.getattr(name).ok().filter(|value| !value.is_none());
        next = behind("__cause__").or_else(|| behind("__context__"));
    }
    files.iter_mut().for_each(|file| {
        if let Ok(absolute) = std::path::absolute(&file) {
            *file = absolute;
        }
    });
    files.sort();
    files.dedup();
    files
}

fn trace(value: &Bound<'_, PyAny>, files: &mut Vec<PathBuf>) -> PyResult<()> {
    let py = value.py();
    if value.is_instance_of::<PySyntaxError>()
        && let Ok(file) = value.getattr("filename")?.extract()
    {
        files.push(file);
    }
    let walked = py.import("traceback")?.call_method1("walk_tb", (value.getattr("__traceback__")?,))?;
    for step in walked.try_iter()? {
        let frame = step?.cast_into::<PyTuple>()?.get_item(0)?;
        files.push(frame.getattr("f_code")?.getattr("co_filename")?.extract()?);
    }
    Ok(())
}
