//! What an application sends, handed on as it arrives: for a client that keeps nothing.

use crate::RecordType;
use crate::client::ClientError;
use crate::record::{EndRequest, HEADER_LENGTH, Header, VERSION};

/// A part of what an application sent about the request of this connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Bytes of the response, never none.
    Stdout(&'a [u8]),
    /// The response is complete.
    StdoutEnd,
    /// Bytes for the error log, never none.
    Stderr(&'a [u8]),
    /// The request is over.
    End(EndRequest),
    /// A management record began, such as the answer to GET_VALUES. What it says is skipped.
    Management,
}

/// A cursor over the records of a connection with one request.
///
/// Where a [`Decoder`](crate::client::Decoder) collects whole records, this one lends what has arrived of them, so it
/// holds no memory beyond a header.
#[derive(Debug, Default)]
pub struct Pieces {
    /// A header, or the content of END_REQUEST, that has not arrived whole.
    cut: [u8; HEADER_LENGTH],
    held: usize,
    /// The record whose content is being read, with what is missing of it; `None` in front of a header.
    record: Option<Header>,
}

impl Pieces {
    /// A cursor in front of the first record.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next piece in `bytes`, which are shortened by what was understood. `None` if there is no more in them; all
    /// of them were taken then.
    ///
    /// # Errors
    /// The bytes are no records. The connection is of no further use then.
    pub fn next<'a>(&mut self, bytes: &mut &'a [u8]) -> Result<Option<Piece<'a>>, ClientError> {
        loop {
            let Some(mut header) = self.record else {
                if self.held == 0
                    && let Some(version) = bytes.first().filter(|version| **version != VERSION)
                {
                    return Err(ClientError::OtherVersion(*version));
                }
                let Some(header) = self.eight(bytes) else { return Ok(None) };
                let Ok((_, header)) = Header::parse(&header) else { return Ok(None) };
                self.record = Some(header);
                match header.kind {
                    RecordType::GetValuesResult | RecordType::UnknownType => {
                        return Ok(Some(Piece::Management));
                    }
                    RecordType::Stdout if header.content == 0 => return Ok(Some(Piece::StdoutEnd)),
                    RecordType::EndRequest if usize::from(header.content) < EndRequest::SIZE => {
                        return Err(ClientError::Cut(header.kind));
                    }
                    _ => continue,
                }
            };
            if header.kind == RecordType::EndRequest {
                let Some(content) = self.eight(bytes) else { return Ok(None) };
                // Its padding, and whatever else it holds, is to be skipped.
                self.record = Some(Header {
                    kind: RecordType::Other(0),
                    content: header.content.saturating_sub(HEADER_LENGTH as u16),
                    ..header
                });
                let end = EndRequest::parse(&content);
                return end
                    .map(|(_, end)| Some(Piece::End(end)))
                    .map_err(|_| ClientError::Cut(RecordType::EndRequest));
            }
            let mut padding = u16::from(header.padding);
            let content = header.content > 0;
            let lent = if content { take(bytes, &mut header.content) } else { take(bytes, &mut padding) };
            header.padding = padding as u8;
            let over = header.content == 0 && header.padding == 0;
            self.record = (!over).then_some(header);
            match header.kind {
                _ if lent.is_empty() && !over => return Ok(None),
                RecordType::Stdout if content => return Ok(Some(Piece::Stdout(lent))),
                RecordType::Stderr if content => return Ok(Some(Piece::Stderr(lent))),
                _ => {}
            }
        }
    }

    /// Eight bytes, once they are there.
    fn eight(&mut self, bytes: &mut &[u8]) -> Option<[u8; HEADER_LENGTH]> {
        let room = self.cut.get_mut(self.held..).unwrap_or_default();
        let count = room.len().min(bytes.len());
        let (now, later) = bytes.split_at(count);
        room.iter_mut().zip(now).for_each(|(to, from)| *to = *from);
        *bytes = later;
        self.held += count;
        if self.held < HEADER_LENGTH {
            return None;
        }
        self.held = 0;
        Some(self.cut)
    }
}

/// Takes up to `missing` of `bytes`.
fn take<'a>(bytes: &mut &'a [u8], missing: &mut u16) -> &'a [u8] {
    let (now, later) = bytes.split_at(bytes.len().min(usize::from(*missing)));
    *bytes = later;
    *missing -= now.len() as u16;
    now
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::record;
    use crate::record::append_end;
    use crate::{Capacity, ProtocolStatus};

    fn stream() -> Vec<u8> {
        let mut out = Capacity::default().answer(b"\x0e\x00FCGI_MAX_CONNS", false).unwrap().record;
        record(RecordType::Stderr, 1, b"oh", 3, &mut out);
        record(RecordType::Stdout, 1, b"Status: 200 OK\r\n\r\n", 0, &mut out);
        record(RecordType::Other(77), 1, b"what?", 1, &mut out);
        record(RecordType::Stdout, 1, &[b'x'; 65535], 255, &mut out);
        append_end(RecordType::Stdout, 1, &mut out);
        EndRequest { app_status: 7, protocol_status: ProtocolStatus::RequestComplete }.append(1, &mut out);
        out
    }

    /// What is read if the bytes come in pieces of `size`.
    fn read(stream: &[u8], size: usize) -> (Vec<u8>, Vec<u8>, Vec<&'static str>) {
        let mut pieces = Pieces::new();
        let (mut stdout, mut stderr, mut seen) = (Vec::new(), Vec::new(), Vec::new());
        for mut chunk in stream.chunks(size) {
            while let Some(piece) = pieces.next(&mut chunk).unwrap() {
                match piece {
                    Piece::Stdout(bytes) => stdout.extend_from_slice(bytes),
                    Piece::Stderr(bytes) => stderr.extend_from_slice(bytes),
                    Piece::StdoutEnd => seen.push("stdout"),
                    Piece::Management => seen.push("management"),
                    Piece::End(end) => {
                        assert_eq!(end.app_status, 7);
                        seen.push("end");
                    }
                }
            }
            assert!(chunk.is_empty());
        }
        (stdout, stderr, seen)
    }

    #[test]
    #[cfg_attr(miri, ignore = "reads 65 KiB byte by byte, which takes minutes")]
    fn a_stream_reads_the_same_however_it_is_cut() {
        let whole = read(&stream(), usize::MAX);
        assert_eq!(whole.0.len(), 65535 + 18);
        assert_eq!(whole.1, b"oh");
        assert_eq!(whole.2, ["management", "stdout", "end"]);
        for size in (1..40).chain([4096, 65535, 65544]) {
            assert!(read(&stream(), size) == whole, "{size}");
        }
    }

    #[test]
    fn another_protocol_is_told_by_its_first_byte() {
        assert_eq!(Pieces::new().next(&mut &b"H"[..]), Err(ClientError::OtherVersion(b'H')));
    }

    #[test]
    fn an_end_that_is_cut_is_an_error() {
        let mut out = Vec::new();
        record(RecordType::EndRequest, 1, b"1234567", 0, &mut out);
        assert_eq!(Pieces::new().next(&mut &out[..]), Err(ClientError::Cut(RecordType::EndRequest)));
    }
}
