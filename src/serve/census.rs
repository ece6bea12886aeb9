//! How many connections a worker has, and which of them are too many.
//!
//! Who is one too many is not left to guess: its request is read and answered, but no app is asked. So that these do not
//! become many in turn, no connection is accepted while a few of them are there; the kernel holds what waits.

use crate::kept::Board;
use crate::log;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// How many connections beyond the limit may be there to be told so.
const SURPLUS: usize = 64;

/// The connections of one worker.
#[derive(Debug)]
pub(crate) struct Census {
    /// The most whose requests are served.
    most: usize,
    seated: AtomicUsize,
    surplus: AtomicUsize,
    /// Nobody is accepted until one leaves.
    paused: AtomicBool,
    /// The log has been told of the limit, and there have been about as many since.
    complained: AtomicBool,
    board: Arc<Board>,
}

/// A connection's place among the others, for as long as it is there.
#[derive(Debug)]
pub(crate) struct Seat {
    census: Arc<Census>,
    /// It is one too many.
    pub(crate) surplus: bool,
}

impl Census {
    /// Of a worker that serves `most` connections. Who leads it listens at `board`.
    pub(crate) fn new(most: usize, board: Arc<Board>) -> Self {
        Self {
            most,
            seated: AtomicUsize::new(0),
            surplus: AtomicUsize::new(0),
            paused: AtomicBool::new(false),
            complained: AtomicBool::new(false),
            board,
        }
    }

    /// True if nobody may be accepted. Then the leader is woken as soon as that changes.
    pub(crate) fn is_full(&self) -> bool {
        self.stays(|| self.surplus.load(Ordering::SeqCst) >= SURPLUS && self.has_no_place())
    }

    /// True if all places are taken but those of surplus. Then the leader is woken as soon as one is left.
    pub(crate) fn is_seated(&self) -> bool {
        self.stays(|| self.has_no_place())
    }

    fn has_no_place(&self) -> bool {
        self.seated.load(Ordering::SeqCst) >= self.most
    }

    /// True if that is `so`, and nobody has left meanwhile without waking the leader.
    fn stays(&self, so: impl Fn() -> bool) -> bool {
        if !so() {
            return false;
        }
        // Said before it is looked again: who leaves in between sees it, or is seen to have left.
        self.paused.store(true, Ordering::SeqCst);
        so()
    }

    /// The place of a connection that has just been accepted by `listener`. To be called by the leader alone.
    pub(crate) fn seat(self: &Arc<Self>, listener: impl fmt::Display) -> Seat {
        let seated = self.seated.load(Ordering::SeqCst);
        let surplus = seated >= self.most;
        if surplus {
            if !self.complained.swap(true, Ordering::Relaxed) {
                log::line(format_args!(
                    "{listener}: further requests are refused with 503 or OVERLOADED: {seated} connections are open \
                     (setting max_connections)"
                ));
            }
            self.surplus.fetch_add(1, Ordering::SeqCst);
        } else {
            // A number that goes up and down about the limit is not worth a line each time.
            if seated < self.most - (self.most / 8).max(1) && self.complained.load(Ordering::Relaxed) {
                self.complained.store(false, Ordering::Relaxed);
            }
            self.seated.fetch_add(1, Ordering::SeqCst);
        }
        Seat { census: self.clone(), surplus }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let census = &self.census;
        let count = if self.surplus { &census.surplus } else { &census.seated };
        count.fetch_sub(1, Ordering::SeqCst);
        if census.paused.load(Ordering::SeqCst) && census.paused.swap(false, Ordering::SeqCst) {
            census.board.wake_leader();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn census(most: usize) -> Arc<Census> {
        Arc::new(Census::new(most, Arc::default()))
    }

    #[test]
    fn who_comes_when_all_places_are_taken_is_surplus() {
        let census = census(2);
        let seats: Vec<_> = (0..3).map(|_| census.seat("test")).collect();
        assert_eq!(seats.iter().map(|seat| seat.surplus).collect::<Vec<_>>(), [false, false, true]);
        drop(seats);
        assert!(!census.seat("test").surplus);
    }

    #[test]
    fn a_place_that_was_left_is_given_while_others_are_still_turned_away() {
        let census = census(1);
        let first = census.seat("test");
        let _surplus: Vec<_> = (0..SURPLUS).map(|_| census.seat("test")).collect();
        assert!(census.is_full());
        drop(first);
        assert!(!census.is_full());
        assert!(!census.seat("test").surplus);
    }

    #[test]
    fn surplus_is_bounded_and_one_that_leaves_makes_room() {
        let census = census(1);
        let _first = census.seat("test");
        let mut surplus: Vec<_> = (0..SURPLUS).map(|_| census.seat("test")).collect();
        assert!(census.is_full() && census.paused.load(Ordering::SeqCst));
        surplus.pop();
        assert!(!census.paused.load(Ordering::SeqCst), "the leader was not woken");
        assert!(!census.is_full());
    }
}
