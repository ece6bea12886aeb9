"""One service for all cases, asked over each of the four ways in."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, Callable, Optional

import pytest

from client import cgi, fastcgi, http, scgi
from client.answer import Answer
from client.cgi import Program
from client.exchange import Exchange
from client.service import Service

APPS = Path(__file__).resolve().parent / "apps"
WAYS = {"cgi": cgi, "scgi": scgi, "fastcgi": fastcgi, "http": http}


class Way:
    """One way in. A case is named as `topic/function`, for the function in `apps/<topic>.py`."""

    def __init__(self, name: str, service: Optional[Service], program: Program):
        self.name = name
        self.service = service
        self.client = WAYS[name]
        self.where = program if name == "cgi" else getattr(service, name)
        self.log_start = service.log_size() if service else 0

    def ask(self, case: str, tail: str = "", body: bytes = b"", sized: bool = True, **request: Any) -> Answer:
        """Asks for a case. `tail` follows it in the path. A `body` that is not `sized` goes without
        Content-Length."""
        if not sized:
            request["sized"] = False
        if body:
            request.setdefault("method", "POST")
        return self.client.ask(self.where, path="/" + case + tail, body=body, **request)

    def begin(self, case: str, **request: Any) -> Exchange:
        """Sends the head of a request for a case."""
        return self.client.begin(self.where, path="/" + case, **request)

    def facts(self, case: str, tail: str = "", **request: Any) -> Any:
        """What a case found out, from the JSON that it answers with."""
        answer = self.ask(case, tail, **request)
        assert answer.status == 200, (answer, self.told(answer))
        assert answer.whole
        return json.loads(answer.body)

    def told(self, answer: Answer, text: str = "", seconds: float = 3.0) -> str:
        """What the operator gets to read: the server's own log (FastCGI STDERR, CGI stderr) and janua's.

        Waits for `text` to show up in it.
        """
        own = answer.stderr.decode("utf-8", "replace")
        if self.name == "cgi" or text in own:
            seconds = 0.0
        log = self.service.wait_for_log(text, self.log_start, seconds) if self.service and self.name != "cgi" else ""
        return own + log


class Gate:
    """A door that an app waits at until the test opens it: an order that needs no clock."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.header = ("X-Gate", str(folder))

    def open(self, number: int = 1) -> None:
        (self.folder / str(number)).touch()


class Notes:
    """A file in which an app writes down what happened to it, one line each."""

    def __init__(self, file: Path):
        self.file = file
        self.header = ("X-Notes", str(file))

    def lines(self) -> list:
        return self.file.read_text("utf-8").splitlines() if self.file.exists() else []

    def wait(self, until: Callable[[list], bool], seconds: float = 10.0) -> list:
        """The lines as soon as `until` is true of them, or as they are when the time has run out."""
        deadline = time.monotonic() + seconds
        while not until(self.lines()) and time.monotonic() < deadline:
            time.sleep(0.01)
        return self.lines()

    def wait_for(self, line: str, seconds: float = 10.0) -> list:
        """The lines as soon as `line` is among them; then a moment longer, in case it comes twice."""
        self.wait(lambda lines: line in lines, seconds)
        time.sleep(0.05)
        return self.lines()


@pytest.fixture(scope="session")
def program(janua_command) -> Program:
    """The cases as a CGI program."""
    return Program([*janua_command, "cgi", str(APPS / "dispatch.py")])


@pytest.fixture(scope="session")
def service(start_service) -> Service:
    """The cases behind a service with four threads."""
    return start_service(str(APPS / "dispatch.py"), "--threads", "4")


@pytest.fixture(params=sorted(WAYS))
def way(request, program) -> Way:
    """Each of the four ways in, one after the other."""
    needs_service = request.param != "cgi"
    return Way(request.param, request.getfixturevalue("service") if needs_service else None, program)


@pytest.fixture(params=sorted(WAYS))
def fresh_way(request, program, start_service) -> Way:
    """Like `way`, but to a service that nobody has asked yet."""
    app = str(APPS / "dispatch.py")
    fresh = start_service(app, "--threads", "2") if request.param != "cgi" else None
    yield Way(request.param, fresh, program)
    if fresh:
        fresh.stop()


@pytest.fixture(params=sorted(set(WAYS) - {"scgi"}))
def unsized_way(request, program) -> Way:
    """The ways that can carry a body without Content-Length."""
    needs_service = request.param != "cgi"
    return Way(request.param, request.getfixturevalue("service") if needs_service else None, program)


@pytest.fixture(params=sorted(set(WAYS) - {"cgi"}))
def service_way(request, service, program) -> Way:
    """The ways into a service that goes on living after the request."""
    return Way(request.param, service, program)


@pytest.fixture
def gate(tmp_path) -> Gate:
    folder = tmp_path / "gate"
    folder.mkdir()
    return Gate(folder)


@pytest.fixture
def notes(tmp_path) -> Notes:
    return Notes(tmp_path / "notes")
