//! The side of the web server: requests out. For tests and for command-line tools.
//!
//! What comes back is not framed: it is a [`Document`](janua_vocabulary::Document) up to the end of the connection.

use janua_vocabulary::Params;

/// What cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// A NUL ends a string in SCGI, so no string can hold one.
    #[error("a parameter holds a NUL byte, which SCGI cannot carry")]
    Nul,
    /// The other side would refuse it.
    #[error("a parameter has an empty name, which SCGI does not allow")]
    EmptyName,
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
