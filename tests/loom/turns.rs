//! What `src/serve/turns.rs` has, made of loom's parts.

use loom::sync as parts;
use std::ops::{Deref, DerefMut};
use std::sync::{LockResult, PoisonError};
use std::time::Duration;

/// One look at nothing, so that the model gets there.
pub(crate) const IDLE_TICKS: u32 = 1;

/// One look at a busy app.
pub(crate) const ALONE_TICKS: u32 = 1;

/// One call after one that took long.
pub(crate) const WARY: u32 = 1;

/// A mutex whose guard knows it, so that time can pass without the lock.
#[derive(Debug)]
pub(crate) struct Mutex<T>(parts::Mutex<T>);

/// The lock of a [`Mutex`].
#[derive(Debug)]
pub(crate) struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    guard: parts::MutexGuard<'a, T>,
}

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(parts::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        let guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(MutexGuard { mutex: self, guard })
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

/// A condition variable with time limits that run out at once: whoever waits so may find that nothing happened.
#[derive(Debug)]
pub(crate) struct Condvar(parts::Condvar);

impl Condvar {
    pub(crate) fn new() -> Self {
        Self(parts::Condvar::new())
    }

    pub(crate) fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        let MutexGuard { mutex, guard } = guard;
        let guard = self.0.wait(guard).unwrap_or_else(PoisonError::into_inner);
        Ok(MutexGuard { mutex, guard })
    }

    pub(crate) fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        _: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, bool)> {
        let MutexGuard { mutex, guard } = guard;
        drop(guard);
        loom::thread::yield_now();
        mutex.lock().map(|guard| (guard, true)).map_err(|_| unreachable!())
    }

    pub(crate) fn notify_one(&self) {
        self.0.notify_one();
    }
}

/// The recall of the watch. In the model it tends the sockets for no time at all, so that nobody waits for this.
#[derive(Debug)]
pub(crate) struct Notify;

impl Notify {
    pub(crate) fn new() -> Self {
        Self
    }

    pub(crate) fn notify_one(&self) {}
}
