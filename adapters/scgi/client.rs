//! The side of the web server: requests out, answers in. For tests and for command-line tools.

use janua_vocabulary::Params;

/// What cannot be sent or understood on the side of the web server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// A NUL ends a string in SCGI, so no string can hold one.
    #[error("a parameter holds a NUL byte, which SCGI cannot carry")]
    Nul,
    /// The other side would refuse it.
    #[error("a parameter has an empty name, which SCGI does not allow")]
    EmptyName,
    /// The answer ended before the blank line that ends its head.
    #[error("the back end's answer ends inside its head")]
    NoHead,
}

/// The bytes of a request.
///
/// `params` go out as they are. The SCGI text wants CONTENT_LENGTH first, with the length of `body`, and a
/// parameter SCGI with the value 1: both are the caller's part, so that a test can also send what is wrong.
///
/// # Errors
/// A parameter cannot be written as NUL-terminated strings.
pub fn request(params: &Params, body: &[u8]) -> Result<Vec<u8>, ClientError> {
    let content: usize = params.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
    let mut out = format!("{content}:").into_bytes();
    out.reserve(content + 1 + body.len());
    for (name, value) in params.iter() {
        if name.is_empty() {
            return Err(ClientError::EmptyName);
        }
        for string in [name, value] {
            if string.contains(&0) {
                return Err(ClientError::Nul);
            }
            out.extend_from_slice(string);
            out.push(0);
        }
    }
    out.push(b',');
    out.extend_from_slice(body);
    Ok(out)
}

/// A whole answer, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Response<'a> {
    /// Status code and reason phrase, `200 OK` if the answer names none (RFC 3875, section 6.3.3).
    pub status: &'a [u8],
    /// The other lines of the head as they came, without the blank one. Each ends in a line feed.
    pub fields: &'a [u8],
    /// What follows the blank line.
    pub body: &'a [u8],
}

impl<'a> Response<'a> {
    /// Takes apart everything that came until the end of the connection. `Status` is looked for in the first line,
    /// where every janua codec writes it.
    ///
    /// # Errors
    /// There is no blank line.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ClientError> {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, after) = rest.split_at_checked(end + 1).ok_or(ClientError::NoHead)?;
            if line.trim_ascii().is_empty() {
                let head = bytes.get(..bytes.len() - rest.len()).unwrap_or_default();
                let (status, fields) = status(head);
                return Ok(Self { status, fields, body: after });
            }
            rest = after;
        }
        Err(ClientError::NoHead)
    }
}

/// The status of a head and what stands behind it.
fn status(head: &[u8]) -> (&[u8], &[u8]) {
    let first = head.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
    match (first.split_at_checked(7), head.get(first.len()..)) {
        (Some((name, value)), Some(fields)) if name.eq_ignore_ascii_case(b"status:") => {
            (value.trim_ascii(), fields)
        }
        _ => (b"200 OK", head),
    }
}
