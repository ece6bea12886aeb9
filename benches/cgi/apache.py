"""Apache with mod_cgid, and `ab` that asks it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import time
from pathlib import Path

from ..front import free_ports
from ..servers import end_group
from .figures import Run
from .site import AS_ROOT, USER

MODULES = "/usr/lib/apache2/modules"
CONNECTIONS = 8


class Apache:
    """On a port of the loopback, until `stop`."""

    def __init__(self, folder: Path, cgi_bin: Path):
        (self.port,) = free_ports(1)
        self.errors = folder / "apache-errors.log"
        run = folder / "apache"
        run.mkdir()
        modules = ("mpm_event", "authz_core", "alias", "cgid")
        lines = [
            f"ServerRoot {run}", f"DefaultRuntimeDir {run}", f"PidFile {run}/pid", f"ScriptSock {run}/cgid.sock",
            "ServerName localhost", f"Listen 127.0.0.1:{self.port}", f"ErrorLog {self.errors}",
            *(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in modules),
            *([f"User {USER}", f"Group {USER}"] if AS_ROOT else []),
            # One process with as many threads as there are connections, and some.
            "StartServers 1", "ServerLimit 1", "ThreadsPerChild 25", "MaxRequestWorkers 25",
            f'ScriptAlias "/cgi-bin/" "{cgi_bin}/"',
            "<Directory />", "AllowOverride None", "Require all granted", "</Directory>",
        ]  # fmt: skip
        config = folder / "apache.conf"
        config.write_text("\n".join(lines) + "\n")
        environment = {"PATH": os.environ["PATH"], "LANG": "C"}
        with (folder / "apache.log").open("ab") as output:
            self.popen = subprocess.Popen(
                ["/usr/sbin/apache2", "-D", "FOREGROUND", "-f", config], env=environment,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
        self.wait()

    def wait(self, seconds: float = 20):
        deadline = time.monotonic() + seconds
        while True:
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self.popen.poll() is not None or time.monotonic() > deadline:
                said = self.errors.read_text(errors="replace") if self.errors.exists() else ""
                raise RuntimeError(f"Apache does not listen; it said:\n{said}")
            time.sleep(0.02)

    def ask(self, script: str, requests: int) -> Run:
        """So many requests over 8 connections. One that fails stops the benchmark."""
        url = f"http://127.0.0.1:{self.port}/cgi-bin/{script}"
        command = ["ab", "-q", "-n", str(requests), "-c", str(min(CONNECTIONS, requests)), url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        return Run(rate=rate(done.stdout, f"{script}: {done.stderr}{self.errors.read_text(errors='replace')[-2000:]}"))

    def stop(self):
        end_group(self.popen)


def rate(said: str, otherwise: str) -> float:
    """Requests a second, by what `ab` said. Everything has to have been answered with status 200 and the same length."""
    failed = re.search(r"^Failed requests: +([1-9]\d*)|^Non-2xx responses: +([1-9]\d*)", said, re.MULTILINE)
    found = re.search(r"^Requests per second: +([\d.]+)", said, re.MULTILINE)
    if failed or not found:
        raise RuntimeError(f"{failed.group() if failed else 'ab failed'}; {otherwise}")
    return float(found.group(1))
