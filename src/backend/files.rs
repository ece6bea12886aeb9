//! The names of a backend's files.

use crate::Identity;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// `<folder>/<key>` and an ending for each file of one backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    prefix: PathBuf,
}

impl Files {
    /// The files that begin with `prefix`: a path, or only the key for names within a [`Folder`](crate::Folder).
    pub fn new(prefix: impl Into<PathBuf>) -> Self {
        Self { prefix: prefix.into() }
    }

    /// What they begin with.
    pub fn prefix(&self) -> &Path {
        &self.prefix
    }

    /// The name under which the backend is kept.
    pub fn key(&self) -> String {
        self.prefix.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Held by whoever starts, replaces or takes away the backend. It is empty.
    pub fn lock(&self) -> PathBuf {
        self.with("lock")
    }

    /// Where the backend listens.
    pub fn socket(&self) -> PathBuf {
        self.with("socket")
    }

    /// A socket on its way to that place.
    pub fn fresh(&self) -> PathBuf {
        self.with("new")
    }

    /// What the backend says of itself.
    pub fn state(&self) -> PathBuf {
        self.with("state")
    }

    /// Why no backend could be started the last time.
    pub fn failed(&self) -> PathBuf {
        self.with("failed")
    }

    /// What the backend and its app print.
    pub fn log(&self) -> PathBuf {
        self.with("log")
    }

    /// What they printed before, put aside when that had become long.
    pub fn old_log(&self) -> PathBuf {
        self.with("log.1")
    }

    /// Which socket is there, by which a backend knows its own. `None` if there is no socket.
    pub fn socket_identity(&self) -> Option<Identity> {
        Identity::of_socket(&self.socket())
    }

    /// Takes socket and state away if the socket is this one. True if it was.
    /// To be called with the [`Lock`](crate::Lock) held.
    pub fn remove_socket(&self, identity: Identity) -> bool {
        let own = self.socket_identity() == Some(identity);
        if own {
            // The state goes first: without the socket it would be about nobody. What cannot be removed is found to
            // be left over by whoever comes next.
            let _ = std::fs::remove_file(self.state());
            let _ = std::fs::remove_file(self.socket());
        }
        own
    }

    pub(crate) fn with(&self, ending: &str) -> PathBuf {
        let mut name = OsString::from(&self.prefix);
        name.push(".");
        name.push(ending);
        name.into()
    }
}
