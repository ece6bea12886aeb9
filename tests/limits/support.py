"""What the tests of limits share."""

from pathlib import Path

from client import fastcgi, http, scgi

APP = str(Path(__file__).with_name("app.py"))
MODULES = {"fastcgi": fastcgi, "http": http, "scgi": scgi}
WAYS = sorted(MODULES)


def calls(service):
    """How many requests the app was asked to answer, this one among them."""
    return int(scgi.ask(service.scgi, path="/calls").body)
