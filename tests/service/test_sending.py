"""Large responses and slow readers: who has finished needs no thread any more."""

import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from client import fastcgi, http, scgi
from client.service import Service

APP = str(Path(__file__).resolve().parent / "sending.py")
WAYS = {"scgi": scgi, "scgi_tcp": scgi, "fastcgi": fastcgi, "fastcgi_tcp": fastcgi, "http": http}
CONTENT = b"0123456789abcdef" * (8 * 1024 * 1024 // 16)


@pytest.fixture(scope="module")
def lone(start_service):
    """A service with one thread."""
    service = start_service(APP, "--threads=1")
    assert http.ask(service.http, path="/restore").status == 200
    return service


@pytest.mark.parametrize("way", sorted(WAYS))
@pytest.mark.parametrize("case", ["file", "block", "blocks"])
def test_a_slow_reader_holds_no_thread_and_gets_everything(lone, way, case):
    """Issue 4: the one thread answers others meanwhile."""
    client, where = WAYS[way], getattr(lone, way)
    with client.begin(where, path="/" + case) as slow:
        slow.end()
        assert slow.head().status == 200
        for _ in range(3):
            began = time.monotonic()
            assert http.ask(lone.http, path="/hello").body == b"hello"
            assert time.monotonic() - began < 5
        answer = slow.answer()
    assert answer.whole and answer.body == CONTENT


@pytest.mark.parametrize("way", sorted(WAYS))
def test_a_file_that_is_cut_while_it_is_sent_shows(lone, way):
    """The client was promised more; the log says what happened."""
    client, size = WAYS[way], lone.log_size()
    try:
        with client.begin(getattr(lone, way), path="/file") as slow:
            slow.end()
            # With the head the file's length is settled.
            assert slow.head().status == 200
            assert http.ask(lone.http, path="/shorten").body == b"hello"
            if "fastcgi" in way:
                with pytest.raises(AssertionError, match="closed inside a record"):
                    slow.answer()
            else:
                answer = slow.answer()
                assert not answer.whole and len(answer.body) < len(CONTENT)
        assert "shorter while it was sent" in lone.wait_for_log("shorter while it was sent", size)
    finally:
        http.ask(lone.http, path="/restore")


@pytest.mark.skipif(not shutil.which("strace"), reason="needs strace")
@pytest.mark.parametrize("way", ["scgi", "fastcgi", "http"])
def test_a_file_is_sent_and_not_read(lone, way, tmp_path):
    """Issue 4: `sendfile`; and no read brings as much as a page of it."""
    worker = lone.process.pid
    children = Path(f"/proc/{worker}/task/{worker}/children").read_text().split()
    trace = tmp_path / "trace"
    pids = [flag for pid in [str(worker), *children] for flag in ("-p", pid)]
    tracer = subprocess.Popen(
        ["strace", "-f", "-q", "-e", "trace=sendfile,read,pread64", "-o", str(trace), *pids],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 10
        while "sendfile" not in (trace.read_text() if trace.exists() else ""):
            if tracer.poll() is not None:
                pytest.skip("strace may not attach here")
            assert time.monotonic() < deadline
            assert WAYS[way].ask(getattr(lone, way), path="/file").body == CONTENT
    finally:
        tracer.terminate()
        tracer.wait(10)
    reads = re.findall(r"p?read(?:64)?\(.*= (\d+)$", trace.read_text(), re.MULTILINE)
    assert not [count for count in reads if int(count) >= 4096]


def test_without_room_for_a_file_the_thread_waits(janua_command, tmp_path, monkeypatch):
    """Nothing is lost because there is no folder for temporary files."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "missing"))
    service = Service(janua_command, tmp_path, APP, ["--threads=2"])
    try:
        with scgi.begin(service.scgi, path="/block") as slow:
            slow.end()
            log = service.wait_for_log("cannot be kept in a temporary file")
            assert "a thread waits" in log
            assert slow.answer().body == CONTENT
    finally:
        service.stop()
