//! Where the backend of this request is, and how a connection to it is had.

use crate::app::App;
use crate::environment::kept;
use crate::failed;
use crate::folder::{self, privately};
use crate::key::Key;
use crate::settings::Settings;
use crate::start::{Start, unix_socket};
use janua_backend::{Files, Folder, Identity, Lock, State};
use rustix::fs::FileType;
use rustix::io::Errno;
use rustix::process::{getegid, geteuid, getgid, getuid};
use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long another process may hold the lock. What is done under it takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// The backend of an app, running or not.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    app: &'a App,
    executable: &'a Path,
    environment: Vec<(OsString, OsString)>,
    folder: Folder,
    /// By their names in the folder.
    files: Files,
}

/// Why there is no backend.
#[derive(Debug)]
pub(crate) enum NoBackend {
    /// The reason was noted by another request.
    Known,
    /// A sentence.
    Because(String),
}

/// A connection to a backend.
#[derive(Debug)]
pub(crate) struct Connected {
    pub(crate) socket: OwnedFd,
    /// This request started the backend.
    pub(crate) started: bool,
    /// The backend has not said yet what its code came from: it may still be loading it.
    pub(crate) loading: bool,
    /// Which socket it came by. `None` if that was gone before this process could look.
    pub(crate) identity: Option<Identity>,
}

impl<'a> Place<'a> {
    /// The place of the backend for this app, as this environment wants it.
    ///
    /// # Errors
    /// There is none: a sentence that says why.
    pub(crate) fn find(app: &'a App, executable: &'a Path) -> Result<Self, String> {
        if getuid() != geteuid() || getgid() != getegid() {
            return Err("this process has rights that its starter has not".to_owned());
        }
        let variable = |name: &str| std::env::var_os(name);
        let settings = Settings::read(&app.top, variable)?;
        let environment = kept(std::env::vars_os(), &settings.environment);
        // Beside the script, or wherever it says.
        let chosen = settings.folder.map(|folder| app.folder.join(folder));
        let runtime = variable("XDG_RUNTIME_DIR");
        let folder = folder::open(&Folder::place(chosen.as_deref(), runtime.as_deref().map(Path::new)))?;
        let files = Files::new(key(app, executable, &environment));
        Ok(Self { app, executable, environment, folder, files })
    }

    /// A connection to the backend, which is started if need be: by one of all those who come here at the same time.
    ///
    /// # Errors
    /// No backend can be had.
    pub(crate) fn connect(&self) -> Result<Connected, NoBackend> {
        let end = Instant::now() + PATIENCE;
        let mut pause = Duration::from_millis(1);
        loop {
            if let Some(connected) = self.look()? {
                return Ok(connected);
            }
            if failed::is_recent(&self.folder, &self.files.failed()) {
                return Err(NoBackend::Known);
            }
            if let Some(lock) = self.lock()? {
                return self.start(&lock);
            }
            if Instant::now() > end {
                let path = self.folder.path().join(self.files.lock());
                let why = format!("another process holds {} for too long", path.display());
                return Err(NoBackend::Because(why));
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }

    fn lock(&self) -> Result<Option<Lock>, NoBackend> {
        privately(|| Lock::take_in(&self.folder, &self.files.lock())).map_err(|error| {
            let folder = self.folder.path().display();
            NoBackend::Because(format!("no lock can be had in {folder}: {error}"))
        })
    }

    fn start(&self, _lock: &Lock) -> Result<Connected, NoBackend> {
        // Whoever held the lock before may have done the work, or found that it cannot be done.
        if let Some(connected) = self.look()? {
            return Ok(connected);
        }
        if failed::is_recent(&self.folder, &self.files.failed()) {
            return Err(NoBackend::Known);
        }
        let start = Start { app: self.app, executable: self.executable, environment: &self.environment };
        let socket = start.perform(&self.folder, &self.files).map_err(|why| self.failed(why))?;
        Ok(Connected { socket, started: true, loading: true, identity: self.identity() })
    }

    /// True if the code of the backend with this socket has changed.
    pub(crate) fn is_stale(&self, identity: Option<Identity>) -> bool {
        // In this order: whoever replaces a backend puts the new socket in its place first, then removes the state.
        self.is_code_stale() == Some(true) || identity.is_none() || self.identity() != identity
    }

    fn identity(&self) -> Option<Identity> {
        self.folder.stat(&self.files.socket()).as_ref().map(Identity::of)
    }

    /// `None` while the backend has said nothing yet.
    fn is_code_stale(&self) -> Option<bool> {
        State::is_stale_in(&self.folder, &self.files.state())
    }

    /// Notes that the backend which this request started has ended before it took the request: it was the first.
    pub(crate) fn fell(&self) -> NoBackend {
        self.failed(self.ended())
    }

    fn ended(&self) -> String {
        format!(
            "it ended before it took a request; {} may say why",
            self.folder.path().join(self.files.log()).display()
        )
    }

    fn failed(&self, why: String) -> NoBackend {
        // Several requests may have tried before the first of them could say so.
        if failed::is_recent(&self.folder, &self.files.failed()) {
            return NoBackend::Known;
        }
        failed::note(&self.folder, &self.files.failed(), &why);
        NoBackend::Because(why)
    }

    /// A connection to a backend that is there and up to date.
    fn look(&self) -> Result<Option<Connected>, NoBackend> {
        let stale = self.is_code_stale();
        if stale == Some(true) {
            return Ok(None);
        }
        let found = self.dial().map_err(NoBackend::Because)?;
        Ok(found.map(|connected| Connected { loading: stale.is_none(), ..connected }))
    }

    /// A connection to whoever listens; `None` if nobody does.
    fn dial(&self) -> Result<Option<Connected>, String> {
        let path = || self.folder.path().join(self.files.socket());
        let Some(found) = self.folder.stat(&self.files.socket()) else { return Ok(None) };
        let user = geteuid();
        if FileType::from_raw_mode(found.st_mode) != FileType::Socket
            || found.st_uid != user.as_raw()
            || found.st_mode & 0o077 != 0
        {
            return Err(format!("{} is no socket of this user's alone: refused", path().display()));
        }
        let failed = |error: Errno| format!("{}: {error}", path().display());
        let socket = unix_socket().map_err(|error| format!("no socket can be made: {error}"))?;
        let address = self.folder.address(&self.files.socket()).map_err(failed)?;
        loop {
            match rustix::net::connect(&socket, &address) {
                Ok(()) => break,
                Err(Errno::INTR) => {}
                Err(Errno::NOENT | Errno::CONNREFUSED) => return Ok(None),
                Err(error) => return Err(failed(error)),
            }
        }
        let peer = rustix::net::sockopt::socket_peercred(&socket).map_err(failed)?;
        if peer.uid != user {
            return Err(format!("the user {} listens at {}: refused", peer.uid, path().display()));
        }
        Ok(Some(Connected { socket, started: false, loading: false, identity: Some(Identity::of(&found)) }))
    }
}

fn key(app: &App, executable: &Path, environment: &[(OsString, OsString)]) -> String {
    let mut key = Key::new();
    key.add("1");
    key.add(env!("CARGO_PKG_VERSION"));
    key.add(app.word.as_bytes());
    key.add(app.folder.as_os_str().as_bytes());
    key.add(app.real.as_os_str().as_bytes());
    for number in [app.owner, geteuid().as_raw(), getegid().as_raw()] {
        key.add(number.to_ne_bytes());
    }
    key.add(executable.as_os_str().as_bytes());
    if let Ok(found) = std::fs::metadata(executable) {
        // Installed anew, it stands for other code beside it.
        for number in [found.ino().cast_signed(), found.mtime(), found.mtime_nsec()] {
            key.add(number.to_ne_bytes());
        }
    }
    key.add(environment.len().to_ne_bytes());
    janua_backend::settings(&app.top).for_each(|(_, line)| key.add(line));
    for (name, value) in environment {
        key.add(name.as_bytes());
        key.add(value.as_bytes());
    }
    key.digits()
}
