//! A backend of `janua-cgi`: an app that stays loaded between CGI requests, served over FastCGI to one user alone.
//!
//! `janua-cgi` makes the socket, starts this process with it as descriptor 0 and hands each request over. What the
//! files are that both know each other by is explained in the crate `janua_backend`.

use crate::bound::{self, Bound};
use crate::link::Link;
use crate::watched::Watched;
use crate::worker::{self, Orders};
use crate::yard::Yard;
use crate::{Address, BackendPlan, Plan, Source, keeper, log, system};
use janua_app::{Thread, forget_variable, module_files, modules_loaded, print_by_line};
use janua_backend::{BACKEND, Files, Identity, LOG_BYTES, Lock, State, bound_log};
use janua_environ::Settings;
use janua_vocabulary::Protocol;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// How long the lock is waited for before the state of an app that has just been loaded is written.
const AT_START: Duration = Duration::from_secs(1);

/// And how long by a request, after which the keeper will do it.
const IN_REQUEST: Duration = Duration::from_millis(50);

/// What a backend knows of itself.
pub(crate) struct Backend {
    pub(crate) plan: BackendPlan,
    pub(crate) files: Files,
    pub(crate) socket: Bound,
    /// Which file the socket has. `None` if it was gone before this process could look.
    pub(crate) identity: Option<Identity>,
    app: PathBuf,
    started: SystemTime,
    /// Where modules are watched: known without waiting for whoever looks at their files.
    folders: Vec<PathBuf>,
    watched: Mutex<Watched>,
    /// How many modules were loaded when it was last looked which.
    modules: AtomicUsize,
    pub(crate) requests: AtomicU64,
    /// The state that was written last is not all there is to say, besides the number of requests.
    unsaid: AtomicBool,
    said: AtomicU64,
    /// Since when there is nothing but errors to answer with.
    pub(crate) broken: OnceLock<Instant>,
    reason: OnceLock<String>,
    pub(crate) duty: Mutex<Duty>,
    pub(crate) news: Condvar,
}

/// What requests are under way.
#[derive(Debug)]
pub(crate) struct Duty {
    /// Each with its connection.
    requests: Vec<(u64, Option<Arc<OwnedFd>>)>,
    /// How many there have been.
    begun: u64,
    /// When there was none and one began.
    busy_since: SystemTime,
    /// When the last one began or ended.
    moved: Instant,
    /// The process is about to end, for whatever reason.
    pub(crate) over: bool,
    /// The keeper is to look at once.
    pub(crate) look: bool,
}

/// Runs a backend on the socket that is descriptor 0. Gives the exit status.
pub(crate) fn run(
    thread: Thread<'_>,
    plan: &Plan,
    environ: &Settings,
    source: &Source,
    app: &Path,
    prefix: &Path,
) -> i32 {
    let watched = Watched::new(source.file(), &plan.backend.reload);
    // A module has no path to be called by.
    let path = source.file().and_then(|_| std::path::absolute(app).ok());
    let app = path.as_deref().unwrap_or(app);
    begin(thread, plan, environ, app, prefix, watched, |orders| worker::run(thread, orders, source, || {}))
}

/// Tells whoever waits that there is no app, for a few seconds: then it may be worth another try.
pub(crate) fn refuse(thread: Thread<'_>, plan: &Plan, prefix: &Path, why: &str) -> i32 {
    let watched = Watched::new(None, &plan.backend.reload);
    begin(thread, plan, &Settings::default(), Path::new("-"), prefix, watched, |orders| {
        if let Some(backend) = orders.backend {
            backend.broken(thread, &[], why);
        }
        worker::refuse(thread, orders, &format!("{why}\n"));
        2
    })
}

fn begin(
    thread: Thread<'_>,
    plan: &Plan,
    environ: &Settings,
    app: &Path,
    prefix: &Path,
    watched: Watched,
    work: impl FnOnce(&Orders<'_>) -> i32,
) -> i32 {
    forget_variable(thread, BACKEND);
    print_by_line(thread);
    let plan = Plan { threads: plan.backend.threads, workers: 1, ..plan.clone() };
    let backend = match Backend::new(&plan, app, prefix, watched) {
        Ok(backend) => Arc::new(backend),
        Err(error) => {
            log::line(format_args!("the backend cannot start: {error}"));
            return 1;
        }
    };
    let status = work(&Orders {
        plan: &plan,
        environ,
        sockets: std::slice::from_ref(&backend.socket),
        lifeline: None,
        dismissed: None,
        // Another may have taken over while this one finishes what it has.
        multiprocess: true,
        started_by_server: true,
        backend: Some(&backend),
    });
    end_soon(plan.stop_timeout, status);
    status
}

/// Python waits for the app's own threads before it ends. Nobody else would end a backend that is in nobody's sight
/// any more.
fn end_soon(patience: Duration, status: i32) {
    let end = move || {
        std::thread::sleep(patience);
        let seconds = patience.as_secs_f64();
        log::line(format_args!(
            "what the app left running did not end within {seconds} s (setting stop_timeout)"
        ));
        system::end_now(status);
    };
    // Without a thread to see to it the process ends when Python does.
    let _ = std::thread::Builder::new().name("janua-end".to_owned()).spawn(end);
}

impl Backend {
    fn new(plan: &Plan, app: &Path, prefix: &Path, watched: Watched) -> io::Result<Self> {
        let mut sockets =
            bound::bind(Protocol::FastCgi, &Address::Fd(0), &plan.access).map_err(io::Error::other)?;
        let socket = sockets.pop().ok_or(io::ErrorKind::NotFound)?.for_this_user_alone();
        // To listen again makes the system name this process to whoever asks who listens.
        socket.listen(plan.backlog)?;
        // A program that the app starts must not have the socket as its stdin: it would keep it open beyond the end
        // of this process, and whoever connects would wait for nobody.
        rustix::stdio::dup2_stdin(std::fs::File::open("/dev/null")?)?;
        let files = Files::new(prefix);
        Ok(Self {
            identity: files.socket_identity(),
            plan: plan.backend.clone(),
            socket,
            files,
            app: app.to_owned(),
            started: SystemTime::now(),
            folders: watched.folders().to_owned(),
            watched: Mutex::new(watched),
            modules: AtomicUsize::new(0),
            requests: AtomicU64::new(0),
            unsaid: AtomicBool::new(false),
            said: AtomicU64::new(0),
            broken: OnceLock::new(),
            reason: OnceLock::new(),
            duty: Mutex::new(Duty {
                requests: Vec::new(),
                begun: 0,
                busy_since: SystemTime::now(),
                moved: Instant::now(),
                over: false,
                look: false,
            }),
            news: Condvar::new(),
        })
    }

    /// The app has been loaded: says so, and which files it came from.
    pub(crate) fn loaded(&self, thread: Thread<'_>) {
        self.learn(thread, self.started, &[]);
        thread.away(|| self.publish(AT_START));
        self.duty().moved = Instant::now();
    }

    /// The app could not be loaded; `files` are those that the failure leads through, and the last line of `why` is the
    /// one that counts.
    pub(crate) fn broken(&self, thread: Thread<'_>, files: &[PathBuf], why: &str) {
        let mut files = files.to_owned();
        files.retain(|file| self.folders.iter().any(|folder| file.starts_with(folder)));
        // What is missing may be a module that is yet to be written.
        files.extend_from_slice(&self.folders);
        self.learn(thread, self.started, &files);
        let reason = why.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
        let _ = self.reason.set(reason.to_owned());
        let _ = self.broken.set(Instant::now());
        thread.away(|| self.publish(AT_START));
    }

    /// A request begins that came on this connection. What is given ends it.
    pub(crate) fn request(self: &Arc<Self>, connection: Option<Arc<OwnedFd>>) -> Underway {
        let mut duty = self.duty();
        if duty.requests.is_empty() {
            duty.busy_since = SystemTime::now();
        }
        duty.moved = Instant::now();
        duty.begun += 1;
        let number = duty.begun;
        duty.requests.push((number, connection));
        drop(duty);
        Underway { backend: self.clone(), number }
    }

    /// How long there has been no request.
    pub(crate) fn idle(&self) -> Duration {
        let duty = self.duty();
        if duty.requests.is_empty() { duty.moved.elapsed() } else { Duration::ZERO }
    }

    /// How long all threads have been with the requests that they have.
    pub(crate) fn stuck(&self) -> Duration {
        let duty = self.duty();
        if duty.requests.len() >= self.plan.threads { duty.moved.elapsed() } else { Duration::ZERO }
    }

    /// True if there are requests, and nobody waits for the answer of any.
    pub(crate) fn is_abandoned(&self) -> bool {
        let duty = self.duty();
        let gone = |connection: &Option<Arc<OwnedFd>>| {
            connection.as_ref().is_some_and(|socket| Link::Socket(socket.clone()).is_left())
        };
        !duty.requests.is_empty() && duty.requests.iter().all(|(_, connection)| gone(connection))
    }

    /// Looks which files the loaded modules came from, if there are other modules than the last time.
    fn learn(&self, thread: Thread<'_>, since: SystemTime, more: &[PathBuf]) -> bool {
        if self.folders.is_empty() {
            return false;
        }
        let loaded = modules_loaded(thread);
        if self.modules.swap(loaded, Ordering::AcqRel) == loaded && more.is_empty() {
            return false;
        }
        let mut files = module_files(thread, &self.folders);
        files.extend_from_slice(more);
        let news = thread.away(|| self.watched().learn(files, since));
        if news {
            self.unsaid.store(true, Ordering::Release);
        }
        news
    }

    /// Writes the state if there is anything new to say.
    pub(crate) fn publish_news(&self, patience: Duration) {
        let news = self.unsaid.load(Ordering::Acquire)
            || self.requests.load(Ordering::Acquire) != self.said.load(Ordering::Acquire)
            // Something that tidies up may have taken it away.
            || std::fs::symlink_metadata(self.files.state()).is_err();
        if news {
            self.publish(patience);
        }
    }

    /// Writes the state. With the lock held nobody can put another backend in the place of this one meanwhile, whose
    /// state would be overwritten.
    fn publish(&self, patience: Duration) {
        self.unsaid.store(true, Ordering::Release);
        let Ok(Some(_lock)) = Lock::wait(&self.files, patience) else { return };
        if !self.is_found() {
            return;
        }
        self.unsaid.store(false, Ordering::Release);
        let requests = self.requests.load(Ordering::Acquire);
        let state = State {
            pid: i32::try_from(std::process::id()).unwrap_or_default(),
            started: self.started,
            broken: self.broken.get().is_some(),
            reason: self.reason.get().cloned().unwrap_or_default(),
            requests,
            app: self.app.clone(),
            files: self.watched().seen().to_vec(),
        };
        match state.write(&self.files) {
            Ok(()) => self.said.store(requests, Ordering::Release),
            Err(error) => {
                self.unsaid.store(true, Ordering::Release);
                log::line(format_args!("the state cannot be written: {error}"));
            }
        }
    }

    /// Sees to it that what the app prints does not fill the disk.
    pub(crate) fn bound_log(&self) {
        let log = self.files.log();
        if std::fs::symlink_metadata(log).is_ok_and(|found| found.len() > LOG_BYTES)
            && let Ok(Some(_lock)) = Lock::take(&self.files)
            && let Err(error) = bound_log(rustix::fs::CWD, &self.files)
        {
            log::line(format_args!("the log cannot be cut: {error}"));
        }
    }

    /// True if whoever looks for the backend finds this one.
    pub(crate) fn is_found(&self) -> bool {
        self.identity.is_some() && self.files.socket_identity() == self.identity
    }

    /// True if the settings in the script have changed.
    pub(crate) fn has_other_settings(&self) -> bool {
        self.watched().has_other_settings()
    }

    /// True if a file has been made that was named and missing.
    pub(crate) fn has_new_file(&self) -> bool {
        self.watched().has_appeared()
    }

    /// Has the backend looked after until what is given is dropped.
    ///
    /// # Errors
    /// The system refuses a thread.
    pub(crate) fn keep(self: &Arc<Self>, yard: &Arc<Yard>) -> io::Result<keeper::Kept> {
        keeper::Kept::new(self.clone(), yard.clone())
    }

    pub(crate) fn duty(&self) -> MutexGuard<'_, Duty> {
        self.duty.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that the app works on.
pub(crate) struct Underway {
    backend: Arc<Backend>,
    number: u64,
}

impl Underway {
    /// The app is done. Whoever asked learns so only afterwards, and so finds every file that the app has loaded
    /// meanwhile among those that are watched.
    pub(crate) fn end(self, thread: Thread<'_>) {
        let backend = &self.backend;
        // Somewhere in the time in which requests came without a pause, what is loaded now has been loaded.
        let since = backend.duty().busy_since;
        if backend.learn(thread, since, &[]) {
            thread.away(|| backend.publish(IN_REQUEST));
        }
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        let count = self.backend.requests.fetch_add(1, Ordering::AcqRel) + 1;
        let mut duty = self.backend.duty();
        duty.requests.retain(|(number, _)| *number != self.number);
        duty.moved = Instant::now();
        if self.backend.plan.max_requests != 0 && count >= self.backend.plan.max_requests {
            duty.look = true;
            self.backend.news.notify_one();
        }
    }
}
