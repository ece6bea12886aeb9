//! A stream of a request: what came early of it, and what is still to come.

use crate::spool::Spool;
use janua_app::Failure;
use janua_vocabulary::BodyLength;
use std::io;

/// The body of a request, or the file of a filter.
#[derive(Debug)]
pub(crate) struct Stream {
    /// What was taken from the peer before the app asked for it.
    pub(crate) spool: Spool,
    /// Bytes that are still to be taken from the peer, if the head said how many there are.
    pub(crate) remaining: Option<u64>,
    /// Bytes that have been taken from the peer.
    pub(crate) come: u64,
}

impl Stream {
    pub(crate) fn new(length: BodyLength) -> Self {
        let remaining = match length {
            BodyLength::Exactly(length) => Some(length),
            BodyLength::ToEnd => None,
        };
        Self { spool: Spool::default(), remaining, come: 0 }
    }

    /// How many of `count` bytes belong to it. What goes beyond the length that was announced does not, whatever the
    /// framing says.
    pub(crate) fn allowed(&self, count: usize) -> usize {
        self.remaining.map_or(count, |left| count.min(usize::try_from(left).unwrap_or(usize::MAX)))
    }

    /// Says that so many bytes were taken.
    pub(crate) fn passed(&mut self, count: usize) {
        self.come += count as u64;
        self.remaining = self.remaining.map(|left| left.saturating_sub(count as u64));
    }

    /// Takes bytes, as many as fit into `into` and the rest into the spool, or nowhere unless they are to be `kept`.
    /// Gives how many fitted.
    pub(crate) fn take(
        &mut self,
        bytes: &[u8],
        into: &mut [u8],
        memory: usize,
        kept: bool,
    ) -> io::Result<usize> {
        let bytes = bytes.get(..self.allowed(bytes.len())).unwrap_or(bytes);
        let (now, later) = bytes.split_at_checked(into.len()).unwrap_or((bytes, &[]));
        if let Some(into) = into.get_mut(..now.len()) {
            into.copy_from_slice(now);
        }
        self.passed(bytes.len());
        if kept && !later.is_empty() {
            self.spool.push(later, memory)?;
        }
        Ok(now.len())
    }

    /// How many bytes wait for the app.
    pub(crate) fn held(&self) -> u64 {
        self.spool.len()
    }

    /// How many bytes the app can still read, if the head said so.
    pub(crate) fn to_come(&self) -> Option<u64> {
        Some(self.remaining? + self.spool.len())
    }

    /// The failure, if it has ended before it was as long as `announced`.
    pub(crate) fn short(&self, what: &str, announced: &str) -> Option<Failure> {
        let missing = self.remaining.filter(|missing| *missing > 0)?;
        Some(Failure::Broken(format!("{what} ended {missing} bytes short of its {announced}")))
    }
}
