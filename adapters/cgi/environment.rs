//! The process environment as the parameters of a request.

use janua_vocabulary::Params;

/// The parameters of the request in `environment`, an iterator of names and values in bytes.
///
/// Everything is taken along, in order and untouched: which of it came from the client, which from the server and
/// which from the server's own environment is for the environ builder to say.
pub fn request_params<N: AsRef<[u8]>, V: AsRef<[u8]>>(
    environment: impl IntoIterator<Item = (N, V)>,
) -> Params {
    let mut params = Params::new();
    for (name, value) in environment {
        params.push(name.as_ref(), value.as_ref());
    }
    params
}

/// True if `environment` says that this process was started as a CGI script.
///
/// RFC 3875 wants both GATEWAY_INTERFACE (section 4.1.4) and REQUEST_METHOD (section 4.1.12). There are small servers
/// that leave the first one out, and the second one missing is better answered with an error of CGI than with a usage
/// message that no one sees: so either is enough, GATEWAY_INTERFACE only if it names CGI and REQUEST_METHOD only if
/// it is not empty.
pub fn is_cgi<N: AsRef<[u8]>, V: AsRef<[u8]>>(environment: impl IntoIterator<Item = (N, V)>) -> bool {
    environment.into_iter().any(|(name, value)| match name.as_ref() {
        b"GATEWAY_INTERFACE" => value.as_ref().starts_with(b"CGI/"),
        b"REQUEST_METHOD" => !value.as_ref().is_empty(),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_environment_becomes_parameters_in_order() {
        let environment = [("PATH", "/bin"), ("REQUEST_METHOD", "GET"), ("EMPTY", "")];
        let params = request_params(environment);
        let expected = environment.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        assert!(params.iter().eq(expected));
    }

    #[test]
    fn bytes_that_are_no_text_are_kept() {
        let params = request_params([(b"PATH_INFO".to_vec(), b"/\xff\xfe".to_vec())]);
        assert_eq!(params.get(b"PATH_INFO"), Some(&b"/\xff\xfe"[..]));
    }

    #[test]
    fn either_of_the_two_variables_tells_cgi() {
        assert!(is_cgi([("GATEWAY_INTERFACE", "CGI/1.1")]));
        assert!(is_cgi([("PATH", "/bin"), ("REQUEST_METHOD", "GET")]));
    }

    #[test]
    fn a_shell_is_not_cgi() {
        assert!(!is_cgi([("PATH", "/bin"), ("HOME", "/home/me"), ("SCRIPT_NAME", "x")]));
        assert!(!is_cgi([("GATEWAY_INTERFACE", ""), ("REQUEST_METHOD", "")]));
        assert!(!is_cgi::<&str, &str>([]));
    }
}
