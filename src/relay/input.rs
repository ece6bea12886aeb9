//! Stdin: the body of the request, of which not a byte too much is read.

use rustix::io::Errno;
use std::os::fd::BorrowedFd;

/// What is still to come of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Input {
    /// Bytes; `None` if the body goes on to the end of stdin.
    missing: Option<u64>,
    over: bool,
}

/// What a look at stdin brought.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// So many bytes, at least one.
    Bytes(usize),
    /// Nothing yet.
    Nothing,
    /// The end of a body whose end was not announced.
    End,
    /// The end, before the length that was announced; or stdin cannot be read.
    Short,
}

impl Input {
    pub(crate) fn exactly(bytes: u64) -> Self {
        Self { missing: Some(bytes), over: bytes == 0 }
    }

    pub(crate) fn to_end() -> Self {
        Self { missing: None, over: false }
    }

    /// True if nothing more is to be read.
    pub(crate) fn is_over(self) -> bool {
        self.over
    }

    /// Reads from `stdin` what is there. It may block: the caller knows by `poll` that it will not.
    pub(crate) fn read(&mut self, stdin: BorrowedFd<'_>, into: &mut [u8]) -> Taken {
        let room = self.missing.map_or(into.len(), |missing| usize::try_from(missing).unwrap_or(usize::MAX));
        let room = room.min(into.len());
        match rustix::io::read(stdin, into.get_mut(..room).unwrap_or_default()) {
            Err(Errno::INTR | Errno::AGAIN) => Taken::Nothing,
            Ok(0) if self.missing.is_none() => {
                self.over = true;
                Taken::End
            }
            Ok(0) | Err(_) => {
                self.over = true;
                Taken::Short
            }
            Ok(count) => {
                if let Some(missing) = &mut self.missing {
                    *missing = missing.saturating_sub(count as u64);
                    self.over = *missing == 0;
                }
                Taken::Bytes(count)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Seek, SeekFrom, Write};
    use std::os::fd::AsFd;

    #[test]
    fn what_is_behind_the_body_stays_there() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"bodynext").unwrap();
        file.seek(SeekFrom::Start(0)).unwrap();
        let mut buffer = [0; 64];
        let mut input = Input::exactly(4);
        assert_eq!(input.read(file.as_fd(), &mut buffer), Taken::Bytes(4));
        assert!(input.is_over());
        let mut input = Input::to_end();
        assert_eq!(input.read(file.as_fd(), &mut buffer), Taken::Bytes(4));
        assert_eq!(&buffer[..4], b"next");
        assert_eq!(input.read(file.as_fd(), &mut buffer), Taken::End);
        let mut input = Input::exactly(4);
        assert_eq!(input.read(file.as_fd(), &mut buffer), Taken::Short);
        assert!(input.is_over());
    }
}
