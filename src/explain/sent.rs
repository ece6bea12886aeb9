//! What the server sent, as far as it has a say.

use crate::show;
use janua_environ::Known;
use janua_vocabulary::Params;

/// A variable that was sent and that the rules look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Its name.
    pub name: &'static str,
    /// Its values, in the order in which they came: a configuration may send a variable twice. Empty if it was
    /// not sent but is missed. Passwords are left out.
    pub values: Vec<Vec<u8>>,
}

/// What was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// About the path, and by which server. SCRIPT_NAME, PATH_INFO and REQUEST_URI are there even if they were not sent.
    pub path: Vec<Fact>,
    /// About the scheme and the host.
    pub scheme: Vec<Fact>,
    /// About the body.
    pub length: Vec<Fact>,
    /// About who the user is.
    pub authorization: Vec<Fact>,
    /// How many other parameters were sent.
    pub others: usize,
}

const PATH: &[&str] = &[
    "SCRIPT_NAME",
    "PATH_INFO",
    "REQUEST_URI",
    "DOCUMENT_URI",
    "SCRIPT_FILENAME",
    "REDIRECT_URL",
    "REDIRECT_URI",
    "SCRIPT_URL",
    "APPL_MD_PATH",
    "SERVER_SOFTWARE",
    "HTTP_X_FORWARDED_PREFIX",
    "HTTP_X_SCRIPT_NAME",
    "QUERY_STRING",
];

/// Without these a path cannot be understood, so that their absence is a fact as well.
const MISSED: usize = 3;

const SCHEME: &[&str] = &[
    "HTTPS",
    "REDIRECT_HTTPS",
    "REQUEST_SCHEME",
    "UWSGI_SCHEME",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_HOST",
    "SERVER_NAME",
    "SERVER_PORT",
    "REMOTE_ADDR",
];

const LENGTH: &[&str] = &["CONTENT_LENGTH", "HTTP_CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"];

const AUTHORIZATION: &[&str] = &[
    "HTTP_AUTHORIZATION",
    "Authorization",
    "REDIRECT_HTTP_AUTHORIZATION",
    "REDIRECT_REDIRECT_HTTP_AUTHORIZATION",
    "REMOTE_USER",
    "REDIRECT_REMOTE_USER",
];

impl Sent {
    pub(crate) fn of(params: &Params) -> Self {
        let path = facts(params, PATH, MISSED);
        let scheme = facts(params, SCHEME, 0);
        let length = facts(params, LENGTH, 0);
        let authorization = facts(params, AUTHORIZATION, 0);
        let shown = [&path, &scheme, &length, &authorization];
        let shown: usize = shown.into_iter().flatten().map(|fact| fact.values.len()).sum();
        Self { path, scheme, length, authorization, others: params.len().saturating_sub(shown) }
    }
}

fn facts(params: &Params, names: &[&'static str], missed: usize) -> Vec<Fact> {
    let fact = |name: &'static str| {
        let sent = params.iter().filter(|(other, _)| *other == name.as_bytes());
        Fact { name, values: sent.map(|(name, value)| show::discreet(name, value).into_owned()).collect() }
    };
    let all = names.iter().enumerate().map(|(index, name)| (index, fact(name)));
    all.filter(|(index, fact)| *index < missed || !fact.values.is_empty()).map(|(_, fact)| fact).collect()
}

/// The last value that was sent of a variable: the one that counts.
pub(crate) fn last(params: &Params, known: Known) -> Option<&[u8]> {
    params.iter().rfind(|(name, _)| *name == known.name().as_bytes()).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_say_is_named_and_the_rest_is_counted() {
        let sent = [
            ("REQUEST_METHOD", "GET"),
            ("SCRIPT_NAME", "/whole"),
            ("REQUEST_URI", "/whole"),
            ("HTTPS", "on"),
            ("HTTP_ACCEPT", "*/*"),
            ("HTTP_AUTHORIZATION", "Basic dTpw"),
            ("SCRIPT_NAME", ""),
        ];
        let params = sent.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        let sent = Sent::of(&params);
        let named: Vec<_> = sent.path.iter().map(|fact| (fact.name, fact.values.len())).collect();
        assert_eq!(named, [("SCRIPT_NAME", 2), ("PATH_INFO", 0), ("REQUEST_URI", 1)]);
        assert_eq!(sent.scheme.len(), 1);
        assert_eq!(sent.authorization[0].values, [b"Basic (10 bytes, not shown)"]);
        assert_eq!(sent.others, 2);
        assert_eq!(last(&params, Known::ScriptName), Some(&b""[..]));
    }
}
