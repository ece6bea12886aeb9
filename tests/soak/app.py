"""The app under load. Each path does one thing; `n` in the query says how much of it."""

import ctypes
import hashlib
import mmap
import os
import random
import signal
import threading
import time

#: Both sides make pages from it.
BLOB = random.Random(7).randbytes(1 << 20)

#: One byte for each request under way, in a file that the client reads: how often the app was asked.
SLOTS = 65536

# The clients import this file for what is above.
if "SOAK_LEDGER" in os.environ:
    with open(os.environ["SOAK_LEDGER"], "r+b") as opened:
        ledger = mmap.mmap(opened.fileno(), SLOTS)
    # The calls of a library opened so keep Python's lock, as a careless extension does.
    library = ctypes.PyDLL(None)
    # A signal that Python handles interrupts system calls, also those of janua.
    signal.signal(signal.SIGUSR1, lambda *_: None)


def application(environ, start_response):
    number, _, n = environ["QUERY_STRING"].partition(".")
    number, n = int(number), int(n)
    ledger[number % SLOTS] = (ledger[number % SLOTS] + 1) % 256

    def start(status="200 OK", *headers):
        return start_response(
            status, [("Content-Type", "application/octet-stream"), ("X-Number", str(number)), *headers]
        )

    return PAGES[environ["PATH_INFO"].rpartition("/")[2]](environ, start, number, n)


def hello(environ, start, number, n):
    body = b"hello %d\n" % number
    start("200 OK", ("Content-Length", str(len(body))))
    return [body]


def page(environ, start, number, n):
    """`n` bytes from a place that the number tells."""
    at = number % 4096
    start("200 OK", ("Content-Length", str(n)))
    return [BLOB[at:at + n]]


def digest(environ, start, number, n):
    """The hash of the body, read in pieces."""
    seen = hashlib.sha256()
    while block := environ["wsgi.input"].read(65536):
        seen.update(block)
    start()
    return [seen.hexdigest().encode()]


def echo(environ, start, number, n):
    """The body itself, sent while it is being read. Over SCGI a peer that sends all first makes janua keep it."""
    start("200 OK", ("Content-Length", environ.get("CONTENT_LENGTH") or "0"))
    while block := environ["wsgi.input"].read(65536):
        yield block


def ignore(environ, start, number, n):
    start("403 Forbidden", ("Content-Length", "8"))
    return [b"not read"]


def file(environ, start, number, n):
    try:
        opened = open(os.environ["SOAK_FILE"], "rb")
    except OSError as error:
        # What an app does that runs out of descriptors; it is not what this is about.
        start("503 Service Unavailable")
        return [str(error).encode()]
    start()
    return environ["wsgi.file_wrapper"](opened)


def sleep(environ, start, number, n):
    time.sleep(n / 1000)
    return hello(environ, start, number, n)


def stream(environ, start, number, n):
    """As many blocks."""
    start("200 OK")
    for one in range(n):
        yield b"%d %d\n" % (number, one)


def fail(environ, start, number, n):
    raise RuntimeError("meant to fail")


def fail_late(environ, start, number, n):
    """Promises more than it gives."""
    start("200 OK", ("Content-Length", "100000"))
    yield BLOB[:50_000]
    raise RuntimeError("meant to fail in the middle")


def thread(environ, start, number, n):
    """A thread of the app's own dies."""

    def work():
        raise SystemExit if number % 2 else RuntimeError("a thread that is meant to die")

    threading.Thread(target=work).start()
    return hello(environ, start, number, n)


def hog(environ, start, number, n):
    """Asks for more memory than there is while a limit is set."""
    kept = bytearray(n << 20)
    start()
    return [b"%d" % len(kept)]


def hold(environ, start, number, n):
    """Keeps Python's lock for `n` ms."""
    library.usleep(n * 1000)
    return hello(environ, start, number, n)


PAGES = {
    "hello": hello, "page": page, "digest": digest, "echo": echo, "ignore": ignore, "file": file, "sleep": sleep,
    "stream": stream, "fail": fail, "fail_late": fail_late, "thread": thread, "hog": hog, "hold": hold,
}  # fmt: skip
