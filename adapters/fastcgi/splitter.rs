//! What comes in on a connection with several requests open, parted by request.

use crate::FastCgiError;
use crate::management::{Capacity, Values, unknown_type};
use crate::record::{BeginRequest, EndRequest, HEADER_LENGTH, Header, NULL_REQUEST, ProtocolStatus, VERSION};
use crate::{Multiplex, RecordType};
use janua_vocabulary::{Buffer, PeerError};

/// What the next bytes of a shared connection meant.
#[derive(Debug, PartialEq, Eq)]
pub enum Parted<'a> {
    /// Nothing more can be said before more bytes arrive.
    NeedBytes,
    /// A request begins. Its records go to a [`FastCgiCodec`](crate::FastCgiCodec) of its own, these bytes first: they
    /// are its BEGIN_REQUEST as if the connection were not to be kept, for the codec has only the one request.
    Begin(u16, [u8; Splitter::BEGIN]),
    /// Bytes for the codec of this request, never empty. They may begin and end anywhere in a record.
    For(u16, &'a [u8]),
    /// The peer gave the request up (ABORT_REQUEST). Its id is free, once [`Splitter::end`] has said so to the peer.
    Aborted(u16),
    /// A request was refused with OVERLOADED by this record, as too many are open.
    Overloaded(Vec<u8>),
    /// A record that the protocol owes the peer.
    Reply(Vec<u8>),
    /// The peer sends no more.
    Closed,
}

/// Parts the records of a connection by their request, looking at nothing but their headers.
///
/// It knows which ids are in use: from BEGIN_REQUEST until its owner says with [`closed`](Splitter::closed) that
/// END_REQUEST was sent (section 3.3). Records of ids that are not in use mean nothing (section 3.3, "the application
/// ... ignores records with an inactive request ID"); a BEGIN_REQUEST of one that is breaks the protocol.
#[derive(Debug)]
pub struct Splitter {
    buffer: Buffer,
    capacity: Capacity,
    /// The most requests that may be open.
    most: usize,
    open: Vec<u16>,
    record: Option<Rest>,
    /// The peer wants the connection to end after a request that has begun.
    last: bool,
    ended: bool,
    failed: Option<FastCgiError>,
}

/// What is missing of a record whose header was seen.
#[derive(Debug, Clone, Copy)]
struct Rest {
    whose: Whose,
    length: usize,
}

#[derive(Debug, Clone, Copy)]
enum Whose {
    Request(u16),
    Nobody,
}

impl Splitter {
    /// The length of BEGIN_REQUEST with its header.
    pub const BEGIN: usize = HEADER_LENGTH + BeginRequest::LENGTH;

    /// A connection on which `most` requests may be open at once. `capacity` is for peers that ask.
    pub fn new(capacity: Capacity, most: usize) -> Self {
        Self {
            buffer: Buffer::new(),
            capacity: Capacity { multiplex: Multiplex::Always, ..capacity },
            most,
            open: Vec::new(),
            record: None,
            last: false,
            ended: false,
            failed: None,
        }
    }

    /// Free room to read into, never empty.
    pub fn space(&mut self) -> &mut [u8] {
        self.buffer.space()
    }

    /// Says that `count` bytes were read into the front of [`space`](Splitter::space).
    pub fn filled(&mut self, count: usize) {
        self.buffer.filled(count);
    }

    /// Takes bytes that were read elsewhere.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let space = self.buffer.space();
            let count = space.len().min(bytes.len());
            let (now, later) = bytes.split_at(count);
            if let Some(space) = space.get_mut(..count) {
                space.copy_from_slice(now);
            }
            self.buffer.filled(count);
            bytes = later;
        }
    }

    /// Says that the peer will send no more bytes.
    pub fn finished(&mut self) {
        self.ended = true;
    }

    /// From now on no request may begin: all are refused with OVERLOADED.
    pub fn refuse_all(&mut self) {
        self.most = 0;
    }

    /// Says that END_REQUEST was sent, so that the id is free again.
    pub fn closed(&mut self, id: u16) {
        self.open.retain(|open| *open != id);
        if let Some(Rest { whose, .. }) = &mut self.record
            && matches!(whose, Whose::Request(of) if *of == id)
        {
            *whose = Whose::Nobody;
        }
    }

    /// The record that says to a codec what [`Parted::Aborted`] said.
    pub fn abort(id: u16) -> [u8; 8] {
        Header { kind: RecordType::AbortRequest, id, content: 0, padding: 0 }.bytes()
    }

    /// Appends END_REQUEST for a request that ends without one of its own, and frees its id.
    pub fn end(&mut self, id: u16, end: EndRequest, out: &mut Vec<u8>) {
        end.append(id, out);
        self.closed(id);
    }

    /// Gives back memory that an idle connection does not need.
    pub fn idle(&mut self) {
        self.buffer.release();
    }

    /// True if the peer wants the connection to end once no request is open (without FCGI_KEEP_CONN, section 5.1).
    pub fn is_last(&self) -> bool {
        self.last
    }

    /// What the bytes so far mean. To be asked until it says [`Parted::NeedBytes`] or [`Parted::Closed`].
    ///
    /// # Errors
    /// The peer broke the protocol: what else it sends cannot be understood. The requests that are open may still be
    /// answered.
    pub fn poll(&mut self) -> Result<Parted<'_>, PeerError> {
        if let Some(error) = self.failed {
            return Err(error.into());
        }
        loop {
            match self.record.take() {
                Some(Rest { length: 0, .. }) => {}
                Some(Rest { whose, length }) => {
                    let piece = length.min(self.buffer.unread().len());
                    if piece == 0 {
                        self.record = Some(Rest { whose, length });
                        return Ok(self.quiet());
                    }
                    self.record = Some(Rest { whose, length: length - piece });
                    match whose {
                        Whose::Request(id) => return Ok(Parted::For(id, self.buffer.take(piece))),
                        Whose::Nobody => {
                            self.buffer.take(piece);
                        }
                    }
                }
                None => match self.header() {
                    Ok(Some(parted)) => return Ok(parted),
                    Ok(None) if self.record.is_some() => {}
                    Ok(None) => return Ok(self.quiet()),
                    Err(error) => {
                        self.failed = Some(error);
                        return Err(error.into());
                    }
                },
            }
        }
    }

    fn quiet(&self) -> Parted<'static> {
        if self.ended { Parted::Closed } else { Parted::NeedBytes }
    }

    /// Looks at a header. `None` without a record to read on in means that bytes are missing.
    fn header(&mut self) -> Result<Option<Parted<'static>>, FastCgiError> {
        let unread = self.buffer.unread();
        if let Some(version) = unread.first().filter(|version| **version != VERSION) {
            return Err(FastCgiError::OtherVersion(*version));
        }
        let Ok((rest, header)) = Header::parse(unread) else { return Ok(None) };
        let content = usize::from(header.content);
        let whole = content + usize::from(header.padding);
        let skip = |length| Some(Rest { whose: Whose::Nobody, length });
        match (header.id, header.kind) {
            (NULL_REQUEST, RecordType::BeginRequest) => Err(FastCgiError::NullRequest),
            (NULL_REQUEST, RecordType::GetValues) => {
                let Some(question) = rest.get(..content) else { return Ok(None) };
                let Values { record, .. } = self.capacity.answer(question, true)?;
                self.buffer.take(HEADER_LENGTH + content);
                self.record = skip(whole - content);
                Ok(Some(Parted::Reply(record)))
            }
            (NULL_REQUEST, kind) => {
                self.buffer.take(HEADER_LENGTH);
                self.record = skip(whole);
                // The answer to a question that was never asked is not answered in turn.
                let known = kind == RecordType::UnknownType;
                Ok((!known).then(|| Parted::Reply(unknown_type(kind))))
            }
            (_, RecordType::BeginRequest) if content != BeginRequest::LENGTH => {
                Err(FastCgiError::BeginLength(content))
            }
            (id, RecordType::BeginRequest) if self.open.contains(&id) => Err(FastCgiError::BegunTwice(id)),
            (id, RecordType::BeginRequest) => {
                let Ok((_, begin)) = BeginRequest::parse(rest) else { return Ok(None) };
                self.buffer.take(Self::BEGIN);
                self.record = skip(whole - content);
                Ok(Some(self.begin(id, begin)))
            }
            (id, RecordType::AbortRequest) if self.open.contains(&id) => {
                self.buffer.take(HEADER_LENGTH);
                self.record = skip(whole);
                Ok(Some(Parted::Aborted(id)))
            }
            (id, _) if self.open.contains(&id) => {
                self.record = Some(Rest { whose: Whose::Request(id), length: HEADER_LENGTH + whole });
                Ok(None)
            }
            _ => {
                self.record = skip(HEADER_LENGTH + whole);
                Ok(None)
            }
        }
    }

    fn begin(&mut self, id: u16, begin: BeginRequest) -> Parted<'static> {
        self.last |= !begin.keep;
        if self.open.len() >= self.most {
            let mut out = Vec::new();
            EndRequest::unseen(ProtocolStatus::Overloaded).append(id, &mut out);
            return Parted::Overloaded(out);
        }
        self.open.push(id);
        let content = BeginRequest { keep: false, ..begin }.bytes();
        let header = Header { kind: RecordType::BeginRequest, id, content: content.len() as u16, padding: 0 };
        let mut record = [0; Self::BEGIN];
        record.iter_mut().zip(header.bytes().into_iter().chain(content)).for_each(|(to, from)| *to = from);
        Parted::Begin(id, record)
    }
}
