"""A folder with every program that is measured, as a web server would find them, and the servers behind the C relays."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from ..load import compiled
from ..servers import Server
from .figures import HELLO, JANUA, LEAST, RELAY, WSGIREF

HERE = Path(__file__).resolve().parent
AS_ROOT = os.geteuid() == 0

#: Root is nobody's web server: started by root, everything runs as this user.
USER = "www-data" if AS_ROOT else pwd.getpwuid(os.geteuid()).pw_name

#: For `subprocess`: as that user.
AS_USER = {"user": USER, "group": USER, "extra_groups": []} if AS_ROOT else {}

CGI_HANDLER = "\n\nfrom wsgiref.handlers import CGIHandler\n\nCGIHandler().run(application)\n"

#: What Apache gives to a script of its cgi-bin, for a client like `ab`.
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "GATEWAY_INTERFACE": "CGI/1.1",
    "SERVER_PROTOCOL": "HTTP/1.0", "SERVER_SOFTWARE": "Apache/2.4", "SERVER_SIGNATURE": "",
    "SERVER_NAME": "127.0.0.1", "SERVER_ADDR": "127.0.0.1", "SERVER_PORT": "8080", "REQUEST_SCHEME": "http",
    "REMOTE_ADDR": "127.0.0.1", "REMOTE_PORT": "55555", "DOCUMENT_ROOT": "/var/www/html",
    "CONTEXT_PREFIX": "/cgi-bin/", "CONTEXT_DOCUMENT_ROOT": "/var/www/cgi-bin/", "SERVER_ADMIN": "[no address given]",
    "HTTP_HOST": "127.0.0.1:8080", "HTTP_USER_AGENT": "ApacheBench/2.3", "HTTP_ACCEPT": "*/*",
    "REQUEST_METHOD": "GET", "QUERY_STRING": "", "PATH_INFO": "/",
}  # fmt: skip


class Site:
    """From `with` to its end. `programs` says which file is what: case → program → path."""

    def __init__(self, bin: Path, as_user: dict = AS_USER):
        self.bin, self.as_user = bin, as_user

    def __enter__(self) -> Site:
        # A short name: the path of a unix socket has room for 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="janua-bench-", dir="/tmp"))
        self.servers: list[Server] = []
        try:
            self.set_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def set_up(self):
        self.folder.chmod(0o755)
        self.cgi_bin = self.folder / "cgi-bin"
        self.cgi_bin.mkdir()
        # Here sockets appear, and the backends' folder, which is the user's who runs them.
        self.run = self.folder / "run"
        self.run.mkdir()
        self.run.chmod(0o777)
        served, floor = self.run / "served", self.run / "floor"
        self.programs = {
            "hello": {
                JANUA: self.script("hello.cgi", "app.py"),
                WSGIREF: self.script("hello-wsgiref.cgi", "app.py", CGI_HANDLER),
                RELAY: self.compiled("relay", "relay-served", f'-DSOCKET="{served}"'),
                LEAST: self.compiled("relay", "relay-floor", f'-DSOCKET="{floor}"'),
                HELLO: self.compiled("hello", "hello"),
            },
            "flask": {
                JANUA: self.script("flask.cgi", "flask_hello.py"),
                WSGIREF: self.script("flask-wsgiref.cgi", "flask_hello.py", CGI_HANDLER),
            },
        }
        app = self.programs["hello"][JANUA]
        self.serve([self.bin / "janua", "serve", "--socket-mode=0666", f"--scgi=unix:{served}", app], served)
        self.serve([compiled("floor", self.folder), "scgi", floor], floor)

    def script(self, name: str, app: str, ending: str = "") -> Path:
        """A script with this app: of `janua-cgi`, or of Python if something is put behind it."""
        text = (HERE / app).read_text() + ending
        comments = "" if ending else f'# janua: cgi_folder = "{self.run}/backends"\n'
        interpreter = self.bin / ("python" if ending else "janua-cgi")
        path = self.cgi_bin / name
        path.write_text(f"#!{interpreter}\n{comments}{text}")
        path.chmod(0o755)
        return path

    def compiled(self, source: str, name: str, *words: str) -> Path:
        return compiled(f"cgi/{source}", self.cgi_bin, name, ("-static", *words))

    def serve(self, command: list, socket: Path):
        server = Server(command, socket, self.folder / f"{socket.name}.log", user=self.as_user)
        self.servers.append(server)
        server.wait()

    def environment(self, program: Path, **more: str) -> dict[str, str]:
        name = f"/cgi-bin/{program.name}"
        path = more.get("PATH_INFO", "/")
        own = {"SCRIPT_NAME": name, "SCRIPT_FILENAME": str(program), "REQUEST_URI": name + path}
        return {**ENVIRONMENT, **own, **more}

    def answer(self, program: Path, **more: str) -> bytes:
        """What the program answers to one request: the body. The first request is the one that loads the app."""
        done = subprocess.run(
            [program], env=self.environment(program, **more), stdin=subprocess.DEVNULL, capture_output=True,
            cwd=self.cgi_bin, timeout=60, check=True, **self.as_user,
        )  # fmt: skip
        return done.stdout.replace(b"\r\n", b"\n").partition(b"\n\n")[2]

    def __exit__(self, *_):
        for server in self.servers:
            server.stop()
        # Without its socket a backend ends by itself, within a second or so.
        left = [int(line.split()[1]) for state in self.folder.glob("run/*/*.state")
                for line in state.read_text().splitlines() if line.startswith("pid ")]  # fmt: skip
        shutil.rmtree(self.folder, ignore_errors=True)
        deadline = time.monotonic() + 10
        while any(Path(f"/proc/{pid}").exists() for pid in left) and time.monotonic() < deadline:
            time.sleep(0.05)
