//! The request as bytes.

use crate::Plan;
use crate::failure::Failure;
use crate::headers::{find, headers};
use crate::params::params;
use janua_fastcgi::client::Encoder;
use janua_http::client::{Body, LAST_CHUNK, RequestHead, encode_chunk};
use janua_vocabulary::{Params, Protocol};
use std::fmt::Write as _;
use std::io::{self, Write};

/// How much of the body goes into one write.
const PIECE: usize = 64 * 1024;

/// What goes before the body, the body, and how it is framed.
#[derive(Debug)]
pub(crate) struct Outgoing {
    head: Vec<u8>,
    body: Vec<u8>,
    framing: Framing,
    /// What goes before the body, a line for each parameter or header.
    pub(crate) shown: String,
}

#[derive(Debug)]
enum Framing {
    Bare,
    Records(Encoder),
    Chunks,
}

impl Outgoing {
    /// Writes the request down.
    ///
    /// # Errors
    /// The plan contradicts itself or its protocol, or the data cannot be read.
    pub(crate) fn new(plan: &Plan) -> Result<Self, Failure> {
        let body = plan.data.as_ref().map(|data| data.read()).transpose()?;
        match plan.back_end.protocol {
            Protocol::Http => http(plan, body),
            Protocol::Scgi => {
                let params = params(plan, body.as_ref().map(Vec::len))?;
                let head = janua_scgi::client::request(&params, &[]).map_err(usage)?;
                Ok(Self {
                    head,
                    body: body.unwrap_or_default(),
                    framing: Framing::Bare,
                    shown: listed(&params),
                })
            }
            Protocol::FastCgi => {
                let params = params(plan, body.as_ref().map(Vec::len))?;
                let (encoder, mut head) = (Encoder::default(), Vec::new());
                encoder.begin(&mut head);
                encoder.params(&params, &mut head);
                let framing = Framing::Records(encoder);
                Ok(Self { head, body: body.unwrap_or_default(), framing, shown: listed(&params) })
            }
            Protocol::Cgi => Err(Failure::Usage("a CGI program listens nowhere".to_owned())),
        }
    }

    /// Sends the whole request.
    ///
    /// # Errors
    /// The peer takes no more.
    pub(crate) fn send(&self, to: &mut impl Write) -> io::Result<()> {
        let mut out = self.head.clone();
        for piece in self.body.chunks(PIECE) {
            match &self.framing {
                Framing::Bare => out.extend_from_slice(piece),
                Framing::Records(encoder) => {
                    encoder.stream(janua_fastcgi::RecordType::Stdin, piece, &mut out)
                }
                Framing::Chunks => encode_chunk(piece, &mut out),
            }
            to.write_all(&out)?;
            out.clear();
        }
        match &self.framing {
            Framing::Bare => {}
            Framing::Records(encoder) => encoder.stdin(&[], &mut out),
            Framing::Chunks => out.extend_from_slice(LAST_CHUNK),
        }
        to.write_all(&out)
    }
}

fn http(plan: &Plan, body: Option<Vec<u8>>) -> Result<Outgoing, Failure> {
    let option = if plan.script_name.is_empty() { "--param" } else { "--script-name" };
    if !plan.changes.is_empty() || !plan.script_name.is_empty() {
        return Err(Failure::Usage(format!(
            "{option}: HTTP carries no parameters, they are made by who answers; ask over scgi: or fastcgi: instead"
        )));
    }
    let mut headers = headers(plan);
    let chunked = find(&plan.headers, b"Transfer-Encoding").is_some_and(|header| header.value == b"chunked");
    let framing = match &body {
        // The encoder writes this header, and the body is chunked as it says.
        Some(_) if chunked => {
            headers.retain(|(name, _)| !name.eq_ignore_ascii_case(b"Transfer-Encoding"));
            Body::Chunked
        }
        Some(body) if find(&plan.headers, b"Content-Length").is_none() => Body::Length(body.len() as u64),
        _ => Body::None,
    };
    let fields: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_slice())).collect();
    let target = plan.path.as_bytes();
    let mut head = Vec::new();
    RequestHead { method: plan.method(), target, headers: &fields, body: framing }
        .encode(&mut head)
        .map_err(usage)?;
    let mut shown = String::new();
    for line in head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty()) {
        let _ = writeln!(shown, "> {}", line.escape_ascii());
    }
    let framing = if framing == Body::Chunked { Framing::Chunks } else { Framing::Bare };
    Ok(Outgoing { head, body: body.unwrap_or_default(), framing, shown })
}

fn usage(error: impl std::fmt::Display) -> Failure {
    Failure::Usage(error.to_string())
}

fn listed(params: &Params) -> String {
    let mut shown = String::new();
    for (name, value) in params.iter() {
        let _ = writeln!(shown, "> {}={}", name.escape_ascii(), value.escape_ascii());
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Change, Data, Header, Path};
    use janua_fastcgi::{Capacity, FastCgiCodec};
    use janua_scgi::ScgiCodec;
    use janua_vocabulary::{Codec, Event, Limits};

    fn plan(back_end: &str) -> Plan {
        let mut plan = Plan::new(back_end.parse().unwrap(), Path::new(b"/a?b").unwrap());
        plan.data = Some(Data::Bytes(vec![7; 3 * PIECE + 5]));
        plan
    }

    fn sent(plan: &Plan) -> Vec<u8> {
        let mut out = Vec::new();
        Outgoing::new(plan).unwrap().send(&mut out).unwrap();
        out
    }

    /// What the other half of the adapter makes of it: the method, the length of the body, and whether it ended.
    fn understood(mut codec: impl Codec, mut wire: &[u8]) -> (String, usize, bool) {
        let (mut method, mut body, mut ended) = (String::new(), 0, false);
        while !wire.is_empty() {
            let count = codec.space().len().min(wire.len());
            codec.space()[..count].copy_from_slice(&wire[..count]);
            codec.filled(count);
            wire = &wire[count..];
            loop {
                match codec.poll().unwrap() {
                    Event::NeedBytes => break,
                    Event::Request(request) => {
                        let name = request.params.get(b"REQUEST_METHOD").unwrap();
                        method = String::from_utf8(name.to_vec()).unwrap();
                    }
                    Event::Body(bytes) => body += bytes.len(),
                    Event::BodyEnd => ended = true,
                    event => panic!("{event:?}"),
                }
                if ended {
                    break;
                }
            }
        }
        (method, body, ended)
    }

    #[test]
    fn the_other_half_of_each_adapter_understands_it() {
        let expected = ("POST".to_owned(), 3 * PIECE + 5, true);
        let limits = Limits::default();
        let wire = sent(&plan("fastcgi:unix:/x"));
        assert_eq!(understood(FastCgiCodec::new(limits, Capacity::default()), &wire), expected);
        assert_eq!(understood(ScgiCodec::new(limits), &sent(&plan("scgi:unix:/x"))), expected);
        let http = || janua_http::HttpCodec::new(limits, janua_http::Ends::default());
        assert_eq!(understood(http(), &sent(&plan("http:a:1"))), expected);
        let mut chunked = plan("http:a:1");
        chunked.headers.push(Header::new(b"Transfer-Encoding: chunked").unwrap());
        assert_eq!(understood(http(), &sent(&chunked)), expected);
    }

    #[test]
    fn what_http_cannot_carry_is_refused() {
        let mut plan = plan("http:a:1");
        plan.changes.push(Change::set(b"A=b").unwrap());
        assert!(
            Outgoing::new(&plan).unwrap_err().to_string().starts_with("--param: HTTP carries no parameters")
        );
        plan.changes.clear();
        plan.method = Some(b"GET /".to_vec());
        assert_eq!(Outgoing::new(&plan).unwrap_err().exit_status(), 2);
    }

    #[test]
    fn what_scgi_cannot_carry_is_refused() {
        let mut plan = plan("scgi:unix:/x");
        plan.changes.push(Change::Set(b"A".to_vec(), b"a\0b".to_vec()));
        assert!(Outgoing::new(&plan).unwrap_err().to_string().contains("NUL"));
    }

    #[test]
    fn what_is_shown_is_what_is_sent_before_the_body() {
        let shown = Outgoing::new(&plan("http:a:1")).unwrap().shown;
        assert!(shown.starts_with("> POST /a?b HTTP/1.1\n> Host: a:1\n"), "{shown}");
        assert!(
            Outgoing::new(&plan("scgi:unix:/x")).unwrap().shown.contains("> SCGI=1\n> REQUEST_METHOD=POST\n")
        );
    }
}
