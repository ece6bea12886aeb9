//! How much memory this thread holds.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
}

/// The system's allocator, counting the bytes of each thread. A binary that wants the bounds on memory checked
/// declares it with `#[global_allocator]`; without it every bound holds.
#[derive(Debug, Clone, Copy)]
pub struct Counting;

/// Bytes that this thread has allocated and not freed.
pub(crate) fn held() -> isize {
    HELD.with(Cell::get)
}

fn count(more: usize, less: usize) {
    // A thread that is ending has no counter left, and nobody who would ask.
    let _ = HELD.try_with(|held| held.set(held.get() + more as isize - less as isize));
}

#[allow(unsafe_code, reason = "there is no other way to be an allocator")]
// SAFETY: every call is passed on unchanged to the system's allocator, which keeps the contract.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(0, layout.size());
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size, layout.size());
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
