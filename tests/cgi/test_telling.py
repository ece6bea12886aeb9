"""What is told in the web server's log, and to whoever asks."""

import re
import subprocess
from pathlib import Path

import pytest

from client import cgi

from .conftest import until

APP = Path(__file__).with_name("app.py")
SETTINGS = Path(__file__).resolve().parents[2] / "docs/settings.md"


@pytest.fixture
def real_backends(knows_backends):
    if not knows_backends:
        pytest.skip("this janua knows no backends")


def test_what_an_app_logs_has_its_name_in_front(site):
    """Several scripts share the log of a web server, and are often called the same."""
    for script in (site.script("one.cgi"), site.script("other.cgi")):
        assert site.ask(script, "/errors").stderr == f"{script}: said by the app\n".encode()
        lines = site.ask(script, "/fail").stderr.decode().splitlines()
        assert len(lines) > 3 and lines[-1] == f"{script}: ValueError: as it was asked to"
        assert all(line.startswith(f"{script}: ") for line in lines)


def test_what_is_said_of_a_lost_backend_has_the_name_in_front(site):
    script = site.script()
    site.mode("dies")
    assert re.fullmatch(rf"janua-cgi\[\d+\]: {script}: the backend was lost.*\n", site.ask(script).stderr.decode())


def test_a_setting_that_nobody_reads_is_told_once_for_each_backend(site):
    script = site.script(text='"""The shop."""\n# janua: cgi_threads = 4\n' + APP.read_text())
    told = f"{script}: line 4: '# janua: cgi_threads = 4' is not read, because it stands below line 3"
    answers = [site.ask(script) for _ in range(3)]
    assert {answer.body for answer in answers} == {b"hello\n"}
    assert told in answers[0].stderr.decode() and [answer.stderr for answer in answers[1:]] == [b"", b""]


@pytest.mark.parametrize("command", ["FILE", "cgi FILE"])
def test_a_setting_that_nobody_reads_is_told_without_janua_cgi(site, janua_command, command):
    script = site.script(text="import os\n# janua: script_name = '/x'\n" + APP.read_text())
    words = [*janua_command, *command.replace("FILE", str(script)).split()]
    answer = cgi.ask(cgi.Program(words, str(site.folder)))
    assert answer.body == b"hello\n"
    assert answer.stderr.decode().startswith(f"janua: {script}: line 4: '# janua: script_name = ")


RUN = """
import janua, os

def served(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"%d" % os.getpid(), environ["wsgi.input"].read()]

janua.run(served{more})
"""


def test_a_script_that_runs_its_app_itself_is_kept_like_any_other(site, real_backends):
    """`janua.run(app)` under `janua-cgi` looked for a web server of its own, and the answer was 500."""
    script = site.script(text=RUN.format(more=""))
    answers = [site.ask(script, method="POST", body=b"!") for _ in range(3)]
    assert {answer.body for answer in answers} == {b"%d!" % site.started("backend")[0]}
    assert site.started("process") == []
    site.mode("ends")
    site.end()
    assert site.ask(script, method="POST", body=b"!").body == b"%d!" % site.started("process")[0]


def test_settings_that_such_a_script_gives_are_told_to_be_of_no_use_there(site, real_backends):
    script = site.script(text=RUN.format(more=", threads=2, script_name='/x'") + "raise SystemExit\n")
    assert int(site.ask(script).body) == site.started("backend")[0]
    until(lambda: b"(threads, script_name); write them at the top" in site.files("log")[0].read_bytes())


def test_the_help_lists_every_setting_of_a_backend_on_one_screen(relay):
    text = subprocess.run([relay, "--help"], stdout=subprocess.PIPE, env={}, timeout=30, check=True).stdout.decode()
    wanted = re.findall(r"^### `(cgi_\w+)`$", SETTINGS.read_text(), re.MULTILINE)
    assert len(wanted) >= 7 and re.findall(r"^    (cgi_\w+) = ", text, re.MULTILINE) == wanted
    assert len(text.splitlines()) <= 40 and all(len(line) <= 110 for line in text.splitlines())


def test_the_settings_of_a_backend_are_said_to_be_for_such_apps(janua_command):
    told = subprocess.run([*janua_command, "settings", "cgi_threads"], stdout=subprocess.PIPE, check=True).stdout.decode()
    assert told.splitlines()[-1].split() == "for apps that janua-cgi keeps".split()
