"""What the clients ask for, below each mount."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """`path` stands behind the mount; what it is about is the name. Bytes beyond ASCII are latin-1."""

    group: str
    name: str
    path: str
    query: str = None

    def of(self, prefix):
        """The whole target of the request line, for an app mounted at `prefix`."""
        path = self.path.replace("MOUNT", prefix or "/app")
        path = path if path.startswith("=") else prefix + path
        return (path.removeprefix("=") or "/") + ("" if self.query is None else "?" + self.query)


LONG = "/" + "/".join(f"{number:03}" + "x" * 97 for number in range(20))

TARGETS = [
    Target("plain", "root", "/"),
    Target("plain", "two segments", "/foo/bar"),
    Target("plain", "slash at the end", "/foo/bar/"),
    Target("plain", "long", LONG),
    Target("plain", "a script's name inside", "/x.py/y.cgi/z"),
    Target("mount", "bare", ""),
    Target("mount", "bare, with a query", "", "a=/b"),
    Target("mount", "once more inside", "MOUNT/x"),
    Target("mount", "look-alike", "=MOUNTle/pie"),
    Target("mount", "climbing out", "/../elsewhere"),
    Target("escapes", "%20", "/a%20b"),
    Target("escapes", "%25", "/100%25"),
    Target("escapes", "%2541, to be decoded once", "/a%2541"),
    Target("escapes", "%2F", "/one%2Ftwo"),
    Target("escapes", "%2f%2f", "/one%2f%2ftwo"),
    Target("escapes", "%3F", "/what%3Fnow"),
    Target("escapes", "%23", "/a%23b"),
    Target("escapes", "%3B and %2B", "/a%3Bb%2Bc"),
    Target("escapes", "%41, without need", "/%41%42c"),
    Target("escapes", "%0A", "/a%0Ab"),
    Target("bytes", "UTF-8", "/caf%C3%A9/%E2%82%AC"),
    Target("bytes", "UTF-8, capitals and small", "/caf%c3%A9"),
    Target("bytes", "UTF-8, not escaped", "/caf\xc3\xa9"),
    Target("bytes", "lone latin-1 byte", "/caf%E9"),
    Target("slashes", "// in front", "//foo"),
    Target("slashes", "// inside", "/foo//bar"),
    Target("slashes", "// at the end", "/foo//"),
    Target("dots", "/./", "/foo/./bar"),
    Target("dots", "/../", "/foo/../bar"),
    Target("dots", "/%2e%2E/", "/foo/%2e%2E/bar"),
    Target("dots", "/.. at the end", "/foo/bar/.."),
    Target("dots", "no dot segments", "/.foo/..bar/..."),
    Target("characters", ";p", "/foo;p=1/bar;q"),
    Target("characters", "+", "/a+b"),
    Target("characters", "~", "/~user/x"),
    Target("characters", "@ and :", "/a@b:c/1:2"),
    Target("characters", "the other delimiters", "/!$&'()*,=x"),
    Target("query", "empty", "/foo", ""),
    Target("query", "with slashes and dots", "/foo", "next=/a/../b//c"),
    Target("query", "with escapes, whole and not", "/foo", "a=%2F%20%C3%A9+%E9&b=100%25&c=%zz&d"),
    Target("query", "with another ?", "/foo", "a?b=?c"),
    Target("query", "with a URL", "/foo", "url=http://other.test/app/x"),
]

GROUPS = list(dict.fromkeys(target.group for target in TARGETS))
