"""`make instructions`: prints what each part costs beside what it cost, and with --write keeps it."""

import sys

from .counts import BASELINE, baseline, counted, differences, why_not


def main() -> int:
    if reason := why_not():
        print(reason, file=sys.stderr)
        return 1
    old, new = baseline() if BASELINE.exists() else None, counted()
    print(f"{'now':>9} {'before':>9}")
    for name, count in new.parts.items():
        before = old and old.parts.get(name)
        change = f"{before:9} {(count - before) / before:+7.1%}" if before else f"{'-':>9} {'':7}"
        print(f"{count:9} {change}  {name}")
    for difference in differences(old, new) if old else []:
        print(f"not comparable: {difference}")
    if "--write" in sys.argv:
        BASELINE.write_text(new.text())
        print(f"written to {BASELINE.name}")
    return 0


sys.exit(main())
