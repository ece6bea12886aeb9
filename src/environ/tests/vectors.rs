//! Every case that was read from a server's source code.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use common::{params, protocol, read, text};
use janua_environ::{Settings, build};
use serde_json::Value;

fn settings(config: &Value) -> Settings {
    let mut settings = Settings::default();
    for (name, value) in config.as_object().unwrap() {
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Bool(on) => on.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Array(items) => {
                items.iter().map(|item| item.as_str().unwrap()).collect::<Vec<_>>().join(",")
            }
            other => panic!("a setting of {other}"),
        };
        settings.set(name, &value).unwrap();
    }
    settings
}

/// What differs from the expectation.
fn faults(vector: &Value) -> Vec<String> {
    let params = params(vector.get("raw_pairs").unwrap_or(&vector["raw"]));
    let built = build(&params, protocol(vector["protocol"].as_str().unwrap()), &settings(&vector["config"]));
    let expect = vector["expect"].as_object().unwrap();
    if let Some(status) = expect.get("error") {
        return match built {
            Err(refusal) if status.as_u64() == Some(refusal.status().into()) => Vec::new(),
            Err(refusal) => vec![format!("{refusal}, status {} for {status}", refusal.status())],
            Ok(_) => vec![format!("passed, for {status}")],
        };
    }
    let environ = match built {
        Ok(environ) => environ,
        Err(refusal) => return vec![refusal.to_string()],
    };
    let value = |name: &str| match name {
        "wsgi.url_scheme" => Value::from(environ.url_scheme.name()),
        name => environ.get(name).map_or(Value::Null, |value| Value::from(text(value))),
    };
    let differs = |(name, expected): (&String, &Value)| {
        let actual = value(name);
        (actual != *expected).then(|| format!("{name} {actual} for {expected}"))
    };
    expect.iter().filter_map(differs).collect()
}

#[test]
fn every_vector_but_those_of_ajp_gives_what_it_must() {
    let file: Value = serde_json::from_str(&read("environ-vectors.json")).unwrap();
    let vectors: Vec<&Value> = file["vectors"].as_array().unwrap().iter().collect();
    let ours: Vec<&Value> = vectors.into_iter().filter(|vector| vector["protocol"] != "ajp").collect();
    let wrong: Vec<String> = ours
        .iter()
        .flat_map(|vector| faults(vector).into_iter().map(|fault| format!("{}: {fault}", vector["id"])))
        .collect();
    assert_eq!(ours.len(), 118);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
