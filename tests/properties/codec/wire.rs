//! What differs from protocol to protocol.

use super::Story;
use crate::Input;
use janua_vocabulary::{Codec, Limits};

/// One protocol, as the properties see it.
pub trait Wire {
    /// The server's side of a new connection.
    fn codec(&self, limits: Limits) -> Box<dyn Codec>;

    /// Appends something that a peer may send: most often a piece of a request, sometimes noise.
    fn phrase(&mut self, input: &mut Input<'_>, socket: &mut Vec<u8>);

    /// Reads back with the client's half what the server's side sent, and compares it with what was meant.
    fn check(&self, story: &Story);

    /// Replies that depend on whether bytes had arrived already, and so on how they were cut.
    fn replies_depend_on_cuts(&self) -> bool {
        false
    }

    /// Whether bytes that come after a request's body wait in the codec until it is answered. Its owner does not read
    /// then, so that a client that sends ahead fills its own buffers and not ours.
    fn holds_what_is_sent_ahead(&self) -> bool {
        false
    }

    /// Whether an empty room to read into means that no more may be read.
    fn room_may_be_empty(&self) -> bool {
        false
    }
}
