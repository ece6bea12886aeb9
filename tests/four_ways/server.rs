//! What web servers make of a request for the program behind them (RFC 3875, section 4.1), each with its habits.

use crate::asked::{Asked, Body, Form};
use janua_vocabulary::{Params, Protocol};

/// The address and port of our end, and of the client's, of a TCP connection.
pub(crate) const SERVER_END: (&str, &str) = ("192.0.2.1", "8000");
pub(crate) const CLIENT_END: (&str, &str) = ("198.51.100.7", "50007");

/// Headers of which no server makes one out of several: they are no lists.
const NO_LISTS: [&str; 6] = [
    "authorization",
    "x-real-ip",
    "x-forwarded-proto",
    "x-forwarded-prefix",
    "x-script-name",
    "content-type",
];

/// Whose habits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Server {
    /// Everything as RFC 3875 has it, repeats as they came.
    Rfc3875,
    /// Joins repeats, leaves an empty PATH_INFO out, hides Authorization behind a rewrite.
    Apache,
    /// The stock `scgi_params`: no SCRIPT_NAME (or the mount alone), no PATH_INFO, the path in DOCUMENT_URI; an empty
    /// SERVER_NAME; the headers of the body a second time.
    Nginx,
    /// The path undivided in SCRIPT_NAME, SERVER_NAME with the port, nothing of its own that is empty.
    HaProxy,
}

impl Server {
    /// The parameters for the program. `mount` is where the server was told that the program is.
    pub(crate) fn params(self, asked: &Asked, protocol: Protocol, mount: Option<&str>) -> Params {
        let mut params = Params::new();
        let mut push = |name: &str, value: &[u8]| {
            let of_the_client = name.starts_with("HTTP_") || name == "CONTENT_TYPE";
            if self != Server::HaProxy || of_the_client || !value.is_empty() {
                params.push(name.as_bytes(), value);
            }
        };
        if let Some(length) = self.content_length(asked, protocol) {
            push("CONTENT_LENGTH", length.as_bytes());
        }
        match protocol {
            Protocol::Scgi => push("SCGI", b"1"),
            Protocol::Cgi => push("PATH", b"/usr/bin:/bin"),
            Protocol::FastCgi | Protocol::Http => {}
        }
        match self {
            Server::Rfc3875 => push("SERVER_SOFTWARE", b"something/1.0"),
            Server::Apache => push("SERVER_SOFTWARE", b"Apache/2.4.62 (Debian)"),
            Server::HaProxy => push("SERVER_SOFTWARE", b"HAProxy 2.6.12"),
            Server::Nginx => {}
        }
        push("SERVER_PROTOCOL", b"HTTP/1.1");
        push("REQUEST_METHOD", asked.method.as_bytes());
        push("REQUEST_URI", &asked.target());
        push("QUERY_STRING", asked.query_string());
        if self != Server::HaProxy {
            push("REQUEST_SCHEME", b"http");
        }
        self.path(asked, mount, &mut push);
        push("SERVER_NAME", self.server_name(asked).as_bytes());
        if asked.tcp {
            push("SERVER_ADDR", SERVER_END.0.as_bytes());
            push("SERVER_PORT", SERVER_END.1.as_bytes());
            push("REMOTE_ADDR", CLIENT_END.0.as_bytes());
            push("REMOTE_PORT", CLIENT_END.1.as_bytes());
        }
        self.headers(asked, &mut push);
        params
    }

    fn content_length(self, asked: &Asked, protocol: Protocol) -> Option<String> {
        let length = asked.body.bytes().len();
        match (&asked.body, protocol) {
            (Body::Counted(_), Protocol::Cgi) if self == Server::Apache => {
                Some(format!("{length}, {length}"))
            }
            (Body::Counted(_), _) | (_, Protocol::Scgi) => Some(length.to_string()),
            _ if self == Server::HaProxy => Some(length.to_string()),
            // fastcgi_params: the variable is sent, and is empty.
            _ => (self == Server::Nginx).then(String::new),
        }
    }

    /// SCRIPT_NAME, PATH_INFO and DOCUMENT_URI.
    fn path(self, asked: &Asked, mount: Option<&str>, push: &mut impl FnMut(&str, &[u8])) {
        let path = asked.decoded_path();
        let (script_name, path_info) = divide(&path, mount);
        match self {
            Server::Nginx if is_normal(&path) => {
                if !script_name.is_empty() {
                    push("SCRIPT_NAME", script_name);
                }
                push("DOCUMENT_URI", &path);
            }
            Server::HaProxy if asked.form != Form::Asterisk => {
                let undivided = script_name.is_empty();
                push("SCRIPT_NAME", if undivided { &path } else { script_name });
                push("PATH_INFO", if undivided { b"" } else { path_info });
            }
            Server::Apache if path_info.is_empty() => push("SCRIPT_NAME", script_name),
            _ => {
                push("SCRIPT_NAME", script_name);
                push("PATH_INFO", path_info);
            }
        }
    }

    fn server_name(self, asked: &Asked) -> String {
        let host = asked.effective_host();
        let name = match host.rsplit_once(':') {
            Some((name, _)) if !host.ends_with(']') => name,
            _ => host,
        };
        let own = if asked.tcp { SERVER_END.0 } else { "localhost" };
        match self {
            _ if name.is_empty() => own.to_owned(),
            Server::Nginx => String::new(),
            Server::HaProxy => host.to_owned(),
            Server::Rfc3875 | Server::Apache => name.to_owned(),
        }
    }

    fn headers(self, asked: &Asked, push: &mut impl FnMut(&str, &[u8])) {
        push("HTTP_HOST", asked.effective_host().as_bytes());
        let fields = self.fields(asked);
        let count = |wanted: &str| fields.iter().filter(|(name, _)| name == wanted).count();
        for (name, value) in &fields {
            let variable = format!("HTTP_{}", name.to_ascii_uppercase().replace('-', "_"));
            match name.as_str() {
                "content-type" => {
                    if self == Server::Nginx && count(name) == 1 {
                        push(&variable, value);
                    }
                    push("CONTENT_TYPE", value);
                }
                "authorization" if self == Server::Apache && count(name) == 1 => {
                    push("REDIRECT_HTTP_AUTHORIZATION", value);
                }
                _ => push(&variable, value),
            }
        }
        if self == Server::Nginx {
            match &asked.body {
                Body::None => {}
                Body::Counted(body) => push("HTTP_CONTENT_LENGTH", body.len().to_string().as_bytes()),
                Body::Chunked(_) => push("HTTP_TRANSFER_ENCODING", b"chunked"),
            }
        }
    }

    /// The fields whose names have no other characters than those that can be told apart in a variable, in small
    /// letters; joined where the server joins them.
    fn fields(self, asked: &Asked) -> Vec<(String, Vec<u8>)> {
        let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
        for (name, value) in &asked.fields {
            if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
                continue;
            }
            let name = name.to_ascii_lowercase();
            let joins = self == Server::Apache && !NO_LISTS.contains(&name.as_str());
            match fields.iter_mut().find(|(other, _)| joins && *other == name) {
                Some((_, list)) => {
                    list.extend_from_slice(if name == "cookie" { b"; " } else { b", " });
                    list.extend_from_slice(value);
                }
                None => fields.push((name, value.clone())),
            }
        }
        fields
    }
}

/// The mount and the rest of a path that lies under it. A path with dots in it is left to the program: servers that do
/// not resolve them do not divide it either.
fn divide<'a>(path: &'a [u8], mount: Option<&str>) -> (&'a [u8], &'a [u8]) {
    let mount = mount.unwrap_or_default().as_bytes();
    match path.strip_prefix(mount) {
        Some([] | [b'/', ..]) if !has_dots(path) => path.split_at(mount.len()),
        _ => path.split_at(0),
    }
}

fn has_dots(path: &[u8]) -> bool {
    path.split(|byte| *byte == b'/').any(|segment| matches!(segment, b"." | b".."))
}

/// True for a path that a server which merges slashes and resolves dots leaves alone.
fn is_normal(path: &[u8]) -> bool {
    path.starts_with(b"/") && !has_dots(path) && !path.windows(2).any(|pair| pair == b"//")
}
