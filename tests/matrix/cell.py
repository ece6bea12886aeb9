"""One cell of the matrix: one target asked for behind one row, and what is wrong with the answer."""

import http.client
import json
import socket
from dataclasses import dataclass
from urllib.parse import quote
from wsgiref.util import request_uri

from . import refusals
from .paths import decoded, lies_under, normal

HOST = "matrix.test"

#: What janua answers by itself. A server's own page is never one of these lines.
JANUA = (
    b"The request could not be understood.\n",
    b"There is no application at this address.\n",
    b"The application failed to answer. The server's log says more.\n",
)


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    #: The app's answer, if it was the app that answered.
    seen: dict

    @property
    def by_janua(self):
        return self.body in JANUA


def ask(port, target):
    """Sends `target` as it is; most clients would tidy it."""
    head = f"GET {target} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(head.encode("latin-1"))
        response = http.client.HTTPResponse(connection)
        response.begin()
        body = response.read()
    return Answer(response.status, body, json.loads(body) if response.getheader("X-Cell") else None)


@dataclass(frozen=True)
class Result:
    """`wrong` says what is wrong; a good cell has nothing there. `listed` is the reason that refusals.py has for it."""

    target: object
    wrong: str = ""
    listed: object = None
    #: The status, where the app was not asked.
    status: int = 0

    @property
    def fault(self):
        return "" if self.listed else self.wrong


class Cells:
    """The cells of one row. Answers are remembered, since many links lead where another target led."""

    def __init__(self, row, front, port):
        self.row = row
        self.merges = front.merges or row.merges
        self.query = front.query
        self.port = port
        self.answers = {}

    def ask(self, target):
        if target not in self.answers:
            self.answers[target] = ask(self.port, target)
        return self.answers[target]

    def path_of(self, target):
        """The decoded path that the app should see, SCRIPT_NAME and PATH_INFO together."""
        path = decoded(target.partition("?")[0])
        return normal(path) if self.merges else path

    def judge(self, target):
        asked = target.of(self.row.prefix)
        inside = lies_under(normal(self.path_of(asked)), self.row.prefix)
        answer = self.ask(asked)
        if answer.seen:
            # A server that keeps dots in a path may know it as the mount's.
            if not inside and not (lies_under(self.path_of(asked), self.row.prefix) and not self.merges):
                return Result(target, "the app was asked")
            wrong = self.fault(asked, answer.seen)
            return Result(target, wrong, refusals.known(self.row, target, wrong) if wrong else None)
        refusal = refusals.expected(self.row, target, answer.status)
        if answer.by_janua:
            # Outside a mount that janua was told, 404 is the right answer.
            if not inside and self.row.settings and answer.status == 404:
                return Result(target, status=404)
            return Result(target, f"janua answers {answer.status}", status=answer.status)
        if inside and not refusal:
            return Result(target, f"the server answers {answer.status}", status=answer.status)
        return Result(target, listed=refusal, status=answer.status)

    def fault(self, asked, seen):
        """What the app saw that it should not have seen, in words."""
        environ = seen["environ"]
        script_name, path_info = environ["SCRIPT_NAME"], environ["PATH_INFO"]
        path = self.path_of(asked)
        shown = path_info if not self.merges else normal(script_name + path_info)[len(script_name) :]
        if (script_name, shown) != (self.row.prefix, path[len(self.row.prefix) :]):
            return f"SCRIPT_NAME {script_name!r}, PATH_INFO {path_info!r}"
        query = self.query(asked.partition("?")[2])
        if environ["QUERY_STRING"] != query:
            return f"QUERY_STRING {environ['QUERY_STRING']!r}"
        if self.in_normal_form(request_uri(environ)) != self.in_normal_form(f"http://{HOST}{asked}"):
            return f"request_uri gives {request_uri(environ)!r}"
        return self.fault_of_link(seen)

    def in_normal_form(self, url):
        """The URL with its path as the server sees it and its query as it is."""
        path, _, query = url.removeprefix(f"http://{HOST}").partition("?")
        return quote(self.path_of(path), encoding="latin-1") + ("?" + self.query(query) if query else "")

    def fault_of_link(self, seen):
        """Follows the link that Flask made to the page itself."""
        link, rest = seen["link"], seen["rest"]
        if not lies_under(decoded(link), self.row.prefix):
            return f"url_for gives {link!r}"
        there = self.ask(link)
        if not there.seen:
            return f"the link {link!r} is answered with {there.status}"
        same = normal(there.seen["rest"]) == normal(rest) if self.merges else there.seen["rest"] == rest
        if there.seen["environ"]["SCRIPT_NAME"] != self.row.prefix or not same:
            return f"the link {link!r} leads to {there.seen['rest']!r}"
        return ""
