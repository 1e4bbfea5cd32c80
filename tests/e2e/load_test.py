"""Loads into both database servers and into database files: the modes, bad rows, chunks, and `kill -9` at any moment,
after which `run --resume` leaves exactly the right rows, while a reader who looks all the time never sees a half."""
import os
import pathlib
import random
import signal
import sqlite3
import tempfile
import threading
import time

import servers
from checks import Checks
from program import CONNECTIONS, POSTGRES_CONNECTION, Project, events, pipeline, read_csv, step, transform, write_csv

ROWS = 60_000
# `make soak` wants more of them.
KILLS = int(os.environ.get("OSIRIS_TEST_KILLS", 20))
SEED = 3


def csv(rows):
    return "id,note\n" + "".join(f"{number},{note}\n" for number, note in rows)


class Target:
    """A writer, its server, and a table `target` with the rows that are there before."""

    # What a reader may see of a truncate that is under way.
    hides_truncate = False

    def __init__(self, family, server):
        self.family, self.server = family, server
        self.hides_truncate = family == "postgres"

    def sql(self, text):
        return self.server.sql(text, "shop") if self.family == "mysql" else self.server.sql(text)

    def fill(self, rows):
        values = ", ".join(f"({number}, '{note}')" for number, note in rows)
        self.sql("DROP TABLE IF EXISTS target; CREATE TABLE target (id BIGINT PRIMARY KEY, note VARCHAR(20))"
                 + (f"; INSERT INTO target VALUES {values}" if values else ""))

    def state(self):
        """How many rows, their sum, and how many are new ones: what tells old, new and anything between apart."""
        return self.sql("SELECT concat_ws('|', count(*), coalesce(sum(id), 0), coalesce(sum(CASE WHEN note LIKE 'new%' THEN 1 ELSE 0 END), 0)) "
                        "FROM target").strip()

    def project(self, rows, **config):
        loads = step("load", f"{self.family}.writer", "write", {"connection": f"@{self.family}.main", "table": "target", **config})
        files = {"osiris_connections.yaml": CONNECTIONS + POSTGRES_CONNECTION, "rows.csv": csv(rows),
                 "p.oml": pipeline(read_csv(path="rows.csv"), loads)}
        variables = {**self.server.variables("shop"), **{name: "unused" for name in ("MYSQL_HOST", "PG_HOST") if name not in self.server.variables("shop")}}
        return Project(files, variables)


class SqliteTarget(Target):
    """A SQLite file; Python's own sqlite3 looks into it."""

    hides_truncate = True

    def __init__(self, folder):
        self.family, self.path = "sqlite", pathlib.Path(folder) / "target.sqlite"

    def sql(self, text):
        connection = sqlite3.connect(self.path, timeout=60, isolation_level=None)
        try:
            return connection.execute(text).fetchall() if ";" not in text else connection.executescript(text).fetchall()
        finally:
            connection.close()

    def state(self):
        return "|".join(map(str, self.sql("SELECT count(*), coalesce(sum(id), 0), count(CASE WHEN note LIKE 'new%' THEN 1 END) FROM target")[0]))

    def connection(self):
        return f"connections:\n  {self.family}:\n    main: {{path: {self.path}}}\n"

    def project(self, rows, **config):
        loads = step("load", f"{self.family}.writer", "write", {"connection": f"@{self.family}.main", "table": "target", **config})
        return Project({"osiris_connections.yaml": self.connection(), "rows.csv": csv(rows), "p.oml": pipeline(read_csv(path="rows.csv"), loads)})


class DuckDbTarget(SqliteTarget):
    """A DuckDB file, which nobody else may open while it is loaded; pipelines of their own look into it afterwards."""

    def __init__(self, folder):
        self.family, self.path = "duckdb", pathlib.Path(folder) / "target.duckdb"

    def run(self, *steps):
        with Project({"osiris_connections.yaml": self.connection(), "p.oml": pipeline(*steps)}) as project:
            outcome = project.run("run", "p.oml")
            return outcome, project.read("rows.csv").splitlines()[1:] if project.exists("rows.csv") else None

    def sql(self, text):
        one = transform(query="SELECT 1 AS x")
        outcome, _ = self.run(one, step("load", "duckdb.writer", "write", {"connection": "@duckdb.main", "table": "_made", "write_mode": "replace",
                                                                           "create_if_missing": True, "ledger": False, "post_sql": text.split("; ")}))
        if outcome.exit_code != 0:
            raise RuntimeError(outcome.text)

    def state(self):
        query = "SELECT count(*) AS n, coalesce(sum(id), 0) AS s, count(*) FILTER (note LIKE 'new%') AS m FROM target"
        _, rows = self.run(step("read", "duckdb.extractor", "read", {"connection": "@duckdb.main", "query": query}), write_csv(path="rows.csv"))
        return rows[0].replace(",", "|")


OLD = [(number, "old") for number in range(1, 101)]
NEW = [(number, f"new{number}") for number in range(51, ROWS + 1)]


def state_of(rows):
    rows = dict(rows)
    return f"{len(rows)}|{sum(rows)}|{sum(note.startswith('new') for note in rows.values())}"


def expected(mode):
    if mode == "append":
        return state_of(OLD[:50] + NEW)
    return state_of(OLD + NEW if mode == "upsert" else NEW)


class Reader:
    """Looks at the table again and again, where others may; remembers every state that it saw."""

    def __init__(self, target):
        self.target, self.states, self.is_done = target, set(), isinstance(target, DuckDbTarget)
        self.thread = threading.Thread(target=self.look)

    def look(self):
        while not self.is_done:
            self.states.add(self.target.state())
            time.sleep(0.01)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_done = True
        self.thread.join()


def finish(project):
    """Resumes the last session; one that died before it wrote anything, or what it runs, has done nothing: a new run then."""
    sessions = project.sessions()
    outcome = project.run("run", "--resume", sessions[-1].name, "--json") if sessions else None
    if outcome is None or outcome.error().get("code") in ("run.not_resumable", "session.unknown"):
        return project.run("run", "p.oml")
    return outcome


def check_kills(checks, target, count, chance):
    modes = [("append", {}), ("replace", {}), ("upsert", {"primary_key": ["id"]}), ("truncate", {}),
             ("append", {"chunk_rows": 7000}), ("upsert", {"primary_key": "id", "chunk_rows": 9000})]
    killed = 0
    for number in range(count):
        mode, config = modes[number % len(modes)]
        before = OLD[:50] if mode == "append" else OLD
        target.fill(before)
        what = f"{target.family} {mode} {config}, kill {number}"
        with target.project(NEW, write_mode=mode, **config) as project:
            with Reader(target) as reader:
                running = project.start("run", "p.oml", "--quiet")
                time.sleep(chance.uniform(0.01, 0.15))
                running.send(signal.SIGKILL)
                killed += running.wait().exit_code == -signal.SIGKILL
                outcome = finish(project)
            checks.that(f"{what}: resumes", outcome.exit_code == 0, outcome.text)
            checks.equal(f"{what}: exactly the right rows", target.state(), expected(mode))
            is_atomic = "chunk_rows" not in config and (mode != "truncate" or target.hides_truncate)
            if is_atomic:
                halves = reader.states - {state_of(before), expected(mode)}
                checks.that(f"{what}: no reader saw a half", not halves, halves)
            again = project.run("run", "--resume", project.sessions()[-1].name)
            checks.that(f"{what}: resuming what is done does nothing", again.exit_code == 0 and target.state() == expected(mode), again.text)
    checks.that(f"{target.family}: some runs were killed before their end", killed > 0)


def check_bad_rows(checks, target):
    rows = [(1, "a"), (2, "much too long for the column"), (3, "c"), ("x", "no number"), (5, "e"), (5, "twice")]
    target.fill([])
    with target.project(rows) as project:
        outcome = project.run("run", "p.oml", "--json")
        checks.equal(f"{target.family}: a bad row ends the load", (outcome.exit_code, target.state()), (1, "0|0|0"))
        checks.that(f"{target.family}: which row and why", "row 2" in outcome.error()["message"], outcome.error())
    for mode, config in (("append", {}), ("upsert", {"primary_key": "id"})):
        target.fill([])
        with target.project(rows, write_mode=mode, on_bad_row="quarantine", max_bad_rows=3, **config) as project:
            outcome = project.run("run", "p.oml")
            checks.that(f"{target.family} {mode}: quarantine", outcome.exit_code == 0, outcome.text)
            bad = 3 if mode == "append" else 2
            checks.equal(f"{target.family} {mode}: the good rows", target.state(), "3|9|0")
            lines = [line for file in project.sessions()[-1].glob("quarantine/load.jsonl") for line in file.read_text().splitlines()]
            checks.equal(f"{target.family} {mode}: quarantined rows", len(lines), bad)
            skipped = [event["row_count"] for event in events(project.sessions()[-1], "rows_skipped")]
            checks.equal(f"{target.family} {mode}: the session counts them", skipped, [bad])
    target.fill([])
    with target.project(rows, on_bad_row="skip", max_bad_rows=1) as project:
        outcome = project.run("run", "p.oml", "--json")
        checks.equal(f"{target.family}: too many bad rows", (outcome.exit_code, outcome.error().get("code"), target.state()),
                     (1, "load.too_many_bad_rows", "0|0|0"))


def check_refusals(checks, target):
    """Each before a row is read, with a code and without a change."""
    target.fill([])
    cases = ((1, "load.missing_table", {"table": "nowhere"}), (1, "load.no_unique_key", {"write_mode": "upsert", "primary_key": ["note"]}),
             (1, "load.unknown_option_column", {"allow_lossy": ["nothing"]}), (2, "oml.constraint", {"write_mode": "upsert"}))
    for exit_code, code, config in cases:
        with target.project([(1, "a")], **config) as project:
            outcome = project.run("run", "p.oml", "--json")
            checks.equal(f"{target.family}: {code}", (outcome.exit_code, outcome.error().get("code")), (exit_code, code))
    target.sql("DROP TABLE target; CREATE TABLE target (id BIGINT PRIMARY KEY, needed VARCHAR(9) NOT NULL)")
    for code, config in (("load.unknown_column", {}), ("load.required_column", {"schema_policy": "ignore_extra"})):
        with target.project([(1, "a")], **config) as project:
            outcome = project.run("run", "p.oml", "--json")
            checks.equal(f"{target.family}: {code}", (outcome.exit_code, outcome.error().get("code")), (1, code))


def main(checks):
    chance = random.Random(SEED)
    with tempfile.TemporaryDirectory() as folder:
        for target in (SqliteTarget(folder), DuckDbTarget(folder)):
            checks.group(f"{target.family} refusals", check_refusals, target)
            checks.group(f"{target.family} kills", check_kills, target, KILLS // 2, chance)
    with servers.MariaDb() as server:
        server.sql("CREATE DATABASE shop CHARACTER SET utf8mb4")
        for check in (check_refusals, check_bad_rows):
            checks.group(f"mysql {check.__name__}", check, Target("mysql", server))
        checks.group("mysql kills", check_kills, Target("mysql", server), KILLS // 2, chance)
    with servers.PostgreSql() as server:
        for check in (check_refusals, check_bad_rows):
            checks.group(f"postgres {check.__name__}", check, Target("postgres", server))
        checks.group("postgres kills", check_kills, Target("postgres", server), KILLS // 2, chance)


if __name__ == "__main__":
    Checks.run(main)
