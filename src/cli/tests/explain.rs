//! `janua explain` on the command line, and `--explain` of `janua serve`.

#![allow(clippy::panic, reason = "a test fails by panicking")]

mod support;

use janua_cli::{Command, Question, Subject};
use janua_vocabulary::Protocol;
use support::{File, message, parse, serve};

fn question(words: &[&str], variables: &[(&str, &str)]) -> Question {
    match parse(&[&["explain"], words].concat(), variables) {
        Ok(Command::Explain(question)) => question,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_request_comes_from_a_file_from_stdin_or_from_parameters() {
    assert_eq!(question(&["x.jsonl"], &[]).subject, Subject::File("x.jsonl".into()));
    assert_eq!(question(&["-"], &[]).subject, Subject::Stdin);
    let typed = question(&["--param", "A=-1", "--param=B=", "--param", "-C=x"], &[]);
    assert_eq!(typed.subject, Subject::Params(vec![b"A=-1".into(), b"B=".into(), b"-C=x".into()]));
}

#[test]
fn options_may_stand_on_either_side_of_the_file() {
    let before = question(&["--id", "a", "--json", "--protocol=cgi", "x"], &[]);
    let behind = question(&["x", "--protocol", "cgi", "--json", "--id=a"], &[]);
    assert_eq!(before, behind);
    assert_eq!((before.id.as_deref(), before.protocol, before.json), (Some("a"), Some(Protocol::Cgi), true));
}

#[test]
fn the_settings_of_the_environ_come_from_every_place() {
    let file = File::new("script_name = \"/app\"\nthreads = 4\n");
    let expected = question(&["--script-name=/app", "x"], &[]).environ;
    assert_eq!(question(&["x"], &[("JANUA_SCRIPT_NAME", "/app")]).environ, expected);
    assert_eq!(question(&[&file.option(), "x"], &[("JANUA_WORKERS", "2")]).environ, expected);
    assert_ne!(question(&["x"], &[]).environ, expected);
}

#[test]
fn what_is_missing_or_too_much_is_said() {
    assert!(message(&["explain"], &[]).contains("the request is missing"));
    assert!(message(&["explain", "a", "b"], &[]).starts_with("b: one request"));
    assert!(message(&["explain", "a", "--param", "B=1"], &[]).starts_with("a: one request"));
    assert!(message(&["explain", "--protocl=cgi", "a"], &[]).contains("--protocol"));
    assert!(message(&["explain", "--protocol=ajp", "a"], &[]).contains("cgi scgi fastcgi http"));
    assert!(message(&["serve", "--param", "A=1", "app.py"], &[]).contains("there is no such setting"));
}

#[test]
fn a_service_that_explains_needs_no_app() {
    let options = serve(&["--explain"], &[]);
    assert!(options.plan.explain && options.app.is_empty());
    assert!(serve(&["app.py"], &[("JANUA_EXPLAIN", "on")]).plan.explain);
    assert!(message(&["serve", "--explain", "app.py"], &[]).contains("leave out either"));
    assert!(message(&["serve", "--explain=off"], &[]).contains("the app is missing"));
    assert!(message(&["cgi", "--explain", "app.py"], &[]).contains("it is a setting of 'janua serve APP'"));
}
