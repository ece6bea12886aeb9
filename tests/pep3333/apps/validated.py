"""Apps inside `wsgiref.validate.validator`, which checks the server as well as the app."""

from wsgiref.validate import validator

from .helpers import TEXT


@validator
def simple(environ, start_response):
    start_response("200 OK", TEXT)
    return [b"simple"]


@validator
def reads(environ, start_response):
    stream, body = environ["wsgi.input"], b""
    while True:
        part = stream.read(7)
        if not part:
            break
        body += part
    start_response("200 OK", TEXT)
    return [body]


@validator
def reads_lines(environ, start_response):
    lines = list(environ["wsgi.input"])
    start_response("200 OK", TEXT)
    return lines


@validator
def streams(environ, start_response):
    environ["wsgi.errors"].write("marker-validated\n")
    environ["wsgi.errors"].flush()
    start_response("200 OK", TEXT)
    return (block for block in [b"one ", b"", b"two"])


@validator
def writes(environ, start_response):
    write = start_response("200 OK", TEXT)
    write(b"written ")
    return [b"returned"]


@validator
def no_content(environ, start_response):
    start_response("204 No Content", [])
    return [b""]
