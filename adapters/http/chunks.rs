//! The chunked transfer coding, RFC 9112, section 7.1, from the reader's side.
//!
//! ```text
//! size [ext] CRLF data CRLF  size [ext] CRLF data CRLF  0 [ext] CRLF  trailer CRLF  CRLF
//! ```

/// The longest line with a chunk's size that is accepted, in bytes; the rest of it is extensions, which nobody uses.
const MAX_SIZE_LINE: u32 = 1024;

/// How large the trailer fields may be together, in bytes. They are skipped.
const MAX_TRAILERS: u32 = 16 * 1024;

/// Reads the frame around the data of a chunked body, byte by byte, so that it can be cut anywhere.
#[derive(Debug, Clone)]
pub(crate) struct Chunks {
    state: State,
    /// In a size line: the size so far. In the data: how much of it is still to come.
    size: u64,
    /// How long the present size line, or the trailer section, is by now.
    length: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first digit of a size.
    SizeStart,
    /// Behind a digit of a size.
    Size,
    /// In blanks behind a size, which may only lead to an extension.
    Blank,
    Extension,
    /// Behind the CR of a size line.
    SizeCr,
    Data,
    /// Behind the data of a chunk, before CR.
    DataEnd,
    /// The same, before LF.
    DataCr,
    /// At the start of a line behind the last chunk.
    TrailerStart,
    Trailer,
    /// Behind the CR of a trailer field.
    TrailerCr,
    /// Behind the CR of the empty line at the very end.
    EndCr,
    Ended,
}

/// What [`Chunks::advance`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Advance {
    /// How many bytes at the front are frame, to be skipped.
    pub(crate) frame: usize,
    /// How many bytes right behind them are data.
    pub(crate) data: usize,
    /// The body is complete. There is no data then.
    pub(crate) ended: bool,
}

/// What is wrong with a chunked body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChunkError {
    #[error("has a chunk whose size is not a hexadecimal number")]
    Size,
    #[error("has a chunk of 2^63 bytes or more")]
    TooLarge,
    #[error("has a chunk extension beyond {MAX_SIZE_LINE} bytes")]
    Extension,
    #[error("has a chunk that is not followed by CR and LF, or a control character in its frame")]
    Frame,
    #[error("has trailer fields beyond {MAX_TRAILERS} bytes")]
    Trailers,
}

impl Chunks {
    /// A reader that expects the size of the first chunk.
    pub(crate) fn new() -> Self {
        Self { state: State::SizeStart, size: 0, length: 0 }
    }

    /// Goes over `bytes` up to the next data or the end. The data it tells of counts as taken.
    ///
    /// With neither data nor end, all of `bytes` were frame and more are needed.
    pub(crate) fn advance(&mut self, bytes: &[u8]) -> Result<Advance, ChunkError> {
        let mut frame = 0;
        for byte in bytes {
            match self.state {
                State::Data | State::Ended => break,
                _ => self.frame_byte(*byte)?,
            }
            frame += 1;
        }
        let mut data = 0;
        if self.state == State::Data {
            let at_hand = bytes.len() - frame;
            data = usize::try_from(self.size).map_or(at_hand, |size| size.min(at_hand));
            self.size -= data as u64;
            if self.size == 0 {
                self.state = State::DataEnd;
            }
        }
        Ok(Advance { frame, data, ended: self.state == State::Ended })
    }

    fn frame_byte(&mut self, byte: u8) -> Result<(), ChunkError> {
        self.length = self.length.saturating_add(1);
        match self.state {
            State::SizeStart | State::Size | State::Blank | State::Extension
                if self.length > MAX_SIZE_LINE =>
            {
                return Err(ChunkError::Extension);
            }
            State::TrailerStart | State::Trailer if self.length > MAX_TRAILERS => {
                return Err(ChunkError::Trailers);
            }
            _ => {}
        }
        self.state = match (self.state, byte) {
            (State::SizeStart | State::Size, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                self.add_digit(byte)?;
                State::Size
            }
            (State::Size, b'\r') => State::SizeCr,
            // Blanks before the semicolon are what RFC 9112 calls bad whitespace: allowed to write nowhere, but to
            // be read here.
            (State::Size | State::Blank, b' ' | b'\t') => State::Blank,
            (State::Size | State::Blank, b';') => State::Extension,
            (State::SizeStart | State::Size | State::Blank, _) => return Err(ChunkError::Size),
            (State::Extension, b'\r') => State::SizeCr,
            (State::Extension, _) if is_text(byte) => State::Extension,
            (State::SizeCr, b'\n') => self.after_size_line(),
            (State::DataEnd, b'\r') => State::DataCr,
            (State::DataCr, b'\n') => self.start_size_line(),
            (State::TrailerStart, b'\r') => State::EndCr,
            (State::Trailer, b'\r') => State::TrailerCr,
            (State::TrailerStart | State::Trailer, _) if is_text(byte) => State::Trailer,
            (State::TrailerCr, b'\n') => State::TrailerStart,
            (State::EndCr, b'\n') => State::Ended,
            _ => return Err(ChunkError::Frame),
        };
        Ok(())
    }

    fn add_digit(&mut self, byte: u8) -> Result<(), ChunkError> {
        let digit = char::from(byte).to_digit(16).ok_or(ChunkError::Size)?;
        // Below 2^59 one more digit stays below 2^63.
        if self.size >= 1 << 59 {
            return Err(ChunkError::TooLarge);
        }
        self.size = self.size << 4 | u64::from(digit);
        Ok(())
    }

    fn start_size_line(&mut self) -> State {
        self.size = 0;
        self.length = 0;
        State::SizeStart
    }

    fn after_size_line(&mut self) -> State {
        self.length = 0;
        if self.size == 0 { State::TrailerStart } else { State::Data }
    }
}

/// Not a control character, but for the tab.
fn is_text(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads `pieces` one after the other. Gives the data, whether the end came, and how many bytes were left.
    fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<(Vec<u8>, bool, usize), ChunkError> {
        let (mut chunks, mut data, mut ended, mut left) = (Chunks::new(), Vec::new(), false, 0);
        for mut piece in pieces {
            loop {
                let step = chunks.advance(piece)?;
                data.extend_from_slice(&piece[step.frame..step.frame + step.data]);
                piece = &piece[step.frame + step.data..];
                ended = step.ended;
                if step.ended || step.data == 0 {
                    break;
                }
            }
            left += piece.len();
        }
        Ok((data, ended, left))
    }

    const BODY: &[u8] =
        b"5\r\nhello\r\n00A ;x=\"y\";z\r\n0123456789\r\n0;last\r\nX-Sum: 1\r\nY: 2\r\n\r\nGET";

    #[test]
    fn data_is_the_same_wherever_it_is_cut() {
        let expected = Ok((b"hello0123456789".to_vec(), true, 3));
        assert_eq!(read([BODY]), expected);
        for first in 0..=BODY.len() {
            for second in first..=BODY.len() {
                let pieces = [&BODY[..first], &BODY[first..second], &BODY[second..]];
                assert_eq!(read(pieces), expected, "cut at {first} and {second}");
            }
        }
    }

    #[test]
    fn one_byte_at_a_time_is_enough() {
        assert_eq!(read(BODY.chunks(1)), Ok((b"hello0123456789".to_vec(), true, 3)));
    }

    #[test]
    fn a_body_without_its_last_chunk_does_not_end() {
        for end in 0..BODY.len() - 3 {
            assert!(!read([&BODY[..end]]).unwrap().1, "{end}");
        }
    }

    #[test]
    fn a_size_is_hexadecimal_digits_alone() {
        for bad in ["", "g", "0x5", "+5", "-5", " 5", "5 ", "5 5", "5_", "5.", "\u{661}", ";", "5 \t"] {
            let body = format!("{bad}\r\nhello\r\n0\r\n\r\n");
            assert_eq!(read([body.as_bytes()]), Err(ChunkError::Size), "{bad:?}");
        }
    }

    #[test]
    fn a_size_is_below_two_to_the_63() {
        let (largest, too_large) = (b"7fffffffffffffff\r\n", b"8000000000000000\r\n");
        assert!(read([&largest[..]]).is_ok());
        assert_eq!(read([&too_large[..]]), Err(ChunkError::TooLarge));
        assert_eq!(read([&b"00000000000000000000005\r\nhello\r\n0\r\n\r\n"[..]]).unwrap().0, b"hello");
        assert_eq!(read([&b"1ffffffffffffffffffff\r\n"[..]]), Err(ChunkError::TooLarge));
    }

    #[test]
    fn lines_of_the_frame_end_with_cr_lf() {
        let bad = [
            "5\nhello\r\n0\r\n\r\n",
            "5\r\nhello\n0\r\n\r\n",
            "5\r\nhello0\r\n\r\n",
            "5\r\nhelloX\n0\r\n\r\n",
            "5\rhello",
            "5\r\nhello\r0",
            "5;x\nhello",
            "0\r\n\n",
            "0\r\nX: 1\n\r\n",
            "0\r\n\rX",
            "0\r\nX\r\r\n",
            "5;\0\r\nhello",
            "0\r\nX: \0\r\n\r\n",
        ];
        for bad in bad {
            assert!(matches!(read([bad.as_bytes()]), Err(ChunkError::Frame | ChunkError::Size)), "{bad:?}");
        }
    }

    #[test]
    fn extensions_are_bounded() {
        let body = |length: u32| format!("5;{}\r\nhello\r\n0\r\n\r\n", "x".repeat(length as usize));
        assert_eq!(read([body(MAX_SIZE_LINE - 2 - 1).as_bytes()]).unwrap().0, b"hello");
        assert_eq!(read([body(MAX_SIZE_LINE).as_bytes()]), Err(ChunkError::Extension));
        assert_eq!(read([&[b'0'; MAX_SIZE_LINE as usize + 1][..]]), Err(ChunkError::Extension));
    }

    #[test]
    fn trailers_are_bounded_together() {
        let body = |fields: usize| format!("0\r\n{}\r\n", "X: 12345678901\r\n".repeat(fields));
        assert!(read([body(MAX_TRAILERS as usize / 16 - 1).as_bytes()]).unwrap().1);
        assert_eq!(read([body(MAX_TRAILERS as usize / 16 + 1).as_bytes()]), Err(ChunkError::Trailers));
    }

    proptest! {
        #[test]
        fn what_is_chunked_is_read_back_however_it_is_cut(
            blocks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..300), 0..8),
            sizes in proptest::collection::vec(1usize..200, 1..12),
        ) {
            let mut wire = Vec::new();
            for block in &blocks {
                wire.extend_from_slice(format!("{:X}\r\n", block.len()).as_bytes());
                wire.extend_from_slice(block);
                wire.extend_from_slice(b"\r\n");
            }
            wire.extend_from_slice(b"0\r\n\r\n");
            let (mut rest, mut pieces) = (&wire[..], Vec::new());
            for size in sizes.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (piece, behind) = rest.split_at(rest.len().min(*size));
                pieces.push(piece);
                rest = behind;
            }
            prop_assert_eq!(read(pieces), Ok((blocks.concat(), true, 0)));
        }
    }
}
