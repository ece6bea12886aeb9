//! Step 5: http or https.

use crate::vars::Vars;
use crate::witness::{Change, Decision, Witness};
use crate::{Known, Rule, Scheme, Settings};

/// Decides the scheme, and takes UWSGI_SCHEME out, which is a hint and no variable.
///
/// HTTP_SCHEME is not asked: any client can send a header called Scheme.
pub(crate) fn settle(vars: &mut Vars<'_>, settings: &Settings, witness: &mut impl Witness) -> Scheme {
    let (rule, scheme) = decide(vars, settings);
    witness.decided(Decision { rule, change: Change::Scheme(scheme) });
    vars.remove(Known::UwsgiScheme);
    scheme
}

fn decide(vars: &Vars<'_>, settings: &Settings) -> (Rule, Scheme) {
    if let Some(scheme) = settings.url_scheme {
        return (Rule::SchemeForced, scheme);
    }
    if let Some(scheme) = named(vars, Known::HttpXForwardedProto)
        && settings.trusted_proxies.trust(vars.get(Known::RemoteAddr))
    {
        return (Rule::SchemeForwarded, scheme);
    }
    if let Some(https) = vars.filled(Known::Https).or_else(|| vars.filled(Known::RedirectHttps)) {
        return (Rule::SchemeFromHttps, if is_yes(https) { Scheme::Https } else { Scheme::Http });
    }
    if let Some(scheme) = named(vars, Known::RequestScheme).or_else(|| named(vars, Known::UwsgiScheme)) {
        return (Rule::SchemeFromServer, scheme);
    }
    if settings.port_443_is_https && vars.get(Known::ServerPort) == Some(b"443") {
        return (Rule::SchemeFromPort, Scheme::Https);
    }
    (Rule::SchemeUnknown, Scheme::Http)
}

fn named(vars: &Vars<'_>, known: Known) -> Option<Scheme> {
    Scheme::of(vars.get(known)?.trim_ascii())
}

/// Hiawatha and IIS say `off` where others say nothing.
fn is_yes(https: &[u8]) -> bool {
    [&b"on"[..], b"1", b"yes", b"true"].iter().any(|yes| yes.eq_ignore_ascii_case(https))
}

#[cfg(test)]
mod tests {
    use crate::Scheme::{self, Http, Https};
    use crate::testing::build_text;
    use janua_vocabulary::Protocol;

    fn scheme(pairs: &[(&str, &str)], settings: &[(&str, &str)]) -> Scheme {
        let mut sent = vec![("PATH_INFO", "/")];
        sent.extend_from_slice(pairs);
        let built = build_text(&sent, Protocol::FastCgi, settings).unwrap();
        assert!(!built.vars.contains_key("UWSGI_SCHEME"));
        built.scheme
    }

    #[test]
    fn https_says_yes_in_several_ways_and_no_in_any_other() {
        for (value, expected) in [
            ("on", Https),
            ("ON", Https),
            ("1", Https),
            ("yes", Https),
            ("true", Https),
            ("off", Http),
            ("x", Http),
        ] {
            assert_eq!(scheme(&[("HTTPS", value), ("REQUEST_SCHEME", "http")], &[]), expected, "{value}");
            assert_eq!(scheme(&[("REDIRECT_HTTPS", value)], &[]), expected, "{value}");
        }
        assert_eq!(scheme(&[("HTTPS", "off"), ("REDIRECT_HTTPS", "on")], &[]), Http);
        assert_eq!(scheme(&[("HTTPS", ""), ("REQUEST_SCHEME", "https")], &[]), Https);
    }

    #[test]
    fn the_server_may_name_it_and_a_client_may_not() {
        assert_eq!(scheme(&[("REQUEST_SCHEME", "https")], &[]), Https);
        assert_eq!(scheme(&[("UWSGI_SCHEME", "https")], &[]), Https);
        assert_eq!(scheme(&[("REQUEST_SCHEME", "http"), ("UWSGI_SCHEME", "https")], &[]), Http);
        assert_eq!(scheme(&[("REQUEST_SCHEME", "javascript"), ("UWSGI_SCHEME", "https")], &[]), Https);
        assert_eq!(scheme(&[("HTTP_SCHEME", "https")], &[]), Http);
        assert_eq!(scheme(&[("HTTP_X_FORWARDED_PROTO", "https")], &[]), Http);
    }

    #[test]
    fn a_trusted_proxy_may_name_http_or_https_and_nothing_else() {
        let trust = [("trusted_proxies", "192.0.2.7")];
        let from = |addr, proto| [("REMOTE_ADDR", addr), ("HTTP_X_FORWARDED_PROTO", proto), ("HTTPS", "off")];
        assert_eq!(scheme(&from("192.0.2.7", "https"), &trust), Https);
        assert_eq!(scheme(&from("192.0.2.8", "https"), &trust), Http);
        assert_eq!(scheme(&from("192.0.2.7", "javascript"), &trust), Http);
    }

    #[test]
    fn settings_decide_first_and_last() {
        assert_eq!(scheme(&[("HTTPS", "off")], &[("url_scheme", "https")]), Https);
        assert_eq!(scheme(&[("SERVER_PORT", "443")], &[]), Http);
        assert_eq!(scheme(&[("SERVER_PORT", "443")], &[("port_443_is_https", "on")]), Https);
        assert_eq!(scheme(&[("SERVER_PORT", "443"), ("HTTPS", "off")], &[("port_443_is_https", "on")]), Http);
    }
}
