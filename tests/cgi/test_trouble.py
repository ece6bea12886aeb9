"""What happens where a backend cannot be had, or is lost."""

import os
import re
import resource
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from client import cgi

from .conftest import NOBODY, is_alive, until
from .without import is_known, without_unix_sockets


def raw(command, body=b"", **changes):
    """The bytes of an answer, and all else that a web server sees."""
    environ = {"PATH": os.environ["PATH"], "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "POST", "PATH_INFO": "/echo",
               "SERVER_NAME": "example.com", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "QUERY_STRING": "",
               "SCRIPT_NAME": "/app.cgi", "CONTENT_LENGTH": str(len(body)), **changes}  # fmt: skip
    return subprocess.run(command, input=body, capture_output=True, env=environ, timeout=60, check=False)


@pytest.mark.parametrize("path", ["/echo", "/errors", "/fail"])
def test_without_a_backend_the_answer_is_the_same(site, janua_command, path):
    script = site.script()
    with_backend = raw([str(script)], b"a body", PATH_INFO=path)
    site.mode("ends")
    shutil.rmtree(site.run)
    without = raw([str(script)], b"a body", PATH_INFO=path)
    as_before = raw([*janua_command, "cgi", str(script)], b"a body", PATH_INFO=path)
    assert len(site.started("process")) == 1
    assert with_backend.stdout == without.stdout == as_before.stdout
    assert with_backend.returncode == without.returncode == 0
    assert without.stderr.endswith(re.sub(rb"^janua\[\d+\]", b"janua[%d]" % site.started("process")[0], as_before.stderr))


def test_the_reason_is_told_once_and_tried_again_later(site):
    script = site.script()
    site.mode("ends")
    answers = [site.ask(script) for _ in range(3)]
    assert {(answer.status, answer.body) for answer in answers} == {(200, b"hello\n")}
    (log,) = site.files("log")
    assert str(log) in answers[0].stderr.decode() and b"a reason of its own" in log.read_bytes()
    assert [answer.stderr for answer in answers[1:]] == [b"", b""]
    assert len(site.started("backend")) == 1
    (note,) = site.files("failed")
    assert "ended before it took a request" in note.read_text()
    # Ten seconds later:
    os.utime(note, (time.time() - 11, time.time() - 11))
    site.mode("works")
    assert site.pid(script) == site.started("backend")[1]


def test_many_at_once_without_a_backend_tell_it_once(site):
    script = site.script()
    site.mode("ends")
    programs = [cgi.begin(site.program(script)) for _ in range(20)]
    answers = [exchange.answer() for exchange in programs]
    assert {(answer.status, answer.body) for answer in answers} == {(200, b"hello\n")}
    assert sum(b"has no backend" in answer.stderr for answer in answers) == 1


def test_without_janua_there_is_a_plain_answer(site):
    script = site.script()
    (site.bin / "janua").rename(site.bin / "other")
    answer = site.ask(script)
    assert (answer.status, answer.get("Content-Type")) == (500, "text/plain; charset=utf-8")
    assert answer.stderr.count(b"cannot be started: No such file or directory") == 2
    assert site.ask(script, method="HEAD").body == b""


def test_a_backend_that_dies_before_it_answers_is_a_500_and_the_next_request_is_served(site):
    script = site.script()
    site.mode("dies")
    answer = site.ask(script)
    assert answer.status == 500 and answer.app_status == 1 and b"lost before it answered" in answer.stderr
    site.mode("works")
    assert site.ask(script).body == b"hello\n"
    assert len(site.started("backend")) == 2


def test_a_backend_that_dies_in_an_answer_breaks_it_off(site):
    script = site.script()
    site.mode("dies-in-answer")
    answer = site.ask(script)
    assert (answer.status, answer.body, answer.app_status) == (200, b"a part", 1)


def test_a_backend_killed_in_the_middle_of_a_request(site):
    script = site.script()
    first = site.pid(script)
    with cgi.begin(site.program(script), path="/slow", query="20") as exchange:
        time.sleep(0.5)
        os.kill(first, signal.SIGKILL)
        answer = exchange.answer()
    assert answer.status == 500 and answer.app_status == 1
    assert site.pid(script) != first


def test_a_backend_that_speaks_something_else(site):
    script = site.script()
    site.mode("nonsense")
    answer = site.ask(script)
    assert answer.status == 500 and b"makes no sense" in answer.stderr


def test_a_folder_that_cannot_be_made(site):
    site.run = "/proc/none"
    script = site.script()
    answer = site.ask(script)
    assert answer.body == b"hello\n" and b"cgi_folder" in answer.stderr and len(site.started("process")) == 1


def test_a_setting_that_cannot_be_understood(site):
    script = site.script("app.cgi", "# janua: cgi_environment = 5")
    answer = site.ask(script)
    assert b"cgi_environment" in answer.stderr and site.started("backend") == []


def test_a_script_that_everybody_may_write_to_is_kept_by_nobody(site):
    script = site.script()
    script.chmod(0o777)
    answer = site.ask(script)
    assert answer.body == b"hello\n" and b"by every user" in answer.stderr and site.started("backend") == []


def full(path):
    """A file system of one page that is full."""
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k,mode=0700", "tmpfs", str(path)], capture_output=True,
                          check=False)  # fmt: skip
    if done.returncode != 0:
        pytest.skip("needs the right to mount")
    (path / "filler").write_bytes(bytes(4096))


def test_a_full_disk(site):
    """Sockets and locks still fit where no byte of a file does, so a backend starts; it writes no state then."""
    site.run.mkdir()
    script = site.script()
    full(site.run)
    try:
        answers = [site.ask(script) for _ in range(2)]
        assert [answer.body for answer in answers] == [b"hello\n"] * 2
        site.end()
        site.mode("ends")
        assert site.ask(script).body == b"hello\n"
    finally:
        subprocess.run(["umount", "--lazy", str(site.run)], check=True)


def limited(command, limit, body=b"", **options):
    """The command under limits that are set, as suEXEC has them, in the process itself."""
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/pid", "QUERY_STRING": "", "SERVER_PROTOCOL": "HTTP/1.1"}
    return subprocess.run(command, preexec_fn=limit, capture_output=True, env=environ, timeout=60, check=False, **options)


def test_512_mb_of_address_space_are_enough(site):
    script = site.script()
    done = limited([str(script)], lambda: resource.setrlimit(resource.RLIMIT_AS, (512 << 20, 512 << 20)))
    assert int(done.stdout.split(b"\r\n\r\n")[1]) == site.started("backend")[0], done.stderr


def test_without_a_process_to_spare_the_request_is_served_in_its_own(site, relay):
    """An unprivileged user whose limit is reached. It cannot read this Python, so `janua` is a shell script here."""
    script = site.script()
    (site.bin / "janua").write_text('#!/bin/sh\necho "Status: 200 OK"; echo; echo "$@"\n')
    site.run.mkdir(mode=0o700)
    os.chown(site.run, NOBODY, NOBODY)

    def limit():
        resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)

    done = limited([str(script)], limit)
    assert done.stdout.endswith(f"cgi {script}\n".encode()) and b"no process can be started" in done.stderr


@pytest.mark.skipif(not is_known(), reason="the numbers of this machine's system calls are not known here")
def test_without_unix_sockets_the_request_is_served_in_its_own_process(site):
    script = site.script()
    done = limited([str(script)], without_unix_sockets)
    assert done.returncode == 0, done.stderr
    assert [int(done.stdout.split(b"\r\n\r\n")[1])] == site.started("process"), done.stderr
    assert not site.started("backend") and not site.files("sock")
    assert done.stderr.count(b"\n") == 1, done.stderr


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 2), (0, 1, 2)])
def test_closed_descriptors_are_not_taken_for_others(site, closed):
    script = site.script()
    for _ in range(2):
        done = limited([str(script)], lambda: [os.close(number) for number in closed])
        assert done.returncode == 0
        if 1 not in closed:
            assert int(done.stdout.split(b"\r\n\r\n")[1]) == site.started("backend")[0]
    assert len(site.started("backend")) == 1


def test_what_is_printed_outside_a_request_is_in_the_log_of_the_backend(site):
    script = site.script(text="import sys; print('loading', file=sys.stderr)\n" + (Path(__file__).with_name("app.py")).read_text())
    assert site.ask(script).body == b"hello\n"
    until(lambda: b"loading" in site.files("log")[0].read_bytes())


def test_a_log_that_has_grown_is_begun_anew(site):
    script = site.script()
    first = site.pid(script)
    (log,) = site.files("log")
    log.write_bytes(bytes(1024 * 1024 + 1))
    os.kill(first, signal.SIGKILL)
    until(lambda: not is_alive(first))
    site.pid(script)
    assert log.stat().st_size < 1000


def test_outside_a_web_server_there_are_plain_words(site):
    script = site.script()
    for words, text in [([], b"the app is missing"), (["--frob"], b"no such option"), ([script], b"there is no request")]:
        done = subprocess.run([site.relay, *words], capture_output=True, env={}, timeout=30, check=False)
        assert done.returncode == 2 and text in done.stderr and done.stdout == b""
    for word, text in [("--help", b"Usage"), ("--version", b"janua-cgi ")]:
        done = subprocess.run([site.relay, word], capture_output=True, env={}, timeout=30, check=False)
        assert done.returncode == 0 and text in done.stdout
        assert len(done.stdout.splitlines()) < 40


def test_a_query_cannot_give_it_orders(site):
    """Installed as a CGI script itself, it would be given the words of a query."""
    mark = site.folder / "mark"
    orders = ["--start-backend", "/bin/touch", str(mark)]
    for environ in ({"JANUA_CGI_BACKEND": "x", "REQUEST_METHOD": "GET"}, {"REQUEST_METHOD": "GET"}, {}):
        done = subprocess.run([site.relay, *orders], capture_output=True, env=environ, timeout=30, check=False)
        assert done.returncode == 2 and (done.stdout.startswith(b"Status: 500 ") or not environ)
    script = site.script()
    answer = cgi.ask(cgi.Program([str(site.relay), str(script)]), params={"SCRIPT_FILENAME": str(site.relay)})
    assert answer.status == 500 and not mark.exists() and site.started("backend") == []
