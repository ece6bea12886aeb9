"""The unit file for systemd: its commands run as they stand there, with other paths."""

import configparser
import re
import shlex
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from client import scgi
from client.patience import until

from .test_process import APP, quietly

UNIT = Path(__file__).resolve().parents[2] / "conf/systemd/janua.service"


@pytest.fixture(scope="module")
def service_section():
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read(UNIT)
    return parser["Service"]


def test_its_commands_start_reload_and_stop_it(service_section, janua_command, tmp_path):
    where = f"unix:{tmp_path}/scgi.sock"
    assert shlex.split(service_section["ExecStart"])[0] == "/usr/local/bin/janua"
    line = service_section["ExecStart"].replace("/run/janua", str(tmp_path)).replace("/srv/app/app.py", APP)
    with open(tmp_path / "log", "wb") as log:
        process = subprocess.Popen([*janua_command, *shlex.split(line)[1:]], stderr=log, start_new_session=True)
    try:
        until(lambda: quietly(lambda: scgi.ask(where, path="/who").status == 200))
        reload = service_section["ExecReload"].replace("$MAINPID", str(process.pid))
        subprocess.run(shlex.split(reload), check=True, timeout=10)
        until(lambda: "reloaded in" in (tmp_path / "log").read_text())
        assert scgi.ask(where, path="/who").status == 200
        assert service_section["KillMode"] == "mixed"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def test_systemd_leaves_it_the_time_that_it_takes_to_stop(service_section, janua_command):
    """stop_timeout, and the two seconds after which what has not ended is killed."""
    told = subprocess.run([*janua_command, "settings"], stdout=subprocess.PIPE, text=True, check=True).stdout
    (seconds,) = re.findall(r"^  stop_timeout .*\[(\d+)s\]$", told, re.MULTILINE)
    assert int(service_section["TimeoutStopSec"]) > int(seconds) + 2


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_understands_it(tmp_path):
    # It looks for the command and the user too, which are not there.
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/usr/local/bin/janua", "/bin/true").replace("User=shop", "User=root"))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], stderr=subprocess.PIPE, text=True, timeout=60)
    assert unit.name not in done.stderr, done.stderr
