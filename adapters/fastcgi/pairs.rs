//! Name-value pairs (section 3.4), in one record or as the stream that PARAMS is.

use crate::FastCgiError;
use janua_vocabulary::{Limits, Pair, Params};
use nom::bytes::complete::take;
use nom::combinator::{map, verify};
use nom::number::complete::{be_u8, be_u32};
use nom::sequence::pair;
use nom::{IResult, Parser, branch::alt};

/// The first bit of a length that takes four bytes.
const LONG: u32 = 1 << 31;

/// A length: seven bits in one byte, or thirty-one in four.
fn length(input: &[u8]) -> IResult<&[u8], usize> {
    let short = map(verify(be_u8, |byte| byte & 0x80 == 0), usize::from);
    let long = map(be_u32, |length| (length & !LONG) as usize);
    alt((short, long)).parse(input)
}

/// The lengths of a name and of its value.
fn lengths(input: &[u8]) -> IResult<&[u8], (usize, usize)> {
    pair(length, length).parse(input)
}

/// A pair of which every byte is there.
pub(crate) fn whole_pair(input: &[u8]) -> IResult<&[u8], (&[u8], &[u8])> {
    let (input, (name, value)) = lengths(input)?;
    pair(take(name), take(value)).parse(input)
}

/// Appends a pair. A name or value of 2^31 bytes and more cannot be written and is cut.
pub(crate) fn append_pair(name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    let longest = (LONG - 1) as usize;
    let [name, value] = [name, value].map(|bytes| bytes.get(..longest).unwrap_or(bytes));
    for bytes in [name, value] {
        match u8::try_from(bytes.len()) {
            Ok(short @ ..0x80) => out.push(short),
            _ => out.extend_from_slice(&(bytes.len() as u32 | LONG).to_be_bytes()),
        }
    }
    out.extend_from_slice(name);
    out.extend_from_slice(value);
}

/// A cursor over PARAMS as it arrives.
///
/// The bytes of the stream are copied once, into the block that becomes the memory of the [`Params`], lengths and all.
/// Memory follows the bytes that came, never a length that a pair claims.
#[derive(Debug, Default)]
pub(crate) struct PairStream {
    block: Vec<u8>,
    pairs: Vec<Pair>,
    /// Where the first pair begins that is not whole.
    next: usize,
    /// How long `block` must be before that pair is worth another look.
    worth: usize,
}

impl PairStream {
    /// Takes in the next bytes of the stream.
    ///
    /// # Errors
    /// A limit is exceeded by what came, or will be by what a pair claims to be.
    pub(crate) fn extend(&mut self, piece: &[u8], limits: &Limits) -> Result<(), FastCgiError> {
        let too_long = FastCgiError::ParamsTooLong { limit: limits.params_bytes };
        let room = limits.params_bytes.saturating_sub(self.block.len());
        // What fits is looked at all the same: which limit is reached first must not depend on how the bytes arrive.
        let (piece, surplus) = piece.split_at_checked(room).unwrap_or((piece, &[]));
        if self.block.is_empty() {
            self.pairs.reserve(piece.len() / Pair::USUAL_LENGTH);
        }
        self.block.extend_from_slice(piece);
        let arrived = self.block.len();
        while self.next < arrived && self.worth <= arrived {
            if self.pairs.len() == limits.params {
                return Err(FastCgiError::TooManyParams { limit: limits.params });
            }
            let Ok((content, (name, value))) = lengths(self.block.get(self.next..).unwrap_or_default())
            else {
                self.worth = arrived + 1;
                break;
            };
            let start = arrived - content.len();
            let middle = start.saturating_add(name);
            let end = middle.saturating_add(value);
            if name > limits.name_bytes || end > limits.params_bytes {
                return Err(beyond(name, limits));
            }
            if end > arrived {
                self.worth = end;
                break;
            }
            self.pairs.push(Pair::at(start..middle, middle..end));
            self.next = end;
        }
        if surplus.is_empty() { Ok(()) } else { Err(too_long) }
    }

    /// The parameters, at the end of the stream. Leaves nothing behind.
    ///
    /// # Errors
    /// The stream ended in the middle of a pair.
    pub(crate) fn finish(&mut self) -> Result<Params, FastCgiError> {
        if self.next != self.block.len() {
            return Err(FastCgiError::ParamsCut);
        }
        self.next = 0;
        self.worth = 0;
        Ok(Params::from_block(std::mem::take(&mut self.block), std::mem::take(&mut self.pairs)))
    }

    /// Forgets everything and gives the memory back.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    #[cfg(test)]
    fn memory(&self) -> usize {
        self.block.capacity() + self.pairs.capacity() * size_of::<Pair>()
    }
}

/// What is wrong with a pair that is beyond a limit.
#[cold]
fn beyond(name: usize, limits: &Limits) -> FastCgiError {
    if name > limits.name_bytes {
        FastCgiError::NameTooLong { limit: limits.name_bytes }
    } else {
        FastCgiError::ParamsTooLong { limit: limits.params_bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_LIMIT: Limits = Limits { params_bytes: usize::MAX, params: usize::MAX, name_bytes: usize::MAX };

    #[test]
    fn lengths_take_one_byte_below_128_and_four_from_there() {
        for (size, expected) in
            [(0, &[0][..]), (127, &[127]), (128, &[0x80, 0, 0, 128]), (70_000, &[0x80, 1, 0x11, 0x70])]
        {
            let mut out = Vec::new();
            append_pair(&vec![b'a'; size], b"", &mut out);
            assert_eq!(&out[..expected.len()], expected);
            assert_eq!(whole_pair(&out).unwrap().1.0.len(), size);
        }
    }

    #[test]
    fn a_claim_of_2_gib_takes_no_memory() {
        let mut stream = PairStream::default();
        for byte in [0xff; 8].into_iter().chain(*b"abc") {
            stream.extend(&[byte], &NO_LIMIT).unwrap();
        }
        assert!(stream.memory() < 100, "{}", stream.memory());
        assert_eq!(stream.finish(), Err(FastCgiError::ParamsCut));
    }

    #[test]
    fn a_claim_beyond_the_limit_is_refused_before_the_bytes_come() {
        let limits = Limits { params_bytes: 1000, params: 10, name_bytes: 5 };
        let mut stream = PairStream::default();
        let claim = [1, 0x80, 0, 3, 0xe8];
        assert_eq!(stream.extend(&claim, &limits), Err(FastCgiError::ParamsTooLong { limit: 1000 }));
        let mut stream = PairStream::default();
        assert_eq!(
            stream.extend(b"\x05\x00NAME_\x06\x00", &limits),
            Err(FastCgiError::NameTooLong { limit: 5 })
        );
    }

    #[test]
    fn which_limit_was_reached_first_depended_on_how_the_bytes_arrived() {
        let limits = Limits { params_bytes: 1000, params: 10, ..NO_LIMIT };
        let empty_pairs = [0; 1001];
        let too_many = Err(FastCgiError::TooManyParams { limit: 10 });
        assert_eq!(PairStream::default().extend(&empty_pairs, &limits), too_many);
        let mut stream = PairStream::default();
        let mut told = empty_pairs.iter().map(|byte| stream.extend(&[*byte], &limits));
        assert_eq!(told.find(Result::is_err), Some(too_many));
    }

    #[test]
    fn a_pair_may_come_byte_by_byte() {
        let mut bytes = Vec::new();
        append_pair(b"NAME", &[b'v'; 300], &mut bytes);
        append_pair(b"", b"", &mut bytes);
        let mut stream = PairStream::default();
        for byte in &bytes {
            stream.extend(&[*byte], &NO_LIMIT).unwrap();
        }
        let params = stream.finish().unwrap();
        assert!(params.iter().eq([(&b"NAME"[..], &[b'v'; 300][..]), (b"", b"")]));
        assert_eq!(stream.finish(), Ok(Params::new()));
    }
}
