//! Requests from files and from the command line.

use janua_vocabulary::{Params, Protocol};
use serde_json::Value;

/// The protocol of a request of which nobody says how it came.
const USUAL: Protocol = Protocol::FastCgi;

/// A request that was written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// Its parameters in the order in which they came.
    pub params: Params,
    /// The way it came.
    pub protocol: Protocol,
}

/// A file that holds no request, or not the one that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaptureError {
    /// There is nothing in it.
    #[error(
        "there is no request in it; it takes a line NAME=VALUE for each variable, or a JSON object for each request"
    )]
    Empty,
    /// A line of JSON is none, or not that of a request.
    #[error("line {line}: {why}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// There is more than one request.
    #[error("there are {count} requests in it; choose one by --id, such as --id {example}")]
    Several {
        /// How many.
        count: usize,
        /// The id of one.
        example: String,
    },
    /// None has that id.
    #[error("there is no request with the id '{0}' in it")]
    NoSuchId(String),
    /// A text is not NAME=VALUE.
    #[error("'{0}' is not NAME=VALUE")]
    NoPair(String),
}

impl Capture {
    /// The request in a file: the only one, or that with this `id`.
    ///
    /// A file that begins with `{` has an object of JSON on each line: `params` is a list of `[name, value]`, each
    /// character one byte; `protocol` and `id` may be there. Any other file has a line `NAME=VALUE` for each variable,
    /// as `env` prints them. `protocol` is believed more than the file; if neither says, it is FastCGI.
    ///
    /// # Errors
    /// The file cannot be understood, or does not say which request is meant.
    pub fn read(file: &[u8], id: Option<&str>, protocol: Option<Protocol>) -> Result<Self, CaptureError> {
        let (params, written) =
            if file.trim_ascii_start().starts_with(b"{") { objects(file, id)? } else { (lines(file)?, None) };
        Ok(Self { params, protocol: protocol.or(written).unwrap_or(USUAL) })
    }

    /// Parameters as somebody types them, each `NAME=VALUE`.
    ///
    /// What nobody thinks of typing is added: the method, and with SCGI the length.
    ///
    /// # Errors
    /// One of them has no `=`.
    pub fn typed<'t>(
        pairs: impl IntoIterator<Item = &'t [u8]>,
        protocol: Option<Protocol>,
    ) -> Result<Self, CaptureError> {
        let protocol = protocol.unwrap_or(USUAL);
        let mut params = Params::new();
        for pair in pairs {
            push(&mut params, pair)?;
        }
        if params.get(b"REQUEST_METHOD").is_none() {
            params.push(b"REQUEST_METHOD", b"GET");
        }
        if protocol == Protocol::Scgi && params.get(b"CONTENT_LENGTH").is_none() {
            params.push(b"CONTENT_LENGTH", b"0");
        }
        Ok(Self { params, protocol })
    }
}

fn lines(file: &[u8]) -> Result<Params, CaptureError> {
    let mut params = Params::new();
    for (index, line) in file.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if !line.is_empty() {
            push(&mut params, line)
                .map_err(|error| CaptureError::Line { line: index + 1, why: error.to_string() })?;
        }
    }
    if params.is_empty() {
        return Err(CaptureError::Empty);
    }
    Ok(params)
}

fn push(params: &mut Params, pair: &[u8]) -> Result<(), CaptureError> {
    match pair.iter().position(|byte| *byte == b'=').and_then(|at| pair.split_at_checked(at)) {
        Some((name, [_, value @ ..])) => {
            params.push(name, value);
            Ok(())
        }
        _ => Err(CaptureError::NoPair(String::from_utf8_lossy(pair).chars().take(80).collect())),
    }
}

/// A request and the way it came, if that was written down.
type Written = (Params, Option<Protocol>);

fn objects(file: &[u8], id: Option<&str>) -> Result<Written, CaptureError> {
    let mut found = Vec::new();
    for (index, line) in file.split(|byte| *byte == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let wrong = |why: String| CaptureError::Line { line: index + 1, why };
        let object: Value = serde_json::from_slice(line).map_err(|error| wrong(error.to_string()))?;
        let name = object.get("id").and_then(Value::as_str).unwrap_or_default();
        if id.is_none_or(|id| id == name) {
            found.push((name.to_owned(), capture(&object).map_err(wrong)?));
        }
    }
    match (found.pop(), found.len(), id) {
        (Some((_, capture)), 0, _) => Ok(capture),
        (Some(_), _, Some(id)) => {
            Err(CaptureError::Several { count: found.len() + 1, example: id.to_owned() })
        }
        (Some((example, _)), others, None) => Err(CaptureError::Several { count: others + 1, example }),
        (None, _, Some(id)) => Err(CaptureError::NoSuchId(id.to_owned())),
        (None, _, None) => Err(CaptureError::Empty),
    }
}

fn capture(object: &Value) -> Result<Written, String> {
    let pairs = object.get("params").and_then(Value::as_array).ok_or("\"params\" is not a list")?;
    let mut params = Params::new();
    for pair in pairs {
        let (name, value) = match pair.as_array().map(Vec::as_slice) {
            Some([Value::String(name), Value::String(value)]) => (bytes(name), bytes(value)),
            _ => return Err(format!("{pair} in \"params\" is not [name, value]")),
        };
        params.push(&name, &value);
    }
    let protocol = match object.get("protocol").and_then(Value::as_str) {
        None => None,
        Some(name) => Some(protocol(name).ok_or_else(|| format!("janua does not speak {name}"))?),
    };
    Ok((params, protocol))
}

fn protocol(name: &str) -> Option<Protocol> {
    [Protocol::Cgi, Protocol::Scgi, Protocol::FastCgi, Protocol::Http]
        .into_iter()
        .find(|one| one.name() == name)
}

/// Characters as bytes. One that is none in latin-1 was typed by somebody who meant UTF-8.
fn bytes(text: &str) -> Vec<u8> {
    let latin1: Option<Vec<u8>> = text.chars().map(|character| u8::try_from(character).ok()).collect();
    latin1.unwrap_or_else(|| text.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "{\"id\":\"a\",\"protocol\":\"scgi\",\"params\":[[\"PATH_INFO\",\"/caf\u{e9}\"]]}\n\
                       {\"id\":\"b\",\"params\":[[\"A\",\"1\"],[\"A\",\"2\"]]}\n";

    fn message(file: &str, id: Option<&str>) -> String {
        Capture::read(file.as_bytes(), id, None).unwrap_err().to_string()
    }

    #[test]
    fn a_request_is_picked_by_its_id_and_each_character_is_a_byte() {
        let a = Capture::read(TWO.as_bytes(), Some("a"), None).unwrap();
        assert_eq!(a.protocol, Protocol::Scgi);
        assert_eq!(a.params.get(b"PATH_INFO"), Some(&b"/caf\xe9"[..]));
        let b = Capture::read(TWO.as_bytes(), Some("b"), None).unwrap();
        assert_eq!((b.protocol, b.params.len()), (Protocol::FastCgi, 2));
        let b = Capture::read(TWO.as_bytes(), Some("b"), Some(Protocol::Cgi)).unwrap();
        assert_eq!(b.protocol, Protocol::Cgi);
    }

    #[test]
    fn the_output_of_env_is_a_request() {
        let capture =
            Capture::read(b"\nREQUEST_METHOD=GET\r\nQUERY_STRING=a=b\nEMPTY=\n\n", None, None).unwrap();
        let pairs: Vec<_> = capture.params.iter().collect();
        let expected: [(&[u8], &[u8]); 3] =
            [(b"REQUEST_METHOD", b"GET"), (b"QUERY_STRING", b"a=b"), (b"EMPTY", b"")];
        assert_eq!(pairs, expected);
    }

    #[test]
    fn what_cannot_be_understood_is_answered_with_what_to_write() {
        assert!(message(TWO, None).contains("2 requests") && message(TWO, None).contains("--id b"));
        assert!(message(TWO, Some("c")).contains("'c'"));
        assert!(message("", None).contains("NAME=VALUE"));
        assert_eq!(message("A=1\nB\n", None), "line 2: 'B' is not NAME=VALUE");
        assert!(message("{\"params\":[[\"A\"]]}", None).starts_with("line 1: [\"A\"]"));
        assert!(message("{\"params\":[],\"protocol\":\"ajp\"}", None).contains("janua does not speak ajp"));
        assert!(message("{\"params\"", None).starts_with("line 1: "));
    }

    #[test]
    fn what_nobody_types_is_added() {
        let typed = |protocol| Capture::typed([&b"PATH_INFO=/x"[..]], Some(protocol)).unwrap().params;
        assert_eq!(typed(Protocol::FastCgi).get(b"REQUEST_METHOD"), Some(&b"GET"[..]));
        assert_eq!(typed(Protocol::FastCgi).get(b"CONTENT_LENGTH"), None);
        assert_eq!(typed(Protocol::Scgi).get(b"CONTENT_LENGTH"), Some(&b"0"[..]));
    }
}
