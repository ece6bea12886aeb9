//! Which of the sockets it is that have stood, one after another, in the same place.

use rustix::fs::{AtFlags, CWD, FileType, Stat};
use std::path::Path;

/// What tells the file of a socket from another that stands in its place later.
///
/// The inode alone does not: a file system may give the next file the inode of one that was just removed. The time of
/// the last modification, with a socket that of its making, stays the same when the file is moved or its mode is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    device: u64,
    inode: u64,
    /// In nanoseconds since the epoch.
    made: i128,
}

impl Identity {
    /// Of the socket at `path` itself, should it be a symbolic link. `None` if there is no socket.
    pub fn of_socket(path: &Path) -> Option<Self> {
        let found = rustix::fs::statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        (FileType::from_raw_mode(found.st_mode) == FileType::Socket).then(|| Self::of(&found))
    }

    /// Of the file of which the system says this.
    // What the numbers are depends on the machine.
    #[allow(clippy::useless_conversion, clippy::unnecessary_cast)]
    pub fn of(found: &Stat) -> Self {
        let (seconds, nanoseconds) = (found.st_mtime as i128, found.st_mtime_nsec as i128);
        Self {
            device: found.st_dev as u64,
            inode: found.st_ino as u64,
            made: seconds * 1_000_000_000 + nanoseconds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{Timespec, Timestamps, utimensat};
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::UnixListener;

    #[test]
    fn the_same_inode_at_another_time_is_another_socket() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let _listener = UnixListener::bind(&path).unwrap();
        let first = Identity::of_socket(&path).unwrap();
        assert_eq!(Identity::of_socket(&path), Some(first));
        // As if it had been removed and another made, which was given its inode.
        let later = Timespec { tv_sec: (first.made / 1_000_000_000) as i64, tv_nsec: 1 };
        let times = Timestamps { last_access: later, last_modification: later };
        utimensat(CWD, &path, &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
        let second = Identity::of_socket(&path).unwrap();
        assert_eq!((second.device, second.inode), (first.device, first.inode));
        assert_ne!(second, first);
    }

    #[test]
    fn a_socket_that_is_moved_or_opened_to_others_is_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (new, path) = (folder.path().join("new"), folder.path().join("socket"));
        let _listener = UnixListener::bind(&new).unwrap();
        let made = Identity::of_socket(&new);
        std::thread::sleep(std::time::Duration::from_millis(10));
        std::fs::rename(&new, &path).unwrap();
        set_permissions(&path, Permissions::from_mode(0o666)).unwrap();
        assert!(made.is_some() && Identity::of_socket(&path) == made);
    }

    #[test]
    fn what_is_no_socket_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link, path) =
            (folder.path().join("file"), folder.path().join("link"), folder.path().join("socket"));
        let _listener = UnixListener::bind(&path).unwrap();
        std::fs::write(&file, "").unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        for path in [file, link, folder.path().join("none")] {
            assert_eq!(Identity::of_socket(&path), None);
        }
    }
}
