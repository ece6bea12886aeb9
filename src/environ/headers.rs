//! Step 4: the request's headers, and variables that are sent empty.

use crate::vars::Vars;
use crate::witness::{Witness, tell_known};
use crate::{Known, Rule, Settings};

/// Names under which Apache may send Authorization: with FcgidPassHeader, and after one and two internal
/// redirects. None of them can be made by a header of the client, since none begins with HTTP_.
const HIDDEN_AUTHORIZATION: [Known; 3] =
    [Known::Authorization, Known::RedirectHttpAuthorization, Known::RedirectRedirectHttpAuthorization];

/// Makes the headers what an app may rely on.
pub(crate) fn settle(vars: &mut Vars<'_>, settings: &Settings, witness: &mut impl Witness) {
    if vars.filled(Known::ContentType).is_none() {
        rename(vars, Known::HttpContentType, Known::ContentType, Rule::ContentTypeFromHeader, witness);
    }
    for known in
        [Known::HttpProxy, Known::HttpContentType, Known::HttpContentLength, Known::HttpTransferEncoding]
    {
        drop_variable(vars, known, Rule::HeaderOfTheHop, witness);
    }
    if settings.auth_fallback {
        for hidden in HIDDEN_AUTHORIZATION {
            if vars.filled(Known::HttpAuthorization).is_none() {
                rename(vars, hidden, Known::HttpAuthorization, Rule::AuthorizationFound, witness);
            }
            // Once is enough for a password to stand in an environ.
            drop_variable(vars, hidden, Rule::AuthorizationFound, witness);
        }
    }
    if settings.redirect_remote_user && vars.filled(Known::RemoteUser).is_none() {
        rename(vars, Known::RedirectRemoteUser, Known::RemoteUser, Rule::RemoteUserFromRedirect, witness);
    }
    for known in [
        Known::RemoteUser,
        Known::AuthType,
        Known::RemoteIdent,
        Known::RemoteHost,
        Known::ContentType,
        Known::HttpAuthorization,
    ] {
        if vars.get(known) == Some(b"") {
            drop_variable(vars, known, Rule::EmptyMeansNone, witness);
        }
    }
}

/// Gives the value of `from`, if it is there and not empty, the name `to`.
fn rename(vars: &mut Vars<'_>, from: Known, to: Known, rule: Rule, witness: &mut impl Witness) {
    if vars.get(from).is_none_or(<[u8]>::is_empty) {
        return;
    }
    if let Some(value) = vars.remove(from) {
        tell_known(witness, rule, to, vars.get(to), Some(&value));
        vars.set(to, value);
    }
}

fn drop_variable(vars: &mut Vars<'_>, known: Known, rule: Rule, witness: &mut impl Witness) {
    if let Some(value) = vars.remove(known) {
        tell_known(witness, rule, known, Some(&value), None);
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{environ, environ_with};

    #[test]
    fn headers_about_the_transfer_to_the_server_stay_there() {
        let environ = environ(&[
            ("HTTP_PROXY", "http://evil/"),
            ("CONTENT_LENGTH", "5"),
            ("HTTP_CONTENT_LENGTH", "999"),
            ("CONTENT_TYPE", "text/plain"),
            ("HTTP_CONTENT_TYPE", "text/html"),
            ("HTTP_TRANSFER_ENCODING", "chunked"),
        ]);
        for name in ["HTTP_PROXY", "HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE", "HTTP_TRANSFER_ENCODING"] {
            assert!(!environ.contains_key(name), "{name}");
        }
        assert_eq!((&*environ["CONTENT_TYPE"], &*environ["CONTENT_LENGTH"]), ("text/plain", "5"));
    }

    #[test]
    fn a_type_that_came_as_a_header_only_is_the_type() {
        assert_eq!(environ(&[("HTTP_CONTENT_TYPE", "text/html")])["CONTENT_TYPE"], "text/html");
        let both = environ(&[("CONTENT_TYPE", ""), ("HTTP_CONTENT_TYPE", "text/html")]);
        assert_eq!(both["CONTENT_TYPE"], "text/html");
    }

    #[test]
    fn authorization_is_found_where_apache_hides_it() {
        for name in ["Authorization", "REDIRECT_HTTP_AUTHORIZATION", "REDIRECT_REDIRECT_HTTP_AUTHORIZATION"] {
            let found = environ(&[(name, "Basic dTpw")]);
            assert_eq!(found["HTTP_AUTHORIZATION"], "Basic dTpw");
            assert!(!found.contains_key(name));
            let off = environ_with(&[(name, "Basic dTpw")], &[("auth_fallback", "off")]);
            assert!(!off.contains_key("HTTP_AUTHORIZATION"));
            let own = environ(&[("HTTP_AUTHORIZATION", "Basic own"), (name, "Basic dTpw")]);
            assert_eq!(own["HTTP_AUTHORIZATION"], "Basic own");
        }
    }

    #[test]
    fn a_user_from_before_a_redirect_counts_if_the_setting_says_so() {
        let sent = [("REMOTE_USER", ""), ("REDIRECT_REMOTE_USER", "alice")];
        assert!(!environ(&sent).contains_key("REMOTE_USER"));
        assert_eq!(environ_with(&sent, &[("redirect_remote_user", "on")])["REMOTE_USER"], "alice");
    }

    #[test]
    fn an_empty_user_is_no_user() {
        let names =
            ["REMOTE_USER", "AUTH_TYPE", "REMOTE_IDENT", "REMOTE_HOST", "CONTENT_TYPE", "HTTP_AUTHORIZATION"];
        for name in names {
            assert!(!environ(&[(name, "")]).contains_key(name), "{name}");
            assert_eq!(environ(&[(name, "x")])[name], "x");
        }
        assert_eq!(environ(&[("HTTP_X_EMPTY", "")])["HTTP_X_EMPTY"], "");
    }

    #[test]
    fn a_header_never_makes_a_variable_of_the_server() {
        let environ = environ(&[("HTTP_REMOTE_USER", "root"), ("HTTP_AUTH_TYPE", "Basic")]);
        assert!(!environ.contains_key("REMOTE_USER") && !environ.contains_key("AUTH_TYPE"));
        assert_eq!(environ["HTTP_REMOTE_USER"], "root");
    }
}
