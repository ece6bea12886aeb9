//! An owner of a codec, as small as it can be.

use janua_http::client::{ClientError, Decoder, Part, ResponseHead};
use janua_http::{Ends, HttpCodec};
use janua_vocabulary::{Codec, Event, Head, Limits, Params, PeerError};

pub(crate) fn ends() -> Ends {
    Ends {
        server_addr: "127.0.0.1".into(),
        server_port: "8000".into(),
        remote_addr: "127.0.0.2".into(),
        remote_port: "40000".into(),
    }
}

pub(crate) fn codec() -> HttpCodec {
    HttpCodec::new(Limits::default(), ends())
}

pub(crate) fn feed(codec: &mut HttpCodec, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let space = codec.space();
        let count = space.len().min(bytes.len());
        space[..count].copy_from_slice(&bytes[..count]);
        codec.filled(count);
        bytes = &bytes[count..];
    }
}

/// A request as it came out of a codec.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) params: Params,
    pub(crate) body: Vec<u8>,
    pub(crate) replies: Vec<u8>,
}

impl Seen {
    pub(crate) fn param(&self, name: &str) -> Option<String> {
        self.params.get(name.as_bytes()).map(|value| value.escape_ascii().to_string())
    }
}

pub(crate) fn ok(length: Option<u64>) -> Head<'static> {
    let fields = if length.is_some() { &b"Content-Length: 2\r\n"[..] } else { b"" };
    Head { status: b"200 OK", fields, length, bodiless: false }
}

/// Answers the request under way with a body of two bytes.
pub(crate) fn answer(codec: &mut HttpCodec) -> Vec<u8> {
    let mut out = Vec::new();
    codec.respond(&ok(Some(2)), &mut out);
    out.extend_from_slice(b"hi");
    codec.finish(&mut out);
    out
}

/// Sends `pieces` one by one and then closes. Gives the requests, each of which is answered when its body is whole,
/// and the error that ended the connection, if one did.
pub(crate) fn serve<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Seen>, Option<PeerError>) {
    let (mut codec, mut seen, mut pieces) = (codec(), Vec::new(), pieces.into_iter());
    loop {
        match codec.poll() {
            Ok(Event::Request(request)) => seen.push(Seen { params: request.params, ..Seen::default() }),
            Ok(Event::Body(bytes)) => {
                assert!(!bytes.is_empty());
                seen.last_mut().unwrap().body.extend_from_slice(bytes);
            }
            Ok(Event::Reply(bytes)) => seen.last_mut().unwrap().replies.extend(bytes),
            Ok(Event::BodyEnd) => drop(answer(&mut codec)),
            Ok(Event::NeedBytes) => match pieces.next() {
                Some(piece) => feed(&mut codec, piece),
                None => codec.closed(),
            },
            Ok(Event::Closed) => return (seen, None),
            Ok(Event::Aborted | Event::SecondStream | Event::Shared(_)) => panic!("HTTP has no such thing"),
            Err(error) => return (seen, Some(error)),
        }
    }
}

/// The one request in `bytes`.
pub(crate) fn request(bytes: &[u8]) -> Seen {
    let (mut seen, error) = serve([bytes]);
    assert_eq!(error, None);
    assert_eq!(seen.len(), 1);
    seen.remove(0)
}

/// The error that `bytes` end in without any request.
pub(crate) fn refusal(bytes: &[u8]) -> PeerError {
    let (seen, error) = serve([bytes]);
    assert_eq!(seen, []);
    error.expect("no error")
}

/// Reads one response, which comes in `pieces` before the server closes. Gives the heads and the body.
pub(crate) fn response<'a>(
    method: &str,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Result<(Vec<ResponseHead>, Vec<u8>), ClientError> {
    let (mut decoder, mut heads, mut body) = (Decoder::new(method.as_bytes()), Vec::new(), Vec::new());
    let mut pieces = pieces.into_iter();
    loop {
        match decoder.poll()? {
            Part::Head(head) => heads.push(head),
            Part::Body(bytes) => body.extend_from_slice(bytes),
            Part::End => return Ok((heads, body)),
            Part::NeedBytes => match pieces.next() {
                Some(piece) => piece.chunks(1000).for_each(|part| {
                    decoder.space()[..part.len()].copy_from_slice(part);
                    decoder.filled(part.len());
                }),
                None => decoder.closed(),
            },
        }
    }
}

/// `bytes` in pieces whose sizes are `sizes`, over and over.
pub(crate) fn cut<'a>(bytes: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let (mut rest, mut pieces, mut sizes) = (bytes, Vec::new(), sizes.iter().cycle());
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
        pieces.push(piece);
        rest = behind;
    }
    pieces
}
