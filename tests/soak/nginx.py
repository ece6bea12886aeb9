"""An nginx in front of a part of it, which is restarted now and then."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from client.connection import connect

CONFIG = """
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log crit;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_max_body_size 64m;
    client_body_temp_path {temporary}/body;
    proxy_temp_path {temporary}/proxy;
    fastcgi_temp_path {temporary}/fastcgi;
    scgi_temp_path {temporary}/scgi;
    uwsgi_temp_path {temporary}/uwsgi;
    upstream kept {{ server {fastcgi}; keepalive 8; keepalive_timeout 2s; }}
    server {{
        listen 127.0.0.1:{port};
        location /scgi/ {{
            include /etc/nginx/scgi_params;
            scgi_pass {scgi};
        }}
        location /fastcgi/ {{
            include /etc/nginx/fastcgi_params;
            fastcgi_pass {fastcgi};
        }}
        location /kept/ {{
            include /etc/nginx/fastcgi_params;
            fastcgi_keep_conn on;
            fastcgi_pass kept;
        }}
        location /unbuffered/ {{
            include /etc/nginx/fastcgi_params;
            fastcgi_request_buffering off;
            fastcgi_buffering off;
            fastcgi_pass {fastcgi};
        }}
    }}
}}
"""


class Nginx:
    def __init__(self, folder: Path, port: int, scgi: str, fastcgi: str):
        self.folder, self.port = folder, port
        temporary = folder / "temporary"
        temporary.mkdir()
        temporary.chmod(0o777)
        self.config = folder / "nginx.conf"
        # Not the user of Debian's packages: tests limit how many processes that one may have.
        user = "user nobody nogroup;" if os.geteuid() == 0 else ""
        self.config.write_text(
            CONFIG.format(folder=folder, temporary=temporary, port=port, scgi=scgi, fastcgi=fastcgi, user=user))
        self.process = None

    def start(self) -> None:
        with open(self.folder / "nginx.output", "ab") as output:
            self.process = subprocess.Popen(
                ["nginx", "-e", f"{self.folder}/nginx.log", "-c", self.config, "-p", self.folder],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        deadline = time.monotonic() + 60
        while True:
            try:
                connect(f"127.0.0.1:{self.port}", 5).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("nginx does not start: " + (self.folder / "nginx.output").read_text()[-2000:])
                time.sleep(0.05)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def reload(self) -> None:
        """New workers with the same configuration; the old ones finish what they have."""
        self.process.send_signal(signal.SIGHUP)
