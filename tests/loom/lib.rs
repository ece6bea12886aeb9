//! The lead of a worker (`src/serve/lead.rs`, the very file) under loom, which tries every order in which its threads
//! can meet. Time is not modelled: the watch may look at any moment, as it may on a busy machine.
//!
//! Shown: at most one thread waits for requests at a time; a thread whose call takes long loses the lead to one that
//! is free, and after that a further call costs nobody the lead at all; nobody waits for ever.

#![cfg(test)]

#[path = "../../src/serve/lead.rs"]
mod lead;
mod turns;

use lead::Lead;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

/// How often the watch looks, in a case that does not need it to look for as long as it takes.
const LOOKS: usize = 3;

/// The lead and who has it.
struct Worker {
    lead: Lead,
    waiting: AtomicUsize,
}

impl Worker {
    fn new() -> Arc<Self> {
        Arc::new(Self { lead: Lead::new(2), waiting: AtomicUsize::new(0) })
    }

    /// Whoever comes here is the only one that waits for requests.
    fn wait_for_a_request(&self) {
        assert_eq!(self.waiting.fetch_add(1, Ordering::SeqCst), 0, "two threads wait for requests");
        assert_eq!(self.waiting.fetch_sub(1, Ordering::SeqCst), 1);
    }

    /// What a thread of the crew does for one request, and then ends.
    fn serve(&self, me: usize, app: impl Fn()) {
        self.lead.take(me);
        self.wait_for_a_request();
        self.lead.calling(me);
        app();
        if self.lead.resume(me) {
            self.wait_for_a_request();
            self.lead.leave();
        }
    }

    /// The watch, for so many looks.
    fn watch(&self, looks: usize) {
        let left = AtomicUsize::new(looks);
        self.lead.watch(|_| self.wait_for_a_request(), |_| left.fetch_sub(1, Ordering::SeqCst) == 1);
    }
}

fn model(preemptions: usize, case: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    // Faults that need more changes of thread at the worst moment than this are beyond what can be tried.
    builder.preemption_bound = Some(preemptions);
    builder.check(case);
}

#[test]
fn two_threads_and_no_watch() {
    model(4, || {
        let worker = Worker::new();
        let other = thread::spawn({
            let worker = worker.clone();
            move || worker.serve(1, || {})
        });
        worker.serve(0, || {});
        other.join().unwrap();
    });
}

#[test]
fn two_threads_and_a_watch_that_looks_at_any_moment() {
    model(3, || {
        let worker = Worker::new();
        let other = thread::spawn({
            let worker = worker.clone();
            move || worker.serve(1, || {})
        });
        let watch = thread::spawn({
            let worker = worker.clone();
            move || worker.watch(LOOKS)
        });
        worker.serve(0, thread::yield_now);
        other.join().unwrap();
        watch.join().unwrap();
    });
}

#[test]
fn a_call_that_never_ends_by_itself_costs_nobody_else_the_lead() {
    model(2, || {
        let worker = Worker::new();
        let served = Arc::new((Mutex::new(false), Condvar::new()));
        let slow = thread::spawn({
            let (worker, served) = (worker.clone(), served.clone());
            // The app waits for what the other thread does.
            move || {
                worker.serve(0, || {
                    let mut done = served.0.lock().unwrap();
                    while !*done {
                        done = served.1.wait(done).unwrap();
                    }
                })
            }
        });
        let watch = thread::spawn({
            let (worker, served) = (worker.clone(), served.clone());
            move || worker.lead.watch(|_| {}, |_| *served.0.lock().unwrap())
        });
        worker.lead.take(1);
        *served.0.lock().unwrap() = true;
        served.1.notify_one();
        worker.lead.leave();
        slow.join().unwrap();
        watch.join().unwrap();
    });
}

#[test]
fn after_a_long_call_the_next_one_costs_nobody_the_lead_for_as_long_as_the_watch_looks_away() {
    model(4, || {
        let worker = Worker::new();
        worker.lead.take(0);
        worker.lead.calling(0);
        worker.watch(LOOKS);
        // From here on nobody watches.
        let served = Arc::new((Mutex::new(false), Condvar::new()));
        let slow = thread::spawn({
            let (worker, served) = (worker.clone(), served.clone());
            move || {
                worker.serve(1, || {
                    let mut done = served.0.lock().unwrap();
                    while !*done {
                        done = served.1.wait(done).unwrap();
                    }
                })
            }
        });
        if !worker.lead.resume(0) {
            worker.lead.take(0);
        }
        worker.wait_for_a_request();
        *served.0.lock().unwrap() = true;
        served.1.notify_one();
        worker.lead.leave();
        slow.join().unwrap();
    });
}

#[test]
fn a_lead_that_is_given_up_is_had_by_one_thread_only() {
    model(3, || {
        let worker = Worker::new();
        worker.lead.take(0);
        worker.lead.calling(0);
        worker.watch(LOOKS);
        let other = thread::spawn({
            let worker = worker.clone();
            move || worker.serve(1, thread::yield_now)
        });
        if !worker.lead.resume(0) {
            worker.lead.take(0);
        }
        for _ in 0..2 {
            worker.wait_for_a_request();
            worker.lead.calling(0);
            if !worker.lead.resume(0) {
                worker.lead.take(0);
            }
        }
        worker.wait_for_a_request();
        worker.lead.leave();
        other.join().unwrap();
    });
}

#[test]
fn the_end_ends_the_watch() {
    model(3, || {
        let worker = Worker::new();
        let watch = thread::spawn({
            let worker = worker.clone();
            move || worker.lead.watch(|_| {}, |_| false)
        });
        worker.serve(0, || {});
        worker.lead.end();
        watch.join().unwrap();
    });
}
