#!/usr/bin/env python3
"""Runs every kind of test and ends with one line, `N passed, N failed`: tests/run_all.py [--build build]

A skipped test counts as failed, and so does a part that dies before it has counted.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from program import PROGRAM_VARIABLE, ROOT

TESTS = ROOT / "tests"
COUNTS = re.compile(r"^(\d+) passed, (\d+) failed$")
PART_TIMEOUT_S = 900


class Part:
    """One program whose last line counts its tests."""

    def __init__(self, name, command):
        self.name, self.command = name, command

    def run(self):
        """Returns (name, passed, failed, seconds, text to show)."""
        began = time.monotonic()
        try:
            done = subprocess.run(self.command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=PART_TIMEOUT_S)
            text, exit_code = done.stdout.decode(errors="replace"), done.returncode
        except subprocess.TimeoutExpired as late:
            text, exit_code = (late.stdout or b"").decode(errors="replace"), f"none after {PART_TIMEOUT_S} s"
        passed, failed = self.counts(text, exit_code)
        return self.name, passed, failed, time.monotonic() - began, text

    def counts(self, text, exit_code):
        found = COUNTS.match(text.rstrip().split("\n")[-1])
        if not found:
            return 0, 1
        passed, failed = int(found[1]), int(found[2])
        return passed, failed if failed or exit_code == 0 else 1


class UnitTests(Part):
    """A GoogleTest binary; its own report says what was skipped."""

    def __init__(self, name, binary):
        descriptor, report = tempfile.mkstemp(suffix=".json")
        os.close(descriptor)
        self.report = pathlib.Path(report)
        super().__init__(name, [str(binary), "--gtest_brief=1", f"--gtest_output=json:{self.report}"])

    def counts(self, text, exit_code):
        try:
            report = json.loads(self.report.read_text())
        except ValueError:
            return 0, 1
        finally:
            self.report.unlink()
        tests = [test for suite in report["testsuites"] for test in suite["testsuite"]]
        failed = sum("failures" in test or test["result"] != "COMPLETED" for test in tests)
        return len(tests) - failed, failed if failed or exit_code == 0 else 1


def parts(build):
    """Alone: what measures time against a limit. Together: the rest, a few at a time, for many of them wait."""
    python = [sys.executable]
    together = [
        UnitTests("unit", build / "osiris_tests"),
        *(Part(path.stem.removesuffix("_test"), [*python, path]) for path in sorted(TESTS.glob("*_test.py"))),
        Part("must not compile", [*python, TESTS / "run_refused.py"]),
        Part("cases and pages", [*python, TESTS / "run_cases.py", "--build", build]),
    ]
    for source in sorted((TESTS / "fuzz").glob("*_fuzz.cc")):
        corpus = TESTS / "fuzz" / "corpus" / source.stem.removesuffix("_fuzz")
        together.append(Part(f"corpus of {source.stem}", [build / "tests" / "fuzz" / source.stem, corpus]))
    end_to_end = [Part(f"e2e/{path.stem}", [*python, path]) for path in sorted((TESTS / "e2e").glob("*_test.py"))]
    alone = [part for part in end_to_end if part.name == "e2e/interrupt_test"]
    return together + [part for part in end_to_end if part not in alone], alone


def main():
    parser = argparse.ArgumentParser(description="Runs every kind of test.")
    parser.add_argument("--build", default="build")
    build = pathlib.Path(parser.parse_args().build).resolve()
    os.environ[PROGRAM_VARIABLE] = str(build / "osiris")
    os.environ["PYTHONPATH"] = str(TESTS)
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"

    passed_in_all, failed_in_all = 0, 0
    together, alone = parts(build)
    for group, jobs in ((together, os.cpu_count() + 1), (alone, 1)):
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            for name, passed, failed, seconds, text in pool.map(Part.run, group):
                print(f"{name}: {passed} passed, {failed} failed in {seconds:.1f} s", flush=True)
                if failed:
                    print("\n".join("    " + line for line in text.rstrip().split("\n")), flush=True)
                passed_in_all, failed_in_all = passed_in_all + passed, failed_in_all + failed
    print(f"{passed_in_all} passed, {failed_in_all} failed")
    return 1 if failed_in_all or not passed_in_all else 0


if __name__ == "__main__":
    sys.exit(main())
