"""PEP 3333, "Input and Error Streams": wsgi.errors, which goes to the log that the operator reads."""


def test_written_text_reaches_the_log(way):
    """Input and Error Streams: write(str)."""
    answer = way.ask("errors/write", query="here")
    assert answer.body == b"done"
    assert "marker-write here" in way.told(answer, "marker-write here")


def test_text_goes_to_the_log_of_the_server_in_front(way):
    """environ Variables: "for many servers, wsgi.errors will be the server's main error log". FastCGI and CGI have a
    stream to it; with SCGI and HTTP it is janua's own log."""
    answer = way.ask("errors/write", query="there")
    way.told(answer, "marker-write there")
    assert (b"marker-write there" in answer.stderr) == (way.name in ("cgi", "fastcgi"))


def test_writelines_writes_every_line(way):
    """Input and Error Streams: writelines(seq), of any iterable."""
    told = way.told(way.ask("errors/write_lines"), "marker-three")
    assert told.index("marker-one") < told.index("marker-two") < told.index("marker-three")


def test_an_unfinished_line_is_written_at_the_end_of_the_request(way):
    """Input and Error Streams: nothing written is lost, newline or not."""
    assert "marker-without-newline" in way.told(way.ask("errors/write_part_of_a_line"), "marker-without-newline")


def test_flush_can_be_called(way):
    """Input and Error Streams: flush()."""
    answer = way.ask("errors/flush")
    assert b'"flushed": true' in answer.body
    assert "marker-flushed" in way.told(answer, "marker-flushed")


def test_text_beyond_latin_1_is_written_as_utf_8(way):
    """environ Variables: the stream "should accept and log arbitrary unicode". The encoding is the server's choice:
    UTF-8."""
    answer = way.ask("errors/unicode")
    assert "marker-unicode ž 𝔘 é" in way.told(answer, "marker-unicode ž 𝔘 é")


def test_a_lone_surrogate_does_not_break_the_app(way):
    """environ Variables: arbitrary unicode "without raising an error"; the server may "substitute characters that
    cannot be rendered in the stream's encoding"."""
    answer = way.ask("errors/surrogate")
    assert answer.body == b"done"
    assert "marker-surrogate" in way.told(answer, "marker-surrogate")


def test_print_and_tracebacks_can_use_it(way):
    """Input and Error Streams: a file for `print(file=...)`, which writes many small pieces."""
    assert "marker-print 1 2" in way.told(way.ask("errors/print_to"), "marker-print 1 2")


def test_bytes_are_refused_with_a_type_error(way):
    """Input and Error Streams: the argument is a string; bytes are a mistake that the app gets to know."""
    assert "bytes" in way.facts("errors/not_text")["refused"]


def test_much_text_is_not_lost(way):
    """Input and Error Streams: 200 KB in one request, more than fits into a record or a pipe."""
    answer = way.ask("errors/many")
    assert answer.body == b"done"
    told = way.told(answer, "marker-many 1999")
    assert all("marker-many %04d" % number in told for number in range(0, 2000, 111))


def test_text_between_two_blocks_does_not_end_up_in_the_body(way):
    """Input and Error Streams: the stream is open for as long as the response lasts."""
    answer = way.ask("errors/while_streaming")
    assert answer.body == b"one two"
    assert "marker-between" in way.told(answer, "marker-between")


def test_stderr_of_the_process_is_the_log(way):
    """Not in the PEP: what libraries write to `sys.stderr` is janua's log, never the response."""
    answer = way.ask("errors/stderr")
    assert answer.body == b"done"
    assert "marker-stderr" in way.told(answer, "marker-stderr")


def test_print_never_reaches_the_response(way):
    """RFC 3875, 6: stdout is the response under CGI, so print() goes to stderr instead."""
    answer = way.ask("printing/with_print")
    assert (answer.status, answer.body) == (200, b"clean")
    assert "marker-printed" in way.told(answer, "marker-printed")


def test_writing_to_descriptor_1_never_reaches_the_response(way):
    """RFC 3875, 6: the same for code that does not go through `sys.stdout`."""
    answer = way.ask("printing/by_descriptor")
    assert (answer.status, answer.body) == (200, b"clean")
    assert "marker-descriptor" in way.told(answer, "marker-descriptor")


def test_the_output_of_a_child_process_never_reaches_the_response(way):
    """RFC 3875, 6: the same for programs that the app starts."""
    answer = way.ask("printing/by_child")
    assert (answer.status, answer.body) == (200, b"clean")
    assert "marker-child" in way.told(answer, "marker-child")
