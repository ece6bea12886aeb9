//! What goes out on a connection with several requests open: records of one request, made whole.

use crate::RecordType;
use crate::record::{EndRequest, HEADER_LENGTH, Header};

/// Takes what the codec of one request wrote, in pieces that end anywhere, and gives whole records, so that those of
/// other requests can stand between them.
///
/// Of a record of a stream that is not there to its end, as much as there is becomes a record of its own: streams do not
/// depend on how they are divided (section 3.3). So nothing waits here that the peer could have, and next to nothing
/// is held.
#[derive(Debug, Default)]
pub struct Joiner {
    /// A header, or a record that is no stream, as far as it has come.
    begun: Vec<u8>,
    stream: Option<Rest>,
    /// How much padding of the last record is still to be skipped.
    padding: usize,
}

/// What is missing of a record of a stream.
#[derive(Debug, Clone, Copy)]
struct Rest {
    header: Header,
    missing: usize,
}

impl Joiner {
    /// Takes the next bytes and appends the records that they make to `out`. True when END_REQUEST is among them:
    /// nothing can follow.
    pub fn join(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) -> bool {
        while !bytes.is_empty() {
            if self.padding > 0 {
                self.padding -= take(&mut bytes, self.padding).len();
            } else if let Some(rest) = &mut self.stream {
                let piece = take(&mut bytes, rest.missing);
                rest.missing -= piece.len();
                append(rest.header, piece, out);
                if rest.missing == 0 {
                    self.padding = usize::from(rest.header.padding);
                    self.stream = None;
                }
            } else {
                let expected = match Header::parse(&self.begun) {
                    Ok((_, header)) => HEADER_LENGTH + usize::from(header.content),
                    Err(_) => HEADER_LENGTH,
                };
                self.begun.extend_from_slice(take(&mut bytes, expected - self.begun.len()));
                if self.step(out) {
                    return true;
                }
            }
        }
        false
    }

    /// Goes on when a header or a whole record has been gathered. True at END_REQUEST.
    fn step(&mut self, out: &mut Vec<u8>) -> bool {
        let Ok((content, header)) = Header::parse(&self.begun) else { return false };
        let length = usize::from(header.content);
        match header.kind {
            RecordType::Stdout | RecordType::Stderr if length > 0 => {
                self.stream = Some(Rest { header, missing: length });
            }
            _ if content.len() < length => return false,
            kind => {
                append(header, content, out);
                self.padding = usize::from(header.padding);
                if kind == RecordType::EndRequest {
                    return EndRequest::parse(content).is_ok();
                }
            }
        }
        self.begun.clear();
        false
    }
}

/// The next bytes, at most `most` of them.
fn take<'a>(bytes: &mut &'a [u8], most: usize) -> &'a [u8] {
    let (now, later) = bytes.split_at_checked(most).unwrap_or((bytes, &[]));
    *bytes = later;
    now
}

fn append(header: Header, content: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&Header { content: content.len() as u16, padding: 0, ..header }.bytes());
    out.extend_from_slice(content);
}
