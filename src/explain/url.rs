//! The URL of a request, put together as PEP 3333 says ("URL Reconstruction").

use crate::show;
use janua_environ::{Environ, Known};
use std::fmt::Write;

/// What the app will take for its own address: if it is not what stands in the browser, links break.
pub(crate) fn reconstruct(environ: &Environ<'_>) -> String {
    let scheme = environ.url_scheme.name();
    let text = |known| environ.known(known).map(show::bytes).unwrap_or_default();
    let host = text(Known::HttpHost);
    let host = if host.is_empty() {
        let port = text(Known::ServerPort);
        let usual = matches!((scheme, &*port), ("http", "80") | ("https", "443"));
        let name = text(Known::ServerName);
        if usual { name } else { format!("{name}:{port}") }
    } else {
        host
    };
    let mut url = format!("{scheme}://{host}");
    for part in [environ.script_name(), environ.path_info()] {
        part.iter().for_each(|byte| quote(*byte, &mut url));
    }
    let query = text(Known::QueryString);
    if !query.is_empty() {
        url.push('?');
        url.push_str(&query);
    }
    url
}

/// Appends one byte of a path, escaped unless it may stand in one (RFC 3986 section 3.3).
fn quote(byte: u8, url: &mut String) {
    if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte) {
        url.push(char::from(byte));
    } else {
        let _ = write!(url, "%{byte:02X}");
    }
}
