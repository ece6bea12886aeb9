"""The command ``janua``, also as ``python -m janua``."""

import sys

from ._janua import main as _main


def main() -> int:
    return _main(sys.argv)


if __name__ == "__main__":
    sys.exit(main())
