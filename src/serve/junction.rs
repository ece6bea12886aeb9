//! The thread that looks after connections with several requests open.
//!
//! Such a connection must go on whatever the app does: the leader cannot see to that, who calls the app himself and for
//! a while leaves everything else alone. The thread is started when the first web server asks for it, and needs neither
//! Python's lock nor anything else that an app can hold.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::runtime::{Builder, Handle};
use tokio::sync::Notify;

/// A reactor on a thread of its own, as soon as there is something for it.
#[derive(Debug, Default)]
pub(crate) struct Junction {
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    reactor: Handle,
    over: Arc<Notify>,
    thread: JoinHandle<()>,
}

impl Junction {
    /// Runs `work` on the thread.
    ///
    /// # Errors
    /// The thread or its reactor cannot be made.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let running = match &mut *running {
            Some(running) => running,
            none => none.insert(start()?),
        };
        running.reactor.spawn(work);
        Ok(())
    }

    /// Ends the thread, if there is one.
    pub(crate) fn end(&self) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Running { over, thread, .. }) = running {
            over.notify_one();
            // What the thread had to do is done; if it panicked, that has been said.
            drop(thread.join());
        }
    }
}

fn start() -> io::Result<Running> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (reactor, over) = (runtime.handle().clone(), Arc::new(Notify::new()));
    let told = over.clone();
    let thread = std::thread::Builder::new()
        .name("janua-junction".to_owned())
        .spawn(move || runtime.block_on(told.notified()))?;
    Ok(Running { reactor, over, thread })
}
