//! Without a backend: `janua` in the place of this process, with the environment and the descriptors as they came.

use crate::start;
use janua_backend::BACKEND;
use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// Becomes `janua cgi APP`, which answers the request. Returns only if that is not possible.
pub(crate) fn in_process(executable: &Path, app: &OsStr) -> io::Error {
    become_janua(executable, &[OsStr::new("cgi"), app])
}

/// Becomes `janua FILE`, for a server that started this process with a listening socket, as FastCGI has it.
pub(crate) fn as_server(executable: &Path, app: &OsStr) -> io::Error {
    become_janua(executable, &[app])
}

fn become_janua(executable: &Path, words: &[&OsStr]) -> io::Error {
    Command::new(start::command(executable)).args(words).env_remove(BACKEND).exec()
}
