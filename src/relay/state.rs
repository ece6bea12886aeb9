//! What a backend has written about itself.

use crate::folder::Folder;
use rustix::fs::OFlags;
use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The first line of a file that this version understands.
const VERSION: &[u8] = b"janua-cgi 1";

/// The text that a backend wrote when its app was loaded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct State {
    text: Vec<u8>,
}

impl State {
    /// `None` as long as the backend has written nothing.
    pub(crate) fn read(folder: &Folder, name: &str) -> Option<Self> {
        let mut text = Vec::new();
        let file = folder.file(name, OFlags::RDONLY).ok()?;
        File::from(file).read_to_end(&mut text).ok()?;
        Some(Self { text })
    }

    /// True if a file that the backend was loaded from is another by now.
    pub(crate) fn is_stale(&self) -> bool {
        let mut lines = self.text.split(|byte| *byte == b'\n');
        lines.next() != Some(VERSION)
            || lines
                .filter_map(|line| line.strip_prefix(b"file "))
                .any(|line| has_changed(line).unwrap_or(true))
    }
}

/// `None` if the line is not understood.
fn has_changed(line: &[u8]) -> Option<bool> {
    let mut words = line.splitn(4, |byte| *byte == b' ');
    let mut number = || std::str::from_utf8(words.next()?).ok()?.parse::<i128>().ok();
    let recorded = [number()?, number()?, number()?];
    let path = Path::new(OsStr::from_bytes(words.next()?));
    Some(!std::fs::metadata(path).is_ok_and(|found| identity(&found) == recorded))
}

/// Nanoseconds of the last change, bytes, inode.
fn identity(found: &Metadata) -> [i128; 3] {
    let changed = i128::from(found.mtime()) * 1_000_000_000 + i128::from(found.mtime_nsec());
    [changed, found.size().into(), found.ino().into()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(file: &str) -> State {
        State { text: format!("janua-cgi 1\npid 1\nlater something\n{file}").into_bytes() }
    }

    #[test]
    fn a_file_that_changed_in_any_way_makes_it_stale() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a name with spaces.py");
        std::fs::write(&path, "x = 1").unwrap();
        let [changed, size, inode] = identity(&std::fs::metadata(&path).unwrap());
        let line =
            |changed, size, inode| state(&format!("file {changed} {size} {inode} {}\n", path.display()));
        assert!(!line(changed, size, inode).is_stale());
        assert!(line(changed - 1, size, inode).is_stale());
        assert!(line(changed, size + 1, inode).is_stale());
        assert!(line(changed, size, inode + 1).is_stale());
        std::fs::remove_file(&path).unwrap();
        assert!(line(changed, size, inode).is_stale());
    }

    #[test]
    fn what_is_not_understood_is_stale() {
        assert!(!state("").is_stale());
        for line in ["file 1 2", "file a 2 3 /", "file"] {
            assert!(line == "file" || state(line).is_stale(), "{line}");
        }
        assert!(State { text: b"janua-cgi 2\n".to_vec() }.is_stale());
        assert!(State { text: Vec::new() }.is_stale());
    }
}
