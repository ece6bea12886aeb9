//! What a backend says of itself.

use crate::{Files, Seen};
use rustix::buffer::spare_capacity;
use rustix::fs::{CWD, Mode, OFlags, openat};
use std::fs::{OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The first line of the file: the name of the format and its version.
const FORMAT: &[u8] = b"janua-cgi 1";

/// No state is larger; what is, was written by something else.
const LARGEST: usize = 16 << 20;

/// As much is read at once: more than most of them are.
const BLOCK: usize = 2048;

/// The content of a state file: a line for the format, then lines of a name, a space and a value.
///
/// ```text
/// janua-cgi 1
/// pid 1234
/// started 1763830000.123
/// broken 0
/// requests 17
/// app /home/u/cgi-bin/app.py
/// reason NameError: name 'x' is not defined
/// file 1763829000123456789 312 131 /home/u/cgi-bin/app.py
/// ```
///
/// A name that is not known is passed over. `reason` is there only beside `broken 1`. `file` is there once for each file that the code came from: when it was
/// changed (nanoseconds since the epoch), its size, its inode and its path.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// The process.
    pub pid: i32,
    /// When it began to load the app.
    pub started: SystemTime,
    /// The app could not be loaded.
    pub broken: bool,
    /// The last line of why; empty if it is not broken.
    pub reason: String,
    /// How many requests it has answered.
    pub requests: u64,
    /// The app, as it was given.
    pub app: PathBuf,
    /// The files that its code came from.
    pub files: Vec<Seen>,
}

impl State {
    /// The text of the file.
    pub fn text(&self) -> Vec<u8> {
        let started = self.started.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let mut text = FORMAT.to_vec();
        let numbers = format!(
            "\npid {}\nstarted {}.{:03}\nbroken {}\nrequests {}\napp ",
            self.pid,
            started.as_secs(),
            started.subsec_millis(),
            u8::from(self.broken),
            self.requests
        );
        text.extend_from_slice(numbers.as_bytes());
        text.extend(
            self.app.as_os_str().as_bytes().iter().map(|byte| if *byte == b'\n' { b'?' } else { *byte }),
        );
        text.push(b'\n');
        if !self.reason.is_empty() {
            let reason: String = self.reason.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
            text.extend_from_slice(format!("reason {reason}\n").as_bytes());
        }
        for line in self.files.iter().filter_map(Seen::line) {
            text.extend_from_slice(&line);
            text.push(b'\n');
        }
        text
    }

    /// Understands such a text. `None` if it is none.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut lines = text.split(|byte| *byte == b'\n');
        if lines.next() != Some(FORMAT) {
            return None;
        }
        let (mut pid, mut started, mut broken, mut requests, mut app) =
            (None, None, false, 0, PathBuf::new());
        let (mut reason, mut files) = (String::new(), Vec::new());
        for line in lines {
            let Some(space) = line.iter().position(|byte| *byte == b' ') else { continue };
            let (name, value) = line.split_at_checked(space)?;
            let value = value.get(1..)?;
            let number = || std::str::from_utf8(value).ok();
            match name {
                b"pid" => pid = Some(number()?.parse().ok().filter(|pid| *pid > 0)?),
                b"started" => {
                    let seconds = Duration::try_from_secs_f64(number()?.parse().ok()?).ok()?;
                    started = Some(SystemTime::UNIX_EPOCH.checked_add(seconds)?);
                }
                b"reason" => reason = String::from_utf8_lossy(value).into_owned(),
                b"broken" => broken = value == b"1",
                b"requests" => requests = number()?.parse().ok()?,
                b"app" => app = std::ffi::OsString::from_vec(value.to_vec()).into(),
                b"file" => files.push(Seen::parse(value)?),
                _ => {}
            }
        }
        Some(Self { pid: pid?, started: started?, broken, reason, requests, app, files })
    }

    /// True if a file that the code came from is another one by now.
    pub fn is_stale(&self) -> bool {
        self.files.iter().any(Seen::differs)
    }

    /// What the backend of `files` said last. `None` if it has said nothing that can be understood.
    pub fn read(files: &Files) -> Option<Self> {
        Self::parse(&text(CWD, &files.state()).ok()?)
    }

    /// True if the backend whose state has this name in an open folder is of other code than there is now, or if what
    /// it said cannot be understood. `None` as long as it has said nothing: then it is still loading its app.
    pub fn is_stale_in(folder: impl AsFd, name: &Path) -> Option<bool> {
        let text = text(folder, name).ok()?;
        Some(Self::parse(&text).is_none_or(|state| state.is_stale()))
    }

    /// Puts the state in its place, in one step: nobody sees a part of it.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub fn write(&self, files: &Files) -> io::Result<()> {
        let new = files.with(&format!("state.{}", self.pid));
        let written = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&new)
            .and_then(|mut file| {
                // The umask may be one that lets nobody read it, and `janua-cgi` would miss that code has changed.
                file.set_permissions(Permissions::from_mode(0o600))?;
                file.write_all(&self.text())
            })
            .and_then(|()| std::fs::rename(&new, files.state()));
        written.inspect_err(|_| {
            let _ = std::fs::remove_file(&new);
        })
    }
}

/// The content of a state file. To wait for somebody to write it is not what this is for.
fn text(folder: impl AsFd, name: &Path) -> rustix::io::Result<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = openat(folder, name, flags, Mode::empty())?;
    let mut text = Vec::new();
    loop {
        text.reserve(BLOCK);
        let room = text.capacity() - text.len();
        let count = rustix::io::read(&file, spare_capacity(&mut text))?;
        // Less than was asked for is the end of a file, so it need not be asked for once more.
        if count < room || text.len() > LARGEST {
            return Ok(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        let file = |path: &[u8]| Seen {
            path: std::ffi::OsString::from_vec(path.to_vec()).into(),
            changed: 1_763_829_000_123_456_789,
            size: 312,
            inode: 131,
        };
        State {
            pid: 1234,
            started: SystemTime::UNIX_EPOCH + Duration::from_millis(1_763_830_000_125),
            broken: true,
            reason: "NameError: x".to_owned(),
            requests: 17,
            app: "/home/u/my app.py".into(),
            files: vec![file(b"/home/u/my app.py"), file(b"/home/u/\xff.py")],
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::new(folder.path().join("key"));
        assert_eq!(State::read(&files), None);
        state().write(&files).unwrap();
        assert_eq!(State::read(&files), Some(state()));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn the_format_is_as_it_was_agreed() {
        let text = String::from_utf8_lossy(&state().text()).into_owned();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines[..6],
            [
                "janua-cgi 1",
                "pid 1234",
                "started 1763830000.125",
                "broken 1",
                "requests 17",
                "app /home/u/my app.py"
            ]
        );
        assert_eq!(lines[6], "reason NameError: x");
        assert_eq!(lines[7], "file 1763829000123456789 312 131 /home/u/my app.py");
    }

    #[test]
    fn a_path_that_would_be_two_lines_is_left_out() {
        let mut odd = state();
        odd.files[0].path = "/a\nfile 1 1 1 /b".into();
        odd.app = "/a\nbroken 0".into();
        odd.reason = "a\nbroken 0".to_owned();
        let read = State::parse(&odd.text()).unwrap();
        assert_eq!((read.files.len(), read.broken), (1, true));
        assert_eq!(read.app, PathBuf::from("/a?broken 0"));
    }

    #[test]
    fn what_something_else_wrote_is_no_state() {
        for text in
            ["", "janua-cgi 2\npid 1\nstarted 1\n", "janua-cgi 1\npid -1\nstarted 1\n", "janua-cgi 1\n"]
        {
            assert_eq!(State::parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(State::parse(b"janua-cgi 1\npid 1\nstarted 1e99\n"), None);
        assert_eq!(State::parse(b"janua-cgi 1\npid 1\nstarted 1\nfile x\n"), None);
        assert!(State::parse(b"janua-cgi 1\npid 1\nstarted 1\nwhatever 5\nlone\n").is_some());
    }

    #[test]
    fn a_file_that_was_changed_replaced_or_removed_differs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.py");
        std::fs::write(&path, "a").unwrap();
        let seen = Seen::now(&path).unwrap();
        assert!(!seen.differs());
        std::fs::write(&path, "ab").unwrap();
        assert!(seen.differs());
        let seen = Seen::now(&path).unwrap();
        std::fs::write(folder.path().join("new"), "ab").unwrap();
        std::fs::rename(folder.path().join("new"), &path).unwrap();
        assert!(seen.differs());
        std::fs::remove_file(&path).unwrap();
        assert!(seen.differs());
    }
}
