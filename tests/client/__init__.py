"""Small raw clients for the four ways into janua: `cgi`, `scgi`, `fastcgi` and `http`.

They all offer the same two calls:

    ask(where, method, path, query, headers, body, params) -> Answer
    begin(where, method, path, query, headers, params, length=n) -> Exchange

`ask` does one whole request. `begin` sends its head and leaves the rest to the test: send the body in pieces, read
the answer block by block, give up in the middle. Each protocol's own vocabulary (records, netstrings) is beside it,
for tests that need to send what no server would.

Nothing here is shared with janua, and nothing is clever: a mistake in these files must be visible by reading them.
"""
