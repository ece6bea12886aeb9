"""What is shown of an answer, and what the exit status says of it."""

import os
import subprocess
import time

import pytest

END = b"\1\3\0\1\0\10\0\0"


def record(kind: int, content: bytes) -> bytes:
    return bytes([1, kind, 0, 1]) + len(content).to_bytes(2, "big") + b"\0\0" + content


def test_status_and_headers_are_shown_if_asked_for(ask, back_end):
    head, _, body = ask(back_end, "-i", "/status/201 Made".replace(" ", "%20")).out.partition(b"\r\n\r\n")
    first = b"HTTP/1.1 201 Made" if back_end.startswith("http:") else b"Status: 201 Made"
    assert head.split(b"\r\n")[0] == first and b"Content-Type: text/plain" in head
    assert body == b"the body\n"


def test_head_shows_headers_alone(ask, back_end):
    done = ask(back_end, "-I", "/x")
    assert done.status == 0 and done.out.endswith(b"\r\n\r\n") and b"\r\nContent-Length: " in done.out


@pytest.mark.parametrize("status", ["400 Bad Request", "404 Not Here", "500 Oh"])
def test_a_refusal_is_shown_and_status_22(ask, back_end, status):
    done = ask(back_end, "/status/" + status.replace(" ", "%20"))
    assert (done.status, done.out) == (22, b"the body\n")
    assert done.line() == f"janua: the answer is {status}"


def test_a_redirection_is_an_answer(ask, back_end):
    assert ask(back_end, "/status/302%20Found").status == 0


def test_the_apps_error_log_comes_over_fastcgi(ask, service):
    done = ask(f"fastcgi:{service.fastcgi}", "/errors")
    assert (done.status, done.err) == (0, "the app complains\n")
    assert ask(f"scgi:{service.scgi}", "/errors").err == ""


def test_an_answer_that_breaks_off_shows(ask, back_end):
    done = ask(back_end, "/cut")
    assert done.out == b"a beginning"
    expected = 1 if back_end.startswith("fastcgi:") else 56
    assert done.status == expected, done
    line = done.err.splitlines()[-1]
    assert line.startswith("janua: ") and ("closed" in line or "breaks off" in line or "ended" in line)


def test_an_answer_that_takes_too_long_is_status_28(ask, back_end):
    began = time.monotonic()
    done = ask(back_end, "--max-time", "500ms", "/slow")
    assert time.monotonic() - began < 2.5
    assert done.status == 28 and "--max-time" in done.line()


def test_a_stream_is_shown_as_it_is_made(command, back_end):
    with subprocess.Popen([*command, back_end, "/stream"], stdout=subprocess.PIPE) as process:
        assert os.read(process.stdout.fileno(), 100) == b"one"
        first = time.monotonic()
        assert process.stdout.read() == b"two"
        assert time.monotonic() - first > 1
    assert process.returncode == 0


def test_an_answer_may_be_larger_than_memory(command, back_end):
    process = subprocess.Popen([*command, back_end, "/large"], stdout=subprocess.PIPE)
    count = 0
    peak = 0
    while block := os.read(process.stdout.fileno(), 1 << 20):
        count += len(block)
        peak = max(peak, peak_memory(process.pid))
    process.stdout.close()
    assert (process.wait(20), count) == (0, 128 << 20)
    assert 0 < peak < 64 << 10, "KiB"


def peak_memory(pid):
    """In KiB, since the program was started; what `wait4` tells includes the process that started it."""
    try:
        with open(f"/proc/{pid}/status") as status:
            return next((int(line.split()[1]) for line in status if line.startswith("VmHWM")), 0)
    except OSError:
        return 0


def test_whoever_has_read_enough_hears_no_complaint(command, back_end):
    process = subprocess.Popen([*command, back_end, "/large"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.read(process.stdout.fileno(), 10)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(20) == 23


ANSWER = record(6, b"Content-Type: a/b\r\n\r\nbody")

BROKEN = {
    "nothing": ("fastcgi", b"", 52, "does not speak fastcgi"),
    "nothing, SCGI": ("scgi", b"", 52, "does not speak scgi"),
    "nothing, HTTP": ("http", b"", 52, "does not speak http"),
    "no END_REQUEST": ("fastcgi", ANSWER, 56, "before END_REQUEST"),
    "a request that ends without an answer": ("fastcgi", END + bytes(8), 52, "without a byte"),
    "a status of the application": ("fastcgi", ANSWER + END + b"\0\0\0\7" + bytes(4), 1, "status 7"),
    "another request": ("fastcgi", END + b"\0\0\0\0\1\0\0\0", 1, "CANT_MPX_CONN"),
    "too many requests": ("fastcgi", END + b"\0\0\0\0\2\0\0\0", 1, "OVERLOADED"),
    "another role": ("fastcgi", END + b"\0\0\0\0\3\0\0\0", 1, "UNKNOWN_ROLE"),
    "HTTP on a FastCGI socket": ("fastcgi", b"HTTP/1.1 400 Bad Request\r\n\r\n", 56, "is it FastCGI"),
    "FastCGI on an HTTP socket": ("http", ANSWER, 56, "is it HTTP"),
    "a head without an end": ("scgi", b"Status: 200 OK\r\n", 56, "inside its head"),
    "a body that is short": ("scgi", b"Content-Length: 9\r\n\r\nbody", 56, "5 bytes before the end"),
    "a body that is short, HTTP": ("http", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbody", 56, "closed"),
    "no status": ("scgi", b"Status: fine\r\n\r\n", 56, "'fine'"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_answer_is_one_line_and_its_status(ask, answering, what):
    protocol, reply, status, text = BROKEN[what]
    done = ask(f"{protocol}:{answering(reply)}", "/")
    assert done.status == status, done
    assert text in done.line()


def test_a_back_end_that_answers_without_status_is_200(ask, answering):
    done = ask(f"scgi:{answering(b'Content-Type: a/b' + bytes([10, 10]) + b'body')}")
    assert (done.status, done.out, done.err) == (0, b"body", "")


def test_a_reset_is_status_56(ask, answering, tmp_path):
    (tmp_path / "data").write_bytes(bytes(1_000_000))
    done = ask(f"scgi:{answering(b'', reset=True)}", "-d", f"@{tmp_path}/data")
    assert done.status in (52, 56), done
