"""What the three web servers have in common."""

import contextlib
import grp
import os
import socket
from pathlib import Path

from client.ports import free_port

from .process import Process

CONF = Path(__file__).resolve().parents[2] / "conf"

# Started by root, a server runs as this user, and its children with it; else it stays who it is.
AS_ROOT = os.geteuid() == 0
USER = "www-data"
GROUP = USER if AS_ROOT else grp.getgrgid(os.getegid()).gr_name


def listens(address):
    """Whether somebody takes connections at a port of the loopback, or at the path of a unix socket."""
    local = isinstance(address, int)
    with socket.socket(socket.AF_INET if local else socket.AF_UNIX) as probe, contextlib.suppress(OSError):
        probe.connect(("127.0.0.1", address) if local else str(address))
        return True
    return False


class Places:
    """The folders of one site, and what stands for them in the files of conf/."""

    def __init__(self, folder, app, janua):
        self.folder = folder
        self.app = app
        self.janua = janua
        self.port = free_port()
        # What the server gives to each script besides the request.
        self.environment = {}
        # Whom the server runs as, if root starts it.
        self.user, self.group = USER, USER
        # Whether there will be many clients at once.
        self.crowd = False
        self.www = self.make("www")
        self.run = self.make("run")
        self.log = self.make("log")

    def make(self, name):
        """A folder that the server's user may write to: sockets and temporary files appear there."""
        folder = self.folder / name
        folder.mkdir(parents=True)
        folder.chmod(0o777)
        return folder

    def fill(self, text):
        """Replaces the paths that the files of conf/ are written with by those of this site."""
        for placeholder, value in {
            "/srv/app": self.app,
            "/srv/www": self.www,
            "/run/janua": self.run,
            "/usr/local/bin/janua": self.janua,
            "/var/log/lighttpd": self.log,
            "www-data": GROUP,
            "listen       80;": f"listen 127.0.0.1:{self.port};",
        }.items():
            text = text.replace(placeholder, str(value))
        return text

    def copy(self, conf, to, executable=False):
        """A file of conf/ as a user would save it at `to`."""
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(self.fill((CONF / conf).read_text()))
        to.chmod(0o755 if executable else 0o644)
        return to


class Server:
    """A web server with one file of conf/, in the foreground, on a free port of the loopback."""

    def __init__(self, places, conf):
        self.places = places
        self.fragment = places.copy(conf, places.folder / Path(conf).name)
        self.errors = places.log / "error.log"
        self.pid_file = places.folder / "server.pid"
        self.config = places.folder / "server.conf"
        self.config.write_text(self.surroundings())
        # Outside places.log: a server that runs in the background has no such output.
        self.process = Process(self.command(), places.folder / "output.log")

    def surroundings(self):
        """The configuration around the fragment: what every installation already has."""
        raise NotImplementedError

    def command(self):
        raise NotImplementedError

    def host(self):
        """What the app gets to see as HTTP_HOST: the client's header, but see nginx."""
        return f"127.0.0.1:{self.places.port}"

    def start(self):
        self.process.start()
        # Apache listens before it has read everything; the pid file comes last.
        try:
            self.process.wait_until(lambda: self.pid_file.exists() and listens(self.places.port))
        except RuntimeError as error:
            raise RuntimeError(f"{error}\n{self.error_log()}") from None

    def stop(self):
        return self.process.stop()

    def error_log(self):
        """All that the server wrote for its operator."""
        return "".join(path.read_text(errors="replace") for path in sorted(self.places.log.iterdir()))
