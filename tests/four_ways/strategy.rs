//! Random requests, made of the pieces on which parsers and rules turn.

use crate::asked::{Asked, Body, Form};
use crate::server::Server;
use crate::way::Transport;
use janua_environ::Settings;
use proptest::prelude::*;
use proptest::sample::select;

/// The mount that some settings name.
const MOUNT: &str = "/app";

/// A request, who sends it, how it is cut up on the way, and how the builder is set.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) asked: Asked,
    /// In front of CGI, SCGI and FastCGI.
    pub(crate) servers: [Server; 3],
    pub(crate) transport: Transport,
    pub(crate) settings: Chosen,
}

/// Settings by name and value.
#[derive(Debug, Clone)]
pub(crate) struct Chosen(Vec<(&'static str, &'static str)>);

impl Chosen {
    /// Where servers that are told the mount are told it: where HTTP is told it too.
    pub(crate) fn mount(&self) -> Option<&'static str> {
        self.0.contains(&("script_name", MOUNT)).then_some(MOUNT)
    }
}

impl Case {
    /// A request for `target` without anything unusual.
    pub(crate) fn plain(target: &str) -> Self {
        let asked = Asked {
            method: "GET",
            form: Form::Origin,
            path: target.as_bytes().to_vec(),
            query: None,
            host: "example.org",
            fields: Vec::new(),
            body: Body::None,
            tcp: true,
        };
        Self {
            asked,
            servers: [Server::Rfc3875; 3],
            transport: Transport::default(),
            settings: Chosen(Vec::new()),
        }
    }

    pub(crate) fn builder(&self) -> Settings {
        let mut settings = Settings::default();
        self.settings.0.iter().for_each(|(name, value)| settings.set(name, value).unwrap());
        settings
    }
}

pub(crate) fn case() -> impl Strategy<Value = Case> {
    let server = || select(vec![Server::Rfc3875, Server::Apache, Server::Nginx, Server::HaProxy]);
    (asked(), [server(), server(), server()], transport(), settings())
        .prop_map(|(asked, servers, transport, settings)| Case { asked, servers, transport, settings })
}

fn settings() -> impl Strategy<Value = Chosen> {
    let mount = select(vec![None, None, Some(("script_name", "")), Some(("script_name", MOUNT))]);
    let other = select(vec![
        None,
        None,
        None,
        Some(("slashes", "merge")),
        Some(("path_from", "request-uri")),
        Some(("trusted_proxies", "*")),
        Some(("on_mismatch", "pass")),
        Some(("infer_prefix", "off")),
    ]);
    (mount, other).prop_map(|(mount, other)| Chosen(mount.into_iter().chain(other).collect()))
}

fn transport() -> impl Strategy<Value = Transport> {
    (select(vec![1, 2, 5, 13, 64, 600, 65536]), select(vec![1, 7, 100, 65535]), 0..9u8)
        .prop_map(|(piece, record, padding)| Transport { piece, record, padding, forged: false })
}

fn asked() -> impl Strategy<Value = Asked> {
    let method = select(vec!["GET", "GET", "POST", "HEAD", "PUT", "OPTIONS", "PROPFIND", "M-SEARCH"]);
    let hosts = || {
        select(vec!["example.org", "example.org:8080", "[::1]:8000", "[2001:db8::1]", "h", "127.0.0.1", "h:"])
    };
    let host = prop_oneof![8 => hosts(), 1 => select(vec!["", ":80", "under_score:1", "h:0", "h:99999"])];
    let form = prop_oneof![
        12 => Just(Form::Origin),
        2 => (select(vec!["http://", "https://", "HTTP://"]), hosts())
            .prop_map(|(scheme, host)| Form::Absolute { scheme, host }),
        1 => Just(Form::Asterisk),
    ];
    let fields = prop::collection::vec(field(), 0..7);
    (method, form, path(), prop::option::of(query()), host, fields, body(), any::<bool>()).prop_map(
        |(method, form, mut path, query, host, fields, body, tcp)| {
            if form == Form::Origin && path.is_empty() {
                path.push(b'/');
            }
            let method = if form == Form::Asterisk { "OPTIONS" } else { method };
            Asked { method, form, path, query, host, fields, body, tcp }
        },
    )
}

fn path() -> impl Strategy<Value = Vec<u8>> {
    let fixed = |piece: &'static str| Just(piece.as_bytes().to_vec());
    let piece = prop_oneof![
        6 => fixed("/"), 3 => fixed("/app"), 2 => fixed("/a"), 1 => fixed("/app/"), 1 => fixed("le"),
        1 => fixed("/index.fcgi"), 1 => fixed("//"), 1 => fixed("/."), 1 => fixed("/.."), 1 => fixed(";p=1"),
        1 => fixed("%2F"), 1 => fixed("%2f"), 1 => fixed("%25"), 1 => fixed("%3F"), 1 => fixed("%23"),
        1 => fixed("%2e%2E"), 1 => fixed("+~@:"), 1 => fixed("caf%C3%A9"),
        3 => (1..=255u8, any::<bool>()).prop_map(|(byte, upper)| {
            if upper { format!("%{byte:02X}") } else { format!("%{byte:02x}") }.into_bytes()
        }),
        3 => target_byte().prop_filter("ends the path", |byte| !b"?%".contains(byte)).prop_map(|byte| vec![byte]),
    ];
    prop::collection::vec(piece, 0..7).prop_map(|pieces| {
        let path = pieces.concat();
        if path.is_empty() || path.starts_with(b"/") { path } else { [b"/", &*path].concat() }
    })
}

/// Escapes in a query are nobody's business but the app's, whole or not.
fn query() -> impl Strategy<Value = Vec<u8>> {
    let fixed = |piece: &'static str| Just(piece.as_bytes().to_vec());
    let piece = prop_oneof![
        1 => fixed("a=1&b"), 1 => fixed("/x/../y"), 1 => fixed("%2F"), 1 => fixed("%zz"), 1 => fixed("?"),
        3 => target_byte().prop_map(|byte| vec![byte]),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

/// What may stand in a target by itself, also beyond ASCII.
fn target_byte() -> impl Strategy<Value = u8> {
    prop_oneof![4 => 0x21..=0x7eu8, 1 => 0x80..=0xffu8].prop_filter("a fragment", |byte| *byte != b'#')
}

fn field() -> impl Strategy<Value = (String, Vec<u8>)> {
    let known = select(vec![
        "Accept",
        "Cookie",
        "cookie",
        "Authorization",
        "Content-Type",
        "User-Agent",
        "X-Forwarded-For",
        "X-Forwarded-Proto",
        "X-Forwarded-Prefix",
        "X-Script-Name",
        "X-Real-IP",
        "Proxy",
        "Expect",
        "TE",
        "Scheme",
        "HTTPS",
        "Remote-User",
        "X-App",
        "x-app",
        "X_App",
        "X.App",
        "X-1",
        "-",
        "Content_Length",
        "Redirect-URL",
    ]);
    let name = prop_oneof![5 => known.prop_map(str::to_owned), 1 => "[A-Za-z0-9!#$%&'*+.^_`|~-]{1,4}"];
    let value = prop_oneof![
        2 => select(vec!["", "a", "100-continue", "https", "/app", "a, b", "text/plain; charset=utf-8", "a=1; b=2"])
            .prop_map(|value| value.as_bytes().to_vec()),
        1 => prop::collection::vec(prop_oneof![8 => 0x20..=0x7eu8, 1 => Just(b'\t'), 2 => 0x80..=0xffu8], 0..6)
            .prop_map(|value| value.trim_ascii().to_vec()),
    ];
    (name, value)
}

fn body() -> impl Strategy<Value = Body> {
    let bytes = (prop_oneof![6 => 0..40usize, 1 => 0..5_000usize], any::<u8>()).prop_map(|(length, seed)| {
        (0..length).map(|at| (at as u8).wrapping_mul(31) ^ seed).collect::<Vec<u8>>()
    });
    prop_oneof![
        3 => Just(Body::None),
        2 => bytes.clone().prop_map(Body::Counted),
        1 => bytes.prop_map(Body::Chunked),
    ]
}
