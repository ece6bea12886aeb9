//! One process that serves: an app, its threads and the signals that stop it.

use crate::backend::Backend;
use crate::bound::Bound;
use crate::crew::{Crew, Target};
use crate::listener::Listener;
use crate::log;
use crate::yard::{LEAVE, Yard};
use crate::{Plan, Source, heap, system};
use janua_app::{Mode, Thread, attached, default_signals};
use janua_environ::Settings;
use std::io;
use std::os::fd::OwnedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tokio::io::Interest;
use tokio::signal::unix::{SignalKind, signal};

/// What a worker is told by whoever starts it.
pub(crate) struct Orders<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) environ: &'a Settings,
    pub(crate) sockets: &'a [Bound],
    /// Its end of file says that the supervisor has died.
    pub(crate) lifeline: Option<OwnedFd>,
    /// A byte says that another worker serves in the place of this one.
    pub(crate) dismissed: Option<OwnedFd>,
    /// Whether other processes run the same app.
    pub(crate) multiprocess: bool,
    /// A web server started the process and waits for an answer, even if there is no app to give it.
    pub(crate) started_by_server: bool,
    /// Whoever started it is `janua-cgi`.
    pub(crate) backend: Option<&'a Arc<Backend>>,
}

/// Loads the app and serves until told to stop. `ready` is called when requests can be answered.
/// Gives the process's exit status.
pub(crate) fn run(thread: Thread<'_>, orders: &Orders<'_>, source: &Source, ready: impl FnOnce()) -> i32 {
    heap::share();
    let mode =
        Mode { multithread: orders.plan.threads > 1, multiprocess: orders.multiprocess, run_once: false };
    default_signals(thread, &["SIGINT"]);
    if orders.plan.explain {
        return serve(thread, orders, Target::Explanation, ready);
    }
    match source.load(thread, mode) {
        Ok(app) => {
            if let Some(backend) = orders.backend {
                backend.loaded(thread);
            }
            serve(thread, orders, Target::App(app), ready)
        }
        Err(error) => {
            log::line(&error);
            if let Some(backend) = orders.backend {
                backend.broken(thread, error.files(), &error.to_string());
            }
            if orders.started_by_server {
                refuse(thread, orders, &format!("{error}\n"));
            }
            error.exit_status()
        }
    }
}

/// Answers the requests that are due with an error and ends: for a process that a web server started, whose log and
/// whose clients are to see why.
pub(crate) fn refuse(thread: Thread<'_>, orders: &Orders<'_>, why: &str) {
    serve(thread, orders, Target::Broken(why.to_owned()), || {});
}

fn serve(thread: Thread<'_>, orders: &Orders<'_>, target: Target, ready: impl FnOnce()) -> i32 {
    log::serving();
    let served = match start(orders, target) {
        Ok(crew) => {
            let crew = Arc::new(crew);
            ready();
            let kept = orders.backend.map(|backend| backend.keep(&crew.yard)).transpose();
            kept.and_then(|kept| {
                let manned = man(thread, &crew, orders.plan.threads);
                // The keeper is waited for, and may itself wait for somebody: what Python does meanwhile goes on.
                thread.away(|| drop(kept));
                manned
            })
        }
        Err(error) => Err(error),
    };
    let status = match served {
        Ok(()) => 0,
        Err(error) => {
            log::line(format_args!("the worker cannot start: {error}"));
            1
        }
    };
    thread.away(log::settle);
    status
}

fn start(orders: &Orders<'_>, target: Target) -> io::Result<Crew> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let inside = runtime.enter();
    for bound in orders.sockets {
        bound.listen(orders.plan.backlog)?;
    }
    let listeners = orders.sockets.iter().map(Listener::new).collect::<io::Result<_>>()?;
    let yard = Arc::new(Yard::new(Arc::new(orders.plan.clone()), listeners));
    for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
        let mut signals = signal(kind)?;
        let yard = yard.clone();
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                yard.told_to_stop();
            }
        });
    }
    if orders.lifeline.is_some() {
        // A terminal tells all of its processes that it hangs up, some managers a whole group: the supervisor decides.
        let mut signals = signal(SignalKind::hangup())?;
        tokio::spawn(async move { while signals.recv().await.is_some() {} });
    }
    if let Some(lifeline) = orders.lifeline.as_ref().map(OwnedFd::try_clone).transpose()? {
        let lifeline = system::watch(Arc::new(lifeline), Interest::READABLE)?;
        let yard = yard.clone();
        tokio::spawn(async move {
            let gone = lifeline.readable().await.is_ok();
            if gone {
                log::line("the supervisor has died; stopping");
            }
            yard.begin_stop();
        });
    }
    if let Some(dismissed) = orders.dismissed.as_ref().map(OwnedFd::try_clone).transpose()? {
        let dismissed = system::watch(Arc::new(dismissed), Interest::READABLE)?;
        let yard = yard.clone();
        tokio::spawn(async move {
            // Without a byte it is the end of the supervisor, of which the lifeline tells.
            if dismissed
                .readable()
                .await
                .is_ok_and(|_| rustix::io::read(dismissed.get_ref(), &mut [0; 1]) == Ok(1))
            {
                yard.begin_leave(LEAVE);
            }
        });
    }
    drop(inside);
    Ok(Crew::new(runtime, yard, target, orders.environ.clone(), orders.backend.cloned()))
}

/// Lets the calling thread and as many more as are asked for serve until all are done.
fn man(thread: Thread<'_>, crew: &Arc<Crew>, threads: usize) -> io::Result<()> {
    std::thread::scope(|scope| {
        let named = |name: String| std::thread::Builder::new().name(name);
        let watch = named("janua-watch".to_owned()).spawn_scoped(scope, || crew.watch())?;
        let flush = || or_die(|| crew.flush());
        if let Err(error) = named("janua-flush".to_owned()).spawn_scoped(scope, flush) {
            log::line(format_args!("every block is written by itself; no thread could be started: {error}"));
        }
        let mut others = Vec::new();
        for me in 1..threads {
            let serve = move || attached(|thread| or_die(|| crew.serve(thread, me)));
            match named(format!("janua-{me}")).spawn_scoped(scope, serve) {
                Ok(handle) => others.push(handle),
                Err(error) => {
                    log::line(format_args!("only {me} of {threads} threads could be started: {error}"));
                    break;
                }
            }
        }
        or_die(|| crew.serve(thread, 0));
        thread.away(|| {
            // None of them can panic: `or_die` sees to that.
            others.into_iter().for_each(|other| drop(other.join()));
            crew.end();
            drop(watch.join());
        });
        Ok(())
    })
}

/// A thread that panics outside a request would leave a worker that lives and serves nobody, or keeps blocks back: it
/// takes the worker along, and the supervisor starts another.
fn or_die(work: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(work)).is_err() {
        log::line("a fault in janua itself; this worker ends and another takes its place");
        system::end_now(70);
    }
}
