"""What was needed for a while only is given back."""

import platform
from contextlib import ExitStack

import pytest

from client import fastcgi
from client.connection import Connection
from soak.measure import holding

from .support import APP, ask, until, worker

#: So many connections, each with a part of a head.
CROWD = 500
PART = b"GET /who HTTP/1.1\r\nHost: example.com\r\nX-Part: " + b"x" * 12_000


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries do not keep so much, or cannot be told")
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
