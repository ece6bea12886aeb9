//! A request as a client means it, before any protocol.

use std::fmt;

/// What a client asks for.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) method: &'static str,
    pub(crate) form: Form,
    /// The path as it stands in the target, escaped. Empty only in absolute form.
    pub(crate) path: Vec<u8>,
    pub(crate) query: Option<Vec<u8>>,
    pub(crate) host: &'static str,
    /// The header fields, without Host and those that frame the body.
    pub(crate) fields: Vec<(String, Vec<u8>)>,
    pub(crate) body: Body,
    /// Over TCP, so that both ends have an address, or over a unix socket.
    pub(crate) tcp: bool,
}

/// The forms of a target (RFC 9112, section 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Origin,
    /// With this in front; the host in it counts instead of the field Host.
    Absolute {
        scheme: &'static str,
        host: &'static str,
    },
    Asterisk,
}

/// How the client framed the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Body {
    None,
    Counted(Vec<u8>),
    Chunked(Vec<u8>),
}

impl Body {
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Body::None => &[],
            Body::Counted(bytes) | Body::Chunked(bytes) => bytes,
        }
    }
}

impl Asked {
    /// The target of the request line.
    pub(crate) fn target(&self) -> Vec<u8> {
        let mut target = match self.form {
            Form::Asterisk => return b"*".to_vec(),
            Form::Origin => Vec::new(),
            Form::Absolute { scheme, host } => format!("{scheme}{host}").into_bytes(),
        };
        target.extend_from_slice(&self.path);
        if let Some(query) = &self.query {
            target.push(b'?');
            target.extend_from_slice(query);
        }
        target
    }

    /// The path, decoded once. Nothing for `*`.
    pub(crate) fn decoded_path(&self) -> Vec<u8> {
        match (self.form, &*self.path) {
            (Form::Asterisk, _) => Vec::new(),
            (_, []) => b"/".to_vec(),
            (_, path) => decoded(path),
        }
    }

    /// What follows the `?`.
    pub(crate) fn query_string(&self) -> &[u8] {
        match self.form {
            Form::Asterisk => b"",
            _ => self.query.as_deref().unwrap_or_default(),
        }
    }

    /// The host that counts, with its port if it has one.
    pub(crate) fn effective_host(&self) -> &'static str {
        match self.form {
            Form::Absolute { host, .. } => host,
            _ => self.host,
        }
    }
}

/// Every escape is whole: see `strategy`.
fn decoded(path: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::new();
    let mut bytes = path.iter().copied();
    while let Some(byte) = bytes.next() {
        let mut digit = || bytes.next().and_then(|digit| char::from(digit).to_digit(16)).unwrap();
        decoded.push(if byte == b'%' { (digit() << 4 | digit()) as u8 } else { byte });
    }
    decoded
}

/// As text, so that a failure can be read and typed again.
impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} {} over {}",
            self.method,
            self.target().escape_ascii(),
            if self.tcp { "tcp" } else { "unix" }
        )?;
        writeln!(f, "  Host: {}", self.host)?;
        for (name, value) in &self.fields {
            writeln!(f, "  {name}: {}", value.escape_ascii())?;
        }
        match &self.body {
            Body::None => write!(f, "  no body"),
            Body::Counted(body) => write!(f, "  {} bytes", body.len()),
            Body::Chunked(body) => write!(f, "  {} bytes in chunks", body.len()),
        }
    }
}
