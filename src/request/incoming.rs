//! The answer of each protocol as it arrives.

use crate::document::DocumentReader;
use crate::failure::Failure;
use janua_fastcgi::client::{self as fastcgi, Received};
use janua_fastcgi::{EndRequest, ProtocolStatus};
use janua_http::client::{self as http, Part};
use janua_vocabulary::Protocol;

/// Where the parts of an answer go, as soon as they are known.
pub(crate) trait Sink {
    /// A head: the status code, the status with its reason, and everything as it came. With HTTP interim ones first.
    fn head(&mut self, code: u16, status: &[u8], text: &[u8]) -> Result<(), Failure>;
    /// Bytes of the body, never empty.
    fn body(&mut self, bytes: &[u8]) -> Result<(), Failure>;
    /// Text for the error log.
    fn log(&mut self, text: &[u8]) -> Result<(), Failure>;
}

/// Reads one answer.
#[derive(Debug)]
pub(crate) struct Incoming {
    reader: Reader,
    /// True once a byte has come.
    begun: bool,
}

#[derive(Debug)]
enum Reader {
    Scgi(DocumentReader),
    FastCgi(fastcgi::Decoder, DocumentReader),
    Http(http::Decoder),
}

impl Incoming {
    /// A reader of the answer to `method`.
    pub(crate) fn new(protocol: Protocol, method: &[u8]) -> Self {
        let reader = match protocol {
            Protocol::Http => Reader::Http(http::Decoder::new(method)),
            Protocol::FastCgi => Reader::FastCgi(fastcgi::Decoder::new(), DocumentReader::new(method)),
            Protocol::Scgi | Protocol::Cgi => Reader::Scgi(DocumentReader::new(method)),
        };
        Self { reader, begun: false }
    }

    /// Takes in the next bytes and hands on what they mean. True at the end of the answer.
    ///
    /// # Errors
    /// They are no answer, the application says that something went wrong, or the sink takes no more.
    pub(crate) fn feed(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> Result<bool, Failure> {
        self.begun |= !bytes.is_empty();
        match &mut self.reader {
            Reader::Scgi(document) => {
                document.feed(bytes, sink)?;
                Ok(document.is_whole())
            }
            Reader::FastCgi(decoder, document) => {
                decoder.feed(bytes);
                records(decoder, document, sink)
            }
            Reader::Http(decoder) => {
                let mut rest = bytes;
                while !rest.is_empty() {
                    let space = decoder.space();
                    let (now, later) = rest.split_at_checked(space.len()).unwrap_or((rest, &[]));
                    space.iter_mut().zip(now).for_each(|(to, from)| *to = *from);
                    decoder.filled(now.len());
                    rest = later;
                    if parts(decoder, sink)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
        }
    }

    /// The peer will send no more.
    ///
    /// # Errors
    /// Something is missing.
    pub(crate) fn closed(&mut self, sink: &mut dyn Sink) -> Result<(), Failure> {
        if !self.begun {
            return Err(Failure::NoAnswer(format!(
                "the back end closed the connection without an answer; its log may say why, or it does not speak {}",
                self.protocol().name()
            )));
        }
        match &mut self.reader {
            Reader::Scgi(document) => document.end(),
            Reader::FastCgi(..) => Err(Failure::Broken(
                "the back end closed the connection before END_REQUEST, so its answer may be cut; its log may say why"
                    .to_owned(),
            )),
            Reader::Http(decoder) => {
                decoder.closed();
                parts(decoder, sink).map(drop)
            }
        }
    }

    fn protocol(&self) -> Protocol {
        match &self.reader {
            Reader::Scgi(_) => Protocol::Scgi,
            Reader::FastCgi(..) => Protocol::FastCgi,
            Reader::Http(_) => Protocol::Http,
        }
    }
}

/// True after END_REQUEST. Records that belong to no request are passed over.
fn records(
    decoder: &mut fastcgi::Decoder,
    document: &mut DocumentReader,
    sink: &mut dyn Sink,
) -> Result<bool, Failure> {
    let other = |error: fastcgi::ClientError| {
        Failure::Broken(format!("{error}; is it FastCGI that is spoken there, or SCGI or HTTP?"))
    };
    while let Some(received) = decoder.poll().map_err(other)? {
        match received {
            Received::Stdout(_, bytes) => document.feed(bytes, sink)?,
            Received::Stderr(_, text) => sink.log(text)?,
            Received::End(_, end) => {
                // What went wrong says more than what is therefore missing.
                return ended(end).and_then(|()| document.end()).map(|()| true);
            }
            Received::Values(_) | Received::UnknownType(_) | Received::Other(_) => {}
        }
    }
    Ok(false)
}

fn ended(end: EndRequest) -> Result<(), Failure> {
    let why = match end.protocol_status {
        ProtocolStatus::RequestComplete if end.app_status == 0 => return Ok(()),
        ProtocolStatus::RequestComplete => {
            return Err(Failure::Ended(format!(
                "the application ended the request with status {}, so its answer may be cut; its log says why",
                end.app_status
            )));
        }
        ProtocolStatus::CantMpxConn => "CANT_MPX_CONN: it has another request on this connection".to_owned(),
        ProtocolStatus::Overloaded => "OVERLOADED: it has no room for one more; try again later".to_owned(),
        ProtocolStatus::UnknownRole => "UNKNOWN_ROLE: it is no responder".to_owned(),
        ProtocolStatus::Other(number) => format!("protocol status {number}, which FastCGI 1.0 does not know"),
    };
    Err(Failure::Ended(format!("the application refused the request with {why}")))
}

/// True at the end of the answer.
fn parts(decoder: &mut http::Decoder, sink: &mut dyn Sink) -> Result<bool, Failure> {
    let broken = |error: http::ClientError| match error {
        http::ClientError::NotHttp(_) => {
            Failure::Broken(format!("{error}; is it HTTP that is spoken there, or SCGI or FastCGI?"))
        }
        other => Failure::Broken(other.to_string()),
    };
    loop {
        match decoder.poll().map_err(broken)? {
            Part::NeedBytes => return Ok(false),
            Part::End => return Ok(true),
            Part::Body(bytes) => sink.body(bytes)?,
            Part::Head(head) => {
                let reason = if head.reason.is_empty() { &[][..] } else { b" " };
                let status = [head.status.to_string().as_bytes(), reason, &head.reason].concat();
                let mut text = [b"HTTP/1.1 ", status.as_slice(), b"\r\n"].concat();
                for (name, value) in &head.headers {
                    let field = [name.as_bytes(), b": ", value, b"\r\n"];
                    field.iter().for_each(|part| text.extend_from_slice(part));
                }
                text.extend_from_slice(b"\r\n");
                sink.head(head.status, &status, &text)?;
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// A sink that remembers.
    #[derive(Debug, Default)]
    pub(crate) struct Seen {
        pub(crate) codes: Vec<u16>,
        pub(crate) head: Vec<u8>,
        pub(crate) body: Vec<u8>,
        pub(crate) log: Vec<u8>,
    }

    impl Sink for Seen {
        fn head(&mut self, code: u16, _status: &[u8], text: &[u8]) -> Result<(), Failure> {
            self.codes.push(code);
            self.head.extend_from_slice(text);
            Ok(())
        }

        fn body(&mut self, bytes: &[u8]) -> Result<(), Failure> {
            self.body.extend_from_slice(bytes);
            Ok(())
        }

        fn log(&mut self, text: &[u8]) -> Result<(), Failure> {
            self.log.extend_from_slice(text);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::Seen;
    use super::*;
    use janua_fastcgi::RecordType;
    use janua_fastcgi::client::record;

    /// The whole answer at once, then the end of the connection unless the answer is over before.
    fn read(protocol: Protocol, bytes: &[u8]) -> (Seen, Result<(), Failure>) {
        let (mut incoming, mut seen) = (Incoming::new(protocol, b"GET"), Seen::default());
        let result = match incoming.feed(bytes, &mut seen) {
            Ok(true) => Ok(()),
            Ok(false) => incoming.closed(&mut seen),
            Err(failure) => Err(failure),
        };
        (seen, result)
    }

    fn exit_status(protocol: Protocol, bytes: &[u8]) -> i32 {
        read(protocol, bytes).1.map_or_else(|failure| failure.exit_status(), |()| 0)
    }

    fn records(parts: &[(RecordType, &[u8])]) -> Vec<u8> {
        let mut out = Vec::new();
        parts.iter().for_each(|(kind, content)| record(*kind, 1, content, 3, &mut out));
        out
    }

    const GOOD: &[u8] = &[0; 8];

    #[test]
    fn stdout_is_the_answer_and_stderr_the_log() {
        let bytes = records(&[
            (RecordType::Stderr, b"oh\n"),
            (RecordType::Stdout, b"Status: 201 Made\r"),
            (RecordType::Stdout, b"\n\r\nbo"),
            (RecordType::Stderr, b"dear"),
            (RecordType::Stdout, b"dy"),
            (RecordType::Stdout, b""),
            (RecordType::EndRequest, GOOD),
        ]);
        let (seen, result) = read(Protocol::FastCgi, &bytes);
        assert_eq!(result, Ok(()));
        assert_eq!((seen.codes, seen.body, seen.log), (vec![201], b"body".to_vec(), b"oh\ndear".to_vec()));
    }

    #[test]
    fn how_the_request_ended_is_the_exit_status() {
        let answer = (RecordType::Stdout, &b"A: b\n\nbody"[..]);
        let end = |content: &'static [u8]| records(&[answer, (RecordType::EndRequest, content)]);
        assert_eq!(exit_status(Protocol::FastCgi, &end(GOOD)), 0);
        assert_eq!(exit_status(Protocol::FastCgi, &end(b"\0\0\0\x01\0\0\0\0")), 1);
        for status in 1..5 {
            let content = [0, 0, 0, 0, status, 0, 0, 0];
            assert_eq!(exit_status(Protocol::FastCgi, &records(&[(RecordType::EndRequest, &content)])), 1);
        }
        assert_eq!(exit_status(Protocol::FastCgi, &records(&[answer])), 56);
        assert_eq!(exit_status(Protocol::FastCgi, &records(&[(RecordType::EndRequest, GOOD)])), 52);
        assert_eq!(exit_status(Protocol::FastCgi, b""), 52);
    }

    #[test]
    fn http_shows_interim_heads_and_where_it_breaks_off() {
        let whole = b"HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi";
        let (seen, result) = read(Protocol::Http, whole);
        assert_eq!((seen.codes, seen.body, result), (vec![103, 200], b"hi".to_vec(), Ok(())));
        assert_eq!(exit_status(Protocol::Http, &whole[..whole.len() - 1]), 56);
        assert_eq!(exit_status(Protocol::Http, b""), 52);
        assert_eq!(exit_status(Protocol::Http, b"HTTP/1.1 200 OK\r\n\r\nto the end"), 0);
    }

    #[test]
    fn another_protocol_is_recognised_and_asked_about() {
        let answer = b"HTTP/1.1 400 Bad Request\r\n\r\n";
        assert!(read(Protocol::FastCgi, answer).1.unwrap_err().to_string().contains("or SCGI or HTTP?"));
        let record = records(&[(RecordType::Stdout, b"Status: 200 OK\r\n\r\n")]);
        let failure = read(Protocol::Http, &record).1.unwrap_err();
        assert_eq!(failure.exit_status(), 56, "{failure}");
        assert_eq!(read(Protocol::Scgi, answer).0.codes, [400]);
    }

    #[test]
    fn an_scgi_answer_is_whole_at_its_length_or_at_the_end() {
        assert_eq!(exit_status(Protocol::Scgi, b"Content-Length: 2\n\nhi"), 0);
        assert_eq!(exit_status(Protocol::Scgi, b"A: b\n\nhi"), 0);
        assert_eq!(exit_status(Protocol::Scgi, b"Content-Length: 3\n\nhi"), 56);
        assert_eq!(exit_status(Protocol::Scgi, b""), 52);
    }
}
