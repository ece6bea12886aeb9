//! The log: lines on stderr, which is the web server's.

use rustix::io::Errno;
use std::fmt;

/// Writes one line with the name and the id of this process before it.
pub(crate) fn line(text: impl fmt::Display) {
    raw(format!("janua-cgi[{}]: {text}\n", std::process::id()).as_bytes());
}

/// Writes text of an app as it is.
pub(crate) fn raw(mut text: &[u8]) {
    while !text.is_empty() {
        match rustix::io::write(rustix::stdio::stderr(), text) {
            Ok(count) => text = text.get(count..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            // A log that cannot be written to leaves nothing to tell and nobody to tell it to.
            Err(_) => return,
        }
    }
}
