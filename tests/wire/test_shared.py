"""Several requests on one FastCGI connection at a time (FastCGI 1.0, 3.3: "multiplexing"), against a real service.

None of them may hold up another: not one whose body comes slowly or is not read, not one whose answer is long.
"""

import os
import re
import struct
import time
from pathlib import Path

import pytest

from client import fastcgi
from client.fastcgi import STDIN, record, stock, stream
from client.shared import Response, Shared

APP = str(Path(__file__).with_name("shared_app.py"))


@pytest.fixture(scope="module")
def wire(start_service):
    return start_service(APP, "--threads", "4")


@pytest.fixture
def shared(wire):
    with Shared(wire.fastcgi) as connection:
        yield connection


def post(path, length=None, query=""):
    return stock("POST", path, query, length=length)


def test_who_asks_is_told_that_it_may(shared):
    """4.1: FCGI_MPXS_CONNS is "1" if the application multiplexes connections. FCGI_MAX_REQS is what really can be
    open: HAProxy keeps to it."""
    assert shared.capacity[b"FCGI_MPXS_CONNS"] == b"1"
    assert shared.capacity[b"FCGI_MAX_REQS"] == b"100"


def test_who_does_not_ask_is_refused_a_second_request(wire):
    """5.5: FCGI_CANT_MPX_CONN, as long as nobody asked."""
    with Shared(wire.fastcgi, asks=False) as shared:
        first = shared.begin(1, post("/echo"))
        second = shared.whole(2, stock())
        shared.until(second)
        assert second.protocol_status == fastcgi.CANT_MPX_CONN
        shared.send(record(STDIN, 1, b"x") + record(STDIN, 1))
        assert shared.answers([first])[0].body == b"x"


def test_three_requests_in_turn(shared):
    """3.3: records of different requests may be interleaved, record by record."""
    responses = [shared.begin(number, post("/echo")) for number in (1, 2, 65535)]
    for piece in (b"a", b"bc", b"def"):
        for number in (1, 2, 65535):
            shared.send(record(STDIN, number, piece + b"%d" % number, padding=number % 7))
    for number in (65535, 1, 2):
        shared.send(record(STDIN, number))
    bodies = [answer.body for answer in shared.answers(responses)]
    assert bodies == [b"a%dbc%ddef%d" % (number, number, number) for number in (1, 2, 65535)]


def test_one_after_the_other_works_as_well(shared):
    """5.1: the connection is kept, and an id may be used again after END_REQUEST."""
    for number in (1, 2, 1, 1):
        assert shared.answers([shared.whole(number, stock(path="/x", query=str(number)))])[0].body == b"/x %d" % number


def test_a_slow_body_holds_up_nobody(shared):
    """3.3: a request that waits for its STDIN leaves the connection to others."""
    slow = shared.begin(1, post("/echo"))
    for step in range(10):
        shared.send(record(STDIN, 1, b"."))
        fast = shared.whole(2, stock(path="/fast", query=str(step)))
        assert shared.answers([fast])[0].body == b"/fast %d" % step
        assert not slow.ended
    shared.send(record(STDIN, 1))
    assert shared.answers([slow])[0].body == b"." * 10


def test_a_body_that_is_not_read_holds_up_nobody(shared, tmp_path):
    """Much more than all buffers of the kernel hold; the rest waits in memory and in a file."""
    go, size = tmp_path / "go", 24 * 1024 * 1024
    unread = shared.begin(1, post("/hold", query=str(go)))
    piece = stream(STDIN, 1, b"x" * 1024 * 1024)
    for number in range(24):
        shared.send(piece)
        assert shared.answers([shared.whole(2, stock(path="/fast"))])[0].status == 200, number
    assert not unread.ended
    go.touch()
    shared.send(record(STDIN, 1))
    assert shared.answers([unread])[0].body == b"%d" % size


def memory(wire):
    """KiB of memory of the worker that grows most: its own, without files."""
    children = Path(f"/proc/{wire.process.pid}/task/{wire.process.pid}/children").read_text().split()
    sizes = []
    for pid in [str(wire.process.pid), *children]:
        sizes.append(int(re.search(r"RssAnon:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]))
    return max(sizes)


def test_memory_is_bounded_while_bodies_are_not_read(wire, tmp_path):
    """3.3 lets a web server send bodies in any order; what is not read yet goes to a file."""
    go, count, size = tmp_path / "go", 3, 24 * 1024 * 1024
    with Shared(wire.fastcgi) as shared:
        before = memory(wire)
        unread = [shared.begin(number + 1, post("/hold", query=str(go))) for number in range(count)]
        for _ in range(size // (1 << 20)):
            for number in range(count):
                shared.send(stream(STDIN, number + 1, b"x" * (1 << 20)))
        # All that was sent has been taken: the answer to what comes last says so.
        assert shared.answers([shared.whole(99, stock(path="/fast"))])[0].status == 200
        grown = memory(wire) - before
        go.touch()
        for number in range(count):
            shared.send(record(STDIN, number + 1))
        assert [answer.body for answer in shared.answers(unread)] == [b"%d" % size] * count
    # Each may have 1 MiB of it in memory (body_memory), and room to read and write.
    assert grown < count * 4 * 1024, f"{grown} KiB"


def test_long_answers_take_turns(shared):
    """A short answer comes between the records of long ones, long before their end."""
    long = [shared.whole(number, stock(path="/large", query="8000")) for number in (1, 2)]
    while not all(response.stdout for response in long):
        assert shared.more(), "closed"
    short = shared.whole(3, stock(path="/short"))
    shared.until(short)
    assert not any(response.ended for response in long)
    answers = shared.answers(long)
    assert [len(answer.body) for answer in answers] == [8000 * 1024] * 2
    assert answers[0].body == answers[1].body and all(answer.whole for answer in answers)


def test_who_does_not_read_holds_up_only_itself(wire, shared):
    """Another connection is served while the threads of this one wait for their reader."""
    stuck = [shared.whole(number, stock(path="/large", query="8000")) for number in (1, 2)]
    time.sleep(0.3)
    assert fastcgi.ask(wire.fastcgi, path="/other").body == b"/other "
    assert [len(answer.body) for answer in shared.answers(stuck)] == [8000 * 1024] * 2


def test_one_is_given_up_and_the_others_go_on(shared, tmp_path):
    """5.4: FCGI_ABORT_REQUEST; END_REQUEST comes at once, the app hears of it at its next block, and `close()` runs."""
    name = tmp_path / "closed"
    endless = shared.whole(1, stock(path="/until-told", query=str(name)))
    other = shared.begin(2, post("/echo"))
    while not endless.stdout:
        assert shared.more(), "closed"
    began = time.monotonic()
    shared.send(record(fastcgi.ABORT_REQUEST, 1))
    shared.until(endless)
    assert endless.protocol_status == fastcgi.REQUEST_COMPLETE
    deadline = began + 10
    while not name.exists():
        assert time.monotonic() < deadline, "close() was not called"
        time.sleep(0.01)
    # The id is free, and the connection as good as before.
    again = shared.whole(1, stock(path="/again"))
    shared.send(record(STDIN, 2, b"whole") + record(STDIN, 2))
    assert [answer.body for answer in shared.answers([again, other])] == [b"/again ", b"whole"]


@pytest.mark.parametrize("sent", ["BEGIN_REQUEST", "PARAMS", "STDIN"])
def test_one_may_be_given_up_at_any_stage(shared, sent):
    """5.4 says nothing of stages."""
    given_up = shared.begin(1, post("/echo")) if sent != "BEGIN_REQUEST" else None
    if given_up is None:
        given_up = shared.responses[1] = Response()
        shared.send(fastcgi.begin_request(1, flags=fastcgi.KEEP_CONN))
    if sent == "STDIN":
        shared.send(record(STDIN, 1, b"a part"))
    shared.send(record(fastcgi.ABORT_REQUEST, 1))
    shared.until(given_up)
    assert given_up.protocol_status == fastcgi.REQUEST_COMPLETE
    assert shared.answers([shared.whole(1, stock(path="/next"))])[0].body == b"/next "


def test_a_hundred_requests_on_one_connection(shared):
    """As many as may be open by default, of which four have a thread."""
    responses = [shared.begin(number, post("/echo")) for number in range(1, 101)]
    for number in range(1, 101):
        shared.send(record(STDIN, number, b"%d" % number) + record(STDIN, number))
    assert [answer.body for answer in shared.answers(responses)] == [b"%d" % number for number in range(1, 101)]


def test_more_than_may_be_open_are_overloaded(wire, shared):
    """5.5: FCGI_OVERLOADED "happens when the application runs out of some resource". The log names the setting."""
    start = wire.log_size()
    responses = [shared.begin(number, post("/echo")) for number in range(1, 102)]
    shared.until(responses[100])
    assert responses[100].protocol_status == fastcgi.OVERLOADED
    assert "fastcgi_max_open" in wire.wait_for_log("fastcgi_max_open", start)
    shared.send(record(STDIN, 1))
    shared.until(responses[0])
    again = shared.begin(101, post("/echo"))
    for number in range(2, 102):
        shared.send(record(STDIN, number))
    assert all(answer.status == 200 for answer in shared.answers(responses[1:100] + [again]))


def test_a_peer_that_goes_on_asking_too_much_does_not_fill_the_log(wire, shared):
    """The log had a line for each request that was refused. One line says it, until there was room again."""
    start = wire.log_size()
    first = [shared.begin(number, post("/echo")) for number in range(1, 101)]
    for _ in range(3):
        shared.until(*[shared.begin(number, post("/echo")) for number in range(101, 131)])
    shared.send(record(STDIN, 1))
    shared.until(first[0])
    first[0] = shared.begin(1, post("/echo"))
    shared.until(shared.begin(101, post("/echo")))
    assert wire.wait_for_log("fastcgi_max_open", start).count("fastcgi_max_open") == 1
    for number in range(1, 101):
        shared.send(record(STDIN, number))
    assert all(answer.status == 200 for answer in shared.answers(first))
    start = wire.log_size()
    again = [shared.begin(number, post("/echo")) for number in range(1, 102)]
    shared.until(again[100])
    assert again[100].protocol_status == fastcgi.OVERLOADED
    assert "100 are open" in wire.wait_for_log("fastcgi_max_open", start)


def test_an_app_that_fails_ends_only_its_request(shared):
    """5.5: END_REQUEST ends one request, whatever became of it."""
    failed, other = shared.whole(1, stock(path="/fail")), shared.whole(2, stock(path="/x"))
    answers = shared.answers([failed, other])
    assert [answer.status for answer in answers] == [500, 200]
    assert b"marker-fail" in answers[0].stderr and answers[1].stderr == b""


def test_a_request_without_keep_conn_is_the_last(shared):
    """5.1: without FCGI_KEEP_CONN the application closes the connection after responding; what is open is answered."""
    open_ = shared.begin(1, post("/echo"))
    last = shared.begin(2, stock(path="/last"), flags=0)
    shared.send(record(STDIN, 2))
    shared.until(last)
    shared.send(record(STDIN, 1, b"x") + record(STDIN, 1))
    assert shared.answers([open_])[0].body == b"x"
    assert shared.record() is None


def test_a_peer_that_stops_sending_gets_what_is_whole(shared):
    """The request whose body broke off ends, the other is answered, and the connection is closed."""
    broken, whole = shared.begin(1, post("/echo")), shared.whole(2, stock(path="/whole"))
    shared.stop_sending()
    assert shared.answers([whole])[0].body == b"/whole "
    shared.until(broken)
    assert broken.answer().status == 400
    assert shared.record() is None


def test_a_broken_record_ends_the_connection_but_not_what_is_whole(wire, shared):
    """3.3: without a header that can be understood nothing that follows can be."""
    start = wire.log_size()
    whole = shared.whole(1, post("/echo"), b"body")
    shared.send(record(fastcgi.BEGIN_REQUEST, 2, struct.pack(">HB5x", 1, 1), version=7))
    assert shared.answers([whole])[0].body == b"body"
    assert shared.record() is None
    assert "0x07" in wire.wait_for_log("closed:", start)


def test_a_second_beginning_of_an_open_request_ends_the_connection(wire, shared):
    """3.3: an id is in use until its END_REQUEST."""
    start = wire.log_size()
    shared.begin(1, post("/echo"))
    shared.send(fastcgi.begin_request(1))
    while shared.more():
        pass
    assert "began request 1 again" in wire.wait_for_log("closed:", start)


def test_a_peer_that_vanishes_leaves_nothing_behind(wire, tmp_path):
    """Descriptors of its requests are closed, and the apps at work for them hear of it."""
    names = [tmp_path / str(number) for number in range(3)]
    before = descriptors(wire)
    with Shared(wire.fastcgi_tcp) as shared:
        for number, name in enumerate(names, 1):
            shared.whole(number, stock(path="/until-told", query=str(name)))
        while not all(response.stdout for response in shared.responses.values()):
            assert shared.more(), "closed"
        shared.abort()
    deadline = time.monotonic() + 10
    while not all(name.exists() for name in names) or descriptors(wire) > before:
        assert time.monotonic() < deadline, (descriptors(wire), before)
        time.sleep(0.02)


def descriptors(wire):
    children = Path(f"/proc/{wire.process.pid}/task/{wire.process.pid}/children").read_text().split()
    return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in [str(wire.process.pid), *children])


def test_management_records_are_answered_between_others(shared):
    """4: "at any time"."""
    first = shared.begin(1, post("/echo"))
    shared.send(record(fastcgi.GET_VALUES, 0, fastcgi.pairs([(b"FCGI_MPXS_CONNS", b"")])) + record(44, 0, b"?"))
    while len(shared.management) < 2:
        assert shared.more(), "closed"
    assert [one.kind for one in shared.management] == [fastcgi.GET_VALUES_RESULT, fastcgi.UNKNOWN_TYPE]
    shared.send(record(STDIN, 1))
    assert shared.answers([first])[0].whole


def test_records_of_no_open_request_are_ignored(shared):
    """3.3: "The application ... ignores" records of ids that are not in use."""
    shared.send(record(STDIN, 9, b"what") + record(fastcgi.ABORT_REQUEST, 9) + record(fastcgi.PARAMS, 9, b"\xff"))
    assert shared.answers([shared.whole(1, stock(path="/x"))])[0].whole
    shared.send(record(STDIN, 1, b"late") + record(200, 1, b"unknown"))
    assert shared.answers([shared.whole(1, stock(path="/y"))])[0].whole


def test_records_may_arrive_byte_by_byte(shared):
    """3.3: packets mean nothing."""
    responses, wires = [], []
    for number in (1, 2):
        shared.responses[number] = Response()
        responses.append(shared.responses[number])
        wires.append(fastcgi.head(number, stock(path=f"/{number}"), fastcgi.KEEP_CONN) + record(STDIN, number))
    both = b"".join(wires)
    shared.send_in_pieces(both[at:at + 1] for at in range(len(both)))
    assert [answer.body for answer in shared.answers(responses)] == [b"/1 ", b"/2 "]


def test_a_body_beyond_all_limits_costs_its_request_alone(start_service, tmp_path):
    """Memory and file full: the app gets what has come, then an error; the log names the setting."""
    go, size = tmp_path / "go", 4 * 1024 * 1024
    wire = start_service(APP, "--threads", "2", "--body-memory", "64k", "--fastcgi-spill", "1MiB")
    with Shared(wire.fastcgi) as shared:
        unread = shared.begin(1, post("/hold", query=str(go)))
        shared.send(stream(STDIN, 1, b"x" * size) + record(STDIN, 1))
        assert shared.answers([shared.whole(2, stock(path="/fast"))])[0].status == 200
        assert "fastcgi_spill" in wire.wait_for_log("fastcgi_spill")
        go.touch()
        assert shared.answers([unread])[0].status == 400
        assert shared.answers([shared.whole(1, stock(path="/fast"))])[0].status == 200


@pytest.fixture(scope="module")
def lonely(start_service):
    """A service whose only thread calls the app, so that nobody else leads."""
    return start_service(APP)


def test_one_thread_is_enough_to_stream(lonely, tmp_path):
    """PEP 3333: a block goes out while the app makes the next. Whoever carries it must not wait for the app's thread."""
    name = tmp_path / "closed"
    with Shared(lonely.fastcgi) as shared:
        response = shared.whole(1, stock(path="/until-told", query=str(name)))
        while len(response.blocks) < 20:
            assert shared.more(), "closed"
        times = [block.when for block in response.blocks]
        # The app gives a block every 10 ms. Nearly all gaps are that short, whatever the machine does now and then.
        gaps = sorted(later - before for before, later in zip(times, times[1:]))
        assert gaps[len(gaps) // 2] < 0.05, gaps
        shared.send(record(fastcgi.ABORT_REQUEST, 1))
        shared.until(response)


def test_one_thread_is_enough_to_read_a_body_that_comes_slowly(lonely):
    """3.3: what comes for one request comes while another waits for a thread."""
    with Shared(lonely.fastcgi) as shared:
        response = shared.begin(1, post("/echo"))
        waiting = shared.whole(2, stock(path="/second"))
        for _ in range(5):
            time.sleep(0.02)
            shared.send(record(STDIN, 1, b"."))
        shared.send(record(STDIN, 1))
        assert [answer.body for answer in shared.answers([response, waiting])] == [b".....", b"/second "]


def test_what_is_open_is_answered_when_the_service_stops(start_service):
    """5.1: the application may close the connection, but not on requests that are open."""
    wire = start_service(APP, "--threads", "2")
    with Shared(wire.fastcgi) as shared, Shared(wire.fastcgi) as idle:
        first, second = shared.begin(1, post("/echo")), shared.whole(2, stock(path="/x"))
        shared.until(second)
        wire.process.terminate()
        assert idle.record() is None
        shared.send(record(STDIN, 1, b"late") + record(STDIN, 1))
        assert shared.answers([first])[0].body == b"late"
        assert shared.record() is None
    assert wire.process.wait(20) == 0
