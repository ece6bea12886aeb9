"""`close()` of the iterable: exactly once, whatever happens."""

import sys

from .helpers import TEXT, Noted, note


def normal(environ, start_response):
    start_response("200 OK", TEXT)
    return Noted(environ, [b"one ", b"two"])


def unlimited(environ, start_response):
    """More than any buffer between here and the client holds."""

    def blocks():
        for number in range(4000):
            yield b"x" * 65536
        note(environ, "reached the end")

    start_response("200 OK", TEXT)
    return Noted(environ, blocks())


def failing_in_the_middle(environ, start_response):
    def blocks():
        yield b"one"
        raise ValueError("marker-middle")

    start_response("200 OK", TEXT)
    return Noted(environ, blocks())


def failing_at_first(environ, start_response):
    def blocks():
        raise ValueError("marker-first")
        yield b""

    start_response("200 OK", TEXT)
    return Noted(environ, blocks())


def failing_in_iter(environ, start_response):
    class Failing(Noted):
        def __iter__(self):
            raise ValueError("marker-iter")

    start_response("200 OK", TEXT)
    return Failing(environ, [])


def bad_block(environ, start_response):
    start_response("200 OK", TEXT)
    return Noted(environ, ["text"])


def never_started(environ, start_response):
    return Noted(environ, [b"one"])


def late_bad_start(environ, start_response):
    """start_response refuses its arguments inside the iteration."""

    def blocks():
        start_response("200 OK", [("X-Bad", "a\r\nb")])
        yield b"one"

    return Noted(environ, blocks())


def refused_too_late(environ, start_response):
    def blocks():
        yield b"one"
        try:
            raise ValueError("marker-refused")
        except ValueError:
            start_response("500 Too late", TEXT, sys.exc_info())

    start_response("200 OK", TEXT)
    return Noted(environ, blocks())


def too_long(environ, start_response):
    start_response("200 OK", TEXT + [("Content-Length", "3")])
    return Noted(environ, [b"one", b"two", b"three"])


def bodiless(environ, start_response):
    """Status as the query says."""
    start_response(environ["QUERY_STRING"].replace("+", " "), [])
    return Noted(environ, [b"one", b"two"])


def failing_close(environ, start_response):
    class Failing(Noted):
        def close(self):
            super().close()
            raise ValueError("marker-close")

    start_response("200 OK", TEXT)
    return Failing(environ, [b"one"])


def generator(environ, start_response):
    start_response("200 OK", TEXT)
    try:
        yield b"one"
        yield b"two"
    finally:
        note(environ, "finally")


def abandoned_generator(environ, start_response):
    start_response("200 OK", TEXT)
    try:
        for number in range(4000):
            yield b"x" * 65536
    finally:
        note(environ, "finally")


def order(environ, start_response):
    """close() comes after the last block was asked for, and after the end was seen."""

    def blocks():
        for number in range(3):
            note(environ, "block %d" % number)
            yield b"%d" % number
        note(environ, "exhausted")

    start_response("200 OK", TEXT)
    return Noted(environ, blocks())


class separate:  # noqa: N801: named as the case
    """The iterable and its iterator are two objects, both with close(): the iterable's is the one to call."""

    def __init__(self, environ, start_response):
        self.environ = environ
        start_response("200 OK", TEXT)

    def __iter__(self):
        environ = self.environ

        class Iterator(Noted):
            def close(self):
                note(environ, "close of the iterator")

        return Iterator(environ, [b"one"])

    def close(self):
        note(self.environ, "close of the iterable")
