//! One table, four places to write a setting.

mod support;

use janua_cli::{Command, Options, Verb, from_python, int_text};
use janua_serve::{Address, Listen, SocketAccess};
use janua_vocabulary::Protocol;
use std::path::Path;
use std::time::Duration;
use support::{File, cgi, environment, message, parse, script, serve};

#[test]
fn an_option_beats_the_environment_that_the_file_that_the_default() {
    let file = File::new("threads = 2");
    let config = file.option();
    assert_eq!(serve(&["app"], &[]).plan.threads, 1);
    assert_eq!(serve(&[&config, "app"], &[]).plan.threads, 2);
    assert_eq!(serve(&[&config, "app"], &[("JANUA_THREADS", "3")]).plan.threads, 3);
    assert_eq!(serve(&[&config, "--threads=4", "app"], &[("JANUA_THREADS", "3")]).plan.threads, 4);
}

#[test]
fn a_keyword_beats_the_environment_that_the_file() {
    let file = File::new("threads = 2\nworkers = 2\nbacklog = 2");
    let keywords =
        [("config".to_owned(), vec![file.path().to_owned()]), ("threads".to_owned(), vec!["4".to_owned()])];
    let variables = environment(&[("JANUA_THREADS", "3"), ("JANUA_WORKERS", "3")]);
    let plan = from_python(Verb::Serve, keywords, variables).unwrap().plan;
    assert_eq!((plan.threads, plan.workers, plan.backlog), (4, 3, 2));
}

#[test]
fn the_file_may_be_named_by_the_environment() {
    let file = File::new("threads = 2");
    let options = serve(&["app"], &[("JANUA_CONFIG", file.path())]);
    assert_eq!(options.plan.threads, 2);
    assert_eq!(options.config.as_deref(), Some(Path::new(file.path())));
}

#[test]
fn an_option_names_another_file_than_the_environment() {
    let (one, other) = (File::new("threads = 2"), File::new("threads = 3"));
    let options = serve(&[&other.option(), "app"], &[("JANUA_CONFIG", one.path())]);
    assert_eq!(options.plan.threads, 3);
}

#[test]
fn the_same_settings_from_every_place_are_the_same_options() {
    let options = [
        "--fastcgi=unix:/run/a.sock",
        "--fastcgi=127.0.0.1:9000",
        "--socket-mode=0666",
        "--workers=2",
        "--progress-timeout=1.5",
        "--max-params-bytes=64k",
        "--infer-prefix=off",
        "--script-name=/app",
        "--trusted-proxies=127.0.0.1",
        "app",
    ];
    let arguments = serve(&options, &[]);
    let variables = [
        ("JANUA_FASTCGI", "unix:/run/a.sock, 127.0.0.1:9000"),
        ("JANUA_SOCKET_MODE", "666"),
        ("JANUA_WORKERS", "2"),
        ("JANUA_PROGRESS_TIMEOUT", "1500ms"),
        ("JANUA_MAX_PARAMS_BYTES", "65536"),
        ("JANUA_INFER_PREFIX", "no"),
        ("JANUA_SCRIPT_NAME", "/app"),
        ("JANUA_TRUSTED_PROXIES", "127.0.0.1"),
        ("JANUA_APP", "app"),
    ];
    assert_eq!(serve(&[], &variables), arguments);
    let file = File::new(
        r#"
        app = "app"
        fastcgi = ["unix:/run/a.sock", "127.0.0.1:9000"]
        socket_mode = 0o666
        workers = 2
        progress_timeout = 1.5
        max_params_bytes = 65_536
        infer_prefix = false
        script_name = "/app"
        trusted_proxies = "127.0.0.1"
        "#,
    );
    let from_file = serve(&[&file.option()], &[]);
    assert_eq!(Options { config: None, ..from_file }, arguments);
    let keywords = [
        ("fastcgi", vec!["unix:/run/a.sock", "127.0.0.1:9000"]),
        ("socket_mode", vec!["0o666"]),
        ("workers", vec!["2"]),
        ("progress_timeout", vec!["1.5"]),
        ("max_params_bytes", vec!["64KiB"]),
        ("infer_prefix", vec!["off"]),
        ("script_name", vec!["/app"]),
        ("trusted_proxies", vec!["127.0.0.1"]),
    ]
    .map(|(name, texts)| (name.to_owned(), texts.into_iter().map(str::to_owned).collect()));
    let from_python = from_python(Verb::Serve, keywords, environment(&[])).unwrap();
    assert_eq!(Options { app: "app".to_owned(), ..from_python }, arguments);
}

#[test]
fn every_setting_of_the_plan_reaches_its_field() {
    let plan = serve(
        &[
            "--fastcgi=unix:/f",
            "--scgi=[::1]:1",
            "--http=localhost:2",
            "--socket-mode=600",
            "--socket-owner=u",
            "--socket-group=g",
            "--backlog=3",
            "--workers=4",
            "--threads=5",
            "--max-params-bytes=6",
            "--max-params=7",
            "--body-memory=8k",
            "--progress-timeout=9",
            "--stop-timeout=10",
            "app",
        ],
        &[],
    )
    .plan;
    let listen =
        [(Protocol::FastCgi, "unix:/f"), (Protocol::Scgi, "[::1]:1"), (Protocol::Http, "localhost:2")]
            .map(|(protocol, text)| Listen { protocol, address: text.parse::<Address>().unwrap() });
    assert_eq!(plan.listen, listen);
    assert_eq!(
        plan.access,
        SocketAccess { mode: 0o600, owner: Some("u".to_owned()), group: Some("g".to_owned()) }
    );
    assert_eq!((plan.backlog, plan.workers, plan.threads), (3, 4, 5));
    assert_eq!((plan.limits.params_bytes, plan.limits.params, plan.body_memory), (6, 7, 8192));
    assert_eq!((plan.progress_timeout, plan.stop_timeout), (Duration::from_secs(9), Duration::from_secs(10)));
}

#[test]
fn a_list_replaces_the_list_of_a_weaker_place() {
    let file = File::new(r#"scgi = ["unix:/a", "unix:/b"]"#);
    assert_eq!(serve(&[&file.option(), "app"], &[]).plan.listen.len(), 2);
    assert_eq!(serve(&[&file.option(), "--scgi=unix:/c", "app"], &[]).plan.listen.len(), 1);
    let emptied = serve(&[&file.option(), "--http=[::1]:1", "app"], &[("JANUA_SCGI", "")]).plan.listen;
    assert_eq!(emptied.len(), 1);
    assert_eq!(emptied[0].protocol, Protocol::Http);
}

#[test]
fn an_option_may_be_repeated_and_the_last_one_counts() {
    assert_eq!(serve(&["--threads=2", "--threads", "3", "app"], &[]).plan.threads, 3);
}

#[test]
fn options_may_stand_behind_the_app_of_serve() {
    assert_eq!(serve(&["app", "--threads=2"], &[]).plan.threads, 2);
}

#[test]
fn an_empty_script_name_is_not_the_same_as_none() {
    let none = serve(&["app"], &[]).environ.script_name;
    assert_ne!(serve(&["--script-name=", "app"], &[]).environ.script_name, none);
    assert_ne!(serve(&["app"], &[("JANUA_SCRIPT_NAME", "")]).environ.script_name, none);
}

#[test]
fn a_switch_without_a_value_is_on() {
    assert!(serve(&["--redirect-remote-user", "app"], &[]).environ.redirect_remote_user);
    assert!(!serve(&["--auth-fallback=off", "app"], &[]).environ.auth_fallback);
}

#[test]
fn the_app_may_stand_in_the_file_and_the_command_line_beats_it() {
    let file = File::new(r#"app = "module:app""#);
    assert_eq!(serve(&[&file.option()], &[]).app, "module:app");
    assert_eq!(serve(&[&file.option(), "other"], &[]).app, "other");
    assert_eq!(cgi(&[&file.option()], &[]).app, "module:app");
}

#[test]
fn a_file_may_serve_several_commands() {
    let file = File::new("fastcgi = 'unix:/x'\nthreads = 2\nmax_params = 3");
    let options = cgi(&[&file.option(), "app"], &[("JANUA_WORKERS", "2")]);
    assert_eq!((options.plan.listen.len(), options.plan.threads, options.plan.workers), (0, 1, 1));
    assert_eq!(options.plan.limits.params, 3);
    let options = script(&[&file.option(), "./file"], &[]);
    assert_eq!((options.plan.listen.len(), options.plan.threads), (0, 2));
}

#[test]
fn a_value_that_is_overridden_is_checked_all_the_same() {
    let file = File::new("threads = 'x'");
    let message = message(&["serve", &file.option(), "--threads=2", "app"], &[]);
    assert!(message.ends_with("threads: 'x' is no number from 1 to 1000"), "{message}");
}

#[test]
fn without_an_address_serve_speaks_http_on_the_loopback_and_says_so() {
    let options = serve(&["app"], &[]);
    let address = "127.0.0.1:8000".parse::<Address>().unwrap();
    assert_eq!(options.plan.listen, [Listen { protocol: Protocol::Http, address }]);
    assert!(options.notices[0].contains("127.0.0.1:8000"), "{:?}", options.notices);
    assert!(serve(&["--scgi=unix:/x", "app"], &[]).notices.is_empty());
    assert!(cgi(&["app"], &[]).plan.listen.is_empty());
}

#[test]
fn variables_of_others_are_left_alone() {
    let others = [("JANUARY", "1"), ("janua_threads", "9"), ("HTTP_JANUA_THREADS", "9"), ("PATH", "/bin")];
    assert_eq!(serve(&["app"], &others), serve(&["app"], &[]));
}

#[test]
fn an_int_of_python_is_a_mode_as_os_chmod_takes_it() {
    assert_eq!(int_text("socket_mode", 0o660), "0o660");
    assert_eq!(int_text("threads", 8), "8");
}

#[test]
fn a_file_is_a_file_even_if_it_is_called_like_a_command() {
    assert!(matches!(parse(&["./serve"], &[]), Ok(Command::Script(options)) if options.app == "./serve"));
    for word in ["app.py", "app.fcgi", "index.cgi", "/srv/app"] {
        assert_eq!(script(&[word], &[]).app, word);
    }
    // Tests run in the folder of the crate.
    assert_eq!(script(&["Cargo.toml"], &[]).app, "Cargo.toml");
}

#[test]
fn a_shebang_line_may_hold_one_setting_or_a_command() {
    assert_eq!(script(&["--threads=4", "./app.fcgi"], &[]).plan.threads, 4);
    assert_eq!(cgi(&["./app.cgi"], &[]).app, "./app.cgi");
}

#[test]
fn words_of_a_query_behind_a_script_are_never_options() {
    let alone = script(&["./app.cgi"], &[]);
    for words in [["--threads=4", "-V"], ["--help", "x"], ["-d", "--config=/etc/passwd"]] {
        assert_eq!(script(&["./app.cgi", words[0], words[1]], &[]), alone);
    }
    assert_eq!(cgi(&["app", "-5", "--help"], &[]), cgi(&["app"], &[]));
}

#[cfg(unix)]
#[test]
fn words_of_a_query_need_not_be_text() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    let arguments = ["janua".into(), "./app.cgi".into(), OsString::from_vec(vec![0xff])];
    assert!(matches!(janua_cli::parse(&arguments, []), Ok(Command::Script(_))));
}

#[test]
fn a_script_has_settings_of_its_own_which_everything_else_beats() {
    let script = File::new("#!/x/janua-cgi\n# janua: threads = 2\n# janua: script_name = '/s'\nimport os\n");
    let file = File::new("threads = 3");
    let path = script.path();
    assert_eq!(support::script(&[path], &[]).plan.threads, 2);
    assert_eq!(support::script(&[&file.option(), path], &[]).plan.threads, 3);
    assert_eq!(support::script(&[&file.option(), path], &[("JANUA_THREADS", "4")]).plan.threads, 4);
    assert_eq!(support::script(&["--threads=5", path], &[("JANUA_THREADS", "4")]).plan.threads, 5);
    let mount = |options: Options| options.environ.script_name.is_some();
    assert!(mount(cgi(&[path], &[])));
    assert!(mount(cgi(&[&format!("{path}:application")], &[])));
    assert!(!mount(serve(&[path], &[])), "a service has a command line");
}

#[test]
fn a_mistake_in_a_script_names_the_file_and_the_line() {
    let script = File::new("#!/x/janua-cgi\n\n# janua: threads = 'x'\n");
    let path = script.path();
    assert_eq!(message(&[path], &[]), format!("{path}: line 3: threads: 'x' is no number from 1 to 1000"));
    assert_eq!(serve(&[path], &[]).plan.threads, 1);
}

#[test]
fn what_starts_a_backend_is_no_setting() {
    let backend = &[("JANUA_CGI_BACKEND", "/run/x/key")];
    assert_eq!(serve(&["app"], backend).plan.backend.files, None);
    assert_eq!(
        support::script(&["x.py"], backend).plan.backend.files.as_deref(),
        Some(Path::new("/run/x/key"))
    );
    // It may be any app then, also a module.
    assert_eq!(support::script(&["shop.wsgi:application"], backend).app, "shop.wsgi:application");
    let file = File::new("cgi_threads = 2");
    let plan = support::script(&[&file.option(), "x.py"], backend).plan.backend;
    assert_eq!((plan.threads, plan.reload.files), (2, vec![file.path().into()]));
    assert!(message(&["--cgi-backend=/x", "x.py"], &[]).contains("there is no such setting"));
}
