"""The matrix as a table in Markdown."""

from .refusals import KNOWN, REFUSALS
from .stage import FRONTS
from .targets import GROUPS, TARGETS

HEAD = """# The matrix

Written by `make matrix`. Each row is a way to mount an app behind a real server, each column a group of targets that a
client asks for below that mount. In every good cell the app saw the mount as SCRIPT_NAME and the rest of the URL as
PATH_INFO, `wsgiref.util.request_uri` gave the client's URL back (in the server's normal form: nginx, Apache and lighttpd
merge `//` and resolve dots, Caddy and HAProxy leave them and are held to the byte), QUERY_STRING was untouched, and a
link made with Flask's `url_for` led back to the same page.

`6` says that six targets of the group are good; `5 (1)` that of the sixth the server made something else, which is listed
below with the reason; **1 bad** is a red cell. Nothing is set in janua but where the row says so: there the server cannot
tell the mount. Two targets lie outside a mount (`climbing out` and `look-alike` under a prefix): the cell is good if the
app was not asked.

Kinds of mount: `root`; `prefix`, a part of the URL that the server knows as the mount; `script`, a script's name in the URL;
`rewrite`, a script that the server puts into the URL and the client does not see; `stripped`, a prefix that the server takes
off before the path reaches janua. Rows that are missing do not exist: Apache's own CGI modules and lighttpd's mod_cgi divide
paths by the file system and strip nothing, and HAProxy hides the client's URL once it rewrites it.
"""


def cell(results):
    bad = sum(bool(result.fault) for result in results)
    other = sum(bool(result.listed) for result in results)
    good = len(results) - bad - other
    words = [str(good)] if good or not (bad or other) else []
    words += [f"({other})"] if other else []
    words += [f"**{bad} bad**"] if bad else []
    return " ".join(words)


def listed(entries):
    return [
        f"| {' '.join(entry.rows)} | {', '.join(entry.targets)} | {entry.status} | {entry.reason} |" for entry in entries
    ]


def rendered(results):
    """The document for `results`, a dictionary of rows."""
    lines = [HEAD, "Servers: " + ", ".join(f"{front.name} {front.version()}" for front in FRONTS) + ".", ""]
    lines += ["| server | protocol | mount | at | janua's settings | " + " | ".join(GROUPS) + " |"]
    lines += ["| --- " * (5 + len(GROUPS)) + "|"]
    for row, cells in results.items():
        server = row.server + (f" {row.module}" if row.module else "")
        kind = row.kind + (f", {row.variant}" if row.variant and row.variant != "setting" else "")
        settings = " ".join(f"`{setting}`" for setting in row.settings)
        groups = [[result for result in cells if result.target.group == group] for group in GROUPS]
        words = [server, row.protocol, kind, f"`{row.prefix or '/'}`", settings, *map(cell, groups)]
        lines.append("| " + " | ".join(words) + " |")
    lines += ["", "## Red cells", ""]
    faults = [
        f"- {row}, {result.target.name}: {result.fault}"
        for row, cells in results.items()
        for result in cells
        if result.fault
    ]
    lines += faults or ["None."]
    lines += ["", "## Where janua has to be told", "", "| row | why |", "| --- | --- |"]
    lines += [f"| {row} | {row.why} |" for row in results if row.settings]
    lines += ["", "## In parentheses", ""]
    lines += ["Answers that the server gives by itself, and cells in which nobody can know better (status 200).", ""]
    lines += ["| rows | targets | status | why |", "| --- | --- | --- | --- |", *listed(REFUSALS + KNOWN)]
    lines += ["", "## The targets", "", "| group | about | below the mount |", "| --- | --- | --- |"]
    for target in TARGETS:
        shown = target.of("/app").encode("latin-1").decode().replace("|", "\\|")
        shown = shown if len(shown) < 100 else f"{shown[:40]}... ({len(shown)} bytes)"
        lines.append(f"| {target.group} | {target.name} | `{shown}` |")
    return "\n".join(lines) + "\n"
