//! The configuration file: whatever stands in it, the answer is settings or one line that helps.

use janua_cli::{Command, parse};
use std::cell::RefCell;
use std::ffi::OsString;
use std::fs::File;
use std::io::{Seek, Write};
use std::os::fd::AsRawFd;

thread_local! {
    /// One file for all cases: it has no name that could stay behind.
    static FILE: RefCell<Option<File>> = const { RefCell::new(None) };
}

/// Reads `data` as the file that `--config` names.
pub fn file(data: &[u8]) {
    let path = store(data);
    for verb in ["serve", "cgi"] {
        let words = ["janua", verb, "--config", &path, "app:app"].map(OsString::from);
        let read = parse(&words, []);
        assert_eq!(read, parse(&words, []), "the same file was understood in two ways");
        match read {
            Ok(Command::Serve(options) | Command::Cgi(options)) => assert_eq!(options.app, "app:app"),
            Ok(other) => panic!("{other:?}"),
            Err(message) => check(&message.to_string()),
        }
    }
    if let Ok(text) = std::str::from_utf8(data) {
        as_in_the_environment(text, &path);
    }
}

/// A file of one line `name = "value"` means what the variable of that name means.
fn as_in_the_environment(text: &str, path: &str) {
    let Some((name, value)) = text.split_once(" = \"") else { return };
    let Some(value) = value.strip_suffix("\"\n") else { return };
    let plain = |byte: u8| (b' '..=b'~').contains(&byte) && !matches!(byte, b'"' | b'\\');
    let named = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if !named || !value.bytes().all(plain) || matches!(name, "config" | "app" | "explain") {
        return;
    }
    let variable = (OsString::from(format!("JANUA_{}", name.to_ascii_uppercase())), OsString::from(value));
    let words = ["janua", "serve", "app:app"].map(OsString::from);
    let by_file = ["janua", "serve", "--config", path, "app:app"].map(OsString::from);
    match (parse(&by_file, []), parse(&words, [variable])) {
        (Ok(Command::Serve(one)), Ok(Command::Serve(other))) => {
            assert_eq!((one.plan, one.environ), (other.plan, other.environ), "{text}");
        }
        (Err(_), Err(_)) => {}
        (one, other) => panic!("{text}{one:?}\n{other:?}"),
    }
}

fn check(message: &str) {
    assert!(!message.is_empty() && message.len() < 2_000, "{} bytes of message", message.len());
    assert!(!message.chars().any(char::is_control), "{message:?}");
}

fn store(data: &[u8]) -> String {
    FILE.with_borrow_mut(|file| {
        let file = file.get_or_insert_with(|| {
            let memory = std::path::Path::new("/dev/shm");
            let folder = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
            tempfile::tempfile_in(folder).expect("a temporary file")
        });
        file.set_len(0).expect("a file that can be written");
        file.rewind().expect("a file that can be written");
        file.write_all(data).expect("a file that can be written");
        format!("/proc/self/fd/{}", file.as_raw_fd())
    })
}
