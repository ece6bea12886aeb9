//! Prints how long each part of a request's way takes: `make bench-inprocess`.

use divan::Bencher;
use janua_inprocess::{PARTS, Part, with_python};

fn main() {
    with_python(|_| divan::main());
}

#[divan::bench(args = PARTS, sample_count = 200, sample_size = 200)]
fn request(bencher: Bencher<'_, '_>, part: &Part) {
    with_python(|thread| {
        let mut work = part.prepare(thread);
        bencher.bench_local(|| work(thread));
    });
}
