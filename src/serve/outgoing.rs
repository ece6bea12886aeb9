//! The bytes on their way to a peer.

use crate::link::Link;
use crate::tail::{Sent, Tail};
use janua_app::Block;
use janua_vocabulary::{Codec, Head};
use std::fs::File;
use std::io::{self, IoSlice};

/// Blocks up to this size are copied behind what waits, so that one plain write takes everything.
const SMALL: usize = 16 * 1024;

/// How much is collected before it is written: then another write costs little beside the bytes themselves.
const COMPANY: usize = 32 * 1024;
/// How much of a file is sent before others have their turn.
const TURN: u64 = 1024 * 1024;

/// What waits to be written, and where in a frame the writing stands.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    bytes: Vec<u8>,
    written: usize,
    /// A frame whose bytes of the body are still partly in the app's block.
    open: Option<OpenFrame>,
    /// Records of the protocol's own that arose while a frame was open; they must not land inside it.
    aside: Vec<u8>,
    /// What follows `bytes`, if it is more than bytes.
    tail: Tail,
    /// The last flush ended because the link takes no more.
    blocked: bool,
    /// The link has taken something since that was last asked.
    gone_on: bool,
}

#[derive(Debug)]
struct OpenFrame {
    remaining: usize,
    suffix: &'static [u8],
}

impl Outgoing {
    /// Appends what a codec writes by itself: a head, an end, records of its own.
    pub(crate) fn append(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(if self.open.is_some() { &mut self.aside } else { self.tail.end().unwrap_or(&mut self.bytes) });
    }

    /// Appends the head of a response.
    pub(crate) fn head(&mut self, codec: &mut dyn Codec, head: &Head<'_>) {
        self.append(|out| codec.respond(head, out));
    }

    /// Appends a copy of `block`, framed.
    pub(crate) fn copy(&mut self, codec: &mut dyn Codec, block: &[u8]) {
        let mut rest = block;
        let out = self.tail.end().unwrap_or(&mut self.bytes);
        while !rest.is_empty() {
            let frame = codec.frame(rest.len());
            let (now, later) = rest.split_at_checked(frame.take).unwrap_or((rest, &[]));
            out.extend_from_slice(frame.prefix());
            out.extend_from_slice(now);
            out.extend_from_slice(frame.suffix);
            rest = later;
        }
    }

    /// Appends the first `length` bytes of `block`, framed, which stay where they are until they are sent.
    pub(crate) fn keep(&mut self, codec: &mut dyn Codec, block: &Block, length: usize) {
        let mut from = 0;
        while from < length {
            let frame = codec.frame(length - from);
            if !frame.prefix().is_empty() {
                self.append(|out| out.extend_from_slice(frame.prefix()));
            }
            let to = from.saturating_add(frame.take).min(length);
            self.tail.block(block.clone(), from..to);
            if !frame.suffix.is_empty() {
                self.append(|out| out.extend_from_slice(frame.suffix));
            }
            from = to;
        }
    }

    /// Appends `length` bytes of a file from `offset` on, framed.
    pub(crate) fn file(&mut self, codec: &mut dyn Codec, file: File, offset: u64, length: u64) {
        let (bytes, tail) = (&mut self.bytes, &mut self.tail);
        tail.file(codec, file, offset, length, bytes);
    }

    /// Writes what the link takes of `block` from `*sent` on, everything older first. True when all is written.
    /// Until it is, the next call must come with the same block.
    pub(crate) fn send(
        &mut self,
        codec: &mut dyn Codec,
        link: &Link,
        block: &[u8],
        sent: &mut usize,
    ) -> io::Result<bool> {
        if !self.tail.is_empty() && !self.flush(link)? {
            return Ok(false);
        }
        if self.open.is_none() && *sent == 0 && block.len() <= SMALL {
            self.copy(codec, block);
            *sent = block.len();
        }
        loop {
            let rest = block.get(*sent..).unwrap_or_default();
            if self.open.is_none() {
                if rest.is_empty() {
                    return self.flush(link);
                }
                self.merge_aside();
                let frame = codec.frame(rest.len());
                self.bytes.extend_from_slice(frame.prefix());
                self.open = Some(OpenFrame { remaining: frame.take, suffix: frame.suffix });
            }
            if !self.write_frame(link, rest, sent)? {
                return Ok(false);
            }
        }
    }

    /// Writes what waits. True when nothing waits any more.
    ///
    /// # Errors
    /// Also if a frame is open: who closes it has left, so the peer can make nothing of what would follow.
    pub(crate) fn flush(&mut self, link: &Link) -> io::Result<bool> {
        if self.open.is_some() {
            return Err(io::Error::other("a block was broken off"));
        }
        self.merge_aside();
        self.blocked = true;
        let mut turn = TURN;
        loop {
            let bytes = self.bytes.get(self.written..).unwrap_or_default();
            if self.tail.is_empty() && bytes.is_empty() {
                break;
            }
            if bytes.is_empty() && self.tail.is_at_file() {
                self.bytes.clear();
                self.written = 0;
                match self.tail.send_file(link, &mut self.bytes, turn)? {
                    Sent::Full => return Ok(false),
                    Sent::Ready(count) => {
                        self.gone_on |= count > 0;
                        turn = turn.saturating_sub(count);
                    }
                }
                if turn == 0 && !self.is_empty() {
                    self.blocked = false;
                    return Ok(false);
                }
                continue;
            }
            let mut first = [IoSlice::new(bytes)];
            let mut all = Vec::new();
            let parts = if self.tail.is_empty() {
                &mut first[..]
            } else {
                all.extend(first);
                self.tail.gather(&mut all);
                &mut all[..]
            };
            let offered = parts.iter().map(|part| part.len()).sum::<usize>();
            let Some(count) = link.try_write(parts, self.tail.has_file())? else { return Ok(false) };
            self.gone_on = true;
            let of_bytes = count.min(bytes.len());
            self.written += of_bytes;
            self.tail.wrote(count - of_bytes);
            // A socket that takes a part is full; asking once more would only say so.
            if count < offered && link.is_socket() {
                return Ok(false);
            }
        }
        self.bytes.clear();
        self.written = 0;
        self.blocked = false;
        Ok(true)
    }

    /// Moves what waits to whoever writes in its place. Blocks and files are not among it.
    pub(crate) fn hand_over(&mut self, to: &mut Vec<u8>) {
        to.extend_from_slice(self.bytes.get(self.written..).unwrap_or_default());
        self.bytes.clear();
        self.written = 0;
    }

    /// True if nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.written == self.bytes.len()
            && self.open.is_none()
            && self.aside.is_empty()
            && self.tail.is_empty()
    }

    /// True if a block of `length` may be copied and wait for company.
    pub(crate) fn has_room(&self, length: usize) -> bool {
        self.open.is_none() && length <= SMALL && self.waiting() + length <= COMPANY
    }

    /// True while a frame is begun whose bytes the app still holds.
    pub(crate) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// True if the last flush ended because the link takes no more.
    pub(crate) fn is_blocked(&self) -> bool {
        self.blocked
    }

    /// True if the link has taken something since this was last asked.
    pub(crate) fn has_gone_on(&mut self) -> bool {
        std::mem::take(&mut self.gone_on)
    }

    /// How many bytes of the app's blocks are kept.
    pub(crate) fn kept(&self) -> usize {
        self.tail.kept()
    }

    /// Moves the app's blocks into an unnamed temporary file.
    ///
    /// # Errors
    /// The file could not be made or written. Then they stay where they are.
    pub(crate) fn spill(&mut self) -> io::Result<()> {
        self.tail.spill()
    }

    /// How many bytes wait, without those of the app's blocks and files that it no longer needs.
    pub(crate) fn waiting(&self) -> usize {
        self.bytes.len() - self.written + self.aside.len() + self.tail.own()
    }

    /// Gives back memory that an idle connection does not need.
    pub(crate) fn release(&mut self) {
        if self.is_empty() {
            *self = Self::default();
        }
    }

    /// Writes the open frame as far as possible. True when it is closed.
    fn write_frame(&mut self, link: &Link, rest: &[u8], sent: &mut usize) -> io::Result<bool> {
        let Some(open) = &mut self.open else { return Ok(true) };
        let waiting = self.bytes.get(self.written..).unwrap_or_default();
        let body = rest.get(..open.remaining).unwrap_or(rest);
        let parts = [IoSlice::new(waiting), IoSlice::new(body), IoSlice::new(open.suffix)];
        let Some(mut count) = link.try_write(&parts, false)? else { return Ok(false) };
        let mut used = |len: usize| {
            let used = count.min(len);
            count -= used;
            used
        };
        self.written += used(waiting.len());
        let of_body = used(body.len());
        let of_suffix = used(open.suffix.len());
        *sent += of_body;
        open.remaining -= of_body;
        if self.written == self.bytes.len() {
            self.bytes.clear();
            self.written = 0;
        }
        if open.remaining > 0 {
            return Ok(false);
        }
        self.bytes.extend_from_slice(open.suffix.get(of_suffix..).unwrap_or_default());
        self.open = None;
        Ok(true)
    }

    /// Puts what was set aside in its place, now that no frame is open.
    fn merge_aside(&mut self) {
        if self.open.is_none() && !self.aside.is_empty() {
            self.tail.end().unwrap_or(&mut self.bytes).append(&mut self.aside);
        }
    }
}
