"""A part of the PEP 3333 suite with the service under valgrind: `make valgrind`.

The bridge hands objects to Python and takes them back; what is read or written beyond an object or after it was freed
shows here. The CGI way starts a process for each request, which valgrind makes take half a minute, so it is left out.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
TESTS = HERE.parent

#: What of the suite is run. Tests that measure time mean nothing under valgrind.
CASES = ["test_environ.py", "test_fields.py", "test_input.py", "test_blocks.py", "test_close.py", "test_errors.py"]


def main() -> int:
    valgrind = shutil.which("valgrind")
    if not valgrind:
        print("valgrind: NOT RUN, it is not installed")
        return 1
    with tempfile.TemporaryDirectory(prefix="janua-valgrind-") as folder:
        logs = Path(folder) / "logs"
        logs.mkdir()
        command = Path(folder) / "janua"
        command.write_text(
            "#!/bin/sh\n"
            f"exec env PYTHONMALLOC=malloc {valgrind} -q --trace-children=yes --leak-check=no --num-callers=30 "
            f"--suppressions={HERE}/cpython.supp --log-file={logs}/%p {sys.executable} "
            f'{Path(sys.executable).parent}/janua "$@"\n'
        )
        command.chmod(0o755)
        environ = {**os.environ, "JANUA_COMMAND": str(command), "TEST_SLOWNESS": os.environ.get("TEST_SLOWNESS", "10")}
        cases = sys.argv[1:] or [str(TESTS / "pep3333" / case) for case in CASES]
        suite = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-k", "not cgi", *cases], cwd=TESTS.parent, env=environ, check=False
        )
        found = [log.read_text("utf-8", "replace") for log in sorted(logs.iterdir()) if log.stat().st_size]
        print("\n".join(found), end="")
        print(f"valgrind: {len(found)} of {len(list(logs.iterdir()))} processes with errors")
        return 1 if found else suite.returncode


if __name__ == "__main__":
    sys.exit(main())
