"""Bodies and clients of all kinds, and ten thousand requests, through `janua-cgi` behind real servers."""

import hashlib
import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from .kept import memory, until

EIGHT_MEGABYTES = 8 << 20
BLOCKS = 1600


def block(number):
    """As the app makes them."""
    return hashlib.sha256(b"%d" % number).digest() * 2048


class Watch:
    """Sees how much memory the backend takes beyond what it had, and how much the largest process of a request."""

    def __init__(self, kept):
        self.kept, self.backend = kept, kept.pid()
        until(lambda: not kept.relays())
        # From now on the most memory is that of what follows.
        Path(f"/proc/{self.backend}/clear_refs").write_text("5")
        self.before = memory(self.backend)
        self.relay = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.work)

    def work(self):
        while not self.over.wait(0.02):
            self.relay = max([self.relay, *(memory(pid, "VmHWM") for pid in self.kept.relays())])

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def growth(self):
        return memory(self.backend, "VmHWM") - self.before


def test_100_mb_up_are_intact_and_take_no_memory(kept):
    digest = hashlib.sha256()
    for number in range(BLOCKS):
        digest.update(block(number))
    size = BLOCKS * 65536
    with Watch(kept) as watch:
        # The processes of a request that lighttpd has buffered live shortly: several of them are easier to see.
        for _ in range(2):
            body = (block(number) for number in range(BLOCKS))
            answer = kept.browser.ask("POST", "/digest", body, {"Content-Length": str(size)})
            assert answer.json() == [size, digest.hexdigest()]
    assert watch.growth() < EIGHT_MEGABYTES
    assert 0 < watch.relay < EIGHT_MEGABYTES
    assert kept.pid() == watch.backend


def test_100_mb_down_are_intact_and_take_no_memory(kept):
    with Watch(kept) as watch:
        response = kept.browser.open("GET", f"/blocks?count={BLOCKS}")
        assert response.status == 200
        for number in range(BLOCKS):
            assert response.read(65536) == block(number)
        assert response.read() == b""
    assert watch.growth() < EIGHT_MEGABYTES
    assert 0 < watch.relay < EIGHT_MEGABYTES
    assert kept.pid() == watch.backend


def test_close_is_called_when_the_client_leaves(kept):
    token, first = kept.token(), kept.pid()
    browser = kept.new_browser()
    response = browser.open("GET", f"/endless?token={token}")
    assert len(response.read(100_000)) == 100_000
    response.close()
    browser.close()
    kept.wait_for(token, "closed")
    assert kept.pid() == first
    until(lambda: not kept.relays())


def send_head(kept, path, *fields):
    """A connection on which the head of a POST has been sent."""
    connection = socket.create_connection(("127.0.0.1", kept.places.port), timeout=20)
    lines = [f"POST /cgi-bin/app.cgi{path} HTTP/1.1", f"Host: {kept.server.host()}", *fields, "", ""]
    connection.sendall("\r\n".join(lines).encode())
    return connection


def test_a_body_that_stops_coming_keeps_nobody_waiting_for_ever(kept):
    """lighttpd asks the app when it has all of the body; Apache before, and the app waits with the client."""
    token, first = kept.token(), kept.pid()
    with send_head(kept, f"/read?token={token}", "Content-Length: 1000000") as stalled:
        stalled.sendall(b"x" * 1000)
        if kept.asks_early:
            kept.wait_for(token, "entered")
        # After some seconds the others get a backend of their own, as under plain CGI each has a process of its own.
        assert kept.pid() == first or kept.asks_early
    if kept.asks_early:
        kept.wait_for(token, "failed")
    until(lambda: not kept.relays())
    assert kept.pid() in kept.loads()
    assert len(kept.loads()) <= 2


@pytest.mark.parametrize("coding", ["length", "chunked"])
def test_a_body_that_never_ends_keeps_nobody_else_waiting(kept, coding):
    """The servers pass the answer on when the body has ended, whatever the script does. The app is done long before."""
    first, sent, over = kept.pid(), 0, threading.Event()
    field = "Content-Length: 1000000000" if coding == "length" else "Transfer-Encoding: chunked"
    piece = b"x" * 8192 if coding == "length" else b"2000\r\n" + b"x" * 8192 + b"\r\n"

    def send():
        nonlocal sent
        while not over.wait(0.001):
            endless.sendall(piece)
            sent += len(piece)

    with send_head(kept, "/ignore", field) as endless, ThreadPoolExecutor(1) as pool:
        sender = pool.submit(send)
        try:
            until(lambda: sent > 1_000_000)
            assert bool(kept.relays()) == kept.asks_early
            begin = time.monotonic()
            assert kept.pid() == first
            assert time.monotonic() - begin < 4, "somebody had to run out of patience"
            sent = 0
            until(lambda: sent > 1_000_000)
        finally:
            over.set()
        sender.result(10)
    until(lambda: not kept.relays())
    assert kept.pid() == first


def footprint(pid):
    return len(os.listdir(f"/proc/{pid}/fd")), memory(pid)


@pytest.mark.parametrize("way", ["apache-cgid", "lighttpd"], indirect=True)
def test_ten_thousand_requests_leave_nothing_behind(kept):
    first = kept.pid()

    def work(count):
        browser = kept.new_browser()
        for number in range(count):
            answer = browser.get("/pid") if number % 3 else browser.ask("POST", "/digest", b"x" * 3000)
            assert answer.status == 200, answer
        browser.close()

    def ask(count):
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, [count // 4] * 4))

    ask(1000)
    kept.pid()
    descriptors, resident = footprint(first)
    ask(10_000)
    assert kept.pid() == first and kept.loads() == [first]
    # A connection that is just ending may be one of them.
    until(lambda: footprint(first)[0] <= descriptors, 5)
    assert footprint(first)[1] - resident < 2 << 20
    until(lambda: not kept.relays())
