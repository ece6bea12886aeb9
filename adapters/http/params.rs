//! The request as the parameters that a web server sends over CGI (RFC 3875, section 4.1).

use crate::fields::Fields;
use crate::request_line::RequestLine;
use crate::target::Target;
use httparse::Header;
use janua_vocabulary::Params;

/// The two ends of a connection, as text. All empty for a unix socket, and then the parameters that tell of them are
/// not sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ends {
    /// The server's IP address, IPv6 without brackets.
    pub server_addr: String,
    /// The server's port.
    pub server_port: String,
    /// The client's IP address, IPv6 without brackets.
    pub remote_addr: String,
    /// The client's port.
    pub remote_port: String,
}

const SERVER_SOFTWARE: &str = concat!("janua/", env!("CARGO_PKG_VERSION"));

/// Everything of a request's head, taken apart.
pub(crate) struct Parts<'a> {
    pub(crate) line: RequestLine<'a>,
    pub(crate) target: Target<'a>,
    pub(crate) headers: &'a [Header<'a>],
    pub(crate) fields: &'a Fields<'a>,
}

/// The parameters of a request: those about the request and the server first, then the header fields in order.
pub(crate) fn params(parts: &Parts<'_>, ends: &Ends) -> Params {
    let Parts { line, target, headers, fields } = parts;
    let mut params = Params::new();
    params.push(b"GATEWAY_INTERFACE", b"CGI/1.1");
    params.push(b"SERVER_SOFTWARE", SERVER_SOFTWARE.as_bytes());
    params.push(b"SERVER_PROTOCOL", line.version);
    params.push(b"REQUEST_METHOD", line.method);
    params.push(b"REQUEST_SCHEME", b"http");
    params.push(b"REQUEST_URI", line.target);
    params.push(b"SCRIPT_NAME", b"");
    params.push(b"PATH_INFO", &target.path);
    params.push(b"QUERY_STRING", target.query);
    params.push(b"SERVER_NAME", &server_name(parts, ends));
    for (name, value) in [
        ("SERVER_ADDR", &ends.server_addr),
        ("SERVER_PORT", &ends.server_port),
        ("REMOTE_ADDR", &ends.remote_addr),
        ("REMOTE_PORT", &ends.remote_port),
    ] {
        if !value.is_empty() {
            params.push(name.as_bytes(), value.as_bytes());
        }
    }
    if let Some(length) = fields.content_length {
        params.push(b"CONTENT_LENGTH", length.to_string().as_bytes());
    }
    // RFC 9112, section 3.2.2: the Host field does not count beside an absolute target.
    if let Some(host) = target.host {
        params.push(b"HTTP_HOST", host.whole);
    }
    let mut name = Vec::new();
    for header in *headers {
        let is = |other: &str| header.name.eq_ignore_ascii_case(other);
        if is("content-type") {
            params.push(b"CONTENT_TYPE", header.value);
        } else if is("content-length") || is("transfer-encoding") || (is("host") && target.host.is_some()) {
            // Told otherwise, or undone before the body is handed on.
        } else if http_name(header.name, &mut name) {
            params.push(&name, header.value);
        }
    }
    params
}

/// The host that the client asked, else our own address, else a name that is always right.
fn server_name(parts: &Parts<'_>, ends: &Ends) -> Vec<u8> {
    let asked = parts.target.host.or(parts.fields.host).map(|host| host.name).filter(|name| !name.is_empty());
    match (asked, ends.server_addr.as_str()) {
        (Some(name), _) => name.to_vec(),
        (None, "") => b"localhost".to_vec(),
        (None, ipv6) if ipv6.contains(':') => format!("[{ipv6}]").into_bytes(),
        (None, address) => address.as_bytes().to_vec(),
    }
}

/// Writes the parameter's name for a header field to `out`; false for a field that must not become one.
///
/// Letters, digits and `-` alone: since `-` becomes `_`, a field `X_Forwarded_For` would pass for `X-Forwarded-For`,
/// which a front server checks or removes.
fn http_name(field: &str, out: &mut Vec<u8>) -> bool {
    out.clear();
    out.extend_from_slice(b"HTTP_");
    for byte in field.bytes() {
        match byte {
            b'-' => out.push(b'_'),
            byte if byte.is_ascii_alphanumeric() => out.push(byte.to_ascii_uppercase()),
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_pass_for_others_are_dropped() {
        let mut name = Vec::new();
        assert!(http_name("X-Forwarded-For", &mut name));
        assert_eq!(name, b"HTTP_X_FORWARDED_FOR");
        for bad in ["X_Forwarded_For", "X.Y", "X*", "a~b"] {
            assert!(!http_name(bad, &mut name), "{bad}");
        }
    }
}
