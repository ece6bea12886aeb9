//! The parameters that a web server would send for the request: those of nginx with its stock files, except that
//! SCRIPT_NAME and PATH_INFO say where the app is mounted (RFC 3875, section 4.1), as nginx does not.

use crate::failure::Failure;
use crate::headers::{SOFTWARE, headers};
use crate::{Change, Plan, url};
use janua_vocabulary::{Params, Protocol};

/// The parameters of the request with a body of `length` bytes, `None` if it has none.
///
/// # Errors
/// The path does not lie under `script_name`, or a parameter that is to be left out is not there.
pub(crate) fn params(plan: &Plan, length: Option<usize>) -> Result<Params, Failure> {
    let mut pairs = Pairs::default();
    request(plan, length, &mut pairs)?;
    server(plan, &mut pairs);
    for (name, value) in headers(plan) {
        pairs.header(name, value);
    }
    plan.changes.iter().try_for_each(|change| pairs.change(change))?;
    Ok(pairs.0.iter().map(|(name, value)| (name.as_slice(), value.as_slice())).collect())
}

/// What is about the request. The SCGI text wants CONTENT_LENGTH first.
fn request(plan: &Plan, length: Option<usize>, pairs: &mut Pairs) -> Result<(), Failure> {
    let target = plan.path.as_bytes();
    let (path, query) = url::divide(target);
    let path = url::decode(path);
    let Some(path_info) = url::under(&path, &plan.script_name) else {
        let (mount, path) = (plan.script_name.escape_ascii(), path.escape_ascii());
        return Err(Failure::Usage(format!(
            "--script-name: {path} does not lie under {mount}; write the path as the browser sees it, {mount}{path}"
        )));
    };
    // nginx writes the length of no body as 0 for SCGI, which needs one, and as nothing for FastCGI.
    let scgi = plan.back_end.protocol == Protocol::Scgi;
    let length = length.or(scgi.then_some(0)).map(|length| length.to_string()).unwrap_or_default();
    pairs.push("CONTENT_LENGTH", length);
    if scgi {
        pairs.push("SCGI", "1");
    }
    pairs.push("REQUEST_METHOD", plan.method());
    pairs.push("REQUEST_URI", target);
    pairs.push("QUERY_STRING", query);
    pairs.push("CONTENT_TYPE", "");
    pairs.push("SCRIPT_NAME", plan.script_name.as_slice());
    pairs.push("PATH_INFO", path_info);
    pairs.push("DOCUMENT_URI", path);
    Ok(())
}

/// What is about the two ends: this machine asking itself.
fn server(plan: &Plan, pairs: &mut Pairs) {
    for (name, value) in [
        ("SERVER_PROTOCOL", "HTTP/1.1"),
        ("REQUEST_SCHEME", "http"),
        ("GATEWAY_INTERFACE", "CGI/1.1"),
        ("SERVER_SOFTWARE", SOFTWARE),
        ("REMOTE_ADDR", "127.0.0.1"),
        ("REMOTE_PORT", "49152"),
        ("SERVER_ADDR", "127.0.0.1"),
        ("SERVER_PORT", "80"),
        ("SERVER_NAME", "localhost"),
    ] {
        pairs.push(name, value);
    }
    if plan.back_end.protocol == Protocol::FastCgi {
        // php-cgi answers nothing without it.
        pairs.push("REDIRECT_STATUS", "200");
    }
}

/// Parameters that can still change.
#[derive(Default)]
struct Pairs(Vec<(Vec<u8>, Vec<u8>)>);

impl Pairs {
    fn push(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        self.0.push((name.into(), value.into()));
    }

    /// Two header fields are parameters that are there already; the others become `HTTP_*`, repeats and all.
    fn header(&mut self, field: &[u8], value: Vec<u8>) {
        let name = variable(field);
        if matches!(name.as_slice(), b"CONTENT_TYPE" | b"CONTENT_LENGTH") {
            self.set(&name, &value);
        } else {
            self.0.push(([b"HTTP_", name.as_slice()].concat(), value));
        }
    }

    fn change(&mut self, change: &Change) -> Result<(), Failure> {
        match change {
            Change::Set(name, value) => self.set(name, value),
            Change::Drop(name) => {
                let before = self.0.len();
                self.0.retain(|(other, _)| other != name);
                if self.0.len() == before {
                    let name = name.escape_ascii();
                    return Err(Failure::Usage(format!(
                        "--no-param: no parameter {name} would be sent; -v shows those that are"
                    )));
                }
            }
        }
        Ok(())
    }

    /// Gives all parameters of that name this value, or adds one.
    fn set(&mut self, name: &[u8], value: &[u8]) {
        let mut found = false;
        for (_, held) in self.0.iter_mut().filter(|(other, _)| other == name) {
            *held = value.to_vec();
            found = true;
        }
        if !found {
            self.0.push((name.to_vec(), value.to_vec()));
        }
    }
}

fn variable(field: &[u8]) -> Vec<u8> {
    field.iter().map(|byte| if *byte == b'-' { b'_' } else { byte.to_ascii_uppercase() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Data, Header, Path};

    fn plan(protocol: &str, path: &str) -> Plan {
        Plan::new(format!("{protocol}:unix:/x").parse().unwrap(), Path::new(path.as_bytes()).unwrap())
    }

    fn value(params: &Params, name: &str) -> String {
        params
            .get(name.as_bytes())
            .map(|value| value.escape_ascii().to_string())
            .unwrap_or("(none)".to_owned())
    }

    #[test]
    fn script_name_and_path_info_are_the_decoded_path() {
        for (path, mount, info) in [
            ("/a%20b%2Fc/?d=%20", "", "/a b/c/"),
            ("/app/x%E9", "/app", "/x\\xe9"),
            ("/app", "/app", ""),
            ("/my%20app//x", "/my app", "//x"),
        ] {
            let plan = Plan { script_name: mount.into(), ..plan("fastcgi", path) };
            let params = params(&plan, None).unwrap();
            assert_eq!(
                (value(&params, "SCRIPT_NAME"), value(&params, "PATH_INFO")),
                (mount.into(), info.into())
            );
            assert_eq!(value(&params, "REQUEST_URI"), path);
            assert_eq!(value(&params, "QUERY_STRING"), path.split_once('?').unwrap_or_default().1);
        }
    }

    #[test]
    fn a_path_that_is_not_under_the_mount_is_refused() {
        for path in ["/x", "/apple", "/"] {
            let plan = Plan { script_name: b"/app".to_vec(), ..plan("scgi", path) };
            let failure = params(&plan, None).unwrap_err();
            assert_eq!(failure.exit_status(), 2);
            assert!(failure.to_string().ends_with(&format!("/app{path}")), "{failure}");
        }
    }

    #[test]
    fn scgi_has_its_length_first_and_its_version() {
        let plan = Plan { data: Some(Data::new(b"a=b")), ..plan("scgi", "/") };
        for (length, expected) in [(None, "0"), (Some(3), "3")] {
            let params = params(&plan, length).unwrap();
            assert_eq!(params.iter().next(), Some((&b"CONTENT_LENGTH"[..], expected.as_bytes())));
            assert_eq!(value(&params, "SCGI"), "1");
        }
    }

    #[test]
    fn fastcgi_has_an_empty_length_without_a_body() {
        let plan = plan("fastcgi", "/");
        assert_eq!(value(&params(&plan, None).unwrap(), "CONTENT_LENGTH"), "");
        assert_eq!(value(&params(&plan, Some(0)).unwrap(), "CONTENT_LENGTH"), "0");
        assert_eq!(value(&params(&plan, None).unwrap(), "SCGI"), "(none)");
    }

    #[test]
    fn headers_become_parameters() {
        let mut plan = Plan { data: Some(Data::new(b"a")), ..plan("scgi", "/") };
        for text in ["X-A: 1", "x-a: 2", "content-type: text/csv", "Content-Length: 9", "Host: example.com"] {
            plan.headers.push(Header::new(text.as_bytes()).unwrap());
        }
        let params = params(&plan, Some(1)).unwrap();
        assert_eq!(
            (value(&params, "CONTENT_TYPE"), value(&params, "CONTENT_LENGTH")),
            ("text/csv".into(), "9".into())
        );
        assert_eq!(value(&params, "HTTP_HOST"), "example.com");
        let repeats: Vec<_> = params.iter().filter(|(name, _)| *name == b"HTTP_X_A").collect();
        assert_eq!(repeats, [(&b"HTTP_X_A"[..], &b"1"[..]), (b"HTTP_X_A", b"2")]);
        assert_eq!(value(&params, "HTTP_CONTENT_TYPE"), "(none)");
    }

    #[test]
    fn a_change_replaces_adds_empties_or_drops() {
        let mut plan = plan("scgi", "/");
        let set = |text: &str| Change::set(text.as_bytes()).unwrap();
        plan.changes = vec![
            set("CONTENT_LENGTH=5"),
            set("HTTPS=on"),
            set("HTTPS=off"),
            set("QUERY_STRING="),
            Change::Drop(b"HTTP_HOST".to_vec()),
        ];
        let params = params(&plan, None).unwrap();
        assert_eq!(params.iter().next(), Some((&b"CONTENT_LENGTH"[..], &b"5"[..])));
        assert_eq!(params.iter().filter(|(name, _)| *name == b"HTTPS").count(), 1);
        assert_eq!((value(&params, "HTTPS"), value(&params, "QUERY_STRING")), ("off".into(), String::new()));
        assert_eq!(value(&params, "HTTP_HOST"), "(none)");
    }

    #[test]
    fn what_is_not_there_cannot_be_left_out() {
        let plan = Plan { changes: vec![Change::Drop(b"HTTP_HOTS".to_vec())], ..plan("fastcgi", "/") };
        let failure = params(&plan, None).unwrap_err();
        assert!(failure.to_string().contains("HTTP_HOTS"), "{failure}");
    }
}
