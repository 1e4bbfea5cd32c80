"""Reading from MySQL: a big table into a CSV file, and through an aggregate."""
import hashlib
import subprocess

import program
import servers
import shop
from program import CONNECTIONS, Project, pipeline, read_table, transform, write_csv
from sampling import alternate, build, cpu, instructions, peak, ratios, wall

QUERY = "SELECT * FROM orders"
COUNTED_ROWS = "100000"
AGGREGATE = "SELECT state, count(*) AS orders, sum(total) AS total FROM input_df GROUP BY state ORDER BY state"


def same_rows(left, right):
    """Whether two CSV files hold the same text, quotes and the case of hex digits apart."""
    def digest(path):
        value = hashlib.sha256()
        with open(path, "rb") as file:
            while block := file.read(1 << 20):
                value.update(block.replace(b'"', b"").lower())
        return value.hexdigest()
    return digest(left) == digest(right)


def build_floor(folder):
    flags = subprocess.run(["mariadb_config", "--cflags", "--libs"], capture_output=True, text=True, check=True).stdout.split()
    return build(folder, "floor", *flags)


def measure(meter, report, options):
    floor_program = build_floor(options.folder)
    with servers.MariaDb(buffer_pool="1G") as server:
        server.sql("CREATE DATABASE shop CHARACTER SET utf8mb4")
        server.sql(shop.orders_sql(options.rows), "shop")
        files = {"osiris_connections.yaml": CONNECTIONS, "to_csv.oml": pipeline(read_table(query=QUERY), write_csv(path="ours.csv")),
                 "to_sql.oml": pipeline(read_table(query=QUERY), transform(query=AGGREGATE), write_csv(path="totals.csv"))}
        silent = {**files, "osiris.yaml": "session: {value_ranges: false}\n"}
        with Project(files, server.variables("shop")) as project, Project(silent, server.variables("shop")) as without:
            environment = program.clean_environment(project.home, project.variables)
            target = ["127.0.0.1", str(server.port), server.user, "shop", QUERY]

            def work(*command):
                return lambda: meter.sample(command, project.folder, environment)
            samples = alternate(options.pairs, {
                "bare fetch": work(floor_program, "fetch", *target),
                "floor": work(floor_program, "csv", *target, "floor.csv"),
                "MySQL → CSV": work(program.program(), "run", "to_csv.oml", "--quiet"),
                "MySQL → SQL → CSV": work(program.program(), "run", "to_sql.oml", "--quiet")})
            if not same_rows(project.path("floor.csv"), project.path("ours.csv")):
                raise RuntimeError("the floor and the program wrote different rows")
            ranged = alternate(3 * options.pairs, {
                each: lambda folder=folder: meter.sample([program.program(), "run", "to_csv.oml", "--quiet"], folder, environment)
                for each, folder in (("with", project.folder), ("without", without.folder))})
            counted, how = zip(*(instructions([program.program(), "run", "to_csv.oml", "--quiet", "--limit", COUNTED_ROWS], each.folder, environment)
                                 for each in (project, without)))
    report.section("Reading from MySQL", "The floor is `tests/bench/floor.c`: libmariadb's `mysql_use_result` into a CSV file through a "
                   "buffer of 1 MiB; the bare fetch drops the rows.")
    fetch, floor, to_csv, to_sql = samples.values()
    report.ratio("the floor itself: wall", ratios(floor, fetch, wall), 1.15, "fetch")
    report.ratio("MySQL → CSV, one connection: wall", ratios(to_csv, floor, wall), 1.10, "floor")
    report.ratio("MySQL → CSV: client CPU", ratios(to_csv, floor, cpu), 1.50, "floor")
    report.ratio("MySQL → CSV, with value ranges in the session: wall", ratios(ranged["with"], ranged["without"], wall), 1.01, "without")
    report.note(f"the same in instructions, counted by {how[0]}: {counted[0] / counted[1]:.2f} × without" if all(counted) else f"instructions: {how[0]}")
    report.bar("MySQL → CSV: peak memory", max(map(peak, to_csv)), 40, "MiB")
    report.ratio("MySQL → SQL aggregate → CSV: wall", ratios(to_sql, fetch, wall), 1.20, "fetch")
    report.bar("MySQL → SQL aggregate → CSV: peak memory", max(map(peak, to_sql)), 128, "MiB")
    report.medians(samples)
