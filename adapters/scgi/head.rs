//! The head of a request: a netstring of NUL-terminated names and values.

use crate::ScgiError;
use janua_vocabulary::{BodyLength, Buffer, Limits, Pair, Params, Request, Role};
use memchr::memchr;
use nom::combinator::iterator;
use nom::error::{Error, ErrorKind};
use nom::sequence::pair;
use nom::{Err, IResult, Offset, Parser};

/// A cursor over an arriving head. What was understood is not looked at again when more bytes come.
#[derive(Debug)]
pub(crate) enum HeadReader {
    /// In front of the colon; the number so far, `None` before its first digit.
    Length(Option<usize>),
    /// Behind the colon.
    Content {
        /// What has arrived. It becomes the memory of the request's [`Params`] as it is.
        block: Vec<u8>,
        /// How long `block` gets, the comma included.
        whole: usize,
    },
}

impl HeadReader {
    pub(crate) fn new() -> Self {
        Self::Length(None)
    }

    /// True if some of a head has arrived.
    pub(crate) fn begun(&self) -> bool {
        !matches!(self, Self::Length(None))
    }

    /// Consumes what is there of the head, and gives the request once the head is whole.
    pub(crate) fn read(
        &mut self,
        buffer: &mut Buffer,
        limits: &Limits,
    ) -> Result<Option<Request>, ScgiError> {
        loop {
            match self {
                Self::Length(so_far) => {
                    let &[byte] = buffer.take(1) else { return Ok(None) };
                    if byte == b':' {
                        let content = so_far.ok_or(ScgiError::NotALength(byte))?;
                        *self = Self::Content { block: Vec::new(), whole: content.saturating_add(1) };
                    } else {
                        *so_far = Some(longer(*so_far, byte, limits.params_bytes)?);
                    }
                }
                Self::Content { block, whole } => {
                    // Memory follows the bytes that came, never the length that was announced. A head that came in
                    // one read takes one allocation of its exact size.
                    let piece = buffer.take(whole.saturating_sub(block.len()));
                    block.extend_from_slice(piece);
                    if block.len() < *whole {
                        return Ok(None);
                    }
                    // The comma may come in a later packet than the rest; the head is not whole without it.
                    if block.pop() != Some(b',') {
                        return Err(ScgiError::NoComma);
                    }
                    return request(std::mem::take(block), limits).map(Some);
                }
            }
        }
    }
}

/// The length with one more digit. Stops as soon as it is beyond `limit`, so it cannot overflow.
fn longer(so_far: Option<usize>, byte: u8, limit: usize) -> Result<usize, ScgiError> {
    if !byte.is_ascii_digit() {
        return Err(ScgiError::NotALength(byte));
    }
    let digit = usize::from(byte - b'0');
    let length = match so_far {
        None => Some(digit),
        Some(0) => return Err(ScgiError::LeadingZero),
        Some(length) => length.checked_mul(10).and_then(|length| length.checked_add(digit)),
    };
    length.filter(|length| *length <= limit).ok_or(ScgiError::HeadTooLong { limit })
}

/// Reads the content of the netstring, in one pass.
fn request(block: Vec<u8>, limits: &Limits) -> Result<Request, ScgiError> {
    let mut pairs = Vec::with_capacity(block.len() / Pair::USUAL_LENGTH);
    let mut content_length = None;
    let mut headers = iterator(block.as_slice(), header);
    for (name, value) in headers.by_ref() {
        if pairs.len() == limits.params {
            return Err(ScgiError::TooManyParams { limit: limits.params });
        }
        if name.len() > limits.name_bytes {
            return Err(ScgiError::NameTooLong { limit: limits.name_bytes });
        }
        let start = block.offset(name);
        let middle = start + name.len();
        // A NUL stands between the two.
        pairs.push(Pair::at(start..middle, middle + 1..middle + 1 + value.len()));
        match name {
            b"" => return Err(ScgiError::EmptyName),
            b"CONTENT_LENGTH" => {
                let length = number(value)?;
                if content_length.replace(length).is_some_and(|other| other != length) {
                    return Err(ScgiError::TwoContentLengths);
                }
            }
            // What a request means follows from the other headers, so a peer that leaves the marker out harms nobody.
            // One that names another version asks for rules that are not known here.
            b"SCGI" if value != b"1" => return Err(ScgiError::OtherVersion),
            _ => {}
        }
    }
    match headers.finish() {
        Ok((b"", ())) => {}
        Ok((rest, ())) if rest.ends_with(b"\0") => return Err(ScgiError::NoValue),
        _ => return Err(ScgiError::Unterminated),
    }
    let length = content_length.ok_or(ScgiError::NoContentLength)?;
    Ok(Request {
        params: Params::from_block(block, pairs),
        body: BodyLength::Exactly(length),
        role: Role::Responder,
    })
}

/// `<name> NUL <value> NUL`
fn header(input: &[u8]) -> IResult<&[u8], (&[u8], &[u8])> {
    pair(string, string).parse(input)
}

/// `<bytes> NUL`. Most of a head is these, and `terminated(take_until, tag)` takes three times as long for each.
fn string(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let (string, rest) = memchr(0, input)
        .and_then(|end| input.split_at_checked(end))
        .ok_or(Err::Error(Error::new(input, ErrorKind::TakeUntil)))?;
    // `rest` begins with the NUL.
    Ok((rest.get(1..).unwrap_or_default(), string))
}

/// A number of bytes below 2^63, of digits only: no sign, no blank, no comma.
fn number(value: &[u8]) -> Result<u64, ScgiError> {
    std::str::from_utf8(value)
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| text.parse::<i64>().ok())
        .map(i64::unsigned_abs)
        .ok_or(ScgiError::BadContentLength)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_announced_length_takes_no_memory() {
        let mut buffer = Buffer::new();
        let bytes = b"1000000:CONTENT_LENGTH";
        buffer.space()[..bytes.len()].copy_from_slice(bytes);
        buffer.filled(bytes.len());
        let mut reader = HeadReader::new();
        assert_eq!(reader.read(&mut buffer, &Limits::default()), Ok(None));
        let HeadReader::Content { block, whole: 1_000_001 } = reader else { panic!("{reader:?}") };
        assert!(block.capacity() < 100, "{}", block.capacity());
    }
}
