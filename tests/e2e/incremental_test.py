"""Incremental reads between the database servers and into a file: what is new, once, whatever breaks between."""
import shutil
import signal
import time

import servers
from checks import Checks
from program import CONNECTIONS, POSTGRES_CONNECTION, Project, pipeline, step, write_csv

COLUMNS = "id BIGINT PRIMARY KEY, at {time}, amount DECIMAL(20,4), note VARCHAR(40)"
TIME = {"mysql": "DATETIME(6)", "postgres": "TIMESTAMP"}


class Side:
    """A server and its words."""

    def __init__(self, family, server):
        self.family, self.server = family, server

    def sql(self, text):
        return self.server.sql(text, "shop")

    def make(self, table, columns):
        self.sql(f"DROP TABLE IF EXISTS {table}; CREATE TABLE {table} ({columns.format(time=TIME[self.family])})")

    def add(self, *rows, table="source"):
        values = ", ".join(f"({number}, '{at}', {number}.0001, '{note}')" for number, at, note in rows)
        self.sql(f"INSERT INTO {table} (id, at, amount, note) VALUES {values}")

    def notes(self, table="target"):
        return self.sql(f"SELECT note FROM {table} ORDER BY note, id").split()


def incremental(cursor="at", key="id", **more):
    return {"cursor": cursor, "key": key, **more}


class Pair:
    """A source and a target: what the tests move between."""

    def __init__(self, source, target):
        self.source, self.target = source, target
        self.name = f"{source.family} to {target.family}"

    def make(self, source_columns=COLUMNS, target_columns=COLUMNS):
        """Both tables, empty, and no mark."""
        self.source.make("source", source_columns)
        self.target.make("target", target_columns)
        self.target.sql("DROP TABLE IF EXISTS _osiris_state")

    def reading(self, options, **config):
        return step("read", f"{self.source.family}.extractor", "read",
                    {"connection": f"@{self.source.family}.main", "incremental": options, **(config or {"table": "source"})})

    def writing(self, **config):
        return step("load", f"{self.target.family}.writer", "write",
                    {"connection": f"@{self.target.family}.main", "table": "target", "write_mode": "append", **config})

    def project(self, *steps):
        return Project({"osiris_connections.yaml": CONNECTIONS + POSTGRES_CONNECTION, "p.oml": pipeline(*steps)},
                       {**self.source.server.variables("shop"), **self.target.server.variables("shop")})


def check_new_rows(checks, pair):
    source, target, what = pair.source, pair.target, pair.name
    pair.make()
    source.add((1, "2026-01-01 10:00:00.000001", "a"), (2, "2026-01-01 10:00:00.000002", "b"), (3, "2026-01-01 10:00:00.000002", "c"))
    with pair.project(pair.reading(incremental()), pair.writing()) as project:
        def run(*arguments, code=0):
            outcome = project.run("run", "p.oml", *arguments)
            checks.that(f"{what}: run {' '.join(arguments)}", outcome.exit_code == code, outcome.text)
            return target.notes()
        checks.equal(f"{what}: the first run reads everything", run(), ["a", "b", "c"])
        checks.equal(f"{what}: the second nothing", run(), ["a", "b", "c"])
        source.add((4, "2026-01-01 10:00:00.000002", "tie"), (5, "2026-01-02 00:00:00", "new"), (6, "2025-12-31 00:00:00", "old"))
        checks.equal(f"{what}: a tie that came later, and what is new", run(), ["a", "b", "c", "new", "tie"])
        shown = project.run("state", "show", "read", "p.oml", "--json")
        checks.that(f"{what}: state show tells the mark", shown.exit_code == 0 and "2026-01-02 00:00:00" in shown.stdout, shown.text)
        planned = project.run("plan", "p.oml")
        checks.that(f"{what}: so does plan", planned.exit_code == 0 and "2026-01-02 00:00:00" in planned.stdout, planned.text)
        # A machine that keeps nothing: the mark is with the rows.
        shutil.rmtree(project.path("logs"))
        shutil.rmtree(project.path(".osiris"), ignore_errors=True)
        source.add((7, "2026-01-03 00:00:00", "x"))
        checks.equal(f"{what}: the mark is in the target", run(), ["a", "b", "c", "new", "tie", "x"])
        target.sql("DELETE FROM target")
        checks.equal(f"{what}: bounds by hand", run("--from", "2026-01-01 10:00:00.000002", "--to", "2026-01-03"), ["b", "c", "new", "tie"])
        target.sql("DELETE FROM target")
        checks.equal(f"{what}: which move no mark", run(), [])
        checks.equal(f"{what}: full refresh", run("--full-refresh"), ["a", "b", "c", "new", "old", "tie", "x"])
        checks.equal(f"{what}: which moves it", run(), ["a", "b", "c", "new", "old", "tie", "x"])
        reset = project.run("state", "reset", "read", "p.oml")
        checks.equal(f"{what}: state reset", reset.exit_code, 0)
        target.sql("DELETE FROM target")
        checks.equal(f"{what}: after it the run reads everything", run(), ["a", "b", "c", "new", "old", "tie", "x"])


def check_query_and_upsert(checks, pair):
    source, target, what = pair.source, pair.target, pair.name + ", upsert"
    pair.make()
    source.add((1, "2026-01-01 10:00:00", "a1"), (2, "2026-01-01 10:00:00", "b1"))
    query = "SELECT id, at, amount, note FROM source WHERE note <> ';hidden' -- ; a comment"
    steps = (pair.reading(incremental(lookback="1h"), query=query), pair.writing(write_mode="upsert", primary_key="id"))
    with pair.project(*steps) as project:
        def run():
            outcome = project.run("run", "p.oml")
            checks.that(f"{what}: run", outcome.exit_code == 0, outcome.text)
            return target.notes()
        checks.equal(f"{what}: all", run(), ["a1", "b1"])
        source.sql("UPDATE source SET note = 'b2', at = '2026-01-02 00:00:00' WHERE id = 2")
        checks.equal(f"{what}: a changed row takes its place", run(), ["a1", "b2"])
        source.add((3, "2026-01-01 23:30:00", "late"), (4, "2026-01-01 20:00:00", "too_late"))
        checks.equal(f"{what}: the lookback finds what was committed late", run(), ["a1", "b2", "late"])


def check_failures(checks, pair):
    source, target, what = pair.source, pair.target, pair.name + ", broken"
    rows = 30_000
    pair.make()
    source.sql(NUMBERS[source.family].format(rows=rows))
    state = "SELECT concat_ws('|', count(*), count(DISTINCT id), sum(id)) FROM target"
    with pair.project(pair.reading(incremental()), pair.writing()) as project:
        for number in range(6):
            running = project.start("run", "p.oml", "--quiet")
            time.sleep(0.03 * (number + 1))
            running.send(signal.SIGKILL)
            running.wait()
        outcome = project.run("run", "p.oml")
        checks.that(f"{what}: a run after kills", outcome.exit_code == 0, outcome.text)
        checks.equal(f"{what}: nothing twice, nothing missing", target.sql(state).strip(), f"{rows}|{rows}|{rows * (rows + 1) // 2}")
        target.sql("ALTER TABLE target ADD CONSTRAINT small CHECK (id < 40000)")
        source.add((35_000, "2027-01-01 00:00:00", "good"), (50_000, "2027-01-02 00:00:00", "bad"))
        checks.equal(f"{what}: a load that the target refuses", project.run("run", "p.oml").exit_code, 1)
        checks.equal(f"{what}: leaves no row", target.notes().count("good"), 0)
        target.sql("ALTER TABLE target DROP CONSTRAINT small")
        checks.equal(f"{what}: and is done again", project.run("run", "p.oml").exit_code, 0)
        checks.equal(f"{what}: with all of it", [note for note in target.notes() if note in ("good", "bad")], ["bad", "good"])


NUMBERS = {
    "mysql": "INSERT INTO source SELECT seq, '2026-01-01 00:00:00' + INTERVAL (seq DIV 7) SECOND, seq, 'n' FROM seq_1_to_{rows}",
    "postgres": "INSERT INTO source SELECT n, timestamp '2026-01-01 00:00:00' + (n / 7) * interval '1 second', n, 'n' FROM generate_series(1, {rows}) AS n",
}


CURSORS = {
    "mysql": (("BIGINT UNSIGNED", ["18446744073709551614", "18446744073709551615"]), ("DECIMAL(30,10)", ["0.0000000001", "12345678901234567890.0000000002"]),
              ("DATE", ["'2026-01-01'", "'2026-01-02'"]), ("TIMESTAMP(6)", ["'2026-01-01 00:00:00.000001'", "'2026-01-01 00:00:00.000002'"]),
              ("VARCHAR(20) CHARACTER SET latin1", ["'b'", "'ß''\\\\é'"]), ("DOUBLE", ["0.1", "1e300"]), ("FLOAT", ["0.1", "0.2"]), ("UUID", ["'00000000-0000-0000-0000-00000000000a'", "'f0000000-0000-0000-0000-00000000000a'"])),
    "postgres": (("bigint", ["-9223372036854775808", "9223372036854775807"]), ("numeric", ["0.0000000001", "12345678901234567890.0000000002"]),
                 ("date", ["'2026-01-01'", "'2026-01-02'"]), ("timestamptz", ["'2026-01-01 00:00:00.000001+02'", "'2026-01-01 00:00:00.000002+02'"]),
                 ("timestamp(3)", ["'2026-01-01 00:00:00.001'", "'2026-01-01 00:00:00.002'"]),
                 ("text", ["'B'", "'b''\\é'"]), ("double precision", ["0.1", "1e300"]), ("real", ["0.1", "0.2"]),
                 ("uuid", ["'00000000-0000-0000-0000-00000000000a'", "'f0000000-0000-0000-0000-00000000000a'"]), ("char(5)", ["'a'", "'b'"])),
}


def check_cursors(checks, pair):
    """Each type of cursor: the second run finds only what is above the exact value of the first one's mark."""
    source, target = pair.source, pair.target
    for declared, (low, high) in CURSORS[source.family]:
        pair.make(f"id INT PRIMARY KEY, c {declared}, note VARCHAR(9)", "id INT PRIMARY KEY, note VARCHAR(9)")
        source.sql(f"INSERT INTO source VALUES (1, {low}, 'low'), (2, NULL, 'null')")
        with pair.project(pair.reading(incremental("c")), pair.writing(schema_policy="ignore_extra")) as project:
            runs = [project.run("run", "p.oml")]
            source.sql(f"INSERT INTO source VALUES (3, {high}, 'high'), (4, {low}, 'tie')")
            runs += [project.run("run", "p.oml"), project.run("run", "p.oml")]
            checks.that(f"{source.family} {declared}: runs", all(run.exit_code == 0 for run in runs), "\n".join(run.text for run in runs))
            checks.equal(f"{source.family} {declared}: each row once", target.notes(), ["high", "low", "tie"])


def check_refusals(checks, pair):
    source = pair.source
    pair.make()
    source.add((1, "2026-01-01 10:00:00", "a"))
    loads = pair.writing()
    cases = (("incremental.unknown_column", 1, incremental("changed"), loads), ("incremental.unknown_column", 1, incremental(key="ident"), loads),
             ("oml.incremental_lookback", 2, incremental(lookback="1h"), loads), ("oml.unknown_key", 2, incremental(cursr="at"), loads),
             ("incremental.lookback", 1, incremental("id", lookback="1h"), pair.writing(write_mode="upsert", primary_key="id")),
             ("oml.incremental_mode", 2, incremental(), pair.writing(write_mode="replace")))
    for code, exit_code, options, load in cases:
        with pair.project(pair.reading(options), load) as project:
            if code == "incremental.lookback":
                project.run("run", "p.oml", "--full-refresh")  # a lookback counts from a mark
            outcome = project.run("run", "p.oml", "--json")
            checks.equal(f"{source.family}: {code} for {options}", (outcome.exit_code, outcome.error().get("code")), (exit_code, code))
    with pair.project(pair.reading(incremental("id")), loads) as project:
        for value in ("abc", "1; DROP TABLE source"):
            outcome = project.run("run", "p.oml", "--from", value, "--json")
            checks.that(f"{source.family}: --from '{value}' is no number", outcome.exit_code == 1, outcome.text)
        checks.equal(f"{source.family}: the source is there", source.notes("source"), ["a"])


def check_file(checks, pair):
    source = pair.source
    pair.make()
    source.add((1, "2026-01-01 10:00:00", "a"))
    with pair.project(pair.reading(incremental()), write_csv(path="new.csv")) as project:
        def run():
            outcome = project.run("run", "p.oml")
            checks.that(f"{source.family} to a file: run", outcome.exit_code == 0, outcome.text)
            return [line.split(",")[-1] for line in project.read("new.csv").splitlines()[1:]]
        checks.equal(f"{source.family} to a file: everything", run(), ["a"])
        checks.that(f"{source.family} to a file: the project keeps the mark", project.exists(".osiris/state.sqlite"))
        source.add((2, "2026-01-02 10:00:00", "b"))
        checks.equal(f"{source.family} to a file: what is new", run(), ["b"])
        checks.equal(f"{source.family} to a file: nothing", run(), [])
        checks.equal(f"{source.family} to a file: state reset", project.run("state", "reset", "read", "p.oml").exit_code, 0)
        checks.equal(f"{source.family} to a file: everything again", run(), ["a", "b"])


def check_part_of_a_table(checks, pair):
    """`columns` and `where` beside `table`, with and without `incremental`."""
    source = pair.source
    pair.make()
    source.add((1, "2026-01-01 10:00:00", "a"), (2, "2026-01-01 11:00:00", "b"), (3, "2026-01-01 12:00:00", "c"))
    part = {"table": "source", "columns": ["note", "id", "at"], "where": "note = 'a' OR note = 'c' -- not b"}
    plain = step("read", f"{source.family}.extractor", "read", {"connection": f"@{source.family}.main", **part})
    for what, reading in (("whole", plain), ("incremental", pair.reading(incremental(), **part))):
        with pair.project(reading, write_csv(path="part.csv")) as project:
            outcome = project.run("run", "p.oml")
            checks.that(f"{source.family} a part of a table, {what}: run", outcome.exit_code == 0, outcome.text)
            rows = [line.split(",")[:2] for line in project.read("part.csv").splitlines()]
            checks.equal(f"{source.family} a part of a table, {what}", rows, [["note", "id"], ["a", "1"], ["c", "3"]])
    for code, config in (("query.unknown_column", {"table": "source", "columns": ["nothing"]}), ("query.unknown_column", {"table": "source", "where": "nothing = 1"})):
        with pair.project(step("read", f"{source.family}.extractor", "read", {"connection": f"@{source.family}.main", **config}), write_csv(path="part.csv")) as project:
            outcome = project.run("run", "p.oml", "--json")
            checks.equal(f"{source.family}: {config}", (outcome.exit_code, outcome.error().get("code")), (1, code))


def main(checks):
    with servers.MariaDb() as mariadb, servers.PostgreSql() as postgresql:
        mariadb.sql("CREATE DATABASE shop CHARACTER SET utf8mb4")
        mysql, postgres = Side("mysql", mariadb), Side("postgres", postgresql)
        for pair in (Pair(mysql, postgres), Pair(postgres, mysql)):
            for check in (check_new_rows, check_query_and_upsert, check_failures, check_cursors, check_refusals, check_file, check_part_of_a_table):
                checks.group(f"{pair.name} {check.__name__}", check, pair)


if __name__ == "__main__":
    Checks.run(main)
