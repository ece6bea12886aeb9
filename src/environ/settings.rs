//! The settings of the builder. All are optional: the defaults are right wherever one request can tell.

use crate::ServerKind;
use std::str::FromStr;

/// How the environ is made. Each field is the setting of that name; [`Settings::set`] sets one from text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The public mount of the app. The one setting that settles whatever no single request can tell.
    pub script_name: Option<ScriptName>,
    /// The server in front; `None` is `auto`: told from what it sends.
    pub server: Option<ServerKind>,
    /// Replace a script that a rewrite put into SCRIPT_NAME by the prefix that the client sees. `auto`: with
    /// evidence that there was a rewrite; `on`: whenever the URL allows it; `off`: never.
    pub hide_script: Switch,
    /// Take SCRIPT_NAME from the URL when the server stripped a prefix without saying so.
    pub infer_prefix: bool,
    /// Where PATH_INFO comes from.
    pub path_from: PathFrom,
    /// What becomes of a request outside `script_name`.
    pub on_mismatch: OnMismatch,
    /// What becomes of `//` in PATH_INFO.
    pub slashes: Slashes,
    /// The scheme, whatever anybody says.
    pub url_scheme: Option<Scheme>,
    /// Take port 443 for https when neither HTTPS nor REQUEST_SCHEME was sent.
    pub port_443_is_https: bool,
    /// Peers whose `X-Forwarded-Proto`, `X-Forwarded-Prefix` and `X-Script-Name` are believed.
    pub trusted_proxies: TrustedProxies,
    /// Look for the Authorization header where Apache hides it.
    pub auth_fallback: bool,
    /// Take REMOTE_USER from REDIRECT_REMOTE_USER if the server sent none.
    pub redirect_remote_user: bool,
    /// Delete SCRIPT_URL and REDIRECT_URL. `auto`: those from which Django would compute another SCRIPT_NAME.
    pub drop_redirect_url: Switch,
    /// When QUERY_STRING is taken from REQUEST_URI.
    pub query_from_request_uri: QueryFrom,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            script_name: None,
            server: None,
            hide_script: Switch::Auto,
            infer_prefix: true,
            path_from: PathFrom::Server,
            on_mismatch: OnMismatch::NotFound,
            slashes: Slashes::Keep,
            url_scheme: None,
            port_443_is_https: false,
            trusted_proxies: TrustedProxies::default(),
            auth_fallback: true,
            redirect_remote_user: false,
            drop_redirect_url: Switch::Auto,
            query_from_request_uri: QueryFrom::Absent,
        }
    }
}

/// A setting that does not exist, or a value that it cannot take. The mistake is the user's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// No setting has that name.
    #[error("there is no setting {0:?}; the settings are {list}", list = Settings::NAMES.join(", "))]
    Unknown(String),
    /// The setting cannot take that value.
    #[error("{setting} cannot be {value:?}: it takes {takes}")]
    Value {
        /// The setting.
        setting: &'static str,
        /// What was given.
        value: String,
        /// What it takes, in words.
        takes: &'static str,
    },
}

/// Declares a setting's values from one list, the first being the default.
macro_rules! choice {
    ($(#[$doc:meta])* $choice:ident { $($(#[$about:meta])* $variant:ident $($word:literal)|+ ;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $choice {
            $($(#[$about])* $variant,)+
        }

        impl FromStr for $choice {
            type Err = &'static str;

            /// The choice of that name; the error says which names there are.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($($word)|+ => Ok(Self::$variant),)+
                    _ => Err(concat!("one of:" $(, " ", words!($($word)|+))+)),
                }
            }
        }
    };
}

/// The first of several words for one thing.
macro_rules! words {
    ($word:literal $(| $more:literal)*) => {
        $word
    };
}

choice! {
    /// On, off, or as the evidence has it.
    Switch {
        /// Decided by what the request shows.
        Auto "auto";
        /// Always.
        On "on" | "true" | "yes" | "1";
        /// Never.
        Off "off" | "false" | "no" | "0";
    }
}

choice! {
    /// Setting `path_from`.
    PathFrom {
        /// The path as the server decoded it. Its access rules were applied to that one.
        Server "server";
        /// The decoded path of REQUEST_URI, which keeps `//` and dots.
        RequestUri "request-uri";
    }
}

choice! {
    /// Setting `on_mismatch`.
    OnMismatch {
        /// The gateway answers 404.
        NotFound "404";
        /// The request is passed on: something further out has stripped the prefix already.
        Pass "pass";
    }
}

choice! {
    /// Setting `slashes`.
    Slashes {
        /// As the server sent it.
        Keep "keep";
        /// Runs of slashes in PATH_INFO become one.
        Merge "merge";
    }
}

choice! {
    /// Setting `query_from_request_uri`.
    QueryFrom {
        /// When QUERY_STRING was not sent.
        Absent "absent";
        /// Also when it was sent empty.
        Empty "empty";
    }
}

choice! {
    /// `wsgi.url_scheme`.
    Scheme {
        /// In the clear.
        Http "http";
        /// Over TLS, as far as the client can see.
        Https "https";
    }
}

impl Scheme {
    /// The scheme as the environ has it.
    pub const fn name(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }

    /// `http` or `https` in any case; nobody may set another scheme.
    pub(crate) fn of(text: &[u8]) -> Option<Self> {
        [Scheme::Http, Scheme::Https]
            .into_iter()
            .find(|scheme| scheme.name().as_bytes().eq_ignore_ascii_case(text))
    }
}

/// A mount: `""` for the root, or a decoded path that begins with a slash and does not end with one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ScriptName(String);

impl ScriptName {
    /// The mount as SCRIPT_NAME has it, UTF-8.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl FromStr for ScriptName {
    type Err = &'static str;

    /// A mount as people write it: `app`, `/app` and `/app/` are the same, and `/` is the root.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let path = text.trim_matches('/');
        let odd = |segment: &str| matches!(segment, "" | "." | "..");
        let bad_byte = |byte: u8| byte.is_ascii_control() || matches!(byte, b'?' | b'#');
        if path.is_empty() {
            Ok(Self(String::new()))
        } else if path.contains("://") || path.split('/').any(odd) || path.bytes().any(bad_byte) {
            Err("the path of a URL without host and query, such as /app, or \"\" for the root")
        } else {
            Ok(Self(format!("/{path}")))
        }
    }
}

/// Addresses of peers that are believed; `*` stands for every peer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<String>);

impl TrustedProxies {
    /// True if the peer with this REMOTE_ADDR is believed.
    pub fn trust(&self, remote_addr: Option<&[u8]>) -> bool {
        self.0.iter().any(|trusted| trusted == "*" || Some(trusted.as_bytes()) == remote_addr)
    }

    /// True if nobody is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Into<String>> FromIterator<T> for TrustedProxies {
    fn from_iter<I: IntoIterator<Item = T>>(addresses: I) -> Self {
        Self(addresses.into_iter().map(Into::into).collect())
    }
}

impl FromStr for TrustedProxies {
    type Err = &'static str;

    /// Addresses with commas or blanks between them.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let words = || text.split([',', ' ']).filter(|word| !word.is_empty());
        if words().all(|word| word == "*" || word.parse::<std::net::IpAddr>().is_ok()) {
            Ok(words().collect())
        } else {
            Err("IP addresses with commas between them, or * for every peer")
        }
    }
}

impl Settings {
    /// The names of all settings, in the order of the fields.
    pub const NAMES: [&'static str; 14] = [
        "script_name",
        "server",
        "hide_script",
        "infer_prefix",
        "path_from",
        "on_mismatch",
        "slashes",
        "url_scheme",
        "port_443_is_https",
        "trusted_proxies",
        "auth_fallback",
        "redirect_remote_user",
        "drop_redirect_url",
        "query_from_request_uri",
    ];

    /// Sets the setting called `name` from the text that a user wrote.
    ///
    /// # Errors
    /// There is no such setting, or it cannot take that value.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), SettingError> {
        let Some(setting) = Self::NAMES.into_iter().find(|known| *known == name) else {
            return Err(SettingError::Unknown(name.to_owned()));
        };
        self.assign(setting, value).map_err(|takes| SettingError::Value {
            setting,
            value: value.to_owned(),
            takes,
        })
    }

    fn assign(&mut self, setting: &str, value: &str) -> Result<(), &'static str> {
        match setting {
            "script_name" => self.script_name = Some(value.parse()?),
            "server" => self.server = if value == "auto" { None } else { Some(value.parse()?) },
            "hide_script" => self.hide_script = value.parse()?,
            "infer_prefix" => self.infer_prefix = on_or_off(value)?,
            "path_from" => self.path_from = value.parse()?,
            "on_mismatch" => self.on_mismatch = value.parse()?,
            "slashes" => self.slashes = value.parse()?,
            "url_scheme" => self.url_scheme = if value == "auto" { None } else { Some(value.parse()?) },
            "port_443_is_https" => self.port_443_is_https = on_or_off(value)?,
            "trusted_proxies" => self.trusted_proxies = value.parse()?,
            "auth_fallback" => self.auth_fallback = on_or_off(value)?,
            "redirect_remote_user" => self.redirect_remote_user = on_or_off(value)?,
            "drop_redirect_url" => self.drop_redirect_url = value.parse()?,
            _ => self.query_from_request_uri = value.parse()?,
        }
        Ok(())
    }
}

fn on_or_off(value: &str) -> Result<bool, &'static str> {
    match value.parse() {
        Ok(Switch::On) => Ok(true),
        Ok(Switch::Off) => Ok(false),
        _ => Err("one of: on off"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_may_be_written_as_people_write_it() {
        let mount = |text: &str| text.parse::<ScriptName>().map(|mount| mount.0);
        for text in ["app", "/app", "/app/", "app/", "//app"] {
            assert_eq!(mount(text).as_deref(), Ok("/app"), "{text}");
        }
        assert_eq!(mount("").as_deref(), Ok(""));
        assert_eq!(mount("/").as_deref(), Ok(""));
        assert_eq!(mount("/a/b").as_deref(), Ok("/a/b"));
        for text in ["http://h/app", "/app?x", "/app#x", "/a//b", "/a/../b", "/a\n"] {
            assert!(mount(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_setting_can_be_set_from_text() {
        let values = [
            "/app",
            "caddy",
            "off",
            "off",
            "request-uri",
            "pass",
            "merge",
            "https",
            "on",
            "127.0.0.1, ::1",
            "off",
            "on",
            "on",
            "empty",
        ];
        let mut settings = Settings::default();
        for (name, value) in Settings::NAMES.into_iter().zip(values) {
            let before = settings.clone();
            settings.set(name, value).unwrap();
            assert_ne!(settings, before, "{name}");
        }
    }

    #[test]
    fn a_wrong_value_is_answered_with_the_right_ones() {
        let mut settings = Settings::default();
        let error = |result: Result<(), SettingError>| result.unwrap_err().to_string();
        assert_eq!(
            error(settings.set("on_mismatch", "403")),
            "on_mismatch cannot be \"403\": it takes one of: 404 pass"
        );
        assert_eq!(
            error(settings.set("hide_script", "maybe")),
            "hide_script cannot be \"maybe\": it takes one of: auto on off"
        );
        assert!(error(settings.set("script_nam", "/app")).starts_with("there is no setting \"script_nam\""));
        assert!(error(settings.set("trusted_proxies", "localhost")).contains("IP addresses"));
        assert_eq!(settings, Settings::default());
    }

    #[test]
    fn only_listed_peers_are_trusted() {
        let nobody = TrustedProxies::default();
        let one: TrustedProxies = ["192.0.2.7"].into_iter().collect();
        let all: TrustedProxies = ["*"].into_iter().collect();
        assert!(!nobody.trust(Some(b"192.0.2.7")));
        assert!(one.trust(Some(b"192.0.2.7")) && !one.trust(Some(b"192.0.2.70")) && !one.trust(None));
        assert!(all.trust(Some(b"192.0.2.70")) && all.trust(None));
    }
}
