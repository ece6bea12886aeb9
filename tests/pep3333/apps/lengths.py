"""PEP 3333, Handling the Content-Length Header; and responses without a body."""

from .helpers import TEXT


def one_block(environ, start_response):
    start_response("200 OK", TEXT)
    return [b"one block"]


def own_length(environ, start_response):
    start_response("200 OK", TEXT + [("content-length", "9")])
    return [b"one block"]


def generator(environ, start_response):
    start_response("200 OK", TEXT)
    yield b"one block"


def no_blocks(environ, start_response):
    start_response("200 OK", TEXT)
    return []


def one_empty_block(environ, start_response):
    start_response("200 OK", TEXT)
    return [b""]


def empty_generator(environ, start_response):
    start_response("200 OK", TEXT)
    return
    yield b""


def written_and_one_block(environ, start_response):
    write = start_response("200 OK", TEXT)
    write(b"written ")
    return [b"one block"]


def too_long(environ, start_response):
    start_response("200 OK", TEXT + [("Content-Length", "5")])
    return [b"12345678"]


def too_long_over_blocks(environ, start_response):
    start_response("200 OK", TEXT + [("Content-Length", "5")])
    for block in (b"123", b"456", b"789"):
        yield block


def too_long_by_write(environ, start_response):
    write = start_response("200 OK", TEXT + [("Content-Length", "5")])
    write(b"12345678")
    return []


def too_short(environ, start_response):
    start_response("200 OK", TEXT + [("Content-Length", "100")])
    yield b"much too short"


def too_short_list(environ, start_response):
    start_response("200 OK", TEXT + [("Content-Length", "100")])
    return [b"much too short"]


def none_of_it(environ, start_response):
    start_response("200 OK", TEXT + [("Content-Length", "100")])
    return []


def not_a_number(environ, start_response):
    start_response("200 OK", TEXT + [("Content-Length", "five")])
    return [b"12345"]


def negative(environ, start_response):
    start_response("200 OK", TEXT + [("Content-Length", "-5")])
    return [b"12345"]


def two_lengths(environ, start_response):
    start_response("200 OK", TEXT + [("Content-Length", "5"), ("Content-Length", "6")])
    return [b"12345"]


def plain(environ, start_response):
    """For HEAD: what GET would give."""
    start_response("200 OK", TEXT + [("Content-Length", "9"), ("X-Own", "yes")])
    return [b"one block"]


def status(environ, start_response):
    """A body under the status that the query names, which may not allow one."""
    start_response(environ["QUERY_STRING"].replace("+", " "), [("ETag", '"1"')])
    return [b"not ", b"allowed"]


def not_modified_with_length(environ, start_response):
    start_response("304 Not Modified", [("Content-Length", "9"), ("ETag", '"1"')])
    return []
