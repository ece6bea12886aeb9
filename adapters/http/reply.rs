//! The response: its head and how its body is framed (RFC 9112, sections 6 and 7).

use janua_vocabulary::{Frame, Head};
use std::io::Write;

/// How the end of a response's body shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// By Content-Length, or because there is no body.
    Counted,
    /// By the last chunk.
    Chunked,
    /// By the end of the connection, for clients of HTTP/1.0.
    ToClose,
}

impl Framing {
    /// The framing for a response with `head` to a client of that version.
    pub(crate) fn choose(head: &Head<'_>, http10: bool) -> Self {
        match head.length {
            _ if head.bodiless => Self::Counted,
            Some(_) => Self::Counted,
            None if http10 => Self::ToClose,
            None => Self::Chunked,
        }
    }

    /// How `available` bytes of the body go out.
    pub(crate) fn frame(self, available: usize) -> Frame {
        match self {
            Self::Counted | Self::ToClose => Frame::bare(available),
            Self::Chunked => {
                let mut line = [0; Frame::MAX_PREFIX];
                let mut rest = &mut line[..];
                // Sixteen digits and CR LF fit.
                let _ = write!(rest, "{available:x}\r\n");
                let unused = rest.len();
                Frame::new(line.get(..line.len() - unused).unwrap_or_default(), available, b"\r\n")
            }
        }
    }

    /// What ends the body.
    pub(crate) fn end(self) -> &'static [u8] {
        match self {
            Self::Counted | Self::ToClose => b"",
            Self::Chunked => b"0\r\n\r\n",
        }
    }
}

/// What the head of a response says of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Connection {
    /// Nothing: the version keeps it.
    Kept,
    /// Kept although the client's version would close it.
    KeptForHttp10,
    /// Closed after this response.
    Closed,
}

/// Appends the head of a response.
pub(crate) fn head(head: &Head<'_>, framing: Framing, connection: Connection, out: &mut Vec<u8>) {
    let parts: [&[u8]; 7] = [
        b"HTTP/1.1 ",
        head.status,
        b"\r\n",
        head.fields,
        if has_server(head.fields) { b"" } else { b"Server: janua\r\n" },
        if framing == Framing::Chunked { b"Transfer-Encoding: chunked\r\n" } else { b"" },
        match connection {
            Connection::Kept => b"\r\n",
            Connection::KeptForHttp10 => b"Connection: keep-alive\r\n\r\n",
            Connection::Closed => b"Connection: close\r\n\r\n",
        },
    ];
    out.reserve(parts.iter().map(|part| part.len()).sum());
    parts.iter().for_each(|part| out.extend_from_slice(part));
}

/// True if the app sent a Server field of its own.
fn has_server(fields: &[u8]) -> bool {
    let is_server = |line: &[u8]| line.get(..7).is_some_and(|start| start.eq_ignore_ascii_case(b"server:"));
    fields.split(|byte| *byte == b'\n').any(is_server)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head_of(length: Option<u64>, bodiless: bool) -> Head<'static> {
        Head { status: b"200 OK", fields: b"X: 1\r\n", length, bodiless }
    }

    #[test]
    fn the_framing_follows_from_length_and_version() {
        assert_eq!(Framing::choose(&head_of(Some(3), false), false), Framing::Counted);
        assert_eq!(Framing::choose(&head_of(Some(3), false), true), Framing::Counted);
        assert_eq!(Framing::choose(&head_of(None, true), false), Framing::Counted);
        assert_eq!(Framing::choose(&head_of(None, true), true), Framing::Counted);
        assert_eq!(Framing::choose(&head_of(None, false), false), Framing::Chunked);
        assert_eq!(Framing::choose(&head_of(None, false), true), Framing::ToClose);
    }

    #[test]
    fn a_chunk_says_its_size_in_hexadecimal() {
        let frame = Framing::Chunked.frame(0xabc);
        assert_eq!((frame.prefix(), frame.take, frame.suffix), (&b"abc\r\n"[..], 0xabc, &b"\r\n"[..]));
        assert_eq!(Framing::Chunked.frame(usize::MAX).prefix(), b"ffffffffffffffff\r\n");
        assert_eq!(Framing::Counted.frame(9), Frame::bare(9));
    }

    #[test]
    fn the_head_says_what_the_client_must_know() {
        let render = |framing, connection| {
            let mut out = Vec::new();
            head(&head_of(None, false), framing, connection, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(
            render(Framing::Chunked, Connection::Kept),
            "HTTP/1.1 200 OK\r\nX: 1\r\nServer: janua\r\nTransfer-Encoding: chunked\r\n\r\n"
        );
        assert_eq!(
            render(Framing::ToClose, Connection::Closed),
            "HTTP/1.1 200 OK\r\nX: 1\r\nServer: janua\r\nConnection: close\r\n\r\n"
        );
        assert!(
            render(Framing::Counted, Connection::KeptForHttp10)
                .ends_with("\r\nConnection: keep-alive\r\n\r\n")
        );
    }

    #[test]
    fn a_server_field_of_the_app_is_left_alone() {
        assert!(has_server(b"X: 1\r\nSERVER: mine\r\n"));
        assert!(has_server(b"Server:\r\n"));
        assert!(!has_server(b"X-Server: 1\r\nServer-Timing: x\r\nX: server:\r\n"));
        assert!(!has_server(b""));
    }
}
