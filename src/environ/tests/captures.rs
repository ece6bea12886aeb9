//! Every request that was captured from a real server.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use common::{params, protocol, read, text};
use janua_environ::{Settings, build};
use janua_vocabulary::Protocol;
use serde_json::Value;

fn captures() -> Vec<Value> {
    read("environ-captures.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_capture_has_the_paths_that_it_must_have() {
    let mut certain = 0;
    let mut wrong = Vec::new();
    for capture in captures() {
        let params = params(&capture["params"]);
        let environ =
            build(&params, protocol(capture["protocol"].as_str().unwrap()), &Settings::default()).unwrap();
        let paths = (text(environ.script_name()), text(environ.path_info()));
        let Some(expect) = capture.get("expect") else { continue };
        let expected =
            (expect["SCRIPT_NAME"].as_str().unwrap().into(), expect["PATH_INFO"].as_str().unwrap().into());
        certain += 1;
        if paths != expected {
            wrong.push(format!("{}: {paths:?} for {expected:?}", capture["id"]));
        }
    }
    assert_eq!(certain, 608);
    assert!(wrong.is_empty(), "{} of {certain}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_capture_keeps_its_query() {
    for capture in captures() {
        let params = params(&capture["params"]);
        let environ =
            build(&params, protocol(capture["protocol"].as_str().unwrap()), &Settings::default()).unwrap();
        let request = capture["request"].as_str().unwrap();
        let target = request.split(' ').nth(1).unwrap();
        let query = target.split_once('?').map_or("", |(_, query)| query);
        assert_eq!(text(environ.get("QUERY_STRING").unwrap()), query, "{}", capture["id"]);
        assert_eq!(environ.get("HTTP_PROXY"), None);
    }
}

#[test]
fn the_protocol_makes_no_difference_to_the_variables() {
    for capture in captures() {
        let mut params = params(&capture["params"]);
        // SCGI needs a length; whatever else was said of it would contradict this one.
        if params.get(b"CONTENT_LENGTH").is_none_or(|length| length.is_empty() || length == b"-1") {
            params = params.iter().filter(|(name, _)| *name != b"CONTENT_LENGTH").collect();
            params.push(b"CONTENT_LENGTH", b"0");
        }
        let all = [Protocol::Cgi, Protocol::Scgi, Protocol::FastCgi, Protocol::Http].map(|protocol| {
            let environ = build(&params, protocol, &Settings::default()).unwrap();
            environ.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.to_vec())).collect::<Vec<_>>()
        });
        assert!(all.windows(2).all(|two| two[0] == two[1]), "{}", capture["id"]);
    }
}
