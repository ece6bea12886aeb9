//! What of the answer somebody gets to see, and where.

use crate::failure::Failure;
use crate::incoming::Sink;
use std::io::{self, ErrorKind, Write};

/// Writes an answer down as it comes. Every part is flushed, so that a stream is seen as it is made.
#[derive(Debug)]
pub(crate) struct Printer<O, E> {
    out: O,
    err: E,
    show_head: bool,
    /// Status code of the last head, and the status with its reason.
    status: Option<(u16, String)>,
}

impl<O: Write, E: Write> Printer<O, E> {
    /// Writes the body, and if asked for the head before it, to `out`, what is for the log to `err`.
    pub(crate) fn new(out: O, err: E, show_head: bool) -> Self {
        Self { out, err, show_head, status: None }
    }

    /// What a whole answer means.
    ///
    /// # Errors
    /// Its status is 400 or more.
    pub(crate) fn verdict(&self) -> Result<(), Failure> {
        match &self.status {
            Some((400.., status)) => Err(Failure::Status(status.clone())),
            _ => Ok(()),
        }
    }
}

impl<O: Write, E: Write> Sink for Printer<O, E> {
    fn head(&mut self, code: u16, status: &[u8], text: &[u8]) -> Result<(), Failure> {
        self.status = Some((code, status.escape_ascii().to_string()));
        if self.show_head { print(&mut self.out, text) } else { Ok(()) }
    }

    fn body(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        print(&mut self.out, bytes)
    }

    fn log(&mut self, text: &[u8]) -> Result<(), Failure> {
        print(&mut self.err, text)
    }
}

fn print(to: &mut impl Write, bytes: &[u8]) -> Result<(), Failure> {
    to.write_all(bytes).and_then(|()| to.flush()).map_err(|error: io::Error| match error.kind() {
        ErrorKind::BrokenPipe => Failure::OutputClosed,
        _ => Failure::Output(error.to_string()),
    })
}
