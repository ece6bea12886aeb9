//! The ways: from the client's encoder through bytes and codec to the request that is handed on.

use crate::asked::{Asked, Body};
use crate::server::{CLIENT_END, SERVER_END};
use janua_cgi::{CgiCodec, request_params};
use janua_fastcgi::{Capacity, FastCgiCodec, client::Encoder};
use janua_http::client::{Body as Framing, LAST_CHUNK, RequestHead, encode_chunk};
use janua_http::{Ends, HttpCodec};
use janua_scgi::ScgiCodec;
use janua_vocabulary::{Codec, Event, Limits, Params, PeerError, Protocol};

/// How the bytes travel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Transport {
    /// Bytes that one read brings, and of one chunk.
    pub(crate) piece: usize,
    /// Content of a FastCGI record, and the padding behind it.
    pub(crate) record: usize,
    pub(crate) padding: u8,
    /// Smuggles one more variable into FastCGI.
    pub(crate) forged: bool,
}

impl Default for Transport {
    fn default() -> Self {
        Self { piece: 65536, record: 65535, padding: 0, forged: false }
    }
}

/// What a codec handed on.
pub(crate) struct Received {
    pub(crate) params: Params,
    pub(crate) body: Vec<u8>,
}

/// The request straight to janua.
pub(crate) fn over_http(asked: &Asked, transport: &Transport) -> Received {
    receive(http_codec(asked), &http_bytes(asked, transport), transport.piece)
        .unwrap_or_else(|error| panic!("http refused it: {error}"))
}

/// True if the codec refuses the request with 400.
pub(crate) fn refused_by_http(asked: &Asked) -> bool {
    let transport = Transport::default();
    let received = receive(http_codec(asked), &http_bytes(asked, &transport), transport.piece);
    received.is_err_and(|error| error.answer.status() == Some(400))
}

/// The request as a server passes it on with `params`.
pub(crate) fn behind_a_server(
    protocol: Protocol,
    mut params: Params,
    asked: &Asked,
    transport: &Transport,
) -> Received {
    let body = asked.body.bytes();
    let limits = Limits::default();
    let received = match protocol {
        Protocol::Cgi => {
            let codec = CgiCodec::new(request_params(params.iter()), limits);
            receive(codec, body, transport.piece)
        }
        Protocol::Scgi => {
            let bytes = janua_scgi::client::request(&params, body).unwrap();
            receive(ScgiCodec::new(limits), &bytes, transport.piece)
        }
        Protocol::FastCgi => {
            if transport.forged {
                params.push(b"HTTP_X_FORGED", b"1");
            }
            let encoder =
                Encoder { record: transport.record, padding: transport.padding, ..Encoder::default() };
            let codec = FastCgiCodec::new(limits, Capacity::default());
            receive(codec, &encoder.request(&params, body), transport.piece)
        }
        Protocol::Http => panic!("no server stands before http"),
    };
    received.unwrap_or_else(|error| panic!("{} refused it: {error}", protocol.name()))
}

fn http_codec(asked: &Asked) -> HttpCodec {
    let ends = if asked.tcp {
        Ends {
            server_addr: SERVER_END.0.into(),
            server_port: SERVER_END.1.into(),
            remote_addr: CLIENT_END.0.into(),
            remote_port: CLIENT_END.1.into(),
        }
    } else {
        Ends::default()
    };
    HttpCodec::new(Limits::default(), ends)
}

fn http_bytes(asked: &Asked, transport: &Transport) -> Vec<u8> {
    let host: (&[u8], &[u8]) = (b"Host", asked.host.as_bytes());
    let fields = asked.fields.iter().map(|(name, value)| (name.as_bytes(), value.as_slice()));
    let headers: Vec<_> = std::iter::once(host).chain(fields).collect();
    let body = match &asked.body {
        Body::None => Framing::None,
        Body::Counted(body) => Framing::Length(body.len() as u64),
        Body::Chunked(_) => Framing::Chunked,
    };
    let target = asked.target();
    let mut bytes = Vec::new();
    let head = RequestHead { method: asked.method.as_bytes(), target: &target, headers: &headers, body };
    head.encode(&mut bytes).unwrap();
    match &asked.body {
        Body::Chunked(body) => {
            body.chunks(transport.piece).for_each(|block| encode_chunk(block, &mut bytes));
            bytes.extend_from_slice(LAST_CHUNK);
        }
        body => bytes.extend_from_slice(body.bytes()),
    }
    bytes
}

/// Feeds `bytes` to the codec piece by piece until the request and its body are whole.
fn receive(mut codec: impl Codec, mut bytes: &[u8], piece: usize) -> Result<Received, PeerError> {
    let mut params = None;
    let mut body = Vec::new();
    loop {
        match codec.poll()? {
            Event::Request(request) => params = Some(request.params),
            Event::Body(block) => body.extend_from_slice(block),
            Event::BodyEnd => return Ok(Received { params: params.unwrap(), body }),
            Event::Reply(_) => {}
            Event::NeedBytes if bytes.is_empty() => codec.closed(),
            Event::NeedBytes => {
                let space = codec.space();
                let count = piece.min(space.len()).min(bytes.len());
                let (now, later) = bytes.split_at(count);
                space.iter_mut().zip(now).for_each(|(to, from)| *to = *from);
                codec.filled(count);
                bytes = later;
            }
            event => panic!("{event:?} before the request was whole"),
        }
    }
}
