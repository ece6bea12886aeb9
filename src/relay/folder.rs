//! The private folder that holds the files of a user's backends, made if there is none.

use janua_backend::{Folder, FolderError};
use rustix::fs::Mode;
use rustix::io::Errno;
use std::path::Path;

/// Opens the folder, and makes it if there is none.
///
/// # Errors
/// It cannot be had, or others than this user have a say in it: a sentence that says so.
pub(crate) fn open(path: &Path) -> Result<Folder, String> {
    let refused = |why: &str| format!("{}: {why} (setting cgi_folder names another)", path.display());
    let opened = match Folder::open(path) {
        Err(FolderError::Absent) => match masked(OTHERS, || rustix::fs::mkdir(path, Mode::RWXU)) {
            // Another request may have been faster.
            Ok(()) | Err(Errno::EXIST) => Folder::open(path),
            Err(error) => return Err(refused(&format!("it cannot be made: {error}"))),
        },
        opened => opened,
    };
    opened.map_err(|error| refused(&format!("{error}: refused")))
}

/// Makes a file or a socket for this user alone, to read and to write, whatever the umask.
pub(crate) fn privately<T>(make: impl FnOnce() -> T) -> T {
    masked(OTHERS | Mode::XUSR, make)
}

const OTHERS: Mode = Mode::RWXG.union(Mode::RWXO);

fn masked<T>(mask: Mode, make: impl FnOnce() -> T) -> T {
    let before = rustix::process::umask(mask);
    let made = make();
    rustix::process::umask(before);
    made
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn it_is_made_once_and_for_this_user_alone() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("janua");
        for _ in 0..2 {
            let folder = open(&path).unwrap();
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o700);
            assert!(folder.stat(Path::new("nothing")).is_none());
        }
    }

    #[test]
    fn what_others_have_a_say_in_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let (real, link) = (parent.path().join("real"), parent.path().join("link"));
        open(&real).unwrap();
        symlink(&real, &link).unwrap();
        assert!(open(&link).unwrap_err().contains("symbolic link"));
        std::fs::set_permissions(&real, PermissionsExt::from_mode(0o710)).unwrap();
        assert!(open(&real).unwrap_err().contains("open to other users"));
        assert!(open(Path::new("/nowhere/janua")).unwrap_err().contains("cannot be made"));
    }
}
