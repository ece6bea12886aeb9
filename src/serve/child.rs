//! A worker as its supervisor sees it.

use crate::log;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process, waitpid};
use std::os::fd::OwnedFd;
use std::time::Instant;

/// A process that serves, or is about to.
pub(crate) struct Child {
    pub(crate) pid: Pid,
    pub(crate) started: Instant,
    /// Readable, with a byte, once the worker answers requests.
    pub(crate) ready: Option<OwnedFd>,
    /// A byte written to the second says that another serves in its place. The first, to read from, is held as well, so that
    /// writing does not fail, nor raise SIGPIPE, when the worker is gone.
    pub(crate) dismiss: (OwnedFd, OwnedFd),
}

impl Child {
    /// True, once, when the worker has said that it answers requests.
    pub(crate) fn has_come_up(&mut self) -> bool {
        let Some(ready) = &self.ready else { return false };
        let mut fds = [PollFd::new(ready, PollFlags::IN)];
        if poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).unwrap_or(0) == 0 {
            return false;
        }
        // Without a byte it has ended.
        let said = rustix::io::read(ready, &mut [0; 1]).unwrap_or(0);
        self.ready = None;
        said > 0
    }

    /// Tells it that another serves in its place. No signal says that: those are the app's, and others send them too.
    pub(crate) fn dismiss(&self) {
        let _ = rustix::io::write(&self.dismiss.1, b"d");
    }

    /// How it has ended, as far as anybody knows; `None` if it has not.
    pub(crate) fn ended(&self) -> Option<Option<WaitStatus>> {
        match waitpid(Some(self.pid), WaitOptions::NOHANG) {
            Ok(Some((_, status))) => Some(Some(status)),
            // Somebody else in this process has taken leave of it.
            Err(Errno::CHILD) => Some(None),
            _ => None,
        }
    }

    /// Ends it, whatever it does.
    pub(crate) fn kill(&self) {
        log::line(format_args!("worker {} has not ended and is killed", self.pid.as_raw_nonzero()));
        let _ = kill_process(self.pid, Signal::KILL);
    }
}

/// How a worker has ended, in words.
pub(crate) fn end_of(status: Option<WaitStatus>) -> String {
    let signal = status.and_then(|status| status.terminating_signal());
    let code = status.and_then(|status| status.exit_status());
    match (signal, code) {
        (Some(signal), _) => format!("was ended by signal {signal}"),
        (None, Some(code)) => format!("ended with status {code}"),
        _ => "ended".to_owned(),
    }
}
