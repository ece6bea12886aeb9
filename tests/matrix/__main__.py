"""Prints the matrix and writes it to docs/matrix.md. The exit status is 1 if a cell is red.

    python -m matrix [PREFIX]...     only the rows whose names begin so, and nothing is written
"""

import sys
from pathlib import Path

from .stage import ROWS, Stage
from .table import rendered

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "matrix.md"


def main(prefixes):
    rows = [row for row in ROWS if not prefixes or str(row).startswith(tuple(prefixes))]
    results = {}
    with Stage() as stage:
        for row in rows:
            results[row] = stage.results(row)
            print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    document = rendered(results)
    print(document)
    if not prefixes:
        DOCUMENT.write_text(document)
    return int(any(result.fault for cells in results.values() for result in cells))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
