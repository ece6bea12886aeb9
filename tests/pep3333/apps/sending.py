"""PEP 3333, Optional Platform-Specific File Handling: files that need not be read to be sent, and blocks that are large."""

import gzip
import io
import os
import tempfile

from .helpers import TEXT, note

#: 3 MiB in which every place looks different, more than any socket takes at once.
CONTENT = b"".join(n.to_bytes(8, "big") for n in range(3 * 1024 * 1024 // 8))


def _file(kind="wb+", buffering=-1, content=CONTENT):
    file = tempfile.TemporaryFile(kind, buffering)
    file.write(content)
    file.seek(0)
    return file


def _send(environ, start_response, file, *fields, status="200 OK"):
    start_response(status, TEXT + list(fields))
    return environ["wsgi.file_wrapper"](file)


def whole(environ, start_response):
    return _send(environ, start_response, _file())


def bare(environ, start_response):
    return _send(environ, start_response, _file(buffering=0))


def named(environ, start_response):
    file = tempfile.NamedTemporaryFile()
    file.write(CONTENT)
    file.seek(5)
    return _send(environ, start_response, file)


def read_only(environ, start_response):
    with tempfile.NamedTemporaryFile() as file:
        file.write(CONTENT)
        file.flush()
        again = open(file.name, "rb")
    again.read(4099)
    return _send(environ, start_response, again)


def unflushed(environ, start_response):
    """What was written last is still in the file's buffer."""
    file = _file(content=b"a" * 100_000)
    file.seek(0, io.SEEK_END)
    file.write(b"last")
    file.seek(99_998)
    return _send(environ, start_response, file)


def cut(environ, start_response):
    return _send(environ, start_response, _file(), ("Content-Length", "1000001"))


def promised_more(environ, start_response):
    return _send(environ, start_response, _file(), ("Content-Length", str(len(CONTENT) + 5)))


def not_modified(environ, start_response):
    return _send(environ, start_response, _file(), status="304 Not Modified")


def after_write(environ, start_response):
    write = start_response("200 OK", TEXT)
    write(b"before")
    return environ["wsgi.file_wrapper"](_file())


def at_the_end(environ, start_response):
    file = _file()
    file.seek(0, io.SEEK_END)
    return _send(environ, start_response, file)


def zipped(environ, start_response):
    inner = io.BytesIO(gzip.compress(CONTENT[:300_000], 1))
    return _send(environ, start_response, gzip.GzipFile(fileobj=inner))


def zipped_file(environ, start_response):
    """It has a descriptor, but what it reads are not the descriptor's bytes."""
    return _send(environ, start_response, gzip.GzipFile(fileobj=_file(content=gzip.compress(CONTENT[:300_000], 1))))


def pipe(environ, start_response):
    reading, writing = os.pipe()
    os.write(writing, b"through a pipe")
    os.close(writing)
    return _send(environ, start_response, os.fdopen(reading, "rb"))


def made_up(environ, start_response):
    """A file of the kernel's, whose length is not what stands in it."""
    return _send(environ, start_response, open("/proc/self/cmdline", "rb"))


class Shouting(io.FileIO):
    def read(self, size=-1):
        return super().read(size).upper()


def subclass(environ, start_response):
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"loud" * 1000)
        file.flush()
        return _send(environ, start_response, Shouting(file.name))


def own_read(environ, start_response):
    file = _file(content=b"own" * 1000)
    plain = file.read
    file.read = lambda size: plain(size).upper()
    return _send(environ, start_response, file)


def write_only(environ, start_response):
    file = open(os.devnull, "wb", 0)
    return _send(environ, start_response, file)


def closed(environ, start_response):
    file = _file()
    file.close()
    return _send(environ, start_response, file)


def position(environ, start_response):
    file = _file()
    # A wrapper's close() is the only chance to look.
    file.close, close = (lambda: (note(environ, f"at {file.tell()}"), close())), file.close
    return _send(environ, start_response, file)


def large_blocks(environ, start_response):
    start_response("200 OK", TEXT)
    return [CONTENT[at:at + 300_000] for at in range(0, len(CONTENT), 300_000)]


def large_block(environ, start_response):
    start_response("200 OK", TEXT)
    return (CONTENT,)


def mixed_blocks(environ, start_response):
    start_response("200 OK", TEXT + [("Content-Length", "2000000")])
    return [CONTENT[:10], CONTENT[10:1_500_000], b"", CONTENT[1_500_000:1_500_001], CONTENT[1_500_001:]]


def bad_last_block(environ, start_response):
    start_response("200 OK", TEXT)
    return [CONTENT, "text"]


def echo(environ, start_response):
    body = environ["wsgi.input"].read()
    start_response("200 OK", TEXT)
    return [body]
