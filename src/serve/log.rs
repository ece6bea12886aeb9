//! The log: lines on stderr, which is where web servers, systemd and people look.
//!
//! Who reads stderr may stop reading. That must not stop a worker: what is written with a request makes its own thread
//! wait ([`raw`]), and a line of the worker's, which may be the leader's, goes to a thread that waits in its place. A
//! supervisor, which forks and so can have no thread, waits a moment and then goes on without the line.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::collections::VecDeque;
use std::fmt;
use std::io::Write;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many bytes of lines wait for the reader. What comes then is lost, and the log is told how much.
const MOST: usize = 256 * 1024;

/// How long the end of a process waits for the reader, and who has no thread to wait in its place.
const MOMENT: Duration = Duration::from_secs(1);

/// What a pipe takes at once if it takes anything (PIPE_BUF of Linux).
const ATOMIC: usize = 4096;

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

/// Held by whoever writes: a pipe that has room again may be waited for already.
static WRITER: Mutex<()> = Mutex::new(());

fn queue() -> MutexGuard<'static, Queue> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on no [`line`] waits for the reader of the log.
pub(crate) fn serving() {
    let mut queue = queue();
    queue.serving = true;
    // The supervisor, whose copy this is, tells of its own.
    queue.lost = 0;
}

/// Writes one line with the name and the id of this process before it. What comes from a peer goes through here as
/// text that was escaped before.
pub(crate) fn line(text: impl fmt::Display) {
    let line = format!("janua[{}]: {text}\n", std::process::id()).into_bytes();
    let mut queue = queue();
    if !queue.serving {
        // Who did not read the line before is not waited for again.
        let patience = if queue.lost == 0 { MOMENT } else { Duration::ZERO };
        if is_ready(patience) {
            return raw(&with_loss(line, std::mem::take(&mut queue.lost)));
        }
        queue.lost += 1;
        return;
    }
    let first = !queue.writing && queue.lines.is_empty();
    if first
        && line.len() <= ATOMIC
        && let Ok(_turn) = WRITER.try_lock()
        && is_ready(Duration::ZERO)
    {
        drop(queue);
        return put(&line);
    }
    if queue.bytes + line.len() <= MOST {
        queue.bytes += line.len();
        queue.lines.push_back(line);
    } else {
        queue.lost += 1;
    }
    if !queue.writing {
        let thread = std::thread::Builder::new().name("janua-log".to_owned());
        // Without a thread the lines wait for the next one, which tries again.
        queue.writing = thread.spawn(write).is_ok();
    }
}

/// A line, and behind it one about those that were lost before.
fn with_loss(mut line: Vec<u8>, lost: u64) -> Vec<u8> {
    if lost > 0 {
        let pid = std::process::id();
        line.extend(format!("janua[{pid}]: {lost} lines were lost, as nobody read the log\n").into_bytes());
    }
    line
}

/// Writes text of an app as it is, in one write, so that lines of several threads do not mix. It takes as long as who reads
/// the log wants: to be called without Python's lock and what others wait for.
pub(crate) fn raw(text: &[u8]) {
    let _turn = WRITER.lock().unwrap_or_else(PoisonError::into_inner);
    put(text);
}

fn put(text: &[u8]) {
    // A log that cannot be written to leaves nothing to tell and nobody to tell it to.
    let _ = std::io::stderr().write_all(text);
}

/// Waits a moment for lines that are still to be written, before the process ends.
pub(crate) fn settle() {
    let queue = queue();
    // Whether or not they could be written, this is the end.
    drop(WRITTEN.wait_timeout_while(queue, MOMENT, |queue| queue.writing));
}

/// True if stderr takes something within this time, or will never.
fn is_ready(patience: Duration) -> bool {
    let stderr = std::io::stderr();
    let mut fds = [PollFd::new(&stderr, PollFlags::OUT)];
    poll(&mut fds, Timespec::try_from(patience).ok().as_ref()) != Ok(0)
}

/// Writes the lines that wait, in a thread that ends with the last of them.
fn write() {
    loop {
        let mut queue = queue();
        let lost = std::mem::take(&mut queue.lost);
        let Some(line) = queue.lines.pop_front() else {
            queue.writing = false;
            WRITTEN.notify_all();
            return;
        };
        queue.bytes -= line.len();
        drop(queue);
        raw(&with_loss(line, lost));
    }
}
