"""PEP 3333, The start_response() Callable."""

import sys
import weakref

from .helpers import TEXT, note, wait_at_gate


class Planned(Exception):
    """Raised by a case on purpose."""


def _exc_info(text="planned"):
    try:
        raise Planned(text)
    except Planned:
        return sys.exc_info()


def returns_write(environ, start_response):
    write = start_response("200 OK", TEXT)
    return [b"callable" if callable(write) else b"not callable"]


def third_argument_none(environ, start_response):
    start_response("200 OK", TEXT, None)
    return [b"ok"]


def exc_info_first(environ, start_response):
    """exc_info in the first call already: nothing to replace."""
    start_response("500 Planned", TEXT, _exc_info())
    return [b"error page"]


def replaced(environ, start_response):
    start_response("200 OK", TEXT + [("X-First", "1")])
    start_response("503 Replaced", [("Content-Type", "text/html"), ("X-Second", "2")], _exc_info())
    return [b"replaced"]


def replaced_twice(environ, start_response):
    for number in range(3):
        start_response("50%d Again" % number, TEXT, _exc_info())
    return [b"replaced"]


def replaced_after_empty_block(environ, start_response):
    start_response("200 OK", TEXT + [("X-First", "1")])
    yield b""
    yield b""
    start_response("503 Replaced", TEXT, _exc_info())
    yield b"replaced"


def replaced_after_empty_write(environ, start_response):
    write = start_response("200 OK", TEXT)
    write(b"")
    start_response("503 Replaced", TEXT, _exc_info())
    return [b"replaced"]


def too_late(environ, start_response):
    start_response("200 OK", TEXT)
    yield b"sent"
    exc_info = _exc_info("marker-too-late")
    try:
        start_response("500 Too late", TEXT, exc_info)
    except Planned as error:
        note(environ, "same object" if error is exc_info[1] else "another object")
        raise
    note(environ, "not raised")


def too_late_after_write(environ, start_response):
    write = start_response("200 OK", TEXT)
    write(b"sent")
    exc_info = _exc_info("marker-too-late")
    try:
        start_response("500 Too late", TEXT, exc_info)
    except Planned as error:
        note(environ, "same object" if error is exc_info[1] else "another object")
    return [b" and more"]


def lets_go_of_exc_info(environ, start_response):
    """Whether the exception is gone as soon as the app has let go of it."""
    start_response("200 OK", TEXT)
    try:
        raise Planned("to be forgotten")
    except Planned as error:
        start_response("200 OK", TEXT, sys.exc_info())
        seen = weakref.ref(error)
    return [b"forgotten" if seen() is None else b"held"]


def twice(environ, start_response):
    start_response("200 OK", TEXT)
    try:
        start_response("200 OK", TEXT)
    except AssertionError:
        return [b"AssertionError"]
    return [b"accepted"]


def twice_with_none(environ, start_response):
    start_response("200 OK", TEXT)
    try:
        start_response("200 OK", TEXT, None)
    except AssertionError:
        return [b"AssertionError"]
    return [b"accepted"]


def twice_unhandled(environ, start_response):
    start_response("200 OK", TEXT)
    start_response("200 OK", TEXT)
    return [b"never"]


def in_first_next(environ, start_response):
    start_response("201 Made late", TEXT)
    yield b"late"


class in_iter:  # noqa: N801: named as the case
    """An app that is a class: its instance is the iterable."""

    def __init__(self, environ, start_response):
        self.start_response = start_response

    def __iter__(self):
        self.start_response("202 In iter", TEXT)
        return iter([b"from ", b"iter"])


def never(environ, start_response):
    return [b"marker-never-started"]


def never_and_empty(environ, start_response):
    return []


def after_first_block(environ, start_response):
    """Too late: the block comes before the status."""
    yield b"too early"
    start_response("200 OK", TEXT)
    yield b"late"


def without_arguments(environ, start_response):
    start_response()
    return [b"never"]


def write_first(environ, start_response):
    write = start_response("200 OK", TEXT)
    write(b"one ")
    write(b"two ")
    return [b"three ", b"four"]


def write_only(environ, start_response):
    write = start_response("200 OK", TEXT)
    write(b"only")
    return []


def write_is_sent(environ, start_response):
    write = start_response("200 OK", TEXT)
    write(b"first")
    wait_at_gate(environ)
    return [b" second"]


def write_str(environ, start_response):
    write = start_response("200 OK", TEXT)
    try:
        write("text")
    except TypeError as error:
        return [str(error).encode()]
    return [b"accepted"]


def write_inside_iteration(environ, start_response):
    """The PEP forbids it to apps; what was written must not come out of order all the same."""
    write = start_response("200 OK", TEXT)
    yield b"one "
    write(b"two ")
    yield b"three"


def write_large(environ, start_response):
    write = start_response("200 OK", TEXT)
    for number in range(64):
        write(bytes([number]) * 65536)
    return []


def write_with_length(environ, start_response):
    write = start_response("200 OK", TEXT + [("Content-Length", "5")])
    write(b"12345")
    return [b""]
