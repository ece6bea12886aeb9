//! The note that no backend could be started, so that not every request tries again and says so.

use crate::folder::privately;
use janua_backend::Folder;
use rustix::fs::OFlags;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// How long requests do without a backend after one could not be started.
pub(crate) const PAUSE: Duration = Duration::from_secs(10);

/// True if a backend could not be started a short while ago.
pub(crate) fn is_recent(folder: &Folder, name: &Path) -> bool {
    let Some(found) = folder.stat(name) else { return false };
    let noted = u64::try_from(found.st_mtime)
        .ok()
        .map(|seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    // A clock that was set back must not keep a note alive.
    noted.and_then(|noted| SystemTime::now().duration_since(noted).ok()).is_some_and(|age| age < PAUSE)
}

/// Notes why no backend could be started.
pub(crate) fn note(folder: &Folder, name: &Path, reason: &str) {
    // Removed first: written to as it is, an old note would keep its time if the disk is full.
    folder.remove(name);
    if let Ok(file) = privately(|| folder.file(name, OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC)) {
        let _ = rustix::io::write(&file, format!("{reason}\n").as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{AtFlags, Timespec, Timestamps};

    #[test]
    fn a_note_counts_for_a_while() {
        let parent = tempfile::tempdir().unwrap();
        let folder = crate::folder::open(&parent.path().join("janua")).unwrap();
        let name = Path::new("a.failed");
        assert!(!is_recent(&folder, name));
        note(&folder, name, "no memory");
        assert!(is_recent(&folder, name));
        assert_eq!(std::fs::read(folder.path().join(name)).unwrap(), b"no memory\n");
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() as i64;
        for seconds in [now - 11, now + 60] {
            let time = Timespec { tv_sec: seconds, tv_nsec: 0 };
            let times = Timestamps { last_access: time, last_modification: time };
            rustix::fs::utimensat(&folder, name, &times, AtFlags::empty()).unwrap();
            assert!(!is_recent(&folder, name), "{seconds}");
        }
    }
}
