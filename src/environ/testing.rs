//! What the unit tests share: parameters as text in, an environ as text out.

use crate::vars::Vars;
use crate::{Refusal, Scheme, Settings, collect};
use janua_vocabulary::{BodyLength, Params, Protocol};
use std::collections::BTreeMap;

/// An environ as text.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) vars: BTreeMap<String, String>,
    pub(crate) scheme: Scheme,
    pub(crate) body: BodyLength,
}

pub(crate) fn params(pairs: &[(&str, &str)]) -> Params {
    pairs.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect()
}

/// Collected variables that live as long as the tests.
pub(crate) fn vars(pairs: &[(&str, &str)]) -> Vars<'static> {
    collect::collect(Box::leak(Box::new(params(pairs))), &mut ()).unwrap()
}

pub(crate) fn settings(pairs: &[(&str, &str)]) -> Settings {
    let mut settings = Settings::default();
    pairs.iter().for_each(|(name, value)| settings.set(name, value).unwrap());
    settings
}

/// Builds a GET request unless the pairs say otherwise.
pub(crate) fn build_text(
    pairs: &[(&str, &str)],
    protocol: Protocol,
    settings_text: &[(&str, &str)],
) -> Result<Built, Refusal> {
    let mut sent = vec![("REQUEST_METHOD", "GET")];
    sent.extend_from_slice(pairs);
    let params = params(&sent);
    let environ = crate::build(&params, protocol, &settings(settings_text))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let vars = environ.iter().map(|(name, value)| (text(name.as_bytes()), text(value))).collect();
    Ok(Built { vars, scheme: environ.url_scheme, body: environ.body })
}

pub(crate) fn environ_with(pairs: &[(&str, &str)], settings: &[(&str, &str)]) -> BTreeMap<String, String> {
    build_text(pairs, Protocol::FastCgi, settings).unwrap().vars
}

pub(crate) fn environ(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    environ_with(pairs, &[])
}

pub(crate) fn refusal(pairs: &[(&str, &str)]) -> Option<Refusal> {
    build_text(pairs, Protocol::FastCgi, &[]).err()
}

/// SCRIPT_NAME and PATH_INFO.
pub(crate) fn split(pairs: &[(&str, &str)], settings: &[(&str, &str)]) -> (String, String) {
    let environ = environ_with(pairs, settings);
    (environ["SCRIPT_NAME"].clone(), environ["PATH_INFO"].clone())
}
