"""Apache with one fragment."""

import re

from .server import AS_ROOT, Server

MODULES = "/usr/lib/apache2/modules"

# What a fresh installation of Debian has switched on, as far as it could matter here.
ENABLED = "authz_core authz_host alias dir env filter mime negotiation reqtimeout setenvif deflate"


class Apache(Server):
    processes = "mpm_event"

    def modules(self):
        # The fragment's own line says which modules are needed beyond those that there are.
        fragment = self.fragment.read_text()
        return [self.processes, *ENABLED.split(), *re.search(r"# +a2enmod (.+)", fragment)[1].split()]

    def serving(self):
        """How many requests at once, at the start and at most."""
        if self.places.crowd:
            return "StartServers 4\nThreadLimit 64\nThreadsPerChild 64\nMaxRequestWorkers 256"
        # A child too many would be sent home, and would close the connections that the tests' browsers keep.
        return "StartServers 1\nMinSpareThreads 4\nMaxSpareThreads 16\nThreadsPerChild 8\nMaxRequestWorkers 16"

    def surroundings(self):
        places = self.places
        modules = self.modules()
        ours = {
            "fcgid": [f"FcgidIPCDir {places.run}", f"FcgidProcessTableFile {places.run}/fcgid.table"],
            "cgid": [f"ScriptSock {places.run}/cgid.sock"],
        }
        return "\n".join(
            [
                f"ServerRoot {places.folder}",
                f"DefaultRuntimeDir {places.run}",
                f"PidFile {self.pid_file}",
                "ServerName localhost",
                "TypesConfig /dev/null",
                f"Listen 127.0.0.1:{places.port}",
                f"ErrorLog {self.errors}",
                *(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in modules),
                *(f"User {places.user}\nGroup {places.group}".splitlines() if AS_ROOT else []),
                *(line for name in modules for line in ours.get(name, [])),
                self.serving(),
                "<Directory />",
                "AllowOverride None",
                "Require all denied",
                "</Directory>",
                f"<VirtualHost 127.0.0.1:{places.port}>",
                f"DocumentRoot {places.www}",
                *(f'SetEnv {name} "{value}"' for name, value in places.environment.items()),
                f"Include {self.fragment}",
                "</VirtualHost>",
                "",
            ]
        )

    def command(self):
        return ["/usr/sbin/apache2", "-D", "FOREGROUND", "-f", self.config]


class Prefork(Apache):
    """With a process for each request that is under way, `a2enmod cgid` is refused; mod_cgi is what goes with it."""

    processes = "mpm_prefork"

    def modules(self):
        return ["cgi" if name == "cgid" else name for name in super().modules()]

    def serving(self):
        most = 64 if self.places.crowd else 16
        return f"StartServers {most // 4}\nMinSpareServers 2\nMaxSpareServers {most}\nMaxRequestWorkers {most}"
