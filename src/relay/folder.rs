//! The private folder that holds the files of a user's backends.

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use rustix::process::geteuid;
use std::ffi::OsString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

/// A folder that was found to be this user's alone.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    descriptor: OwnedFd,
}

const OPEN: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Where the folder is if nobody says otherwise.
pub(crate) fn place(variable: impl Fn(&str) -> Option<OsString>) -> PathBuf {
    let user = geteuid();
    let runtime =
        variable("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute()).filter(|path| {
            rustix::fs::stat(path).is_ok_and(|found| {
                FileType::from_raw_mode(found.st_mode).is_dir() && found.st_uid == user.as_raw()
            })
        });
    match runtime {
        Some(path) => path.join("janua"),
        None => PathBuf::from(format!("/tmp/janua-{user}")),
    }
}

impl Folder {
    /// Opens the folder, and makes it if there is none.
    ///
    /// # Errors
    /// It cannot be had, or others than this user have a say in it: a sentence that says so.
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        let refused = |why: &str| format!("{} {why} (setting cgi_folder names another)", path.display());
        let opened = match rustix::fs::open(path, OPEN, Mode::empty()) {
            Err(Errno::NOENT) => {
                let mask = rustix::process::umask(Mode::RWXG | Mode::RWXO);
                let made = rustix::fs::mkdir(path, Mode::RWXU);
                rustix::process::umask(mask);
                match made {
                    // Another request was faster.
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(error) => return Err(refused(&format!("cannot be made: {error}"))),
                }
                rustix::fs::open(path, OPEN, Mode::empty())
            }
            opened => opened,
        };
        let descriptor = match opened {
            Ok(descriptor) => descriptor,
            Err(Errno::NOTDIR | Errno::LOOP) => {
                return Err(refused("is a symbolic link or no folder: refused"));
            }
            Err(error) => return Err(refused(&format!("cannot be opened: {error}"))),
        };
        let found = rustix::fs::fstat(&descriptor).map_err(|error| refused(&error.to_string()))?;
        if found.st_uid != geteuid().as_raw() {
            return Err(refused(&format!("belongs to the user {}: refused", found.st_uid)));
        }
        if found.st_mode & 0o077 != 0 {
            return Err(refused("is open to other users (chmod 700): refused"));
        }
        Ok(Self { path: path.to_owned(), descriptor })
    }

    /// What is known of the file of this name itself, should it be a symbolic link.
    pub(crate) fn stat(&self, name: &str) -> Option<Stat> {
        rustix::fs::statat(self, name, AtFlags::SYMLINK_NOFOLLOW).ok()
    }

    /// Opens a file. It is made, if `flags` say so, for this user alone, whatever the umask.
    pub(crate) fn file(&self, name: &str, flags: OFlags) -> rustix::io::Result<OwnedFd> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        if !flags.contains(OFlags::CREATE) {
            return rustix::fs::openat(self, name, flags, Mode::empty());
        }
        let mask = rustix::process::umask(Mode::RWXG | Mode::RWXO);
        let opened = rustix::fs::openat(self, name, flags, Mode::RUSR | Mode::WUSR);
        rustix::process::umask(mask);
        opened
    }

    /// Removes a file, if it is there.
    pub(crate) fn remove(&self, name: &str) {
        // Whoever needs the name next finds out, should it still be taken.
        let _ = rustix::fs::unlinkat(self, name, AtFlags::empty());
    }

    pub(crate) fn rename(&self, from: &str, to: &str) -> rustix::io::Result<()> {
        rustix::fs::renameat(self, from, self, to)
    }
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
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
            let folder = Folder::open(&path).unwrap();
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o700);
            assert!(folder.stat("nothing").is_none());
        }
    }

    #[test]
    fn what_others_have_a_say_in_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let (real, link, open) =
            (parent.path().join("real"), parent.path().join("link"), parent.path().join("open"));
        Folder::open(&real).unwrap();
        symlink(&real, &link).unwrap();
        assert!(Folder::open(&link).unwrap_err().contains("symbolic link"));
        std::fs::create_dir(&open).unwrap();
        std::fs::set_permissions(&open, PermissionsExt::from_mode(0o710)).unwrap();
        assert!(Folder::open(&open).unwrap_err().contains("open to other users"));
        std::fs::write(parent.path().join("file"), "").unwrap();
        assert!(Folder::open(&parent.path().join("file")).unwrap_err().contains("no folder"));
        assert!(Folder::open(Path::new("/nowhere/janua")).unwrap_err().contains("cannot be made"));
    }
}
