//! Writes the seeds into a folder, one sub-folder per property: `cargo run --example corpora -- fuzz/corpus`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a tool of the tests")]

#[path = "../seeds.rs"]
mod seeds;

use std::path::PathBuf;
use std::{env, fs};

fn main() -> std::io::Result<()> {
    let into = PathBuf::from(env::args_os().nth(1).unwrap_or_else(|| "fuzz/corpus".into()));
    for tried in seeds::ALL {
        let folder = into.join(tried.name);
        fs::create_dir_all(&folder)?;
        for (number, seed) in (tried.seeds)().iter().enumerate() {
            fs::write(folder.join(format!("seed-{number:04}")), seed)?;
        }
    }
    Ok(())
}
