//! The client's side: a request out, a response in. For asking a server like this one from a command line or a test.
//!
//! ```
//! use janua_http::client::{Body, Decoder, Part, RequestHead};
//!
//! let mut wire = Vec::new();
//! let request = RequestHead { method: b"GET", target: b"/", headers: &[(b"Host", b"localhost")], body: Body::None };
//! request.encode(&mut wire)?;
//! assert_eq!(wire, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
//!
//! let mut decoder = Decoder::new(b"GET");
//! let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
//! decoder.space()[..answer.len()].copy_from_slice(answer);
//! decoder.filled(answer.len());
//! let Part::Head(head) = decoder.poll()? else { panic!() };
//! assert_eq!((head.status, head.header("content-length")), (200, Some(&b"5"[..])));
//! assert!(matches!(decoder.poll()?, Part::Body(b"hello")));
//! assert!(matches!(decoder.poll()?, Part::End));
//! # Ok::<(), janua_http::client::ClientError>(())
//! ```

use crate::chunks::Chunks;
use crate::fields::length;
use crate::head::HeadScan;
use crate::request_line::is_token;
use janua_vocabulary::{Buffer, Limits};

/// How the body of a request is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// There is none.
    None,
    /// So many bytes, which the caller sends behind the head as they are.
    Length(u64),
    /// Chunks: [`encode_chunk`] for each block and [`LAST_CHUNK`] at the end.
    Chunked,
}

/// A request's head to be sent as HTTP/1.1.
#[derive(Debug, Clone, Copy)]
pub struct RequestHead<'a> {
    /// `GET`, `POST` and so on.
    pub method: &'a [u8],
    /// Path and query, escaped.
    pub target: &'a [u8],
    /// The header fields, Host among them; the framing of the body is added to them.
    pub headers: &'a [(&'a [u8], &'a [u8])],
    /// Adds Content-Length or Transfer-Encoding.
    pub body: Body,
}

/// What ends a chunked body.
pub const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// What went wrong between this client and a server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The caller's request has a part that HTTP cannot carry.
    #[error("the request cannot be sent: {0} contains characters that HTTP does not allow there")]
    Unsendable(String),
    /// The server's answer is not HTTP/1.
    #[error("the server's answer is not HTTP: {0}")]
    NotHttp(String),
    /// The server closed the connection before its answer was whole.
    #[error("the server closed the connection before its answer was whole")]
    Incomplete,
}

impl RequestHead<'_> {
    /// Appends the head.
    ///
    /// # Errors
    /// Method, target or a header contains what would end it early.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), ClientError> {
        let unsendable = |what: &str| Err(ClientError::Unsendable(what.to_owned()));
        if !is_token(self.method) {
            return unsendable("the method");
        }
        if self.target.is_empty() || self.target.iter().any(|byte| *byte <= b' ' || *byte == 0x7f) {
            return unsendable("the target");
        }
        out.extend_from_slice(self.method);
        out.push(b' ');
        out.extend_from_slice(self.target);
        out.extend_from_slice(b" HTTP/1.1\r\n");
        for (name, value) in self.headers {
            if !is_token(name) || value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
                return unsendable(&format!("header \"{}\"", name.escape_ascii()));
            }
            push_field(name, value, out);
        }
        match self.body {
            Body::None => {}
            Body::Length(length) => push_field(b"Content-Length", length.to_string().as_bytes(), out),
            Body::Chunked => push_field(b"Transfer-Encoding", b"chunked", out),
        }
        out.extend_from_slice(b"\r\n");
        Ok(())
    }
}

fn push_field(name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    let parts: [&[u8]; 4] = [name, b": ", value, b"\r\n"];
    parts.iter().for_each(|part| out.extend_from_slice(part));
}

/// Appends a block of a chunked body; nothing for an empty one, which would end the body.
pub fn encode_chunk(block: &[u8], out: &mut Vec<u8>) {
    if !block.is_empty() {
        out.extend_from_slice(format!("{:x}\r\n", block.len()).as_bytes());
        out.extend_from_slice(block);
        out.extend_from_slice(b"\r\n");
    }
}

/// The head of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseHead {
    /// The status code.
    pub status: u16,
    /// The reason phrase, perhaps empty.
    pub reason: Vec<u8>,
    /// The header fields in order.
    pub headers: Vec<(String, Vec<u8>)>,
}

impl ResponseHead {
    /// The value of the first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let found = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_slice())
    }

    /// True for a 1xx answer, which another one follows.
    pub fn is_interim(&self) -> bool {
        self.status < 200
    }
}

/// A part of a response.
#[derive(Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// Nothing more can be said before more bytes arrive.
    NeedBytes,
    /// A head: perhaps some interim ones, then the final one.
    Head(ResponseHead),
    /// Bytes of the body, never empty.
    Body(&'a [u8]),
    /// The response is whole. Said again if asked again.
    End,
}

/// Reads one response. To be used like a [`Codec`](janua_vocabulary::Codec): read into [`space`](Self::space), say
/// how much with [`filled`](Self::filled) or [`closed`](Self::closed), and [`poll`](Self::poll) until it needs bytes.
#[derive(Debug)]
pub struct Decoder {
    input: Buffer,
    closed: bool,
    to_head: bool,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Head(HeadScan),
    Counted(u64),
    Chunked(Chunks),
    ToClose,
    End,
}

impl Decoder {
    /// A reader of the answer to a request with `method`.
    pub fn new(method: &[u8]) -> Self {
        Self {
            input: Buffer::new(),
            closed: false,
            to_head: method == b"HEAD",
            stage: Stage::Head(HeadScan::default()),
        }
    }

    /// Free room to read into, never empty.
    pub fn space(&mut self) -> &mut [u8] {
        self.input.space()
    }

    /// Says that `count` bytes were read into the front of [`space`](Self::space).
    pub fn filled(&mut self, count: usize) {
        self.input.filled(count);
    }

    /// Says that the server will send no more bytes.
    pub fn closed(&mut self) {
        self.closed = true;
    }

    /// What arrived behind the response, or has not been asked for.
    pub fn unread(&self) -> &[u8] {
        self.input.unread()
    }

    /// The next part of the response.
    ///
    /// # Errors
    /// The answer is malformed, or ended early where its framing shows that.
    pub fn poll(&mut self) -> Result<Part<'_>, ClientError> {
        let at_hand = self.input.unread().len();
        match &mut self.stage {
            Stage::Head(_) => self.poll_head(),
            Stage::Counted(0) => Ok(self.end()),
            Stage::Counted(missing) if at_hand > 0 => {
                let count = usize::try_from(*missing).map_or(at_hand, |missing| missing.min(at_hand));
                *missing -= count as u64;
                Ok(Part::Body(self.input.take(count)))
            }
            Stage::Counted(_) => self.wait(),
            Stage::Chunked(chunks) => {
                let advance = chunks
                    .advance(self.input.unread())
                    .map_err(|error| not_http(format!("its body {error}")))?;
                self.input.take(advance.frame);
                match advance.data {
                    0 if advance.ended => Ok(self.end()),
                    0 => self.wait(),
                    data => Ok(Part::Body(self.input.take(data))),
                }
            }
            Stage::ToClose if at_hand > 0 => Ok(Part::Body(self.input.take(at_hand))),
            Stage::ToClose if self.closed => Ok(self.end()),
            Stage::ToClose => Ok(Part::NeedBytes),
            Stage::End => Ok(Part::End),
        }
    }

    fn poll_head(&mut self) -> Result<Part<'_>, ClientError> {
        let Stage::Head(scan) = &mut self.stage else { return Ok(Part::End) };
        let end = scan
            .end(self.input.unread(), Limits::default())
            .map_err(|_| not_http("its head is malformed"))?;
        let Some(end) = end else { return self.wait() };
        let mut slots = vec![httparse::EMPTY_HEADER; scan.fields()];
        let head = parse(self.input.unread().get(..end).unwrap_or_default(), &mut slots)?;
        self.stage = self.body_stage(&head)?;
        self.input.take(end);
        Ok(Part::Head(head))
    }

    /// How the body behind `head` ends (RFC 9112, section 6.3).
    fn body_stage(&self, head: &ResponseHead) -> Result<Stage, ClientError> {
        if head.is_interim() {
            return Ok(Stage::Head(HeadScan::default()));
        }
        if self.to_head || matches!(head.status, 204 | 304) {
            return Ok(Stage::End);
        }
        match (head.header("transfer-encoding"), head.header("content-length")) {
            (Some(coding), _) if coding.eq_ignore_ascii_case(b"chunked") => Ok(Stage::Chunked(Chunks::new())),
            (Some(_), _) => Err(not_http("its Transfer-Encoding is not \"chunked\"")),
            (None, Some(value)) => length(value)
                .map(Stage::Counted)
                .ok_or_else(|| not_http("its Content-Length is not a number")),
            (None, None) => Ok(Stage::ToClose),
        }
    }

    fn end(&mut self) -> Part<'static> {
        self.stage = Stage::End;
        Part::End
    }

    fn wait(&self) -> Result<Part<'static>, ClientError> {
        if self.closed { Err(ClientError::Incomplete) } else { Ok(Part::NeedBytes) }
    }
}

fn not_http(why: impl Into<String>) -> ClientError {
    ClientError::NotHttp(why.into())
}

fn parse<'a>(head: &'a [u8], slots: &mut [httparse::Header<'a>]) -> Result<ResponseHead, ClientError> {
    // The reason is taken from the line itself: httparse gives one only if it is ASCII.
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let mut response = httparse::Response::new(slots);
    match response.parse(head) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => return Err(not_http("its head is malformed")),
        Err(error) => return Err(not_http(error.to_string())),
    }
    let headers =
        response.headers.iter().map(|header| (header.name.to_owned(), header.value.to_vec())).collect();
    Ok(ResponseHead {
        status: response.code.unwrap_or_default(),
        reason: line.get("HTTP/1.1 200 ".len()..).unwrap_or_default().to_vec(),
        headers,
    })
}
