//! Prints what a witness who hears of doubts alone costs: `cargo run --release -p janua-explain --example
//! ns_per_witness`.

#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use janua_environ::{Doubt, Settings, Witness, build, build_with};
use janua_vocabulary::{Params, Protocol};
use std::hint::black_box;
use std::time::Instant;

const ROUNDS: u32 = 2_000;

struct Doubts(u32);

impl Witness for Doubts {
    fn undecidable(&mut self, doubt: Doubt<'_>) {
        self.0 |= 1 << doubt.situation as u32;
    }
}

fn best(mut run: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..300 {
        let start = Instant::now();
        (0..ROUNDS).for_each(|_| run());
        best = best.min(start.elapsed().as_nanos() as f64 / f64::from(ROUNDS));
    }
    best
}

fn main() {
    let settings = Settings::default();
    for (server, path_info) in [("nginx/1.22.1", false), ("Apache/2.4.62", true), ("lighttpd/1.4.69", true)] {
        let mut params = Params::new();
        let path = "/news/2024/some-article";
        for (name, value) in [
            ("REQUEST_METHOD", "GET"),
            ("SCRIPT_NAME", if path_info { "/news" } else { path }),
            ("REQUEST_URI", path),
            ("DOCUMENT_ROOT", "/usr/share/html"),
            ("SERVER_PROTOCOL", "HTTP/1.1"),
            ("REQUEST_SCHEME", "https"),
            ("SERVER_SOFTWARE", server),
            ("SERVER_NAME", "example.com"),
            ("SERVER_PORT", "443"),
            ("REMOTE_ADDR", "192.0.2.7"),
            ("HTTP_HOST", "example.com"),
            ("HTTP_ACCEPT", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
            ("HTTP_COOKIE", "session=eyJfZnJlc2giOmZhbHNlfQ.ZxYw; theme=dark; csrftoken=abcdef0123456789"),
        ] {
            params.push(name.as_bytes(), value.as_bytes());
        }
        if path_info {
            params.push(b"PATH_INFO", b"/2024/some-article");
        }
        let params = &params;
        let without = best(|| {
            let _ = black_box(build(black_box(params), Protocol::FastCgi, &settings));
        });
        let mut doubts = Doubts(0);
        let with = best(|| {
            let _ = black_box(build_with(black_box(params), Protocol::FastCgi, &settings, &mut doubts));
        });
        println!("{server:16} {without:6.0} ns, with a witness {with:6.0} ns");
    }
}
