//! Help texts as they were agreed on, in `tests/help`.

use crate::reference::COLUMNS;
use std::fs;
use std::path::Path;

/// Checks that the help of a command fits one screen and is the one that was agreed on under this name.
pub(crate) fn check_help(grammar: clap::Command, name: &str) {
    // The terminal in which the tests run has no say.
    let help = grammar.term_width(COLUMNS).render_help().to_string();
    assert!(help.lines().count() <= 40, "{help}");
    assert!(help.lines().all(|line| line.chars().count() <= COLUMNS), "{help}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/help").join(name).with_extension("txt");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, &help).unwrap();
    }
    let agreed = fs::read_to_string(&path).unwrap();
    assert_eq!(help, agreed, "if that is meant: UPDATE_SNAPSHOTS=1 cargo test -p janua-cli");
}
