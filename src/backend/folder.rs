//! The private folder in which a user's backends are.

use crate::Files;
use crate::peer::address_in;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use rustix::net::SocketAddrUnix;
use rustix::process::geteuid;
use std::collections::BTreeSet;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

/// A folder that belongs to this user alone. What is done in it is done in the one that was looked at, should another
/// have come into its place since.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    descriptor: OwnedFd,
}

/// A folder that is not to be used. One line, without the folder's name.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// There is none: no backend has been started yet.
    #[error("it does not exist")]
    Absent,
    /// Something else has the name. A symbolic link is followed nowhere: another user may have put it there.
    #[error("it is no folder, or a symbolic link to one")]
    NotAFolder,
    /// Another user made it.
    #[error("it belongs to the user {owner}, not to the user {user}")]
    OtherOwner {
        /// Whose it is.
        owner: u32,
        /// Who asks.
        user: u32,
    },
    /// Others than its owner may look into it or change it.
    #[error("its mode is {mode:04o}, so it is open to other users (chmod 700)")]
    Open {
        /// The permission bits that it has.
        mode: u32,
    },
    /// The system does not tell.
    #[error("{0}")]
    System(#[from] io::Error),
}

/// How long a key is: hexadecimal digits.
const KEY: usize = 32;

impl Folder {
    /// Where the backends of this user are: in `setting` (`cgi_folder`), else in the folder `janua` of the user's
    /// `runtime` folder (`XDG_RUNTIME_DIR`) if that exists and is the user's own, else in `/tmp`.
    pub fn place(setting: Option<&Path>, runtime: Option<&Path>) -> PathBuf {
        let user = geteuid().as_raw();
        let own = |path: &&Path| {
            path.is_absolute()
                && rustix::fs::stat(*path).is_ok_and(|found| {
                    FileType::from_raw_mode(found.st_mode).is_dir() && found.st_uid == user
                })
        };
        match (setting, runtime.filter(own)) {
            (Some(setting), _) => setting.to_owned(),
            (None, Some(runtime)) => runtime.join("janua"),
            (None, None) => PathBuf::from(format!("/tmp/janua-{user}")),
        }
    }

    /// The folder at `path`, if it can be trusted.
    ///
    /// # Errors
    /// It is not there, or somebody else could have put something into it.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, FolderError> {
        let path = path.into();
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let descriptor = rustix::fs::open(&path, flags, Mode::empty()).map_err(|error| match error {
            Errno::NOENT => FolderError::Absent,
            Errno::NOTDIR | Errno::LOOP => FolderError::NotAFolder,
            _ => FolderError::System(error.into()),
        })?;
        let found = rustix::fs::fstat(&descriptor).map_err(io::Error::from)?;
        let (owner, user, mode) = (found.st_uid, geteuid().as_raw(), found.st_mode & 0o7777);
        if owner != user {
            Err(FolderError::OtherOwner { owner, user })
        } else if mode & 0o077 != 0 {
            Err(FolderError::Open { mode })
        } else {
            Ok(Self { path, descriptor })
        }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is known of the file of this name itself, should it be a symbolic link. `None` if there is none.
    pub fn stat(&self, name: &Path) -> Option<Stat> {
        rustix::fs::statat(self, name, AtFlags::SYMLINK_NOFOLLOW).ok()
    }

    /// Opens a file, but not by way of a symbolic link. If `flags` have it made, then for this user.
    ///
    /// # Errors
    /// It is not there, or what stands there cannot be opened so.
    pub fn file(&self, name: &Path, flags: OFlags) -> rustix::io::Result<OwnedFd> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        rustix::fs::openat(self, name, flags, Mode::RUSR | Mode::WUSR)
    }

    /// Removes a file, if it is there.
    pub fn remove(&self, name: &Path) {
        // Whoever needs the name next finds out, should it still be taken.
        let _ = rustix::fs::unlinkat(self, name, AtFlags::empty());
    }

    /// Puts a file in the place of another.
    ///
    /// # Errors
    /// It is not there, or the folder cannot be written to.
    pub fn rename(&self, from: &Path, to: &Path) -> rustix::io::Result<()> {
        rustix::fs::renameat(self, from, self, to)
    }

    /// The address of the socket of this name, to be used while the folder is open.
    ///
    /// # Errors
    /// The name is too long for the system.
    pub fn address(&self, name: &Path) -> rustix::io::Result<SocketAddrUnix> {
        SocketAddrUnix::new(self.path.join(name)).or_else(|_| address_in(self, name))
    }

    /// Every backend that has left a file here, in the order of their keys.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn backends(&self) -> io::Result<Vec<Files>> {
        let mut keys = BTreeSet::new();
        for entry in std::fs::read_dir(&self.path)? {
            let name = entry?.file_name();
            let key = name.to_str().and_then(|name| name.split('.').next()).unwrap_or_default();
            if key.len() == KEY && key.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                keys.insert(key.to_owned());
            }
        }
        Ok(keys.into_iter().map(|key| Files::new(self.path.join(key))).collect())
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
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn made(mode: u32) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        set_permissions(folder.path(), Permissions::from_mode(mode)).unwrap();
        folder
    }

    #[test]
    fn only_a_folder_that_nobody_else_can_get_into_is_used() {
        assert!(Folder::open(made(0o700).path()).is_ok());
        for mode in [0o701, 0o710, 0o750, 0o755, 0o777, 0o1777] {
            let folder = made(mode);
            let error = Folder::open(folder.path()).unwrap_err();
            assert!(matches!(error, FolderError::Open { mode: found } if found == mode), "{error}");
        }
    }

    #[test]
    fn a_link_to_a_good_folder_is_refused_as_well_as_a_file() {
        let folder = made(0o700);
        let (link, file) = (folder.path().join("link"), folder.path().join("file"));
        symlink(folder.path(), &link).unwrap();
        std::fs::write(&file, "").unwrap();
        for path in [link, file] {
            assert!(matches!(Folder::open(path), Err(FolderError::NotAFolder)));
        }
        assert!(matches!(Folder::open(folder.path().join("none")), Err(FolderError::Absent)));
    }

    #[test]
    fn the_place_is_the_setting_else_the_runtime_folder_else_tmp() {
        let folder = made(0o700);
        let tmp = PathBuf::from(format!("/tmp/janua-{}", geteuid().as_raw()));
        assert_eq!(Folder::place(Some(Path::new("/x")), Some(folder.path())), Path::new("/x"));
        assert_eq!(Folder::place(None, Some(folder.path())), folder.path().join("janua"));
        assert_eq!(Folder::place(None, Some(&folder.path().join("none"))), tmp);
        assert_eq!(Folder::place(None, Some(Path::new(""))), tmp);
        assert_eq!(Folder::place(None, None), tmp);
    }

    #[test]
    fn backends_are_what_their_files_are_called() {
        let folder = made(0o700);
        let (one, other) = ("0".repeat(32), "f".repeat(32));
        for name in
            [format!("{other}.lock"), format!("{one}.socket"), format!("{one}.state"), "x.lock".into()]
        {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let found = Folder::open(folder.path()).unwrap().backends().unwrap();
        assert_eq!(found.iter().map(Files::key).collect::<Vec<_>>(), [one, other]);
    }
}
