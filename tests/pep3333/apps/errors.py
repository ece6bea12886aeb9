"""PEP 3333, Input and Error Streams: `wsgi.errors`."""

import sys

from .helpers import TEXT, facts


def _done(start_response):
    start_response("200 OK", TEXT)
    return [b"done"]


def write(environ, start_response):
    environ["wsgi.errors"].write("marker-write %s\n" % environ["QUERY_STRING"])
    return _done(start_response)


def write_lines(environ, start_response):
    environ["wsgi.errors"].writelines(line for line in ["marker-one\n", "marker-two\n"])
    environ["wsgi.errors"].writelines(["marker-three\n"])
    return _done(start_response)


def write_part_of_a_line(environ, start_response):
    environ["wsgi.errors"].write("marker-without-newline")
    return _done(start_response)


def flush(environ, start_response):
    errors = environ["wsgi.errors"]
    errors.write("marker-flushed\n")
    return facts(start_response, flushed=errors.flush() is None)


def unicode(environ, start_response):
    environ["wsgi.errors"].write("marker-unicode ž 𝔘 é\n")
    return _done(start_response)


def surrogate(environ, start_response):
    """The text of a path that was not UTF-8, as os.fsdecode makes it."""
    environ["wsgi.errors"].write("marker-surrogate \udcff end\n")
    return _done(start_response)


def print_to(environ, start_response):
    print("marker-print", 1, 2, file=environ["wsgi.errors"])
    return _done(start_response)


def not_text(environ, start_response):
    try:
        environ["wsgi.errors"].write(b"marker-bytes")
    except TypeError as error:
        return facts(start_response, refused=str(error))
    return facts(start_response, refused="")


def many(environ, start_response):
    for number in range(2000):
        environ["wsgi.errors"].write("marker-many %04d %s\n" % (number, "x" * 80))
    return _done(start_response)


def while_streaming(environ, start_response):
    start_response("200 OK", TEXT)
    yield b"one "
    environ["wsgi.errors"].write("marker-between\n")
    yield b"two"


def stderr(environ, start_response):
    """What a library writes to the process's own stderr."""
    print("marker-stderr", file=sys.stderr, flush=True)
    return _done(start_response)
