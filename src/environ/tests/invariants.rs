//! What holds for every environ, whatever was sent.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use janua_environ::{Decision, Doubt, Environ, Name, Refusal, Settings, Witness, build, build_with};
use janua_vocabulary::{BodyLength, Params, Protocol};
use proptest::prelude::*;
use std::collections::HashSet;

const SERVERS: [&str; 8] =
    ["nginx/1", "Apache/2", "lighttpd/1", "Caddy/2", "HAProxy", "Microsoft-IIS/8", "h2o/2", "go"];

const PROTOCOLS: [Protocol; 4] = [Protocol::Cgi, Protocol::Scgi, Protocol::FastCgi, Protocol::Http];

/// Junk that is made of the pieces on which the rules turn.
fn path() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => Just("/"), 3 => Just("app"), 2 => Just("a"), 2 => Just("index.fcgi"), 1 => Just("apple"),
        1 => Just("."), 1 => Just(".."), 1 => Just("%2F"), 1 => Just("%20"), 1 => Just("%25"), 1 => Just("%"),
        1 => Just("%E9"), 1 => Just("\u{e9}"), 1 => Just(" "), 1 => Just("?"), 1 => Just("#"), 1 => Just("*"),
        1 => Just("%00"), 1 => Just("//"), 1 => Just("http://h"), 1 => Just("+"), 1 => Just(";x=1"),
    ];
    let mostly_rooted = (any::<bool>(), prop::collection::vec(piece, 0..8))
        .prop_map(|(rooted, pieces)| format!("{}{}", if rooted { "/" } else { "" }, pieces.concat()));
    prop_oneof![
        1 => Just(String::new()),
        3 => prop::sample::select(vec!["/", "/app", "/app/a", "/a", "/app/", "/index.fcgi", "/app/index.fcgi/a"])
            .prop_map(str::to_owned),
        4 => mostly_rooted,
    ]
}

fn pair() -> impl Strategy<Value = (String, String)> {
    let path_name = prop::sample::select(vec![
        "SCRIPT_NAME",
        "SCRIPT_NAME",
        "PATH_INFO",
        "PATH_INFO",
        "REQUEST_URI",
        "REQUEST_URI",
        "DOCUMENT_URI",
        "REDIRECT_URL",
        "REDIRECT_URI",
        "SCRIPT_URL",
        "HTTP_X_FORWARDED_PREFIX",
        "HTTP_X_SCRIPT_NAME",
    ]);
    let file = (
        prop::sample::select(vec!["proxy:fcgi://h:1", "proxy:uwsgi://h", "proxy:unix:/s|scgi://h", ""]),
        path(),
    );
    let value = prop_oneof!["[ -~]{0,6}", "(?s).{0,6}".prop_map(|text| text.replace('\0', ""))];
    prop_oneof![
        8 => (path_name.prop_map(str::to_owned), path()),
        2 => file.prop_map(|(proxy, path)| ("SCRIPT_FILENAME".to_owned(), format!("{proxy}{path}"))),
        3 => (
            Just("SERVER_SOFTWARE".to_owned()),
            prop::sample::select(SERVERS.to_vec()).prop_map(str::to_owned),
        ),
        1 => (Just("APPL_MD_PATH".to_owned()), path().prop_map(|path| format!("/LM/W3SVC/1/ROOT{path}"))),
        2 => (
            prop::sample::select(vec![
                "HTTP_PROXY", "HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE", "HTTP_TRANSFER_ENCODING", "HTTP_HOST",
                "HTTP_COOKIE", "HTTP_X_A", "HTTP_X_B", "SERVER_NAME", "SERVER_PORT", "HTTPS", "REMOTE_USER",
                "QUERY_STRING", "Authorization", "UWSGI_SCHEME", "wsgi.input", "A=B", "", "CAPNAME", "HTTP_A B",
            ])
            .prop_map(str::to_owned),
            value,
        ),
    ]
}

fn settings() -> impl Strategy<Value = Settings> {
    let one = prop_oneof![
        4 => Just(("slashes", "keep")),
        2 => prop::sample::select(vec![
            ("script_name", ""), ("script_name", "/app"), ("script_name", "/app/a"), ("on_mismatch", "pass"),
            ("hide_script", "on"), ("hide_script", "off"), ("infer_prefix", "off"), ("path_from", "request-uri"),
            ("slashes", "merge"), ("trusted_proxies", "*"), ("drop_redirect_url", "off"), ("server", "nginx"),
            ("server", "apache"), ("server", "generic"), ("query_from_request_uri", "empty"),
        ]),
    ];
    prop::collection::vec(one, 0..4).prop_map(|pairs| {
        let mut settings = Settings::default();
        pairs.into_iter().for_each(|(name, value)| settings.set(name, value).unwrap());
        settings
    })
}

fn params(pairs: &[(String, String)]) -> Params {
    let mut params = Params::new();
    params.push(b"REQUEST_METHOD", b"GET");
    params.push(b"CONTENT_LENGTH", b"0");
    for (name, value) in pairs {
        params.push(name.as_bytes(), value.as_bytes());
    }
    params
}

fn listed(environ: &Environ<'_>) -> Vec<(Vec<u8>, Vec<u8>)> {
    environ.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.to_vec())).collect()
}

fn check(environ: &Environ<'_>) {
    let (script_name, path_info) = (environ.script_name(), environ.path_info());
    assert!(
        matches!(script_name, [] | [b'/'])
            || (script_name.starts_with(b"/")
                && !script_name.starts_with(b"//")
                && !script_name.ends_with(b"/")),
        "{environ:?}"
    );
    assert_ne!(script_name, b"/");
    assert!(path_info.is_empty() || path_info.starts_with(b"/"), "{environ:?}");
    assert!(!(script_name.is_empty() && path_info.is_empty()));
    let mut names = HashSet::new();
    for (name, value) in environ.iter() {
        assert!(names.insert(name.as_bytes()), "{} twice", name.as_bytes().escape_ascii());
        assert!(!value.contains(&0) && !name.as_bytes().contains(&0) && !name.as_bytes().contains(&b'='));
        assert!(!matches!(name, Name::Other(name) if name.is_empty() || name.starts_with(b"wsgi.")));
    }
    for gone in
        ["HTTP_PROXY", "HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE", "HTTP_TRANSFER_ENCODING", "UWSGI_SCHEME"]
    {
        assert_eq!(environ.get(gone), None);
    }
    for there in Environ::ALWAYS {
        assert!(environ.known(there).is_some(), "{there:?}");
    }
    for filled in ["SERVER_NAME", "SERVER_PORT"] {
        assert!(environ.get(filled).is_some_and(|value| !value.is_empty()), "{filled}");
    }
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 25_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_environ_is_sound_whatever_was_sent(
        pairs in prop::collection::vec(pair(), 0..12),
        settings in settings(),
    ) {
        let params = params(&pairs);
        let all = PROTOCOLS.map(|protocol| build(&params, protocol, &settings));
        match &all[0] {
            Ok(environ) => check(environ),
            Err(refusal) => prop_assert!(matches!(refusal.status(), 400 | 404)),
        }
        for other in &all[1..] {
            match (&all[0], other) {
                (Ok(one), Ok(other)) => prop_assert_eq!(listed(one), listed(other)),
                (one, other) => prop_assert_eq!(one.as_ref().err(), other.as_ref().err()),
            }
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_witness_changes_nothing(pairs in prop::collection::vec(pair(), 0..12), settings in settings()) {
        let params = params(&pairs);
        let mut witness = Counting(0);
        let witnessed = build_with(&params, Protocol::Cgi, &settings, &mut witness);
        match (build(&params, Protocol::Cgi, &settings), witnessed) {
            (Ok(one), Ok(other)) => {
                prop_assert_eq!(listed(&one), listed(&other));
                prop_assert!(witness.0 > 0);
            }
            (one, other) => prop_assert_eq!(one.err(), other.err()),
        }
    }
}

/// Names that were chosen to be many and to begin alike must not cost the square of their number.
#[test]
fn many_names_and_many_repeats_are_dealt_with_in_time() {
    let mut params = params(&[]);
    let prefix = "X".repeat(900);
    for number in 0..60_000 {
        params.push(
            format!("HTTP_{}{}", if number % 100 == 0 { &prefix } else { "" }, number % 40_000).as_bytes(),
            b"v",
        );
    }
    let environ = build(&params, Protocol::FastCgi, &Settings::default()).unwrap();
    assert_eq!(environ.get("HTTP_1"), Some(&b"v, v"[..]));
    assert_eq!(environ.get("HTTP_39999"), Some(&b"v"[..]));
    assert_eq!(environ.body, BodyLength::Exactly(0));
}

/// So must paths that are nothing but slashes and dots.
#[test]
fn long_paths_are_dealt_with_in_time() {
    for junk in ["/", "/.", "/..", "/a", "%2F", "/%2e"] {
        let long = junk.repeat(300_000);
        for server in SERVERS {
            let mut params = Params::new();
            for (name, value) in [
                ("REQUEST_METHOD", "GET"),
                ("SERVER_SOFTWARE", server),
                ("REQUEST_URI", &*long),
                ("SCRIPT_NAME", &long),
                ("DOCUMENT_URI", "/x"),
                ("REDIRECT_URL", &long),
            ] {
                params.push(name.as_bytes(), value.as_bytes());
            }
            params.push(b"SCRIPT_FILENAME", format!("proxy:fcgi://h{long}").as_bytes());
            let refused = build(&params, Protocol::FastCgi, &Settings::default()).err();
            assert_eq!(refused, None::<Refusal>);
        }
    }
}
