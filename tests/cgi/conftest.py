"""Scripts with `janua-cgi` in their first line, run as a web server would run them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import List, Optional

import pytest

from client import cgi
from client.answer import Answer
from client.patience import until

HERE = Path(__file__).parent

#: A user whom nobody is.
NOBODY = 54321


def is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


class Site:
    """A folder of scripts, an installation of `janua-cgi` that starts `janua` by way of `janua.py`, and what it started."""

    def __init__(self, folder: Path, command: List[str], relay: str, knows_backends: bool):
        self.folder, self.bin, self.run = folder, folder / "bin", folder / "run"
        self.bin.mkdir()
        self.relay = self.bin / "janua-cgi"
        shutil.copy(relay, self.relay)
        stand_in = (HERE / "janua.py").read_text().replace("#!/usr/bin/env python3", f"#!{sys.executable} -IS")
        stand_in = stand_in.replace("@REAL@", repr(command[0])).replace("@KNOWS_BACKENDS@", str(knows_backends))
        (self.bin / "janua").write_text(stand_in)
        (self.bin / "janua").chmod(0o755)
        (self.bin / "started").touch()
        self.mode("works")

    def mode(self, mode: str) -> None:
        """How backends that are started from now on behave."""
        (self.bin / "mode").write_text(mode)

    def script(self, name: str = "app.cgi", *comments: str, text: Optional[str] = None) -> Path:
        path = self.folder / name
        lines = [f"#!{self.relay}", f'# janua: cgi_folder = "{self.run}"', *comments]
        path.write_text("\n".join(lines) + "\n" + (text or (HERE / "app.py").read_text()))
        path.chmod(0o755)
        return path

    def program(self, script: Path) -> cgi.Program:
        return cgi.Program([str(script)], str(self.folder))

    def ask(self, script: Path, path: str = "/", **options) -> Answer:
        return cgi.ask(self.program(script), path=path, **options)

    def pid(self, script: Path, **options) -> int:
        return int(self.ask(script, "/pid", **options).body)

    def started(self, what: str) -> List[int]:
        """The processes that were started as `backend`, or to serve one request in the `process` itself."""
        lines = (line.split() for line in (self.bin / "started").read_text().splitlines())
        return [int(pid) for kind, pid in lines if kind == what]

    def files(self, ending: str) -> List[Path]:
        return sorted(self.run.glob("*." + ending))

    def end(self) -> None:
        for pid in self.started("backend"):
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="session")
def relay(janua_command) -> str:
    found = Path(janua_command[0]).with_name("janua-cgi")
    if not found.exists():
        pytest.exit(f"no janua-cgi beside {janua_command[0]}: build both with `make`", returncode=2)
    return str(found)


@pytest.fixture(scope="session")
def knows_backends(janua_command) -> bool:
    listed = subprocess.run([*janua_command, "settings", "cgi_folder"], capture_output=True, check=False)
    return listed.returncode == 0


@pytest.fixture
def site(janua_command, relay, knows_backends):
    # Not pytest's own, into which only its user can look.
    with tempfile.TemporaryDirectory(prefix="janua-cgi-") as folder:
        Path(folder).chmod(0o755)
        site = Site(Path(folder), janua_command, relay, knows_backends)
        yield site
        site.end()
