//! Four ways, one environ: whatever a request comes over, the app sees the same.
//!
//! A random request (`asked`) is sent as CGI, SCGI, FastCGI and HTTP. For the first three a web server has to stand
//! in between: `server` writes what it would send, with the habits of one of several servers. Each goes through the
//! real encoder of its client, the bytes through the real codec in pieces of random size (`way`), and what the codec
//! hands on through the builder. The four environs must be the same bytes under the same names.
//!
//! Only what all four can carry is sent: no NUL anywhere, no line ends in values, no blanks around them, and escapes
//! in the path that are whole. What one of them refuses before it becomes a request is tested where it is refused.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod asked;
mod server;
mod strategy;
mod way;

use asked::{Asked, Body};
use janua_environ::{Refusal, Scheme, Settings, build};
use janua_vocabulary::Protocol;
use proptest::prelude::*;
use server::Server;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use strategy::{Case, case};
use way::Received;

/// Requests that are sent four ways each. `PROPTEST_CASES` overrides it.
const CASES: u32 = 100_000;

/// What tells of the server in front and not of the request, and so differs from one to the other.
const OF_THE_SERVER: [&[u8]; 6] = [
    b"SERVER_SOFTWARE",
    b"GATEWAY_INTERFACE", // nginx sends it over FastCGI only
    b"SCGI",              // the mark of that protocol
    b"DOCUMENT_URI",      // nginx alone
    b"REQUEST_SCHEME",    // HAProxy sends none; wsgi.url_scheme is compared instead
    b"PATH",              // a CGI process has one
];

/// Everything that must be the same, and CONTENT_LENGTH, which is looked at by itself.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    variables: BTreeMap<String, String>,
    scheme: Scheme,
    content_length: Option<String>,
}

fn seen(received: &Received, protocol: Protocol, settings: &Settings) -> Result<Seen, Refusal> {
    let environ = build(&received.params, protocol, settings)?;
    let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
    let mut variables: BTreeMap<String, String> = environ
        .iter()
        .filter(|(name, _)| !OF_THE_SERVER.contains(&name.as_bytes()))
        .map(|(name, value)| (text(name.as_bytes()), text(value)))
        .collect();
    let content_length = variables.remove("CONTENT_LENGTH");
    Ok(Seen { variables, scheme: environ.url_scheme, content_length })
}

/// CONTENT_LENGTH as the app is to see it: what the client said. Of a body that the client did not measure, SCGI and
/// HAProxy, which cannot say "unknown", tell what they have.
fn content_length(asked: &Asked, protocol: Protocol, server: Server) -> Option<String> {
    let measures = protocol == Protocol::Scgi || (protocol != Protocol::Http && server == Server::HaProxy);
    match &asked.body {
        Body::Counted(body) => Some(body.len().to_string()),
        Body::Chunked(body) => measures.then(|| body.len().to_string()),
        Body::None => measures.then(|| "0".to_owned()),
    }
}

/// Sends the request all four ways and says whether it was passed on.
fn one_environ(case: &Case) -> bool {
    let Case { asked, servers, transport, settings, .. } = case;
    let builder = case.builder();
    let http = way::over_http(asked, transport);
    let direct = seen(&http, Protocol::Http, &builder);
    assert_eq!(http.body, asked.body.bytes(), "the body over http");
    if let Ok(direct) = &direct {
        assert_eq!(direct.content_length, content_length(asked, Protocol::Http, Server::Rfc3875));
    }
    for (protocol, server) in [Protocol::Cgi, Protocol::Scgi, Protocol::FastCgi].into_iter().zip(*servers) {
        let params = server.params(asked, protocol, settings.mount());
        let received = way::behind_a_server(protocol, params, asked, transport);
        let name = protocol.name();
        assert_eq!(received.body, asked.body.bytes(), "the body over {name}");
        match (seen(&received, protocol, &builder), &direct) {
            (Ok(seen), Ok(direct)) => {
                assert_eq!(seen.variables, direct.variables, "{name} behind {server:?} (left), http (right)");
                assert_eq!(seen.scheme, direct.scheme, "the scheme over {name}");
                assert_eq!(
                    seen.content_length,
                    content_length(asked, protocol, server),
                    "CONTENT_LENGTH over {name}"
                );
            }
            (seen, direct) => assert_eq!(&seen, direct, "{name} behind {server:?} (left), http (right)"),
        }
    }
    direct.is_ok()
}

fn cases() -> ProptestConfig {
    let asked_for = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig {
        cases: asked_for.unwrap_or(CASES),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

#[test]
fn a_request_makes_the_same_environ_over_four_protocols() {
    let passed = AtomicUsize::new(0);
    let config = cases();
    let count = config.cases as usize;
    proptest!(config, |(case in case())| {
        passed.fetch_add(usize::from(one_environ(&case)), Ordering::Relaxed);
    });
    // Agreement on refusals alone would show nothing.
    assert!(passed.into_inner() > count / 2, "most requests were refused");
}

#[test]
fn the_comparison_can_fail() {
    let mut case = Case::plain("/a/b");
    assert!(one_environ(&case));
    case.transport.forged = true;
    let forged = std::panic::catch_unwind(|| one_environ(&case));
    assert!(forged.is_err(), "a variable that only one way brings was not noticed");
}

#[test]
fn an_encoded_nul_is_refused_by_whoever_sees_it() {
    let asked = Case::plain("/a%00b").asked;
    assert!(way::refused_by_http(&asked), "http refuses it before it is a request");
    for (protocol, path) in [
        // What a server that stops at the NUL, and one that does not, would send.
        (Protocol::Cgi, &b"/a"[..]),
        (Protocol::Scgi, b"/a"),
        (Protocol::FastCgi, b"/a\0b"),
    ] {
        let mut params = Server::Rfc3875.params(&asked, protocol, None);
        params.push(b"PATH_INFO", path);
        let refusal = build(&params, protocol, &Settings::default()).unwrap_err();
        assert_eq!(refusal.status(), 400, "{}", protocol.name());
    }
}
