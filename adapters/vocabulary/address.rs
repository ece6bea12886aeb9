//! Where a socket is, as people write it.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

/// `unix:/path`, `HOST:PORT`, `[::1]:PORT` or `fd:N`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A unix socket at this path.
    Unix(PathBuf),
    /// A TCP socket. The host is an address or a name that is looked up when the socket is made.
    Tcp {
        /// Address or name, an IPv6 address without its brackets.
        host: String,
        /// Port; 0 lets the kernel choose.
        port: u16,
    },
    /// A listening socket that this process was started with.
    Fd(i32),
}

/// The text is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is no address: {why} (write unix:/path, HOST:PORT, [::1]:PORT or fd:N)")]
pub struct AddressError {
    text: String,
    why: &'static str,
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let error = |why| AddressError { text: text.to_owned(), why };
        if let Some(path) = text.strip_prefix("unix:") {
            return match path {
                "" => Err(error("the path is missing")),
                _ if path.len() > 107 => Err(error("a unix socket's path has at most 107 bytes")),
                _ => Ok(Address::Unix(PathBuf::from(path))),
            };
        }
        if let Some(number) = text.strip_prefix("fd:") {
            return match number.parse() {
                Ok(fd) if fd >= 0 => Ok(Address::Fd(fd)),
                _ => Err(error("fd: wants the number of an open descriptor")),
            };
        }
        if text.starts_with(['/', '.']) {
            return Err(error("a path of a unix socket begins with unix:"));
        }
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(error("the host is missing, as 127.0.0.1 in 127.0.0.1:8000"));
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(|| error("the port is missing"))?;
        let port = port.parse().map_err(|_| error("the port is no number from 0 to 65535"))?;
        let host = match host.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']').ok_or_else(|| error("the ']' is missing"))?,
            None if host.contains(':') => return Err(error("an IPv6 address goes into brackets")),
            None => host,
        };
        match host {
            "" => Err(error("the host is missing")),
            "*" => Err(error("write 0.0.0.0 or [::] for all interfaces")),
            _ => Ok(Address::Tcp { host: host.to_owned(), port }),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
            Address::Tcp { host, port } => match host.parse::<IpAddr>() {
                Ok(ip) => write!(f, "{}", SocketAddr::new(ip, *port)),
                Err(_) => write!(f, "{host}:{port}"),
            },
            Address::Fd(number) => write!(f, "fd:{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_read_back_as_they_were_written() {
        for text in
            ["unix:/run/app.sock", "unix:app.sock", "127.0.0.1:9000", "[::1]:9000", "localhost:0", "fd:0"]
        {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_address_says_why() {
        for (text, why) in [
            ("unix:", "path is missing"),
            ("localhost", "port is missing"),
            ("/run/app.sock", "begins with unix:"),
            ("8000", "127.0.0.1:8000"),
            ("localhost:http", "no number"),
            ("::1:80", "brackets"),
            ("[::1:80", "']' is missing"),
            (":80", "host is missing"),
            ("fd:-1", "number of an open descriptor"),
            ("fd:x", "number of an open descriptor"),
            ("*:80", "0.0.0.0"),
        ] {
            let message = text.parse::<Address>().unwrap_err().to_string();
            assert!(message.contains(why), "{text}: {message}");
        }
    }
}
