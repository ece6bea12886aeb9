//! What the server's side meant to send.

/// How a response ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It has not.
    Open,
    /// As promised.
    Finished,
    /// Broken off.
    Truncated,
}

/// One response as it was meant.
#[derive(Debug, Clone)]
pub struct Answered {
    /// REQUEST_METHOD of the request.
    pub method: Vec<u8>,
    /// True if a head was sent.
    pub begun: bool,
    /// The status.
    pub status: Vec<u8>,
    /// The rendered fields.
    pub fields: Vec<u8>,
    /// The length among them.
    pub length: Option<u64>,
    /// True if no body may be sent.
    pub bodiless: bool,
    /// The body so far.
    pub body: Vec<u8>,
    /// What was logged.
    pub log: Vec<u8>,
    /// How it ended.
    pub end: End,
}

impl Answered {
    /// A response that has not begun, to a request with `method`.
    pub(crate) fn to(method: &[u8]) -> Self {
        Self {
            method: method.to_vec(),
            begun: false,
            status: Vec::new(),
            fields: Vec::new(),
            length: None,
            bodiless: false,
            body: Vec::new(),
            log: Vec::new(),
            end: End::Open,
        }
    }

    /// The response as a CGI program writes it.
    pub(crate) fn document(&self) -> Vec<u8> {
        if !self.begun {
            return Vec::new();
        }
        [b"Status: ", &self.status[..], b"\r\n", &self.fields, b"\r\n", &self.body].concat()
    }
}

/// A whole connection.
#[derive(Debug, Default)]
pub struct Story {
    /// The responses in order.
    pub answers: Vec<Answered>,
    /// All bytes that the server's side sent.
    pub out: Vec<u8>,
}
