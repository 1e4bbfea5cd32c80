#!/usr/bin/env python3
"""Runs the `.case` files and the console blocks of the written pages against the built program.

    tests/run_cases.py [--build build] [--update] [-j 2] [WORD or FILE …]
"""
import argparse
import concurrent.futures
import difflib
import json
import os
import pathlib
import re
import shlex
import sys
import threading

import case_file
import console_blocks
import program
import servers

# All that is ever replaced in what the program prints and in what a case expects. A sixth needs an ADR.
REPLACEMENTS = [
    ("<SESSION>", re.compile(r"\b(?:run|compile)_\d{10,}\b")),
    ("<TIME>", re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?")),
    # Padding goes with the number, so that a column keeps its shape.
    (" <MS>", re.compile(r" *\b\d+(?:\.\d+)? (?:ms|s)\b(?: {2,})?")),
    ("osiris <VERSION>", re.compile(r"\bosiris \d+\.\d+\.\d+\b")),
]
ROOT_MARK = "<ROOT>"  # the project folder, whose name changes with each run

WHERE = ["tests/cases/**/*.case", "components/*/cases/*.case", "tests/e2e/*.case"]


def normalized(text, project):
    text = text.replace(str(project.folder), ROOT_MARK)
    for mark, pattern in REPLACEMENTS:
        text = pattern.sub(mark, text)
    return text if not text or text.endswith("\n") else text + "\n"


class Database:
    """One server for all cases, started by the first that needs it; a database for each."""

    def __init__(self):
        self._server, self._lock, self._count = None, threading.Lock(), 0

    def new(self, setup=""):
        """Makes a database, runs the SQL in it and returns the variables that lead to it."""
        with self._lock:
            if not self._server:
                self._server = servers.MariaDb()
            self._count += 1
            name = f"case_{self._count}"
        self._server.sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        self._server.sql(setup, name)
        return self._server.variables(name)

    def query(self, sql, name):
        return self._server.sql(sql, name)

    def close(self):
        if self._server:
            self._server.close()


class CaseRun:
    """One case in a project folder of its own. Differences gather in `failures`."""

    def __init__(self, case, database, update):
        self.case, self.database, self.update = case, database, update
        self.failures = []
        self.outcome = None
        self.sql = ""

    def run(self):
        with program.Project() as self.project:
            if self.case.needs("mariadb"):
                self.project.variables = self.database.new()
            self.next_variables = {}
            for part in self.case.parts:
                getattr(self, "on_" + part.kind.replace("-", "_"))(part)
        return self.failures

    def on_file(self, part):
        self.project.write(part.argument, part.body)

    def on_needs(self, part):
        pass

    def on_setup(self, part):
        self.database.query(part.body, self.project.variables["MYSQL_DATABASE"])

    def on_env(self, part):
        self.next_variables = dict(line.split("=", 1) for line in part.body.splitlines() if line)

    def on_run(self, part):
        arguments = shlex.split(part.body.replace("<SESSION>", self._newest_session()))
        self.outcome = self.project.run(*arguments, variables=self.next_variables)
        self.next_variables = {}

    def on_exit(self, part):
        if self.update:
            part.argument = str(self.outcome.exit_code)
        elif str(self.outcome.exit_code) != part.argument:
            self._fail(part, f"exit code {self.outcome.exit_code}, wanted {part.argument}\n{self.outcome.stderr}")

    def on_stdout(self, part):
        self._compare(part, self.outcome.stdout)

    def on_stderr(self, part):
        self._compare(part, self.outcome.stderr)

    def on_stdout_contains(self, part):
        self._contains(part, self.outcome.stdout)

    def on_stderr_contains(self, part):
        self._contains(part, self.outcome.stderr)

    def on_file_equals(self, part):
        path = self._find(part.argument)
        if path:
            self._compare(part, path.read_bytes().decode(errors="backslashreplace"))
        else:
            self._fail(part, "no such file")

    def on_file_contains(self, part):
        path = self._find(part.argument)
        if path:
            self._contains(part, path.read_bytes().decode(errors="backslashreplace"))
        else:
            self._fail(part, "no such file")

    def on_file_exists(self, part):
        if not self._find(part.argument):
            self._fail(part, "no such file")

    def on_file_absent(self, part):
        if self._find(part.argument):
            self._fail(part, "the file is there")

    def on_json_equals(self, part):
        value = self.outcome.document()
        for key in part.argument.split("."):
            value = value[int(key)] if isinstance(value, list) else value[key]
        self._compare(part, json.dumps(value, ensure_ascii=False, indent=2))

    def on_query(self, part):
        self.sql = part.body

    def on_rows(self, part):
        self._compare(part, self.database.query(self.sql, self.project.variables["MYSQL_DATABASE"]))

    def _newest_session(self):
        sessions = self.project.sessions()
        return sessions[-1].name if sessions else "<SESSION>"

    def _find(self, name):
        """The newest file of this name, where a mark stands for whatever it replaces."""
        found = list(self.project.folder.glob(re.sub(r"<[A-Z]+>", "*", name)))
        return max(found, key=lambda path: path.stat().st_mtime_ns) if found else None

    def _compare(self, part, text):
        got, wanted = normalized(text, self.project), normalized(part.body, self.project)
        if self.update:
            part.body = got
        elif got != wanted:
            lines = difflib.unified_diff(wanted.splitlines(), got.splitlines(), "wanted", "got", lineterm="", n=2)
            self._fail(part, "\n".join(lines))

    def _contains(self, part, text):
        got = normalized(text, self.project)
        for line in normalized(part.body, self.project).splitlines():
            if line not in got:
                self._fail(part, f"not there: {line}\nin:\n{got}")

    def _fail(self, part, text):
        self.failures.append(f"{part.kind} {part.argument}".strip() + f", line {part.line}:\n{text}")


def run_case(path, database, update):
    """Runs one file; returns its failures. Updating writes the file again where something changed."""
    text = path.read_text(encoding="utf-8")
    try:
        case = case_file.parse(path, case_file.with_expectations(text) if update else text)
        failures = CaseRun(case, database, update).run()
    except Exception as error:  # noqa: BLE001 - a case that cannot run has failed
        return [f"{type(error).__name__}: {error}"]
    if update:
        case.parts = [part for part in case.parts if part.kind not in ("stdout", "stderr") or part.body]
        if case.text() != text:
            path.write_text(case.text(), encoding="utf-8")
            print(f"updated {path}")
    return failures


def run_page(page, database):
    """Runs one page; returns (commands that passed, failures)."""
    passed, failures = 0, []
    try:
        for what, got, wanted in console_blocks.run_page(page, normalized, database.new):
            if got == wanted:
                passed += 1
            else:
                lines = difflib.unified_diff(wanted.splitlines(), got.splitlines(), "page", "got", lineterm="", n=2)
                failures.append(what + "\n" + "\n".join(lines))
    except Exception as error:  # noqa: BLE001
        failures.append(f"{type(error).__name__}: {error}")
    return passed, failures


def chosen(paths, words):
    """The paths that one of the words is part of; all without words."""
    return [path for path in paths if not words or any(word in str(path) for word in words)]


def indented(text):
    return "\n".join("    " + line for line in text.splitlines())


def main():
    parser = argparse.ArgumentParser(description="Runs the case files and the pages' console blocks.")
    parser.add_argument("--build", default="build")
    parser.add_argument("--update", action="store_true", help="write what the program does into the expected parts")
    parser.add_argument("-j", "--jobs", type=int, default=2)
    parser.add_argument("words", nargs="*", help="run only what has one of these in its path")
    options = parser.parse_args()
    os.environ[program.PROGRAM_VARIABLE] = str(pathlib.Path(options.build, "osiris").resolve())

    cases = chosen(sorted(path for pattern in WHERE for path in program.ROOT.glob(pattern)), options.words)
    pages = [] if options.update else chosen(console_blocks.pages(), options.words)
    pages = [page for page in pages if page.exists()]
    database, passed, failed = Database(), 0, 0
    try:
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            results = pool.map(lambda path: run_case(path, database, options.update), cases)
            for path, failures in zip(cases, results):
                passed, failed = passed + (not failures), failed + bool(failures)
                for failure in failures:
                    print(f"FAILED {path.relative_to(program.ROOT)}: {indented(failure).strip()}", flush=True)
            for page_passed, failures in pool.map(lambda page: run_page(page, database), pages):
                passed, failed = passed + page_passed, failed + len(failures)
                for failure in failures:
                    print(f"FAILED {indented(failure).strip()}", flush=True)
    finally:
        database.close()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
