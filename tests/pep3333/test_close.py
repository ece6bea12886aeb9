"""PEP 3333, "Specification Details": if the iterable has a close() method, the server "must call that method upon
completion of the current request, whether the request was completed normally, or terminated early due to an
application error during iteration or an early disconnect of the browser"."""


def _closed_once(notes):
    assert notes.wait_for("close").count("close") == 1


def test_close_after_a_normal_end(way, notes):
    """Specification Details: completed normally."""
    assert way.ask("closing/normal", headers=[notes.header]).body == b"one two"
    _closed_once(notes)


def test_close_comes_last(way, notes):
    """Specification Details: after the iterator has said that it is at its end."""
    assert way.ask("closing/order", headers=[notes.header]).body == b"012"
    assert notes.wait_for("close") == ["block 0", "block 1", "block 2", "exhausted", "close"]


def test_close_after_an_exception_in_the_middle(way, notes):
    """Specification Details: terminated early by an application error during iteration."""
    way.ask("closing/failing_in_the_middle", headers=[notes.header])
    _closed_once(notes)


def test_close_after_an_exception_at_the_first_block(way, notes):
    """Specification Details: the same before anything was sent."""
    assert way.ask("closing/failing_at_first", headers=[notes.header]).status == 500
    _closed_once(notes)


def test_close_after_an_exception_in_iter(way, notes):
    """Specification Details: the same if there never was an iterator."""
    assert way.ask("closing/failing_in_iter", headers=[notes.header]).status == 500
    _closed_once(notes)


def test_close_after_a_block_that_is_no_bytestring(way, notes):
    """Specification Details: the same if it is the server that is not content."""
    assert way.ask("closing/bad_block", headers=[notes.header]).status == 500
    _closed_once(notes)


def test_close_without_start_response(way, notes):
    """Specification Details: the same if start_response was never called."""
    assert way.ask("closing/never_started", headers=[notes.header]).status == 500
    _closed_once(notes)


def test_close_after_headers_that_were_refused(way, notes):
    """Specification Details: an error raised by start_response itself, inside the iteration."""
    assert way.ask("closing/late_bad_start", headers=[notes.header]).status == 500
    _closed_once(notes)


def test_close_after_exc_info_was_raised_again(way, notes):
    """Specification Details: an error raised by start_response because the headers were sent."""
    way.ask("closing/refused_too_late", headers=[notes.header])
    _closed_once(notes)


def test_close_after_a_body_that_was_cut(way, notes):
    """Specification Details: the server stops at Content-Length."""
    assert way.ask("closing/too_long", headers=[notes.header]).body == b"one"
    _closed_once(notes)


def test_close_for_head(way, notes):
    """Specification Details: HEAD needs no block and still ends the request."""
    answer = way.ask("closing/normal", method="HEAD", headers=[notes.header])
    assert (answer.status, answer.body) == (200, b"")
    _closed_once(notes)


def test_close_for_204_and_304(way, notes):
    """Specification Details: the same for a status without a body."""
    assert way.ask("closing/bodiless", query="204+No+Content", headers=[notes.header]).status == 204
    assert way.ask("closing/bodiless", query="304+Not+Modified", headers=[notes.header]).status == 304
    assert notes.wait(lambda lines: len(lines) == 2) == ["close", "close"]


def test_close_when_the_client_leaves(way, notes):
    """Specification Details: "an early disconnect of the browser". The app is not run to its end for nobody."""
    with way.begin("closing/unlimited", headers=[notes.header]) as exchange:
        exchange.end()
        assert exchange.block().data
        exchange.abort()
        assert notes.wait_for("close") == ["close"]


def test_a_generator_is_closed_when_the_client_leaves(way, notes):
    """Specification Details: generators have a close() of their own; `finally` runs."""
    with way.begin("closing/abandoned_generator", headers=[notes.header]) as exchange:
        exchange.end()
        assert exchange.block().data
        exchange.abort()
        assert notes.wait_for("finally") == ["finally"]


def test_a_generator_ends_normally(way, notes):
    """Specification Details: `finally` runs once."""
    assert way.ask("closing/generator", headers=[notes.header]).body == b"onetwo"
    assert notes.wait_for("finally") == ["finally"]


def test_close_of_the_iterable_not_of_its_iterator(way, notes):
    """Specification Details: the object that the app returned."""
    assert way.ask("closing/separate", headers=[notes.header]).body == b"one"
    assert notes.wait_for("close of the iterable") == ["close of the iterable"]


def test_an_exception_in_close_does_not_harm_what_was_sent(way, notes):
    """Specification Details does not say what an error in close() means. The response was complete: it stays 200, and
    the error is logged."""
    answer = way.ask("closing/failing_close", headers=[notes.header])
    assert (answer.status, answer.body) == (200, b"one")
    assert "marker-close" in way.told(answer, "marker-close")
    _closed_once(notes)
