//! The environ builder: no output breaks a rule that apps rely on.

use crate::Input;
use janua_environ::{Decision, Doubt, Environ, Known, Name, Settings, Witness, build, build_with};
use janua_vocabulary::{BodyLength, Params, Protocol};
use std::collections::HashSet;

const PROTOCOLS: [Protocol; 4] = [Protocol::Cgi, Protocol::Scgi, Protocol::FastCgi, Protocol::Http];

/// Settings that change what comes out.
pub const SETTINGS: [(&str, &str); 24] = [
    ("slashes", "keep"),
    ("slashes", "merge"),
    ("script_name", ""),
    ("script_name", "/app"),
    ("script_name", "/app/a"),
    ("on_mismatch", "pass"),
    ("hide_script", "on"),
    ("hide_script", "off"),
    ("infer_prefix", "off"),
    ("path_from", "request-uri"),
    ("trusted_proxies", "*"),
    ("trusted_proxies", "127.0.0.1"),
    ("drop_redirect_url", "on"),
    ("drop_redirect_url", "off"),
    ("server", "nginx"),
    ("server", "apache"),
    ("server", "lighttpd"),
    ("server", "iis"),
    ("server", "generic"),
    ("query_from_request_uri", "empty"),
    ("auth_fallback", "off"),
    ("redirect_remote_user", "on"),
    ("url_scheme", "https"),
    ("port_443_is_https", "on"),
];

/// Names that no rule knows by number, but that must be kept out or passed on.
pub const NAMES: [&str; 16] = [
    "",
    "A=B",
    "wsgi.input",
    "wsgi.url_scheme",
    "UWSGI_SCHEME",
    "UWSGI_FILE",
    "FCGI_ROLE",
    "HTTP_",
    "HTTP_A B",
    "HTTP_X_A",
    "HTTP_X_B",
    "CAPNAME",
    "proxy-nokeepalive",
    "HTTP_PROXY",
    "HTTP_A\u{e9}",
    "A\0",
];

/// The number in front of a name that is spelled out: its length follows.
pub const SPELLED: u8 = 255;

/// Builds an environ from what `data` says: a count of settings and their numbers, then parameters, each a name by
/// its number ([`Known`], then [`NAMES`]) and a value with its length in front.
pub fn builder(data: &[u8]) {
    let mut input = Input::new(data);
    let mut settings = Settings::default();
    for _ in 0..input.byte() % 4 {
        let (name, value) = input.pick(&SETTINGS);
        settings.set(name, value).expect("a setting of the list");
    }
    let params = params(&mut input);
    let all = PROTOCOLS.map(|protocol| build(&params, protocol, &settings));
    for (built, protocol) in all.iter().zip(PROTOCOLS) {
        match built {
            Ok(environ) => check(environ, protocol),
            Err(refusal) => assert!(matches!(refusal.status(), 400 | 404), "{refusal}"),
        }
    }
    let [cgi, scgi, fastcgi, _] = &all;
    agree(cgi, fastcgi);
    // SCGI alone needs a length; with one, it says the same.
    if let (Ok(one), Ok(other)) = (fastcgi, scgi) {
        assert!(one.iter().eq(other.iter()), "the protocol changed the variables");
    }
    let mut counting = Counting(0);
    let witnessed = build_with(&params, Protocol::Cgi, &settings, &mut counting);
    agree(cgi, &witnessed);
    if data.len().is_multiple_of(8) {
        let explained = janua_explain::explain(&params, Protocol::Cgi, &settings);
        assert_eq!(explained.outcome.is_ok(), cgi.is_ok());
        assert_eq!(explained.exit_status() == 1, cgi.is_err());
    }
}

fn agree<E: PartialEq + std::fmt::Debug>(one: &Result<Environ<'_>, E>, other: &Result<Environ<'_>, E>) {
    match (one, other) {
        (Ok(one), Ok(other)) => assert!(one.iter().eq(other.iter()), "{one:?}\n{other:?}"),
        (one, other) => assert_eq!(one.as_ref().err(), other.as_ref().err()),
    }
}

fn params(input: &mut Input<'_>) -> Params {
    let mut params = Params::new();
    while !input.is_empty() {
        let name: Vec<u8> = match input.byte() {
            SPELLED => {
                let length = input.byte();
                input.take(usize::from(length)).to_vec()
            }
            number => match Known::ALL.get(usize::from(number)) {
                Some(known) => known.name().as_bytes().to_vec(),
                None => NAMES[usize::from(number) % NAMES.len()].as_bytes().to_vec(),
            },
        };
        let length = input.byte();
        params.push(&name, input.take(usize::from(length)));
    }
    params
}

/// The invariants of every environ.
fn check(environ: &Environ<'_>, protocol: Protocol) {
    let (script_name, path_info) = (environ.script_name(), environ.path_info());
    assert!(script_name.is_empty() || script_name.starts_with(b"/"), "{environ:?}");
    assert!(!script_name.starts_with(b"//") && !script_name.ends_with(b"/"), "{environ:?}");
    assert!(path_info.is_empty() || path_info.starts_with(b"/"), "{environ:?}");
    assert!(!(script_name.is_empty() && path_info.is_empty()), "{environ:?}");
    let mut names = HashSet::new();
    for (name, value) in environ.iter() {
        let bytes = name.as_bytes();
        assert!(names.insert(bytes), "{} twice", bytes.escape_ascii());
        assert!(!value.contains(&0) && !bytes.contains(&0) && !bytes.contains(&b'=') && !bytes.is_empty());
        let reserved = [&b"wsgi."[..], b"FCGI_", b"UWSGI_"].iter().any(|prefix| bytes.starts_with(prefix));
        assert!(!reserved, "{}", bytes.escape_ascii());
        if let (Name::Other(_), Some(header)) = (name, bytes.strip_prefix(b"HTTP_")) {
            assert!(!header.is_empty() && header.is_ascii(), "{}", bytes.escape_ascii());
        }
    }
    for gone in ["HTTP_PROXY", "HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE", "HTTP_TRANSFER_ENCODING"] {
        assert_eq!(environ.get(gone), None, "{gone}");
    }
    for there in ["REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "SERVER_PROTOCOL"] {
        assert!(environ.get(there).is_some(), "{there}");
    }
    for filled in ["REQUEST_METHOD", "SERVER_NAME", "SERVER_PORT"] {
        assert!(environ.get(filled).is_some_and(|value| !value.is_empty()), "{filled}");
    }
    for empty in ["REMOTE_USER", "AUTH_TYPE", "CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_AUTHORIZATION"] {
        assert_ne!(environ.get(empty), Some(&b""[..]), "{empty}");
    }
    check_length(environ, protocol);
}

/// CONTENT_LENGTH is a number that everybody reads alike, and the one by which the body is framed.
fn check_length(environ: &Environ<'_>, protocol: Protocol) {
    let Some(digits) = environ.get("CONTENT_LENGTH") else {
        assert!(protocol != Protocol::Scgi && environ.body == BodyLength::ToEnd);
        return;
    };
    let number: u64 = std::str::from_utf8(digits).expect("digits").parse().expect("a number");
    assert_eq!(number.to_string().as_bytes(), digits);
    assert!(number < 1 << 63);
    assert!(matches!(environ.body, BodyLength::ToEnd) || environ.body == BodyLength::Exactly(number));
}

struct Counting(usize);

impl Witness for Counting {
    fn decided(&mut self, _: Decision<'_>) {
        self.0 += 1;
    }

    fn undecidable(&mut self, _: Doubt<'_>) {
        self.0 += 1;
    }
}
