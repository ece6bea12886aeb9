//! Whose turn it is to start, replace or take away a backend.

use crate::Files;
use rustix::fs::{AtFlags, CWD, FlockOperation, Mode, OFlags, flock, openat};
use rustix::io::Errno;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

/// The lock of one backend, held until it is dropped or this process ends.
#[derive(Debug)]
pub struct Lock {
    _file: OwnedFd,
}

/// How often a lock that is taken is tried again.
const STEP: Duration = Duration::from_millis(5);

impl Lock {
    /// Takes the lock if nobody has it.
    ///
    /// # Errors
    /// There is no such folder, it cannot be written to, or a symbolic link is in the place of the lock.
    pub fn take(files: &Files) -> io::Result<Option<Self>> {
        Self::take_in(CWD, &files.lock())
    }

    /// The same for the lock of this name in an open folder.
    ///
    /// # Errors
    /// As for [`take`](Self::take).
    pub fn take_in(folder: impl AsFd, name: &Path) -> io::Result<Option<Self>> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&folder, name, flags, Mode::RUSR | Mode::WUSR)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK | Errno::INTR) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let held = rustix::fs::fstat(&file)?;
        if Mode::from_raw_mode(held.st_mode) & Mode::RWXU != Mode::RUSR | Mode::WUSR {
            // A strange umask: nobody else could open it any more.
            rustix::fs::fchmod(&file, Mode::RUSR | Mode::WUSR)?;
        }
        // Somebody may have put another file in its place meanwhile; then this lock holds nobody off.
        let same = rustix::fs::statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW)
            .is_ok_and(|found| found.st_ino == held.st_ino);
        Ok(same.then_some(Self { _file: file }))
    }

    /// Gives the lock back and takes its file away. Who waits for it notices, and locks another.
    pub fn discard(self, files: &Files) {
        // If it stays, it stays: it is empty.
        let _ = std::fs::remove_file(files.lock());
    }

    /// Takes the lock as soon as whoever has it gives it back. `None` if that takes longer than `patience`.
    ///
    /// # Errors
    /// As for [`take`](Self::take).
    pub fn wait(files: &Files, patience: Duration) -> io::Result<Option<Self>> {
        let end = Instant::now() + patience;
        loop {
            match Self::take(files)? {
                Some(lock) => return Ok(Some(lock)),
                None if Instant::now() >= end => return Ok(None),
                None => std::thread::sleep(STEP),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::new(folder.path().join("key"));
        let held = Lock::take(&files).unwrap();
        assert!(held.is_some());
        assert!(Lock::take(&files).unwrap().is_none());
        assert!(Lock::wait(&files, Duration::from_millis(20)).unwrap().is_none());
        drop(held);
        assert!(Lock::wait(&files, Duration::ZERO).unwrap().is_some());
    }

    #[test]
    fn a_file_that_is_gone_holds_nobody_off() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::new(folder.path().join("key"));
        let held = Lock::take(&files).unwrap().unwrap();
        let waiting = {
            let files = files.clone();
            std::thread::spawn(move || Lock::wait(&files, Duration::from_secs(10)).unwrap().is_some())
        };
        held.discard(&files);
        assert!(waiting.join().unwrap());
        assert!(files.lock().exists());
    }

    #[test]
    fn whatever_the_umask_the_next_one_can_open_it() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::new(folder.path().join("key"));
        // As a strange umask would have it; to change that is not for a process with several threads.
        std::fs::write(files.lock(), "").unwrap();
        std::fs::set_permissions(files.lock(), PermissionsExt::from_mode(0o700)).unwrap();
        assert!(Lock::take(&files).unwrap().is_some());
        assert_eq!(std::fs::metadata(files.lock()).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::new(folder.path().join("key"));
        std::os::unix::fs::symlink(folder.path().join("elsewhere"), files.lock()).unwrap();
        assert!(Lock::take(&files).is_err());
        assert!(!folder.path().join("elsewhere").exists());
    }
}
