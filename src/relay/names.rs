//! The names of a backend's files.

/// The files of the backend with this key, all in the private folder.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) key: String,
    /// Locked while a backend is started or replaced.
    pub(crate) lock: String,
    /// Where the backend listens.
    pub(crate) socket: String,
    /// A socket on its way to that place.
    pub(crate) fresh: String,
    /// What the backend says about itself.
    pub(crate) state: String,
    /// Why no backend could be started.
    pub(crate) failed: String,
    /// What the backend prints.
    pub(crate) log: String,
}

impl Names {
    pub(crate) fn new(key: String) -> Self {
        let name = |ending| format!("{key}.{ending}");
        Self {
            lock: name("lock"),
            socket: name("socket"),
            fresh: name("new"),
            state: name("state"),
            failed: name("failed"),
            log: name("log"),
            key,
        }
    }
}
