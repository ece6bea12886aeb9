"""The one nginx in front of all: one worker, one port for each back end."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

TEMPORARY = ("client_body", "proxy", "fastcgi", "scgi", "uwsgi")


def free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in held]
    for listener in held:
        listener.close()
    return ports


def site(back_end, port: int, path: Path) -> str:
    """Stock parameters, and the two that say that the app is the whole site; for all back ends alike."""
    protocol = back_end.protocol
    lines = [f"include {protocol}_params;"]
    lines += [f'{protocol}_param SCRIPT_NAME "";', f"{protocol}_param PATH_INFO $document_uri;"]
    if back_end.keeps_connections:
        lines += ["fastcgi_keep_conn on;", f"fastcgi_pass {back_end.short};"]
    else:
        lines += [f"{protocol}_pass unix:{path};"]
    return f"server {{ listen 127.0.0.1:{port}; location / {{ {' '.join(lines)} }} }}"


def upstream(back_end, path: Path) -> str:
    return f"upstream {back_end.short} {{ server unix:{path}; keepalive 64; keepalive_requests 1000000; }}"


class Front:
    """nginx, until `stop`. `sockets` says where each back end listens, `ports` where nginx does for it."""

    def __init__(self, folder: Path, sockets: dict):
        self.ports = dict(zip(sockets, free_ports(len(sockets))))
        for stock in ("scgi_params", "fastcgi_params"):
            shutil.copy(Path("/etc/nginx") / stock, folder)  # "include" looks beside the main file.
        kept = [upstream(back_end, path) for back_end, path in sockets.items() if back_end.keeps_connections]
        sites = [site(back_end, self.ports[back_end], path) for back_end, path in sockets.items()]
        config = folder / "nginx.conf"
        lines = [
            f"user {getpass.getuser()};" if os.geteuid() == 0 else "",
            "daemon off; worker_processes 1;",
            f"pid {folder}/nginx.pid; error_log {folder}/nginx-errors.log;",
            "events { worker_connections 4096; }",
            "http {",
            "access_log off; keepalive_requests 1000000;",
            # Bodies stay in memory: the disk is nobody's subject here.
            "client_max_body_size 2m; client_body_buffer_size 1m;",
            "scgi_max_temp_file_size 0; fastcgi_max_temp_file_size 0;",
            *(f"{name}_temp_path {folder}/nginx-{name};" for name in TEMPORARY),
            *kept,
            *sites,
            "}",
        ]
        config.write_text("\n".join(lines) + "\n")
        self.errors = folder / "nginx-errors.log"
        with self.errors.open("ab") as output:
            self.popen = subprocess.Popen(
                ["/usr/sbin/nginx", "-e", self.errors, "-c", config, "-p", folder],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
        self.wait()

    def wait(self, seconds: float = 10):
        deadline = time.monotonic() + seconds
        for port in self.ports.values():
            while True:
                with socket.socket() as attempt:
                    if attempt.connect_ex(("127.0.0.1", port)) == 0:
                        break
                if self.popen.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"nginx does not listen; it said:\n{self.errors.read_text(errors='replace')}")
                time.sleep(0.02)

    def stop(self):
        self.popen.terminate()
        try:
            self.popen.wait(10)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
