"""PEP 3333, Optional Platform-Specific File Handling: `wsgi.file_wrapper`."""

import io
import tempfile

from .helpers import TEXT, facts, note

CONTENT = bytes(range(256)) * 1000


def _real_file():
    file = tempfile.TemporaryFile()
    file.write(CONTENT)
    file.seek(0)
    return file


def whole(environ, start_response):
    start_response("200 OK", TEXT)
    return environ["wsgi.file_wrapper"](_real_file())


def block_size(environ, start_response):
    start_response("200 OK", TEXT)
    return environ["wsgi.file_wrapper"](_real_file(), 1000)


def from_offset(environ, start_response):
    file = _real_file()
    file.seek(255000)
    start_response("200 OK", TEXT)
    return environ["wsgi.file_wrapper"](file)


def after_read(environ, start_response):
    """A buffered file: Python has read ahead of where the app believes to be."""
    file = _real_file()
    file.read(10)
    start_response("200 OK", TEXT)
    return environ["wsgi.file_wrapper"](file)


def with_length(environ, start_response):
    start_response("200 OK", TEXT + [("Content-Length", "1000")])
    return environ["wsgi.file_wrapper"](_real_file())


def too_short(environ, start_response):
    start_response("200 OK", TEXT + [("Content-Length", str(len(CONTENT) + 1))])
    return environ["wsgi.file_wrapper"](_real_file())


def not_a_file(environ, start_response):
    start_response("200 OK", TEXT)
    return environ["wsgi.file_wrapper"](io.BytesIO(CONTENT))


class OnlyRead:
    """The least that PEP 3333 asks of a file-like object."""

    def __init__(self, content):
        self.read = io.BytesIO(content).read


def only_read(environ, start_response):
    start_response("200 OK", TEXT)
    return environ["wsgi.file_wrapper"](OnlyRead(b"only read"))


class NotedFile(io.BytesIO):
    def __init__(self, environ, content):
        super().__init__(content)
        self.environ = environ

    def close(self):
        if not self.closed:
            note(self.environ, "close")
        super().close()


def closed(environ, start_response):
    start_response("200 OK", TEXT)
    return environ["wsgi.file_wrapper"](NotedFile(environ, b"to be closed"))


def iterated(environ, start_response):
    """The wrapper used by the app itself, as middleware does."""
    wrapper = environ["wsgi.file_wrapper"](io.BytesIO(b"a" * 10 + b"b" * 5), 10)
    blocks = [block.decode() for block in wrapper]
    return facts(start_response, blocks=blocks, closable=callable(wrapper.close))


def through_middleware(environ, start_response):
    """The wrapper inside another iterable must behave as any other iterable."""
    start_response("200 OK", TEXT)
    wrapper = environ["wsgi.file_wrapper"](_real_file())
    return (block.swapcase() for block in wrapper)


def empty(environ, start_response):
    start_response("200 OK", TEXT)
    return environ["wsgi.file_wrapper"](tempfile.TemporaryFile())


def text_mode(environ, start_response):
    start_response("200 OK", TEXT)
    return environ["wsgi.file_wrapper"](io.StringIO("text, not bytes"))


def failing_read(environ, start_response):
    class Failing:
        def read(self, size):
            raise OSError("marker-disk")

    start_response("200 OK", TEXT)
    return environ["wsgi.file_wrapper"](Failing())
