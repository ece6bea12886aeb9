//! What can be found out about a backend from outside, and how to end it.

use crate::{Files, Folder, Lock, Memory, Peer, State, probe};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

/// How a backend fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// It answers requests.
    Serving,
    /// It loads its app.
    Starting,
    /// It answers, but its code has changed: the next request starts another.
    Outdated,
    /// Its app could not be loaded, for this reason; it answers with status 500 for a few seconds.
    Broken(String),
    /// Its process is gone, or about to go, and has left its socket behind.
    Dead,
    /// Its socket is not one of this user's processes. It is not to be touched.
    Foreign(String),
    /// None could be started, for this reason, a moment ago.
    Failed(String),
}

/// A backend, as it shows from outside.
#[derive(Debug, Clone, PartialEq)]
pub struct Backend {
    /// Its files.
    pub files: Files,
    /// The app, as the backend was given it, if it got so far as to say so.
    pub app: Option<PathBuf>,
    /// Its process.
    pub pid: Option<i32>,
    /// How long it has been there.
    pub age: Option<Duration>,
    /// Requests that it has answered. A busy backend says so once a second.
    pub requests: Option<u64>,
    /// Bytes of memory that it takes; what it shares with other processes is counted in part.
    pub memory: Option<u64>,
    /// How it fares.
    pub condition: Condition,
}

/// What became of a backend that was to be stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stopped {
    /// It has ended.
    Ended,
    /// It was told to end, and finishes the requests that it has.
    Ending,
    /// It was gone already; what it had left was removed.
    WasGone,
    /// It was left alone, for this reason.
    Refused(String),
}

/// How long a failure to start is of interest.
const FAILED: Duration = Duration::from_secs(60);

/// For how long what a backend had printed is kept after its end.
const LOG: Duration = Duration::from_secs(7 * 24 * 3600);

/// How long a backend may take to end before it is said to be still ending.
const ENDING: Duration = Duration::from_secs(5);

/// How long it is waited for the lock of a backend.
const PATIENCE: Duration = Duration::from_secs(1);

/// The backends in `folder` in the order of their apps.
///
/// # Errors
/// The folder cannot be read.
pub fn list(folder: &Folder) -> io::Result<Vec<Backend>> {
    let mut found: Vec<_> = folder.backends()?.into_iter().filter_map(Backend::look).collect();
    found.sort_by(|one, other| (&one.app, one.age).cmp(&(&other.app, other.age)));
    Ok(found)
}

impl Backend {
    /// What there is to say about the backend of these files; `None` if there is none, only what an earlier one left.
    pub fn look(files: Files) -> Option<Self> {
        let state = State::read(&files);
        let (pid, condition) = match files.socket_identity().map(|_| probe(&files.socket())) {
            Some(Ok(Peer::Process(pid))) => (Some(pid), live(state.as_ref(), pid)),
            Some(Ok(Peer::Full)) => (state.as_ref().map(|state| state.pid), Condition::Serving),
            Some(Ok(Peer::Nobody)) => (None, Condition::Dead),
            Some(Ok(Peer::Stranger(user))) => {
                (None, Condition::Foreign(format!("user {user} listens on its socket")))
            }
            // It has gone since.
            Some(Err(error)) if error.kind() == io::ErrorKind::NotFound => return None,
            Some(Err(error)) => (None, Condition::Foreign(error.to_string())),
            None => match failure(&files) {
                Some(why) => (None, Condition::Failed(why)),
                None if state.is_some() => (None, Condition::Dead),
                None => return None,
            },
        };
        let of_this = |state: &&State| pid.is_none_or(|pid| pid == state.pid);
        let said = state.as_ref().filter(of_this);
        Some(Self {
            app: state.as_ref().map(|state| state.app.clone()),
            age: said.and_then(|state| SystemTime::now().duration_since(state.started).ok()),
            requests: said.map(|state| state.requests),
            memory: pid.and_then(Memory::of).map(|memory| memory.taken),
            files,
            pid,
            condition,
        })
    }

    /// Ends the backend as SIGTERM does: it finishes the requests that it has. Only a process that listens on the
    /// backend's socket, is one of this user's and is called so by the backend's own state gets the signal.
    pub fn stop(&self) -> Stopped {
        match &self.condition {
            Condition::Foreign(why) => return Stopped::Refused(why.clone()),
            Condition::Dead | Condition::Failed(_) => return self.remove(),
            _ => {}
        }
        let told = match probe(&self.files.socket()) {
            Ok(Peer::Process(pid)) => pid,
            Ok(Peer::Full) => return Stopped::Refused("too many requests wait for it; try again".to_owned()),
            Ok(Peer::Stranger(user)) => {
                return Stopped::Refused(format!("user {user} listens on its socket"));
            }
            Ok(Peer::Nobody) | Err(_) => return self.remove(),
        };
        let said = State::read(&self.files).map(|state| state.pid);
        match Pid::from_raw(told).filter(|_| said == Some(told)) {
            None => Stopped::Refused(format!(
                "process {told} listens on its socket and has not said yet that it is the backend; try again"
            )),
            Some(pid) => match kill_process(pid, Signal::TERM) {
                Ok(()) => self.wait(pid),
                Err(error) => Stopped::Refused(format!("process {told} cannot be told: {error}")),
            },
        }
    }

    fn wait(&self, pid: Pid) -> Stopped {
        let end = Instant::now() + ENDING;
        while test_kill_process(pid).is_ok() {
            if Instant::now() >= end {
                return Stopped::Ending;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.remove();
        Stopped::Ended
    }

    fn remove(&self) -> Stopped {
        remove(&self.files)
    }
}

/// Removes what backends that are gone have left in `folder`; of what they printed, what is old.
///
/// # Errors
/// The folder cannot be read.
pub fn tidy(folder: &Folder) -> io::Result<()> {
    for files in folder.backends()? {
        if Backend::look(files.clone()).is_none() {
            // What cannot be removed now can be the next time.
            remove(&files);
        }
    }
    Ok(())
}

/// Removes what the backend of these files has left, unless another has come meanwhile.
fn remove(files: &Files) -> Stopped {
    let lock = match Lock::wait(files, PATIENCE) {
        Ok(Some(lock)) => lock,
        Ok(None) => return Stopped::Refused("another is being started; try again".to_owned()),
        Err(error) => return Stopped::Refused(error.to_string()),
    };
    if files.socket_identity().is_some() && !matches!(probe(&files.socket()), Ok(Peer::Nobody)) {
        return Stopped::Refused("another has been started meanwhile".to_owned());
    }
    let logs = [files.log(), files.old_log()].into_iter().filter(|log| age(log).is_some_and(|age| age > LOG));
    for path in [files.state(), files.failed(), files.socket()].into_iter().chain(logs) {
        // What is not there need not be removed; what cannot be shows up the next time.
        let _ = std::fs::remove_file(path);
    }
    lock.discard(files);
    Stopped::WasGone
}

/// How a process fares that listens.
fn live(state: Option<&State>, pid: i32) -> Condition {
    match state.filter(|state| state.pid == pid) {
        None => Condition::Starting,
        Some(state) if state.is_stale() => Condition::Outdated,
        Some(state) if state.broken => Condition::Broken(state.reason.clone()),
        Some(_) => Condition::Serving,
    }
}

fn failure(files: &Files) -> Option<String> {
    let path = files.failed();
    age(&path).filter(|age| *age < FAILED)?;
    let text = std::fs::read(path).ok()?;
    Some(String::from_utf8_lossy(&text).lines().next().unwrap_or_default().to_owned())
}

fn age(path: &std::path::Path) -> Option<Duration> {
    let found = std::fs::symlink_metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    SystemTime::now().duration_since(found.modified().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seen;
    use std::os::unix::net::UnixListener;

    fn files(folder: &tempfile::TempDir) -> Files {
        Files::new(folder.path().join("0123456789abcdef0123456789abcdef"))
    }

    fn state(pid: i32) -> State {
        State {
            pid,
            started: SystemTime::now(),
            broken: false,
            reason: String::new(),
            requests: 3,
            app: "/app.py".into(),
            files: Vec::new(),
        }
    }

    fn me() -> i32 {
        rustix::process::getpid().as_raw_nonzero().get()
    }

    #[test]
    fn who_listens_decides_and_not_who_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(&folder);
        let socket = UnixListener::bind(files.socket()).unwrap();
        assert_eq!(Backend::look(files.clone()).unwrap().condition, Condition::Starting);
        state(me()).write(&files).unwrap();
        let found = Backend::look(files.clone()).unwrap();
        assert_eq!((found.condition, found.pid, found.requests), (Condition::Serving, Some(me()), Some(3)));
        // A state that names another process gets nobody a signal.
        state(1).write(&files).unwrap();
        let found = Backend::look(files.clone()).unwrap();
        assert_eq!(
            (found.condition.clone(), found.pid, found.requests),
            (Condition::Starting, Some(me()), None)
        );
        assert!(matches!(found.stop(), Stopped::Refused(_)));
        drop(socket);
        assert_eq!(Backend::look(files).unwrap().condition, Condition::Dead);
    }

    #[test]
    fn a_broken_backend_is_broken_until_its_code_changes() {
        let folder = tempfile::tempdir().unwrap();
        let (files, app) = (files(&folder), folder.path().join("app.py"));
        let _socket = UnixListener::bind(files.socket()).unwrap();
        std::fs::write(&app, "a").unwrap();
        let watched = vec![Seen::now(&app).unwrap()];
        let reason = || "ImportError: no".to_owned();
        State { broken: true, reason: reason(), files: watched, ..state(me()) }.write(&files).unwrap();
        assert_eq!(Backend::look(files.clone()).unwrap().condition, Condition::Broken(reason()));
        std::fs::write(&app, "ab").unwrap();
        assert_eq!(Backend::look(files).unwrap().condition, Condition::Outdated);
    }

    #[test]
    fn what_the_dead_left_is_removed_but_for_a_new_log() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(&folder);
        drop(UnixListener::bind(files.socket()).unwrap());
        state(me()).write(&files).unwrap();
        std::fs::write(files.log(), "Traceback").unwrap();
        let dead = Backend::look(files.clone()).unwrap();
        assert_eq!(dead.stop(), Stopped::WasGone);
        assert!(files.log().exists() && !files.lock().exists());
        assert!(!files.socket().exists() && !files.state().exists());
        assert_eq!(Backend::look(files.clone()), None);
        // That becomes old, and then it goes as well.
        let old = SystemTime::now() - 2 * LOG;
        std::fs::File::options().append(true).open(files.log()).unwrap().set_modified(old).unwrap();
        std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        tidy(&Folder::open(folder.path()).unwrap()).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        // Who came meanwhile is not touched.
        let _socket = UnixListener::bind(files.socket()).unwrap();
        assert!(matches!(dead.stop(), Stopped::Refused(_)));
        assert!(files.socket().exists());
    }

    #[test]
    fn a_backend_that_could_not_be_started_is_shown_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(&folder);
        std::fs::write(files.failed(), "no more processes\n").unwrap();
        let found = Backend::look(files).unwrap();
        assert_eq!(found.condition, Condition::Failed("no more processes".to_owned()));
    }

    #[test]
    fn a_file_in_the_place_of_the_socket_is_no_backend() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(&folder);
        std::fs::write(files.socket(), "").unwrap();
        assert_eq!(Backend::look(files), None);
    }
}
