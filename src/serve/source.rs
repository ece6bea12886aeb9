//! Where the app comes from.

use janua_app::{App, AppSpec, LoadError, Mode, Thread};
use std::path::{Path, PathBuf};

type Make = dyn Fn(Thread<'_>, Mode) -> Result<App, LoadError> + Send + Sync;

/// Makes the app of a worker. It is asked once in each process, after the fork.
pub struct Source {
    make: Box<Make>,
    file: Option<PathBuf>,
}

impl Source {
    /// The app that is named by `spec`.
    pub fn named(spec: AppSpec) -> Self {
        let file = spec.path().map(Path::to_owned);
        Self { file, ..Self::new(move |thread, mode| App::load(thread, &spec, mode)) }
    }

    /// Whatever `make` gives.
    pub fn new(make: impl Fn(Thread<'_>, Mode) -> Result<App, LoadError> + Send + Sync + 'static) -> Self {
        Self { make: Box::new(make), file: None }
    }

    /// The file that the app is in, if it is named by one.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    pub(crate) fn load(&self, thread: Thread<'_>, mode: Mode) -> Result<App, LoadError> {
        (self.make)(thread, mode)
    }
}
