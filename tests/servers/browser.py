"""A small HTTP client that keeps its connection, as browsers do."""

import http.client
import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """A whole response."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self):
        return self.body.decode()

    def json(self):
        return json.loads(self.body)


class Browser:
    """Asks 127.0.0.1:port; paths are relative to `mount` unless `absolute`."""

    def __init__(self, port, mount):
        self.port = port
        self.mount = mount
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

    def open(self, method, path, body=None, headers=None, absolute=False, chunked=False):
        """Sends a request and gives the response with its body still to be read."""
        target = path if absolute else self.mount + path
        self.connection.request(method, target, body, headers or {}, encode_chunked=chunked)
        return self.connection.getresponse()

    def ask(self, method, path, body=None, headers=None, absolute=False, app=None, chunked=False):
        """Sends a request, for the app of that name in apps/, and reads the whole response."""
        headers = dict(headers or {})
        if app:
            headers["X-App"] = app
        if chunked:
            headers["Transfer-Encoding"] = "chunked"
        try:
            response = self.open(method, path, body, headers, absolute, chunked)
            answer = Answer(response.status, response.headers, response.read())
        except BaseException:
            self.close()
            raise
        return answer

    def get(self, path, **options):
        return self.ask("GET", path, **options)

    def close(self):
        self.connection.close()
