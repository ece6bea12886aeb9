//! Step 6: the server's name, port and protocol, and the query.

use crate::vars::Vars;
use crate::witness::{Witness, tell_known};
use crate::{Known, QueryFrom, Rule, Scheme, Settings, url};
use std::borrow::Cow;

/// Fills in and tidies what PEP 3333 wants to be there in every environ.
pub(crate) fn settle(vars: &mut Vars<'_>, scheme: Scheme, settings: &Settings, witness: &mut impl Witness) {
    name_and_port(vars, scheme, witness);
    if vars.filled(Known::ServerProtocol).is_none() {
        replace(vars, Known::ServerProtocol, b"HTTP/1.0", Rule::ProtocolDefault, witness);
    }
    query(vars, settings, witness);
}

fn name_and_port<'a>(vars: &mut Vars<'a>, scheme: Scheme, witness: &mut impl Witness) {
    let sent: &'a [u8] = vars.sent(Known::ServerName).unwrap_or_default();
    let (mut name, port) = split_port(sent);
    let (host, host_port) = split_port(vars.sent(Known::HttpHost).unwrap_or_default().trim_ascii());
    if name.is_empty() {
        name = if host.is_empty() { b"localhost" } else { host };
    }
    if name != sent {
        replace(vars, Known::ServerName, name, Rule::ServerNameTidied, witness);
    }
    if !vars.get(Known::ServerPort).is_some_and(is_port) {
        let default: &[u8] = if scheme == Scheme::Https { b"443" } else { b"80" };
        let found = [port, host_port].into_iter().flatten().find(|port| is_port(port)).unwrap_or(default);
        replace(vars, Known::ServerPort, found, Rule::ServerPortFound, witness);
    }
}

/// A host and the port behind it. The colons of a bare IPv6 address are no mark of a port.
fn split_port(host: &[u8]) -> (&[u8], Option<&[u8]>) {
    let Some(colon) = host.iter().rposition(|byte| *byte == b':') else { return (host, None) };
    let (Some(name), Some(port)) = (host.get(..colon), host.get(colon + 1..)) else { return (host, None) };
    let is_bare_address = !name.ends_with(b"]") && name.contains(&b':');
    if is_bare_address || !port.iter().all(u8::is_ascii_digit) { (host, None) } else { (name, Some(port)) }
}

fn is_port(text: &[u8]) -> bool {
    matches!(text, [b'1'..=b'9', more @ ..] if more.len() <= 4 && more.iter().all(u8::is_ascii_digit))
}

/// An empty QUERY_STRING beside a URL with a query was emptied by a rewrite, unless the setting says otherwise.
fn query(vars: &mut Vars<'_>, settings: &Settings, witness: &mut impl Witness) {
    let missing = match vars.get(Known::QueryString) {
        None => true,
        Some(query) => query.is_empty() && settings.query_from_request_uri == QueryFrom::Empty,
    };
    if missing {
        let query = url::target_query(vars.sent(Known::RequestUri).unwrap_or_default());
        replace(vars, Known::QueryString, query, Rule::QueryFromUrl, witness);
    }
}

fn replace<'a>(vars: &mut Vars<'a>, known: Known, value: &'a [u8], rule: Rule, witness: &mut impl Witness) {
    tell_known(witness, rule, known, vars.get(known), Some(value));
    vars.set(known, Cow::Borrowed(value));
}

#[cfg(test)]
mod tests {
    use crate::testing::{environ, environ_with};

    fn name_and_port(pairs: &[(&str, &str)]) -> (String, String) {
        let environ = environ(pairs);
        (environ["SERVER_NAME"].clone(), environ["SERVER_PORT"].clone())
    }

    #[test]
    fn the_name_has_no_port_and_is_never_empty() {
        for (name, host, expected) in [
            ("example.com:8080", "", "example.com"),
            ("example.com", "other", "example.com"),
            ("", "shop.example:81", "shop.example"),
            ("", "", "localhost"),
            ("[2001:db8::1]", "", "[2001:db8::1]"),
            ("[2001:db8::1]:443", "", "[2001:db8::1]"),
            ("2001:db8::1", "", "2001:db8::1"),
            ("_", "shop.example", "_"),
            ("", "[::1]:81", "[::1]"),
        ] {
            assert_eq!(
                name_and_port(&[("SERVER_NAME", name), ("HTTP_HOST", host)]).0,
                expected,
                "{name} {host}"
            );
        }
        assert_eq!(name_and_port(&[]).0, "localhost");
    }

    #[test]
    fn the_port_is_one() {
        for (name, port, host, https, expected) in [
            ("a:8080", "8081", "a:1", "", "8081"),
            ("a:8080", "0", "a:1", "", "8080"),
            ("a", "", "a:1", "", "1"),
            ("a", "0", "a", "on", "443"),
            ("a", "http", "a", "", "80"),
            ("a", "080", "a", "", "80"),
            ("a", "123456", "a:99999", "", "99999"),
            ("a", "-1", "[::1]", "", "80"),
        ] {
            let pairs = [("SERVER_NAME", name), ("SERVER_PORT", port), ("HTTP_HOST", host), ("HTTPS", https)];
            assert_eq!(name_and_port(&pairs).1, expected, "{pairs:?}");
        }
    }

    #[test]
    fn the_query_is_found_in_the_url_if_the_server_sent_none() {
        assert_eq!(environ(&[("REQUEST_URI", "/a?b=/c?d#e")])["QUERY_STRING"], "b=/c?d");
        assert_eq!(environ(&[("REQUEST_URI", "http://h/a?b")])["QUERY_STRING"], "b");
        assert_eq!(environ(&[])["QUERY_STRING"], "");
        let emptied = [("REQUEST_URI", "/a?b"), ("QUERY_STRING", "")];
        assert_eq!(environ(&emptied)["QUERY_STRING"], "");
        assert_eq!(environ_with(&emptied, &[("query_from_request_uri", "empty")])["QUERY_STRING"], "b");
        let other = [("REQUEST_URI", "/a?b"), ("QUERY_STRING", "c")];
        assert_eq!(environ_with(&other, &[("query_from_request_uri", "empty")])["QUERY_STRING"], "c");
    }

    #[test]
    fn the_protocol_promises_little_if_nothing_was_said() {
        assert_eq!(environ(&[])["SERVER_PROTOCOL"], "HTTP/1.0");
        assert_eq!(environ(&[("SERVER_PROTOCOL", "HTTP/2.0")])["SERVER_PROTOCOL"], "HTTP/2.0");
    }
}
