//! The log: lines on stderr, which is where web servers, systemd and people look.
//!
//! Who reads stderr may stop reading. That must not stop a worker: what is written with a request makes its own thread
//! wait ([`raw`]), and a line of the worker's, which may be the leader's, goes to a thread that waits in its place.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::collections::VecDeque;
use std::fmt;
use std::io::Write;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many bytes of lines wait for the reader. What comes then is lost, and the log is told how much.
const MOST: usize = 256 * 1024;

/// How long the end of a process waits for the reader.
const AT_END: Duration = Duration::from_secs(1);

/// Lines that wait for the reader.
struct Queue {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    lost: u64,
    /// This process serves, and will not be forked any more: it may have threads.
    serving: bool,
    /// A thread writes what is in here.
    writing: bool,
}

static QUEUE: Mutex<Queue> =
    Mutex::new(Queue { lines: VecDeque::new(), bytes: 0, lost: 0, serving: false, writing: false });
static WRITTEN: Condvar = Condvar::new();

fn queue() -> MutexGuard<'static, Queue> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on no [`line`] waits for the reader of the log.
pub(crate) fn serving() {
    queue().serving = true;
}

/// Writes one line with the name and the id of this process before it. What comes from a peer goes through here as
/// text that was escaped before.
pub(crate) fn line(text: impl fmt::Display) {
    let line = format!("janua[{}]: {text}\n", std::process::id()).into_bytes();
    let mut queue = queue();
    if !queue.serving || (!queue.writing && is_ready()) {
        drop(queue);
        return raw(&line);
    }
    if queue.bytes + line.len() > MOST {
        queue.lost += 1;
        return;
    }
    queue.bytes += line.len();
    queue.lines.push_back(line);
    if !queue.writing {
        let thread = std::thread::Builder::new().name("janua-log".to_owned());
        // Without a thread the lines wait for the next one that finds the reader ready, or a thread.
        queue.writing = thread.spawn(write).is_ok();
    }
}

/// Writes text of an app as it is, in one write, so that lines of several threads do not mix. It takes as long as who reads
/// the log wants: to be called without Python's lock and what others wait for.
pub(crate) fn raw(text: &[u8]) {
    // A log that cannot be written to leaves nothing to tell and nobody to tell it to.
    let _ = std::io::stderr().write_all(text);
}

/// Waits a moment for lines that are still to be written, before the process ends.
pub(crate) fn settle() {
    let queue = queue();
    // Whether or not they could be written, this is the end.
    drop(WRITTEN.wait_timeout_while(queue, AT_END, |queue| queue.writing));
}

/// True if stderr takes something now, or will never.
fn is_ready() -> bool {
    let stderr = std::io::stderr();
    let mut fds = [PollFd::new(&stderr, PollFlags::OUT)];
    poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })) != Ok(0)
}

/// Writes the lines that wait, in a thread that ends with the last of them.
fn write() {
    loop {
        let mut queue = queue();
        let lost = std::mem::take(&mut queue.lost);
        let Some(mut line) = queue.lines.pop_front() else {
            queue.writing = false;
            WRITTEN.notify_all();
            return;
        };
        queue.bytes -= line.len();
        drop(queue);
        if lost > 0 {
            let pid = std::process::id();
            line.extend(
                format!("janua[{pid}]: {lost} lines were lost, as nobody read the log\n").into_bytes(),
            );
        }
        raw(&line);
    }
}
