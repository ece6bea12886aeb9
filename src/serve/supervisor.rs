//! The process that keeps workers running: it starts them, replaces those that die, reloads and stops them.

use crate::bound::{self, Bound, ListenError};
use crate::child::{Child, end_of};
use crate::renewal::Renewal;
use crate::worker::{self, Orders};
use crate::{Address, Plan, Source, log, system};
use janua_app::{Thread, default_signals, finish_process, fork};
use janua_environ::Settings;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd, siginfo};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, kill_process};
use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// The first pause before a worker that died is replaced; it doubles with each death in a row.
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(30);

/// A worker that has lived so long has not failed at its start: the pause begins anew.
const SETTLED: Duration = Duration::from_secs(30);

/// Two signals within this time are one, unless both come from a terminal: a key is pressed once each time, but who
/// forwards signals may tell a process and its group.
pub(crate) const SAME: Duration = Duration::from_millis(200);

/// What is left to a worker after its own time to stop has passed, before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// Why a service did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A socket could not be made.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The system refused something that every service needs.
    #[error("the service cannot start: {0}")]
    System(#[from] io::Error),
}

/// A place for a worker.
struct Slot {
    worker: Option<Child>,
    delay: Duration,
    /// When an empty slot is filled again.
    due: Instant,
}

struct Supervisor<'a> {
    plan: &'a Plan,
    environ: &'a Settings,
    source: &'a Source,
    sockets: Vec<Bound>,
    signals: SignalFd,
    /// Ends when this process does, so that the workers notice.
    lifeline: OwnedFd,
    /// What keeps it open. Only this process may hold it, else the workers would keep each other from noticing.
    lifeline_end: Option<OwnedFd>,
    slots: Vec<Slot>,
    renewal: Renewal,
    announced: bool,
    /// A web server started this process and waits for answers, whatever is wrong.
    started_by_server: bool,
    /// Set once the service was told to stop: when the workers are to be killed.
    stopping: Option<Instant>,
    /// When it was first told, and whether by a terminal.
    told: Option<(Instant, bool)>,
    status: i32,
}

/// Serves `source` as planned until SIGTERM or SIGINT; SIGHUP has it loaded anew. Gives the process's exit status.
/// To be called on the main thread, before the process has any other.
///
/// # Errors
/// Nothing is listening and nothing was started.
pub fn serve(
    thread: Thread<'_>,
    plan: &Plan,
    environ: &Settings,
    source: &Source,
) -> Result<i32, ServeError> {
    let mut sockets = Vec::new();
    for listen in &plan.listen {
        match bound::bind(listen.protocol, &listen.address, &plan.access) {
            Ok(bound) => sockets.extend(bound),
            Err(error) => {
                sockets.iter().for_each(Bound::remove);
                return Err(error.into());
            }
        }
    }
    default_signals(thread, &["SIGCHLD"]);
    let mask = SigSet::from_iter([Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGCHLD]);
    mask.thread_block().map_err(io::Error::from)?;
    let (lifeline, lifeline_end) = pipe_with(PipeFlags::CLOEXEC).map_err(io::Error::from)?;
    let now = Instant::now();
    let slot = |_| Slot { worker: None, delay: Duration::ZERO, due: now };
    let mut supervisor = Supervisor {
        plan,
        environ,
        source,
        sockets,
        signals: SignalFd::with_flags(&mask, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)
            .map_err(io::Error::from)?,
        lifeline,
        lifeline_end: Some(lifeline_end),
        slots: (0..plan.workers).map(slot).collect(),
        renewal: Renewal::default(),
        announced: false,
        started_by_server: plan.listen.iter().all(|listen| listen.address == Address::Fd(0)),
        stopping: None,
        told: None,
        status: 0,
    };
    let status = supervisor.run(thread, &mask);
    supervisor.sockets.iter().for_each(Bound::remove);
    mask.thread_unblock().map_err(io::Error::from)?;
    Ok(status)
}

impl Supervisor<'_> {
    fn run(&mut self, thread: Thread<'_>, mask: &SigSet) -> i32 {
        loop {
            if self.stopping.is_none() {
                self.fill(thread, mask);
                self.renew(thread, mask);
            } else if self.workers().next().is_none() {
                return self.status;
            }
            thread.away(|| self.wait());
            self.take_signals();
            self.take_news();
            self.reap();
            self.renewal.kill_overdue();
            if self.stopping.is_some_and(|end| Instant::now() >= end) {
                self.kill_all();
                self.stopping = Some(Instant::now() + GRACE);
            }
        }
    }

    /// Starts the workers that are due.
    fn fill(&mut self, thread: Thread<'_>, mask: &SigSet) {
        for index in 0..self.slots.len() {
            // Until one worker has come up there is no telling whether the app can be loaded at all.
            let wanted = self.announced || index == 0;
            let due = |slot: &Slot| slot.worker.is_none() && slot.due <= Instant::now();
            if !wanted || !self.slots.get(index).is_some_and(due) {
                continue;
            }
            let worker = self.spawn(thread, mask, self.started_by_server);
            let Some(slot) = self.slots.get_mut(index) else { continue };
            match worker {
                Ok(worker) => slot.worker = Some(worker),
                Err(error) => {
                    slot.postpone(Duration::ZERO);
                    log::line(format_args!(
                        "no worker could be started: {error}; trying again in {} ms",
                        slot.delay.as_millis()
                    ));
                }
            }
        }
    }

    /// Starts the next worker that is to take over from one of before.
    fn renew(&mut self, thread: Thread<'_>, mask: &SigSet) {
        // Before the first has come up there is nothing that could go on if the app cannot be loaded.
        if !self.announced || !self.renewal.wants_successor() {
            return;
        }
        // Nobody waits for what it has to say if it has no app: the one before it goes on.
        match self.spawn(thread, mask, false) {
            Ok(worker) => self.renewal.started(worker),
            Err(error) => self.renewal.give_up(format_args!("no worker could be started: {error}")),
        }
    }

    /// Starts a worker. Without an app it answers with an error all the same if it is `waited_for`.
    fn spawn(&mut self, thread: Thread<'_>, mask: &SigSet, waited_for: bool) -> Result<Child, String> {
        let pipe = || pipe_with(PipeFlags::CLOEXEC).map_err(|error| error.to_string());
        let ((ready, tell), dismiss) = (pipe()?, pipe()?);
        match fork(thread)? {
            Some(pid) => {
                let pid = Pid::from_raw(pid).ok_or("the system gave no process id")?;
                Ok(Child { pid, started: Instant::now(), ready: Some(ready), dismiss })
            }
            None => {
                drop(ready);
                self.become_worker(thread, mask, tell, dismiss.0, waited_for)
            }
        }
    }

    /// The rest of a worker's life. What belongs to the supervisor is not touched again.
    fn become_worker(
        &mut self,
        thread: Thread<'_>,
        mask: &SigSet,
        tell: OwnedFd,
        dismissed: OwnedFd,
        waited_for: bool,
    ) -> ! {
        // Who tells a whole group means the supervisor, also while an app is being loaded.
        system::outlive_hangup();
        let _ = mask.thread_unblock();
        self.lifeline_end = None;
        let orders = Orders {
            plan: self.plan,
            environ: self.environ,
            sockets: &self.sockets,
            lifeline: self.lifeline.try_clone().ok(),
            dismissed: Some(dismissed),
            multiprocess: self.plan.workers > 1,
            started_by_server: waited_for,
            backend: None,
        };
        let status = worker::run(thread, &orders, self.source, || {
            // If the supervisor is gone, the lifeline says so.
            let _ = rustix::io::write(&tell, b"r");
        });
        finish_process(thread, status)
    }

    /// Waits for a signal, for news of a worker, or for the time to start or kill one.
    fn wait(&self) {
        let now = Instant::now();
        let wanted = if self.announced { self.slots.len() } else { 1 };
        let empty = self.slots.iter().take(wanted);
        let empty = empty.filter(|slot| slot.worker.is_none() && self.stopping.is_none());
        let next = empty.map(|slot| slot.due).chain(self.stopping).chain(self.renewal.next_end()).min();
        let timeout = next.map(|at| at.saturating_duration_since(now) + Duration::from_millis(1));
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        let news = self.workers().filter_map(|worker| worker.ready.as_ref());
        let mut fds = vec![PollFd::new(&self.signals, PollFlags::IN)];
        fds.extend(news.map(|ready| PollFd::new(ready, PollFlags::IN)));
        // Whatever woke us is looked at next; an interruption is a reason to look as well.
        let _ = poll(&mut fds, timeout.as_ref());
    }

    fn take_signals(&mut self) {
        while let Ok(Some(signal)) = self.signals.read_signal() {
            let is = |one: Signal| signal.ssi_signo == one as u32;
            // A terminal that hangs up takes along what was started in it.
            if is(Signal::SIGHUP) && !is_of_terminal(&signal) {
                self.told_to_reload();
            } else if !is(Signal::SIGCHLD) {
                self.told_to_stop(is_of_terminal(&signal));
            }
        }
    }

    fn told_to_reload(&mut self) {
        if self.stopping.is_none() {
            log::line(
                "told to reload (SIGHUP); a new worker takes over from each as soon as it has loaded the app",
            );
            self.renewal.begin();
        }
    }

    fn told_to_stop(&mut self, by_terminal: bool) {
        match self.told {
            None => {
                self.told = Some((Instant::now(), by_terminal));
                let seconds = self.plan.stop_timeout.as_secs_f64();
                log::line(format_args!(
                    "stopping; requests in flight have up to {seconds} s; once more ends at once"
                ));
                self.stop(0);
            }
            Some((at, before)) if at.elapsed() < SAME && !(before && by_terminal) => {}
            Some(_) => {
                log::line("told to stop again; ending at once");
                self.stopping = Some(Instant::now());
            }
        }
    }

    /// Hears which workers have become ready.
    fn take_news(&mut self) {
        for slot in &mut self.slots {
            let Some(worker) = &mut slot.worker else { continue };
            if worker.has_come_up() && !self.announced {
                self.announced = true;
                let places: Vec<String> = self.sockets.iter().map(Bound::label).collect();
                log::line(format_args!(
                    "{} {}: ready on {}; {} with {}{}; Ctrl-C or SIGTERM stops, SIGHUP reloads",
                    env!("CARGO_PKG_NAME").trim_end_matches("-serve"),
                    env!("CARGO_PKG_VERSION"),
                    places.join(", "),
                    count(self.plan.workers, "worker"),
                    count(self.plan.threads, "thread"),
                    if self.plan.workers > 1 { " each" } else { "" },
                ));
            }
        }
        if self.renewal.successor().is_some_and(Child::has_come_up) {
            self.hand_over();
        }
    }

    /// A worker with the new code takes over from one with the old.
    fn hand_over(&mut self) {
        let Some((index, successor)) = self.renewal.came_up(self.slots.len()) else { return };
        let Some(slot) = self.slots.get_mut(index) else { return };
        slot.delay = Duration::ZERO;
        if let Some(old) = slot.worker.replace(successor) {
            self.renewal.retire(old, self.plan.stop_timeout + GRACE);
        }
    }

    /// Takes leave of the workers that have ended.
    fn reap(&mut self) {
        self.renewal.reap(|worker| worker.ended().is_some());
        if let Some(successor) = self.renewal.successor()
            && let Some(status) = successor.ended()
        {
            let pid = successor.pid.as_raw_nonzero();
            self.renewal.give_up(format_args!("worker {pid} {} before it could serve", end_of(status)));
        }
        for index in 0..self.slots.len() {
            let Some(slot) = self.slots.get_mut(index) else { continue };
            let Some(worker) = &slot.worker else { continue };
            let Some(status) = worker.ended() else { continue };
            let pid = worker.pid.as_raw_nonzero();
            let lived = worker.started.elapsed();
            slot.worker = None;
            if self.stopping.is_some() {
                continue;
            }
            let code = status.and_then(|status| status.exit_status());
            let end = end_of(status);
            if !self.announced && code != Some(0) {
                // It never served: what is wrong with the app is wrong with the service.
                if !matches!(code, Some(1 | 2)) {
                    log::line(format_args!("worker {pid} {end} before it could serve"));
                }
                self.stop(code.unwrap_or(1));
                continue;
            }
            slot.postpone(lived);
            log::line(format_args!(
                "worker {pid} {end} after {:.1} s; another starts in {} ms",
                lived.as_secs_f64(),
                slot.delay.as_millis()
            ));
        }
    }

    fn stop(&mut self, status: i32) {
        self.status = status;
        self.stopping = Some(Instant::now() + self.plan.stop_timeout + GRACE);
        self.renewal.stop();
        self.sockets.iter().for_each(Bound::refuse_newcomers);
        self.signal_all(rustix::process::Signal::TERM);
    }

    fn kill_all(&self) {
        self.workers().for_each(Child::kill);
    }

    fn signal_all(&self, signal: rustix::process::Signal) {
        for worker in self.workers() {
            // One that has just ended is reaped in a moment.
            let _ = kill_process(worker.pid, signal);
        }
    }

    fn workers(&self) -> impl Iterator<Item = &Child> {
        self.slots.iter().filter_map(|slot| slot.worker.as_ref()).chain(self.renewal.workers())
    }
}

impl Slot {
    fn postpone(&mut self, lived: Duration) {
        self.delay = match self.delay {
            _ if lived >= SETTLED => FIRST_DELAY,
            Duration::ZERO => FIRST_DELAY,
            delay => (delay * 2).min(LONGEST_DELAY),
        };
        self.due = Instant::now() + self.delay;
    }
}

/// True if no process has sent the signal, as when a key is pressed or the line goes dead.
fn is_of_terminal(signal: &siginfo) -> bool {
    signal.ssi_code == nix::libc::SI_KERNEL
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
