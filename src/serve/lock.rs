//! Who waits for Python's lock, and since when.
//!
//! Each thread marks what it is about; the watch, which needs no lock, looks now and then. Nothing here reads the clock
//! for a request, and nobody waits for anybody.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long a thread may wait for Python's lock before the log says so. Python code hands it on every few
/// milliseconds; only code that is not Python's can keep it.
pub(crate) const LONG: Duration = Duration::from_secs(2);

/// How often the watch looks.
const PAUSE: Duration = Duration::from_millis(250);

/// What a thread is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    /// Waiting for requests, writing, closing: all without the lock.
    Away = 0,
    /// It has a request and waits for the lock.
    Wanting = 1,
    /// It had the lock and calls the app.
    Calling = 2,
}

/// One thread's mark.
#[derive(Debug, Default)]
struct Mark {
    /// What it is about, in the two lowest bits, and above them how often that has changed.
    doing: AtomicU64,
    suspected: AtomicBool,
}

/// The marks of a worker's threads.
#[derive(Debug)]
pub(crate) struct Lock {
    marks: Vec<Mark>,
}

impl Lock {
    pub(crate) fn new(threads: usize) -> Self {
        Self { marks: (0..threads).map(|_| Mark::default()).collect() }
    }

    /// Thread `me` is now about something else. Only that thread may say so.
    pub(crate) fn mark(&self, me: usize, doing: Doing) {
        if let Some(mark) = self.marks.get(me) {
            let changes = mark.doing.load(Ordering::Relaxed) >> 2;
            mark.doing.store((changes + 1) << 2 | doing as u64, Ordering::Relaxed);
        }
    }

    /// True if others waited long for the lock while thread `me` was calling. It is forgotten with the answer.
    pub(crate) fn was_suspected(&self, me: usize) -> bool {
        self.marks.get(me).is_some_and(|mark| {
            mark.suspected.load(Ordering::Relaxed) && mark.suspected.swap(false, Ordering::Relaxed)
        })
    }

    /// A look at all threads starts here.
    pub(crate) fn lookout(&self, now: Instant) -> Lookout<'_> {
        let seen = self.marks.iter().map(|_| Seen { doing: 0, since: now, told: false }).collect();
        Lookout { lock: self, seen, last: now }
    }
}

#[derive(Debug)]
struct Seen {
    doing: u64,
    since: Instant,
    told: bool,
}

/// What the watch has seen.
#[derive(Debug)]
pub(crate) struct Lookout<'a> {
    lock: &'a Lock,
    seen: Vec<Seen>,
    last: Instant,
}

impl Lookout<'_> {
    /// True if a thread has been waiting for the lock for [`LONG`], and that is news. Those who call the app now are
    /// suspected of keeping it.
    pub(crate) fn look(&mut self, now: Instant) -> bool {
        if now.saturating_duration_since(self.last) < PAUSE {
            return false;
        }
        self.last = now;
        let mut news = false;
        for (mark, seen) in self.lock.marks.iter().zip(&mut self.seen) {
            let doing = mark.doing.load(Ordering::Relaxed);
            if doing != seen.doing {
                *seen = Seen { doing, since: now, told: false };
            } else if doing & 3 == Doing::Wanting as u64
                && !seen.told
                && now.saturating_duration_since(seen.since) >= LONG
            {
                seen.told = true;
                news = true;
            }
        }
        if news {
            for mark in &self.lock.marks {
                let calls = mark.doing.load(Ordering::Relaxed) & 3 == Doing::Calling as u64;
                mark.suspected.store(calls, Ordering::Relaxed);
            }
        }
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_waits_long_is_news_and_only_once() {
        let start = Instant::now();
        let lock = Lock::new(3);
        let mut lookout = lock.lookout(start);
        let mut at = |ms| lookout.look(start + Duration::from_millis(ms));
        lock.mark(0, Doing::Calling);
        lock.mark(1, Doing::Wanting);
        assert!(!at(300) && !at(2_200));
        assert!(at(2_600));
        assert!(!at(3_000));
        assert!(lock.was_suspected(0) && !lock.was_suspected(0));
        assert!(!lock.was_suspected(1) && !lock.was_suspected(2));
    }

    #[test]
    fn many_short_waits_are_no_long_one() {
        let start = Instant::now();
        let lock = Lock::new(1);
        let mut lookout = lock.lookout(start);
        for step in 1..20 {
            lock.mark(0, Doing::Wanting);
            assert!(!lookout.look(start + Duration::from_secs(step)));
            lock.mark(0, Doing::Calling);
        }
    }

    #[test]
    fn a_long_call_alone_keeps_nobody_waiting() {
        let start = Instant::now();
        let lock = Lock::new(2);
        let mut lookout = lock.lookout(start);
        lock.mark(0, Doing::Calling);
        assert!((1..20).all(|step| !lookout.look(start + Duration::from_secs(step))));
    }
}
