"""The servers on stage: one janua for each set of settings, and each server when it is first asked for."""

import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from servers.environment import environment
from servers.process import Process
from servers.server import Places, listens

from .apache import Apache
from .caddy import Caddy
from .cell import Cells
from .haproxy import HAProxy
from .lighttpd import Lighttpd
from .nginx import Nginx
from .targets import TARGETS

FRONTS = [Nginx, Apache, Lighttpd, Caddy, HAProxy]
ROWS = [row for front in FRONTS for row in front.rows]

APP = Path(__file__).with_name("app.py")


class Stage:
    """To be used with `with`: what was started is stopped at the end."""

    def __init__(self):
        # A name that is short enough for unix sockets and `#!` lines, and open to the servers' users.
        self.folder = Path(tempfile.mkdtemp(prefix="janua-mx-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.app = self.folder / "app"
        self.app.mkdir()
        shutil.copy(APP, self.app)
        self.janua = environment(self.folder / "venv") / "bin" / "janua"
        self.services = []
        self.sockets = {}
        self.fronts = {}

    def __enter__(self):
        for settings in dict.fromkeys(row.settings for row in ROWS):
            self.serve(settings)
        for service, folder in zip(self.services, self.sockets.values()):
            service.wait_until(lambda: listens(folder / "fastcgi.sock") and listens(folder / "scgi.sock"))
        return self

    def serve(self, settings):
        folder = self.folder / f"service{len(self.services)}"
        folder.mkdir()
        listen = [f"--{protocol}=unix:{folder}/{protocol}.sock" for protocol in ("fastcgi", "scgi")]
        command = [self.janua, "serve", "--socket-mode=666", *settings, *listen, self.app / "app.py"]
        service = Process(command, folder / "log")
        service.start()
        self.services.append(service)
        self.sockets[settings] = folder

    def front(self, name):
        if name not in self.fronts:
            front = next(front for front in FRONTS if front.name == name)
            folder = self.folder / name
            folder.mkdir()
            self.fronts[name] = front(Places(folder, self.app, self.janua), self.sockets)
            self.fronts[name].start()
        return self.fronts[name]

    def results(self, row):
        """All cells of a row, in the order of TARGETS."""
        front = self.front(row.server)
        cells = Cells(row, front, front.ports[row])
        # A CGI request is a process that starts, which takes a processor for itself.
        with ThreadPoolExecutor(3 if row.protocol == "cgi" else 4) as pool:
            return list(pool.map(cells.judge, TARGETS))

    def __exit__(self, *_):
        for process in [*self.fronts.values(), *self.services]:
            process.stop()
        if not os.environ.get("JANUA_E2E_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)
