//! The one place outside the Python bridge that needs `unsafe`.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A descriptor in the reactor's sight.
pub(crate) type Watched = AsyncFd<Arc<OwnedFd>>;

/// Puts a descriptor in the reactor's sight. To be called inside the reactor.
///
/// # Errors
/// The reactor can watch no more, or not this kind of file.
pub(crate) fn watch(descriptor: Arc<OwnedFd>, interest: Interest) -> io::Result<Watched> {
    // SAFETY: the descriptor must stay open and the same while it is registered; the `Arc` inside sees to both.
    #[allow(unsafe_code)]
    let watched = unsafe { AsyncFd::register_with_interest(descriptor, interest) };
    Ok(watched?)
}

/// A descriptor of this process's own for one that it was started with, by number.
///
/// # Errors
/// No such descriptor is open.
pub(crate) fn duplicate(number: i32) -> io::Result<OwnedFd> {
    if number < 0 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: the descriptor is borrowed only for the call that duplicates it, and that call fails if it is not open.
    #[allow(unsafe_code)]
    let inherited = unsafe { BorrowedFd::borrow_raw(number) };
    Ok(rustix::io::fcntl_dupfd_cloexec(inherited, 3)?)
}

/// True if SIGPIPE is ignored, as Python sees to at its start, and no app has changed that.
pub(crate) fn ignores_sigpipe() -> bool {
    use nix::libc::{SIG_IGN, SIGPIPE, sigaction};
    let mut action = MaybeUninit::<sigaction>::uninit();
    // SAFETY: without a new action the call only fills in the present one, and it is read only if that was done.
    #[allow(unsafe_code)]
    unsafe {
        sigaction(SIGPIPE, std::ptr::null(), action.as_mut_ptr()) == 0
            && action.assume_init().sa_sigaction == SIG_IGN
    }
}

/// Has SIGHUP not end this process. What it starts is not concerned: a handler is not inherited, as ignoring would be.
pub(crate) fn outlive_hangup() {
    use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
    extern "C" fn nothing(_: nix::libc::c_int) {}
    let action = SigAction::new(SigHandler::Handler(nothing), SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: to do nothing is allowed at any moment. It can only fail for a signal that cannot be caught.
    #[allow(unsafe_code)]
    let _ = unsafe { sigaction(Signal::SIGHUP, &action) };
}

/// Ends this process without running anything else in it: neither exit handlers of libraries, which other threads may
/// still be using, nor Python's.
pub(crate) fn end_now(status: i32) -> ! {
    crate::log::settle();
    // SAFETY: the call takes any number and does not return.
    #[allow(unsafe_code)]
    unsafe {
        nix::libc::_exit(status)
    }
}

/// Gives the system back what the C library keeps of memory that is free, page by page. False where it has no such call.
pub(crate) fn trim_heap() -> bool {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: the call may be made by any thread at any time; it takes the allocator's own locks.
        #[allow(unsafe_code)]
        unsafe {
            nix::libc::malloc_trim(0);
        }
    }
    cfg!(all(target_os = "linux", target_env = "gnu"))
}

/// Has the C library make no more than so many parts of its heap, at least one, for all threads of this process together.
/// It goes on using those that it has made already. Nothing happens where it knows no such parts.
pub(crate) fn share_heap(parts: i32) {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: it sets one number, which other threads only read; the rest it does under the allocator's own lock.
        #[allow(unsafe_code)]
        unsafe {
            nix::libc::mallopt(nix::libc::M_ARENA_MAX, parts);
        }
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    let _ = parts;
}
