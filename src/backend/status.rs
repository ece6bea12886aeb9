//! `janua cgi-status`: shows a user's backends, or ends them.

use crate::{Backend, Folder, FolderError, Stopped, json, list, table, tidy};
use std::path::{Path, PathBuf};

/// What `janua cgi-status` is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// The folder of the backends, if it is not in its usual place. Setting `cgi_folder`.
    pub folder: Option<PathBuf>,
    /// The user's folder for sockets and the like (`XDG_RUNTIME_DIR`), where the usual place is.
    pub runtime: Option<PathBuf>,
    /// End them instead of showing them.
    pub stop: bool,
    /// Only those of these apps: each is its path, or the end of that from a `/` on. All of them if there is none.
    pub apps: Vec<PathBuf>,
    /// Answer for machines.
    pub json: bool,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// For stdout; ends in a newline if there is any.
    pub text: String,
    /// For stderr, a line each.
    pub complaints: Vec<String>,
}

impl Told {
    /// The exit status: 0, or 1 if there is anything to complain of.
    pub fn exit_status(&self) -> i32 {
        i32::from(!self.complaints.is_empty())
    }
}

impl Status {
    /// Finds the answer.
    pub fn tell(&self) -> Told {
        let place = Folder::place(self.folder.as_deref(), self.runtime.as_deref());
        let listed = match Folder::open(&place) {
            Ok(folder) => list(&folder).map_err(FolderError::System),
            // Who has started nothing has nothing to show.
            Err(FolderError::Absent) => Ok(Vec::new()),
            Err(error) => Err(error),
        };
        match listed {
            Ok(backends) if self.stop => self.stopped(&backends, &place),
            Ok(backends) => Told { text: self.shown(&backends, &place), complaints: Vec::new() },
            Err(error) => Told {
                text: String::new(),
                complaints: vec![format!("the folder {} is not used: {error}", place.display())],
            },
        }
    }

    fn shown(&self, backends: &[Backend], place: &Path) -> String {
        match backends {
            _ if self.json => json(backends),
            [] => format!("no app of this user is kept loaded ({})\n", place.display()),
            _ => table(backends),
        }
    }

    fn stopped(&self, backends: &[Backend], place: &Path) -> Told {
        let mut told = Told { text: String::new(), complaints: Vec::new() };
        for app in &self.apps {
            if !backends.iter().any(|backend| is_of(backend, app)) {
                told.complaints.push(format!(
                    "{}: no such app is kept loaded ({})",
                    app.display(),
                    place.display()
                ));
            }
        }
        let named =
            |backend: &&Backend| self.apps.is_empty() || self.apps.iter().any(|app| is_of(backend, app));
        for backend in backends.iter().filter(named) {
            let name = backend.name();
            let process = backend.pid.map_or_else(String::new, |pid| format!(" (process {pid})"));
            match backend.stop() {
                Stopped::Ended => told.text.push_str(&format!("{name}{process}: ended\n")),
                Stopped::Ending => {
                    told.text.push_str(&format!("{name}{process}: ends when its last request is answered\n"));
                }
                Stopped::WasGone => told.text.push_str(&format!("{name}: was gone; its files are removed\n")),
                Stopped::Refused(why) => told.complaints.push(format!("{name}{process}: not ended: {why}")),
            }
        }
        if self.apps.is_empty()
            && let Ok(folder) = Folder::open(place)
        {
            // What is left over is in nobody's way; if it cannot be read now, then another time.
            let _ = tidy(&folder);
        }
        if told.text.is_empty() && told.complaints.is_empty() {
            told.text = format!("no app of this user is kept loaded ({})\n", place.display());
        }
        told
    }
}

/// True if `app` is what somebody would call the app of `backend`.
fn is_of(backend: &Backend, app: &Path) -> bool {
    let Some(own) = &backend.app else { return false };
    own.ends_with(app) || std::fs::canonicalize(app).is_ok_and(|app| app == *own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::State;
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::UnixListener;
    use std::time::SystemTime;

    fn asked(folder: &Path) -> Status {
        Status { folder: Some(folder.to_owned()), ..Status::default() }
    }

    #[test]
    fn nothing_is_said_in_plain_words() {
        let folder = tempfile::tempdir().unwrap();
        let told = asked(&folder.path().join("none")).tell();
        assert_eq!(
            (told.exit_status(), told.text.starts_with("no app of this user is kept loaded")),
            (0, true)
        );
        let told = Status { json: true, ..asked(&folder.path().join("none")) }.tell();
        assert_eq!(told.text, "[]\n");
        let told = Status { stop: true, ..asked(&folder.path().join("none")) }.tell();
        assert_eq!(
            (told.exit_status(), told.text.starts_with("no app of this user is kept loaded")),
            (0, true)
        );
    }

    #[test]
    fn a_folder_that_others_can_get_into_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let told = asked(folder.path()).tell();
        assert_eq!((told.exit_status(), told.text.as_str()), (1, ""));
        assert!(told.complaints[0].contains("is not used: its mode is 0755"), "{told:?}");
    }

    #[test]
    fn only_what_is_named_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
        for (key, app) in [("0", "/srv/one/app.py"), ("1", "/srv/two/app.py")] {
            let files = crate::Files::new(folder.path().join(key.repeat(32)));
            drop(UnixListener::bind(files.socket()).unwrap());
            let state = State {
                pid: 1,
                started: SystemTime::now(),
                broken: false,
                reason: String::new(),
                requests: 0,
                app: app.into(),
                files: Vec::new(),
            };
            state.write(&files).unwrap();
        }
        let stop = |apps: &[&str]| {
            let apps = apps.iter().map(Into::into).collect();
            Status { stop: true, apps, ..asked(folder.path()) }.tell()
        };
        let told = stop(&["pp.py", "three/app.py"]);
        assert_eq!((told.complaints.len(), told.text.as_str()), (2, ""));
        assert_eq!(stop(&["one/app.py"]).text, "/srv/one/app.py: was gone; its files are removed\n");
        assert_eq!(stop(&[]).text, "/srv/two/app.py: was gone; its files are removed\n");
    }
}
