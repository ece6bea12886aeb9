//! One CGI request: its events and its response.

use crate::length::body_length;
use janua_vocabulary::{
    BodyLength, Buffer, Codec, Event, Frame, Head, Limits, Params, PeerError, Protocol, Request, Role,
};

/// The codec of the one request of a CGI process.
///
/// It never reads past CONTENT_LENGTH: RFC 3875, section 4.2, forbids it, and stdin may be a connection that the
/// server goes on using. [`space`](Codec::space) offers no more room than the body still lacks and so, unlike with
/// other codecs, an empty slice once the body is whole. Reading into that brings nothing and harms nothing.
///
/// [`Event::Closed`] after [`Event::BodyEnd`] says that stdin has no more to give; the server waits for the answer.
#[derive(Debug)]
pub struct CgiCodec {
    limits: Limits,
    stage: Stage,
    stdin: Buffer,
    /// Stdin is at its end.
    closed: bool,
    /// The response has ended, regularly or not.
    finished: bool,
}

#[derive(Debug)]
enum Stage {
    /// The request has not been handed over yet.
    Start(Params),
    /// The body has `missing` bytes still to be read, of `total`.
    Counted { missing: u64, total: u64 },
    /// The body goes on to the end of stdin.
    ToEnd,
    /// Everything was handed over, or the request was refused.
    Over,
}

impl CgiCodec {
    /// The codec of a process whose environment is `params` (see [`request_params`](crate::request_params)).
    ///
    /// The limits hold for the whole environment, since a server adds to it what the client sent.
    pub fn new(params: Params, limits: Limits) -> Self {
        Self { limits, stage: Stage::Start(params), stdin: Buffer::new(), closed: false, finished: false }
    }

    fn begin(&mut self, params: Params) -> Result<Event<'_>, PeerError> {
        check_limits(&params, self.limits)?;
        let body = body_length(params.get(b"CONTENT_LENGTH")).ok_or_else(|| {
            PeerError::refuse(
                400,
                "the web server's CONTENT_LENGTH is not a number of bytes; the request is refused",
            )
        })?;
        self.stage = match body {
            BodyLength::Exactly(total) => Stage::Counted { missing: total, total },
            BodyLength::ToEnd => Stage::ToEnd,
        };
        Ok(Event::Request(Request { params, body, role: Role::Responder }))
    }
}

/// Sizes are counted as the kernel does for a new process: `NAME=value` and a NUL.
fn check_limits(params: &Params, limits: Limits) -> Result<(), PeerError> {
    if params.len() > limits.params {
        let reason = format!("the environment has {} variables, {} are allowed", params.len(), limits.params);
        return Err(PeerError::refuse(431, reason).with_setting("max_params"));
    }
    let sizes = |(bytes, longest): (usize, usize), (name, value): (&[u8], &[u8])| {
        (bytes + name.len() + value.len() + 2, longest.max(name.len()))
    };
    let (bytes, longest) = params.iter().fold((0, 0), sizes);
    if longest > limits.name_bytes {
        let reason = format!("the environment has a name of more than {} bytes", limits.name_bytes);
        return Err(PeerError::refuse(431, reason).with_setting("max_name_bytes"));
    }
    if bytes > limits.params_bytes {
        let reason = format!("the environment has {bytes} bytes, {} are allowed", limits.params_bytes);
        return Err(PeerError::refuse(431, reason).with_setting("max_params_bytes"));
    }
    Ok(())
}

impl Codec for CgiCodec {
    fn protocol(&self) -> Protocol {
        Protocol::Cgi
    }

    fn space(&mut self) -> &mut [u8] {
        let wanted = match self.stage {
            Stage::Counted { missing, .. } => usize::try_from(missing).unwrap_or(usize::MAX),
            Stage::ToEnd => usize::MAX,
            Stage::Start(_) | Stage::Over => 0,
        };
        if wanted == 0 {
            return &mut [];
        }
        let space = self.stdin.space();
        let room = space.len().min(wanted);
        space.get_mut(..room).unwrap_or_default()
    }

    fn filled(&mut self, count: usize) {
        self.stdin.filled(count);
        if let Stage::Counted { missing, .. } = &mut self.stage {
            *missing = missing.saturating_sub(count as u64);
        }
    }

    fn closed(&mut self) {
        self.closed = true;
    }

    fn poll(&mut self) -> Result<Event<'_>, PeerError> {
        if !self.stdin.is_empty() {
            return Ok(Event::Body(self.stdin.take(usize::MAX)));
        }
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Start(params) => self.begin(params),
            Stage::Counted { missing: 0, .. } => Ok(Event::BodyEnd),
            Stage::ToEnd if self.closed => Ok(Event::BodyEnd),
            Stage::Counted { missing, total } if self.closed => Err(PeerError::close(format!(
                "the web server closed stdin {missing} bytes short of CONTENT_LENGTH {total}; the request is given up"
            ))),
            unfinished @ (Stage::Counted { .. } | Stage::ToEnd) => {
                self.stage = unfinished;
                Ok(Event::NeedBytes)
            }
            Stage::Over if self.closed || self.finished => Ok(Event::Closed),
            Stage::Over => Ok(Event::NeedBytes),
        }
    }

    /// The head in the form of RFC 3875, section 6: a `Status` field, the other fields, an empty line.
    fn respond(&mut self, head: &Head<'_>, out: &mut Vec<u8>) {
        let parts: [&[u8]; 5] = [b"Status: ", head.status, b"\r\n", head.fields, b"\r\n"];
        out.reserve(parts.iter().map(|part| part.len()).sum());
        parts.iter().for_each(|part| out.extend_from_slice(part));
    }

    fn frame(&mut self, available: usize) -> Frame {
        Frame::bare(available)
    }

    fn finish(&mut self, _out: &mut Vec<u8>) {
        self.finished = true;
    }

    /// CGI has nothing to show a break with: a server that knows Content-Length notices by itself, and the exit
    /// status of the process, which the owner sets, goes to the server's log at best.
    fn truncate(&mut self, _out: &mut Vec<u8>) {
        self.finished = true;
    }

    fn reusable(&self) -> bool {
        false
    }

    fn idle(&mut self) -> Option<Vec<u8>> {
        self.stdin.release()
    }

    fn lend(&mut self, room: Vec<u8>) {
        self.stdin.lend(room);
    }

    fn in_head(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request_params;
    use janua_vocabulary::Answer;
    use proptest::prelude::*;

    fn codec(content_length: Option<&str>) -> CgiCodec {
        let length = content_length.map(|length| ("CONTENT_LENGTH", length));
        CgiCodec::new(
            request_params([("REQUEST_METHOD", "POST")].into_iter().chain(length)),
            Limits::default(),
        )
    }

    /// Serves `stdin` in reads of the given sizes, as an owner would, until the body has ended. Gives the announced
    /// length, the body, and how much of stdin was left unread.
    fn serve(
        codec: &mut CgiCodec,
        stdin: &[u8],
        reads: &[usize],
    ) -> Result<(BodyLength, Vec<u8>, usize), PeerError> {
        let Event::Request(request) = codec.poll()? else { panic!("no request") };
        let (mut rest, mut body, mut reads) = (stdin, Vec::new(), reads.iter().cycle());
        loop {
            match codec.poll()? {
                Event::Body(bytes) => {
                    assert!(!bytes.is_empty());
                    body.extend_from_slice(bytes);
                }
                Event::BodyEnd => return Ok((request.body, body, rest.len())),
                Event::NeedBytes => {
                    let space = codec.space();
                    let count = space.len().min(*reads.next().unwrap()).min(rest.len());
                    space[..count].copy_from_slice(&rest[..count]);
                    rest = &rest[count..];
                    if count == 0 { codec.closed() } else { codec.filled(count) }
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn the_environment_is_the_request() {
        let mut codec = codec(Some("5"));
        let Ok(Event::Request(request)) = codec.poll() else { panic!("no request") };
        assert_eq!(request.params.get(b"REQUEST_METHOD"), Some(&b"POST"[..]));
        assert_eq!(request.body, BodyLength::Exactly(5));
    }

    #[test]
    fn stdin_is_never_read_past_content_length() {
        for read in 1..12 {
            let served = serve(&mut codec(Some("5")), b"helloGET / HTTP/1.1", &[read]);
            assert_eq!(served, Ok((BodyLength::Exactly(5), b"hello".to_vec(), 14)));
        }
    }

    #[test]
    fn without_content_length_the_body_goes_to_the_end_of_stdin() {
        for length in [None, Some(""), Some("-1")] {
            let served = serve(&mut codec(length), b"hello world", &[4]);
            assert_eq!(served, Ok((BodyLength::ToEnd, b"hello world".to_vec(), 0)));
        }
    }

    #[test]
    fn an_empty_body_ends_without_a_read() {
        let mut codec = codec(Some("0"));
        assert!(matches!(codec.poll(), Ok(Event::Request(_))));
        assert!(codec.space().is_empty());
        assert!(matches!(codec.poll(), Ok(Event::BodyEnd)));
    }

    #[test]
    fn the_end_of_the_body_is_told_once() {
        let mut codec = codec(Some("5"));
        serve(&mut codec, b"hello", &[9]).unwrap();
        assert!(matches!(codec.poll(), Ok(Event::NeedBytes)));
        assert!(codec.space().is_empty());
        codec.finish(&mut Vec::new());
        assert!(matches!(codec.poll(), Ok(Event::Closed)));
        assert!(!codec.reusable());
    }

    #[test]
    fn stdin_that_ends_early_is_an_error_that_says_what_is_missing() {
        let error = serve(&mut codec(Some("12")), b"hello", &[2]).unwrap_err();
        assert_eq!(error.answer, Answer::Close);
        assert!(error.reason.contains("7 bytes short of CONTENT_LENGTH 12"), "{error}");
    }

    #[test]
    fn after_an_error_there_is_nothing_more() {
        let mut codec = codec(Some("12"));
        serve(&mut codec, b"hello", &[2]).unwrap_err();
        assert!(matches!(codec.poll(), Ok(Event::Closed)));
    }

    #[test]
    fn a_bad_content_length_is_refused_with_400_and_nothing_is_read() {
        let mut codec = codec(Some("12x"));
        assert_eq!(codec.poll().unwrap_err().answer, Answer::Status(400));
        assert!(codec.space().is_empty());
    }

    #[test]
    fn too_many_variables_are_refused_with_the_setting() {
        let limits = Limits { params: 2, ..Limits::default() };
        let params = |count| request_params((0..count).map(|n| (format!("V{n}"), "")));
        assert!(CgiCodec::new(params(2), limits).poll().is_ok());
        let error = CgiCodec::new(params(3), limits).poll().unwrap_err();
        assert_eq!((error.answer, error.setting), (Answer::Status(431), Some("max_params")));
    }

    #[test]
    fn too_long_a_name_is_refused_with_the_setting() {
        let limits = Limits { name_bytes: 6, ..Limits::default() };
        assert!(CgiCodec::new(request_params([("HTTP_A", "v")]), limits).poll().is_ok());
        let error = CgiCodec::new(request_params([("HTTP_AB", "v")]), limits).poll().unwrap_err();
        assert_eq!((error.answer, error.setting), (Answer::Status(431), Some("max_name_bytes")));
    }

    #[test]
    fn too_large_an_environment_is_refused_with_the_setting() {
        let limits = Limits { params_bytes: 10, ..Limits::default() };
        assert!(CgiCodec::new(request_params([("NAME", "1234")]), limits).poll().is_ok());
        let error = CgiCodec::new(request_params([("NAME", "12345")]), limits).poll().unwrap_err();
        assert_eq!((error.answer, error.setting), (Answer::Status(431), Some("max_params_bytes")));
    }

    #[test]
    fn a_response_has_a_status_field_and_a_bare_body() {
        let mut codec = codec(None);
        let mut out = Vec::new();
        let fields = b"Content-Type: text/plain\r\n";
        codec.respond(&Head { status: b"404 Not Found", fields, length: None, bodiless: false }, &mut out);
        assert_eq!(codec.frame(7), Frame::bare(7));
        out.extend_from_slice(b"nothing");
        codec.finish(&mut out);
        assert_eq!(out, b"Status: 404 Not Found\r\nContent-Type: text/plain\r\n\r\nnothing");
    }

    proptest! {
        #[test]
        fn a_body_is_the_same_however_it_is_read(
            body in proptest::collection::vec(any::<u8>(), 0..40_000),
            reads in proptest::collection::vec(1usize..9_000, 1..20),
            counted in any::<bool>(),
        ) {
            let length = body.len().to_string();
            let (_, seen, left) = serve(&mut codec(counted.then_some(&length)), &body, &reads).unwrap();
            prop_assert_eq!(seen, body);
            prop_assert_eq!(left, 0);
        }
    }
}
