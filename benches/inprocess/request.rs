//! The request that is measured: a browser's, through nginx with its stock `fastcgi_params`, 30 parameters in all.

use janua_cgi::CgiCodec;
use janua_fastcgi::{Capacity, FastCgiCodec, client::Encoder};
use janua_http::client::{Body, RequestHead};
use janua_http::{Ends, HttpCodec};
use janua_scgi::ScgiCodec;
use janua_vocabulary::{Codec, Event, Limits, Params, Request};

const PARAMS: [(&str, &str); 30] = [
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

/// The parameters as FastCGI carries them.
pub(crate) fn params() -> Params {
    PARAMS.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect()
}

/// What is left of them if the client says nothing but `Host`, as a benchmark's does: 22, those of the capture
/// `8101-t1` in tests/data.
pub(crate) fn few_params() -> Params {
    let few = |name: &str| !name.starts_with("HTTP_") || matches!(name, "HTTP_HOST" | "HTTP_CONNECTION");
    let pairs = PARAMS.iter().filter(|(name, _)| few(name));
    pairs.map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect()
}

/// The same with others in place of some.
pub(crate) fn params_with(changes: &[(&str, &str)]) -> Params {
    let value = |name: &str| changes.iter().find(|(changed, _)| *changed == name).map(|(_, value)| *value);
    let changed = PARAMS.iter().map(|(name, sent)| (name.as_bytes(), value(name).unwrap_or(sent).as_bytes()));
    changed.collect()
}

/// The bytes of a CGI process's environment.
pub(crate) fn environment() -> Vec<(Vec<u8>, Vec<u8>)> {
    PARAMS.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec())).collect()
}

/// As SCGI, where the length of the body comes first and is never empty.
pub(crate) fn scgi() -> Vec<u8> {
    let mut params = Params::new();
    params.push(b"CONTENT_LENGTH", b"0");
    params.push(b"SCGI", b"1");
    for (name, value) in PARAMS.iter().filter(|(name, _)| *name != "CONTENT_LENGTH") {
        params.push(name.as_bytes(), value.as_bytes());
    }
    janua_scgi::client::request(&params, b"").expect("the parameters hold no NUL")
}

/// As FastCGI, in the records of nginx: one of parameters, filled up to a multiple of eight bytes.
pub(crate) fn fastcgi(keep: bool) -> Vec<u8> {
    let lengths = PARAMS.iter().map(|(name, value)| 2 + name.len() + value.len());
    let padding = (8 - lengths.sum::<usize>() % 8) % 8;
    let plain = Encoder { keep, ..Encoder::default() };
    let filled_up = Encoder { padding: padding as u8, ..plain };
    let mut bytes = Vec::new();
    plain.begin(&mut bytes);
    filled_up.params(&params(), &mut bytes);
    plain.stdin(b"", &mut bytes);
    bytes
}

/// As the browser itself sends it.
pub(crate) fn http() -> Vec<u8> {
    let field = |name: &str| {
        let header = name.strip_prefix("HTTP_").filter(|header| *header != "CONNECTION")?;
        Some(header.replace('_', "-").to_ascii_lowercase())
    };
    let fields: Vec<(String, &str)> =
        PARAMS.iter().filter_map(|(name, value)| Some((field(name)?, *value))).collect();
    let headers: Vec<(&[u8], &[u8])> =
        fields.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    let target = b"/news/2024/some-article?q=1&page=2";
    let mut bytes = Vec::new();
    RequestHead { method: b"GET", target, headers: &headers, body: Body::None }
        .encode(&mut bytes)
        .expect("the fields are well-formed");
    bytes
}

pub(crate) fn cgi_codec(environment: &[(Vec<u8>, Vec<u8>)]) -> CgiCodec {
    let pairs = environment.iter().map(|(name, value)| (name, value));
    CgiCodec::new(janua_cgi::request_params(pairs), Limits::default())
}

pub(crate) fn scgi_codec() -> ScgiCodec {
    ScgiCodec::new(Limits::default())
}

pub(crate) fn fastcgi_codec() -> FastCgiCodec {
    FastCgiCodec::new(Limits::default(), Capacity::default())
}

pub(crate) fn http_codec() -> HttpCodec {
    let ends = Ends {
        server_addr: "192.0.2.1".to_owned(),
        server_port: "8000".to_owned(),
        remote_addr: "192.0.2.7".to_owned(),
        remote_port: "50000".to_owned(),
    };
    HttpCodec::new(Limits::default(), ends)
}

/// Hands `bytes` to a codec as one read, and takes the request that they are.
pub(crate) fn decode(codec: &mut dyn Codec, bytes: &[u8]) -> Request {
    let room = codec.space();
    room.get_mut(..bytes.len()).expect("a request fits into one read").copy_from_slice(bytes);
    codec.filled(bytes.len());
    opening(codec)
}

/// The request that a codec has the bytes of.
pub(crate) fn opening(codec: &mut dyn Codec) -> Request {
    match codec.poll() {
        Ok(Event::Request(request)) => request,
        other => panic!("{other:?} instead of a request"),
    }
}

/// Takes the end of the request's body.
pub(crate) fn body_end(codec: &mut dyn Codec) {
    match codec.poll() {
        Ok(Event::BodyEnd) => {}
        other => panic!("{other:?} instead of the end of the body"),
    }
}
