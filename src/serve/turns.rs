//! What the [`lead`](crate::lead) waits with and how long, in a place of its own: `tests/loom` puts other things here
//! and tries every order in which threads can meet.

pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};
pub(crate) use tokio::sync::Notify;

/// After so many looks at nothing the watch sleeps until it is called.
pub(crate) const IDLE_TICKS: u32 = 200;

/// How long the app may keep every thread before the watch takes care of the sockets, in ticks.
pub(crate) const ALONE_TICKS: u32 = 100;

/// After a call that took long, for so many calls the lead is given up before the app is called. To give it up costs a
/// request that takes no time a wake-up, so there must not be many such requests for one that takes long.
pub(crate) const WARY: u32 = 16;
