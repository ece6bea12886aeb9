//! `docs/settings.md` and the table say the same.

mod support;

use std::fs;
use std::path::Path;
use support::{File, serve};

#[test]
fn the_documentation_of_the_settings_is_made_from_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/settings.md");
    let made = janua_cli::reference_markdown();
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, &made).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap();
    assert!(
        written == made,
        "docs/settings.md is old; make it anew: UPDATE_SNAPSHOTS=1 cargo test -p janua-cli"
    );
}

#[test]
fn the_file_shown_in_the_documentation_is_understood() {
    let reference = janua_cli::reference_markdown();
    let example = reference.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let file = File::new(example);
    let options = serve(&[&file.option()], &[]);
    assert_eq!(options.app, "shop.wsgi:application");
    assert_eq!(options.plan.listen.len(), 2);
    assert!(!options.environ.infer_prefix);
}
