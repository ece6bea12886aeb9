"""All back ends of a run and nginx before them, in a temporary folder, from `with` to its end."""

from __future__ import annotations

import resource
import shutil
import tempfile
from pathlib import Path

from .cases import FILE
from .front import Front
from .load import Loader, compiled
from .servers import BackEnd, Programs, Server


def raise_file_limit():
    """1,000 idle connections need more than the 1,024 files that a shell usually allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class Stage:
    def __init__(self, janua: Path, environment: Path, back_ends: list[BackEnd]):
        self.janua, self.bin, self.back_ends = janua, environment / "bin", back_ends
        self.servers: dict[BackEnd, Server] = {}
        self.front = None

    def __enter__(self) -> Stage:
        raise_file_limit()
        # A short name: the path of a unix socket has room for 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="janua-bench-", dir="/tmp"))
        try:
            self.set_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def set_up(self):
        self.loader = Loader(compiled("load", self.folder))
        programs = Programs(self.janua, self.bin, compiled("floor", self.folder))
        file = self.file("file", FILE)
        self.sockets = {back_end: self.folder / back_end.short for back_end in self.back_ends}
        for back_end, path in self.sockets.items():
            log = self.folder / f"{back_end.short}.log"
            self.servers[back_end] = Server(programs.command(back_end, path), path, log, {"BENCH_FILE": str(file)})
        for server in self.servers.values():
            server.wait()
        self.front = Front(self.folder, self.sockets)

    def file(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        if not path.exists():
            path.write_bytes(content)
        return path

    def __exit__(self, *_):
        for each in [self.front, *self.servers.values()]:
            if each:
                each.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
