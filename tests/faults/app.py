"""An app for the tests of faults: each path does one thing."""

import ctypes
import os
import signal
import threading
import time
from pathlib import Path

library = ctypes.PyDLL(None)  # its functions keep Python's lock
signals = []
signal.signal(signal.SIGUSR1, lambda number, frame: signals.append(number))


def application(environ, start_response):
    return PAGES[environ["PATH_INFO"].rpartition("/")[2]](environ, start_response)


def plain(start_response, *blocks):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return list(blocks)


def who(environ, start_response):
    return plain(start_response, b"%d" % os.getpid())


def large(environ, start_response):
    return plain(start_response, b"x" * 3_000_000)


def read(environ, start_response):
    """The length of the body."""
    length = 0
    while block := environ["wsgi.input"].read(65536):
        length += len(block)
    return plain(start_response, b"%d" % length)


def echo(environ, start_response):
    """Answers while it reads."""
    start_response("200 OK", [("Content-Length", environ["CONTENT_LENGTH"])])
    while block := environ["wsgi.input"].read(65536):
        yield block


def hog(environ, start_response):
    kept = bytearray(1 << 30)
    return plain(start_response, b"%d" % len(kept))


def sleep(environ, start_response):
    time.sleep(float(environ["QUERY_STRING"]))
    return plain(start_response, b"slept")


def hold(environ, start_response):
    """Sleeps without letting go of Python's lock."""
    library.usleep(int(1_000_000 * float(environ["QUERY_STRING"])))
    return plain(start_response, b"held")


class Endless:
    """A response without end, and a file that says that it was closed."""

    def __init__(self, path):
        self.path = Path(path)

    def __iter__(self):
        while True:
            yield b"x" * 10_000
            time.sleep(0.001)

    def close(self):
        self.path.touch()


def endless(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return Endless(environ["QUERY_STRING"])


def thread(environ, start_response):
    """A thread of the app's own dies."""
    died = threading.Thread(target=lambda: [][1], name="mortal")
    died.start()
    died.join()
    return plain(start_response, b"%d" % threading.active_count())


def heard(environ, start_response):
    return plain(start_response, b"%d" % len(signals))


def complain(environ, start_response):
    environ["wsgi.errors"].write("marker-complaint\n")
    return plain(start_response, b"said")


def fail(environ, start_response):
    raise RuntimeError("marker-complaint")


class TooLate(Exception):
    pass


def alarm(environ, start_response):
    """A signal of its own ends the first attempt to read the body. After other work, which the query's file tells of, it
    reads again."""

    def late(number, frame):
        raise TooLate

    signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        environ["wsgi.input"].read(5)
    except TooLate:
        time.sleep(2.5)
        Path(environ["QUERY_STRING"]).touch()
    return plain(start_response, environ["wsgi.input"].read(5))


PAGES = {
    "alarm": alarm, "complain": complain, "raise": fail, "who": who, "large": large, "read": read, "echo": echo, "hog": hog, "sleep": sleep, "hold": hold,
    "endless": endless, "thread": thread, "heard": heard,
}  # fmt: skip
