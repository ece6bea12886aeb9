//! A file as it was when code was loaded from it.

use std::fs::Metadata;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// What tells whether a file has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Which file. Absolute; a symbolic link is followed.
    pub path: PathBuf,
    /// When it was changed, in nanoseconds since the epoch. 0: it may have changed while it was loaded.
    pub changed: i128,
    /// Bytes.
    pub size: u64,
    /// Its inode: an editor may put a new file in the place of the old one.
    pub inode: u64,
}

impl Seen {
    /// The file at `path` as it is now. `None` if there is no such file.
    pub fn now(path: impl Into<PathBuf>) -> Option<Self> {
        let path = path.into();
        let found = std::fs::metadata(&path).ok()?;
        Some(Self { changed: changed(&found), size: found.size(), inode: found.ino(), path })
    }

    /// Whether the file is another one now, or gone.
    pub fn differs(&self) -> bool {
        Self::now(&self.path).as_ref() != Some(self)
    }

    /// One line of a state file, without its end. `None` for a path that would not stay on one line.
    pub(crate) fn line(&self) -> Option<Vec<u8>> {
        let path = self.path.as_os_str().as_bytes();
        let mut line = format!("file {} {} {} ", self.changed, self.size, self.inode).into_bytes();
        line.extend_from_slice(path);
        (!path.contains(&b'\n')).then_some(line)
    }

    /// The value of such a line.
    pub(crate) fn parse(value: &[u8]) -> Option<Self> {
        let mut parts = value.splitn(4, |byte| *byte == b' ');
        let mut number = || std::str::from_utf8(parts.next()?).ok();
        let changed = number()?.parse().ok()?;
        let size = number()?.parse().ok()?;
        let inode = number()?.parse().ok()?;
        let path = PathBuf::from(std::ffi::OsString::from_vec(parts.next()?.to_vec()));
        path.is_absolute().then_some(Self { path, changed, size, inode })
    }
}

fn changed(found: &Metadata) -> i128 {
    i128::from(found.mtime()) * 1_000_000_000 + i128::from(found.mtime_nsec())
}
