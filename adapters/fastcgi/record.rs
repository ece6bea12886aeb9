//! Records and the bodies of those that are not streams: sections 3.3, 5.1, 5.5 and 8.

use nom::bytes::complete::take;
use nom::number::complete::{be_u8, be_u16, be_u32};
use nom::{IResult, Parser};

/// The only version there is.
pub(crate) const VERSION: u8 = 1;

/// The bytes of a record's header.
pub(crate) const HEADER_LENGTH: usize = 8;

/// The most content that a record can hold.
pub(crate) const MAX_CONTENT: usize = u16::MAX as usize;

/// The id of management records, which belong to no request.
pub(crate) const NULL_REQUEST: u16 = 0;

/// What a record is about (section 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordType {
    /// 1, from the web server: a request begins.
    BeginRequest,
    /// 2, from the web server: the request is given up.
    AbortRequest,
    /// 3, from the application: the request is over.
    EndRequest,
    /// 4, a stream from the web server: name-value pairs.
    Params,
    /// 5, a stream from the web server: the body of the request.
    Stdin,
    /// 6, a stream from the application: the response.
    Stdout,
    /// 7, a stream from the application: messages for the error log.
    Stderr,
    /// 8, a stream from the web server: the file that a filter is to filter.
    Data,
    /// 9, from the web server: what can the application do?
    GetValues,
    /// 10, from the application: the answer to GET_VALUES.
    GetValuesResult,
    /// 11, from the application: a management record was not understood.
    UnknownType,
    /// A number that FastCGI 1.0 gives no meaning.
    Other(u8),
}

impl RecordType {
    /// The type with this number.
    pub fn from_number(number: u8) -> Self {
        match number {
            1 => Self::BeginRequest,
            2 => Self::AbortRequest,
            3 => Self::EndRequest,
            4 => Self::Params,
            5 => Self::Stdin,
            6 => Self::Stdout,
            7 => Self::Stderr,
            8 => Self::Data,
            9 => Self::GetValues,
            10 => Self::GetValuesResult,
            11 => Self::UnknownType,
            other => Self::Other(other),
        }
    }

    /// The number on the wire.
    pub fn number(self) -> u8 {
        match self {
            Self::BeginRequest => 1,
            Self::AbortRequest => 2,
            Self::EndRequest => 3,
            Self::Params => 4,
            Self::Stdin => 5,
            Self::Stdout => 6,
            Self::Stderr => 7,
            Self::Data => 8,
            Self::GetValues => 9,
            Self::GetValuesResult => 10,
            Self::UnknownType => 11,
            Self::Other(number) => number,
        }
    }
}

/// What the web server asks the application to be (section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// 1: answers requests, as a CGI program does.
    Responder,
    /// 2: decides whether a request is allowed.
    Authorizer,
    /// 3: answers requests with what it makes of a file.
    Filter,
    /// A number that FastCGI 1.0 gives no meaning.
    Other(u16),
}

impl Role {
    /// The role with this number.
    pub fn from_number(number: u16) -> Self {
        match number {
            1 => Self::Responder,
            2 => Self::Authorizer,
            3 => Self::Filter,
            other => Self::Other(other),
        }
    }

    /// The number on the wire.
    pub fn number(self) -> u16 {
        match self {
            Self::Responder => 1,
            Self::Authorizer => 2,
            Self::Filter => 3,
            Self::Other(number) => number,
        }
    }
}

/// The first eight bytes of a record (section 3.3). The version is checked before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: RecordType,
    pub(crate) id: u16,
    pub(crate) content: u16,
    pub(crate) padding: u8,
}

impl Header {
    // A call for each record of each request would be a fiftieth of what reading them costs.
    #[inline]
    pub(crate) fn parse(input: &[u8]) -> IResult<&[u8], Self> {
        (be_u8, be_u8, be_u16, be_u16, be_u8, be_u8)
            .map(|(_, kind, id, content, padding, _)| Self {
                kind: RecordType::from_number(kind),
                id,
                content,
                padding,
            })
            .parse(input)
    }

    pub(crate) fn bytes(self) -> [u8; HEADER_LENGTH] {
        let ([id_high, id_low], [high, low]) = (self.id.to_be_bytes(), self.content.to_be_bytes());
        [VERSION, self.kind.number(), id_high, id_low, high, low, self.padding, 0]
    }
}

/// The content of BEGIN_REQUEST (section 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BeginRequest {
    pub(crate) role: Role,
    /// FCGI_KEEP_CONN: the web server wants to use the connection again.
    pub(crate) keep: bool,
}

impl BeginRequest {
    pub(crate) const LENGTH: usize = 8;
    const KEEP_CONN: u8 = 1;

    pub(crate) fn parse(input: &[u8]) -> IResult<&[u8], Self> {
        (be_u16, be_u8, take(5usize))
            .map(|(role, flags, _)| Self {
                role: Role::from_number(role),
                keep: flags & Self::KEEP_CONN != 0,
            })
            .parse(input)
    }

    pub(crate) fn bytes(self) -> [u8; Self::LENGTH] {
        let [high, low] = self.role.number().to_be_bytes();
        [high, low, u8::from(self.keep), 0, 0, 0, 0, 0]
    }
}

/// How a request ended, as far as the protocol is concerned (section 5.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProtocolStatus {
    /// 0: answered, or given up as the web server asked.
    RequestComplete,
    /// 1: refused, because another request is open on this connection.
    CantMpxConn,
    /// 2: refused for lack of resources.
    Overloaded,
    /// 3: refused, because the role is not served.
    UnknownRole,
    /// A number that FastCGI 1.0 gives no meaning.
    Other(u8),
}

impl ProtocolStatus {
    fn from_number(number: u8) -> Self {
        match number {
            0 => Self::RequestComplete,
            1 => Self::CantMpxConn,
            2 => Self::Overloaded,
            3 => Self::UnknownRole,
            other => Self::Other(other),
        }
    }

    fn number(self) -> u8 {
        match self {
            Self::RequestComplete => 0,
            Self::CantMpxConn => 1,
            Self::Overloaded => 2,
            Self::UnknownRole => 3,
            Self::Other(number) => number,
        }
    }
}

/// The content of END_REQUEST (section 5.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndRequest {
    /// What a CGI program would have given to `exit`.
    pub app_status: u32,
    /// What became of the request.
    pub protocol_status: ProtocolStatus,
}

impl EndRequest {
    const LENGTH: u16 = 8;
    pub(crate) const SIZE: usize = Self::LENGTH as usize;

    /// An end that says what became of a request which no application has seen.
    pub(crate) fn unseen(protocol_status: ProtocolStatus) -> Self {
        Self { app_status: 0, protocol_status }
    }

    pub(crate) fn parse(input: &[u8]) -> IResult<&[u8], Self> {
        (be_u32, be_u8, take(3usize))
            .map(|(app_status, status, _)| Self {
                app_status,
                protocol_status: ProtocolStatus::from_number(status),
            })
            .parse(input)
    }

    /// Appends the whole record.
    pub(crate) fn append(self, id: u16, out: &mut Vec<u8>) {
        let header = Header { kind: RecordType::EndRequest, id, content: Self::LENGTH, padding: 0 };
        out.extend_from_slice(&header.bytes());
        out.extend_from_slice(&self.app_status.to_be_bytes());
        out.extend_from_slice(&[self.protocol_status.number(), 0, 0, 0]);
    }
}

/// Appends `content` as records of a stream, as few as it takes: none if there is no content.
pub(crate) fn append_stream(kind: RecordType, id: u16, content: &[u8], out: &mut Vec<u8>) {
    out.reserve(content.len() + HEADER_LENGTH * content.len().div_ceil(MAX_CONTENT));
    for piece in content.chunks(MAX_CONTENT) {
        out.extend_from_slice(&Header { kind, id, content: piece.len() as u16, padding: 0 }.bytes());
        out.extend_from_slice(piece);
    }
}

/// Appends the empty record that ends a stream (section 3.3).
pub(crate) fn append_end(kind: RecordType, id: u16, out: &mut Vec<u8>) {
    out.extend_from_slice(&Header { kind, id, content: 0, padding: 0 }.bytes());
}

/// True if among the records in `bytes`, which begin with a header, one gives up request `id` (section 5.4).
pub(crate) fn aborts(mut bytes: &[u8], id: u16) -> bool {
    while let Ok((rest, header)) = Header::parse(bytes) {
        if header.kind == RecordType::AbortRequest && header.id == id {
            return true;
        }
        let length = usize::from(header.content) + usize::from(header.padding);
        bytes = rest.get(length..).unwrap_or_default();
    }
    false
}
