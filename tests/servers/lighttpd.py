"""lighttpd with one fragment."""

from .server import AS_ROOT, Server


class Lighttpd(Server):
    def surroundings(self):
        places = self.places
        return "\n".join(
            [
                'server.bind = "127.0.0.1"',
                f"server.port = {places.port}",
                f'server.document-root = "{places.www}"',
                f'server.pid-file = "{self.pid_file}"',
                f'server.errorlog = "{self.errors}"',
                f'server.upload-dirs = ( "{places.make("temporary")}" )',
                f'server.username = "{places.user}"\nserver.groupname = "{places.group}"' if AS_ROOT else "",
                *self.environment(),
                f'include "{self.fragment}"',
                "",
            ]
        )

    def environment(self):
        if not self.places.environment:
            return []
        pairs = ", ".join(f'"{name}" => "{value}"' for name, value in self.places.environment.items())
        return ['server.modules += ( "mod_setenv" )', f"setenv.add-environment = ( {pairs} )"]

    def command(self):
        return ["/usr/sbin/lighttpd", "-D", "-f", self.config]
