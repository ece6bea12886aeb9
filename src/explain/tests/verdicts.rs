//! What is said to each kind of request.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use janua_environ::{Settings, Undecidable};
use janua_explain::{Explanation, explain};
use janua_vocabulary::Protocol;

type Pairs<'a> = &'a [(&'a str, &'a str)];

fn explained(protocol: Protocol, pairs: Pairs<'_>, settings: Pairs<'_>) -> Explanation {
    let method = [("REQUEST_METHOD", "GET"), ("CONTENT_LENGTH", "0")];
    let all = method.iter().chain(pairs);
    let params = all.map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    let mut chosen = Settings::default();
    settings.iter().for_each(|(name, value)| chosen.set(name, value).unwrap());
    explain(&params, protocol, &chosen)
}

/// The lines of the only doubt, each with its configuration.
fn lines(explanation: &Explanation, situation: Undecidable) -> Vec<(&str, &str)> {
    assert_eq!((explanation.verdict(), explanation.exit_status()), ("undecidable", 3));
    let [doubt] = &*explanation.doubts else { panic!("{:?}", explanation.doubts) };
    assert_eq!(doubt.situation, situation);
    let fixes = doubt.fixes.iter();
    fixes.flat_map(|fix| fix.lines.iter().map(|line| (fix.configuration, line.as_str()))).collect()
}

const JANUA_APP: (&str, &str) = ("janua", "janua serve --script-name=/app");
const JANUA_ROOT: (&str, &str) = ("janua", "janua serve --script-name=/");

const NGINX: Pairs<'_> =
    &[("SERVER_SOFTWARE", "nginx/1.22.1"), ("SCRIPT_NAME", "/app/x"), ("REQUEST_URI", "/app/x")];

#[test]
fn nginx_with_stock_fastcgi_params_is_told_to_divide_the_path() {
    let explanation = explained(Protocol::FastCgi, NGINX, &[]);
    assert_eq!(
        lines(&explanation, Undecidable::MountNotSent),
        [
            ("nginx", "fastcgi_split_path_info ^(/app)(.*)$;"),
            ("nginx", "fastcgi_param PATH_INFO $fastcgi_path_info;"),
            JANUA_APP,
            JANUA_ROOT,
        ]
    );
}

#[test]
fn nginx_with_stock_scgi_params_is_told_to_send_the_mount() {
    let sent = [("DOCUMENT_URI", "/app/x"), ("REQUEST_URI", "/app/x")];
    let explanation = explained(Protocol::Scgi, &sent, &[]);
    let expected = [("nginx", "scgi_param SCRIPT_NAME /app;"), JANUA_APP, JANUA_ROOT];
    assert_eq!(lines(&explanation, Undecidable::MountNotSent), expected);
}

#[test]
fn haproxy_and_h2o_have_no_line_that_is_right_for_every_request_so_janua_is_told() {
    let haproxy = [("SERVER_SOFTWARE", "HAProxy 2.6"), ("SCRIPT_NAME", "/app/x"), ("REQUEST_URI", "/app/x")];
    let h2o = [("SERVER_SOFTWARE", "h2o/2.3"), ("PATH_INFO", "/app/x"), ("REQUEST_URI", "/app/x")];
    for sent in [haproxy, h2o] {
        let explanation = explained(Protocol::FastCgi, &sent, &[]);
        assert_eq!(lines(&explanation, Undecidable::MountNotSent), [JANUA_APP, JANUA_ROOT]);
    }
}

#[test]
fn lighttpd_at_the_root_is_told_of_fix_root_scriptname() {
    let sent = [
        ("SERVER_SOFTWARE", "lighttpd/1.4.69"),
        ("SCRIPT_NAME", "/app"),
        ("PATH_INFO", "/x"),
        ("REQUEST_URI", "/app/x"),
    ];
    let explanation = explained(Protocol::FastCgi, &sent, &[]);
    let expected = [("lighttpd", "\"fix-root-scriptname\" => \"enable\","), JANUA_ROOT, JANUA_APP];
    assert_eq!(lines(&explanation, Undecidable::FirstSegmentOrMount), expected);
    let root = [("SERVER_SOFTWARE", "lighttpd/1.4.69"), ("SCRIPT_NAME", "/"), ("REQUEST_URI", "/")];
    let explanation = explained(Protocol::FastCgi, &root, &[]);
    assert_eq!(lines(&explanation, Undecidable::FirstSegmentOrMount), expected);
    assert!(explanation.doubts[0].unknown.contains("does not show"));
}

#[test]
fn nginx_that_sends_path_info_without_dividing_is_told_to_divide() {
    let sent = [NGINX, &[("PATH_INFO", "")]].concat();
    let explanation = explained(Protocol::FastCgi, &sent, &[]);
    let expected = [("nginx", "fastcgi_split_path_info ^(/app)(.*)$;"), JANUA_APP, JANUA_ROOT];
    assert_eq!(lines(&explanation, Undecidable::EmptyPathInfo), expected);
}

#[test]
fn apache_that_matches_whole_urls_is_told_to_use_an_alias() {
    let sent = [
        ("SERVER_SOFTWARE", "Apache/2.4.62"),
        ("SCRIPT_NAME", "/app/x"),
        ("REQUEST_URI", "/app/x"),
        ("SCRIPT_FILENAME", "/srv/run.cgi"),
    ];
    let explanation = explained(Protocol::Cgi, &sent, &[]);
    let expected = [
        ("apache", "ScriptAlias \"/app\" \"/srv/run.cgi\""),
        ("janua", "#!/usr/local/bin/janua --script-name=/app"),
        ("janua", "#!/usr/local/bin/janua --script-name=/"),
    ];
    assert_eq!(lines(&explanation, Undecidable::WholeUrlIsScript), expected);
}

#[test]
fn apache_with_a_file_behind_mod_proxy_is_told_to_ask_for_a_path() {
    let sent = [
        ("SERVER_SOFTWARE", "Apache/2.4.62"),
        ("SCRIPT_NAME", "/app/x.py"),
        ("REQUEST_URI", "/app/x.py"),
        ("SCRIPT_FILENAME", "proxy:fcgi://127.0.0.1:9000/srv/x.py"),
    ];
    let explanation = explained(Protocol::FastCgi, &sent, &[]);
    let expected = [("apache", "ProxyPass \"/app\" \"fcgi://127.0.0.1:9000\""), JANUA_APP, JANUA_ROOT];
    assert_eq!(lines(&explanation, Undecidable::ProxiedFile), expected);
}

#[test]
fn a_stranger_who_names_a_prefix_may_be_a_proxy_of_ones_own() {
    let sent = [("PATH_INFO", "/x"), ("HTTP_X_FORWARDED_PREFIX", "/shop"), ("REMOTE_ADDR", "192.0.2.7")];
    let explanation = explained(Protocol::Http, &sent, &[]);
    let expected = [("janua", "janua serve --trusted-proxies=192.0.2.7")];
    assert_eq!(lines(&explanation, Undecidable::PrefixFromStranger), expected);
    let nameless = explained(Protocol::Http, &sent[..2], &[]);
    assert_eq!(
        lines(&nameless, Undecidable::PrefixFromStranger),
        [("janua", "janua serve --trusted-proxies=*")]
    );
}

#[test]
fn the_setting_ends_every_doubt() {
    for mount in ["/app", "/"] {
        let explanation = explained(Protocol::FastCgi, NGINX, &[("script_name", mount)]);
        assert_eq!((explanation.verdict(), explanation.exit_status()), ("decided", 0));
        assert_eq!(explanation.outcome.unwrap().url, "http://localhost/app/x");
    }
}

#[test]
fn what_a_client_asked_for_gets_into_no_line() {
    for target in ["/a;return%20200/x", "/\"/x", "/$(reboot)/x", "/a%0Ab/x", "/%7B/x"] {
        let sent = [("SERVER_SOFTWARE", "nginx"), ("SCRIPT_NAME", target), ("REQUEST_URI", target)];
        let explanation = explained(Protocol::FastCgi, &sent, &[]);
        assert_eq!(lines(&explanation, Undecidable::MountNotSent)[2], JANUA_APP, "{target}");
    }
}

#[test]
fn a_warning_is_one_line_with_the_lines_to_write() {
    let explanation = explained(Protocol::FastCgi, NGINX, &[]);
    let warning = explanation.doubts[0].to_string();
    assert!(!warning.contains('\n'));
    for (_, line) in lines(&explanation, Undecidable::MountNotSent) {
        assert!(warning.contains(line), "{warning}");
    }
}

#[test]
fn a_refusal_is_explained_with_its_status_and_its_setting() {
    let sent = [("SCRIPT_NAME", "/other"), ("PATH_INFO", "/x"), ("REQUEST_URI", "/other/x")];
    let outside = explained(Protocol::FastCgi, &sent, &[("script_name", "/app")]);
    assert_eq!((outside.verdict(), outside.exit_status()), ("refused", 1));
    let text = outside.to_string();
    assert!(text.contains("The answer is 404") && text.contains("--on-mismatch=pass"), "{text}");
    let length = explained(Protocol::FastCgi, &[("CONTENT_LENGTH", "7")], &[]);
    let text = length.to_string();
    assert!(text.contains("The answer is 400") && text.contains("No setting would change that"), "{text}");
}

#[test]
fn apache_without_authorization_is_remarked_on_and_nobody_else() {
    let note = |server, pairs: Pairs<'_>| {
        let sent =
            [&[("SERVER_SOFTWARE", server), ("SCRIPT_NAME", "/a.cgi"), ("PATH_INFO", "/")], pairs].concat();
        let explanation = explained(Protocol::Cgi, &sent, &[]);
        assert_eq!(explanation.exit_status(), 0, "a note decides nothing");
        explanation.to_string().contains("CGIPassAuth On")
    };
    assert!(note("Apache/2.4.62", &[]));
    assert!(!note("Apache/2.4.62", &[("HTTP_AUTHORIZATION", "Basic dTpw")]));
    assert!(!note("Apache/2.4.62", &[("REDIRECT_HTTP_AUTHORIZATION", "Basic dTpw")]));
    assert!(!note("lighttpd/1.4", &[]));
}

#[test]
fn the_text_names_the_rule_its_reason_and_both_sides() {
    let text = explained(Protocol::FastCgi, NGINX, &[]).to_string();
    for part in [
        "GET /app/x, over FastCGI from nginx",
        "  unsplit\n      nginx and HAProxy put the whole path into SCRIPT_NAME",
        "SCRIPT_NAME      /app/x -> (empty)",
        "PATH_INFO        (not sent) -> /app/x",
        "its own address  http://localhost/app/x",
    ] {
        assert!(text.contains(part), "{part:?} in\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
}

#[test]
fn a_repeated_header_is_shown_as_the_list_that_it_becomes() {
    let sent = [("PATH_INFO", "/"), ("HTTP_X_DUP", "1"), ("HTTP_X_DUP", "2"), ("HTTP_X_DUP", "3")];
    let text = explained(Protocol::FastCgi, &sent, &[]).to_string();
    assert!(text.contains("1, 2 -> 1, 2, 3  (header-repeated)"), "{text}");
}

#[test]
fn secrets_stay_out_of_the_text_and_the_json() {
    let secret =
        [("HTTP_AUTHORIZATION", "Basic c2VjcmV0"), ("HTTP_COOKIE", "c2VjcmV0"), ("HTTP_COOKIE", "c2VjcmV0")];
    for sent in [&secret[..], &[("Authorization", "Basic c2VjcmV0")]] {
        let explanation = explained(Protocol::FastCgi, &[sent, &[("PATH_INFO", "/")]].concat(), &[]);
        for shown in [explanation.to_string(), explanation.json()] {
            assert!(!shown.contains("c2VjcmV0"), "{shown}");
        }
    }
}

#[test]
fn json_has_the_shape_that_is_documented() {
    let json = |explanation: Explanation| -> serde_json::Value {
        serde_json::from_str(&explanation.json()).unwrap()
    };
    let doubtful = json(explained(Protocol::FastCgi, NGINX, &[]));
    assert_eq!(doubtful["verdict"], "undecidable");
    assert_eq!(doubtful["environ"]["PATH_INFO"], "/app/x");
    assert_eq!(doubtful["sent"]["path"][1], serde_json::json!(["PATH_INFO", null]));
    let split =
        doubtful["decisions"].as_array().unwrap().iter().find(|one| one["rule"] == "unsplit").unwrap();
    assert_eq!(
        split["changes"][0],
        serde_json::json!({"name": "SCRIPT_NAME", "before": "/app/x", "after": ""})
    );
    let doubt = &doubtful["undecidable"][0];
    assert_eq!((&doubt["situation"], &doubt["setting"]), (&"mount-not-sent".into(), &"script_name".into()));
    assert_eq!(doubt["fixes"][0]["lines"][0], "fastcgi_split_path_info ^(/app)(.*)$;");
    assert!(doubtful["refusal"].is_null());
    let refused = json(explained(Protocol::FastCgi, NGINX, &[("script_name", "/other")]));
    assert_eq!((&refused["verdict"], &refused["refusal"]["status"]), (&"refused".into(), &404.into()));
    assert_eq!(refused["refusal"]["setting"], "on_mismatch");
    assert!(refused["environ"].is_null() && refused["url"].is_null());
    let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&doubtful), keys(&refused));
    assert_eq!(keys(&doubtful).len(), 12);
}
