"""PEP 3333, environ Variables."""

import itertools
import os
import threading

from .helpers import TEXT, facts, wait_at_gate

SEEN = []
local = threading.local()


def kind(environ, start_response):
    return facts(
        start_response,
        is_dict=type(environ) is dict,
        odd_keys=[repr(key) for key in environ if type(key) is not str],
        odd_values=[
            key for key, value in environ.items() if not key.startswith("wsgi.") and type(value) is not str
        ],
        beyond_latin1=[
            key for key, value in environ.items() if type(value) is str and any(ord(char) > 255 for char in value)
        ],
    )


def strings(environ, start_response):
    return facts(start_response, **{key: value for key, value in environ.items() if type(value) is str})


def wsgi(environ, start_response):
    def describe(value):
        return value if isinstance(value, (bool, str)) else type(value).__name__

    found = {key: describe(value) for key, value in environ.items() if key.startswith("wsgi.")}
    version = environ["wsgi.version"]
    return facts(start_response, version=list(version), version_is_tuple=type(version) is tuple, **found)


def spoil(environ, start_response):
    """Changes everything in the environ that it can reach."""
    for key in list(environ):
        if isinstance(environ[key], str):
            environ[key] = "spoiled"
    environ["spoiled"] = "yes"
    environ["wsgi.version"] = (9, 9)
    del environ["wsgi.url_scheme"]
    start_response("200 OK", TEXT)
    return [b"spoiled"]


def same_object(environ, start_response):
    """Keeps a reference, so that a reused dict or stream cannot hide behind a recycled address."""
    again = any(environ is old or environ["wsgi.input"] is old["wsgi.input"] for old in SEEN)
    SEEN.append(environ)
    return facts(start_response, again=again)


def meet(environ, start_response):
    """Waits until four requests are inside at once."""
    folder = environ["HTTP_X_GATE"]
    for number in itertools.count():
        try:
            os.close(os.open(os.path.join(folder, "in%d" % number), os.O_CREAT | os.O_EXCL))
            break
        except FileExistsError:
            pass
    wait_at_gate(environ, "in3")
    start_response("200 OK", TEXT)
    return [b"met"]


def counted(environ, start_response):
    """How often this thread has been here, from a `threading.local`."""
    local.count = getattr(local, "count", 0) + 1
    return facts(start_response, count=local.count, thread=threading.get_ident())
