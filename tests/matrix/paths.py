"""Paths as latin-1 text, one character for each byte, as WSGI has them."""

from urllib.parse import unquote_to_bytes


def decoded(path):
    """`path` with its escapes decoded once."""
    return unquote_to_bytes(path.encode("latin-1")).decode("latin-1")


def normal(path):
    """The form that most servers give a decoded path: `//` merged, dot segments resolved, never above the root."""
    segments = []
    pieces = path.split("/")
    for piece in pieces:
        if piece == "..":
            segments[-1:] = []
        elif piece not in ("", "."):
            segments.append(piece)
    directory = not segments or pieces[-1] in ("", ".", "..")
    return "/" + "/".join(segments) + ("/" if directory and segments else "")


def lies_under(path, prefix):
    """True for the prefix itself and for what follows it behind a slash."""
    return path == prefix or path.startswith(prefix + "/")
