"""PEP 3333, Input and Error Streams: `wsgi.input`."""

import hashlib

from .helpers import TEXT, facts


def _lines(parts):
    return [part.decode("latin-1") for part in parts]


def read_all(environ, start_response):
    body = environ["wsgi.input"].read()
    return facts(start_response, body=body.decode("latin-1"), kind=type(body).__name__)


def read_minus_one(environ, start_response):
    return facts(start_response, body=environ["wsgi.input"].read(-1).decode("latin-1"))


def read_nothing(environ, start_response):
    stream = environ["wsgi.input"]
    return facts(start_response, first=stream.read(0).decode(), body=stream.read().decode("latin-1"))


def read_in_parts(environ, start_response):
    """Parts of the sizes that the query names."""
    stream = environ["wsgi.input"]
    sizes = [int(size) for size in environ["QUERY_STRING"].split(",")]
    return facts(start_response, parts=_lines(stream.read(size) for size in sizes))


def read_exact(environ, start_response):
    """Whether each read gives all that it was asked for, up to the last."""
    stream = environ["wsgi.input"]
    lengths, digest = [], hashlib.sha256()
    while True:
        part = stream.read(10000)
        if not part:
            break
        lengths.append(len(part))
        digest.update(part)
    return facts(start_response, lengths=lengths, sha256=digest.hexdigest())


def read_beyond_end(environ, start_response):
    stream = environ["wsgi.input"]
    first = stream.read(1000)
    after = [stream.read(10), stream.read(), stream.readline(), stream.read(-1)]
    return facts(
        start_response, first=first.decode(), after=_lines(after), lines=stream.readlines(), iterated=list(stream),
    )


def read_line(environ, start_response):
    stream = environ["wsgi.input"]
    return facts(start_response, lines=_lines(stream.readline() for _ in range(5)))


def read_line_limited(environ, start_response):
    """Lines with the size limits that the query names."""
    stream = environ["wsgi.input"]
    sizes = [int(size) for size in environ["QUERY_STRING"].split(",")]
    return facts(start_response, lines=_lines(stream.readline(size) for size in sizes))


def read_lines(environ, start_response):
    lines = environ["wsgi.input"].readlines()
    return facts(start_response, lines=_lines(lines), kind=type(lines).__name__)


def read_lines_hint(environ, start_response):
    stream = environ["wsgi.input"]
    first = stream.readlines(4)
    return facts(start_response, first=_lines(first), rest=_lines(stream.readlines()))


def iterate(environ, start_response):
    return facts(start_response, lines=_lines(environ["wsgi.input"]))


def iterate_twice(environ, start_response):
    stream = environ["wsgi.input"]
    first = next(iter(stream))
    return facts(start_response, first=first.decode(), rest=_lines(stream), own_iterator=iter(stream) is not None)


def mixed(environ, start_response):
    stream = environ["wsgi.input"]
    parts = [stream.read(3), stream.readline(), next(iter(stream)), stream.readline(2), stream.read(2)]
    return facts(start_response, parts=_lines(parts), rest=_lines(stream.readlines()))


def digest(environ, start_response):
    stream, sha256, length = environ["wsgi.input"], hashlib.sha256(), 0
    while True:
        part = stream.read(65536)
        if not part:
            break
        sha256.update(part)
        length += len(part)
    return facts(start_response, sha256=sha256.hexdigest(), length=length)


def digest_of_all(environ, start_response):
    body = environ["wsgi.input"].read()
    return facts(start_response, sha256=hashlib.sha256(body).hexdigest(), length=len(body))


def long_line(environ, start_response):
    stream = environ["wsgi.input"]
    return facts(start_response, lengths=[len(stream.readline()), len(stream.readline())])


def ignore(environ, start_response):
    start_response("200 OK", TEXT)
    return [b"not read"]


def read_a_little(environ, start_response):
    start_response("200 OK", TEXT)
    return [environ["wsgi.input"].read(5)]


def late(environ, start_response):
    """Reads only after the response has begun."""
    start_response("200 OK", TEXT)
    yield b"begun "
    yield environ["wsgi.input"].read()


def length_told(environ, start_response):
    return facts(
        start_response, told=environ.get("CONTENT_LENGTH"), body=environ["wsgi.input"].read().decode("latin-1"),
    )
