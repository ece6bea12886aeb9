//! What is said, word for word, when something cannot be understood.

mod support;

use janua_cli::{Verb, from_python};
use support::{File, message, text};

#[test]
fn an_unknown_option_names_the_nearest() {
    for (written, nearest) in [
        ("--thread", "--threads"),
        ("--script_name", "--script-name"),
        ("--scriptname=/app", "--script-name"),
        ("--fcgi", "--fastcgi"),
        ("--worker-threads", "--threads"),
        ("--cofnig", "--config"),
        ("--hlep", "--help"),
        ("--mode", "--socket-mode"),
    ] {
        let message = message(&["serve", written, "app"], &[]);
        let expected =
            format!(": there is no such setting; the nearest is {nearest} ('janua settings' lists all)");
        assert!(message.ends_with(&expected), "{message}");
        assert!(message.starts_with(written.split('=').next().unwrap()), "{message}");
    }
}

#[test]
fn an_unknown_variable_names_the_nearest() {
    for words in [&["serve", "app"][..], &["cgi", "app"], &["./app.fcgi"]] {
        assert_eq!(
            message(words, &[("JANUA_SCRIPTNAME", "/app")]),
            "JANUA_SCRIPTNAME: there is no such setting; the nearest is JANUA_SCRIPT_NAME ('janua settings' lists all)"
        );
    }
    let message = message(&["serve", "app"], &[("JANUA_threads", "1")]);
    assert!(message.starts_with("JANUA_threads: ") && message.contains("JANUA_THREADS"), "{message}");
}

#[test]
fn an_unknown_key_names_the_file_and_the_nearest() {
    let file = File::new("thread = 4");
    assert_eq!(
        message(&["serve", &file.option(), "app"], &[]),
        format!(
            "{}: thread: there is no such setting; the nearest is threads ('janua settings' lists all)",
            file.path()
        )
    );
}

#[test]
fn an_unknown_keyword_names_the_nearest() {
    let keywords = [("thread".to_owned(), vec!["4".to_owned()])];
    assert_eq!(
        from_python(Verb::Serve, keywords, []).unwrap_err().to_string(),
        "serve(thread=...): there is no such setting; the nearest is threads= ('janua settings' lists all)"
    );
}

#[test]
fn a_bad_value_is_blamed_on_the_place_where_it_was_written() {
    let why = "'x' is no number from 1 to 1000";
    assert_eq!(message(&["serve", "--threads=x", "app"], &[]), format!("--threads: {why}"));
    assert_eq!(message(&["serve", "app"], &[("JANUA_THREADS", "x")]), format!("JANUA_THREADS: {why}"));
    let file = File::new("threads = 'x'");
    assert_eq!(message(&["serve", &file.option(), "app"], &[]), format!("{}: threads: {why}", file.path()));
    let keywords = [("threads".to_owned(), vec!["x".to_owned()])];
    assert_eq!(
        from_python(Verb::Run, keywords, []).unwrap_err().to_string(),
        format!("run(threads=...): {why}")
    );
}

#[test]
fn a_bad_value_says_what_to_write() {
    for (option, expected) in [
        ("--workers=0", "--workers: '0' is not from 1 to 1000"),
        ("--threads=0", "--threads: '0' is not from 1 to 1000"),
        ("--socket-mode=rw", "--socket-mode: 'rw' is no mode from 0000 to 0777 in octal digits (write 0660)"),
        ("--stop-timeout=soon", "--stop-timeout: 'soon' is no time (write seconds, or 500ms, 30s, 2m, 1h)"),
        (
            "--progress-timeout=0",
            "--progress-timeout: '0' would give a peer no time at all (write a time such as 60s)",
        ),
        (
            "--body-memory=1MB",
            "--body-memory: '1MB' is no size (write bytes, or 64k, 1MiB, 1GiB; at least 1 byte)",
        ),
        (
            "--http=localhost",
            "--http: 'localhost' is no address: the port is missing \
             (write unix:/path, HOST:PORT, [::1]:PORT or fd:N)",
        ),
        ("--infer-prefix=maybe", "--infer-prefix: 'maybe' is neither on nor off"),
        ("--socket-group=", "--socket-group: '' is no name"),
    ] {
        assert_eq!(message(&["serve", option, "app"], &[]), expected);
    }
}

#[test]
fn a_negative_number_is_a_value_and_no_option() {
    assert_eq!(
        message(&["serve", "--threads", "-1", "app"], &[]),
        "--threads: '-1' is no number from 1 to 1000"
    );
}

#[test]
fn every_word_of_a_closed_choice_is_checked() {
    for name in
        ["server", "hide-script", "path-from", "on-mismatch", "slashes", "url-scheme", "drop-redirect-url"]
    {
        let message = message(&["serve", &format!("--{name}=nonsense"), "app"], &[]);
        assert!(message.starts_with(&format!("--{name}: ")) && message.contains("nonsense"), "{message}");
    }
}

#[test]
fn a_missing_value_says_what_is_missing() {
    assert_eq!(message(&["serve", "--threads"], &[]), "--threads: the value is missing (N)");
}

#[test]
fn a_setting_of_another_command_says_whose_it_is() {
    assert_eq!(
        message(&["cgi", "--threads=4", "app"], &[]),
        "--threads: means nothing to 'janua cgi APP'; it is a setting of 'janua serve APP' and 'janua FILE'"
    );
    assert_eq!(
        message(&["--fastcgi=unix:/x", "./app.fcgi"], &[]),
        "--fastcgi: means nothing to 'janua FILE'; it is a setting of 'janua serve APP'"
    );
    assert_eq!(
        message(&["serve", "--cgi-threads=2", "app"], &[]),
        "--cgi-threads: means nothing to 'janua serve APP'; it is a setting of apps that 'janua-cgi' keeps"
    );
    let keywords = [("fastcgi".to_owned(), vec!["unix:/x".to_owned()])];
    let message = from_python(Verb::Run, keywords, []).unwrap_err().to_string();
    assert!(message.starts_with("run(fastcgi=...): means nothing to "), "{message}");
}

#[test]
fn a_missing_app_says_where_it_goes() {
    assert_eq!(
        message(&["serve", "--threads=2"], &[]),
        "the app is missing; write 'janua serve [SETTING]... APP', or app = \"...\" in the file of --config"
    );
    assert!(message(&["serve", ""], &[("JANUA_APP", "app")]).starts_with("the app is missing"));
    assert_eq!(
        message(&["--threads=2"], &[("JANUA_APP", "app")]),
        "the file is missing; write 'janua [SETTING]... FILE', or 'janua serve [SETTING]... APP'"
    );
    assert_eq!(
        message(&["serve", "--app", "module"], &[]),
        "--app: the app stands last and without an option, as in 'janua serve [SETTING]... APP'"
    );
}

#[test]
fn two_apps_are_one_too_many() {
    assert_eq!(
        message(&["serve", "one", "two"], &[]),
        "two: one APP is served at a time, and 'one' is there already"
    );
}

#[test]
fn the_value_of_a_switch_that_stands_alone_is_recognised() {
    for words in [["serve", "--auth-fallback", "off", "app"], ["cgi", "--auth-fallback", "off", "app"]] {
        assert_eq!(
            message(&words, &[]),
            "off: stands alone; the value of a switch goes behind '=', as in --auth-fallback=off"
        );
    }
}

#[test]
fn an_option_behind_the_app_of_cgi_says_that_it_would_not_be_read() {
    assert_eq!(
        message(&["cgi", "app.py", "--script-name=/x"], &[]),
        "--script-name=/x: stands behind the app, where it is not read; \
         write 'janua cgi --script-name=/x ... app.py'"
    );
}

#[test]
fn an_unknown_command_names_the_nearest() {
    for (written, nearest) in [("sevre", "serve"), ("CGI", "cgi"), ("setting", "settings"), ("hepl", "help")]
    {
        assert_eq!(
            message(&[written, "app"], &[]),
            format!(
                "{written}: there is no such command or file; \
                 the nearest command is '{nearest}' ('janua help' lists all)"
            )
        );
    }
    assert_eq!(
        message(&["shop.wsgi:application"], &[]),
        "shop.wsgi:application: there is no such file; \
         to serve an app of that name write 'janua serve shop.wsgi:application'"
    );
    assert_eq!(
        message(&["--threads=4", "serve", "app"], &[]),
        "serve: the command stands first, as in 'janua serve [SETTING]... APP'"
    );
}

#[test]
fn a_shebang_line_that_cannot_work_says_why() {
    assert_eq!(
        message(&["--script-name=/app --threads=4", "./app.fcgi"], &[]),
        "the '#!' line has several arguments, which the kernel passes as one; \
         write '#!/usr/bin/env -S janua ...', or one --config=FILE"
    );
    assert_eq!(
        message(&["--script-name=/app\r", "./app.fcgi"], &[]),
        "the '#!' line ends in a carriage return; save the file with Unix line ends"
    );
}

#[test]
fn a_file_that_cannot_be_read_says_who_named_it() {
    let expected = "cannot read '/nowhere/janua.toml': No such file or directory (os error 2)";
    assert_eq!(
        message(&["serve", "--config=/nowhere/janua.toml", "app"], &[]),
        format!("--config: {expected}")
    );
    assert_eq!(
        message(&["serve", "app"], &[("JANUA_CONFIG", "/nowhere/janua.toml")]),
        format!("JANUA_CONFIG: {expected}")
    );
    let file = File::new(b"app = '\xff'");
    let message = message(&["serve", &file.option()], &[]);
    assert!(message.ends_with("it is not UTF-8, as TOML must be"), "{message}");
}

#[test]
fn a_file_that_is_no_toml_says_the_line() {
    for (text, line) in [("workers = 1\nthreads = = 2\n", 2), ("threads = 0660", 1), ("\n\napp = 'x", 3)] {
        let file = File::new(text);
        let message = message(&["serve", &file.option(), "app"], &[]);
        assert!(message.starts_with(&format!("{}: line {line}: ", file.path())), "{message}");
    }
}

#[test]
fn a_file_holds_nothing_but_settings() {
    for (text, expected) in [
        ("[serve]\nthreads = 4", "serve: is a table; settings stand at the top level, without sections"),
        ("threads = 2026-01-01", "threads: is neither a text, a number, true, false, nor a list of these"),
        ("scgi = [['unix:/x']]", "scgi: is neither a text, a number, true, false, nor a list of these"),
        ("threads = [1, 2]", "threads: takes one value (N), not a list"),
        ("config = 'other.toml'", "config: a configuration file cannot name another one"),
    ] {
        let file = File::new(text);
        assert_eq!(message(&["serve", &file.option(), "app"], &[]), format!("{}: {expected}", file.path()));
    }
}

#[test]
fn an_address_that_is_given_twice_is_refused() {
    assert_eq!(
        message(&["serve", "--fastcgi=unix:/x", "--scgi=unix:/x", "app"], &[]),
        "unix:/x is given twice, for fastcgi and for scgi; give each an address of its own"
    );
    support::serve(&["--fastcgi=[::1]:0", "--scgi=[::1]:0", "app"], &[]);
}

#[test]
fn nothing_that_is_written_can_break_the_line() {
    for words in [
        &["serve", "--x\ny", "app"][..],
        &["serve", "--threads=\n", "app"],
        &["serve", "--http=\u{1b}[31m", "app"],
        &["serve", "a", "b\nc"],
        &["serve", "--config=a\nb", "app"],
        &["x\ny"],
        &["help", "x\ny"],
        &["settings", "x\ny"],
        &["serve", "--help=x\ny"],
    ] {
        let message = message(words, &[]);
        assert!(!message.contains(char::is_control), "{message:?}");
    }
    message(&["serve", "app"], &[("JANUA_X\nY", "")]);
    message(&["serve", "app"], &[("JANUA_THREADS", "1\n2")]);
    let file = File::new("\"a\\nb\" = 1");
    message(&["serve", &file.option(), "app"], &[]);
}

#[test]
fn help_is_printed_whichever_way_it_is_asked_for() {
    assert_eq!(text(&[]), text(&["--help"]));
    assert_eq!(text(&["help"]), text(&["-h"]));
    assert_eq!(text(&["help", "serve"]), text(&["serve", "--help"]));
    assert_eq!(text(&["help", "cgi"]), text(&["cgi", "-h"]));
    assert_eq!(text(&["help", "settings"]), text(&["settings"]));
    assert_eq!(text(&["--version"]), format!("janua {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_setting_is_explained_by_any_of_its_names() {
    let explained = text(&["settings", "script_name"]);
    assert!(
        explained.contains("JANUA_SCRIPT_NAME=PATH") && explained.contains("--script-name=PATH"),
        "{explained}"
    );
    assert_eq!(text(&["settings", "--script-name"]), explained);
    assert_eq!(text(&["settings", "JANUA_SCRIPT_NAME"]), explained);
    let message = message(&["settings", "scriptname"], &[]);
    assert!(message.contains("the nearest is script_name"), "{message}");
}
