//! Whose turn it is to wait for requests.
//!
//! One thread of a worker leads: it waits for sockets, and calls the app itself for the request that it finds, so that
//! a fast request never changes threads. Only if the app is still busy when the watch looks a second time does the
//! lead pass to another thread. Without a free thread the watch itself keeps the idle connections going.
//!
//! An app of which some calls take long is likely to do so again, and each of them would have those behind it wait for
//! two looks of the watch. So for some calls after a long one the lead is given up before the app is called.

use crate::turns::{ALONE_TICKS, Condvar, IDLE_TICKS, Mutex, MutexGuard, Notify, WARY};
use std::sync::PoisonError;
use std::time::{Duration, Instant};

/// How often the watch looks while there is something to watch.
const TICK: Duration = Duration::from_millis(1);

/// A call during which the watch looks so often takes long.
const LONG: u64 = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seat {
    /// Nobody leads; whoever is free may.
    Vacant,
    /// This thread waits for requests.
    Waiting(usize),
    /// This thread calls the app and has the lead still.
    Calling(usize),
    /// The watch looks after the sockets until a thread is free.
    Watch,
}

#[derive(Debug)]
struct State {
    seat: Seat,
    /// Counts the calls of leaders, so that the watch can tell one long call from many short ones.
    calls: u64,
    /// How often the watch has looked.
    looks: u64,
    /// What that was when each thread began its call.
    began: Vec<Option<u64>>,
    /// For so many calls more the lead is not kept.
    wary: u32,
    followers: usize,
    watch_sleeps: bool,
    over: bool,
}

/// The lead of one worker.
#[derive(Debug)]
pub(crate) struct Lead {
    state: Mutex<State>,
    turn: Condvar,
    watch: Condvar,
    recall: Notify,
}

impl Lead {
    /// The lead of a worker with so many threads, which have the numbers from 0 on.
    pub(crate) fn new(threads: usize) -> Self {
        let state = State {
            seat: Seat::Vacant,
            calls: 0,
            looks: 0,
            began: vec![None; threads],
            wary: 0,
            followers: 0,
            watch_sleeps: false,
            over: false,
        };
        Self { state: Mutex::new(state), turn: Condvar::new(), watch: Condvar::new(), recall: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until thread `me`, which does not lead, does.
    pub(crate) fn take(&self, me: usize) {
        let mut state = self.state();
        loop {
            match state.seat {
                Seat::Vacant => break,
                Seat::Watch => self.recall.notify_one(),
                _ => {}
            }
            state.followers += 1;
            state = self.turn.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.followers -= 1;
        }
        state.seat = Seat::Waiting(me);
    }

    /// Thread `me` is done with the app, if it called it, and goes back to waiting for requests if nobody else does.
    /// False if somebody does.
    pub(crate) fn resume(&self, me: usize) -> bool {
        let mut state = self.state();
        let began = state.began.get_mut(me).and_then(Option::take);
        if began.is_some_and(|began| state.looks - began >= LONG) {
            state.wary = WARY;
        }
        // Who was told that the lead is vacant and has yet to wake up finds it taken, and sleeps on.
        let free = state.seat == Seat::Calling(me) || state.seat == Seat::Vacant;
        if free {
            state.seat = Seat::Waiting(me);
        }
        free
    }

    /// The leader is about to call the app.
    pub(crate) fn calling(&self, me: usize) {
        let mut state = self.state();
        state.calls += 1;
        let looks = state.looks;
        if let Some(began) = state.began.get_mut(me) {
            *began = Some(looks);
        }
        if state.wary > 0 {
            state.wary -= 1;
            state.seat = Seat::Vacant;
            if state.followers > 0 {
                self.turn.notify_one();
            }
        } else {
            state.seat = Seat::Calling(me);
        }
        if state.watch_sleeps {
            state.watch_sleeps = false;
            self.watch.notify_one();
        }
    }

    /// The leader gives the lead up for good.
    pub(crate) fn leave(&self) {
        self.state().seat = Seat::Vacant;
        self.turn.notify_one();
    }

    /// Ends the watch.
    pub(crate) fn end(&self) {
        self.state().over = true;
        self.watch.notify_one();
        self.recall.notify_one();
    }

    /// The watch: passes the lead on when a call takes long. `tend` looks after the sockets for a while, but no longer
    /// than until it is recalled. `expired` says when the process must end at once. Returns when the worker is done.
    pub(crate) fn watch(&self, tend: impl Fn(&Notify), expired: impl Fn(Instant) -> bool) {
        let mut seen = (Seat::Vacant, 0);
        let mut quiet = 0;
        let mut alone = 0;
        let mut state = self.state();
        while !state.over {
            state.looks += 1;
            let now = (state.seat, state.calls);
            let changed = now != seen;
            seen = now;
            quiet = if changed || matches!(state.seat, Seat::Calling(_)) { 0 } else { quiet + 1 };
            if matches!(state.seat, Seat::Calling(_)) && !changed {
                // For whoever waits already, or else for the first that is done.
                state.seat = Seat::Vacant;
                state.wary = WARY;
                self.turn.notify_one();
            }
            let unled = matches!(state.seat, Seat::Calling(_) | Seat::Vacant) && state.followers == 0;
            alone = if unled && !changed { alone + 1 } else { 0 };
            if alone >= ALONE_TICKS {
                state.seat = Seat::Watch;
                drop(state);
                tend(&self.recall);
                state = self.state();
                state.seat = Seat::Vacant;
                self.turn.notify_one();
                // If nobody takes it, the sockets are tended again at the next look.
                seen = (state.seat, state.calls);
            }
            let asleep = quiet >= IDLE_TICKS && matches!(state.seat, Seat::Waiting(_));
            state.watch_sleeps = asleep;
            let tick = if asleep { Duration::from_secs(1) } else { TICK };
            state = self.watch.wait_timeout(state, tick).unwrap_or_else(PoisonError::into_inner).0;
            state.watch_sleeps = false;
            // It may have something to log, and who reads the log may be slow.
            drop(state);
            if expired(Instant::now()) {
                return;
            }
            state = self.state();
        }
    }
}
