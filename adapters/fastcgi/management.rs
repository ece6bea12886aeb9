//! Records that belong to no request: section 4.

use crate::pairs::{append_pair, whole_pair};
use crate::record::{Header, NULL_REQUEST};
use crate::{FastCgiError, RecordType};
use nom::combinator::iterator;

/// What the application tells a web server that asks for its limits with GET_VALUES (section 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacity {
    /// FCGI_MAX_CONNS: connections that are served at the same time.
    pub connections: u32,
    /// FCGI_MAX_REQS: requests that are served at the same time. Where several may be open on one connection, HAProxy
    /// takes it for the most of one connection.
    pub requests: u32,
    /// FCGI_MPXS_CONNS: whether several may be open on one connection.
    pub multiplex: Multiplex,
}

/// When several requests may be open on one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Multiplex {
    /// Never: a second one is refused with CANT_MPX_CONN.
    Never,
    /// On the connections of a peer that asked whether it may.
    WhenAsked,
    /// On all.
    Always,
}

/// The answer to GET_VALUES.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Values {
    /// The record GET_VALUES_RESULT.
    pub(crate) record: Vec<u8>,
    /// The peer was told that several requests may be open on this connection.
    pub(crate) shares: bool,
}

impl Default for Capacity {
    fn default() -> Self {
        Self { connections: 1, requests: 1, multiplex: Multiplex::Never }
    }
}

impl Capacity {
    /// The answer to a GET_VALUES of this content, on a connection that can be shared by several requests or not. Names that are not known are left
    /// out. One that is asked for many times is answered once, so that every answer fits one record.
    ///
    /// # Errors
    /// The question is cut inside a pair.
    pub(crate) fn answer(self, question: &[u8], may_share: bool) -> Result<Values, FastCgiError> {
        let may_share = may_share && self.multiplex != Multiplex::Never;
        let known: [(&[u8], String); 3] = [
            (b"FCGI_MAX_CONNS", self.connections.to_string()),
            (b"FCGI_MAX_REQS", self.requests.to_string()),
            (b"FCGI_MPXS_CONNS", u8::from(may_share).to_string()),
        ];
        let mut asked = [false; 3];
        let mut pairs = iterator(question, whole_pair);
        for (name, _) in pairs.by_ref() {
            for (asked, (known, _)) in asked.iter_mut().zip(&known) {
                *asked |= name == *known;
            }
        }
        if !matches!(pairs.finish(), Ok((b"", ()))) {
            return Err(FastCgiError::ValuesCut);
        }
        let mut content = Vec::new();
        for ((name, value), _) in known.iter().zip(asked).filter(|(_, asked)| *asked) {
            append_pair(name, value.as_bytes(), &mut content);
        }
        let shares = may_share && matches!(asked, [.., true]);
        Ok(Values { record: record(RecordType::GetValuesResult, &content), shares })
    }
}

/// The record UNKNOWN_TYPE for a management record of this type (section 4.2).
pub(crate) fn unknown_type(kind: RecordType) -> Vec<u8> {
    record(RecordType::UnknownType, &[kind.number(), 0, 0, 0, 0, 0, 0, 0])
}

fn record(kind: RecordType, content: &[u8]) -> Vec<u8> {
    let header = Header { kind, id: NULL_REQUEST, content: content.len() as u16, padding: 0 };
    [&header.bytes(), content].concat()
}
