"""What an app may return, and what it may not."""

from .helpers import TEXT, note


def a_list(environ, start_response):
    start_response("200 OK", TEXT)
    return [b"one ", b"two ", b"three"]


def a_tuple(environ, start_response):
    start_response("200 OK", TEXT)
    return (b"one ", b"two")


def a_generator(environ, start_response):
    start_response("200 OK", TEXT)
    yield b"one "
    yield b"two"


def an_iterator(environ, start_response):
    start_response("200 OK", TEXT)
    return iter([b"one ", b"two"])


class Indexed:
    """The old sequence protocol."""

    def __getitem__(self, index):
        return [b"one ", b"two"][index]


def by_index(environ, start_response):
    start_response("200 OK", TEXT)
    return Indexed()


class Sized:
    """One block, of an iterable with `len()` 1 that is no list."""

    def __len__(self):
        return 1

    def __iter__(self):
        return iter([b"one block"])


def sized(environ, start_response):
    start_response("200 OK", TEXT)
    return Sized()


class Callable:
    def __call__(self, environ, start_response):
        start_response("200 OK", TEXT)
        return [b"from an instance"]


an_instance = Callable()


def bare_bytes(environ, start_response):
    start_response("200 OK", TEXT)
    return b"bare bytes"


def bare_str(environ, start_response):
    start_response("200 OK", TEXT)
    return "bare text"


def none(environ, start_response):
    start_response("200 OK", TEXT)
    return None


def a_number(environ, start_response):
    start_response("200 OK", TEXT)
    return 7


def a_function(environ, start_response):
    start_response("200 OK", TEXT)
    return lambda: [b"never"]


def str_block(environ, start_response):
    start_response("200 OK", TEXT)
    return ["marker text"]


def int_block(environ, start_response):
    start_response("200 OK", TEXT)
    return [b"", 7]


def none_block(environ, start_response):
    start_response("200 OK", TEXT)
    return [None]


def str_block_later(environ, start_response):
    start_response("200 OK", TEXT + [("Content-Length", "100")])
    yield b"fine "
    yield "text"


class BytesChild(bytes):
    pass


def bytes_subclass(environ, start_response):
    start_response("200 OK", TEXT)
    return [BytesChild(b"a child of bytes")]


def binary(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return [bytes(range(256)), b"\r\n0\r\n\r\n", b"\0"]


class Touchy:
    """An iterable that notes every unusual thing done to it."""

    def __init__(self, environ):
        self.environ = environ

    def __iter__(self):
        note(self.environ, "iter")
        return iter([b"once"])

    def __len__(self):
        raise TypeError("no length today")


def iterated_once(environ, start_response):
    start_response("200 OK", TEXT)
    return Touchy(environ)


def no_iterator(environ, start_response):
    class Odd:
        def __iter__(self):
            return self

        def close(self):
            note(environ, "close")

    start_response("200 OK", TEXT)
    return Odd()
