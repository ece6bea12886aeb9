//! One process that serves: an app, its threads and the signals that stop it.

use crate::crew::{Crew, Target};
use crate::listener::{Bound, Listener};
use crate::log;
use crate::yard::Yard;
use crate::{Plan, Source, system};
use janua_app::{App, LoadError, Mode, Thread, attached};
use janua_environ::Settings;
use std::io;
use std::os::fd::OwnedFd;
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
    /// Whether other processes run the same app.
    pub(crate) multiprocess: bool,
}

/// Loads the app and serves until told to stop. `ready` is called when requests can be answered.
/// Gives the process's exit status.
pub(crate) fn run(thread: Thread<'_>, orders: &Orders<'_>, source: &Source, ready: impl FnOnce()) -> i32 {
    if orders.plan.explain {
        return serve(thread, orders, Target::Explanation, ready);
    }
    let mode =
        Mode { multithread: orders.plan.threads > 1, multiprocess: orders.multiprocess, run_once: false };
    match source.load(thread, mode) {
        Ok(app) => serve(thread, orders, Target::App(app), ready),
        Err(error) => {
            log::line(&error);
            error.exit_status()
        }
    }
}

/// Serves an app that is loaded already. Gives the process's exit status.
pub(crate) fn run_loaded(thread: Thread<'_>, orders: &Orders<'_>, app: App) -> i32 {
    serve(thread, orders, Target::App(app), || {})
}

/// Answers the requests that are due with an error and ends: for a process that a web server started, whose log and
/// whose clients are to see why.
pub(crate) fn run_broken(thread: Thread<'_>, orders: &Orders<'_>, error: &LoadError) -> i32 {
    let status = serve(thread, orders, Target::Broken(format!("{error}\n")), || {});
    if status == 0 { error.exit_status() } else { status }
}

fn serve(thread: Thread<'_>, orders: &Orders<'_>, target: Target, ready: impl FnOnce()) -> i32 {
    match start(orders, target) {
        Ok(crew) => {
            let crew = Arc::new(crew);
            ready();
            man(thread, &crew, orders.plan.threads);
            0
        }
        Err(error) => {
            log::line(format_args!("the worker cannot start: {error}"));
            1
        }
    }
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
                yard.begin_stop();
            }
        });
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
    drop(inside);
    Ok(Crew::new(runtime, yard, target, orders.environ.clone()))
}

/// Lets the calling thread and as many more as are asked for serve until all are done.
fn man(thread: Thread<'_>, crew: &Arc<Crew>, threads: usize) {
    std::thread::scope(|scope| {
        let named = |name: String| std::thread::Builder::new().name(name);
        let watch = named("janua-watch".to_owned()).spawn_scoped(scope, || crew.watch());
        let mut others = Vec::new();
        for me in 1..threads {
            let serve = move || attached(|thread| crew.serve(thread, me));
            match named(format!("janua-{me}")).spawn_scoped(scope, serve) {
                Ok(handle) => others.push(handle),
                Err(error) => {
                    log::line(format_args!("only {me} of {threads} threads could be started: {error}"));
                    break;
                }
            }
        }
        crew.serve(thread, 0);
        thread.away(|| {
            for other in others {
                // A thread that panicked has said so itself.
                let _ = other.join();
            }
            crew.end();
            if let Ok(watch) = watch {
                let _ = watch.join();
            }
        });
    });
}
