//! Which server stands in front.

use crate::vars::Vars;
use crate::{Known, Settings};
use std::str::FromStr;

/// A server whose habits the rules know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ServerKind {
    /// nginx and its forks.
    Nginx,
    /// Apache with any of its gateway modules.
    Apache,
    /// lighttpd.
    Lighttpd,
    /// Caddy.
    Caddy,
    /// HAProxy.
    HaProxy,
    /// H2O.
    H2o,
    /// Internet Information Services.
    Iis,
    /// Hiawatha.
    Hiawatha,
    /// Go's net/http/cgi.
    Go,
    /// Any other. What it sends is taken as it is.
    Generic,
}

/// Kinds with the name of the setting's value and what SERVER_SOFTWARE begins with. The forks of nginx are
/// there because some of them put their own name into the parameter files that they share with it.
const KINDS: [(ServerKind, &str, &[&str]); 10] = [
    (ServerKind::Nginx, "nginx", &["nginx", "openresty", "tengine", "angie", "freenginx"]),
    (ServerKind::Apache, "apache", &["apache"]),
    (ServerKind::Lighttpd, "lighttpd", &["lighttpd"]),
    (ServerKind::Caddy, "caddy", &["caddy"]),
    (ServerKind::HaProxy, "haproxy", &["haproxy"]),
    (ServerKind::H2o, "h2o", &["h2o"]),
    (ServerKind::Iis, "iis", &["microsoft-iis"]),
    (ServerKind::Hiawatha, "hiawatha", &["hiawatha"]),
    (ServerKind::Go, "go", &["go"]),
    (ServerKind::Generic, "generic", &[]),
];

impl ServerKind {
    /// The value of the setting `server` that stands for it.
    pub fn name(self) -> &'static str {
        KINDS.iter().find(|(kind, ..)| *kind == self).map_or("generic", |(_, name, _)| name)
    }

    /// The server that sent these variables: what the setting says, else what SERVER_SOFTWARE begins with, else
    /// Apache if SCRIPT_FILENAME is written as mod_proxy writes it.
    pub(crate) fn detect(vars: &Vars<'_>, settings: &Settings) -> Self {
        if let Some(kind) = settings.server {
            return kind;
        }
        let software = vars.get(Known::ServerSoftware).unwrap_or_default();
        let of_software =
            KINDS.iter().find(|(_, _, names)| names.iter().any(|name| is_product(software, name)));
        match of_software {
            Some((kind, ..)) => *kind,
            None if vars.get(Known::ScriptFilename).is_some_and(|file| file.starts_with(b"proxy:")) => {
                Self::Apache
            }
            None => Self::Generic,
        }
    }
}

/// True if `software` names this product, in any case, as a whole word: `go` is not `gobetween`.
fn is_product(software: &[u8], product: &str) -> bool {
    software.split_at_checked(product.len()).is_some_and(|(name, rest)| {
        name.eq_ignore_ascii_case(product.as_bytes()) && !rest.first().is_some_and(u8::is_ascii_alphanumeric)
    })
}

impl FromStr for ServerKind {
    type Err = &'static str;

    /// The kind with that name.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        KINDS
            .iter()
            .find(|(_, name, _)| *name == text)
            .map(|(kind, ..)| *kind)
            .ok_or("one of: auto nginx apache lighttpd caddy haproxy h2o iis hiawatha go generic")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::vars;

    #[test]
    fn a_server_is_known_by_what_it_calls_itself() {
        for (software, kind) in [
            ("nginx/1.22.1", ServerKind::Nginx),
            ("openresty/1.25.3.1", ServerKind::Nginx),
            ("Apache/2.4.62 (Unix)", ServerKind::Apache),
            ("HAProxy 3.2.0", ServerKind::HaProxy),
            ("HAProxy", ServerKind::HaProxy),
            ("Microsoft-IIS/10.0", ServerKind::Iis),
            ("go", ServerKind::Go),
            ("gobetween/1", ServerKind::Generic),
            ("", ServerKind::Generic),
        ] {
            let vars = vars(&[("SERVER_SOFTWARE", software)]);
            assert_eq!(ServerKind::detect(&vars, &Settings::default()), kind, "{software}");
        }
    }

    #[test]
    fn mod_proxy_is_known_by_its_file_name_and_the_setting_beats_both() {
        let vars = vars(&[("SCRIPT_FILENAME", "proxy:scgi://127.0.0.1:4000/x")]);
        assert_eq!(ServerKind::detect(&vars, &Settings::default()), ServerKind::Apache);
        let settings = Settings { server: Some(ServerKind::Nginx), ..Settings::default() };
        assert_eq!(ServerKind::detect(&vars, &settings), ServerKind::Nginx);
    }

    #[test]
    fn every_kind_can_be_named_in_the_setting() {
        for (kind, name, _) in KINDS {
            assert_eq!((name.parse(), kind.name()), (Ok(kind), name));
        }
        assert!("apache2".parse::<ServerKind>().is_err());
    }
}
