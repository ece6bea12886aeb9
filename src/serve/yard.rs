//! What waits inside a worker: connections for their peers, requests for a thread, and the leader for either.

use crate::Plan;
use crate::census::Census;
use crate::connection::Connection;
use crate::farewell::HURRY;
use crate::junction::Junction;
use crate::kept::Kept;
use crate::listener::Listener;
use crate::lobby;
use crate::supervisor::SAME;
use janua_vocabulary::Request;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// A request whose head is whole, and the connection it came on.
pub(crate) struct Job {
    pub(crate) connection: Box<Connection>,
    pub(crate) request: Request,
}

/// After so many requests in a row without waiting, the reactor gets its turn, so that timers and idle connections
/// are not starved by a busy listener.
const TURN: u32 = 16;

/// How many of those who wait a worker that was told to stop accepts at once: there may be others for the rest.
const BATCH: usize = 16;

/// How long no connection is accepted after the process ran out of descriptors or memory.
const BREATH: Duration = Duration::from_millis(100);

/// How long connections that a web server keeps may rest after another worker has taken over.
pub(crate) const LEAVE: Duration = Duration::from_secs(5);

pub(crate) struct Yard {
    pub(crate) plan: Arc<Plan>,
    listeners: Vec<Listener>,
    ready: Mutex<VecDeque<Job>>,
    pub(crate) kept: Kept,
    census: Arc<Census>,
    /// Where connections are looked after that several requests share.
    pub(crate) junction: Junction,
    /// Connections that the reactor looks after.
    tasks: AtomicUsize,
    stopping: AtomicBool,
    /// Who comes from now on is not accepted, but who is connected is heard out.
    leaving: AtomicBool,
    /// Told to stop, and who may have been waiting in the listeners' queues has not all been accepted since.
    emptying: AtomicBool,
    stopped_at: Mutex<Option<Instant>>,
    pub(crate) stop: Notify,
    out_of_breath: AtomicBool,
    /// The log has been told so, and nothing has been accepted since.
    complained: AtomicBool,
    /// The log has been told of connections that were closed after so many requests as may be.
    told_of_last: AtomicBool,
    /// The listener that is asked first: the one behind that which gave the last request.
    first: AtomicUsize,
    in_a_row: Mutex<u32>,
    /// Whose turn it is: those who are connected, or those who connect.
    turn: AtomicUsize,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Yard {
    pub(crate) fn new(plan: Arc<Plan>, listeners: Vec<Listener>) -> Self {
        let kept = Kept::default();
        let census = Arc::new(Census::new(plan.max_connections, kept.board.clone()));
        Self {
            plan,
            listeners,
            ready: Mutex::default(),
            kept,
            census,
            junction: Junction::default(),
            tasks: AtomicUsize::new(0),
            stopping: AtomicBool::new(false),
            leaving: AtomicBool::new(false),
            emptying: AtomicBool::new(false),
            stopped_at: Mutex::default(),
            stop: Notify::new(),
            out_of_breath: AtomicBool::new(false),
            complained: AtomicBool::new(false),
            told_of_last: AtomicBool::new(false),
            first: AtomicUsize::new(0),
            in_a_row: Mutex::default(),
            turn: AtomicUsize::new(0),
        }
    }

    /// The next request, or `None` when the worker stops and nothing is under way here any more.
    /// To be polled inside the reactor, by the leader alone.
    pub(crate) fn poll_job(self: &Arc<Self>, cx: &mut Context<'_>) -> Poll<Option<Job>> {
        self.kept.board.listen(cx.waker());
        let mut in_a_row = lock(&self.in_a_row);
        if *in_a_row >= TURN {
            *in_a_row = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        *in_a_row += 1;
        drop(in_a_row);
        let ready = || lock(&self.ready).pop_front();
        if let Some(job) = ready().or_else(|| self.accept_waiting().then(ready).flatten()) {
            return Poll::Ready(Some(job));
        }
        let job = if self.is_stopping() {
            self.answered_by(Kept::any)
        } else if self.is_leaving() {
            self.answered_by(Kept::rung)
        } else {
            // Neither who connects nor who is connected may wait for ever because the others are many.
            let turn = self.turn.fetch_add(1, Ordering::Relaxed);
            if turn.is_multiple_of(2) {
                self.answered_by(Kept::rung).or_else(|| self.accept(cx))
            } else {
                self.accept(cx).or_else(|| self.answered_by(Kept::rung))
            }
        };
        if job.is_some() {
            return Poll::Ready(job);
        }
        let at_rest = self.tasks.load(Ordering::Acquire) == 0 && !self.emptying.load(Ordering::Relaxed);
        if self.is_leaving() && at_rest && self.kept.is_empty() {
            self.begin_stop();
        }
        if self.is_stopping() && at_rest {
            return Poll::Ready(None);
        }
        *lock(&self.in_a_row) = 0;
        Poll::Pending
    }

    /// Asks kept connections until one brings a whole request.
    fn answered_by(self: &Arc<Self>, next: impl Fn(&Kept) -> Option<Box<Connection>>) -> Option<Job> {
        while let Some(connection) = next(&self.kept) {
            if let Some(job) = lobby::awake(self, connection) {
                return Some(job);
            }
        }
        None
    }

    /// Accepts until a connection brings a whole request at once; the others go to the lobby.
    fn accept(self: &Arc<Self>, cx: &mut Context<'_>) -> Option<Job> {
        if self.out_of_breath.load(Ordering::Relaxed) {
            return None;
        }
        let first = self.first.load(Ordering::Relaxed) % self.listeners.len().max(1);
        let (before, from) = self.listeners.split_at_checked(first).unwrap_or_default();
        for (step, listener) in from.iter().chain(before).enumerate() {
            loop {
                if self.census.is_full() {
                    return None;
                }
                match listener.poll_accept(cx, &self.plan) {
                    Poll::Pending => break,
                    Poll::Ready(Ok(mut connection)) => {
                        connection.seat = Some(self.census.seat(listener.name()));
                        self.complained.store(false, Ordering::Relaxed);
                        self.first.store(first + step + 1, Ordering::Relaxed);
                        if let Some(job) = lobby::arrive(self, Box::new(connection)) {
                            return Some(job);
                        }
                    }
                    Poll::Ready(Err(error)) => {
                        self.catch_breath(listener, &error);
                        return None;
                    }
                }
            }
        }
        None
    }

    /// Accepts some of those who may have connected before the worker was told to stop: it may be the only one there is for
    /// them. True if that brought a whole request.
    fn accept_waiting(self: &Arc<Self>) -> bool {
        let mut batch = 0;
        while self.emptying.load(Ordering::Relaxed) {
            let Some(listener) = self.listeners.iter().find(|listener| listener.is_due()) else {
                self.emptying.store(false, Ordering::Relaxed);
                break;
            };
            if self.out_of_breath.load(Ordering::Relaxed) || self.census.is_seated() {
                break;
            }
            match listener.accept_due(&self.plan) {
                Ok(Some(mut connection)) => {
                    connection.seat = Some(self.census.seat(listener.name()));
                    if let Some(job) = lobby::arrive(self, Box::new(connection)) {
                        lock(&self.ready).push_back(job);
                        batch += 1;
                    }
                }
                Ok(None) => {}
                Err(error) => self.catch_breath(listener, &error),
            }
            if batch == BATCH {
                break;
            }
        }
        batch > 0
    }

    fn catch_breath(self: &Arc<Self>, listener: &Listener, error: &std::io::Error) {
        self.out_of_breath.store(true, Ordering::Relaxed);
        if !self.complained.swap(true, Ordering::Relaxed) {
            crate::log::line(format_args!(
                "no connection could be accepted on {}: {error}; trying again in {} ms (more descriptors: ulimit -n)",
                listener.name(),
                BREATH.as_millis()
            ));
        }
        let yard = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(BREATH).await;
            yard.out_of_breath.store(false, Ordering::Relaxed);
            yard.wake_leader();
        });
    }

    /// The connection has had so many requests as it may. Said once: it is in the nature of the setting to happen often.
    pub(crate) fn tell_of_last(&self, connection: &Connection) {
        if !self.told_of_last.swap(true, Ordering::Relaxed) {
            crate::log::line(format_args!(
                "{}: closed after {} requests, as others will be (setting max_requests_per_connection)",
                connection.peer, self.plan.max_requests_per_connection
            ));
        }
    }

    /// Hands a request to whichever thread leads.
    pub(crate) fn push(&self, job: Job) {
        lock(&self.ready).push_back(job);
        self.wake_leader();
    }

    pub(crate) fn wake_leader(&self) {
        self.kept.board.wake_leader();
    }

    /// Counts a connection that the reactor looks after, until the guard is dropped.
    pub(crate) fn look_after(self: &Arc<Self>) -> Care {
        self.tasks.fetch_add(1, Ordering::AcqRel);
        Care { yard: self.clone() }
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// True if who is connected may ask once more, and nobody who comes later.
    pub(crate) fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Acquire)
    }

    /// Accepts nobody who comes later, and [stops](Yard::begin_stop) when nobody is connected any more, or after `most`.
    /// To close at once what a web server keeps would cost the request that it sends on one of the connections in that
    /// moment. To be called inside the reactor.
    pub(crate) fn begin_leave(self: &Arc<Self>, most: Duration) {
        self.leaving.store(true, Ordering::Release);
        let yard = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(most).await;
            yard.begin_stop();
        });
        self.wake_leader();
    }

    /// Told to stop by a signal, and by a second one to do so at once. Nobody else may be there to take over, so those who
    /// are connected have little time for one more request, and those who wait to be accepted are. To be called inside the
    /// reactor.
    pub(crate) fn told_to_stop(self: &Arc<Self>) {
        let since = *lock(&self.stopped_at).get_or_insert_with(Instant::now);
        let again = since.elapsed() > SAME;
        // Who tells a whole group tells this worker before the supervisor has shut its sockets, and after it.
        if !again {
            self.listeners.iter().for_each(|listener| listener.make_due(self.plan.backlog));
            self.emptying.store(true, Ordering::Relaxed);
        }
        if self.kept.is_empty() || again {
            self.begin_stop();
        } else {
            self.begin_leave(HURRY.min(self.plan.stop_timeout));
        }
    }

    /// No new requests: idle connections are closed, and what is under way comes to its end.
    pub(crate) fn begin_stop(&self) {
        lock(&self.stopped_at).get_or_insert_with(Instant::now);
        self.retire();
    }

    /// The same, but what is under way may take as long as it wants.
    pub(crate) fn retire(&self) {
        self.stopping.store(true, Ordering::Release);
        self.stop.notify_waiters();
        self.wake_leader();
    }

    /// True if the worker was told to stop so long ago that it must not wait any longer.
    pub(crate) fn is_overdue(&self, now: Instant) -> bool {
        self.is_stopping()
            && lock(&self.stopped_at).is_some_and(|since| now.duration_since(since) > self.plan.stop_timeout)
    }
}

/// A connection in the reactor's care.
pub(crate) struct Care {
    yard: Arc<Yard>,
}

impl Drop for Care {
    fn drop(&mut self) {
        if self.yard.tasks.fetch_sub(1, Ordering::AcqRel) == 1
            && (self.yard.is_stopping() || self.yard.is_leaving())
        {
            self.yard.wake_leader();
        }
    }
}
