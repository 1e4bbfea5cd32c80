#!/usr/bin/env python3
"""The case runner itself, on a made-up program: it finds each difference and refuses what proves nothing."""
import os
import pathlib
import tempfile

import case_file
import console_blocks
import program
import run_cases
from checks import Checks

FAKE_PROGRAM = """#!/bin/sh
case $1 in
  say) echo "$2" ;;
  warn) echo "$2" >&2; exit 3 ;;
  write) printf '%s\\n' "$3" >"$2" ;;
  where) pwd ;;
  variable) printenv "$2" ;;
  json) echo '{"a": {"b": [1, 2]}}' ;;
esac
"""


def failures(folder, text, update=False):
    path = folder / "a.case"
    path.write_text(text)
    return run_cases.run_case(path, None, update)


def refused(text):
    try:
        case_file.parse("a.case", text)
        return ""
    except case_file.CaseError as error:
        return str(error)


def check_comparisons(checks, folder):
    def passes(what, text):
        checks.equal(what, failures(folder, text), [])

    def fails(what, text, words):
        found = failures(folder, text)
        checks.that(what, len(found) == 1 and words in found[0], found)

    passes("equal output passes", "-- run --\nsay hello\n-- exit 0 --\n-- stdout --\nhello\n")
    fails("other output fails", "-- run --\nsay hello\n-- exit 0 --\n-- stdout --\nhallo\n", "-hallo\n+hello")
    fails("another exit code fails", "-- run --\nwarn no\n-- exit 0 --\n-- stderr --\nno\n", "exit code 3, wanted 0")
    passes("standard error is compared apart", "-- run --\nwarn no\n-- exit 3 --\n-- stdout --\n-- stderr --\nno\n")
    passes("a file is compared", "-- run --\nwrite out.txt one\n-- exit 0 --\n-- file-equals out.txt --\none\n")
    fails("another file fails", "-- run --\nwrite out.txt one\n-- exit 0 --\n-- file-equals out.txt --\ntwo\n", "-two\n+one")
    fails("a missing file fails", "-- run --\nsay a\n-- exit 0 --\n-- file-equals out.txt --\ntwo\n", "no such file")
    fails("a file that should be absent", "-- file x --\n-- run --\nsay a\n-- exit 0 --\n-- file-absent x --\n", "is there")
    fails("words that are not there", "-- run --\nsay a\n-- exit 0 --\n-- stdout-contains --\nb\n", "not there: b")
    passes("a value of a document", "-- run --\njson\n-- exit 0 --\n-- json-equals a.b.1 --\n2\n")
    passes("the folder has a mark", "-- run --\nwhere\n-- exit 0 --\n-- stdout --\n<ROOT>\n")
    passes("a variable is the next run's only", "-- env --\nX=1\n-- run --\nvariable X\n-- exit 0 --\n-- stdout --\n1\n"
           "-- run --\nvariable X\n-- exit 1 --\n-- stdout --\n")
    passes("sessions, times and spans have marks",
           "-- run --\nsay 'logs/run_1712345678901 2024-04-05T19:34:38.901Z   12 ms osiris 0.3.0'\n-- exit 0 --\n"
           "-- stdout --\nlogs/<SESSION> <TIME> <MS> osiris <VERSION>\n")


def check_refusals(checks):
    checks.contains("a run that compares nothing", refused("-- run --\nsay\n-- exit 0 --\n"), "compares something")
    checks.contains("a run without exit", refused("-- run --\nsay\n-- stdout --\n"), "needs one 'exit'")
    checks.contains("no run at all", refused("-- file a --\nx\n"), "no run")
    checks.contains("words outside the story", refused("hello\n-- run --\n"), "a.case:1")
    checks.contains("an unknown server", refused("-- needs oracle --\n"), "no such server")
    checks.contains("a query without rows", refused("-- run --\nx\n-- exit 0 --\n-- stdout --\n-- query mariadb --\nSELECT 1\n"), "'rows'")


def check_update(checks, folder):
    text = "# A story.\n-- run --\nwarn no\n-- run --\nsay yes\n-- exit 0 --\n-- stdout --\nold\n"
    failures(folder, text, update=True)
    checks.equal("update fills the expected parts", (folder / "a.case").read_text(),
                 "# A story.\n-- run --\nwarn no\n-- exit 3 --\n-- stderr --\nno\n-- run --\nsay yes\n-- exit 0 --\n-- stdout --\nyes\n")


def check_pages(checks, folder):
    page = folder / "page.md"
    page.write_text("Text\n```console\n$ osiris say one\none\n$ make x\nnot run\n$ osiris say two | cat\nother\n```\n```sh\n$ osiris no\n```\n")
    checks.equal("the commands of console blocks", [command for command, _, _ in console_blocks.runnable(page.read_text())],
                 ["osiris say one", "osiris say two | cat"])
    program_root, console_blocks.ROOT = console_blocks.ROOT, folder
    passed, failed = run_cases.run_page(page, run_cases.Database())
    console_blocks.ROOT = program_root
    checks.that("a page that lies fails", passed == 1 and len(failed) == 1 and "-other\n+two" in failed[0], failed)


def main(checks):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        fake = folder / "osiris"
        fake.write_text(FAKE_PROGRAM)
        fake.chmod(0o755)
        os.environ[program.PROGRAM_VARIABLE] = str(fake)
        checks.group("comparisons", check_comparisons, folder)
        checks.group("refusals", check_refusals)
        checks.group("update", check_update, folder)
        checks.group("pages", check_pages, folder)


if __name__ == "__main__":
    Checks.run(main)
