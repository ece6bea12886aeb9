"""One configuration, running: the server, the service behind it if it needs one, and a browser."""

import re
import shlex
import shutil
from pathlib import Path

from .browser import Browser
from .configurations import KEPT_SCRIPT, SCRIPT
from .process import Process, end_all_that_mention
from .server import CONF, Places, listens

APPS = Path(__file__).with_name("apps")
SERVE = re.compile(r"# +(janua serve .+)")


class Site:
    """Built in `folder`; `janua` is the command to run the apps with."""

    def __init__(self, configuration, folder, janua):
        self.configuration = configuration
        shutil.copytree(APPS, folder / "app", ignore=shutil.ignore_patterns("__pycache__"))
        self.gates = folder / "app" / "gates"
        self.gates.mkdir()
        self.gates.chmod(0o777)
        places = Places(folder, folder / "app", janua)
        for name, conf in configuration.files.items():
            places.copy(conf, folder / name, executable=conf in (SCRIPT, KEPT_SCRIPT))
        if configuration.is_kept:
            places.environment["JANUA_CGI_FOLDER"] = places.run / "cgi"
        self.service = service(places, configuration)
        self.server = configuration.server(places, configuration.conf)
        self.browser = Browser(places.port, configuration.mount)

    def start(self):
        if self.service:
            self.service.start()
            self.service.wait_until(lambda: any(map(listens, self.server.places.run.glob("*.sock"))))
        self.server.start()

    def stop(self):
        """The exit statuses of the server and of the service."""
        self.browser.close()
        ended = self.server.stop(), self.service.stop() if self.service else 0
        if self.configuration.is_kept:
            end_all_that_mention(self.server.places.folder)
        return ended

    def log_that_gets_tracebacks(self):
        if self.configuration.traceback_in_server_log:
            return self.server.error_log()
        return self.service.output()


def service(places, configuration):
    """The process of the `janua serve` line in the head of the file; None if the server starts the app."""
    line = SERVE.search((CONF / configuration.conf).read_text())
    if not line:
        return None
    words = shlex.split(places.fill(line[1]))
    # Outside places.log: what is found in that folder was written by the web server.
    return Process([places.janua, *words[1:]], places.folder / "janua.log")
