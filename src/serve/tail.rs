//! What follows the bytes at hand on their way to a peer: blocks that stay where the app made them, and parts of files.

use crate::link::Link;
use crate::log;
use janua_app::Block;
use janua_vocabulary::{Codec, Frame};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, IoSlice};
use std::ops::Range;
use std::os::unix::fs::FileExt;

/// How many pieces go into one write.
const PIECES: usize = 64;

/// A file is divided where its pages are, if it must be divided: pages travel whole.
const PAGE: usize = 4096;

/// How much of a file is copied at a time where it cannot be sent without copying.
const COPY: usize = 64 * 1024;

/// A queue of pieces, written front first.
#[derive(Default)]
pub(crate) struct Tail {
    pieces: VecDeque<Piece>,
    /// How much of the first piece is written, if it is not a file.
    written: usize,
}

enum Piece {
    Bytes(Vec<u8>),
    Block(Block, Range<usize>),
    File(Part),
}

/// How sending a part of a file went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    /// The link takes no more now.
    Full,
    /// So many bytes went, and the link may take more.
    Ready(u64),
}

impl Piece {
    fn bytes(&self) -> Option<&[u8]> {
        match self {
            Piece::Bytes(bytes) => Some(bytes),
            Piece::Block(block, range) => Some((**block).as_ref().get(range.clone()).unwrap_or_default()),
            Piece::File(_) => None,
        }
    }
}

/// A part of a file, in frames whose first has begun.
struct Part {
    file: File,
    offset: u64,
    /// Bytes that are still to be sent, with those of the frame that has begun.
    left: u64,
    in_frame: u64,
    /// What the frame that has begun ends with.
    suffix: &'static [u8],
    /// What every further frame is, and the last one.
    full: Frame,
    last: Frame,
    /// It cannot be sent without copying.
    copied: bool,
}

impl std::fmt::Debug for Tail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tail({} pieces)", self.pieces.len())
    }
}

impl Tail {
    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Where bytes are to be appended. `None` if nothing is in this queue: then they belong before it.
    pub(crate) fn end(&mut self) -> Option<&mut Vec<u8>> {
        if !matches!(self.pieces.back()?, Piece::Bytes(_)) {
            self.pieces.push_back(Piece::Bytes(Vec::new()));
        }
        match self.pieces.back_mut()? {
            Piece::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Appends a part of a block.
    pub(crate) fn block(&mut self, block: Block, range: Range<usize>) {
        if !range.is_empty() {
            self.pieces.push_back(Piece::Block(block, range));
        }
    }

    /// Appends `left` bytes of a file from `offset` on, in the frames of `codec`. `bytes` is what goes before this queue.
    pub(crate) fn file(
        &mut self,
        codec: &mut dyn Codec,
        file: File,
        offset: u64,
        left: u64,
        bytes: &mut Vec<u8>,
    ) {
        if left == 0 {
            return;
        }
        let mut full = codec.frame(usize::try_from(left).unwrap_or(usize::MAX));
        if (full.take as u64) < left && full.take > PAGE {
            full = codec.frame(full.take - full.take % PAGE);
        }
        let rest = usize::try_from(left % full.take.max(1) as u64).unwrap_or_default();
        let last = if rest == 0 { full } else { codec.frame(rest) };
        let mut part = Part { file, offset, left, in_frame: 0, suffix: &[], full, last, copied: false };
        part.begin_frame(self.end().unwrap_or(bytes));
        self.pieces.push_back(Piece::File(part));
    }

    /// How many bytes of the app's blocks are in the queue.
    pub(crate) fn kept(&self) -> usize {
        let block = |piece: &Piece| if let Piece::Block(_, range) = piece { range.len() } else { 0 };
        self.pieces.iter().map(block).sum()
    }

    /// How many bytes are in the queue that come neither from the app's blocks nor from its files.
    pub(crate) fn own(&self) -> usize {
        let bytes = |piece: &Piece| if let Piece::Bytes(bytes) = piece { bytes.len() } else { 0 };
        self.pieces.iter().map(bytes).sum()
    }

    pub(crate) fn is_at_file(&self) -> bool {
        matches!(self.pieces.front(), Some(Piece::File(_)))
    }

    /// True if the next write is followed by a file.
    pub(crate) fn has_file(&self) -> bool {
        self.pieces.iter().take(PIECES).any(|piece| matches!(piece, Piece::File(_)))
    }

    /// Appends to `parts` what can be written at once: everything up to the next file.
    pub(crate) fn gather<'a>(&'a self, parts: &mut Vec<IoSlice<'a>>) {
        let mut written = self.written;
        for bytes in self.pieces.iter().map_while(Piece::bytes).take(PIECES) {
            parts.push(IoSlice::new(bytes.get(written..).unwrap_or_default()));
            written = 0;
        }
    }

    /// Says that `count` bytes of what was gathered were written.
    pub(crate) fn wrote(&mut self, count: usize) {
        self.written += count;
        while let Some(bytes) = self.pieces.front().and_then(Piece::bytes) {
            if self.written < bytes.len() {
                return;
            }
            self.written -= bytes.len();
            self.pieces.pop_front();
        }
    }

    /// Sends what the link takes of the file at the front, at most `most` bytes of it. Bytes that belong before what is
    /// left of this queue are appended to `bytes`.
    ///
    /// # Errors
    /// The link failed, or the file is not what it was when its length was taken; that is logged.
    pub(crate) fn send_file(&mut self, link: &Link, bytes: &mut Vec<u8>, most: u64) -> io::Result<Sent> {
        let Some(Piece::File(part)) = self.pieces.front_mut() else { return Ok(Sent::Ready(0)) };
        let sent = match part.send(link, bytes, most) {
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                part.copied = true;
                part.send(link, bytes, most)
            }
            sent => sent,
        }?;
        if part.left == 0 {
            self.pieces.pop_front();
            // An end of which there is nothing to say, as in SCGI, is not worth a write.
            self.wrote(0);
        }
        Ok(sent)
    }

    /// Moves the blocks of the app that stand before any file into an unnamed temporary file.
    ///
    /// # Errors
    /// The file could not be made or written. Then nothing has changed.
    pub(crate) fn spill(&mut self) -> io::Result<()> {
        let file = tempfile::tempfile()?;
        let (mut pieces, mut left, mut written) = (0, 0, self.written);
        for bytes in self.pieces.iter().map_while(Piece::bytes) {
            let bytes = bytes.get(written..).unwrap_or_default();
            file.write_all_at(bytes, left)?;
            left += bytes.len() as u64;
            pieces += 1;
            written = 0;
        }
        if left > 0 {
            let whole = Frame::bare(usize::MAX);
            let (full, last) = (whole, whole);
            let part = Part { file, offset: 0, left, in_frame: left, suffix: &[], full, last, copied: false };
            self.pieces.drain(..pieces);
            self.pieces.push_front(Piece::File(part));
            self.written = 0;
        }
        Ok(())
    }
}

impl Part {
    fn begin_frame(&mut self, bytes: &mut Vec<u8>) {
        let frame = if self.left < self.full.take as u64 { self.last } else { self.full };
        bytes.extend_from_slice(frame.prefix());
        self.in_frame = frame.take as u64;
        self.suffix = frame.suffix;
    }

    fn send(&mut self, link: &Link, bytes: &mut Vec<u8>, most: u64) -> io::Result<Sent> {
        let most = usize::try_from(self.in_frame.min(most)).unwrap_or(usize::MAX);
        let mut full = false;
        let count = if self.copied {
            self.copy(bytes, most.min(COPY))?
        } else {
            let Some(count) = link.try_send_file(&self.file, &mut self.offset, most)? else {
                return Ok(Sent::Full);
            };
            full = count < most && link.is_socket();
            count
        };
        // A socket that takes a part is full, unless there was no more to be taken.
        if count == 0 || (full && self.file.metadata()?.len() <= self.offset) {
            log::line(format_args!(
                "a file became at least {} bytes shorter while it was sent; the response is broken off so that the client notices",
                self.left - count as u64
            ));
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left = self.left.saturating_sub(count as u64);
        self.in_frame = self.in_frame.saturating_sub(count as u64);
        if self.in_frame == 0 {
            bytes.extend_from_slice(self.suffix);
            if self.left > 0 {
                self.begin_frame(bytes);
            }
        }
        Ok(if full { Sent::Full } else { Sent::Ready(count as u64) })
    }

    /// Reads up to `most` bytes to be written as bytes.
    fn copy(&mut self, bytes: &mut Vec<u8>, most: usize) -> io::Result<usize> {
        let start = bytes.len();
        bytes.resize(start + most, 0);
        let read = loop {
            match self.file.read_at(bytes.get_mut(start..).unwrap_or_default(), self.offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        let count = read.inspect_err(|error| {
            log::line(format_args!(
                "a file could not be read while it was sent: {error}; the response is broken off"
            ));
        })?;
        bytes.truncate(start + count);
        self.offset += count as u64;
        Ok(count)
    }
}
