"""Other users of the same machine."""

import os
import socket
import subprocess
import time
from pathlib import Path

import pytest

from client import cgi

from .conftest import NOBODY

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as other users")


def refused(site, script, why):
    """The request is served all the same, by the process itself, and the log says why."""
    answer = site.ask(script)
    assert answer.body == b"hello\n"
    assert why in answer.stderr.decode(), answer.stderr
    assert site.started("backend") == []


def test_a_folder_of_another_user(site):
    site.run.mkdir(mode=0o700)
    os.chown(site.run, NOBODY, NOBODY)
    refused(site, site.script(), f"belongs to the user {NOBODY}")


def test_a_folder_that_others_can_look_into(site):
    site.run.mkdir(mode=0o755)
    refused(site, site.script(), "open to other users")


def test_a_link_to_a_folder(site):
    (site.folder / "real").mkdir(mode=0o700)
    site.run.symlink_to(site.folder / "real")
    refused(site, site.script(), "symbolic link")
    assert list((site.folder / "real").iterdir()) == []


def plant(site, script):
    """The socket of the script's backend, gone; the next request looks for it under this name."""
    site.pid(script)
    (planted,) = site.files("socket")
    site.end()
    planted.unlink()
    planted.with_suffix(".state").unlink(missing_ok=True)
    (site.bin / "started").write_text("")
    return planted


def test_a_socket_that_is_a_link(site):
    script = site.script()
    planted = plant(site, script)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(site.folder / "elsewhere"))
        listener.listen()
        listener.setblocking(False)
        planted.symlink_to(site.folder / "elsewhere")
        refused(site, script, "no socket of this user's alone")
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_a_socket_of_another_user(site):
    script = site.script()
    planted = plant(site, script)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(planted))
        listener.listen()
        planted.chmod(0o600)
        os.chown(planted, NOBODY, NOBODY)
        refused(site, script, "no socket of this user's alone")


def test_a_socket_on_which_another_user_listens(site):
    """The kernel tells who called listen, whoever the file belongs to."""
    script = site.script()
    planted = plant(site, script)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(planted))
        planted.chmod(0o600)
        child = os.fork()
        if child == 0:
            os.setuid(NOBODY)
            listener.listen()
            os._exit(0)
        os.waitpid(child, 0)
        listener.setblocking(False)
        refused(site, script, f"the user {NOBODY} listens")
        # It was connected to, and told nothing.
        connection, _ = listener.accept()
        assert connection.recv(100) == b""


def test_a_lock_that_is_a_link_is_not_followed(site):
    script = site.script()
    planted = plant(site, script)
    lock = planted.with_suffix(".lock")
    lock.unlink()
    lock.symlink_to(site.folder / "made")
    refused(site, script, "no lock can be had")
    assert not (site.folder / "made").exists()


def test_a_lock_that_nobody_gives_back(site):
    import fcntl

    script = site.script()
    planted = plant(site, script)
    with planted.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        begin = time.monotonic()
        refused(site, script, "for too long")
        assert time.monotonic() - begin > 3


def test_two_users_with_the_same_script_have_folders_of_their_own(site):
    """The other one cannot start this Python; how far it gets shows whose files it looks at."""
    script = site.folder / "app.cgi"
    script.write_text(f"#!{site.relay}\n")
    script.chmod(0o755)
    (site.bin / "janua").write_text('#!/bin/sh\necho "Status: 200 OK"; echo; id -u\n')
    place = Path(f"/tmp/janua-{NOBODY}")
    assert not place.exists()
    try:
        done = subprocess.run([str(script)], user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, timeout=30,
                              env={"REQUEST_METHOD": "GET", "XDG_RUNTIME_DIR": str(site.folder)}, check=False)  # fmt: skip
        # The folder that the environment names is another user's.
        assert done.stdout.endswith(f"{NOBODY}\n".encode()), done
        found = place.lstat()
        assert (found.st_uid, found.st_mode & 0o777) == (NOBODY, 0o700)
    finally:
        for path in place.glob("*"):
            path.unlink()
        if place.exists():
            place.rmdir()


def test_rights_that_the_starter_has_not(site):
    """Made set-uid by somebody, it keeps to the plain way."""
    os.chown(site.relay, NOBODY, NOBODY)
    site.relay.chmod(0o4755)
    script = site.script()
    answer = cgi.ask(cgi.Program([str(site.relay), str(script)], str(site.folder)))
    assert b"rights that its starter has not" in answer.stderr and site.started("backend") == []
