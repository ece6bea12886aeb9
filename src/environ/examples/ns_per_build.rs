//! Prints how long the builder takes for usual requests: `cargo run --release -p janua-environ --example
//! ns_per_build`.

#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use janua_environ::{Settings, build};
use janua_vocabulary::{Params, Protocol};
use std::hint::black_box;
use std::time::Instant;

const ROUNDS: u32 = 2_000;

/// What a browser's request through nginx with its stock fastcgi_params has, 30 parameters in all.
const NGINX: [(&str, &str); 30] = [
    ("QUERY_STRING", "q=1&page=2"),
    ("REQUEST_METHOD", "GET"),
    ("CONTENT_TYPE", ""),
    ("CONTENT_LENGTH", ""),
    ("SCRIPT_NAME", "/news/2024/some-article"),
    ("REQUEST_URI", "/news/2024/some-article?q=1&page=2"),
    ("DOCUMENT_URI", "/news/2024/some-article"),
    ("DOCUMENT_ROOT", "/usr/share/nginx/html"),
    ("SERVER_PROTOCOL", "HTTP/1.1"),
    ("REQUEST_SCHEME", "https"),
    ("HTTPS", "on"),
    ("GATEWAY_INTERFACE", "CGI/1.1"),
    ("SERVER_SOFTWARE", "nginx/1.22.1"),
    ("REMOTE_ADDR", "192.0.2.7"),
    ("REMOTE_PORT", "50000"),
    ("REMOTE_USER", ""),
    ("SERVER_ADDR", "192.0.2.1"),
    ("SERVER_PORT", "443"),
    ("SERVER_NAME", "example.com"),
    ("REDIRECT_STATUS", "200"),
    ("HTTP_HOST", "example.com"),
    ("HTTP_USER_AGENT", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
    ("HTTP_ACCEPT", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("HTTP_ACCEPT_LANGUAGE", "en-US,en;q=0.5"),
    ("HTTP_ACCEPT_ENCODING", "gzip, deflate, br, zstd"),
    ("HTTP_CONNECTION", "keep-alive"),
    ("HTTP_COOKIE", "session=eyJfZnJlc2giOmZhbHNlfQ.ZxYw; theme=dark; csrftoken=abcdef0123456789"),
    ("HTTP_UPGRADE_INSECURE_REQUESTS", "1"),
    ("HTTP_SEC_FETCH_DEST", "document"),
    ("HTTP_X_SOMETHING_ELSE", "1"),
];

fn measure(what: &str, params: &Params, settings: &Settings) {
    let mut best = f64::INFINITY;
    for _ in 0..300 {
        let start = Instant::now();
        for _ in 0..ROUNDS {
            let _ = black_box(build(black_box(params), Protocol::FastCgi, settings));
        }
        best = best.min(start.elapsed().as_nanos() as f64 / f64::from(ROUNDS));
    }
    println!("{what:32} {:3} parameters {best:8.0} ns", params.len());
}

fn with(changes: &[(&str, &str)]) -> Params {
    let value =
        |name: &str, value| changes.iter().find(|(other, _)| *other == name).map_or(value, |(_, new)| *new);
    let mut params = Params::new();
    NGINX.iter().for_each(|(name, old)| params.push(name.as_bytes(), value(name, *old).as_bytes()));
    params
}

fn main() {
    let defaults = Settings::default();
    let mut mounted = Settings::default();
    let _ = mounted.set("script_name", "/news");
    let escaped = [("REQUEST_URI", "/a%20b//c?q"), ("SCRIPT_NAME", "/a b/c"), ("DOCUMENT_URI", "/a b/c")];
    measure("nginx, stock", &with(&[]), &defaults);
    measure("nginx, stock, script_name", &with(&[]), &mounted);
    measure("nginx, escapes and //", &with(&escaped), &defaults);
    let mut many = with(&[]);
    (0..970).for_each(|number| many.push(format!("HTTP_X_{number}").as_bytes(), b"v"));
    measure("nginx, a thousand parameters", &many, &defaults);
}
