//! When a backend of `janua-cgi` goes, and how: so that no request is lost.

use crate::backend::Backend;
use crate::log;
use crate::yard::Yard;
use janua_backend::{Lock, Memory};
use std::fmt;
use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often it is looked whether it is time to go.
const TICK: Duration = Duration::from_secs(1);

/// How long an app that could not be loaded is answered for. Then another try may be worth its time.
const BROKEN: Duration = Duration::from_secs(4);

/// How long those are still served who had connected before the backend took its socket away.
const LAST_CALL: Duration = Duration::from_secs(1);

/// How long all threads may be busy with the same requests while others wait.
const STUCK: Duration = Duration::from_secs(5);

/// How long the lock is waited for by a process that is about to end anyway.
const AT_END: Duration = Duration::from_secs(1);

/// Why a backend goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// It was told to.
    Told,
    /// Another one has taken its place.
    Replaced,
    /// Nobody has asked for so long.
    Idle(Duration),
    /// So many requests were enough.
    Requests(u64),
    /// It takes so many bytes.
    Memory(u64),
    /// A file was made whose making is a change.
    NewFile,
    /// The settings in the script have changed, and whoever asks looks for a backend with the new ones.
    Settings,
    /// There is no app, and it has said so long enough.
    Broken,
    /// All threads are busy, and somebody has waited for so long. Under plain CGI nobody waits for somebody else's
    /// request, and an app that asks itself would wait for ever.
    Stuck,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Told => f.write_str("told to stop"),
            Why::Replaced => f.write_str("another backend has taken over"),
            Why::Idle(time) => {
                write!(f, "no request for {} s (setting cgi_idle_timeout)", time.as_secs_f64())
            }
            Why::Requests(count) => write!(f, "{count} requests answered (setting cgi_max_requests)"),
            Why::Memory(bytes) => write!(f, "{bytes} bytes of memory in use (setting cgi_max_memory)"),
            Why::NewFile => f.write_str("a watched file has been made (setting cgi_reload)"),
            Why::Settings => {
                f.write_str("other settings stand in the script; the next request starts another backend")
            }
            Why::Stuck => write!(
                f,
                "every thread has been busy for {} s and others wait (setting cgi_threads); they get another backend",
                STUCK.as_secs()
            ),
            Why::Broken => f.write_str("the app could not be loaded; the next request tries again"),
        }
    }
}

/// A backend that is looked after. Ends that when it is dropped, and takes away what the backend is found by.
pub(crate) struct Kept {
    backend: Arc<Backend>,
    thread: Option<JoinHandle<()>>,
}

impl Kept {
    /// Has a thread look after `backend`.
    ///
    /// # Errors
    /// The system refuses a thread.
    pub(crate) fn new(backend: Arc<Backend>, yard: Arc<Yard>) -> io::Result<Self> {
        let keeper = Keeper { backend: backend.clone(), yard, counted: 0 };
        let thread = std::thread::Builder::new().name("janua-keeper".to_owned()).spawn(|| keeper.run())?;
        Ok(Self { backend, thread: Some(thread) })
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.backend.duty().over = true;
        self.backend.news.notify_one();
        if let Some(thread) = self.thread.take() {
            // If it has failed it has said so, and this process ends.
            let _ = thread.join();
        }
    }
}

struct Keeper {
    backend: Arc<Backend>,
    yard: Arc<Yard>,
    /// The number of requests at the last look at the memory.
    counted: u64,
}

impl Keeper {
    fn run(mut self) {
        loop {
            let over = self.wait();
            let why = if over { Some(Why::Told) } else { self.reason() };
            match why {
                Some(why) if self.leave(why) && !over => return self.see_out(),
                Some(_) if over => return,
                Some(_) => {}
                None => {
                    self.backend.publish_news(Duration::ZERO);
                    self.backend.bound_log();
                }
            }
        }
    }

    /// Waits for the next look. True if there is none.
    fn wait(&self) -> bool {
        let quiet = |duty: &mut crate::backend::Duty| !duty.over && !duty.look;
        let duty = self.backend.duty();
        let waited = self.backend.news.wait_timeout_while(duty, TICK, quiet);
        let (mut duty, _) = waited.unwrap_or_else(PoisonError::into_inner);
        duty.look = false;
        duty.over
    }

    /// Why it is time to go, if it is.
    fn reason(&mut self) -> Option<Why> {
        let Backend { plan, requests, broken, .. } = &*self.backend;
        let requests = requests.load(Ordering::Acquire);
        if self.yard.is_stopping() {
            return Some(Why::Told);
        }
        if !self.backend.is_found() {
            return Some(Why::Replaced);
        }
        if broken.get().is_some_and(|since| since.elapsed() >= BROKEN) {
            return Some(Why::Broken);
        }
        if plan.max_requests != 0 && requests >= plan.max_requests {
            return Some(Why::Requests(requests));
        }
        if plan.max_memory != 0 && requests != self.counted {
            self.counted = requests;
            let taken = Memory::own().map_or(0, |memory| memory.taken);
            if taken > plan.max_memory {
                return Some(Why::Memory(taken));
            }
        }
        if self.backend.has_new_file() {
            return Some(Why::NewFile);
        }
        if self.backend.has_other_settings() {
            return Some(Why::Settings);
        }
        if self.backend.socket.has_callers() {
            return (self.backend.stuck() >= STUCK).then_some(Why::Stuck);
        }
        (self.backend.idle() >= plan.idle_timeout).then_some(Why::Idle(plan.idle_timeout))
    }

    /// What is under way may take as long as it wants, but not for nobody: the web server has ended a `janua-cgi` whose
    /// client has left, and under plain CGI that would have been the app's own process.
    fn see_out(&self) {
        let patience = self.yard.plan.stop_timeout;
        let mut since = None;
        while !self.wait() {
            self.backend.bound_log();
            since = self.backend.is_abandoned().then(|| since.unwrap_or_else(Instant::now));
            if since.is_some_and(|since| since.elapsed() >= patience) {
                log::line(format_args!(
                    "nobody has waited for the requests in flight for {} s; they are cut off (setting stop_timeout)",
                    patience.as_secs_f64()
                ));
                crate::system::end_now(1);
            }
        }
    }

    /// Takes the backend out of everybody's sight and lets it finish what it has. False if that has to wait, because
    /// somebody else is looking after the same files.
    fn leave(&self, why: Why) -> bool {
        let Backend { files, identity, socket, .. } = &*self.backend;
        if why != Why::Replaced {
            let patience = if why == Why::Told { AT_END } else { Duration::ZERO };
            match (Lock::wait(files, patience), identity) {
                (Ok(Some(lock)), Some(own)) if files.remove_socket(*own) => lock.discard(files),
                (Ok(Some(_)), _) => {}
                (Ok(None), _) if why != Why::Told => return false,
                // Then the folder is gone, or who has the lock finds a socket on which nobody listens.
                _ => {}
            }
        }
        log::line(format_args!("leaving: {why}"));
        if matches!(why, Why::Requests(_) | Why::Memory(_) | Why::Idle(_) | Why::Settings) {
            // Nobody can connect any more. Who did is served here, sooner than by a backend that has to load the app.
            let end = Instant::now() + LAST_CALL;
            while socket.has_callers() && Instant::now() < end && !self.yard.is_stopping() {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        if why != Why::Told {
            self.yard.retire();
        }
        // They have been promised nothing, so `janua-cgi` asks another backend.
        socket.turn_away();
        true
    }
}
