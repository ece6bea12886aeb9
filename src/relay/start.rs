//! Starting a backend: a process of its own that outlives the request and the server's process group.

use crate::app::App;
use crate::folder::privately;
use janua_backend::{BACKEND, Files, Folder, bound_log};
use rustix::fs::OFlags;
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The option under which this executable starts itself to become the parent of a backend.
pub(crate) const STEP: &str = "--start-backend";

/// Connections that may wait while the app is loaded. The system has its own limit besides.
const BACKLOG: i32 = 4096;

/// What a backend is started from.
#[derive(Debug)]
pub(crate) struct Start<'a> {
    pub(crate) app: &'a App,
    /// This executable; `janua` is beside it.
    pub(crate) executable: &'a Path,
    /// The environment of the backend, [`BACKEND`] excepted.
    pub(crate) environment: &'a [(OsString, OsString)],
}

/// The command that runs the app, in the folder of this executable.
pub(crate) fn command(executable: &Path) -> PathBuf {
    executable.with_file_name("janua")
}

impl Start<'_> {
    /// Starts a backend in the place of whatever stood under these names, and gives the first connection to it. To be
    /// called under the lock.
    ///
    /// # Errors
    /// It cannot be started: a sentence that says why.
    pub(crate) fn perform(&self, folder: &Folder, files: &Files) -> Result<OwnedFd, String> {
        let (socket, first) =
            listen(folder, files).map_err(|error| format!("no socket can be made: {error}"))?;
        // In this order: beside the state of its predecessor a socket is taken for stale, never the other way round.
        folder.remove(&files.state());
        self.spawn(folder, files, socket).inspect_err(|_| folder.remove(&files.socket()))?;
        Ok(first)
    }

    fn spawn(&self, folder: &Folder, files: &Files, socket: OwnedFd) -> Result<(), String> {
        let log = log(folder, files).map_err(|error| format!("no log can be written: {error}"))?;
        let both = log.try_clone().map_err(|error| error.to_string())?;
        let janua = command(self.executable);
        let mut child = Command::new(self.executable)
            .arg(STEP)
            .arg(&janua)
            .arg(&self.app.word)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env(BACKEND, folder.path().join(files.prefix()))
            .current_dir(&self.app.folder)
            .stdin(Stdio::from(socket))
            .stdout(Stdio::from(both))
            .stderr(Stdio::from(log))
            .spawn()
            .map_err(|error| format!("no process can be started: {error}"))?;
        match child.wait().map(|status| status.code()) {
            Ok(Some(0)) => Ok(()),
            Ok(Some(error)) => {
                Err(format!("{} cannot be started: {}", janua.display(), io::Error::from_raw_os_error(error)))
            }
            Ok(None) => Err("the process that was to start it was killed".to_owned()),
            // Whoever started this process may have asked the system not to keep such news.
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::CHILD.raw_os_error()) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// A listening socket in its place, and the first connection to it. It comes there whole: whoever connects never meets
/// one that does not listen yet, or comes before the request that started the backend.
fn listen(folder: &Folder, files: &Files) -> rustix::io::Result<(OwnedFd, OwnedFd)> {
    let (socket, first) = (unix_socket()?, unix_socket()?);
    folder.remove(&files.fresh());
    let address = folder.address(&files.fresh())?;
    privately(|| rustix::net::bind(&socket, &address))?;
    rustix::net::listen(&socket, BACKLOG)
        .and_then(|()| rustix::net::connect(&first, &address))
        .and_then(|()| folder.rename(&files.fresh(), &files.socket()))
        .inspect_err(|_| folder.remove(&files.fresh()))?;
    Ok((socket, first))
}

pub(crate) fn unix_socket() -> rustix::io::Result<OwnedFd> {
    rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)
}

fn log(folder: &Folder, files: &Files) -> rustix::io::Result<OwnedFd> {
    // The first backend has none; if it cannot be cut now, the backend says so.
    let _ = bound_log(folder, files);
    privately(|| folder.file(&files.log(), OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE))
}

/// What the process between a request and its backend does: it leaves the server's session, starts the backend and ends.
/// The exit status is 0 or the number of the system's error.
pub(crate) fn step(janua: &OsStr, word: &OsStr) -> i32 {
    // Fails only for the leader of a process group, which is in nobody's way.
    let _ = rustix::process::setsid();
    close_others();
    match Command::new(janua).arg(word).spawn() {
        Ok(_) => 0,
        Err(error) => error.raw_os_error().unwrap_or(1),
    }
}

/// Closes all descriptors but the first three: a web server that waits for the end of a pipe would wait for the backend.
fn close_others() {
    let open = std::fs::read_dir("/proc/self/fd").map(|entries| {
        let names = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        names.collect::<Vec<i32>>()
    });
    for number in open.unwrap_or_else(|_| (3..1024).collect()) {
        if number > 2 {
            // The descriptor through which the folder was read is among them, and closed already.
            let _ = nix::unistd::close(number);
        }
    }
}
