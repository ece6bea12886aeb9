#![no_main]

use janua_properties::{Counting, scgi};

#[global_allocator]
static MEMORY: Counting = Counting;

libfuzzer_sys::fuzz_target!(|data: &[u8]| scgi::operations_of(data));
