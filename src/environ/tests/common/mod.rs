//! Requests from files: strings are latin-1, one code point is one byte.

use janua_vocabulary::{Params, Protocol};
use serde_json::Value;

pub(crate) fn read(name: &str) -> String {
    let path = format!("{}/../../tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub(crate) fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|point| u8::try_from(point).unwrap()).collect()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| *byte as char).collect()
}

/// Parameters from a list of pairs or from an object.
pub(crate) fn params(json: &Value) -> Params {
    let mut params = Params::new();
    let mut push = |name: &str, value: &Value| params.push(&latin1(name), &latin1(value.as_str().unwrap()));
    match json {
        Value::Array(pairs) => pairs.iter().for_each(|pair| push(pair[0].as_str().unwrap(), &pair[1])),
        object => object.as_object().unwrap().iter().for_each(|(name, value)| push(name, value)),
    }
    params
}

/// The protocol of that name. The uwsgi protocol has no adapter here; its requests have the same parameters as
/// SCGI ones but may lack a length, which is what FastCGI allows.
pub(crate) fn protocol(name: &str) -> Protocol {
    match name {
        "cgi" => Protocol::Cgi,
        "scgi" => Protocol::Scgi,
        "fastcgi" | "fcgi" | "uwsgi" => Protocol::FastCgi,
        "http" => Protocol::Http,
        other => panic!("no protocol {other}"),
    }
}
