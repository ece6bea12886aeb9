#![no_main]

use janua_properties::{Counting, environ};

#[global_allocator]
static MEMORY: Counting = Counting;

libfuzzer_sys::fuzz_target!(|data: &[u8]| environ::builder(data));
