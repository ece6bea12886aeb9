"""Every server, protocol and kind of mount, asked for every kind of target: does the app see the client's URL?

`make matrix` runs it and writes docs/matrix.md; `make test` runs the same as tests.
"""
