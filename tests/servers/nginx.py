"""nginx with one fragment."""

import re
import shutil
from pathlib import Path

from .server import AS_ROOT, USER, Server

TEMPORARY = ("client_body", "proxy", "fastcgi", "scgi", "uwsgi")


class Nginx(Server):
    def surroundings(self):
        places = self.places
        for stock in ("scgi_params", "fastcgi_params"):
            # "include scgi_params" is looked up beside the main file.
            shutil.copy(Path("/etc/nginx") / stock, places.folder)
        temporary = places.make("temporary")
        block = self.fragment.read_text()
        whole = "\nserver {" in block
        site = f"include {self.fragment};"
        if not whole:
            site = f"server {{ listen 127.0.0.1:{places.port}; root {places.www}; {site} }}"
        return "\n".join(
            [
                f"user {USER};" if AS_ROOT else "",
                "daemon off;",
                "worker_processes 1;",
                f"pid {self.pid_file};",
                f"error_log {self.errors};",
                "events { worker_connections 128; }",
                "http {",
                "access_log off;",
                *(f"{name}_temp_path {temporary}/{name};" for name in TEMPORARY),
                site,
                "}",
            ]
        )

    def host(self):
        """Debian's stock parameters of late 2026 leave the port out; it matters on unusual ports only, as here."""
        stock = (self.places.folder / "fastcgi_params").read_text()
        return "127.0.0.1" if re.search(r"^fastcgi_param +HTTP_HOST +\$host;", stock, re.M) else super().host()

    def command(self):
        # -e: otherwise it opens its compiled-in log before it has read the configuration.
        return ["/usr/sbin/nginx", "-e", self.errors, "-c", self.config, "-p", self.places.folder]
