//! What to ask, whom and how: the arguments of `janua request`, understood.

use crate::Data;
use janua_vocabulary::{Address, Protocol};
use std::str::FromStr;
use std::time::Duration;

/// One request and what to show of the answer. Each field is an argument of the command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Whom to ask.
    pub back_end: BackEnd,
    /// Path and query.
    pub path: Path,
    /// The method; `None` is POST if there is data, HEAD if only the head is wanted, else GET.
    pub method: Option<Vec<u8>>,
    /// Header fields beside or instead of the usual ones.
    pub headers: Vec<Header>,
    /// The body.
    pub data: Option<Data>,
    /// The decoded path at which the app is mounted; empty for the root.
    pub script_name: Vec<u8>,
    /// Changes to the parameters, in order.
    pub changes: Vec<Change>,
    /// Ask with HEAD.
    pub head_only: bool,
    /// Print the head of the answer before its body.
    pub show_head: bool,
    /// Print to stderr what is sent before the body.
    pub verbose: bool,
    /// How long all of it may take.
    pub max_time: Duration,
}

impl Plan {
    /// A plain GET.
    pub fn new(back_end: BackEnd, path: Path) -> Self {
        Self {
            back_end,
            path,
            method: None,
            headers: Vec::new(),
            data: None,
            script_name: Vec::new(),
            changes: Vec::new(),
            head_only: false,
            show_head: false,
            verbose: false,
            max_time: Duration::from_secs(60),
        }
    }

    /// The method that goes out.
    pub(crate) fn method(&self) -> &[u8] {
        match &self.method {
            Some(method) => method,
            None if self.head_only => b"HEAD",
            None if self.data.is_some() => b"POST",
            None => b"GET",
        }
    }
}

/// `fastcgi:ADDR`, `scgi:ADDR` or `http:ADDR`, where ADDR is written as for `janua serve`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackEnd {
    /// What it speaks.
    pub protocol: Protocol,
    /// Where it listens.
    pub address: Address,
}

impl FromStr for BackEnd {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let protocols = [Protocol::FastCgi, Protocol::Scgi, Protocol::Http];
        let named = protocols
            .into_iter()
            .find_map(|protocol| Some((protocol, text.strip_prefix(protocol.name())?.strip_prefix(':')?)));
        let Some((protocol, address)) = named else {
            return Err(format!(
                "'{text}' does not say what is spoken there; write fastcgi:ADDR, scgi:ADDR or http:ADDR"
            ));
        };
        // `http://127.0.0.1:8000/` is how `janua serve` shows it and how people copy it.
        let address = match address.strip_prefix("//") {
            Some(rest) if !rest.starts_with("unix:") => rest.strip_suffix('/').unwrap_or(rest),
            Some(rest) => rest,
            None => address,
        };
        match address.parse().map_err(|error: janua_vocabulary::AddressError| error.to_string())? {
            Address::Fd(_) => Err(format!(
                "'{text}': a descriptor is a socket to listen on, none to connect to; write unix:/path or HOST:PORT"
            )),
            address => Ok(Self { protocol, address }),
        }
    }
}

/// Path and query of a URL, percent-encoded as somebody typed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path(Vec<u8>);

impl Path {
    /// Takes a path that begins with `/` and that a request line could carry.
    ///
    /// # Errors
    /// What is wrong with it, and what to write instead.
    pub fn new(text: &[u8]) -> Result<Self, String> {
        let shown = text.escape_ascii();
        if !text.starts_with(b"/") {
            return Err(format!("'{shown}' is no path of a URL, which begins with '/'"));
        }
        match text.iter().find(|byte| **byte <= b' ' || **byte == 0x7f || **byte == b'#') {
            Some(byte) => {
                Err(format!("'{shown}' holds a byte that no URL sends as it is; write it as %{byte:02X}"))
            }
            None => Ok(Self(text.to_vec())),
        }
    }

    /// As it was typed.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A header field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The name as it was written.
    pub name: Vec<u8>,
    /// The value; an empty one leaves out a field that would be sent otherwise.
    pub value: Vec<u8>,
}

impl Header {
    /// Reads `Name: value`.
    ///
    /// # Errors
    /// There is no name or no colon, or a control character.
    pub fn new(text: &[u8]) -> Result<Self, String> {
        let shown = text.escape_ascii();
        let Some((name, value)) = divide(text, b':') else {
            return Err(format!("'{shown}' is no header; write 'Name: value', or 'Name:' to leave one out"));
        };
        if text.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return Err(format!("'{shown}' holds a line end or a NUL, which no header can carry"));
        }
        Ok(Self { name: name.trim_ascii().to_vec(), value: value.trim_ascii().to_vec() })
    }
}

/// What to do to a parameter before the request goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Gives it this value, in its place if it is there, else at the end.
    Set(Vec<u8>, Vec<u8>),
    /// Leaves it out.
    Drop(Vec<u8>),
}

impl Change {
    /// Reads `NAME=VALUE`.
    ///
    /// # Errors
    /// There is no name or no `=`.
    pub fn set(text: &[u8]) -> Result<Self, String> {
        let (name, value) = divide(text, b'=')
            .ok_or_else(|| format!("'{}' is no parameter; write NAME=VALUE", text.escape_ascii()))?;
        Ok(Self::Set(name.to_vec(), value.to_vec()))
    }
}

/// What stands before and behind the first `mark`, if anything stands before it.
fn divide(text: &[u8], mark: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|byte| *byte == mark).filter(|at| *at > 0)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_the_protocol_first() {
        for (text, protocol, address) in [
            ("fastcgi:127.0.0.1:9000", Protocol::FastCgi, "127.0.0.1:9000"),
            ("scgi:unix:/run/x.sock", Protocol::Scgi, "unix:/run/x.sock"),
            ("http:[::1]:8000", Protocol::Http, "[::1]:8000"),
            ("http://localhost:8000/", Protocol::Http, "localhost:8000"),
            ("fastcgi://unix:/run/x/", Protocol::FastCgi, "unix:/run/x/"),
        ] {
            let address = address.parse().unwrap();
            assert_eq!(text.parse(), Ok(BackEnd { protocol, address }), "{text}");
        }
    }

    #[test]
    fn an_address_without_a_protocol_is_told_the_three() {
        for text in ["127.0.0.1:9000", "unix:/run/x", "fcgi:unix:/x", "", "https:localhost:1", "cgi:x:1"] {
            let message = text.parse::<BackEnd>().unwrap_err();
            assert!(message.contains("write fastcgi:ADDR, scgi:ADDR or http:ADDR"), "{message}");
        }
        assert!("scgi:localhost".parse::<BackEnd>().unwrap_err().contains("the port is missing"));
        assert!("scgi:fd:3".parse::<BackEnd>().unwrap_err().contains("none to connect to"));
    }

    #[test]
    fn a_path_is_what_a_request_line_can_carry() {
        assert_eq!(Path::new(b"/a%20b?c=/&d").unwrap().as_bytes(), b"/a%20b?c=/&d");
        assert!(Path::new("/caf\u{e9}".as_bytes()).is_ok());
        assert!(Path::new(b"a").unwrap_err().contains("begins with '/'"));
        assert!(Path::new(b"").is_err());
        assert!(Path::new(b"/a b").unwrap_err().ends_with("write it as %20"));
        assert!(Path::new(b"/a#b").unwrap_err().ends_with("write it as %23"));
    }

    #[test]
    fn headers_and_parameters_are_divided_at_the_first_mark() {
        let header = Header::new(b"X-Time: 10:20 ").unwrap();
        assert_eq!((&header.name[..], &header.value[..]), (&b"X-Time"[..], &b"10:20"[..]));
        assert_eq!(Header::new(b"Accept:").unwrap().value, b"");
        for bad in [&b"X"[..], b": x", b"X: a\r\nY: b", b""] {
            assert!(Header::new(bad).is_err());
        }
        assert_eq!(Change::set(b"A=b=c"), Ok(Change::Set(b"A".to_vec(), b"b=c".to_vec())));
        assert_eq!(Change::set(b"A="), Ok(Change::Set(b"A".to_vec(), Vec::new())));
        assert!(Change::set(b"A").unwrap_err().contains("NAME=VALUE"));
        assert!(Change::set(b"=b").is_err());
    }

    #[test]
    fn the_method_follows_from_the_rest_unless_it_is_given() {
        let mut plan = Plan::new("http:a:1".parse().unwrap(), Path::new(b"/").unwrap());
        assert_eq!(plan.method(), b"GET");
        plan.data = Some(Data::Bytes(Vec::new()));
        assert_eq!(plan.method(), b"POST");
        plan.head_only = true;
        assert_eq!(plan.method(), b"HEAD");
        plan.method = Some(b"PUT".to_vec());
        assert_eq!(plan.method(), b"PUT");
    }
}
