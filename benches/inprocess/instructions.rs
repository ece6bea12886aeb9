//! Runs each part of a request's way so that callgrind can count its instructions: `make instructions`.
//!
//! What is counted is what happens inside [`counted`], and callgrind writes a file each time it returns. The parts come
//! in the order of the list; each is run [`WARM`] times before, so that what is made once is not counted. An argument
//! limits the run to the part of that name: then `callgrind_annotate` shows where the instructions go.

#![allow(clippy::print_stdout, reason = "the list of parts is for whoever reads the counts")]

use janua_inprocess::{PARTS, Work, with_python};

const WARM: u32 = 100;
const COUNT: u32 = 200;

fn main() {
    let wanted = std::env::args().nth(1);
    with_python(|thread| {
        for part in PARTS.iter().filter(|part| wanted.as_ref().is_none_or(|wanted| wanted == part.name)) {
            let mut work = part.prepare(thread);
            (0..WARM).for_each(|_| work(thread));
            println!("{COUNT}\t{}\t{}", if part.python { "python" } else { "native" }, part.name);
            counted(&mut work, thread);
        }
    });
}

/// What is counted. Its name is known to whoever starts callgrind.
#[inline(never)]
fn counted(work: &mut Work, thread: janua_app::Thread<'_>) {
    for _ in 0..COUNT {
        work(thread);
    }
}
