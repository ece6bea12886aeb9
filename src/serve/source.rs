//! Where the app comes from.

use janua_app::{App, AppSpec, LoadError, Mode, Thread};

type Make = dyn Fn(Thread<'_>, Mode) -> Result<App, LoadError> + Send + Sync;

/// Makes the app of a worker. It is asked once in each process, after the fork.
pub struct Source {
    make: Box<Make>,
}

impl Source {
    /// The app that is named by `spec`.
    pub fn named(spec: AppSpec) -> Self {
        Self::new(move |thread, mode| App::load(thread, &spec, mode))
    }

    /// Whatever `make` gives.
    pub fn new(make: impl Fn(Thread<'_>, Mode) -> Result<App, LoadError> + Send + Sync + 'static) -> Self {
        Self { make: Box::new(make) }
    }

    pub(crate) fn load(&self, thread: Thread<'_>, mode: Mode) -> Result<App, LoadError> {
        (self.make)(thread, mode)
    }
}
