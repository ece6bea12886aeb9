//! The side of the web server: requests out, answers in. For tests and for command-line tools.

use crate::pairs::{append_pair, whole_pair};
use crate::record::{BeginRequest, HEADER_LENGTH, Header, MAX_CONTENT, NULL_REQUEST, VERSION, append_end};
use crate::{EndRequest, RecordType, Role};
use janua_vocabulary::{Buffer, Params};
use nom::combinator::iterator;

/// What a web server cannot understand of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The first byte of a record is not the version 1.
    #[error("the back end does not speak FastCGI 1: byte {0:#04x} where the version of a record should be")]
    OtherVersion(u8),
    /// The content of a record of fixed length is shorter, or a pair goes beyond its record.
    #[error("the back end sent a {0:?} record that is cut")]
    Cut(RecordType),
}

/// How requests are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoder {
    /// The id of the request, not 0.
    pub id: u16,
    /// What the application is asked to be.
    pub role: Role,
    /// FCGI_KEEP_CONN: the application is to leave the connection open.
    pub keep: bool,
    /// The most bytes of content in one record of a stream, at least 1. More than 65535 count as 65535.
    pub record: usize,
    /// Bytes of padding behind each record that has content.
    pub padding: u8,
}

impl Default for Encoder {
    fn default() -> Self {
        Self { id: 1, role: Role::Responder, keep: false, record: MAX_CONTENT, padding: 0 }
    }
}

impl Encoder {
    /// A whole request.
    pub fn request(&self, params: &Params, body: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        self.begin(&mut out);
        self.params(params, &mut out);
        self.stdin(body, &mut out);
        out
    }

    /// Appends BEGIN_REQUEST.
    pub fn begin(&self, out: &mut Vec<u8>) {
        let begin = BeginRequest { role: self.role, keep: self.keep };
        record(RecordType::BeginRequest, self.id, &begin.bytes(), self.padding, out);
    }

    /// Appends the whole stream PARAMS. Records end where they are full, also inside a pair.
    pub fn params(&self, params: &Params, out: &mut Vec<u8>) {
        let mut content = Vec::new();
        params.iter().for_each(|(name, value)| append_pair(name, value, &mut content));
        self.stream(RecordType::Params, &content, out);
        append_end(RecordType::Params, self.id, out);
    }

    /// Appends the whole stream STDIN.
    pub fn stdin(&self, body: &[u8], out: &mut Vec<u8>) {
        self.stream(RecordType::Stdin, body, out);
        append_end(RecordType::Stdin, self.id, out);
    }

    /// Appends `content` as records of a stream, without the empty one that ends it.
    pub fn stream(&self, kind: RecordType, content: &[u8], out: &mut Vec<u8>) {
        for piece in content.chunks(self.record.clamp(1, MAX_CONTENT)) {
            record(kind, self.id, piece, self.padding, out);
        }
    }
}

/// Appends one record. Content beyond 65535 bytes is left out.
pub fn record(kind: RecordType, id: u16, content: &[u8], padding: u8, out: &mut Vec<u8>) {
    let content = content.get(..MAX_CONTENT).unwrap_or(content);
    out.extend_from_slice(&Header { kind, id, content: content.len() as u16, padding }.bytes());
    out.extend_from_slice(content);
    out.resize(out.len() + usize::from(padding), 0);
}

/// The record GET_VALUES that asks for these (section 4.1).
pub fn get_values(names: &[&str]) -> Vec<u8> {
    let mut content = Vec::new();
    names.iter().for_each(|name| append_pair(name.as_bytes(), b"", &mut content));
    let mut out = Vec::new();
    record(RecordType::GetValues, NULL_REQUEST, &content, 0, &mut out);
    out
}

/// A record that an application sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Received<'a> {
    /// A piece of the response to request `.0`. An empty one closes the stream.
    Stdout(u16, &'a [u8]),
    /// A piece of the messages of request `.0`. An empty one closes the stream.
    Stderr(u16, &'a [u8]),
    /// Request `.0` is over.
    End(u16, EndRequest),
    /// The answer to GET_VALUES.
    Values(Params),
    /// The application does not know management records of this type.
    UnknownType(RecordType),
    /// A record that no application should send.
    Other(RecordType),
}

/// Reads what an application sends.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Buffer,
}

impl Decoder {
    /// A decoder that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in bytes that arrived.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let space = self.buffer.space();
            let count = space.len().min(bytes.len());
            let (now, later) = bytes.split_at(count);
            space.iter_mut().zip(now).for_each(|(to, from)| *to = *from);
            self.buffer.filled(count);
            bytes = later;
        }
    }

    /// The next record, `None` until more bytes arrive.
    ///
    /// # Errors
    /// The bytes are no record. The connection is of no further use then.
    pub fn poll(&mut self) -> Result<Option<Received<'_>>, ClientError> {
        let unread = self.buffer.unread();
        if let Some(version) = unread.first().filter(|version| **version != VERSION) {
            return Err(ClientError::OtherVersion(*version));
        }
        let Ok((rest, header)) = Header::parse(unread) else { return Ok(None) };
        let content = usize::from(header.content);
        let whole = content + usize::from(header.padding);
        if rest.len() < whole {
            return Ok(None);
        }
        let record = self.buffer.take(HEADER_LENGTH + whole);
        let content = record.get(HEADER_LENGTH..HEADER_LENGTH + content).unwrap_or_default();
        received(header, content).map(Some)
    }
}

fn received(header: Header, content: &[u8]) -> Result<Received<'_>, ClientError> {
    let cut = ClientError::Cut(header.kind);
    Ok(match header.kind {
        RecordType::Stdout => Received::Stdout(header.id, content),
        RecordType::Stderr => Received::Stderr(header.id, content),
        RecordType::EndRequest => {
            let (_, end) = EndRequest::parse(content).map_err(|_| cut)?;
            Received::End(header.id, end)
        }
        RecordType::GetValuesResult => {
            let mut pairs = iterator(content, whole_pair);
            let values = Params::from_iter(pairs.by_ref());
            match pairs.finish() {
                Ok((b"", ())) => Received::Values(values),
                _ => return Err(cut),
            }
        }
        RecordType::UnknownType => {
            Received::UnknownType(RecordType::from_number(*content.first().ok_or(cut)?))
        }
        other => Received::Other(other),
    })
}

/// Everything that an application sent about one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The response as a CGI program writes it: a [`Document`](janua_vocabulary::Document).
    pub stdout: Vec<u8>,
    /// True if STDOUT was closed: the response is complete.
    pub complete: bool,
    /// The messages for the error log.
    pub stderr: Vec<u8>,
    /// How the request ended, if it did.
    pub end: Option<EndRequest>,
}

impl Response {
    /// Gathers the records of request `id` among `bytes`, up to its END_REQUEST.
    ///
    /// # Errors
    /// The bytes are no records.
    pub fn gather(id: u16, bytes: &[u8]) -> Result<Self, ClientError> {
        let mut decoder = Decoder::new();
        decoder.feed(bytes);
        let mut response = Self::default();
        while let Some(received) = decoder.poll()? {
            match received {
                Received::Stdout(of, piece) if of == id => {
                    response.complete |= piece.is_empty();
                    response.stdout.extend_from_slice(piece);
                }
                Received::Stderr(of, piece) if of == id => response.stderr.extend_from_slice(piece),
                Received::End(of, end) if of == id => {
                    response.end = Some(end);
                    break;
                }
                _ => {}
            }
        }
        Ok(response)
    }
}
