"""PEP 3333, "Specification Details": what an app returns."""

import pytest


@pytest.mark.parametrize("case, body", [
    ("a_list", b"one two three"),
    ("a_tuple", b"one two"),
    ("a_generator", b"one two"),
    ("an_iterator", b"one two"),
    ("by_index", b"one two"),
    ("sized", b"one block"),
    ("an_instance", b"from an instance"),
])
def test_any_iterable_of_bytestrings_is_a_body(way, case, body):
    """Specification Details: "an iterable yielding zero or more bytestrings", however it is made."""
    answer = way.ask("blocks/" + case)
    assert (answer.status, answer.body, answer.whole) == (200, body, True)


def test_the_iterable_is_iterated_once(way, notes):
    """Specification Details: and an object whose len() fails is an iterable like any other."""
    assert way.ask("blocks/iterated_once", headers=[notes.header]).body == b"once"
    assert notes.lines() == ["iter"]


def test_binary_blocks_are_not_touched(way):
    """Specification Details: the server "should treat the yielded bytestrings as binary byte sequences"."""
    assert way.ask("blocks/binary").body == bytes(range(256)) + b"\r\n0\r\n\r\n\0"


def test_a_child_of_bytes_is_a_bytestring(way):
    """A Note On String Types asks for the type `bytes`; janua takes children of it, which harms nobody."""
    assert way.ask("blocks/bytes_subclass").body == b"a child of bytes"


def test_bare_bytes_are_sent_as_one_block_with_one_warning(fresh_way):
    """Specification Details: bytes are an iterable, but one of numbers. janua sends them as one block, which is what
    the app meant, and warns."""
    answer = fresh_way.ask("blocks/bare_bytes")
    assert (answer.status, answer.body, answer.get("Content-Length")) == (200, b"bare bytes", "10")
    told = fresh_way.told(answer, "bytes")
    assert len([line for line in told.splitlines() if "bytes" in line]) == 1, told


@pytest.mark.parametrize("case, kind", [
    ("str_block", "str"), ("int_block", "int"), ("none_block", "None"), ("bare_str", "str"),
])
def test_a_block_that_is_no_bytestring_is_a_500_that_says_so(way, case, kind):
    """Specification Details: bytestrings only. The log says which type it was; nothing of it is sent."""
    answer = way.ask("blocks/" + case)
    assert answer.status == 500 and b"text" not in answer.body
    told = way.told(answer, kind)
    assert kind in told and "bytes" in told


def test_a_later_block_that_is_no_bytestring_ends_the_response(way):
    """Error Handling: after the headers are sent only truncation is left, and it shows."""
    answer = way.ask("blocks/str_block_later")
    assert (answer.status, answer.body, answer.whole) == (200, b"fine ", False)
    assert "str" in way.told(answer, "str")


@pytest.mark.parametrize("case, kind", [("none", "None"), ("a_number", "int"), ("a_function", "function")])
def test_a_result_that_is_no_iterable_is_a_500_that_says_so(way, case, kind):
    """Specification Details: "the application object must always return an iterable"; to forget `return` is the usual
    mistake."""
    answer = way.ask("blocks/" + case)
    assert answer.status == 500
    assert kind in way.told(answer, kind)


def test_an_iterator_without_next_is_a_500(way, notes):
    """Specification Details: and it is closed all the same."""
    assert way.ask("blocks/no_iterator", headers=[notes.header]).status == 500
    assert notes.wait_for("close") == ["close"]
