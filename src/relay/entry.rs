//! The first thing that runs.
//!
//! Rust's own preparations (a guard for the stack, handlers for faults) cost a tenth of this process's whole life, and a
//! process is started for every request. Two of them are needed here as well, and done here.
//!
//! Without these preparations only glibc gives the arguments to `std::env`, so elsewhere they stay.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::stdio::{stderr, stdin, stdout};
use std::os::fd::IntoRawFd;

/// What the C library calls.
#[cfg(all(target_env = "gnu", not(test)))]
// A second function of this name would be an error when linking.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
extern "C" fn main() -> i32 {
    // SAFETY: no handler is installed, and no other thread exists that could be surprised.
    let ignored = unsafe {
        let ignore = nix::sys::signal::SigHandler::SigIgn;
        // A web server that left is noticed where its pipe is written to.
        nix::sys::signal::signal(nix::sys::signal::Signal::SIGPIPE, ignore)
    };
    if ignored.is_err() || !open_standard() {
        return 1;
    }
    crate::run()
}

/// Sees to it that descriptors 0, 1 and 2 are open: otherwise the next socket would be taken for one of them.
#[cfg_attr(not(all(target_env = "gnu", not(test))), allow(dead_code))]
fn open_standard() -> bool {
    let mut fds = [stdin(), stdout(), stderr()].map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::empty()));
    if poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_err() {
        return false;
    }
    // The lowest number that is free is given out first, so those that are missing are made good in their order.
    fds.iter().filter(|fd| fd.revents().contains(PollFlags::NVAL)).all(|_| {
        rustix::fs::open("/dev/null", OFlags::RDWR, Mode::empty()).map(IntoRawFd::into_raw_fd).is_ok()
    })
}
