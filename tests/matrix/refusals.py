"""What is no fault of janua, with its reason. Whatever is not listed here is an error.

REFUSALS are answers that servers give by themselves, without asking the app; KNOWN are cells in which the app is asked
and cannot be told the client's URL.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Listed:
    """Some cells: rows by the beginning of their names, targets by name."""

    rows: tuple
    targets: tuple
    reason: str
    status: int = 200
    #: What the app sees, as `cell` words it. Anything else is an error here too.
    wrong: str = ""

    def holds(self, row, target):
        return str(row).startswith(self.rows) and target.name in self.targets


BARE = ("bare", "bare, with a query")

REFUSALS = [
    Listed(
        ("nginx-fastcgi-root", "nginx-scgi-root", "nginx-fastcgi-rewrite", "nginx-scgi-rewrite"),
        ("climbing out",), "nginx refuses `..` above the root", 400,
    ),
    Listed(
        ("nginx-fastcgi-stripped", "nginx-scgi-stripped"), BARE,
        "nginx redirects to the location's slash by itself", 301,
    ),
    Listed(
        tuple(
            f"apache-{module}-{kind}"
            for module in ("mod_cgid", "mod_fcgid", "mod_proxy_fcgi", "mod_proxy_scgi")
            for kind in ("root", "rewrite")
        ),
        ("climbing out",), "Apache refuses `..` above the root", 400,
    ),
    Listed(
        ("apache-mod_fcgid-rewrite-in-a-folder",), BARE,
        "mod_dir redirects to the folder's slash before the rewrite", 301,
    ),
    Listed(
        ("apache-mod_proxy_fcgi-stripped", "apache-mod_proxy_scgi-stripped"), ("%3F",),
        "mod_rewrite refuses an escaped `?` in what it rewrites", 403,
    ),
    Listed(("lighttpd",), ("%0A",), "lighttpd refuses control characters", 400),
    Listed(
        tuple(f"lighttpd-{rest}" for rest in ("cgi-prefix", "fastcgi-prefix", "fastcgi-script", "scgi-prefix", "scgi-script")),
        ("lone latin-1 byte",),
        "the condition around the mount is a regular expression over UTF-8, and matches nothing else", 404,
    ),
    Listed(
        ("lighttpd-fastcgi-stripped", "lighttpd-scgi-stripped", "caddy-fastcgi-stripped"), BARE,
        "the configuration strips `/app/` alone: stripped of everything, a bare mount would look like the root", 404,
    ),
    Listed(("haproxy",), ("UTF-8, not escaped",), "HAProxy refuses bytes beyond ASCII", 400),
    Listed(
        ("haproxy-fastcgi-root-path-info", "haproxy-fastcgi-prefix", "haproxy-fastcgi-script"), ("%0A",),
        "path-info refuses line feeds", 500,
    ),
    Listed(
        ("haproxy-fastcgi-prefix", "haproxy-fastcgi-script", "haproxy-fastcgi-stripped"), BARE,
        "the configuration redirects: HAProxy sends no empty PATH_INFO, so this would look like a path not divided", 301,
    ),
]  # fmt: skip

KNOWN = [
    Listed(
        ("caddy-fastcgi-rewrite",), ("climbing out",),
        "`/index.fcgi/../elsewhere`, which the rewrite makes of it, is the client's `/../elsewhere` once dots are resolved",
        wrong="SCRIPT_NAME '/index.fcgi', PATH_INFO '/../elsewhere'",
    ),
    Listed(
        ("caddy-fastcgi-stripped",), ("/.. at the end",),
        "the directive that strips the prefix cleans paths as Go does, which leaves no slash: that is what the app sees",
        wrong="SCRIPT_NAME '/app', PATH_INFO '/foo'",
    ),
    Listed(
        ("haproxy-fastcgi-stripped-setting",), ("once more inside",),
        "with on_mismatch=pass a path that begins like the mount is taken for one that still has it",
        wrong="SCRIPT_NAME '/app', PATH_INFO '/x'",
    ),
]  # fmt: skip


def expected(row, target, status):
    """The entry that allows this server to answer this target with this status."""
    return next((listed for listed in REFUSALS if listed.holds(row, target) and listed.status == status), None)


def known(row, target, wrong):
    """The entry that says why this is what the app sees."""
    return next((listed for listed in KNOWN if listed.holds(row, target) and listed.wrong == wrong), None)
