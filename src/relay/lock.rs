//! The lock under which a backend is started or replaced.

use crate::folder::Folder;
use rustix::fs::{FlockOperation, OFlags};
use rustix::io::Errno;
use std::os::fd::OwnedFd;

/// Held as long as it lives.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: OwnedFd,
}

impl Lock {
    /// The lock, `None` while another process holds it.
    ///
    /// # Errors
    /// There can be no lock: a sentence that says why.
    pub(crate) fn take(folder: &Folder, name: &str) -> Result<Option<Self>, String> {
        let failed = |error: Errno| format!("no lock can be had in {}: {error}", folder.path.display());
        let file = folder.file(name, OFlags::RDWR | OFlags::CREATE).map_err(failed)?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK | Errno::INTR) => return Ok(None),
            Err(error) => return Err(failed(error)),
        }
        // Whoever tidies up may have removed the file meanwhile; then the next one to come locks another.
        let held = rustix::fs::fstat(&file).map_err(failed)?;
        let same = folder.stat(name).is_some_and(|found| found.st_ino == held.st_ino);
        Ok(same.then_some(Self { _file: file }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_held_by_one_at_a_time() {
        let parent = tempfile::tempdir().unwrap();
        let folder = Folder::open(&parent.path().join("janua")).unwrap();
        let take = || Lock::take(&folder, "a.lock").unwrap();
        let first = take().unwrap();
        assert!(take().is_none());
        drop(first);
        assert!(take().is_some());
    }
}
