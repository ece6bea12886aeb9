//! The app that this process was asked to run.

use janua_backend::TOP;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// No script is longer, in bytes; what is behind is not looked at.
const WHOLE: u64 = 1024 * 1024;

/// An app, told from all others.
#[derive(Debug)]
pub(crate) struct App {
    /// What `janua` is to run: an absolute path, with a callable or without, or a module.
    pub(crate) word: OsString,
    /// The folder that its backend works in.
    pub(crate) folder: PathBuf,
    /// What it is behind its name: a script that is reached by a symbolic link is another once the link changes.
    pub(crate) real: PathBuf,
    /// The user who owns the script.
    pub(crate) owner: u32,
    /// The first bytes of the script, if it is one.
    pub(crate) top: Vec<u8>,
}

impl App {
    /// The app that `word` names: a file, as the kernel gives it to an interpreter, or whatever `janua cgi` takes.
    ///
    /// # Errors
    /// A sentence that says why there can be no backend of it.
    pub(crate) fn find(word: &OsStr) -> Result<Self, String> {
        let here =
            || std::env::current_dir().map_err(|error| format!("the working folder cannot be told: {error}"));
        let path = Path::new(word);
        let callable = || word.as_bytes().iter().rposition(|byte| *byte == b':');
        let (path, callable, is_file) = match (path.is_file(), callable()) {
            (false, Some(colon)) => {
                let (source, callable) = word.as_bytes().split_at(colon);
                let path = Path::new(OsStr::from_bytes(source));
                (path, OsStr::from_bytes(callable), path.is_file())
            }
            (is_file, _) => (path, OsStr::new(""), is_file),
        };
        if !is_file {
            // A module, or nothing at all: `janua` will say which.
            let folder = here()?;
            return Ok(Self {
                word: word.to_owned(),
                real: folder.clone(),
                folder,
                owner: 0,
                top: Vec::new(),
            });
        }
        let path = if path.is_absolute() {
            path.to_owned()
        } else {
            // Without the `./` that a shell puts before a name.
            here()?.join(path).components().collect()
        };
        let unreadable = |error| format!("{}: {error}", path.display());
        let real = std::fs::canonicalize(&path).map_err(unreadable)?;
        let mut file = File::open(&path).map_err(unreadable)?;
        let known = file.metadata().map_err(unreadable)?;
        if known.mode() & 0o002 != 0 {
            return Err(format!("{} can be written to by every user (chmod o-w)", path.display()));
        }
        let mut top = vec![0; usize::try_from(known.len()).map_or(TOP, |all| all.min(TOP))];
        let count = file.read(&mut top).map_err(unreadable)?;
        top.truncate(count);
        let folder = path.parent().unwrap_or(Path::new("/")).to_owned();
        let mut word = path.into_os_string();
        word.push(callable);
        Ok(Self { word, folder, real, owner: known.uid(), top })
    }

    /// What to call it in a log that it may share with other apps.
    pub(crate) fn name(&self) -> &[u8] {
        self.word.as_bytes()
    }

    /// What to say of a setting in the script that nobody reads. Takes longer than all the rest, so it is asked only
    /// where a backend is started.
    pub(crate) fn misplaced(&self) -> Option<String> {
        let mut script = Vec::new();
        File::open(&self.real).ok()?.take(WHOLE).read_to_end(&mut script).ok()?;
        janua_backend::misplaced(&script).map(|told| format!("{}: {told}", self.real.display()))
    }
}
