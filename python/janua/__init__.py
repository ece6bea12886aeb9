"""janua runs WSGI apps behind web servers, over CGI, SCGI and FastCGI.

``run(app)`` is for a script that a web server starts, ``serve(app, ...)`` for a
service of its own, ``cgi(app)`` for a single CGI request. Every keyword is a
setting of the same name as on the command line; ``janua settings`` lists them.
"""

from ._janua import FileWrapper, __VERSION__ as __version__, cgi, run, serve

__all__ = ["FileWrapper", "__version__", "cgi", "run", "serve"]


def _terminated(number: int, frame: object) -> None:
    """SIGTERM while a CGI request is answered: leave, closing what is open on the way."""
    raise SystemExit(128 + number)
