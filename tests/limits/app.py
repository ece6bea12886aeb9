"""The application behind the tests of limits: each path does one thing, and `/calls` says how many came this far."""

import itertools

calls = itertools.count()
seen = 0


def application(environ, start_response):
    global seen
    path = environ["PATH_INFO"]
    if path == "/calls":
        return plain(start_response, str(seen))
    seen = next(calls) + 1
    return CASES[path](environ, start_response)


def plain(start_response, text):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [text.encode()]


def read(environ, start_response):
    size = len(environ["wsgi.input"].read())
    return plain(start_response, str(size))


def filter_(environ, start_response):
    """Reads the file before the body, so that the body has to be kept."""
    size = len(environ["fastcgi.data"].read())
    return plain(start_response, f"{size} {len(environ['wsgi.input'].read())}")


def begun(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield b"begun"
    environ["wsgi.input"].read()
    yield b"never"


def told(environ, start_response):
    """An app that has its own answer for a body that cannot be read."""
    try:
        environ["wsgi.input"].read()
        said = "nothing"
    except OSError as error:
        said = str(error)
    return plain(start_response, said)


def unread(environ, start_response):
    return plain(start_response, "unread")


def large(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "16000000")])
    return [b"x" * 16_000_000]


def blocks(environ, start_response):
    """As large, but the thread stays with it."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return (b"x" * 100_000 for _ in range(160))


CASES = {"/": unread, "/read": read, "/filter": filter_, "/begun": begun, "/told": told, "/large": large,
         "/blocks": blocks}
