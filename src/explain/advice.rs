//! What to write where, when no gateway can know.

use crate::{mount, sent, show};
use janua_environ::{Doubt, Known, ServerKind, Undecidable};
use janua_vocabulary::{Params, Protocol};
use std::fmt::{self, Display};
use std::net::IpAddr;

/// Lines for a configuration, and when they are the right ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// The case for which it is, to be read after "if": `the app is at /app`.
    pub when: String,
    /// The configuration: the name of a server, or `janua`.
    pub configuration: &'static str,
    /// Where in it, to be read after "write": `in the location of the app`.
    pub place: &'static str,
    /// The lines, ready to be written there. Each stands for itself; all are needed.
    pub lines: Vec<String>,
}

/// A situation that no gateway can decide, and what decides it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// The situation.
    pub situation: Undecidable,
    /// What is not known and what was assumed, in whole sentences.
    pub unknown: String,
    /// What can be the case, and what to write then.
    pub fixes: Vec<Fix>,
}

/// On one line, in whole sentences, for a log.
impl Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.unknown)?;
        let mut case = "";
        for fix in &self.fixes {
            // In quotes, so that nobody takes the full stop along.
            let lines = fix.lines.iter().map(|line| format!("`{line}`")).collect::<Vec<_>>().join(" ");
            if fix.when == case {
                write!(f, "; or {}: {lines}", fix.place)?;
            } else {
                let stop = if case.is_empty() { "" } else { "." };
                write!(f, "{stop} If {}, write {}: {lines}", fix.when, fix.place)?;
            }
            case = &fix.when;
        }
        f.write_str(".")
    }
}

/// The line for a doubt about the request with these parameters.
pub fn advise(doubt: &Doubt<'_>, params: &Params, protocol: Protocol) -> Advice {
    let case = Case { doubt, params, protocol, mount: mount::likely(doubt.url.or(Some(whole(params)))) };
    let (unknown, fixes) = case.weigh();
    Advice { situation: doubt.situation, unknown, fixes }
}

/// SCRIPT_NAME, where a server that does not divide the path has all of it.
fn whole(params: &Params) -> &[u8] {
    sent::last(params, Known::ScriptName).unwrap_or_default()
}

struct Case<'a> {
    doubt: &'a Doubt<'a>,
    params: &'a Params,
    protocol: Protocol,
    /// The likely mount.
    mount: String,
}

impl Case<'_> {
    fn weigh(&self) -> (String, Vec<Fix>) {
        let server = self.server();
        match self.doubt.situation {
            Undecidable::MountNotSent => (
                format!(
                    "{server} sends the whole path and does not say where in it the app begins; it is taken to \
                     begin at the root of the site."
                ),
                self.under_or_root(self.mount_told()),
            ),
            Undecidable::FirstSegmentOrMount => (
                match self.doubt.assumed.script_name {
                    [] => "lighttpd takes the first segment of a path for the place of the app unless it is told not \
                           to, and a request for the root of the site does not show whether it was."
                        .to_owned(),
                    segment => format!(
                        "lighttpd sends the same for an app at the root of the site as for one at {0}; it is taken to \
                         be at {0}.",
                        show::bytes(segment)
                    ),
                },
                vec![
                    self.fix(
                        AT_ROOT,
                        "lighttpd",
                        "in the entry of the app in fastcgi.server or scgi.server",
                        ["\"fix-root-scriptname\" => \"enable\","],
                    ),
                    self.janua(AT_ROOT, "script-name", "/"),
                    self.janua(&at(&self.mount), "script-name", &self.mount),
                ],
            ),
            Undecidable::EmptyPathInfo => (
                "nginx sends the whole path as SCRIPT_NAME and an empty PATH_INFO: either this is a request for the \
                 very address of the app, or fastcgi_split_path_info is missing; the former is assumed."
                    .to_owned(),
                self.under_or_root(Some(self.fix(
                    &at(&self.mount),
                    "nginx",
                    IN_LOCATION,
                    [self.split_path_info()],
                ))),
            ),
            Undecidable::WholeUrlIsScript => (
                "Apache sends the whole path as SCRIPT_NAME: either this is a request for the very address of the \
                 app, or ScriptAliasMatch or AliasMatch matches whole paths; the former is assumed."
                    .to_owned(),
                self.under_or_root(Some(self.fix(
                    &at(&self.mount),
                    "apache",
                    "in place of ScriptAliasMatch or AliasMatch",
                    [format!("{} \"{}\" \"{}\"", self.alias(), self.mount, self.file())],
                ))),
            ),
            Undecidable::ProxiedFile => (
                format!(
                    "Apache's mod_proxy sends the name of a file. A ProxyPassMatch that ends in a folder and a \
                     SetHandler for a script look the same; the app is taken to be at {}.",
                    self.assumed()
                ),
                self.under_or_root(Some(self.fix(
                    &at(&self.mount),
                    "apache",
                    "in place of ProxyPassMatch or SetHandler",
                    [format!("ProxyPass \"{}\" \"{}\"", self.mount, self.backend())],
                ))),
            ),
            Undecidable::PrefixFromStranger => {
                let peer = self.peer();
                let who = if peer == "*" { "whoever sent the request" } else { &peer };
                (
                    format!(
                        "{who} says that a prefix was taken off the path (X-Forwarded-Prefix or X-Script-Name), and is \
                         not among trusted_proxies; the prefix is ignored."
                    ),
                    vec![self.janua("that is a proxy of yours", "trusted-proxies", &peer)],
                )
            }
        }
    }

    /// The server's own line, if it has one that is right for every request, and janua's; then that for the root.
    fn under_or_root(&self, server: Option<Fix>) -> Vec<Fix> {
        let mut fixes: Vec<Fix> = server.into_iter().collect();
        fixes.push(self.janua(&at(&self.mount), "script-name", &self.mount));
        fixes.push(self.janua(AT_ROOT, "script-name", "/"));
        fixes
    }

    /// How nginx is told to say where the app is. HAProxy and H2O cannot be: they leave out a PATH_INFO that is
    /// empty or a SCRIPT_NAME that is not, so that the address of the app itself would still be misread.
    fn mount_told(&self) -> Option<Fix> {
        let when = at(&self.mount);
        match (self.doubt.server, self.protocol) {
            (ServerKind::Nginx | ServerKind::Generic, Protocol::FastCgi) => Some(self.fix(
                &when,
                "nginx",
                IN_LOCATION,
                [self.split_path_info(), "fastcgi_param PATH_INFO $fastcgi_path_info;".to_owned()],
            )),
            (ServerKind::Nginx | ServerKind::Generic, Protocol::Scgi) => Some(self.fix(
                &when,
                "nginx",
                IN_LOCATION,
                [format!("scgi_param SCRIPT_NAME {};", self.mount)],
            )),
            _ => None,
        }
    }

    fn split_path_info(&self) -> String {
        format!("fastcgi_split_path_info ^({})(.*)$;", self.mount)
    }

    fn fix<L: Into<String>>(
        &self,
        when: &str,
        configuration: &'static str,
        place: &'static str,
        lines: impl IntoIterator<Item = L>,
    ) -> Fix {
        Fix {
            when: when.to_owned(),
            configuration,
            place,
            lines: lines.into_iter().map(Into::into).collect(),
        }
    }

    /// A setting of janua's, as it is written for the way in which janua was started.
    fn janua(&self, when: &str, option: &str, value: &str) -> Fix {
        let (place, line) = match self.protocol {
            Protocol::Cgi => {
                ("as the first line of the script", format!("#!/usr/local/bin/janua --{option}={value}"))
            }
            _ => ("on janua's command line", format!("janua serve --{option}={value}")),
        };
        self.fix(when, "janua", place, [line])
    }

    fn server(&self) -> &'static str {
        match self.doubt.server {
            // By its DOCUMENT_URI, which no other server sends.
            ServerKind::Nginx | ServerKind::Generic => "nginx",
            ServerKind::HaProxy => "HAProxy",
            ServerKind::H2o => "H2O",
            other => other.name(),
        }
    }

    /// The SCRIPT_NAME that was assumed.
    fn assumed(&self) -> String {
        match self.doubt.assumed.script_name {
            [] => "the root of the site".to_owned(),
            path => show::bytes(path),
        }
    }

    /// ScriptAlias makes CGI programs of files; for FastCGI a handler is set already.
    fn alias(&self) -> &'static str {
        if self.protocol == Protocol::Cgi { "ScriptAlias" } else { "Alias" }
    }

    /// The script, if its name may stand between quotation marks.
    fn file(&self) -> String {
        let file = sent::last(self.params, Known::ScriptFilename).unwrap_or_default();
        let is_plain = file.starts_with(b"/") && file.iter().all(|byte| plain(*byte));
        if is_plain { show::bytes(file) } else { "/path/to/the/script".to_owned() }
    }

    /// What mod_proxy asks, without the path: `fcgi://localhost:9000`.
    fn backend(&self) -> String {
        let file = sent::last(self.params, Known::ScriptFilename).unwrap_or_default();
        let address = file.strip_prefix(b"proxy:").and_then(|rest| {
            let scheme = rest.windows(3).position(|part| part == b"://")? + 3;
            let host = rest.get(scheme..)?.iter().position(|byte| *byte == b'/')?;
            rest.get(..scheme + host).filter(|address| address.iter().all(|byte| plain(*byte)))
        });
        address.map_or_else(|| "fcgi://localhost".to_owned(), show::bytes)
    }

    /// The address of the peer. Without one, as behind a unix socket, only every peer can be trusted.
    fn peer(&self) -> String {
        let sent = sent::last(self.params, Known::RemoteAddr).map(String::from_utf8_lossy);
        let address = sent.and_then(|address| address.parse::<IpAddr>().ok());
        address.map_or_else(|| "*".to_owned(), |address| address.to_string())
    }
}

const AT_ROOT: &str = "the app is at the root of the site";

const IN_LOCATION: &str = "in nginx's location of the app, behind the include";

fn at(mount: &str) -> String {
    format!("the app is at {mount} (for another path put that in its place)")
}

/// True for what means nothing special between quotation marks, nor in a shell.
fn plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/._-:".contains(&byte)
}
