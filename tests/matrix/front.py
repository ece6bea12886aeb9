"""What the five servers have in common: each is started once, with all its mounts, each mount on a port of its own."""

import re
import subprocess
from dataclasses import dataclass

from client.ports import free_port
from servers.process import Process
from servers.server import listens


@dataclass(frozen=True)
class Row:
    """One way to mount the app behind a server.

    In `config`, the server's configuration, @fastcgi@ and @scgi@ stand for sockets of a service with `settings`,
    @port@ for the port, @www@ for a document root of its own.
    """

    server: str
    protocol: str
    kind: str
    prefix: str
    config: str
    #: What the server speaks it with, where it has several modules.
    module: str = ""
    #: Settings of janua, and the reason why the server cannot tell what they say.
    settings: tuple = ()
    why: str = ""
    #: Copies of the script in the document root: their paths.
    scripts: tuple = ()
    #: Tells rows apart that are otherwise the same.
    variant: str = ""
    #: The module that makes this mount normalises paths, though the server does not.
    merges: bool = False

    def __str__(self):
        words = [self.server, self.module or self.protocol, self.kind, self.variant]
        return "-".join(word.replace(" ", "-") for word in words if word)


class Front:
    """A server in the foreground with all its rows."""

    name = ""
    rows = ()
    #: It merges "//" and resolves dot segments in paths before anything else.
    merges = True
    version_command = ()

    @staticmethod
    def query(query):
        """What the server makes of a query."""
        return query

    def __init__(self, places, sockets):
        self.places = places
        self.ports = {row: free_port() for row in self.rows}
        self.pid_file = places.folder / f"{self.name}.pid"
        self.errors = places.log / "error.log"
        self.config = places.folder / f"{self.name}.conf"
        for row in self.rows:
            root = self.www(row)
            root.mkdir(mode=0o755)
            for script in row.scripts:
                places.copy("app.fcgi", root / script, executable=True)
        self.config.write_text(self.whole([(row, self.filled(row, sockets)) for row in self.rows]))
        self.process = Process(self.command(), places.log / "output.log")

    def www(self, row):
        return self.places.www / str(row)

    def filled(self, row, sockets):
        text = row.config
        for word, value in {
            "@port@": self.ports[row],
            "@www@": self.www(row),
            "@fastcgi@": sockets[row.settings] / "fastcgi.sock",
            "@scgi@": sockets[row.settings] / "scgi.sock",
        }.items():
            text = text.replace(word, str(value))
        return text

    def whole(self, rows):
        """The configuration around the filled-in ones of the rows."""
        raise NotImplementedError

    def command(self):
        raise NotImplementedError

    @classmethod
    def version(cls):
        output = subprocess.run(cls.version_command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True).stdout
        return re.search(r"\d+\.\d+\.\d+", output.decode())[0]

    def start(self):
        self.process.start()
        try:
            self.process.wait_until(lambda: all(map(listens, self.ports.values())))
        except RuntimeError as error:
            raise RuntimeError(f"{error}\n{self.error_log()}") from None

    def stop(self):
        return self.process.stop()

    def error_log(self):
        return "".join(path.read_text(errors="replace")[-5000:] for path in sorted(self.places.log.iterdir()))
