"""When a backend is started, and which requests share one."""

import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from client import cgi

from .conftest import is_alive, until


def test_the_second_request_finds_what_the_first_one_started(site):
    script = site.script()
    first = site.ask(script, "/pid")
    assert (first.status, first.whole, first.app_status) == (200, True, 0)
    assert site.pid(script) == int(first.body) == site.started("backend")[0]
    assert site.started("process") == [] and len(site.started("backend")) == 1


def test_200_first_requests_at_once_start_one_backend(site):
    script = site.script()
    site.mode("slow")
    programs = [cgi.begin(site.program(script), path="/pid") for _ in range(200)]
    answers = [exchange.answer() for exchange in programs]
    assert {(answer.status, answer.body) for answer in answers} == {(200, b"%d" % site.started("backend")[0])}
    assert len(site.started("backend")) == 1 and site.started("process") == []


def test_a_backend_belongs_to_no_session_and_holds_nothing_of_the_server(site):
    script = site.script()
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    process = subprocess.Popen([str(script)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env={"REQUEST_METHOD": "GET", "PATH_INFO": "/", "QUERY_STRING": ""}, close_fds=False,
                               start_new_session=True, cwd="/")  # fmt: skip
    os.close(writer)
    out, _ = process.communicate(timeout=30)
    assert out.endswith(b"hello\n")
    # All of these end with the request, not with the backend.
    assert os.read(reader, 1) == b""
    os.close(reader)
    (pid,) = site.started("backend")
    assert is_alive(pid) and os.getsid(pid) not in (process.pid, pid)
    assert os.readlink(f"/proc/{pid}/cwd") == str(site.folder)


@pytest.mark.parametrize("umask", [0o000, 0o027, 0o777])
def test_a_strange_umask_is_the_app_s_and_nobody_else_s(site, umask):
    script = site.script()
    before = os.umask(umask)
    try:
        answer = site.ask(script, "/place")
    finally:
        os.umask(before)
    assert answer.body.split()[1] == f"{umask:o}".encode()
    assert oct(site.run.lstat().st_mode & 0o777) == "0o700"
    # Who could not read the state would miss that the code has changed.
    modes = {path.suffix: oct(path.lstat().st_mode & 0o777) for path in site.run.iterdir()}
    assert modes == dict.fromkeys([".lock", ".log", ".socket", ".state"], "0o600")


def test_another_script_python_or_environment_is_another_backend(site):
    script, other = site.script(), site.script("other.cgi")
    pids = [
        site.pid(script),
        site.pid(other),
        site.pid(script, params={"LC_ALL": "C"}),
        site.pid(script, params={"LC_ALL": "POSIX"}),
        site.pid(script, params={"PYTHONHASHSEED": "1"}),
    ]
    site.script("app.cgi", "# janua: script_name = ''")
    pids.append(site.pid(script))
    os.utime(site.relay)
    pids.append(site.pid(script))
    assert len(set(pids)) == len(pids) == len(site.started("backend"))


def test_a_link_that_is_turned_to_another_script_is_another_backend(site):
    (site.folder / "one").mkdir()
    (site.folder / "two").mkdir()
    site.script("one/app.cgi"), site.script("two/app.cgi")
    link = site.folder / "current"
    link.symlink_to("one")
    first = site.pid(link / "app.cgi")
    link.unlink()
    link.symlink_to("two")
    assert site.pid(link / "app.cgi") != first


def test_what_only_the_request_says_is_shared(site):
    script = site.script()
    pids = {site.pid(script, params={"HTTP_PROXY": proxy, "DATABASE": proxy}) for proxy in "ab"}
    assert len(pids) == 1
    answer = site.ask(script, "/variable", query="DATABASE", params={"DATABASE": "c"})
    assert answer.body == b"(None, 'c')"


def test_cgi_environment_names_more_of_the_environment(site):
    script = site.script("app.cgi", "# janua: cgi_environment = 'DATABASE'")
    for value in "ab":
        answer = site.ask(script, "/variable", query="DATABASE", params={"DATABASE": value})
        assert answer.body == repr((value, value)).encode()
    assert len(site.started("backend")) == 2


def test_a_file_that_changed_has_the_next_request_start_another(site, knows_backends):
    script = site.script()
    first = site.pid(script)
    found = script.stat()
    (socket,) = site.files("socket")
    if not knows_backends:
        socket.with_suffix(".state").write_text(
            f"janua-cgi 1\npid {first}\nfile {found.st_mtime_ns} {found.st_size} {found.st_ino} {script}\n")
    until(socket.with_suffix(".state").exists)
    assert site.pid(script) == first
    os.utime(script)
    second = site.pid(script)
    assert second != first and len(site.started("backend")) == 2
    assert site.pid(script) == second


def test_what_a_dead_backend_left_is_replaced(site):
    script = site.script()
    first = site.pid(script)
    os.kill(first, signal.SIGKILL)
    until(lambda: not is_alive(first))
    assert site.files("socket")
    assert site.pid(script) != first


def test_a_backend_that_goes_without_taking_a_request_costs_nothing(site):
    script = site.script()
    site.mode("ends-once")
    # The first one starts the backend, waits, and is not served by it.
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: site.ask(script), range(4)))
    assert {(answer.status, answer.body) for answer in answers} == {(200, b"hello\n")}


def test_a_socket_whose_path_is_too_long_for_the_system(site):
    site.run = site.folder / ("long" * 30)
    script = site.script()
    first = site.pid(script)
    assert site.pid(script) == first and site.started("process") == []


def test_a_folder_beside_the_script(site):
    site.run = "sockets"
    script = site.script()
    site.pid(script)
    assert list((site.folder / "sockets").glob("*.socket")) and site.started("process") == []


@pytest.mark.parametrize("words", [["{}"], ["{}:application"], ["plain:application"]])
def test_the_app_of_a_wrapper(site, words, knows_backends):
    if words != ["{}"] and not knows_backends:
        pytest.skip("this janua knows no backends")
    plain = site.script("plain.py")
    wrapper = site.folder / "wrapper.cgi"
    wrapper.write_text(f"#!/bin/sh\nexport JANUA_CGI_FOLDER={site.run}\nexec {site.relay} {words[0].format(plain)}\n")
    wrapper.chmod(0o755)
    if not knows_backends:
        wrapper.write_text(wrapper.read_text().replace("export", "unset"))
    pid = site.pid(wrapper)
    assert site.pid(wrapper) == pid and site.started("process") == []


def test_the_words_of_a_query_are_no_business_of_ours(site):
    script = site.script()
    program = cgi.Program([str(script), "--help", "x"], str(site.folder))
    assert cgi.ask(program, query="--help+x").body == b"hello\n"


def test_a_server_that_speaks_fastcgi_gets_a_server(site):
    """The same script, started with a listening socket as descriptor 0."""
    import socket

    from client import fastcgi

    script = site.script()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    process = subprocess.Popen([str(script)], stdin=listener, env={"PATH": os.environ["PATH"]})
    try:
        assert fastcgi.ask(f"127.0.0.1:{listener.getsockname()[1]}", path="/").body == b"hello\n"
    finally:
        process.terminate()
        process.wait(30)
