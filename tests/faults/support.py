"""What these tests do again and again."""

import resource
import signal
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from client import fastcgi, http, scgi
from soak.measure import children, descriptors, holding

APP = str(Path(__file__).with_name("app.py"))
MODULES = {"fastcgi": fastcgi, "scgi": scgi, "http": http}
WAYS = sorted(MODULES)


def until(condition, seconds=15):
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)
    return result


def workers(service):
    """The processes that serve; not before all of them do."""
    return children(service.process.pid)


def worker(service):
    [pid] = workers(service)
    return pid


def ask(service, path, way="scgi", **options):
    return MODULES[way].ask(getattr(service, way), path=path, **options)


def works(service):
    return all(ask(service, "/who", way).status == 200 for way in WAYS)


def handles(pid, number):
    """True if a process has a handler for a signal."""
    with open(f"/proc/{pid}/status") as status:
        caught = next(int(line.split()[1], 16) for line in status if line.startswith("SigCgt"))
    return bool(caught >> (number - 1) & 1)


@contextmanager
def limited(pid, limit, value):
    """A limit of a running process is lower for a while."""
    before = resource.prlimit(pid, limit)
    resource.prlimit(pid, limit, (value, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, limit, before)


@contextmanager
def nothing_leaks(service):
    """After the block a service holds what it held before: descriptors, sockets, threads, files, and memory but for a
    little that allocators keep."""
    assert works(service)
    pids = workers(service)
    # A worker that has just been started has yet to load its app.
    until(lambda: all(handles(pid, signal.SIGUSR1) for pid in pids))
    time.sleep(0.3)
    before = {pid: holding(pid) for pid in pids}
    yield

    def back():
        assert workers(service) == pids
        now = {pid: holding(pid) for pid in pids}
        return all((now[pid].descriptors, now[pid].files, now[pid].threads) ==
                   (was.descriptors, was.files, was.threads) for pid, was in before.items())

    try:
        until(back, 20)
    except AssertionError:
        now = {pid: (holding(pid), descriptors(pid)) for pid in pids}
        raise AssertionError(f"before: {before}; now: {now}") from None
    for pid, was in before.items():
        assert holding(pid).anonymous < was.anonymous + 32 * 1024
    assert works(service)


class Clients:
    """Threads that ask on and on. What was not answered rightly is in `failures`, with the client's socket."""

    def __init__(self, work, threads=6):
        self.work = work
        self.over = threading.Event()
        self.answered = 0
        self.slowest = 0.0
        self.failures = []
        self.threads = [threading.Thread(target=self._run, args=(number,), daemon=True) for number in range(threads)]

    def _run(self, number):
        while not self.over.is_set():
            began = time.monotonic()
            try:
                self.work(number)
                self.answered += 1
            except (OSError, AssertionError) as failure:
                self.failures.append(failure)
            self.slowest = max(self.slowest, time.monotonic() - began)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *exc_info):
        self.over.set()
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive(), "a request does not end"
