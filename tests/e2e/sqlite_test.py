"""sqlite.extractor and sqlite.writer over database files: every type there and back, the modes, locks, and files that are not as they
must be. A second reader, Python's own sqlite3, tells what is in the file."""
import pathlib
import signal
import sqlite3
import threading
import time

from checks import Checks
from failures import check_failure
from program import ROOT, Project, events, pipeline, read_csv, step, transform, write_csv
from types_test import cells_of

TYPES = ROOT / "components" / "sqlite" / "TYPES.md"
CONNECTION = "connections:\n  sqlite:\n    main: {path: data/shop.sqlite, busy_timeout: 20s}\n    hasty: {path: data/shop.sqlite, busy_timeout: 300ms}\n"


def read(identifier="read", connection="@sqlite.main", **config):
    return step(identifier, "sqlite.extractor", "read", {"connection": connection, **config})


def load(identifier="load", connection="@sqlite.main", **config):
    return step(identifier, "sqlite.writer", "write", {"connection": connection, "table": "target", **config})


class Shop(Project):
    """A project with a database that SQL was run in."""

    def __init__(self, sql="", files=None):
        super().__init__({"osiris_connections.yaml": CONNECTION, **(files or {})})
        self.path("data").mkdir()
        self.database = self.path("data/shop.sqlite")
        if sql:
            self.sql(sql)

    def connect(self):
        return sqlite3.connect(self.database, isolation_level=None)

    def sql(self, text):
        """Runs a script; a single query's rows."""
        connection = self.connect()
        try:
            if ";" in text:
                return connection.executescript(text).fetchall()
            return connection.execute(text).fetchall()
        finally:
            connection.close()

    def copy(self, *steps):
        self.write("p.oml", pipeline(*steps))
        return self.run("run", "p.oml", "--json")


def cases_of_types():
    return [cells_of(line)[:4] for line in TYPES.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]


def check_types(checks):
    """Each line of TYPES.md: by table and by query."""
    cases = cases_of_types()
    checks.that("the page has its cases", len(cases) > 40)
    with Shop() as project:
        for number, (declared, literal, cell, carried) in enumerate(cases):
            project.sql(f"CREATE TABLE t{number} (v {declared}); INSERT INTO t{number} VALUES ({literal});")
            for source in ({"table": f"t{number}"}, {"query": f"SELECT v FROM t{number}"}):
                what = f"{declared} {literal} by {next(iter(source))}"
                outcome = project.copy(read(**source), write_csv(path="out.csv"))
                if cell.startswith("error "):
                    checks.equal(f"{what}: refused", (outcome.exit_code, outcome.error().get("code")), (1, cell.removeprefix("error ")))
                    checks.that(f"{what}: where", "row 1" in outcome.error().get("message", "") and "'v'" in outcome.error()["message"], outcome.error())
                elif checks.that(f"{what}: exit 0", outcome.exit_code == 0, outcome.text):
                    checks.equal(f"{what}: the cell", project.read("out.csv"), f"v\n{cell}\n")
                    told = events(project.sessions()[-1], "step_schema")[0]["columns"][0]["type"]
                    checks.equal(f"{what}: carried as", told, carried)


def check_expressions(checks):
    """Types of a query's columns: none is text; CAST and `types` say more."""
    query = "SELECT count(*) AS n, sum(a) AS s, CAST(max(a) AS INTEGER) AS m, 'x' || a AS t, avg(a) AS q FROM t"
    with Shop("CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1), (2);") as project:
        outcome = project.copy(read(query=query, types={"s": "decimal(12,2)", "q": "double"}), write_csv(path="out.csv"))
        checks.that("expressions: exit 0", outcome.exit_code == 0, outcome.text)
        checks.equal("expressions: values", project.read("out.csv"), "n,s,m,t,q\n2,3.00,2,x2,1.5\n")
        types = [column["type"] for column in events(project.sessions()[-1], "step_schema")[0]["columns"]]
        checks.equal("expressions: types", types, ["text", "decimal(12,2)", "bigint", "text", "double"])
        for wrong, code in (({"zz": "integer"}, "config.invalid"), ({"n": "whatever"}, "config.invalid")):
            checks.equal(f"types: {wrong}", project.copy(read(query=query, types=wrong), write_csv(path="out.csv")).error().get("code"), code)


def check_columns_and_where(checks):
    sql = 'CREATE TABLE "od""d ta;ble" ("select" INTEGER, "a b" TEXT, c REAL); INSERT INTO "od""d ta;ble" VALUES (1, \'x\', 1.5), (2, \'y\', 2.5);'
    with Shop() as project:
        connection = project.connect()
        connection.executescript(sql)
        connection.close()
        outcome = project.copy(read(table='od"d ta;ble', columns=["a b", "select"], where="c > 2 -- more"), write_csv(path="out.csv"))
        checks.that("columns and where: exit 0", outcome.exit_code == 0, outcome.text)
        checks.equal("columns and where", project.read("out.csv"), "a b,select\ny,2\n")
        for config in ({"query": "SELECT 1", "columns": ["a"]}, {"query": "SELECT 1", "where": "1"}, {"table": "t", "where": "1; DELETE FROM t"}):
            checks.equal(f"refused: {config}", project.copy(read(**config), write_csv(path="out.csv")).exit_code, 2)
        for config, code in (({"table": "nowhere"}, "query.unknown_table"), ({"query": "SELECT zz FROM nowhere"}, "query.syntax"),
                             ({"table": 'od"d ta;ble', "columns": ["zz"]}, "query.syntax")):
            check_failure(checks, str(config), project.copy(read(**config), write_csv(path="out.csv")), exit_code=1, code=code, kind="user")


def check_modes(checks):
    rows = "id,name,amount\n1,a,1.50\n2,b,2.25\n3,\"c\"\"'\",3\n"
    make = {"create_if_missing": True, "primary_key": ["id"]}
    with Shop(files={"rows.csv": rows}) as project:
        typed = transform(query="SELECT id::BIGINT AS id, name, amount::DECIMAL(12,2) AS amount FROM input_df")
        for mode in ("append", "replace", "truncate", "upsert"):
            outcome = project.copy(read_csv(path="rows.csv"), typed, load(write_mode=mode, **make))
            if mode == "append" or checks.that(f"{mode}: exit 0", outcome.exit_code == 0, outcome.text):
                checks.equal(f"{mode}: rows", project.sql("SELECT * FROM target ORDER BY id"), [(1, "a", 1.5), (2, "b", 2.25), (3, "c\"'", 3)])
        outcome = project.copy(read_csv(path="rows.csv"), typed, load())
        check_failure(checks, "a key twice", outcome, exit_code=1, code="value.duplicate_key", kind="data", words=["row 1"])
        project.sql("DELETE FROM target WHERE id = 1; UPDATE target SET name = 'old' WHERE id = 2; INSERT INTO target VALUES (9, 'z', 9);")
        outcome = project.copy(read_csv(path="rows.csv"), typed, load(write_mode="upsert", primary_key=["id"], delete_missing="hard"))
        merged = project.sql("SELECT rows_inserted, rows_updated, rows_unchanged, rows_deleted FROM _osiris_loads ORDER BY committed_at DESC, rowid DESC LIMIT 1")
        checks.equal("upsert: what it did", (outcome.exit_code, merged), (0, [(1, 1, 1, 1)]))
        outcome = project.copy(read_csv(path="rows.csv"), transform(query="SELECT id::BIGINT AS id FROM input_df WHERE id <> '1'"),
                               load(write_mode="upsert", primary_key=["id"], delete_missing="soft", schema_policy="add_columns"))
        checks.that("soft deletion: exit 0", outcome.exit_code == 0, outcome.text)
        checks.equal("soft deletion", project.sql("SELECT id FROM target WHERE _osiris_deleted_at IS NOT NULL"), [(1,)])
        outcome = project.copy(read_csv(path="rows.csv"), typed, load(write_mode="replace", pre_sql=["DROP TABLE target", "CREATE TABLE target (id INTEGER)"]))
        checks.that("what pre_sql broke is undone", outcome.exit_code == 1 and project.sql("SELECT count(*) FROM target") == [(3,)], outcome.text)


def check_bad_rows(checks):
    rows = "id,n\n" + "".join(f"{number},{number if number % 1000 else 'x'}\n" for number in range(1, 5001)) + "7,7\n"
    make = "CREATE TABLE target (id INTEGER PRIMARY KEY, n INTEGER NOT NULL);"
    with Shop(make, files={"rows.csv": rows}) as project:
        outcome = project.copy(read_csv(path="rows.csv"), load())
        check_failure(checks, "a bad row ends the load", outcome, exit_code=1, code="value.malformed", kind="data", words=["row 1000", "'n'", "'x'"])
        checks.equal("nothing is there", project.sql("SELECT count(*) FROM target"), [(0,)])
        outcome = project.copy(read_csv(path="rows.csv"), load(on_bad_row="quarantine", max_bad_rows=6))
        checks.that("quarantine: exit 0", outcome.exit_code == 0, outcome.text)
        checks.equal("the good rows", project.sql("SELECT count(*) FROM target"), [(4995,)])
        lines = project.sessions()[-1].joinpath("quarantine/load.jsonl").read_text().splitlines()
        checks.equal("the bad ones", len(lines), 6)
        project.sql("DROP TABLE target; CREATE TABLE target (id INTEGER PRIMARY KEY, n INTEGER NOT NULL CHECK (n < 4990));")
        outcome = project.copy(read_csv(path="rows.csv"), load(on_bad_row="quarantine", write_mode="upsert", primary_key=["id"]))
        checks.that("upsert, quarantine: exit 0", outcome.exit_code == 0, outcome.text)
        # Five are no numbers, ten are refused by the table itself, when they are merged.
        checks.equal("upsert: the good rows", project.sql("SELECT count(*), max(n) FROM target"), [(4985, 4989)])


def check_locks(checks):
    """Another connection holds the database: the load waits, says so once, and goes on when it may."""
    with Shop("CREATE TABLE target (id TEXT);", files={"rows.csv": "id\n1\n"}) as project:
        holder = sqlite3.connect(project.database, isolation_level=None, check_same_thread=False)
        holder.execute("BEGIN IMMEDIATE")
        letting_go = threading.Timer(1.5, lambda: holder.execute("COMMIT"))
        letting_go.start()
        outcome = project.copy(read_csv(path="rows.csv"), load())
        letting_go.join()
        checks.that("a locked database: it waited", outcome.exit_code == 0 and project.sql("SELECT count(*) FROM target") == [(1,)], outcome.text)
        told = [event for event in events(project.sessions()[-1], "warning") if event["code"] == "connection.waiting"]
        checks.equal("a locked database: told once", len(told), 1)
        checks.contains("a locked database: for how long", told[0]["message"] if told else "", "waiting up to 20")
        holder.execute("BEGIN EXCLUSIVE")
        for steps in ((read_csv(path="rows.csv"), load(connection="@sqlite.hasty")), (read(connection="@sqlite.hasty", table="target"), write_csv(path="out.csv"))):
            error = check_failure(checks, "a database that stays locked", project.copy(*steps), exit_code=1, code="query.locked", words=["locked", "busy_timeout"])
            checks.equal("a database that stays locked: retryable", error.get("retryable"), True)
        began = time.monotonic()
        project.write("p.oml", pipeline(read_csv(path="rows.csv"), load()))
        running = project.start("run", "p.oml")
        time.sleep(0.7)
        running.send(signal.SIGINT)
        checks.equal("a wait is interrupted", running.wait().exit_code, 130)
        checks.that("at once", time.monotonic() - began < 10)
        holder.execute("COMMIT")
        checks.equal("nothing more was written", holder.execute("SELECT count(*) FROM target").fetchall(), [(1,)])
        holder.close()


def check_own_source(checks):
    """Out of a database and into it again, in both journal modes."""
    for mode in ("delete", "wal"):
        with Shop(f"PRAGMA journal_mode={mode}; CREATE TABLE source (id INTEGER, note TEXT);") as project:
            connection = project.connect()
            connection.execute("BEGIN")
            connection.executemany("INSERT INTO source VALUES (?, ?)", ((number, f"note {number}" * 9) for number in range(60_000)))
            connection.execute("COMMIT")
            connection.close()
            outcome = project.copy(read(table="source"), load(create_if_missing=True))
            checks.that(f"{mode}: a table copied beside itself", outcome.exit_code == 0, outcome.text)
            checks.equal(f"{mode}: its rows", project.sql("SELECT count(*), sum(id) FROM target"), project.sql("SELECT count(*), sum(id) FROM source"))
            checks.equal(f"{mode}: the journal is as it was", project.sql("PRAGMA journal_mode"), [(mode,)])


def check_broken_files(checks):
    def refused(what, code, kind, *steps):
        outcome = project.copy(*steps)
        check_failure(checks, what, outcome, exit_code=1, code=code, kind=kind, words=["shop.sqlite"])

    to_csv = (read(table="t"), write_csv(path="out.csv"))
    from_csv = (read_csv(path="rows.csv"), load())
    with Shop(files={"rows.csv": "id\n1\n"}) as project:
        refused("no file to read", "connection.unknown_database", "user", *to_csv)
        refused("no file to write", "connection.unknown_database", "user", *from_csv)
        checks.that("none was made", not project.database.exists())
        project.database.write_bytes(b"id,name\n" * 500)
        refused("another file", "connection.not_a_database", "data", *to_csv)
        project.database.unlink()
        connection = project.connect()
        connection.executescript("CREATE TABLE t (id INTEGER, v TEXT); CREATE TABLE target (id TEXT);")
        connection.executemany("INSERT INTO t VALUES (?, ?)", ((number, "x" * 500) for number in range(5000)))
        connection.close()
        whole = project.database.read_bytes()
        project.database.write_bytes(whole[: len(whole) // 2])
        refused("half a file", "connection.corrupt", "data", *to_csv)
        project.database.write_bytes(whole[:40_000] + b"\xa5" * 60_000 + whole[100_000:])
        refused("a damaged page", "connection.corrupt", "data", *to_csv)
        checks.that("nothing of it was delivered", not project.exists("out.csv"))


def check_killed(checks):
    """What a program that died left half-done is undone by whoever comes next, a reader too."""
    with Shop("CREATE TABLE target (id TEXT, note TEXT); INSERT INTO target VALUES ('0', 'old');",
              files={"rows.csv": "id,note\n" + "".join(f"{number},{'n' * 200}\n" for number in range(200_000))}) as project:
        project.write("p.oml", pipeline(read_csv(path="rows.csv"), load()))
        running = project.start("run", "p.oml")
        journal = pathlib.Path(f"{project.database}-journal")
        end = time.monotonic() + 60
        while time.monotonic() < end and project.database.stat().st_size < 4_000_000:
            time.sleep(0.005)
        running.send(signal.SIGKILL)
        running.wait()
        checks.that("it died in the middle", journal.exists())
        outcome = project.copy(read(table="target"), write_csv(path="out.csv"))
        checks.equal("a reader sees what was there before", (outcome.exit_code, project.read("out.csv")), (0, "id,note\n0,old\n"))


def check_special_values(checks):
    query = "SELECT 1::BIGINT AS id, {} AS v"
    cases = (("'nan'::DOUBLE", "value.out_of_range"), ("'a' || chr(0) || 'b'", [(1, "a\0b")]), ("'inf'::DOUBLE", [(1, float("inf"))]),
             ("18446744073709551615::UBIGINT", [(1, "18446744073709551615")]), ("12345678901234567890.5::DECIMAL(38,10)", [(1, "12345678901234567890.5000000000")]),
             ("TIMESTAMP '2024-02-29 10:00:00.25'", [(1, "2024-02-29 10:00:00.25")]), ("DATE '0044-03-15 (BC)'", "value.out_of_range"))
    for expression, wanted in cases:
        with Shop() as project:
            outcome = project.copy(transform(query=query.format(expression)), load(create_if_missing=True))
            if isinstance(wanted, str):
                checks.equal(f"{expression}: refused", (outcome.exit_code, outcome.error().get("code")), (1, wanted))
            elif checks.that(f"{expression}: exit 0", outcome.exit_code == 0, outcome.text):
                checks.equal(f"{expression}: kept", project.sql("SELECT * FROM target"), wanted)


def check_constraints(checks):
    make = ("CREATE TABLE other (id INTEGER PRIMARY KEY); CREATE TABLE target (id INTEGER PRIMARY KEY, o INTEGER REFERENCES other (id), "
            "c INTEGER CHECK (c < 10), g INTEGER GENERATED ALWAYS AS (c + 1)); CREATE TABLE strict (id INTEGER, t ANY) STRICT; CREATE VIEW seen AS SELECT 1 AS id;")
    cases = (("SELECT 1::BIGINT AS id, 5::BIGINT AS o", {}, "value.unknown_reference"), ("SELECT 1::BIGINT AS id, 10::BIGINT AS c", {}, "value.check_failed"),
             ("SELECT NULL::BIGINT AS id", {}, "value.null"), ("SELECT 1::BIGINT AS id, 2::BIGINT AS g", {}, "load.generated_column"),
             ("SELECT 1::BIGINT AS id", {"table": "seen"}, "load.not_a_table"), ("SELECT 1::BIGINT AS id", {"table": "nowhere"}, "load.missing_table"),
             ("SELECT DATE '2024-01-01' AS id", {}, "load.unsupported_type"), ("SELECT 1::BIGINT AS idd", {}, "load.unknown_column"),
             ("SELECT 1::BIGINT AS c", {"write_mode": "upsert", "primary_key": ["c"]}, "load.no_unique_key"))
    with Shop(make) as project:
        for query, config, code in cases:
            outcome = project.copy(transform(query=query), load(**config))
            checks.equal(f"{query} {config}", (outcome.exit_code, outcome.error().get("code")), (1, code))
        checks.equal("a strict table", project.copy(transform(query="SELECT 1::BIGINT AS id, 'x' AS t"), load(table="strict")).exit_code, 0)
        checks.equal("its row", project.sql("SELECT * FROM strict"), [(1, "x")])


def check_incremental(checks):
    make = ("CREATE TABLE source (id INTEGER PRIMARY KEY, at DATETIME, note TEXT); CREATE TABLE target (id INTEGER PRIMARY KEY, at DATETIME, note TEXT);"
            "INSERT INTO source VALUES (1, '2024-01-01 10:00:00', 'a'), (2, '2024-01-01T11:00:00', 'b'), (3, '2024-01-01 09:00', 'c');")
    reading = read(table="source", incremental={"cursor": "at", "key": "id"})
    with Shop(make) as project:
        for what, more, notes in (("the first run", "", "a b c"), ("nothing new", "", "a b c"),
                                  # Sorted as a text, the blank stands before the T that the mark's row has.
                                  ("other spellings of time", "INSERT INTO source VALUES (4, '2024-01-01 11:00:00', 'd'), (5, '2024-01-01 11:30', 'e');", "a b c d e"),
                                  ("a row that is too old", "INSERT INTO source VALUES (6, '2024-01-01 08:00:00', 'f');", "a b c d e")):
            if more:
                project.sql(more)
            outcome = project.copy(reading, load())
            checks.that(f"{what}: exit 0", outcome.exit_code == 0, outcome.text)
            checks.equal(what, " ".join(note for (note,) in project.sql("SELECT note FROM target ORDER BY note")), notes)
        project.sql("INSERT INTO source VALUES (7, 'yesterday', 'g');")
        outcome = project.copy(reading, load())
        checks.that("a cursor that is no time is no silent gap", outcome.exit_code == 1 and "yesterday" in outcome.error()["message"], outcome.text)


def check_wide(checks):
    columns = [f"c{number}" for number in range(1900)]
    with Shop() as project:
        project.write("wide.csv", ",".join(columns) + "\n" + ",".join(map(str, range(1900))) + "\n")
        outcome = project.copy(read_csv(path="wide.csv"), load(create_if_missing=True))
        checks.that("1,900 columns: exit 0", outcome.exit_code == 0, outcome.text)
        project.write("wide.csv", ",".join(f"c{number}" for number in range(2100)) + "\n")
        outcome = project.copy(read_csv(path="wide.csv"), load(table="wider", create_if_missing=True))
        check_failure(checks, "2,100 columns", outcome, exit_code=1, code="query.syntax", words=["too many columns"])


def main(checks):
    for test in (check_types, check_expressions, check_columns_and_where, check_modes, check_bad_rows, check_locks, check_own_source,
                 check_broken_files, check_killed, check_special_values, check_constraints, check_incremental, check_wide):
        checks.group(test.__name__, test)


if __name__ == "__main__":
    Checks.run(main)
