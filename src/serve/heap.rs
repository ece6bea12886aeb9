//! Memory that the allocator keeps for later, given back while nobody needs it.
//!
//! What a crowd of peers took is free when they leave, but the C library keeps it: a single small block at the end of
//! the heap keeps all before it. Nor is it one heap: by itself the library gives each thread a part of its own, and as it
//! is up to the moment which thread waits for the crowd, in the end every part is as large as the largest crowd.

use crate::system;
use janua_backend::Memory;
use std::time::{Duration, Instant};

/// How often the size of the process is looked at, and the least time between two times of giving back.
const LOOK: Duration = Duration::from_secs(5);

/// The most time between them, where there was little to give: a crowd may leave without anything else happening.
const LONG: Duration = Duration::from_secs(300);

/// Who is busy giving back is in the way of those who allocate: for so many times as long it is left alone.
const SHARE: u32 = 1000;

/// This part of all memory is worth the trouble: one in so many bytes.
const WORTH: u64 = 64;

/// How many parts of the heap a worker's threads share. Python's lock keeps most of what they allocate apart in time, but
/// libraries that allocate without it would wait for each other at a single part (SQLite a quarter longer, on two cores).
const PARTS: i32 = 2;

/// Has the threads of a worker share a few parts of the heap, unless the operator has said how many there may be. To be
/// called before any of them starts, the app's included: what parts there are stay in use. Whichever thread leads
/// allocates for all, so parts of their own would each come to hold a share of everything.
pub(crate) fn share() {
    let told = |name| std::env::var(name).ok();
    if !told_how_many(told("MALLOC_ARENA_MAX").as_deref(), told("GLIBC_TUNABLES").as_deref()) {
        system::share_heap(PARTS);
    }
}

/// True if the operator has told the C library how many parts the heap may have.
fn told_how_many(most: Option<&str>, tunables: Option<&str>) -> bool {
    let tunables = tunables.unwrap_or_default();
    most.is_some() || tunables.split(':').any(|tunable| tunable.starts_with("glibc.malloc.arena_max="))
}

/// What is known of this process's heap.
#[derive(Debug)]
pub(crate) struct Heap {
    /// A process of at most so many bytes is left alone.
    spared: u64,
    /// When it is looked at again.
    look: Instant,
    /// When memory was given back, or would have been.
    since: Instant,
    /// How long after that the next time comes, if the process does not grow.
    pause: Duration,
    /// What giving back took, times [`SHARE`].
    rest: Duration,
    /// The size of the process when it was smallest since.
    least: u64,
}

impl Heap {
    /// The heap as it is `now`, with what the environment says about it.
    pub(crate) fn new(now: Instant) -> Self {
        let told = |name| std::env::var(name).ok();
        let spared = spared(told("MALLOC_TRIM_THRESHOLD_").as_deref(), told("GLIBC_TUNABLES").as_deref());
        Self { spared, look: now + LOOK, since: now, pause: LOOK, rest: Duration::ZERO, least: 0 }
    }

    /// Looks whether it is time to give memory back, and does it. To be called often; it takes no time if it is not.
    pub(crate) fn look(&mut self, now: Instant) {
        if now < self.look {
            return;
        }
        self.look = now + LOOK;
        // What files back comes and goes with what the system needs, and would hide how the heap grows.
        let size = || Memory::anonymous().unwrap_or(0);
        let before = size();
        if !self.is_due(now, before) {
            return;
        }
        let start = Instant::now();
        if !system::trim_heap() {
            self.spared = u64::MAX;
            return;
        }
        self.given(now, start.elapsed(), before, size());
    }

    /// True if it is time, and the process, of `size` bytes, may have something to give.
    fn is_due(&mut self, now: Instant, size: u64) -> bool {
        if size <= self.spared {
            return false;
        }
        self.least = self.least.min(size);
        if size - self.least > size / WORTH {
            self.pause = LOOK;
        }
        now.saturating_duration_since(self.since) >= self.pause.max(self.rest)
    }

    /// Takes note of what it brought: a process of `before` bytes has now `after`.
    fn given(&mut self, now: Instant, took: Duration, before: u64, after: u64) {
        let much =
            before.saturating_sub(after) > before / WORTH || after.saturating_sub(self.least) > after / WORTH;
        self.pause = if much { LOOK } else { (self.pause * 2).min(LONG) };
        self.rest = took * SHARE;
        self.since = now;
        self.least = after;
    }
}

/// The size of a process that is to be left alone, by what the operator has told the C library: how much of what is
/// free it is to keep. What is no number is a way to say all.
fn spared(threshold: Option<&str>, tunables: Option<&str>) -> u64 {
    let tunables = tunables.unwrap_or_default().split(':');
    let tuned =
        tunables.filter_map(|tunable| tunable.strip_prefix("glibc.malloc.trim_threshold=")).next_back();
    threshold.or(tuned).map_or(0, |bytes| bytes.trim().parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn heap(start: Instant) -> Heap {
        Heap { spared: 0, look: start, since: start, pause: LOOK, rest: Duration::ZERO, least: 10 * MIB }
    }

    #[test]
    fn what_brings_little_is_done_ever_more_rarely() {
        let start = Instant::now();
        let mut heap = heap(start);
        let mut done = Vec::new();
        for second in (0..2_000).step_by(5) {
            let now = start + Duration::from_secs(second);
            if heap.is_due(now, 10 * MIB) {
                heap.given(now, Duration::ZERO, 10 * MIB, 10 * MIB);
                done.push(second);
            }
        }
        assert_eq!(done, [5, 15, 35, 75, 155, 315, 615, 915, 1215, 1515, 1815]);
    }

    #[test]
    fn a_crowd_that_is_still_there_is_not_forgotten() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut heap = heap(start);
        heap.pause = LONG;
        assert!(!heap.is_due(at(10), 10 * MIB));
        assert!(heap.is_due(at(15), 12 * MIB));
        // Nothing is free yet. They leave a little later, and the process does not grow by that.
        heap.given(at(15), Duration::ZERO, 12 * MIB, 12 * MIB);
        assert!(heap.is_due(at(20), 12 * MIB));
        heap.given(at(20), Duration::ZERO, 12 * MIB, 10 * MIB);
        assert!(heap.is_due(at(25), 10 * MIB));
    }

    #[test]
    fn a_large_heap_is_gone_through_rarely() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut heap = heap(start);
        heap.given(start, Duration::from_millis(100), 1000 * MIB, 500 * MIB);
        assert!(!heap.is_due(at(95), 1000 * MIB));
        assert!(heap.is_due(at(100), 1000 * MIB));
    }

    #[test]
    fn who_told_the_allocator_how_many_parts_there_may_be_is_obeyed() {
        assert!(!told_how_many(None, None));
        assert!(!told_how_many(None, Some("glibc.malloc.trim_threshold=5:glibc.malloc.tcache_count=0")));
        assert!(told_how_many(Some("8"), None));
        assert!(told_how_many(None, Some("glibc.malloc.trim_threshold=5:glibc.malloc.arena_max=8")));
    }

    #[test]
    fn who_told_the_allocator_to_keep_memory_is_obeyed() {
        assert_eq!(spared(None, None), 0);
        assert_eq!(spared(Some("131072"), None), 131_072);
        assert_eq!(spared(Some("-1"), None), u64::MAX);
        assert_eq!(spared(None, Some("glibc.malloc.arena_max=1:glibc.malloc.trim_threshold=5")), 5);
        assert_eq!(spared(None, Some("glibc.malloc.arena_max=1")), 0);
        let start = Instant::now();
        let mut heap = Heap { spared: 100 * MIB, ..heap(start) };
        assert!(!heap.is_due(start + LONG, 100 * MIB));
        assert!(heap.is_due(start + LONG, 101 * MIB));
    }
}
