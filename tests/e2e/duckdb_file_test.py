"""duckdb.extractor and duckdb.writer over database files: types, modes, bad rows, and files that others have open or that are broken.
The engine itself, through a pipeline of SQL, is the second reader."""
import signal
import time

from checks import Checks
from failures import check_failure
from program import ROOT, Project, is_sanitized, pipeline, read_csv, step, transform, write_csv
from types_test import cells_of

TYPES = ROOT / "components" / "duckdb" / "TYPES.md"
CONNECTION = "connections:\n  duckdb:\n    main: {path: data/shop.duckdb}\n"


def read(identifier="read", **config):
    return step(identifier, "duckdb.extractor", "read", {"connection": "@duckdb.main", **config})


def load(identifier="load", **config):
    return step(identifier, "duckdb.writer", "write", {"connection": "@duckdb.main", "table": "target", **config})


class Shop(Project):
    """A project with a database that SQL was run in: by a load of one row into a table of its own."""

    def __init__(self, *statements, files=None):
        super().__init__({"osiris_connections.yaml": CONNECTION, **(files or {})})
        self.path("data").mkdir()
        self.database = self.path("data/shop.duckdb")
        self.sql(*statements)

    def copy(self, *steps):
        self.write("p.oml", pipeline(*steps))
        return self.run("run", "p.oml", "--json")

    def sql(self, *statements):
        outcome = self.copy(transform(query="SELECT 1 AS x"), load(table="_made", write_mode="replace", create_if_missing=True, ledger=False,
                                                                   post_sql=list(statements)))
        assert outcome.exit_code == 0, outcome.text

    def rows(self, query):
        outcome = self.copy(read(query=query), write_csv(path="seen.csv"))
        return self.read("seen.csv").splitlines()[1:] if outcome.exit_code == 0 else outcome.text


def check_types(checks):
    cases = [cells_of(line)[:4] for line in TYPES.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    checks.that("the page has its cases", len(cases) > 20)
    with Shop(*(sql for number, (kind, literal, _, _) in enumerate(cases)
                for sql in (f"CREATE TABLE t{number} (v {kind})", f"INSERT INTO t{number} VALUES ({literal})"))) as project:
        for number, (kind, literal, cell, carried) in enumerate(cases):
            for source in ({"table": f"t{number}"}, {"query": f"SELECT v FROM t{number}"}):
                what = f"{kind} {literal} by {next(iter(source))}"
                outcome = project.copy(read(**source), write_csv(path="out.csv"))
                if cell.startswith("error "):
                    checks.equal(f"{what}: refused", outcome.error().get("code"), cell.removeprefix("error "))
                elif checks.that(f"{what}: exit 0", outcome.exit_code == 0, outcome.text):
                    checks.equal(f"{what}: the cell", project.read("out.csv"), f"v\n{cell}\n")


def check_columns_and_where(checks):
    with Shop('CREATE TABLE "od""d" ("select" INTEGER, "a b" VARCHAR)', """INSERT INTO "od""d" VALUES (1, 'x'), (2, 'y')""") as project:
        outcome = project.copy(read(table='od"d', columns=["a b", "select"], where="\"select\" > 1 -- more"), write_csv(path="out.csv"))
        checks.equal("columns and where", (outcome.exit_code, project.read("out.csv")), (0, "a b,select\ny,2\n"))
        for config, code in (({"table": "nowhere"}, "sql.invalid"), ({"query": "SELECT * FROM read_text('/etc/passwd')"}, "sql.not_allowed")):
            check_failure(checks, str(config), project.copy(read(**config), write_csv(path="out.csv")), exit_code=1, code=code, kind="user")


def check_modes(checks):
    with Shop(files={"rows.csv": "id,name,amount\n1,a,1.50\n2,b,2.25\n3,c,3\n"}) as project:
        typed = transform(query="SELECT id::BIGINT AS id, name, amount::DECIMAL(12,2) AS amount FROM input_df")
        make = {"create_if_missing": True, "primary_key": ["id"]}
        wanted = ["1,a,1.50", "2,b,2.25", "3,c,3.00"]
        for mode in ("append", "replace", "truncate", "upsert"):
            outcome = project.copy(read_csv(path="rows.csv"), typed, load(write_mode=mode, **make))
            checks.that(f"{mode}: exit 0", outcome.exit_code == 0, outcome.text)
            checks.equal(f"{mode}: rows", project.rows("SELECT * FROM target ORDER BY id"), wanted)
        outcome = project.copy(read_csv(path="rows.csv"), typed, load())
        check_failure(checks, "a key twice", outcome, exit_code=1, code="value.refused", kind="data")
        project.sql("DELETE FROM target WHERE id = 1", "UPDATE target SET name = 'old' WHERE id = 2", "INSERT INTO target VALUES (9, 'z', 9)")
        outcome = project.copy(read_csv(path="rows.csv"), typed, load(write_mode="upsert", primary_key=["id"], delete_missing="hard"))
        checks.that("upsert: exit 0", outcome.exit_code == 0, outcome.text)
        merged = "SELECT rows_inserted, rows_updated, rows_unchanged, rows_deleted FROM _osiris_loads ORDER BY committed_at DESC LIMIT 1"
        checks.equal("upsert: what it did", project.rows(merged), ["1,1,1,1"])
        checks.equal("upsert: rows", project.rows("SELECT * FROM target ORDER BY id"), wanted)
        outcome = project.copy(read_csv(path="rows.csv"), transform(query="SELECT id::BIGINT AS id FROM input_df WHERE id <> '1'"),
                               load(write_mode="upsert", primary_key=["id"], delete_missing="soft", schema_policy="add_columns"))
        checks.that("soft deletion: exit 0", outcome.exit_code == 0, outcome.text)
        checks.equal("soft deletion", project.rows("SELECT id FROM target WHERE _osiris_deleted_at IS NOT NULL"), ["1"])


def check_bad_rows(checks):
    rows = "id,n\n" + "".join(f"{number},{number if number % 1000 else '1.5'}\n" for number in range(1, 5001))
    with Shop("CREATE TABLE target (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)", files={"rows.csv": rows}) as project:
        outcome = project.copy(read_csv(path="rows.csv"), load())
        check_failure(checks, "a bad row ends the load", outcome, exit_code=1, code="value.malformed", kind="data", words=["row 1000", "'n'", "'1.5'"])
        checks.equal("nothing is there", project.rows("SELECT count(*) AS n FROM target"), ["0"])
        for mode, config in (("append", {}), ("upsert", {"primary_key": ["id"]})):
            outcome = project.copy(read_csv(path="rows.csv"), load(on_bad_row="quarantine", write_mode=mode, **config))
            checks.that(f"{mode}, quarantine: exit 0", outcome.exit_code == 0, outcome.text)
            checks.equal(f"{mode}: the good rows", project.rows("SELECT count(*) AS n FROM target"), ["4995"])


def check_locks(checks):
    """A second process is told which one has the file."""
    with Shop("CREATE TABLE source AS SELECT i AS id FROM range(2000000) t(i)", files={"rows.csv": "id\n1\n"}) as project:
        project.write("slow.oml", pipeline(transform(query="SELECT i AS id FROM range(500000000) t(i)"), load(create_if_missing=True)))
        running = project.start("run", "slow.oml")
        wal = project.path("data/shop.duckdb.wal")
        time.sleep(2)
        for steps in ((read(table="source"), write_csv(path="out.csv")), (read_csv(path="rows.csv"), load(create_if_missing=True))):
            error = check_failure(checks, "a file that another process writes", project.copy(*steps), exit_code=1, code="query.locked",
                                  words=[str(running.process.pid), "shop.duckdb"])
            checks.equal("retryable", error.get("retryable"), True)
        running.send(signal.SIGINT)
        checks.equal("the other one is interrupted", running.wait().exit_code, 130)
        # A sanitized program shares its C++ library with the engine, which then sees that the file is closed while an
        # exception is on its way, and leaves the log to whoever opens the file next.
        checks.that("and wrote its log back", is_sanitized() or not wal.exists())
        checks.equal("and left nothing", project.rows("SELECT (SELECT count(*) FROM source) AS n, count(*) AS targets FROM duckdb_tables() WHERE table_name = 'target'"),
                     ["2000000,0"])
        outcome = project.copy(read(table="source"), load(table="copy", create_if_missing=True))
        check_failure(checks, "one file on both sides", outcome, exit_code=1, code="query.locked", words=["another step"])


def check_broken_files(checks):
    to_csv, from_csv = (read(table="source"), write_csv(path="out.csv")), (read_csv(path="rows.csv"), load())
    with Shop("CREATE TABLE source AS SELECT i AS id, repeat('x', 100) AS v FROM range(100000) t(i)", files={"rows.csv": "id\n1\n"}) as project:
        whole = project.database.read_bytes()
        for what, content, code, kind in (("another file", b"id,name\n" * 500, "connection.not_a_database", "data"),
                                          ("a part of a file", whole[:9000], "connection.corrupt", "data")):
            project.database.write_bytes(content)
            for steps in (to_csv, from_csv):
                check_failure(checks, what, project.copy(*steps), exit_code=1, code=code, kind=kind, words=["shop.duckdb"])
        project.database.unlink()
        for steps in (to_csv, from_csv):
            check_failure(checks, "no file", project.copy(*steps), exit_code=1, code="connection.unknown_database", kind="user", words=["shop.duckdb"])
        checks.that("none was made", not project.database.exists())


def check_incremental(checks):
    with Shop("CREATE TABLE source (id BIGINT PRIMARY KEY, \"at\" TIMESTAMP, note VARCHAR)",
              "INSERT INTO source VALUES (1, '2024-01-01 10:00:00', 'a'), (2, '2024-01-01 11:00:00.000001', 'b')") as project:
        reading = read(table="source", incremental={"cursor": "at", "key": "id"})
        for what, more, notes in (("the first run", None, ["a", "b"]), ("nothing new", None, []),
                                  ("a tie, and what is new", "INSERT INTO source VALUES (3, '2024-01-01 11:00:00.000001', 'c'), (4, '2025-01-01', 'd')", ["c", "d"])):
            if more:
                project.sql(more)
            outcome = project.copy(reading, write_csv(path="out.csv"))
            checks.that(f"{what}: exit 0", outcome.exit_code == 0, outcome.text)
            checks.equal(what, [line.split(",")[-1] for line in project.read("out.csv").splitlines()[1:]], notes)


def main(checks):
    for test in (check_types, check_columns_and_where, check_modes, check_bad_rows, check_locks, check_broken_files, check_incremental):
        checks.group(test.__name__, test)


if __name__ == "__main__":
    Checks.run(main)
