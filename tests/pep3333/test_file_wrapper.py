"""PEP 3333, "Optional Platform-Specific File Handling"."""

CONTENT = bytes(range(256)) * 1000


def test_a_file_is_sent_whole(way):
    """Optional Platform-Specific File Handling: wsgi.file_wrapper(file)."""
    answer = way.ask("wrapping/whole")
    assert answer.whole and answer.body == CONTENT


def test_the_block_size_changes_nothing_in_the_content(way):
    """Optional Platform-Specific File Handling: the second argument is a suggestion."""
    assert way.ask("wrapping/block_size").body == CONTENT


def test_sending_begins_where_the_file_stands(way):
    """Optional Platform-Specific File Handling: "transmission should begin at the current position
   within the file"."""
    assert way.ask("wrapping/from_offset").body == CONTENT[255000:]


def test_a_buffered_file_is_sent_from_where_the_app_stands(way):
    """Optional Platform-Specific File Handling: the position is that of the Python file, not of its descriptor, which
    has been read further."""
    assert way.ask("wrapping/after_read").body == CONTENT[10:]


def test_content_length_cuts_the_file(way):
    """Optional Platform-Specific File Handling: transmission continues to the end of the file, "or until
    Content-Length bytes have been written"."""
    answer = way.ask("wrapping/with_length")
    assert answer.get("Content-Length") == "1000" and answer.body == CONTENT[:1000]


def test_a_file_shorter_than_content_length_shows(way):
    """Handling the Content-Length Header: a file, too, must keep what was promised."""
    assert not way.ask("wrapping/too_short").whole


def test_an_object_with_read_and_without_descriptor_is_enough(way):
    """Optional Platform-Specific File Handling: an object without fileno() is sent by read()."""
    assert way.ask("wrapping/not_a_file").body == CONTENT


def test_an_object_with_nothing_but_read_is_enough(way):
    """Optional Platform-Specific File Handling: close() of the file is optional as well."""
    assert way.ask("wrapping/only_read").body == b"only read"


def test_the_file_is_closed_once(way, notes):
    """Optional Platform-Specific File Handling: the wrapper has a close() that calls the file's."""
    assert way.ask("wrapping/closed", headers=[notes.header]).body == b"to be closed"
    assert notes.wait_for("close") == ["close"]


def test_the_file_is_closed_for_head(way, notes):
    """Optional Platform-Specific File Handling: also when nothing of it is sent."""
    assert way.ask("wrapping/closed", method="HEAD", headers=[notes.header]).body == b""
    assert notes.wait_for("close") == ["close"]


def test_the_wrapper_is_an_iterable_of_blocks(way):
    """Optional Platform-Specific File Handling: the result is an iterable for the app as well, in blocks of the size
    asked for."""
    found = way.facts("wrapping/iterated")
    assert "".join(found["blocks"]) == "a" * 10 + "b" * 5
    assert found["blocks"][0] == "a" * 10 and found["closable"]


def test_middleware_may_stand_around_the_wrapper(way):
    """Optional Platform-Specific File Handling: only a wrapper that is returned itself may be sent another way."""
    assert way.ask("wrapping/through_middleware").body == CONTENT.swapcase()


def test_an_empty_file_is_an_empty_body(way):
    """Optional Platform-Specific File Handling: no block at all."""
    answer = way.ask("wrapping/empty")
    assert (answer.status, answer.body, answer.whole) == (200, b"", True)


def test_a_file_in_text_mode_is_an_error_that_says_so(way):
    """Optional Platform-Specific File Handling: read() must give bytes."""
    answer = way.ask("wrapping/text_mode")
    assert answer.status == 500
    assert "str" in way.told(answer, "str")


def test_a_file_that_fails_at_once_is_a_500(way):
    """Error Handling: nothing was sent yet."""
    answer = way.ask("wrapping/failing_read")
    assert answer.status == 500
    assert "marker-disk" in way.told(answer, "marker-disk")
