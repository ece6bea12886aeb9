"""Large responses, for readers that are slow."""

import os
from pathlib import Path

SIZE = 8 * 1024 * 1024
PATTERN = b"0123456789abcdef"


def application(environ, start_response):
    return CASES[environ["PATH_INFO"].strip("/")](environ, start_response)


def hello(environ, start_response):
    start_response("200 OK", [("Content-Length", "5")])
    return [b"hello"]


def file(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return environ["wsgi.file_wrapper"](open("large", "rb"))


def block(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [PATTERN * (SIZE // len(PATTERN))]


def blocks(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [PATTERN * (SIZE // 16 // len(PATTERN))] * 16


def shorten(environ, start_response):
    os.truncate("large", 1000)
    return hello(environ, start_response)


def restore(environ, start_response):
    Path("large").write_bytes(PATTERN * (SIZE // len(PATTERN)))
    return hello(environ, start_response)


CASES = {name: globals()[name] for name in ("hello", "file", "block", "blocks", "shorten", "restore")}
