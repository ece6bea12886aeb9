"""Status and headers: what passes unchanged, and what is refused."""

import ast
import sys
from urllib.parse import unquote

from .helpers import TEXT


def given(environ, start_response):
    """Answers with the status and the headers that the query holds as a Python literal."""
    status, headers = ast.literal_eval(unquote(environ["QUERY_STRING"]))
    start_response(status, headers)
    return [b"fields"]


def large(environ, start_response):
    start_response("200 OK", TEXT + [("X-Large", "v" * 65536)])
    return [b"large"]


def many(environ, start_response):
    start_response("200 OK", TEXT + [("X-Many", "%d" % number) for number in range(500)])
    return [b"many"]


def header_generator(environ, start_response):
    start_response("200 OK", (pair for pair in TEXT))
    return [b"never"]


class Text(str):
    pass


def str_subclass(environ, start_response):
    start_response(Text("200 OK"), [(Text("X-Text"), Text("a child of str"))])
    return [b"fine"]


def latin1(environ, start_response):
    start_response("200 Schön", [("X-Latin", "caf\xe9 \xff")])
    return [b"latin"]


def caught(environ, start_response):
    """The app can handle the refusal as any other error."""
    try:
        start_response("200 OK", [("X-Bad", "a\r\nX-Injected: b")])
    except Exception as error:
        start_response("500 Recovered", TEXT, sys.exc_info())
        return [str(error).encode()]
    return [b"accepted"]


def caught_and_repeated(environ, start_response):
    """Starting again without exc_info, as if the refused call had not been."""
    try:
        start_response("200 OK", [("X-Bad", "a\r\nX-Injected: b")])
    except Exception:
        try:
            start_response("200 OK", TEXT)
        except AssertionError:
            start_response("200 OK", TEXT, sys.exc_info())
            return [b"AssertionError"]
    return [b"accepted"]


def back_again(environ, start_response):
    """The length of a request header, to show that it arrived."""
    start_response("200 OK", TEXT)
    return [b"%d" % len(environ["HTTP_X_LARGE"])]
