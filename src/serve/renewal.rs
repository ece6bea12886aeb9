//! New workers in the place of the old ones, one after the other, so that no request waits or is lost.

use crate::child::Child;
use crate::log;
use crate::yard::LEAVE;
use rustix::process::{Signal, kill_process};
use std::fmt;
use std::time::{Duration, Instant};

/// How often it is told once more to a worker that it is to end.
const AGAIN: Duration = Duration::from_secs(2);

/// A reload that may be under way, and the workers that others have replaced.
#[derive(Default)]
pub(crate) struct Renewal {
    under_way: Option<UnderWay>,
    /// Loads the app anew. Once it answers requests it takes its slot.
    successor: Option<Child>,
    /// They finish what they have. Whoever has not by this time is killed.
    retired: Vec<(Child, Instant)>,
}

#[derive(Clone, Copy)]
struct UnderWay {
    /// The slot whose worker is next.
    slot: usize,
    since: Instant,
}

impl Renewal {
    /// Begins, also in the middle of another reload: a worker that has not come up may have old code by now.
    pub(crate) fn begin(&mut self) {
        if let Some(worker) = self.successor.take() {
            // Nobody has been served by it. It may hang in the very code that the new one is to mend.
            let _ = kill_process(worker.pid, Signal::KILL);
            self.retired.push((worker, Instant::now() + AGAIN));
        }
        self.under_way = Some(UnderWay { slot: 0, since: Instant::now() });
    }

    /// Whether a successor is to be started.
    pub(crate) fn wants_successor(&self) -> bool {
        self.under_way.is_some() && self.successor.is_none()
    }

    /// It has been started.
    pub(crate) fn started(&mut self, worker: Child) {
        self.successor = Some(worker);
    }

    /// The worker that is coming up.
    pub(crate) fn successor(&mut self) -> Option<&mut Child> {
        self.successor.as_mut()
    }

    /// The successor answers requests: gives it and the number of its slot, of `slots`.
    pub(crate) fn came_up(&mut self, slots: usize) -> Option<(usize, Child)> {
        let UnderWay { slot, since } = self.under_way?;
        let worker = self.successor.take()?;
        self.under_way = Some(UnderWay { slot: slot + 1, since }).filter(|_| slot + 1 < slots);
        if self.under_way.is_none() {
            log::line(format_args!(
                "reloaded in {:.2} s; the workers before finish the requests that they have",
                since.elapsed().as_secs_f64()
            ));
        }
        Some((slot, worker))
    }

    /// Has `worker` finish what it has, within `patience` once nobody can ask it for more.
    pub(crate) fn retire(&mut self, worker: Child, patience: Duration) {
        worker.dismiss();
        self.retired.push((worker, Instant::now() + LEAVE + patience));
    }

    /// No successor can be had. Whoever serves goes on.
    pub(crate) fn give_up(&mut self, why: impl fmt::Display) {
        self.successor = None;
        if let Some(UnderWay { slot, .. }) = self.under_way.take() {
            let others = if slot == 0 { "all workers go on" } else { "the other workers go on" };
            log::line(format_args!(
                "not reloaded: {why}; {others} with the code that they have (SIGHUP tries again)"
            ));
        }
    }

    /// Starts no more: the service stops.
    pub(crate) fn stop(&mut self) {
        self.under_way = None;
    }

    /// Forgets the retired workers that have ended.
    pub(crate) fn reap(&mut self, has_ended: impl Fn(&Child) -> bool) {
        self.retired.retain(|(worker, _)| !has_ended(worker));
    }

    /// Kills the retired workers whose time is over.
    pub(crate) fn kill_overdue(&mut self) {
        let now = Instant::now();
        for (worker, end) in self.retired.iter_mut().filter(|(_, end)| *end <= now) {
            worker.kill();
            *end = now + AGAIN;
        }
    }

    /// When the next of them is to be killed.
    pub(crate) fn next_end(&self) -> Option<Instant> {
        self.retired.iter().map(|(_, end)| *end).min()
    }

    /// All workers that are in no slot.
    pub(crate) fn workers(&self) -> impl Iterator<Item = &Child> {
        self.successor.iter().chain(self.retired.iter().map(|(worker, _)| worker))
    }
}
