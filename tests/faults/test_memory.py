"""What was needed for a while only is given back."""

import platform
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from client import fastcgi
from client.connection import Connection
from soak.measure import holding

from .support import APP, ask, until, worker

#: So many connections, each with a part of a head.
CROWD = 500
PART = b"GET /who HTTP/1.1\r\nHost: example.com\r\nX-Part: " + b"x" * 12_000


glibc = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="other C libraries do not keep so much, or cannot be told")


def heaps_of_threads(pid):
    """How many threads of a process have a part of the heap of their own. glibc has each begin at a multiple of 64 MiB,
    and what it has not used of that is out of bounds."""
    found, before = 0, None
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        start, end, rights = re.match("([0-9a-f]+)-([0-9a-f]+) (....)", line).groups()
        found += rights == "---p" and before == int(start, 16) and int(end, 16) % (64 << 20) == 0
        before = int(end, 16) if rights == "rw-p" else None
    return found


#: An app that starts threads of its own while it is loaded, of which one stays.
APP_WITH_THREADS = """
import threading
def work(stays):
    kept = [bytearray(900) for _ in range(1000)]
    if stays:
        threading.Event().wait()
for stays in (False, False, True):
    threading.Thread(target=work, args=(stays,), daemon=True).start()
def application(environ, start_response):
    start_response("200 OK", [])
    return [b"x"]
"""


@glibc
@pytest.mark.parametrize("told", [None, "8"])
@pytest.mark.parametrize("threads", ["janua's", "the app's too"])
def test_threads_share_two_heaps_unless_the_operator_says_otherwise(start_service, monkeypatch, tmp_path, threads, told):
    """Each thread had a part of the heap of its own, and each part came to hold some of everything: 0.7 of 10 MB after an
    hour."""
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    monkeypatch.delenv("GLIBC_TUNABLES", raising=False)
    if told:
        monkeypatch.setenv("MALLOC_ARENA_MAX", told)
    app = tmp_path / "app.py"
    app.write_text(APP_WITH_THREADS)
    service = start_service(APP if threads == "janua's" else str(app), "--threads=4")
    with ThreadPoolExecutor(8) as clients:
        assert all(answer.status == 200 for answer in clients.map(lambda _: ask(service, "/who"), range(100)))
    # The first is the process's own.
    heaps = 1 + heaps_of_threads(worker(service))
    assert heaps > 2 if told else heaps <= 2


@glibc
def test_what_a_crowd_took_is_given_back_when_it_leaves(start_service):
    """Each thread's part of the heap once stayed as large as the largest crowd that the thread had waited for."""
    service = start_service(APP, "--threads=2")
    assert ask(service, "/who").status == 200
    pid = worker(service)
    before = holding(pid).anonymous
    with ExitStack() as stack:
        for _ in range(CROWD):
            stack.enter_context(Connection(service.http)).send(PART)
        # Who comes last stays longest: their memory lies behind that of the crowd.
        kept = [fastcgi.FastCgi(service.fastcgi) for _ in range(20)]
        assert all(connection.ask(1, fastcgi.stock(path="/who")).status == 200 for connection in kept)
        grown = until(lambda: holding(pid).anonymous - before > 4096 and holding(pid).anonymous - before)
        print(f"{before} KiB, {grown} KiB more with the crowd")
    try:
        until(lambda: holding(pid).anonymous < before + grown / 4, 45)
    except AssertionError:
        left = holding(pid).anonymous - before
        raise AssertionError(f"{left} KiB of {grown} KiB are still held, above {before} KiB") from None
    assert all(connection.ask(1, fastcgi.stock(path="/who")).status == 200 for connection in kept)
    for connection in kept:
        connection.close()
