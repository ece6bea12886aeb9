"""PEP 3333, Buffering and Streaming."""

import time

from .helpers import TEXT, wait_at_gate


def gated(environ, start_response):
    """Block 2 is made only after the test has seen block 1, and so on."""
    start_response("200 OK", TEXT)
    yield b"<1>"
    for number in (1, 2, 3):
        wait_at_gate(environ, number)
        yield b"<%d>" % (number + 1)


def gated_large(environ, start_response):
    start_response("200 OK", TEXT)
    yield b"a" * 300000 + b"<1>"
    wait_at_gate(environ, 1)
    yield b"b" * 300000 + b"<2>"


def gated_with_length(environ, start_response):
    start_response("200 OK", TEXT + [("Content-Length", "6")])
    yield b"<1>"
    wait_at_gate(environ, 1)
    yield b"<2>"


def slowly(environ, start_response):
    start_response("200 OK", TEXT)
    for number in range(4):
        yield b"<%d>" % number
        time.sleep(0.25)


def many_blocks(environ, start_response):
    start_response("200 OK", TEXT)
    for number in range(5000):
        yield b"%d\n" % number


def large_blocks(environ, start_response):
    start_response("200 OK", TEXT)
    for number in range(40):
        yield bytes([65 + number % 26]) * 262144


def after_empty_blocks(environ, start_response):
    start_response("200 OK", TEXT)
    for _ in range(3):
        yield b""
    yield b"content"
    yield b""
    yield b" and more"
    yield b""
