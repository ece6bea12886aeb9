//! What the app side asks of whoever carries its request.

use janua_vocabulary::{Head, Role};
use std::fs::File;
use std::sync::Arc;

/// A block of the app's that stays alive, and the same, for as long as it is needed.
pub type Block = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// Why the carrier could not do what was asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Failure {
    /// The peer closed the connection or gave the request up.
    #[error("the peer has gone: {0}")]
    Gone(String),
    /// The peer neither sent nor took a byte for too long.
    #[error("the peer made no progress for {seconds} s (setting progress_timeout)")]
    Stalled {
        /// How long it was waited for, in seconds.
        seconds: f64,
    },
    /// The body is not what the protocol promised.
    #[error("{0}")]
    Broken(String),
    /// More of the body came than may.
    #[error("the body has more than {most} bytes (setting max_body_bytes)")]
    TooLong {
        /// How many bytes it may have.
        most: u64,
    },
    /// This side could not keep the body (no room for the temporary file).
    #[error("the request's body could not be kept: {0}")]
    Spool(String),
    /// A signal arrived while waiting. Nothing is lost: the call can be repeated.
    #[error("interrupted by a signal")]
    Interrupted,
    /// The request is over; the app kept its input or `write` and used it afterwards.
    #[error("the request is over")]
    Over,
}

impl Failure {
    /// The status that the request ends with when the failure came from reading its body.
    pub fn status(&self) -> u16 {
        match self {
            Failure::Stalled { .. } => 408,
            Failure::TooLong { .. } => 413,
            Failure::Spool(_) | Failure::Over | Failure::Interrupted => 500,
            Failure::Gone(_) | Failure::Broken(_) => 400,
        }
    }

    /// True if the operator should hear of it even if the app makes do without the body: who left is gone.
    pub fn is_worth_a_line(&self) -> bool {
        match self {
            Failure::Stalled { .. } | Failure::Broken(_) | Failure::TooLong { .. } | Failure::Spool(_) => {
                true
            }
            Failure::Gone(_) | Failure::Interrupted | Failure::Over => false,
        }
    }
}

/// One request's connection: its body comes from here and its response goes there.
///
/// Methods whose name begins with `try_` never wait, so they may be called with Python's lock held. `wait_body`,
/// `send` and `settle` wait and must be called without it. All methods may be called from any thread, also after the end of the
/// request: then they fail with [`Failure::Over`].
pub trait Exchange: Send + Sync {
    /// Bytes of the body that are at hand: `Some(0)` at its end, `None` if none are at hand yet.
    ///
    /// # Errors
    /// The body broke off, or the request is over.
    fn try_read(&self, into: &mut [u8]) -> Result<Option<usize>, Failure>;

    /// Waits until [`try_read`](Exchange::try_read) has something to say.
    ///
    /// # Errors
    /// As for `try_read`, and [`Failure::Stalled`].
    fn wait_body(&self) -> Result<(), Failure>;

    /// The failure that reading the body met with and that was told to whoever read.
    fn body_failure(&self) -> Option<Failure>;

    /// How many bytes of the body are still to be read, if the head said so.
    fn remaining(&self) -> Option<u64>;

    /// What the server asks the app to be.
    fn role(&self) -> Role {
        Role::Responder
    }

    /// As [`try_read`](Exchange::try_read), of the file of a [`Role::Filter`].
    ///
    /// # Errors
    /// As for `try_read`.
    fn try_read_file(&self, into: &mut [u8]) -> Result<Option<usize>, Failure> {
        let _ = into;
        Ok(Some(0))
    }

    /// How many bytes of the file are still to be read, if the head said so.
    fn remaining_of_file(&self) -> Option<u64> {
        None
    }

    /// Takes the head of the response. It travels with the first bytes of the body or the end.
    fn respond(&self, head: &Head<'_>);

    /// Sends what it can of `block` from `*sent` on and moves `*sent`. True when all of it is on its way.
    ///
    /// # Errors
    /// The peer has gone, or the request is over.
    fn try_send(&self, block: &[u8], sent: &mut usize) -> Result<bool, Failure>;

    /// Sends the rest of `block` from `*sent` on, waiting for the peer to take it.
    ///
    /// # Errors
    /// As for `try_send`, and [`Failure::Stalled`].
    fn send(&self, block: &[u8], sent: &mut usize) -> Result<(), Failure>;

    /// Says that a block was left in the middle and the rest of it will not come. Nothing more can be sent.
    fn break_off(&self);

    /// Takes the last block to be sent together with the end of the response, if it is small enough to copy.
    /// False if it is not: then it is to be sent like any other.
    fn hold(&self, block: &[u8]) -> bool;

    /// Takes the first `length` bytes of a block of a body that the app has handed over whole. They are not copied, and
    /// go out together with what follows, after the app if need be.
    ///
    /// # Errors
    /// The peer has gone, or the request is over.
    fn keep(&self, block: Block, length: usize) -> Result<(), Failure>;

    /// A descriptor of its own for one of the app's, by number. `None` if there is no such descriptor.
    fn duplicate(&self, descriptor: i32) -> Option<File>;

    /// Takes `length` bytes of a regular file from `offset` on, as [`keep`](Exchange::keep) takes those of a block.
    ///
    /// # Errors
    /// The peer has gone, or the request is over.
    fn send_file(&self, file: File, offset: u64, length: u64) -> Result<(), Failure>;

    /// True if what was taken by `keep` and `send_file` needs the calling thread no longer.
    ///
    /// # Errors
    /// The peer has gone, or the request is over.
    fn try_settle(&self) -> Result<bool, Failure>;

    /// Waits until that is so.
    ///
    /// # Errors
    /// As for `try_settle`, and [`Failure::Stalled`].
    fn settle(&self) -> Result<(), Failure>;

    /// Says that the response is complete.
    fn finish(&self);

    /// Says that the response broke off. Where the protocol can show that to the client, it will.
    fn truncate(&self);

    /// Takes text of `wsgi.errors`, in UTF-8, for the server's error log. What is given back goes into the log of this
    /// process, by [`write_log`](Exchange::write_log).
    #[must_use]
    fn log(&self, text: &[u8]) -> Vec<u8>;

    /// Sees to it that logged text is on its way. What is given back is as with [`log`](Exchange::log).
    #[must_use]
    fn flush_log(&self) -> Vec<u8>;

    /// Writes into the log of this process. Whoever reads that may be slow, so it must be called without Python's lock.
    fn write_log(&self, text: &[u8]);
}
