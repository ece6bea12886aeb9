"""The app that every back end runs: one small WSGI app for each case, chosen by PATH_INFO."""

import os
import time
from wsgiref.util import FileWrapper

HELLO = b"hello world\n"
#: Each block differs from its neighbours, so that one that is lost or misplaced shows.
PAGE = [b"%099d\n" % number for number in range(100)]
BIG = [bytes([ord("a") + number]) * (64 * 1024) for number in range(16)]
FILE = os.environ.get("BENCH_FILE")

PLAIN = ("Content-Type", "text/plain")


def hello(environ, start_response):
    start_response("200 OK", [PLAIN, ("Content-Length", "12")])
    return [HELLO]


def page(environ, start_response):
    start_response("200 OK", [PLAIN])
    return (block for block in PAGE)


def echo(environ, start_response):
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    start_response("200 OK", [PLAIN, ("Content-Length", str(len(body)))])
    return [body]


def big(environ, start_response):
    start_response("200 OK", [PLAIN, ("Content-Length", str(1024 * 1024))])
    return (block for block in BIG)


def file(environ, start_response):
    start_response("200 OK", [PLAIN, ("Content-Length", str(1024 * 1024))])
    # Without one from the server, what the frameworks do.
    return environ.get("wsgi.file_wrapper", FileWrapper)(open(FILE, "rb"), 64 * 1024)


def sleep(environ, start_response):
    time.sleep(0.010)
    return hello(environ, start_response)


APPS = {f"/{app.__name__}": app for app in (hello, page, echo, big, file, sleep)}


def application(environ, start_response):
    return APPS[environ["PATH_INFO"]](environ, start_response)
