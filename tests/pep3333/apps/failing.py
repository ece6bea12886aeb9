"""PEP 3333, Error Handling: exceptions of the app."""

import sys

from .helpers import TEXT


class Secret(Exception):
    pass


def before_start(environ, start_response):
    raise Secret("marker-secret")


def after_start(environ, start_response):
    start_response("200 OK", TEXT + [("X-Own", "1")])
    raise Secret("marker-secret")


def in_first_next(environ, start_response):
    start_response("200 OK", TEXT)
    raise Secret("marker-secret")
    yield b""


def after_empty_block(environ, start_response):
    start_response("200 OK", TEXT)
    yield b""
    raise Secret("marker-secret")


def after_block(environ, start_response):
    start_response("200 OK", TEXT)
    yield b"partial"
    raise Secret("marker-secret")


def after_block_with_length(environ, start_response):
    start_response("200 OK", TEXT + [("Content-Length", "1000")])
    yield b"partial"
    raise Secret("marker-secret")


def after_write(environ, start_response):
    write = start_response("200 OK", TEXT + [("Content-Length", "1000")])
    write(b"partial")
    raise Secret("marker-secret")


def system_exit(environ, start_response):
    sys.exit(3)


def system_exit_later(environ, start_response):
    start_response("200 OK", TEXT + [("Content-Length", "1000")])
    yield b"partial"
    raise SystemExit("marker-exit")


def keyboard_interrupt(environ, start_response):
    raise KeyboardInterrupt


def generator_exit(environ, start_response):
    raise GeneratorExit("marker-generator-exit")


def chained(environ, start_response):
    try:
        raise Secret("marker-cause")
    except Secret as error:
        raise RuntimeError("marker-effect") from error


def odd_text(environ, start_response):
    raise Secret("marker-odd ž \ud800")


class Unprintable(Exception):
    def __str__(self):
        raise ValueError("no text")


def unprintable(environ, start_response):
    raise Unprintable


def recursion(environ, start_response):
    return recursion(environ, start_response)


def own_error_page(environ, start_response):
    """The way that the PEP shows to apps."""
    try:
        start_response("200 OK", TEXT)
        raise Secret("marker-secret")
    except Secret:
        start_response("500 Oops", TEXT, sys.exc_info())
        return [b"own error page"]


def fine(environ, start_response):
    start_response("200 OK", TEXT)
    return [b"fine"]
