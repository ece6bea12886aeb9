"""PEP 3333, "The start_response() Callable" and "The write() Callable"."""


def test_it_returns_a_callable(way):
    """The start_response() Callable: "it must return a write(body_data) callable"."""
    assert way.ask("starting/returns_write").body == b"callable"


def test_none_is_allowed_as_third_argument(way):
    """The start_response() Callable: exc_info is optional, and None is its default."""
    assert way.ask("starting/third_argument_none").body == b"ok"


def test_exc_info_in_the_first_call_is_a_plain_start(way):
    """The start_response() Callable: there is nothing to replace yet."""
    answer = way.ask("starting/exc_info_first")
    assert (answer.status, answer.reason, answer.body) == (500, "Planned", b"error page")


def test_exc_info_replaces_what_was_not_sent(way):
    """The start_response() Callable: "if exc_info is supplied, and no HTTP headers have been output yet,
    start_response should replace the currently-stored HTTP response headers"."""
    answer = way.ask("starting/replaced")
    assert (answer.status, answer.reason, answer.body) == (503, "Replaced", b"replaced")
    assert answer.get("X-Second") == "2" and answer.get("X-First") is None
    assert answer.get("Content-Type") == "text/html"


def test_the_last_replacement_counts(way):
    """The start_response() Callable: as often as the app likes."""
    assert way.ask("starting/replaced_twice").status == 502


def test_headers_wait_for_the_first_block_with_content(way):
    """The start_response() Callable: headers are sent "only after the first iteration of the application return value
    that yields a non-empty bytestring"; until then they can be replaced."""
    answer = way.ask("starting/replaced_after_empty_block")
    assert (answer.status, answer.body) == (503, b"replaced")
    assert answer.get("X-First") is None


def test_an_empty_write_sends_no_headers(way):
    """The start_response() Callable: the same for write(b"")."""
    assert way.ask("starting/replaced_after_empty_write").status == 503


def test_after_headers_are_sent_exc_info_is_raised_again(way, notes):
    """The start_response() Callable: "if exc_info is provided, and the HTTP headers have already been sent,
    start_response must raise an error, and should re-raise using the exc_info tuple": the very same object."""
    answer = way.ask("starting/too_late", headers=[notes.header])
    assert notes.lines() == ["same object"]
    assert answer.status == 200 and answer.body == b"sent"
    assert "marker-too-late" in way.told(answer, "marker-too-late")


def test_a_write_sends_the_headers(way, notes):
    """The start_response() Callable: after a write() with content it is too late as well."""
    answer = way.ask("starting/too_late_after_write", headers=[notes.header])
    assert notes.lines() == ["same object"]
    assert answer.status == 200 and answer.body == b"sent and more"


def test_exc_info_is_not_kept(way):
    """The start_response() Callable: servers "should ensure that no reference is held to the exc_info parameter
    beyond the duration of the function's execution"."""
    assert way.ask("starting/lets_go_of_exc_info").body == b"forgotten"


def test_a_second_call_is_an_assertion_error(way):
    """The start_response() Callable: "it is a fatal error to call start_response without the exc_info argument if
    start_response has already been called". The kind of error is free; janua raises AssertionError, as wsgiref
    does."""
    assert way.ask("starting/twice").body == b"AssertionError"


def test_a_second_call_with_none_is_an_assertion_error(way):
    """The start_response() Callable: None is the same as nothing."""
    assert way.ask("starting/twice_with_none").body == b"AssertionError"


def test_a_second_call_that_nobody_catches_is_a_500(way):
    """The start_response() Callable: fatal to the request."""
    answer = way.ask("starting/twice_unhandled")
    assert answer.status == 500
    assert "start_response" in way.told(answer, "AssertionError")


def test_the_call_may_come_in_the_first_next(way):
    """Specification Details: "this invocation may be performed by the iterable's first iteration"."""
    answer = way.ask("starting/in_first_next")
    assert (answer.status, answer.reason, answer.body) == (201, "Made late", b"late")


def test_the_call_may_come_in_iter(way):
    """Specification Details: servers "must not assume that start_response() has been called before they begin
    iterating over the iterable"."""
    answer = way.ask("starting/in_iter")
    assert (answer.status, answer.reason, answer.body) == (202, "In iter", b"from iter")


def test_no_call_at_all_is_a_500(way):
    """The start_response() Callable: it must be called before the first block."""
    answer = way.ask("starting/never")
    assert answer.status == 500 and b"marker-never-started" not in answer.body
    assert "start_response" in way.told(answer, "start_response")


def test_no_call_and_no_block_is_a_500(way):
    """The start_response() Callable: an empty result does not excuse it."""
    answer = way.ask("starting/never_and_empty")
    assert answer.status == 500
    assert "start_response" in way.told(answer, "start_response")


def test_a_call_after_the_first_block_is_too_late(way):
    """Specification Details: "the application must invoke the start_response() callable before the iterable yields
    its first body bytestring"."""
    answer = way.ask("starting/after_first_block")
    assert answer.status == 500 and b"too early" not in answer.body


def test_a_call_without_arguments_is_a_500(way):
    """The start_response() Callable: two positional arguments are required."""
    assert way.ask("starting/without_arguments").status == 500


def test_writes_come_before_the_blocks(way):
    """The write() Callable: what was written is sent before what the iterable yields."""
    assert way.ask("starting/write_first").body == b"one two three four"


def test_writing_alone_is_a_response(way):
    """The write() Callable: an app may write everything and return an empty iterable."""
    answer = way.ask("starting/write_only")
    assert (answer.status, answer.body, answer.whole) == (200, b"only", True)


def test_what_is_written_is_sent_at_once(way, gate):
    """The write() Callable: when it returns, the data "was either completely sent to the client, or ... is buffered
    for transmission while the application proceeds onward"."""
    with way.begin("starting/write_is_sent", headers=[gate.header]) as exchange:
        exchange.end()
        assert exchange.read_until(b"first") == b"first"
        gate.open()
        assert exchange.answer().body == b" second"


def test_writing_text_is_a_type_error(way):
    """The write() Callable: bytestrings only, and the message says what it got."""
    assert b"str" in way.ask("starting/write_str").body


def test_a_write_inside_the_iteration_keeps_its_place(way):
    """The write() Callable: apps "must not invoke write() from within their return iterable". janua does not enforce
    it and keeps the order."""
    assert way.ask("starting/write_inside_iteration").body == b"one two three"


def test_large_writes_keep_their_order(way):
    """The write() Callable: 4 MiB in 64 writes."""
    body = way.ask("starting/write_large").body
    assert body == b"".join(bytes([number]) * 65536 for number in range(64))


def test_writes_count_towards_content_length(way):
    """Handling the Content-Length Header: written bytes are bytes of the body."""
    answer = way.ask("starting/write_with_length")
    assert (answer.get("Content-Length"), answer.body, answer.whole) == ("5", b"12345", True)
