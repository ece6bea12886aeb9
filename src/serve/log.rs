//! The log: lines on stderr, which is where web servers, systemd and people look.

use std::fmt;
use std::io::Write;

/// Writes one line with the name and the id of this process before it. What comes from a peer goes through here as
/// text that was escaped before.
pub(crate) fn line(text: impl fmt::Display) {
    let line = format!("janua[{}]: {text}\n", std::process::id());
    raw(line.as_bytes());
}

/// Writes text of an app as it is, in one write, so that lines of several threads do not mix.
pub(crate) fn raw(text: &[u8]) {
    // A log that cannot be written to leaves nothing to tell and nobody to tell it to.
    let _ = std::io::stderr().write_all(text);
}
