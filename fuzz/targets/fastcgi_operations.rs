#![no_main]

use janua_properties::{Counting, fastcgi};

#[global_allocator]
static MEMORY: Counting = Counting;

libfuzzer_sys::fuzz_target!(|data: &[u8]| fastcgi::operations_of(data));
