//! The log: lines on stderr, which is the web server's.

use rustix::io::Errno;
use std::fmt;

/// What an app writes to its log, with its name before each line: several apps may share one log.
#[derive(Debug)]
pub(crate) struct Told {
    name: Vec<u8>,
    /// The last line is not complete.
    inside: bool,
}

impl Told {
    pub(crate) fn by(name: &[u8]) -> Self {
        Self { name: [name, b": "].concat(), inside: false }
    }

    /// Writes a piece of text, which may end in the middle of a line.
    pub(crate) fn piece(&mut self, text: &[u8]) {
        raw(&self.named(text));
    }

    /// Writes a line about its request.
    pub(crate) fn line(&self, text: impl fmt::Display) {
        line(format_args!("{}{text}", String::from_utf8_lossy(&self.name)));
    }

    fn named(&mut self, text: &[u8]) -> Vec<u8> {
        let mut named = Vec::with_capacity(text.len() + 2 * self.name.len());
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            if !self.inside {
                named.extend_from_slice(&self.name);
            }
            named.extend_from_slice(line);
            self.inside = !line.ends_with(b"\n");
        }
        named
    }
}

/// Writes one line with the name and the id of this process before it.
pub(crate) fn line(text: impl fmt::Display) {
    raw(format!("janua-cgi[{}]: {text}\n", std::process::id()).as_bytes());
}

/// Writes text as it is.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_the_name_once_however_it_comes() {
        let mut told = Told::by(b"/srv/a.cgi");
        let mut log = told.named(b"one\ntw");
        log.extend(told.named(b"o\n\n"));
        log.extend(told.named(b""));
        log.extend(told.named(b"three"));
        assert_eq!(log, b"/srv/a.cgi: one\n/srv/a.cgi: two\n/srv/a.cgi: \n/srv/a.cgi: three");
    }
}
