"""PEP 3333, "Optional Platform-Specific File Handling": what is sent without being read, and large blocks."""

import pytest

from client import fastcgi

CONTENT = b"".join(n.to_bytes(8, "big") for n in range(3 * 1024 * 1024 // 8))


@pytest.mark.parametrize(
    "case, content",
    [
        ("whole", CONTENT),
        ("bare", CONTENT),
        ("named", CONTENT[5:]),
        ("read_only", CONTENT[4099:]),
        ("unflushed", b"aalast"),
        ("cut", CONTENT[:1000001]),
        ("at_the_end", b""),
    ],
)
def test_a_file_is_sent_from_where_the_app_stands_and_its_length_is_said(way, case, content):
    """Optional Platform-Specific File Handling: "transmission should begin at the current position", and continue "until
    the end is reached, or until Content-Length bytes have been written". A length that is certain is said."""
    answer = way.ask("sending/" + case)
    assert answer.whole and answer.body == content
    assert answer.get("Content-Length") == str(len(content))


@pytest.mark.parametrize(
    "case, content",
    [
        ("zipped", CONTENT[:300_000]),
        ("zipped_file", CONTENT[:300_000]),
        ("pipe", b"through a pipe"),
        ("subclass", b"LOUD" * 1000),
        ("own_read", b"OWN" * 1000),
    ],
)
def test_what_is_not_just_a_file_is_read(way, case, content):
    """Optional Platform-Specific File Handling: only where read() gives the descriptor's bytes may it be passed by."""
    answer = way.ask("sending/" + case)
    assert answer.whole and answer.body == content


def test_a_file_of_the_kernels_is_read(way):
    """Its length says nothing."""
    assert b"janua" in way.ask("sending/made_up").body


def test_a_file_shorter_than_promised_shows(way):
    """Handling the Content-Length Header: the client must not take the part for the whole."""
    answer = way.ask("sending/promised_more")
    assert not answer.whole and answer.body == CONTENT
    assert "GET /sending/promised_more: the app ended its response 5 bytes short" in way.told(answer, "short")


def test_head_says_the_length_and_sends_nothing(way):
    answer = way.ask("sending/whole", method="HEAD")
    assert answer.body == b"" and answer.get("Content-Length") == str(len(CONTENT))


def test_304_sends_nothing(way):
    answer = way.ask("sending/not_modified")
    assert answer.status == 304 and answer.body == b"" and answer.get("Content-Length") is None


def test_what_was_written_comes_before_the_file(way):
    answer = way.ask("sending/after_write")
    assert answer.whole and answer.body == b"before" + CONTENT


@pytest.mark.parametrize("case, said", [("write_only", "not"), ("closed", "closed file")])
def test_a_file_that_cannot_be_read_is_the_error_that_reading_gives(way, case, said):
    answer = way.ask("sending/" + case)
    assert answer.status == 500
    assert said in way.told(answer, said)


def test_the_file_stands_at_its_end_when_it_is_closed_once(way, notes):
    """As if it had been read."""
    assert way.ask("sending/position", headers=[notes.header]).body == CONTENT
    assert notes.wait_for(f"at {len(CONTENT)}") == [f"at {len(CONTENT)}"]


@pytest.mark.parametrize(
    "case, content",
    [("large_block", CONTENT), ("large_blocks", CONTENT), ("mixed_blocks", CONTENT[:2000000])],
)
def test_large_blocks_arrive_in_order(way, case, content):
    answer = way.ask("sending/" + case)
    assert answer.whole and answer.body == content


def test_an_error_behind_a_large_block_shows(way):
    """Error Handling: what was given before it was sent."""
    answer = way.ask("sending/bad_last_block")
    assert answer.body == CONTENT
    assert "str" in way.told(answer, "str")


@pytest.mark.parametrize("size", [4095, 16 * 1024, 64 * 1024, 1_500_001])
def test_a_body_comes_back_as_it_was(way, size):
    """Input and Error Streams: however it is read."""
    assert way.ask("sending/echo", body=CONTENT[:size]).body == CONTENT[:size]


@pytest.mark.parametrize("case", ["whole", "large_block"])
def test_fastcgi_carries_it_in_whole_records(service, case):
    """FastCGI 1.0, sections 3.3 and 5.3: records, the empty one that ends STDOUT, END_REQUEST."""
    with fastcgi.begin(service.fastcgi, path="/sending/" + case) as exchange:
        exchange.end()
        answer = exchange.answer()
    assert answer.whole and answer.body == CONTENT and answer.app_status == 0
