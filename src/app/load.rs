//! From the name of an app to the callable.

use crate::failure::traceback;
use crate::handed;
use crate::modules::files_of;
use crate::spec::{AppSpec, Source};
use pyo3::exceptions::{PyImportError, PyModuleNotFoundError, PySystemExit};
use pyo3::prelude::*;
use std::path::{Path, PathBuf};

/// Why an app could not be loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// There is no such app: the file, the module or the callable is missing. One line.
    #[error("{0}")]
    Missing(String),
    /// Importing it raised.
    #[error("the app could not be imported\n{}", traceback.trim_end())]
    Raised {
        /// As Python prints it.
        traceback: String,
        /// The files that it leads through.
        files: Vec<PathBuf>,
    },
}

impl LoadError {
    /// Exit status of a command that needs the app: 2 for what the user wrote, 1 for what the app did.
    pub fn exit_status(&self) -> i32 {
        match self {
            LoadError::Missing(_) => 2,
            LoadError::Raised { .. } => 1,
        }
    }

    /// The files that the failure leads through: to change one of them may mend it. Not all need to exist.
    pub fn files(&self) -> &[PathBuf] {
        match self {
            LoadError::Missing(_) => &[],
            LoadError::Raised { files, .. } => files,
        }
    }

    pub(crate) fn raised(py: Python<'_>, error: &PyErr) -> Self {
        LoadError::Raised { traceback: traceback(py, error), files: files_of(py, error) }
    }
}

/// What an app is called when nobody says.
const DEFAULT_CALLABLES: [&str; 2] = ["application", "app"];

/// Imports the app's module and finds the callable.
pub(crate) fn load(py: Python<'_>, spec: &AppSpec) -> Result<Py<PyAny>, LoadError> {
    let raised = |error: PyErr| LoadError::raised(py, &error);
    let (module, handed) = handed::during(|| match &spec.source {
        Source::Module(name) => import(py, name),
        Source::File(path) => execute(py, path),
    });
    let module = module?;
    let place = match &spec.source {
        Source::Module(name) => format!("module '{name}'"),
        Source::File(path) => format!("'{}'", path.display()),
    };
    let Some(name) = &spec.callable else {
        if let Some(app) = handed {
            return Ok(app);
        }
        for name in DEFAULT_CALLABLES {
            if let Some(found) = module.getattr_opt(name).map_err(raised)? {
                return callable(found, name, &place);
            }
        }
        return Err(LoadError::Missing(format!(
            "{place} defines neither 'application' nor 'app'; call it so, or say its name, as in APP:callable"
        )));
    };
    let mut found = module;
    for part in name.split('.') {
        found = found
            .getattr_opt(part)
            .map_err(raised)?
            .ok_or_else(|| LoadError::Missing(format!("{place} has no '{name}'")))?;
    }
    if spec.factory {
        callable(found.clone(), name, &place)?;
        found = found.call0().map_err(raised)?;
    }
    callable(found, name, &place)
}

/// The app that `spec` names, for Python code that hands it over.
///
/// # Errors
/// There is no such app, or importing it raised: an exception that says so.
pub fn named(py: Python<'_>, spec: &AppSpec) -> PyResult<Py<PyAny>> {
    load(py, spec).map_err(|error| PyImportError::new_err(error.to_string()))
}

fn callable(found: Bound<'_, PyAny>, name: &str, place: &str) -> Result<Py<PyAny>, LoadError> {
    if found.is_callable() {
        return Ok(found.unbind());
    }
    let kind = found.get_type().name().map_or_else(|_| "object".to_owned(), |name| name.to_string());
    Err(LoadError::Missing(format!("'{name}' of {place} cannot be called: it is of type {kind}")))
}

fn import<'py>(py: Python<'py>, name: &str) -> Result<Bound<'py, PyAny>, LoadError> {
    let imported = search_first(py, ".").and_then(|()| py.import(name));
    imported.map(Bound::into_any).map_err(|error| {
        // Only if the very module that was asked for is missing is it the user's word that is wrong;
        // a module that the app itself misses is the app's error and deserves its traceback.
        let missing: Option<String> = error
            .is_instance_of::<PyModuleNotFoundError>(py)
            .then(|| error.value(py).getattr("name").and_then(|name| name.extract()).ok())
            .flatten();
        match missing {
            Some(missing) if name == missing || name.starts_with(&format!("{missing}.")) => {
                LoadError::Missing(format!(
                    "there is no module '{missing}' here or among the installed packages"
                ))
            }
            _ => LoadError::raised(py, &error),
        }
    })
}

/// Runs a file as a module of its own name, with its folder first on the search path, as Python runs a script;
/// but `__name__` is not `__main__`, so that a server started at the file's end is not started twice.
fn execute<'py>(py: Python<'py>, path: &Path) -> Result<Bound<'py, PyAny>, LoadError> {
    if !path.is_file() {
        return Err(LoadError::Missing(format!("there is no file '{}'", path.display())));
    }
    let run = || -> PyResult<Bound<'py, PyAny>> {
        let path = std::path::absolute(path)?;
        if let Some(folder) = path.parent() {
            search_first(py, folder)?;
        }
        let is_module = path.extension().is_some_and(|extension| extension == "py");
        let modules = py.import("sys")?.getattr("modules")?;
        let mut name = module_name(&path, is_module);
        if modules.contains(&name)? {
            // A file that is called like a module of Python's own must not take its place.
            name.insert_str(0, "app_");
        }
        let util = py.import("importlib.util")?;
        let loader =
            py.import("importlib.machinery")?.call_method1("SourceFileLoader", (&name, path.as_os_str()))?;
        let spec = util.call_method1("spec_from_loader", (&name, &loader))?;
        let module = util.call_method1("module_from_spec", (&spec,))?;
        modules.set_item(&name, &module)?;
        let executed = if is_module {
            loader.call_method1("exec_module", (&module,))
        } else {
            // The loader would keep the compiled script where that of a module of the same stem belongs.
            let source = loader.call_method1("get_data", (path.as_os_str(),))?;
            let code = loader.call_method1("source_to_code", (source, path.as_os_str()));
            code.and_then(|code| {
                py.import("builtins")?.call_method1("exec", (code, module.getattr("__dict__")?))
            })
        };
        // Behind `janua.run(app)` a script has nothing more to do, and may say so.
        let is_done = |error: &PyErr| error.is_instance_of::<PySystemExit>(py) && handed::is_there();
        if let Some(error) = executed.err().filter(|error| !is_done(error)) {
            let _ = modules.del_item(&name);
            return Err(error);
        }
        Ok(module)
    };
    run().map_err(|error| LoadError::raised(py, &error))
}

/// A module keeps its name, so that what else imports it gets the same one. A script, `app.fcgi`, must not take the
/// name of the module that it probably imports.
fn module_name(path: &Path, is_module: bool) -> String {
    let name = if is_module { path.file_stem() } else { path.file_name() };
    let name = name.unwrap_or_default().to_string_lossy();
    name.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect()
}

fn search_first(py: Python<'_>, folder: impl AsRef<Path>) -> PyResult<()> {
    let folder = std::path::absolute(folder)?;
    let path = py.import("sys")?.getattr("path")?;
    if path.contains(folder.as_os_str())? {
        path.call_method1("remove", (folder.as_os_str(),))?;
    }
    path.call_method1("insert", (0, folder.as_os_str())).map(drop)
}
