//! The thread that sends what waits for company.
//!
//! A write costs more than a small block of a streamed response is worth, so such a block is only copied and travels
//! with those that follow it. PEP 3333 ("Buffering and Streaming") allows that as long as transmission goes on while
//! the app makes its next block. This thread makes it go on: it needs neither Python's lock nor anything else that an
//! app can hold.

use crate::carrier::Carrier;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

/// How long a block may wait: half of the millisecond that is promised, as waking up and writing take time too.
const TICK: Duration = Duration::from_micros(500);

/// How long a peer that takes no more is left alone. What lies in its socket keeps it busy longer than that.
const FULL: Duration = Duration::from_millis(5);

/// After so many visits to nobody the thread sleeps until it is called, which costs about as much as they did.
const LINGER: u32 = 4;

/// Visits the carriers that hold something back.
#[derive(Default)]
pub(crate) struct Flusher {
    state: Mutex<State>,
    called: Condvar,
}

/// How a visit went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visit {
    /// There is nothing left to send.
    Done,
    /// There is, and the peer takes no more now.
    Full,
    /// Its own thread is at work on it, and sends what waits or goes on waiting for a file, a disk: not for that may the
    /// others wait too.
    Busy,
}

#[derive(Default)]
struct State {
    /// Who is to be visited.
    holding: Vec<Weak<Carrier>>,
    /// A thread is there to do so.
    at_work: bool,
    /// It comes within a tick, called or not.
    awake: bool,
    over: bool,
}

impl Flusher {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for visits to a carrier, within a millisecond and until it has nothing more to send.
    /// False if nobody will come: then nothing may be held back.
    pub(crate) fn call(&self, carrier: &Weak<Carrier>) -> bool {
        let mut state = self.state();
        if !state.at_work {
            return false;
        }
        state.holding.push(carrier.clone());
        if !state.awake {
            state.awake = true;
            self.called.notify_one();
        }
        true
    }

    /// The thread's work. Returns after [`end`](Flusher::end).
    pub(crate) fn work(&self) {
        let mut visited = Vec::new();
        let mut full: Vec<Weak<Carrier>> = Vec::new();
        let mut busy: Vec<Weak<Carrier>> = Vec::new();
        let mut quiet = 0;
        let mut state = self.state();
        state.at_work = !state.over;
        while !state.over {
            let pause = match (state.holding.is_empty() && busy.is_empty(), full.is_empty()) {
                (true, true) if quiet >= LINGER => None,
                (true, false) => Some(FULL),
                _ => Some(TICK),
            };
            let asleep = pause != Some(TICK);
            state.awake = !asleep;
            state = self.pause(state, pause);
            if asleep && state.awake {
                // Others may follow the block that called, and have a tick to do so.
                continue;
            }
            let nobody = state.holding.is_empty() && busy.is_empty();
            quiet = if nobody { quiet.saturating_add(1) } else { 0 };
            std::mem::swap(&mut visited, &mut state.holding);
            drop(state);
            visited.append(&mut full);
            visited.append(&mut busy);
            for carrier in visited.drain(..) {
                // A request that is over has nothing to send.
                match carrier.upgrade().map_or(Visit::Done, |carrier| carrier.visit()) {
                    Visit::Done => {}
                    Visit::Full => full.push(carrier),
                    Visit::Busy => busy.push(carrier),
                }
            }
            state = self.state();
        }
    }

    /// Waits until called or, if there is a limit, until then.
    fn pause<'a>(&self, state: MutexGuard<'a, State>, limit: Option<Duration>) -> MutexGuard<'a, State> {
        match limit {
            Some(limit) => self.called.wait_timeout(state, limit).unwrap_or_else(PoisonError::into_inner).0,
            None => self.called.wait(state).unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Ends the work: from now on every block is written at once.
    pub(crate) fn end(&self) {
        let mut state = self.state();
        state.over = true;
        state.at_work = false;
        self.called.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Plan;
    use crate::connection::{Connection, Peer};
    use crate::link::Link;
    use janua_app::{Exchange, Failure};
    use janua_scgi::ScgiCodec;
    use janua_vocabulary::{BodyLength, Head, Limits};
    use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, recv, socketpair};
    use std::os::fd::OwnedFd;
    use std::sync::Arc;
    use std::thread::{JoinHandle, sleep, spawn};
    use std::time::Instant;

    const HEAD: &[u8] = b"Status: 200 OK\r\n\r\n";

    /// A response whose head is given, and the other end. With `SEQPACKET` each write arrives by itself.
    fn begun(kind: SocketType, flusher: Option<Arc<Flusher>>) -> (Arc<Carrier>, OwnedFd) {
        let (ours, theirs) = socketpair(AddressFamily::UNIX, kind, SocketFlags::NONBLOCK, None).unwrap();
        let codec = Box::new(ScgiCodec::new(Limits::default()));
        let connection = Connection::new(Link::Socket(Arc::new(ours)), codec, Peer { name: "a test".into() });
        let plan = Plan { body_memory: 0, progress_timeout: Duration::from_secs(5), ..Plan::default() };
        let carrier = Carrier::new(Box::new(connection), BodyLength::Exactly(0), &plan, flusher);
        carrier.respond(&Head { status: b"200 OK", fields: b"", length: None, bodiless: false });
        (carrier, theirs)
    }

    fn at_work() -> (Arc<Flusher>, JoinHandle<()>) {
        let flusher = Arc::new(Flusher::default());
        let working = flusher.clone();
        let thread = spawn(move || working.work());
        while !flusher.state().at_work {
            sleep(Duration::from_millis(1));
        }
        (flusher, thread)
    }

    /// What has arrived, without waiting: `None` if nothing has.
    fn arrived(end: &OwnedFd) -> Option<Vec<u8>> {
        let mut bytes = vec![0; 1 << 20];
        let (count, _) = recv(end, &mut bytes[..], RecvFlags::empty()).ok()?;
        bytes.truncate(count);
        Some(bytes)
    }

    fn wait_for(end: &OwnedFd) -> Vec<u8> {
        let since = Instant::now();
        loop {
            match arrived(end) {
                Some(bytes) => return bytes,
                None => assert!(since.elapsed() < Duration::from_secs(5), "nothing arrives"),
            }
            std::thread::yield_now();
        }
    }

    /// Waits for what is missing behind `all`, and checks that it is as expected.
    fn expect(end: &OwnedFd, mut all: Vec<u8>, expected: &[u8]) {
        while all.len() < expected.len() {
            all.extend(wait_for(end));
        }
        assert_eq!(all, expected);
    }

    fn try_send(carrier: &Carrier, block: &[u8]) -> Result<bool, Failure> {
        carrier.try_send(block, &mut 0)
    }

    #[test]
    fn a_block_arrives_within_a_millisecond_although_nothing_follows() {
        let (flusher, thread) = at_work();
        let mut times = Vec::new();
        for pause in [0, 0, 0, 1, 1, 1, 20, 20, 20, 20, 20] {
            let (carrier, end) = begun(SocketType::STREAM, Some(flusher.clone()));
            sleep(Duration::from_millis(pause));
            for expected in [[HEAD, b"block"].concat(), b"block".to_vec()] {
                let since = Instant::now();
                assert_eq!(try_send(&carrier, b"block"), Ok(true));
                assert_eq!(wait_for(&end), expected);
                times.push(since.elapsed());
            }
        }
        times.sort();
        // A machine with other things to do may let some wait; without the flusher all would, for ever.
        assert!(times[times.len() / 4] < Duration::from_millis(1), "{times:?}");
        flusher.end();
        thread.join().unwrap();
    }

    #[test]
    fn many_blocks_are_written_together() {
        let (flusher, thread) = at_work();
        let (carrier, end) = begun(SocketType::SEQPACKET, Some(flusher.clone()));
        let block = [b'x'; 100];
        (0..1_000).for_each(|_| assert_eq!(try_send(&carrier, &block), Ok(true)));
        let (mut writes, mut bytes) = (0, 0);
        while bytes < HEAD.len() + 100_000 {
            writes += 1;
            bytes += wait_for(&end).len();
        }
        assert_eq!(bytes, HEAD.len() + 100_000);
        assert!((100_000 / (32 * 1024)..50).contains(&writes), "{writes}");
        flusher.end();
        thread.join().unwrap();
    }

    #[test]
    fn without_a_flusher_every_block_is_written_at_once() {
        let idle = Arc::new(Flusher::default());
        let (ended, thread) = at_work();
        ended.end();
        thread.join().unwrap();
        for flusher in [None, Some(idle), Some(ended)] {
            let (carrier, end) = begun(SocketType::SEQPACKET, flusher);
            assert_eq!(try_send(&carrier, b"first"), Ok(true));
            assert_eq!(arrived(&end).unwrap(), [HEAD, b"first"].concat());
            assert_eq!(try_send(&carrier, b"second"), Ok(true));
            assert_eq!(arrived(&end).unwrap(), b"second");
        }
    }

    #[test]
    fn a_peer_that_left_shows_at_a_later_block() {
        let (flusher, thread) = at_work();
        let (carrier, end) = begun(SocketType::STREAM, Some(flusher.clone()));
        drop(end);
        assert_eq!(try_send(&carrier, b"block"), Ok(true));
        let since = Instant::now();
        let failure = loop {
            match try_send(&carrier, b"block") {
                Err(failure) => break failure,
                Ok(_) => assert!(since.elapsed() < Duration::from_secs(5), "no failure shows"),
            }
            sleep(Duration::from_millis(1));
        };
        assert!(matches!(failure, Failure::Gone(_)), "{failure}");
        assert!(carrier.take().unwrap().dead);
        flusher.end();
        thread.join().unwrap();
    }

    #[test]
    fn what_a_full_socket_did_not_take_follows_when_it_can() {
        let (flusher, thread) = at_work();
        let (carrier, end) = begun(SocketType::STREAM, Some(flusher.clone()));
        let mut expected = HEAD.to_vec();
        let mut sent = true;
        while sent {
            let block = vec![b'a' + (expected.len() % 26) as u8; 5_000];
            sent = try_send(&carrier, &block).unwrap();
            expected.extend(block);
        }
        sleep(Duration::from_millis(20));
        expect(&end, Vec::new(), &expected);
        flusher.end();
        thread.join().unwrap();
    }

    #[test]
    fn a_large_block_that_is_half_sent_is_left_to_the_thread_that_sends_it() {
        let (flusher, thread) = at_work();
        let (carrier, end) = begun(SocketType::STREAM, Some(flusher.clone()));
        let (small, large, mut sent) = (vec![b's'; 100], vec![b'l'; 2_000_000], 0);
        assert_eq!(try_send(&carrier, &small), Ok(true));
        assert_eq!(carrier.try_send(&large, &mut sent), Ok(false));
        sleep(Duration::from_millis(5));
        let mut all = Vec::new();
        while !carrier.try_send(&large, &mut sent).unwrap() {
            all.extend(wait_for(&end));
        }
        assert_eq!(try_send(&carrier, &small), Ok(true));
        let expected = [HEAD, &small, &large, &small].concat();
        expect(&end, all, &expected);
        flusher.end();
        thread.join().unwrap();
    }

    #[test]
    fn a_request_whose_thread_waits_for_a_disk_holds_back_no_other() {
        let (flusher, thread) = at_work();
        let (slow, slow_end) = begun(SocketType::STREAM, Some(flusher.clone()));
        let (other, end) = begun(SocketType::STREAM, Some(flusher.clone()));
        assert_eq!(try_send(&slow, b"block"), Ok(true));
        let waits = slow.clone();
        let (locked, is_locked) = std::sync::mpsc::channel();
        let disk = spawn(move || {
            waits.occupied(|| {
                locked.send(()).unwrap();
                sleep(Duration::from_secs(2));
            });
        });
        is_locked.recv().unwrap();
        let since = Instant::now();
        assert_eq!(try_send(&other, b"block"), Ok(true));
        assert_eq!(wait_for(&end), [HEAD, b"block"].concat());
        assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
        disk.join().unwrap();
        assert_eq!(wait_for(&slow_end), [HEAD, b"block"].concat());
        flusher.end();
        thread.join().unwrap();
    }

    #[test]
    fn a_request_that_is_over_is_not_visited() {
        let (flusher, thread) = at_work();
        let (carrier, end) = begun(SocketType::STREAM, Some(flusher.clone()));
        assert_eq!(try_send(&carrier, b"block"), Ok(true));
        let connection = carrier.take();
        assert_eq!(carrier.visit(), Visit::Done);
        assert_eq!(try_send(&carrier, b"block"), Err(Failure::Over));
        drop(connection);
        sleep(Duration::from_millis(5));
        assert!(arrived(&end).is_none_or(|rest| rest.is_empty() || rest == [HEAD, b"block"].concat()));
        flusher.end();
        thread.join().unwrap();
    }
}
