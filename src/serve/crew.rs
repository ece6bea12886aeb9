//! The threads of a worker: each calls the app, and one of them at a time waits for requests.

use crate::backend::Backend;
use crate::carrier::Carrier;
use crate::connection::Connection;
use crate::flusher::Flusher;
use crate::heap::Heap;
use crate::kept::Sweeper;
use crate::lead::Lead;
use crate::lobby;
use crate::lock::{Doing, LONG, Lock};
use crate::warn::Warned;
use crate::yard::{Job, Yard};
use crate::{explain, log, refusal};
use janua_app::{App, Exchange, Thread};
use janua_environ::Settings;
use janua_vocabulary::Request;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::sync::Notify;

/// What a worker answers with.
pub(crate) enum Target {
    /// The app.
    App(App),
    /// The app could not be loaded. Each request is told so, and the text goes to the server's log.
    Broken(String),
    /// No app: each request is told what becomes of it.
    Explanation,
}

/// How long the watch tends the sockets before it looks around again.
const TENDING: Duration = Duration::from_millis(200);

pub(crate) struct Crew {
    pub(crate) runtime: Runtime,
    pub(crate) yard: Arc<Yard>,
    pub(crate) target: Target,
    pub(crate) environ: Settings,
    /// If this is one of `janua-cgi`'s.
    pub(crate) backend: Option<Arc<Backend>>,
    warned: Warned,
    lead: Lead,
    flusher: Arc<Flusher>,
    lock: Lock,
}

impl Crew {
    pub(crate) fn new(
        runtime: Runtime,
        yard: Arc<Yard>,
        target: Target,
        environ: Settings,
        backend: Option<Arc<Backend>>,
    ) -> Self {
        let (warned, flusher) = (Warned::default(), Arc::default());
        let lead = Lead::new(yard.plan.threads);
        let lock = Lock::new(yard.plan.threads);
        Self { runtime, yard, target, environ, backend, warned, lead, flusher, lock }
    }

    /// Serves requests on the calling thread, number `me`, until the worker stops.
    ///
    /// Python's lock is held only while Python runs: writing an answer, closing, accepting and reading the next
    /// request happen in one stretch without it.
    pub(crate) fn serve(&self, thread: Thread<'_>, me: usize) {
        let mut answered = None;
        let next = |answered| {
            self.lock.mark(me, Doing::Away);
            let job = self.next(me, answered);
            self.lock.mark(me, Doing::Wanting);
            job
        };
        while let Some(job) = thread.away(|| next(answered.take())) {
            self.lock.mark(me, Doing::Calling);
            let Job { connection, request } = job;
            answered = self.handle(thread, connection, &request);
            if self.lock.was_suspected(me) {
                thread.away(|| suspect(&request));
            }
        }
        self.lock.mark(me, Doing::Away);
    }

    /// Looks after what the last request left, and finds the next.
    fn next(&self, me: usize, answered: Option<Box<Connection>>) -> Option<Job> {
        let mut departure = answered.and_then(|connection| lobby::depart(&self.yard, connection));
        if !self.lead.resume(me) {
            if let Some(left) = departure.take() {
                let _inside = self.runtime.enter();
                left.begin(&self.yard);
            }
            self.lead.take(me);
        }
        let job = self.runtime.block_on(async {
            if let Some(left) = departure {
                left.begin(&self.yard);
            }
            std::future::poll_fn(|cx| self.yard.poll_job(cx)).await
        });
        match job {
            Some(_) => self.lead.calling(me),
            None => self.lead.leave(),
        }
        job
    }

    /// Answers one request. Gives the connection back if there is anything left to do with it.
    fn handle(
        &self,
        thread: Thread<'_>,
        mut connection: Box<Connection>,
        request: &Request,
    ) -> Option<Box<Connection>> {
        if connection.is_given_up() {
            return refusal::end_given_up(connection);
        }
        let protocol = connection.codec.protocol();
        let method = request.params.get(b"REQUEST_METHOD").unwrap_or_default();
        if matches!(self.target, Target::Explanation) {
            explain::answer(&mut connection, request, &self.environ);
            return Some(connection);
        }
        let environ = match self.warned.build(&request.params, protocol, &self.environ) {
            Ok(environ) => environ,
            Err(refusal) => {
                let status = refusal.status();
                let line = format!("{}: request refused with {status}: {refusal}", connection.peer);
                thread.away(|| log::line(line));
                refusal::answer(&mut connection, method, status);
                return Some(connection);
            }
        };
        let plan = &self.yard.plan;
        if refusal::refuse_too_long(&mut connection, method, environ.body, plan) {
            return Some(connection);
        }
        let flusher = Some(self.flusher.clone());
        let underway = self.backend.as_ref().map(|backend| backend.request(connection.link.socket()));
        let carrier = Carrier::new(connection, environ.body, plan, flusher);
        match &self.target {
            Target::App(app) => {
                let exchange: Arc<dyn Exchange> = carrier.clone();
                if catch_unwind(AssertUnwindSafe(|| app.call(thread, &environ, exchange))).is_err() {
                    // The panic's own message is on stderr already.
                    log::line("a fault in janua itself; this worker stops and another takes its place");
                    carrier.truncate();
                    self.yard.begin_stop();
                }
                if let Some(underway) = underway {
                    underway.end(thread);
                }
            }
            Target::Broken(text) => {
                let due = carrier.log(text.as_bytes());
                thread.away(|| carrier.write_log(&due));
                let mut connection = carrier.take()?;
                refusal::answer(&mut connection, method, 500);
                // A backend's keeper knows when.
                if self.backend.is_none() {
                    self.yard.begin_stop();
                }
                return Some(connection);
            }
            // Answered above, also where an app would not have been asked.
            Target::Explanation => {}
        }
        carrier.take()
    }

    /// The watch's work, on a thread that does not know Python.
    pub(crate) fn watch(&self) {
        let tend = |recall: &Notify| {
            // Recalled or not, what matters is that the time is over.
            let _ = self.runtime.block_on(async { tokio::time::timeout(TENDING, recall.notified()).await });
        };
        let lookout = RefCell::new(self.lock.lookout(Instant::now()));
        let heap = RefCell::new(Heap::new(Instant::now()));
        let sweeper = RefCell::new(Sweeper::new(self.yard.plan.idle_timeout));
        let expired = |now: Instant| {
            let overdue = self.yard.is_overdue(now);
            if overdue {
                log::line(format_args!(
                    "requests in flight did not end within {} s and are cut off (setting stop_timeout)",
                    self.yard.plan.stop_timeout.as_secs()
                ));
                // The threads that are stuck in the app cannot be ended one by one.
                crate::system::end_now(1);
            }
            sweeper.borrow_mut().look(now, &self.yard.kept);
            if lookout.borrow_mut().look(now) {
                log::line(format_args!(
                    "Python's lock has not been free for {} s: something other than Python code keeps it, and all \
                     threads of this worker wait",
                    LONG.as_secs()
                ));
            }
            heap.borrow_mut().look(now);
            overdue
        };
        self.lead.watch(tend, expired);
    }

    /// The flusher's work, on a thread that does not know Python either.
    pub(crate) fn flush(&self) {
        self.flusher.work();
    }

    /// Ends the watch, the flusher and the junction.
    pub(crate) fn end(&self) {
        self.lead.end();
        self.flusher.end();
        self.yard.junction.end();
    }
}

/// Says which request was being answered while others waited for Python's lock. Of its address only the path: what is
/// in a query is nobody's business.
fn suspect(request: &Request) {
    let param = |name: &[u8]| request.params.get(name).unwrap_or_default();
    let target = param(b"REQUEST_URI");
    let path = target.split(|byte| *byte == b'?').next().unwrap_or_default();
    log::line(format_args!(
        "{} {} was with the app while Python's lock was not free",
        param(b"REQUEST_METHOD").escape_ascii(),
        path.escape_ascii()
    ));
}
