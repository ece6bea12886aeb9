"""PEP 3333, "Buffering and Streaming": no block waits for the next."""

import pytest


@pytest.mark.parametrize("blocks", [2, 4])
def test_each_block_arrives_before_the_next_is_made(way, gate, blocks):
    """Buffering and Streaming: "WSGI servers, gateways, and middleware must not delay the transmission of any
    block"."""
    with way.begin("streaming/gated", headers=[gate.header]) as exchange:
        exchange.end()
        for number in range(1, blocks):
            assert exchange.read_until(b"<%d>" % number).endswith(b"<%d>" % number)
            gate.open(number)
        for number in range(blocks, 4):
            gate.open(number)
        answer = exchange.answer()
        assert answer.body.endswith(b"<4>") and answer.whole


def test_a_large_block_arrives_before_the_next_is_made(way, gate):
    """Buffering and Streaming: also if the block is larger than the socket's buffer."""
    with way.begin("streaming/gated_large", headers=[gate.header]) as exchange:
        exchange.end()
        assert len(exchange.read_until(b"<1>")) == 300003
        gate.open()
        assert len(exchange.answer().body) == 300003


def test_a_block_is_not_delayed_by_a_content_length(way, gate):
    """Buffering and Streaming: knowing the length is no reason to wait."""
    with way.begin("streaming/gated_with_length", headers=[gate.header]) as exchange:
        exchange.end()
        assert exchange.read_until(b"<1>") == b"<1>"
        gate.open()
        assert exchange.answer().body == b"<2>"


def test_blocks_arrive_over_time(way):
    """Buffering and Streaming: an app that sleeps between its blocks is heard while it sleeps."""
    with way.begin("streaming/slowly") as exchange:
        exchange.end()
        answer = exchange.answer()
    assert answer.body == b"<0><1><2><3>"
    assert answer.blocks[-1].when - answer.blocks[0].when > 0.4


def test_empty_blocks_are_skipped(way):
    """Middleware Handling of Block Boundaries: b"" is a way to say "not yet"; over HTTP it must not become the chunk
    that ends the body."""
    answer = way.ask("streaming/after_empty_blocks")
    assert (answer.body, answer.whole) == (b"content and more", True)


def test_many_small_blocks_arrive_in_order(way):
    """Buffering and Streaming: five thousand of them."""
    answer = way.ask("streaming/many_blocks")
    assert answer.whole and answer.body == b"".join(b"%d\n" % number for number in range(5000))


def test_large_blocks_arrive_in_order(way):
    """Buffering and Streaming: 10 MiB in blocks beyond what a FastCGI record holds."""
    answer = way.ask("streaming/large_blocks")
    assert answer.whole and len(answer.body) == 40 * 262144
    assert answer.body[::262144] == bytes(65 + number % 26 for number in range(40))
    assert answer.body[262143::262144] == answer.body[::262144]
