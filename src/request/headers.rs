//! The header fields of the request, whatever carries them.

use crate::{Header, Plan};
use janua_vocabulary::{Address, Protocol};

pub(crate) const SOFTWARE: &str = concat!("janua/", env!("CARGO_PKG_VERSION"));

/// What a form is sent as, and what is therefore expected of data that nothing else is said about.
const FORM: &str = "application/x-www-form-urlencoded";

/// The usual fields unless they were given or emptied, then those that were given, in their order.
pub(crate) fn headers(plan: &Plan) -> Vec<(&[u8], Vec<u8>)> {
    let mut usual: Vec<(&[u8], Vec<u8>)> = vec![
        (b"Host", host(plan).into_bytes()),
        (b"User-Agent", SOFTWARE.into()),
        (b"Accept", b"*/*".to_vec()),
    ];
    if plan.data.is_some() {
        usual.push((b"Content-Type", FORM.into()));
    }
    if plan.back_end.protocol == Protocol::Http {
        usual.push((b"Connection", b"close".to_vec()));
    }
    usual.retain(|(name, _)| find(&plan.headers, name).is_none());
    let given = plan.headers.iter().filter(|header| !header.value.is_empty());
    usual.extend(given.map(|header| (header.name.as_slice(), header.value.clone())));
    usual
}

/// The header of that name that was given, in any case.
pub(crate) fn find<'a>(headers: &'a [Header], name: &[u8]) -> Option<&'a Header> {
    headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))
}

/// Where a browser would have to go: with HTTP to the back end itself, else to a web server on this machine.
fn host(plan: &Plan) -> String {
    match (&plan.back_end.address, plan.back_end.protocol) {
        (address @ Address::Tcp { .. }, Protocol::Http) => address.to_string(),
        _ => "localhost".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Data, Path};

    fn names(plan: &Plan) -> Vec<String> {
        headers(plan)
            .iter()
            .map(|(name, value)| format!("{}={}", name.escape_ascii(), value.escape_ascii()))
            .collect()
    }

    #[test]
    fn given_headers_replace_add_and_empty() {
        let mut plan = Plan::new("http:127.0.0.1:80".parse().unwrap(), Path::new(b"/").unwrap());
        for text in ["accept: text/plain", "User-Agent:", "X-A: 1", "X-A: 2"] {
            plan.headers.push(Header::new(text.as_bytes()).unwrap());
        }
        assert_eq!(
            names(&plan),
            ["Host=127.0.0.1:80", "Connection=close", "accept=text/plain", "X-A=1", "X-A=2"]
        );
    }

    #[test]
    fn data_is_a_form_unless_said_otherwise() {
        let mut plan = Plan::new("scgi:unix:/x".parse().unwrap(), Path::new(b"/").unwrap());
        plan.data = Some(Data::new(b"a=b"));
        assert!(names(&plan).contains(&format!("Content-Type={FORM}")));
        plan.headers.push(Header::new(b"content-type: text/csv").unwrap());
        assert_eq!(
            names(&plan).iter().filter(|name| name.to_lowercase().starts_with("content-type")).count(),
            1
        );
    }
}
