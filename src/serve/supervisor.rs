//! The process that keeps workers running: it starts them, replaces those that die and stops them.

use crate::listener::{self, Bound, ListenError};
use crate::worker::{self, Orders};
use crate::{Address, Plan, Source, log};
use janua_app::{Thread, default_signals, finish_process, fork};
use janua_environ::Settings;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, WaitOptions, kill_process, waitpid};
use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// The first pause before a worker that died is replaced; it doubles with each death in a row.
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(30);

/// A worker that has lived so long has not failed at its start: the pause begins anew.
const SETTLED: Duration = Duration::from_secs(30);

/// Two signals within this time are one.
const SAME: Duration = Duration::from_millis(500);

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
    worker: Option<Worker>,
    delay: Duration,
    /// When an empty slot is filled again.
    due: Instant,
}

struct Worker {
    pid: Pid,
    started: Instant,
    /// Readable, with a byte, once the worker answers requests.
    ready: Option<OwnedFd>,
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
    announced: bool,
    /// A web server started this process and waits for answers, whatever is wrong.
    started_by_server: bool,
    /// Set once the service was told to stop: when the workers are to be killed.
    stopping: Option<Instant>,
    /// When it was first told.
    told_at: Option<Instant>,
    status: i32,
}

/// Serves `source` as planned until SIGTERM or SIGINT. Gives the process's exit status.
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
        match listener::bind(listen.protocol, &listen.address, &plan.access) {
            Ok(bound) => sockets.extend(bound),
            Err(error) => {
                sockets.iter().for_each(Bound::remove);
                return Err(error.into());
            }
        }
    }
    default_signals(thread, &["SIGCHLD"]);
    let mask = SigSet::from_iter([Signal::SIGTERM, Signal::SIGINT, Signal::SIGCHLD]);
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
        announced: false,
        started_by_server: plan.listen.iter().all(|listen| listen.address == Address::Fd(0)),
        stopping: None,
        told_at: None,
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
            } else if self.slots.iter().all(|slot| slot.worker.is_none()) {
                return self.status;
            }
            thread.away(|| self.wait());
            self.take_signals();
            self.take_news();
            self.reap();
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
            let worker = self.spawn(thread, mask);
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

    fn spawn(&mut self, thread: Thread<'_>, mask: &SigSet) -> Result<Worker, String> {
        let (ready, tell) = pipe_with(PipeFlags::CLOEXEC).map_err(|error| error.to_string())?;
        match fork(thread)? {
            Some(pid) => {
                let pid = Pid::from_raw(pid).ok_or("the system gave no process id")?;
                Ok(Worker { pid, started: Instant::now(), ready: Some(ready) })
            }
            None => {
                drop(ready);
                self.become_worker(thread, mask, tell)
            }
        }
    }

    /// The rest of a worker's life. What belongs to the supervisor is not touched again.
    fn become_worker(&mut self, thread: Thread<'_>, mask: &SigSet, tell: OwnedFd) -> ! {
        let _ = mask.thread_unblock();
        self.lifeline_end = None;
        let orders = Orders {
            plan: self.plan,
            environ: self.environ,
            sockets: &self.sockets,
            lifeline: self.lifeline.try_clone().ok(),
            multiprocess: self.plan.workers > 1,
            started_by_server: self.started_by_server,
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
        let next = empty.map(|slot| slot.due).chain(self.stopping).min();
        let timeout = next.map(|at| at.saturating_duration_since(now) + Duration::from_millis(1));
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        let news = self.slots.iter().filter_map(|slot| slot.worker.as_ref()?.ready.as_ref());
        let mut fds = vec![PollFd::new(&self.signals, PollFlags::IN)];
        fds.extend(news.map(|ready| PollFd::new(ready, PollFlags::IN)));
        // Whatever woke us is looked at next; an interruption is a reason to look as well.
        let _ = poll(&mut fds, timeout.as_ref());
    }

    fn take_signals(&mut self) {
        while let Ok(Some(signal)) = self.signals.read_signal() {
            if signal.ssi_signo != Signal::SIGCHLD as u32 {
                self.told_to_stop();
            }
        }
    }

    fn told_to_stop(&mut self) {
        match self.told_at {
            None => {
                self.told_at = Some(Instant::now());
                let seconds = self.plan.stop_timeout.as_secs_f64();
                log::line(format_args!(
                    "stopping; requests in flight have up to {seconds} s; once more ends at once"
                ));
                self.stop(0);
            }
            // Some tell a process and its group, which is meant once.
            Some(at) if at.elapsed() < SAME => {}
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
            let Some(ready) = &worker.ready else { continue };
            let mut fds = [PollFd::new(ready, PollFlags::IN)];
            let came = poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).unwrap_or(0) > 0;
            if !came {
                continue;
            }
            let said = rustix::io::read(ready, &mut [0; 1]).unwrap_or(0);
            worker.ready = None;
            if said > 0 && !self.announced {
                self.announced = true;
                let places: Vec<String> = self.sockets.iter().map(Bound::label).collect();
                log::line(format_args!(
                    "{} {}: ready on {}; {} with {}{}; Ctrl-C or SIGTERM stops",
                    env!("CARGO_PKG_NAME").trim_end_matches("-serve"),
                    env!("CARGO_PKG_VERSION"),
                    places.join(", "),
                    count(self.plan.workers, "worker"),
                    count(self.plan.threads, "thread"),
                    if self.plan.workers > 1 { " each" } else { "" },
                ));
            }
        }
    }

    /// Takes leave of the workers that have ended.
    fn reap(&mut self) {
        for index in 0..self.slots.len() {
            let Some(slot) = self.slots.get_mut(index) else { continue };
            let Some(worker) = &slot.worker else { continue };
            let status = match waitpid(Some(worker.pid), WaitOptions::NOHANG) {
                Ok(Some((_, status))) => Some(status),
                // Somebody else in this process has taken leave of it.
                Err(Errno::CHILD) => None,
                _ => continue,
            };
            let pid = worker.pid.as_raw_nonzero();
            let lived = worker.started.elapsed();
            slot.worker = None;
            if self.stopping.is_some() {
                continue;
            }
            let signal = status.and_then(|status| status.terminating_signal());
            let code = status.and_then(|status| status.exit_status());
            let end = match (signal, code) {
                (Some(signal), _) => format!("was ended by signal {signal}"),
                (None, Some(code)) => format!("ended with status {code}"),
                _ => "ended".to_owned(),
            };
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
        self.signal_all(rustix::process::Signal::TERM);
    }

    fn kill_all(&self) {
        for worker in self.slots.iter().filter_map(|slot| slot.worker.as_ref()) {
            log::line(format_args!("worker {} has not ended and is killed", worker.pid.as_raw_nonzero()));
        }
        self.signal_all(rustix::process::Signal::KILL);
    }

    fn signal_all(&self, signal: rustix::process::Signal) {
        for worker in self.slots.iter().filter_map(|slot| slot.worker.as_ref()) {
            // One that has just ended is reaped in a moment.
            let _ = kill_process(worker.pid, signal);
        }
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

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
