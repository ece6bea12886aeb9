#![no_main]

use janua_properties::{Counting, answers};

#[global_allocator]
static MEMORY: Counting = Counting;

libfuzzer_sys::fuzz_target!(|data: &[u8]| answers::read(data));
