//! Threads, processes and signals as Python needs them handled.

use pyo3::prelude::*;
use pyo3::types::PyDict;

/// A thread that Python knows, for as long as the closure given to [`attached`] runs.
///
/// Its thread state is made once and kept: making one for each request costs microseconds, and would tear down
/// `threading.local`, and with it database connections, after every request.
#[derive(Clone, Copy)]
pub struct Thread<'py> {
    py: Python<'py>,
}

/// Makes the calling thread known to Python and runs `work` on it, Python's lock held.
pub fn attached<R>(work: impl FnOnce(Thread<'_>) -> R) -> R {
    Python::attach(|py| work(Thread { py }))
}

impl<'py> Thread<'py> {
    /// Runs what is not Python without Python's lock.
    pub fn away<R: Send>(self, work: impl FnOnce() -> R + Send) -> R {
        self.py.detach(work)
    }

    pub(crate) fn py(self) -> Python<'py> {
        self.py
    }
}

/// Forks as Python's `os.fork` does, with all its care for locks. `None` in the child, else the child's process id.
/// To be called before this process has any other thread.
///
/// # Errors
/// The system refused, in its words.
pub fn fork(thread: Thread<'_>) -> Result<Option<i32>, String> {
    let py = thread.py();
    let fork = || -> PyResult<i32> {
        // What waits in a buffer would be written by every child.
        flush_streams(py);
        let pid = py.import("os")?.call_method0("fork")?.extract()?;
        if pid == 0 {
            // What the parent wants done at its end is not to be done at the end of every child.
            py.import("atexit")?.call_method0("_clear")?;
        }
        Ok(pid)
    };
    let pid = fork().map_err(|error| error.value(py).to_string())?;
    Ok((pid != 0).then_some(pid))
}

/// Has what the app prints written line by line. Python keeps some kilobytes of it where stdout is no terminal, and a
/// process that is kept for hours has a log that somebody reads meanwhile.
pub fn print_by_line(thread: Thread<'_>) {
    let by_line = || -> PyResult<()> {
        let options = PyDict::new(thread.py());
        options.set_item("line_buffering", true)?;
        let stream = thread.py().import("sys")?.getattr("stdout")?;
        stream.call_method("reconfigure", (), Some(&options)).map(drop)
    };
    // A stream may be None or of another kind.
    let _ = by_line();
}

fn flush_streams(py: Python<'_>) {
    for name in ["stdout", "stderr"] {
        let stream = py.import("sys").and_then(|sys| sys.getattr(name));
        // A stream may be None or closed; there is nobody left to tell.
        let _ = stream.and_then(|stream| stream.call_method0("flush"));
    }
}

/// Takes Python's own handling of some signals, by name, away from this process.
///
/// A supervisor must hear of its children's end even if it inherited that SIGCHLD is ignored. A worker must not have
/// Ctrl-C become a KeyboardInterrupt in whatever request is under way.
pub fn default_signals(thread: Thread<'_>, names: &[&str]) {
    let reset = || -> PyResult<()> {
        let signal = thread.py().import("signal")?;
        for name in names {
            signal.call_method1("signal", (signal.getattr(*name)?, signal.getattr("SIG_DFL")?))?;
        }
        Ok(())
    };
    // Outside the main thread Python allows no handlers, and calls none either.
    let _ = reset();
}

/// Ends a forked process as an interpreter ends: exit handlers run and streams are flushed, but nothing of the
/// parent's stack is returned to.
pub fn finish_process(thread: Thread<'_>, status: i32) -> ! {
    let py = thread.py();
    let quietly = |result: PyResult<Bound<'_, PyAny>>| {
        if let Err(error) = result {
            error.print(py);
        }
    };
    quietly(py.import("threading").and_then(|threading| threading.call_method0("_shutdown")));
    quietly(py.import("atexit").and_then(|atexit| atexit.call_method0("_run_exitfuncs")));
    flush_streams(py);
    quietly(py.import("os").and_then(|os| os.call_method1("_exit", (status,))));
    std::process::abort()
}

/// Sees to it that SIGTERM raises SystemExit in the main thread, so that `close()` of a response runs.
/// An app that has installed a handler of its own keeps it.
pub fn on_terminate(thread: Thread<'_>) {
    let py = thread.py();
    let install = || -> PyResult<()> {
        let signal = py.import("signal")?;
        let number = signal.getattr("SIGTERM")?;
        if !signal.call_method1("getsignal", (&number,))?.eq(signal.getattr("SIG_DFL")?)? {
            return Ok(());
        }
        let exit = py.import("janua")?.getattr("_terminated")?;
        signal.call_method1("signal", (number, exit)).map(drop)
    };
    // Outside the main thread Python allows no handlers; the request then ends as the system ends it.
    let _ = install();
}

/// Removes a variable from the environment of this process as Python code sees it.
pub fn forget_variable(thread: Thread<'_>, name: &str) {
    let forget = || -> PyResult<()> {
        thread
            .py()
            .import("os")?
            .getattr("environ")?
            .call_method1("pop", (name, thread.py().None()))
            .map(drop)
    };
    if let Err(error) = forget() {
        error.print(thread.py());
    }
}
