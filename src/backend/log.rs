//! What a backend and its app print: a file that does not grow without bound.

use crate::Files;
use rustix::fs::{FileType, Mode, OFlags, fchmod, fstat, ftruncate, openat};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::fd::{AsFd, OwnedFd};

/// So long the log may be, in bytes. Beyond it, what is in it is put aside.
pub const LOG_BYTES: u64 = 1024 * 1024;

/// Empties the log of the backend of `files` if it is longer than [`LOG_BYTES`]; the last so many bytes are
/// [put aside](Files::old_log), in the place of those before. True if it was. To be called with the
/// [`Lock`](crate::Lock) held: another process of the same backend may do the same. Names are taken from `folder`.
///
/// The file stays the same one, which whoever writes has opened to append to: programs that the app has started
/// hold it too. What is written in the very moment may be lost.
///
/// # Errors
/// There is no log, or it cannot be opened or cut.
pub fn bound_log(folder: impl AsFd, files: &Files) -> io::Result<bool> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let log = openat(&folder, files.log(), flags | OFlags::RDWR, Mode::empty())?;
    let found = fstat(&log)?;
    let size = found.st_size.cast_unsigned();
    if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile || size <= LOG_BYTES {
        return Ok(false);
    }
    let mut log = File::from(log);
    let flags = flags | OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC;
    let own = Mode::RUSR | Mode::WUSR;
    let aside = |old: OwnedFd| {
        // Whatever the umask.
        fchmod(&old, own)?;
        log.seek(SeekFrom::Start(size - LOG_BYTES))?;
        io::copy(&mut (&log).take(LOG_BYTES), &mut File::from(old))
    };
    // On a full disk nothing can be put aside, and there it matters most that nothing grows.
    let _ = openat(&folder, files.old_log(), flags, own).map_err(io::Error::from).and_then(aside);
    ftruncate(&log, 0)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::CWD;
    use std::io::Write;

    #[test]
    fn what_has_grown_is_put_aside_and_whoever_writes_goes_on_at_the_beginning() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::new(folder.path().join("key"));
        assert!(bound_log(CWD, &files).is_err());
        let mut log = File::options().append(true).create(true).open(files.log()).unwrap();
        log.write_all(&vec![b'a'; 1024 * 1024]).unwrap();
        assert!(!bound_log(CWD, &files).unwrap());
        log.write_all(b"bc").unwrap();
        assert!(bound_log(CWD, &files).unwrap());
        log.write_all(b"d").unwrap();
        assert_eq!(std::fs::read(files.log()).unwrap(), b"d");
        let old = std::fs::read(files.old_log()).unwrap();
        assert_eq!((old.len() as u64, old.last()), (LOG_BYTES, Some(&b'c')));
    }

    #[test]
    fn what_is_put_aside_goes_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::new(folder.path().join("key"));
        std::fs::write(files.log(), vec![b'a'; 1024 * 1024 + 1]).unwrap();
        let elsewhere = folder.path().join("elsewhere");
        std::os::unix::fs::symlink(&elsewhere, files.old_log()).unwrap();
        assert!(bound_log(CWD, &files).unwrap());
        assert!(!elsewhere.exists() && std::fs::read(files.log()).unwrap().is_empty());
    }
}
