#!/usr/bin/env python3
"""Measures the program against the floors and writes docs/performance.md.

    tests/bench/bench.py [--build build] [--rows 1000000] [--pairs 7] [--only GROUP]

The works alternate, so that a slow moment of the machine meets all of them; a ratio is the median of the
ratios inside each pair. With --only, the sections of that group are measured anew and the others stay, each
with the commit that it was measured at.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))  # this program stands one folder below what it shares with the tests

import embedded  # noqa: E402
import files  # noqa: E402
import loads  # noqa: E402
import logs  # noqa: E402
import program  # noqa: E402
import python_steps  # noqa: E402
import reads  # noqa: E402
import remote  # noqa: E402
import rest  # noqa: E402
import sandbox  # noqa: E402
import shop  # noqa: E402
import starting  # noqa: E402
from program import ROOT  # noqa: E402
from report import Report  # noqa: E402
from sampling import Meter  # noqa: E402

GROUPS = {"reads": reads, "loads": loads, "rest": rest, "files": files, "embedded": embedded, "python": python_steps, "sandbox": sandbox, "starting": starting, "logs": logs, "remote": remote}
QUIET_LOAD = 0.5
PAGE = ROOT / "docs" / "performance.md"
MARK = re.compile(r"<!-- (\w+) -->")


def machine():
    model = re.search(r"model name\s*: (.+)", pathlib.Path("/proc/cpuinfo").read_text())
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = re.search(r'PRETTY_NAME="(.+)"', pathlib.Path("/etc/os-release").read_text())
    return (f"{len(os.sched_getaffinity(0))} cores of {model[1] if model else os.uname().machine}, {memory_gib:.0f} GiB, "
            f"{system[1] if system else 'unknown system'}, Linux {os.uname().release}")


def commit():
    def git(*words):
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    changed = git("status", "--porcelain", "--", "src", "components", "CMakeLists.txt")
    return git("rev-parse", "--short", "HEAD") + (" with changes that are not committed" if changed else "")


def head(options):
    return "\n".join([
        "# Performance", "",
        "Written by `make bench`; do not edit. The servers share the cores with the client. The works of a group alternate",
        "after a warm-up; a ratio is the median of the ratios inside each round.", "",
        f"- machine: {machine()}", f"- rows: {options.rows:,} of {len(shop.COLUMNS)} columns", ""])


def kept_sections():
    """Group → its sections as they stand on the page."""
    if not PAGE.exists():
        return {}
    _, *parts = MARK.split(PAGE.read_text(encoding="utf-8"))
    return dict(zip(parts[::2], (f"{part.rstrip()}\n" for part in parts[1::2])))


def write_page(options, measured):
    sections = {**kept_sections(), **measured}
    text = [head(options), *(f"<!-- {name} -->{sections[name]}" for name in GROUPS if name in sections)]
    PAGE.write_text("\n".join(text), encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description="Measures the program against the floors.")
    parser.add_argument("--build", default="build")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--only", choices=GROUPS)
    options = parser.parse_args()
    os.environ[program.PROGRAM_VARIABLE] = str(pathlib.Path(options.build, "osiris").resolve())
    measured, holds = {}, True
    for name, group in GROUPS.items():
        if options.only not in (None, name):
            continue
        load = os.getloadavg()[0]
        if load > QUIET_LOAD and not measured:
            print(f"the machine is busy (load {load:.1f}): client and server will wait for cores, and ratios grow", file=sys.stderr)
        report = Report(f"Measured at commit {commit()}, {options.pairs} times each, load {load:.1f} before the start.")
        with tempfile.TemporaryDirectory(prefix="osiris-bench-") as folder:
            options.folder = folder
            group.measure(Meter(folder), report, options)
        measured[name], holds = "\n".join([*report.lines(), ""]), holds and report.holds
        print(measured[name])
        write_page(options, measured)
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
