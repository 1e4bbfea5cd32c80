"""CSV into SQLite, against the `sqlite3` shell's own `.import` of the same file into the same table, and memory at ten times the rows."""
import sqlite3

import program
from program import Project, pipeline, read_csv, step, transform
from sampling import alternate, peak, ratios, wall

GROWTH = 10
DECLARED = "id INTEGER, customer TEXT, amount DECIMAL(12,2), placed_at DATETIME, note TEXT, is_paid BOOLEAN"
SUMS = "SELECT count(*), sum(id), sum(amount), count(DISTINCT customer), min(placed_at), max(placed_at), sum(length(note)), sum(is_paid) FROM orders"
CONNECTION = "connections:\n  sqlite:\n    main: {path: ours.sqlite}\n"


def rows_of(count):
    """A query that gives the rows of a shop's orders."""
    return ("SELECT i AS id, 'customer ' || (i * 7919 % 50021) AS customer, (i * 31 % 1000003) / 100.0 AS amount, "
            "TIMESTAMP '2024-01-01' + INTERVAL (i * 17 % 31536000) SECOND AS placed_at, "
            f"'note ' || repeat('n', (i % 40)::INTEGER) AS note, i % 3 = 0 AND i > 0 AS paid FROM range({count}) t(i)")


def make_csv(project, name, count):
    """By a pipeline of our own; the amounts with two decimals, the truth as 0 and 1, as `.import` wants them."""
    query = (f"SELECT id, customer, amount::DECIMAL(12,2) AS amount, placed_at, note, paid::INTEGER AS is_paid FROM ({rows_of(count)})")
    project.write("make.oml", pipeline(transform(query=query), step("out", "filesystem.csv_writer", "write", {"path": name})))
    done = project.run("run", "make.oml", "--quiet", timeout_s=900)
    if done.exit_code != 0:
        raise RuntimeError(done.text)


def expect_same(project):
    """Both files hold the same."""
    sums = [sqlite3.connect(project.path(name)).execute(SUMS).fetchall() for name in ("ours.sqlite", "shell.sqlite")]
    if sums[0] != sums[1]:
        raise RuntimeError(f"the tables differ: {sums}")


def shell(project, database, *commands):
    return ["sqlite3", "-batch", str(project.path(database)), *commands]


def measure(meter, report, options):
    report.section("Into a file's database", "A CSV file into a SQLite table with declared types, against the `sqlite3` shell's own `.import` of the same file into the same "
                   "table, both as durable as SQLite is by default.")
    with Project({"osiris_connections.yaml": CONNECTION}) as project:
        environment = program.clean_environment(project.home, project.variables)
        for name, count in (("orders", options.rows), ("more", GROWTH * options.rows)):
            make_csv(project, f"{name}.csv", count)
            loads = step("out", "sqlite.writer", "write", {"connection": "@sqlite.main", "table": "orders", "write_mode": "append"})
            project.write(f"{name}.oml", pipeline(read_csv(path=f"{name}.csv"), loads))

        def empty(database):
            for suffix in ("", "-journal", "-wal", "-shm"):
                project.path(database + suffix).unlink(missing_ok=True)
            meter.sample(shell(project, database, f"CREATE TABLE orders ({DECLARED})"), project.folder, environment)

        def ours(name="orders"):
            empty("ours.sqlite")
            return meter.sample([program.program(), "run", f"{name}.oml", "--quiet"], project.folder, environment)

        def by_hand():
            empty("shell.sqlite")
            return meter.sample(shell(project, "shell.sqlite", ".import --csv --skip 1 orders.csv orders"), project.folder, environment)

        samples = alternate(options.pairs, {"sqlite3 .import": by_hand, "CSV → SQLite": ours})
        expect_same(project)
        floor, loaded = samples.values()
        report.ratio("CSV → SQLite: wall", ratios(loaded, floor, wall), 1.2, "sqlite3 .import")
        report.medians(samples)
        more = ours("more")
        report.bar(f"CSV → SQLite: peak memory at {GROWTH} times the rows", peak(more) / max(map(peak, loaded)), 1.1, "times")
