#!/usr/bin/env python3
"""Each tests/refused/*.cc must compile as it stands and must not with -DREFUSED.

The first compile is the control: it shows that the second fails for the one line that differs. The file's
first line, `// error: WORDS`, says what the compiler must complain about.
"""
import os
import re
import subprocess

from checks import Checks
from program import ROOT

COMPILER = ["g++", "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}/src"]


def compiled(source, *flags):
    # The compiler's own words, in no language but its own.
    return subprocess.run([*COMPILER, *flags, str(source)], capture_output=True, text=True,
                          env={**os.environ, "LC_ALL": "C"})


def main(checks):
    for source in sorted((ROOT / "tests" / "refused").glob("*.cc")):
        wanted = re.match(r"// error: (.+)\n", source.read_text(encoding="utf-8"))
        if not checks.that(f"{source.name} says what is wrong", wanted):
            continue
        control = compiled(source)
        checks.equal(f"{source.name}: the control compiles", (control.returncode, control.stderr), (0, ""))
        refused = compiled(source, "-DREFUSED")
        checks.that(f"{source.name}: the other does not", refused.returncode != 0)
        checks.contains(f"{source.name}: for the reason given", refused.stderr, wanted[1])


if __name__ == "__main__":
    Checks.run(main)
