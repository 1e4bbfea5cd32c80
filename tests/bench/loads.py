"""Reading from PostgreSQL, and loads into both servers, which run as Debian installs them: durable, with small buffers."""
import pathlib
import subprocess

import program
import reads
import servers
import shop
from program import CONNECTIONS, POSTGRES_CONNECTION, Project, pipeline, read_csv, step, write_csv
from sampling import alternate, build, cpu, peak, ratios, wall

QUERY = ("SELECT id, customer_id, state, total, remark, placed_at, shipped_at, is_gift, basket, HEX(token) AS token FROM orders")
COLUMNS = {
    "mysql": "id BIGINT, customer_id INT, state VARCHAR(20), total DECIMAL(12,2), remark VARCHAR(255), placed_at DATETIME(6), "
             "shipped_at TIMESTAMP NULL, is_gift SMALLINT, basket TEXT, token VARCHAR(32)",
    "postgres": "id bigint, customer_id int, state varchar(20), total numeric(12,2), remark varchar(255), placed_at timestamp, "
                "shipped_at timestamptz, is_gift smallint, basket text, token varchar(32)"}
NAMES = [definition.split()[0] for definition in COLUMNS["postgres"].split(", ")]
# The same columns as letters that copy_floor.c knows.
FLOOR_TYPES = "iitntpzitt"
SUMS = ("SELECT concat_ws('|', count(*), sum(id), count(customer_id), sum(total), count(remark), sum(length(state)), count(shipped_at), "
        "sum(is_gift), count(basket), min(token)) FROM {}")
GROWTH = 10
MYSQL_SETTINGS = ("--innodb-flush-log-at-trx-commit=1", "--innodb-log-file-size=96M")
POSTGRES_SETTINGS = ("max_wal_size=1GB",)

POSTGRES_BY_HAND = """
BEGIN;
CREATE TEMP TABLE staged (LIKE merged) ON COMMIT DROP;
\\copy staged FROM '{file}' CSV HEADER
ANALYZE staged;
WITH changed AS (UPDATE merged t SET {changes} FROM staged s WHERE t.id = s.id AND (t.*) IS DISTINCT FROM (s.*) RETURNING 1)
SELECT count(*) FROM changed;
WITH added AS (INSERT INTO merged SELECT * FROM staged s WHERE NOT EXISTS (SELECT FROM merged t WHERE t.id = s.id) RETURNING 1)
SELECT count(*), (SELECT count(*) FROM staged) FROM added;
COMMIT;
"""
MYSQL_BY_HAND = """
SET SESSION sql_mode = 'STRICT_ALL_TABLES', time_zone = '+00:00';
CREATE TEMPORARY TABLE staged LIKE merged;
START TRANSACTION;
LOAD DATA LOCAL INFILE '{file}' INTO TABLE staged CHARACTER SET utf8mb4;
SELECT COUNT(*) FROM staged;
UPDATE merged t JOIN staged s ON t.id = s.id SET {changes};
SELECT ROW_COUNT();
INSERT INTO merged SELECT s.* FROM staged s LEFT JOIN merged t ON t.id = s.id WHERE t.id IS NULL;
SELECT ROW_COUNT();
COMMIT;
"""


class Works:
    """A server of each kind, the same rows in both and in files, and a project that moves them."""

    def __init__(self, meter, options, mariadb, postgres, project):
        self.meter, self.options = meter, options
        self.mariadb, self.postgres, self.project = mariadb, postgres, project
        self.environment = {**program.clean_environment(project.home, project.variables), "PGPASSWORD": postgres.password,
                            "MYSQL_PWD": mariadb.password, "PGTZ": "UTC"}
        self.connection = f"host=127.0.0.1 port={postgres.port} user={postgres.user} dbname=shop"
        self.mysql_address = ["127.0.0.1", str(mariadb.port), mariadb.user, "shop"]

    def sample(self, *command):
        return self.meter.sample(command, self.project.folder, self.environment)

    def psql(self, *statements, script=None):
        words = [word for statement in statements for word in ("-c", statement)] + (["-f", script] if script else [])
        return ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.connection, *words]

    def mariadb_client(self, statement):
        return ["mariadb", "--no-defaults", "--local-infile=1", "--default-character-set=utf8mb4", "-h", "127.0.0.1", "-P", str(self.mariadb.port),
                "-u", self.mariadb.user, "-e", statement, "shop"]

    def ours(self, name, reset=None):
        """A work that runs a pipeline of the project; the target is made ready outside of what is measured."""
        return self.work(program.program(), "run", f"{name}.oml", "--quiet", reset=reset)

    def work(self, *command, reset=None):
        def run():
            if reset:
                reset()
            return self.sample(*command)
        return run

    def empty(self, family, table):
        if family == "postgres":
            return lambda: self.postgres.sql(f"TRUNCATE {table}; CHECKPOINT", "shop")
        return lambda: self.mariadb.sql(f"TRUNCATE {table}", "shop")

    def half_full(self, family):
        """The target of an upsert: half of the rows, of which every second one is about to change."""
        fill = "TRUNCATE merged; INSERT INTO merged SELECT * FROM before_merge"
        if family == "postgres":
            return lambda: self.postgres.sql(f"{fill}; VACUUM ANALYZE merged; CHECKPOINT", "shop")
        return lambda: self.mariadb.sql(fill, "shop")

    def sums(self, family, table):
        server = self.postgres if family == "postgres" else self.mariadb
        return server.sql(SUMS.format(table), "shop").strip()

    def expect_same(self, family, table, like):
        if self.sums(family, table) != self.sums(family, like):
            raise RuntimeError(f"{family}: {table} has {self.sums(family, table)}, {like} {self.sums(family, like)}")


def writer(family, table, **config):
    return step("out", f"{family}.writer", "write", {"connection": f"@{family}.main", "table": table, "write_mode": "append", **config})


def reader(family, **config):
    return step("read", f"{family}.extractor", "read", {"connection": f"@{family}.main", **config})


def pipelines():
    csv_rows = read_csv(path="orders.csv")
    upsert = {"write_mode": "upsert", "primary_key": "id"}
    return {"osiris_connections.yaml": CONNECTIONS + POSTGRES_CONNECTION,
            "postgres_csv.oml": pipeline(reader("postgres", table="plain"), write_csv(path="ours.csv")),
            "csv_postgres.oml": pipeline(csv_rows, writer("postgres", "loaded")),
            "csv_postgres_chunks.oml": pipeline(csv_rows, writer("postgres", "loaded", chunk_rows=100_000)),
            "csv_postgres_bare.oml": pipeline(csv_rows, writer("postgres", "loaded", ledger=False)),
            "big_postgres.oml": pipeline(read_csv(path="big.csv"), writer("postgres", "loaded")),
            "mysql_postgres.oml": pipeline(reader("mysql", query=QUERY), writer("postgres", "loaded")),
            "postgres_postgres.oml": pipeline(reader("postgres", table="plain"), writer("postgres", "loaded")),
            "csv_mysql.oml": pipeline(csv_rows, writer("mysql", "loaded")),
            "postgres_upsert.oml": pipeline(csv_rows, writer("postgres", "merged", **upsert)),
            "mysql_upsert.oml": pipeline(csv_rows, writer("mysql", "merged", **upsert))}


def make_rows(works, floor):
    """The orders as CSV, and as LOAD DATA likes them; the tables of both servers."""
    works.mariadb.sql(shop.orders_sql(works.options.rows), "shop")
    works.sample(floor, "csv", *works.mysql_address, QUERY, "orders.csv")
    works.mariadb.sql(f"SELECT * INTO OUTFILE '{works.mariadb.folder}/data/orders.tsv' CHARACTER SET utf8mb4 FROM ({QUERY}) AS o", "shop")
    pathlib.Path(works.mariadb.folder, "data", "orders.tsv").rename(works.project.path("orders.tsv"))
    for family, server in (("mysql", works.mariadb), ("postgres", works.postgres)):
        for table in ("plain", "loaded"):
            server.sql(f"CREATE TABLE {table} ({COLUMNS[family]})", "shop")
        for table in ("before_merge", "merged"):
            server.sql(f"CREATE TABLE {table} ({COLUMNS[family]}, PRIMARY KEY (id))", "shop")
    copy_in(works)()
    load_data(works)()
    change = "CASE WHEN id % 2 = 0 THEN 'changed' ELSE state END"
    before = (f"INSERT INTO before_merge SELECT id, customer_id, {change}, total, remark, placed_at, shipped_at, is_gift, basket, token FROM plain "
              f"WHERE id <= {works.options.rows // 2}")
    works.postgres.sql(before, "shop")
    works.mariadb.sql(before, "shop")


def copy_in(works):
    return works.work(*works.psql("\\copy plain FROM 'orders.csv' CSV HEADER"), reset=works.empty("postgres", "plain"))


def load_data(works):
    return works.work(*works.mariadb_client("SET time_zone = '+00:00'; LOAD DATA LOCAL INFILE 'orders.tsv' INTO TABLE plain CHARACTER SET utf8mb4"),
                      reset=works.empty("mysql", "plain"))


def from_postgres(works, report):
    report.section("Reading from PostgreSQL", "The floor is `tests/bench/copy_floor.c`: libpq's binary COPY into a CSV file.")
    floor = build(works.options.folder, "copy_floor", f"-I{include_folder()}", "-lpq")
    samples = alternate(works.options.pairs, {
        "floor": works.work(floor, works.connection, FLOOR_TYPES, f"SELECT {', '.join(NAMES)} FROM plain", "floor.csv"),
        "PostgreSQL → CSV": works.ours("postgres_csv")})
    if not reads.same_rows(works.project.path("floor.csv"), works.project.path("ours.csv")):
        raise RuntimeError("the floor and the program wrote different rows")
    floor, ours = samples.values()
    report.ratio("PostgreSQL → CSV: wall", ratios(ours, floor, wall), 1.15, "floor")
    report.ratio("PostgreSQL → CSV: client CPU", ratios(ours, floor, cpu), 1.50, "floor")
    report.bar("PostgreSQL → CSV: peak memory", max(map(peak, ours)), 40, "MiB")
    report.medians(samples)


def include_folder():
    return subprocess.run(["pg_config", "--includedir"], capture_output=True, text=True, check=True).stdout.strip()


def into_postgres(works, report, floor):
    report.section("Loading into PostgreSQL", "Against `psql \\copy` of the same file, and two `psql` with binary COPY in a pipe. MySQL → PostgreSQL stands against the "
                   "slower of its halves: libmariadb's rows into a file, and `psql \\copy`.")
    pipe = (f"psql -X -q -d '{works.connection}' -c 'COPY plain TO STDOUT (FORMAT binary)' | "
            f"psql -X -q -v ON_ERROR_STOP=1 -d '{works.connection}' -c 'COPY loaded FROM STDIN (FORMAT binary)'")
    empty = works.empty("postgres", "loaded")
    samples = alternate(works.options.pairs, {
        "psql \\copy": copy_in(works),
        "CSV → PostgreSQL": works.ours("csv_postgres", empty),
        "with chunks of 100,000 rows": works.ours("csv_postgres_chunks", empty),
        "without a ledger": works.ours("csv_postgres_bare", empty),
        "MySQL → file": works.work(floor, "csv", *works.mysql_address, QUERY, "floor.csv"),
        "MySQL → PostgreSQL": works.ours("mysql_postgres", empty),
        "psql \\| psql": works.work("sh", "-c", pipe, reset=empty),
        "PostgreSQL → PostgreSQL": works.ours("postgres_postgres", empty)})
    works.expect_same("postgres", "loaded", "plain")
    for name in ("csv_postgres", "mysql_postgres"):
        works.ours(name, empty)()
        works.expect_same("postgres", "loaded", "plain")
    copy, from_csv, chunks, bare, read, from_mysql, pipe, relay = samples.values()
    report.ratio("CSV → PostgreSQL: wall", ratios(from_csv, copy, wall), 0.90, "\\copy")
    report.bar("CSV → PostgreSQL: peak memory", max(map(peak, from_csv)), 64, "MiB")
    report.ratio("with a ledger: wall", ratios(from_csv, bare, wall), 1.05, "without")
    report.ratio("with a ledger and chunks: wall", ratios(chunks, bare, wall), 1.05, "without")
    slower = [max(pair, key=wall) for pair in zip(read, copy)]
    report.ratio("MySQL → PostgreSQL: wall", ratios(from_mysql, slower, wall), 1.25, "slower half")
    report.bar("MySQL → PostgreSQL: peak memory", max(map(peak, from_mysql)), 64, "MiB")
    report.ratio("PostgreSQL → PostgreSQL: wall", ratios(relay, pipe, wall), 1.05, "psql \\| psql")
    report.bar("PostgreSQL → PostgreSQL: peak memory", max(map(peak, relay)), 32, "MiB")
    report.medians(samples)
    many = ten_times(works)
    report.bar(f"CSV → PostgreSQL, {GROWTH} times the rows: peak memory", peak(many) / max(map(peak, from_csv)), 1.10, "× once")


def ten_times(works):
    rows = works.project.path("orders.csv").read_bytes()
    head, rows = rows[:rows.index(b"\n") + 1], rows[rows.index(b"\n") + 1:]
    with open(works.project.path("big.csv"), "wb") as big:
        big.write(head)
        for _ in range(GROWTH):
            big.write(rows)
    taken = works.ours("big_postgres", works.empty("postgres", "loaded"))()
    if works.sums("postgres", "loaded").split("|")[0] != str(GROWTH * works.options.rows):
        raise RuntimeError("rows are missing")
    works.project.path("big.csv").unlink()
    works.empty("postgres", "loaded")()
    return taken


def into_mysql(works, report):
    report.section("Loading into MariaDB", "Against the `mariadb` client's LOAD DATA LOCAL of the same rows.")
    samples = alternate(works.options.pairs, {
        "LOAD DATA LOCAL": load_data(works),
        "CSV → MariaDB": works.ours("csv_mysql", works.empty("mysql", "loaded"))})
    works.expect_same("mysql", "loaded", "plain")
    load, ours = samples.values()
    report.ratio("CSV → MariaDB: wall", ratios(ours, load, wall), 1.25, "LOAD DATA")
    report.bar("CSV → MariaDB: peak memory", max(map(peak, ours)), 64, "MiB")
    report.medians(samples)


def upserts(works, report):
    report.section("Upserts", "Half of the rows are new, a quarter has changed, a quarter is the same. Against the same thing written by hand: a temporary table, one UPDATE of what "
                   "differs, one INSERT of what is new, and the three counts.")
    works.project.write("by_hand.sql", POSTGRES_BY_HAND.format(file="orders.csv", changes=", ".join(f"{name} = s.{name}" for name in NAMES)))
    by_hand = MYSQL_BY_HAND.format(file="orders.tsv", changes=", ".join(f"t.{name} = s.{name}" for name in NAMES))
    samples = alternate(works.options.pairs, {
        "PostgreSQL, by hand": works.work(*works.psql(script="by_hand.sql"), reset=works.half_full("postgres")),
        "PostgreSQL, upsert": works.ours("postgres_upsert", works.half_full("postgres")),
        "MariaDB, by hand": works.work(*works.mariadb_client(by_hand), reset=works.half_full("mysql")),
        "MariaDB, upsert": works.ours("mysql_upsert", works.half_full("mysql"))})
    for family in ("postgres", "mysql"):
        works.half_full(family)()
        works.ours(f"{family}_upsert")()
        works.expect_same(family, "merged", "plain")
    hand, ours, mysql_hand, mysql_ours = samples.values()
    report.ratio("upsert into PostgreSQL: wall", ratios(ours, hand, wall), 1.30, "by hand")
    report.ratio("upsert into MariaDB: wall", ratios(mysql_ours, mysql_hand, wall), 1.30, "by hand")
    report.medians(samples)


def measure(meter, report, options):
    floor = reads.build_floor(options.folder)
    with servers.MariaDb(*MYSQL_SETTINGS, buffer_pool="128M") as mariadb, servers.PostgreSql(*POSTGRES_SETTINGS, durable=True) as postgres:
        mariadb.sql("CREATE DATABASE shop CHARACTER SET utf8mb4")
        with Project(pipelines(), {**mariadb.variables("shop"), **postgres.variables("shop")}) as project:
            works = Works(meter, options, mariadb, postgres, project)
            make_rows(works, floor)
            from_postgres(works, report)
            into_postgres(works, report, floor)
            into_mysql(works, report)
            upserts(works, report)
