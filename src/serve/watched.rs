//! The files that a backend's code came from, as they were then.

use crate::Reload;
use janua_backend::{Seen, TOP, settings};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The clock by which the system dates files lags behind the one that programs ask, by up to one of its ticks.
const LAG: Duration = Duration::from_millis(20);

/// What a change of makes another backend necessary.
#[derive(Debug)]
pub(crate) struct Watched {
    /// Where the modules are that are watched.
    folders: Vec<PathBuf>,
    seen: Vec<Seen>,
    /// Files that were named and are not there. To make one of them is a change, too.
    missing: Vec<PathBuf>,
    top: Option<Top>,
}

/// The settings in a script. `janua-cgi` looks for a backend by them, so no request finds this one once they change.
#[derive(Debug)]
struct Top {
    /// The script when it was last read.
    seen: Seen,
    settings: Vec<Vec<u8>>,
}

impl Top {
    fn of(script: &Path) -> Option<Self> {
        let seen = Seen::now(script)?;
        let mut top = Vec::new();
        File::open(script).and_then(|file| file.take(TOP as u64).read_to_end(&mut top)).ok()?;
        Some(Self { seen, settings: settings(&top).map(|(_, setting)| setting.to_owned()).collect() })
    }

    /// True if other settings stand there now.
    fn differs(&mut self) -> bool {
        if !self.seen.differs() {
            return false;
        }
        // One that is gone may come back as it was.
        let Some(now) = Self::of(&self.seen.path) else { return false };
        self.seen = now.seen;
        self.settings != now.settings
    }
}

impl Watched {
    /// What is known before anything is loaded: the `script`, if the app is in one, and the files that were named.
    pub(crate) fn new(script: Option<&Path>, reload: &Reload) -> Self {
        let here = || std::env::current_dir().unwrap_or_default();
        let script = script.and_then(|script| std::path::absolute(script).ok());
        let folder = script.as_deref().and_then(Path::parent).map_or_else(here, Path::to_owned);
        let named = reload.files.iter().filter_map(|file| std::path::absolute(file).ok());
        let (mut folders, named): (Vec<_>, Vec<_>) = named.partition(|path| path.is_dir());
        folders.extend(reload.code.then_some(folder));
        let mut watched = Self { folders, seen: Vec::new(), missing: Vec::new(), top: None };
        watched.top = script.as_deref().and_then(Top::of);
        for path in script.filter(|_| reload.code).into_iter().chain(named) {
            match Seen::now(&path) {
                Some(seen) => watched.seen.push(seen),
                None => watched.missing.push(path),
            }
        }
        watched
    }

    /// Where modules are watched.
    pub(crate) fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// Takes note of files that code was loaded from at `since` or later. True if there were new ones among them.
    ///
    /// Such a file may have been changed again before it was looked at here; then nobody can say which of the two was
    /// loaded, so it is noted in a way that no file can match, and another backend will know.
    pub(crate) fn learn(&mut self, files: impl IntoIterator<Item = PathBuf>, since: SystemTime) -> bool {
        let doubtful = since.checked_sub(LAG).and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
        let doubtful = i128::try_from(doubtful.unwrap_or_default().as_nanos()).unwrap_or(i128::MAX);
        let known = self.seen.len();
        for path in files {
            if self.seen.iter().any(|seen| seen.path == path) {
                continue;
            }
            if let Some(mut seen) = Seen::now(path) {
                if seen.changed >= doubtful {
                    seen.changed = 0;
                }
                self.seen.push(seen);
            }
        }
        self.seen.len() > known
    }

    /// All files that are watched.
    pub(crate) fn seen(&self) -> &[Seen] {
        &self.seen
    }

    /// True if there are other settings in the script than there were.
    pub(crate) fn has_other_settings(&mut self) -> bool {
        self.top.as_mut().is_some_and(Top::differs)
    }

    /// True if a file has been made that was missing.
    pub(crate) fn has_appeared(&self) -> bool {
        self.missing.iter().any(|path| path.exists())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(files: Vec<PathBuf>) -> Reload {
        Reload { code: true, files }
    }

    #[test]
    fn the_script_is_noted_as_it_was_before_it_was_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("app.py");
        std::fs::write(&script, "1").unwrap();
        let mut watched = Watched::new(Some(&script), &code(Vec::new()));
        std::fs::write(&script, "12").unwrap();
        assert!(!watched.learn([script.clone()], SystemTime::now()));
        assert!(watched.seen().iter().all(Seen::differs));
        assert_eq!(watched.folders(), [folder.path()]);
    }

    #[test]
    fn a_folder_that_is_named_stands_for_the_modules_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let (scripts, modules) = (folder.path().join("cgi-bin"), folder.path().join("lib"));
        std::fs::create_dir(&scripts).unwrap();
        std::fs::create_dir(&modules).unwrap();
        let watched = Watched::new(Some(&scripts.join("app.cgi")), &code(vec![modules.clone()]));
        assert_eq!(watched.folders(), [modules.clone(), scripts]);
        // What Python writes there, or an editor, is no change of the code.
        std::fs::create_dir(modules.join("__pycache__")).unwrap();
        assert!(!watched.has_appeared() && watched.seen().is_empty());
    }

    #[test]
    fn a_module_that_is_no_older_than_its_loading_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (folder.path().join("old.py"), folder.path().join("new.py"));
        std::fs::write(&old, "").unwrap();
        std::thread::sleep(3 * LAG);
        let since = SystemTime::now();
        std::fs::write(&new, "").unwrap();
        let mut watched = Watched::new(None, &code(Vec::new()));
        assert!(watched.learn([old.clone(), new.clone(), folder.path().join("none.py")], since));
        let differ: Vec<_> =
            watched.seen().iter().filter(|seen| seen.differs()).map(|seen| &seen.path).collect();
        assert_eq!((watched.seen().len(), differ), (2, vec![&new]));
        assert!(!watched.learn([old], since));
    }

    #[test]
    fn other_settings_are_told_from_other_code_whatever_is_watched() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("app.py");
        let write = |text: &str| std::fs::write(&script, text).unwrap();
        write("# janua: threads = 1\nx = 1\n");
        let mut watched = Watched::new(Some(&script), &Reload { code: false, files: Vec::new() });
        write("# janua: threads = 1\nx = 1 + 1\n");
        assert!(!watched.has_other_settings());
        std::fs::remove_file(&script).unwrap();
        assert!(!watched.has_other_settings());
        write("# janua: threads = 2\nx = 1\n");
        assert!(watched.has_other_settings());
    }

    #[test]
    fn a_named_file_may_be_made_later() {
        let folder = tempfile::tempdir().unwrap();
        let restart = folder.path().join("restart.txt");
        let watched = Watched::new(None, &Reload { code: false, files: vec![restart.clone()] });
        assert!(!watched.has_appeared() && watched.seen().is_empty() && watched.folders().is_empty());
        std::fs::write(restart, "").unwrap();
        assert!(watched.has_appeared());
    }
}
