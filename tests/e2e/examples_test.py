"""The movie examples, end to end: MariaDB to files and to Supabase, over the database and over REST with the function."""
import csv
import io
import pathlib

import servers
from checks import Checks
from program import ROOT, Project
from rest_server import RestServer

MOVIES = ROOT / "examples" / "04-movies"
TABLES = {"actors": 20, "directors": 10, "movie_actors": 20, "movies": 14, "reviews": 20}
GOLDEN = list(csv.reader(io.StringIO((MOVIES / "expected" / "director_stats.csv").read_text(encoding="utf-8"))))
# Of the five movies of Nolan and Gerwig alone: movies, genres, runtime, first and last year, total gross.
FIVE_MOVIES = [["1", "3", "3", "134.7", "2010", "2020", "1727400000"], ["2", "2", "2", "124.5", "2019", "2023", "1659900000"]]


def project(mariadb, variables):
    files = {path.name: path.read_bytes() for path in MOVIES.iterdir() if path.is_file()}
    return Project(files, {**mariadb.variables("movies"), **variables})


def table_rows(mariadb, table):
    """The rows as the client prints them, null as \\N."""
    return [line.split("\t") for line in mariadb.sql(f"SELECT * FROM {table} ORDER BY 1, 2", "movies").splitlines()]


def stats(postgres, table):
    return sorted(postgres.rows(f"SELECT * FROM {table}"), key=lambda row: -int(row[10]))


def check_files(checks, mariadb, folder):
    with folder as p:
        done = p.run("run", "mysql_to_local_csv_all_tables.oml")
        checks.equal("every table as CSV", (done.exit_code, done.stderr), (0, ""))
        for table, count in TABLES.items():
            rows = list(csv.reader(io.StringIO(p.read(f"output/{table}.csv"), newline="")))[1:]
            wanted = [[{"NULL": ""}.get(cell, cell.replace("\\n", "\n")) for cell in row] for row in table_rows(mariadb, table)]
            checks.equal(f"{table}.csv has every row", (len(rows), sorted(rows)), (count, sorted(wanted)))


def check_supabase(checks, road, mariadb, postgres, variables):
    with project(mariadb, variables) as p:
        postgres.sql("".join(f"DROP TABLE IF EXISTS {table};" for table in [*TABLES, "director_stats_replace", "director_stats_append"]))
        for _ in range(2):
            done = p.run("run", "mysql_duckdb_supabase_demo.oml")
            checks.equal(f"{road}: the demo, also again", (done.exit_code, stats(postgres, "director_stats_replace")), (0, GOLDEN[1:]))
        checks.equal(f"{road}: append", (p.run("run", "mysql_duckdb_supabase_append.oml").exit_code, stats(postgres, "director_stats_append")), (0, GOLDEN[1:]))
        again = p.run("run", "mysql_duckdb_supabase_append.oml", "--json")
        checks.equal(f"{road}: append again meets the key", (again.error().get("code"), stats(postgres, "director_stats_append")), ("value.duplicate_key", GOLDEN[1:]))
        checks.equal(f"{road}: the debug pipeline", p.run("run", "mysql_duckdb_supabase_debug.oml").exit_code, 0)
        for name in ("duckdb_output", "final_output_to_supabase"):
            checks.equal(f"{road}: {name}.csv", list(csv.reader(io.StringIO(p.read(f"debug_out/{name}.csv")))), GOLDEN)
        checks.equal(f"{road}: mysql_extract.csv has the movies with a director", p.read("debug_out/mysql_extract.csv").count("\n"), 14)
        for times in (1, 2):
            done = p.run("run", "mysql_to_supabase_all_tables.oml")
            counts = {table: int(postgres.sql(f"SELECT count(*) FROM {table}")) for table in TABLES}
            checks.equal(f"{road}: every table, {times} times", (done.exit_code, counts), (0, {table: times * count for table, count in TABLES.items()}))
        for table in TABLES:
            seen = [[cell.replace("\n", "\\n") for cell in row] for row in postgres.sql(
                f"COPY (SELECT DISTINCT * FROM {table} ORDER BY 1, 2) TO STDOUT WITH (NULL 'NULL')").splitlines() for row in [row.split("\t")]]
            checks.equal(f"{road}: {table} is the same", seen, table_rows(mariadb, table))
        types = postgres.rows("SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid IN ('reviews'::regclass, 'actors'::regclass) "
                              "AND attname IN ('rating', 'reviewed_at', 'birth_date', 'review_id') ORDER BY 1")
        checks.equal(f"{road}: types survive", types, [["birth_date", "date"], ["rating", "numeric(3,1)"], ["review_id", "integer"],
                                                       ["reviewed_at", "timestamp without time zone"]])


def check_five_movies(checks, mariadb, postgres, variables):
    """The numbers that the original's own test had for its five movies."""
    mariadb.sql("CREATE DATABASE few; CREATE TABLE few.directors AS SELECT * FROM movies.directors; "
                "CREATE TABLE few.movies AS SELECT * FROM movies.movies WHERE director_id IN (1, 2)")
    with project(mariadb, {**variables, "MYSQL_DATABASE": "few"}) as p:
        checks.equal("five movies: the demo", p.run("run", "mysql_duckdb_supabase_demo.oml").exit_code, 0)
        seen = [[row[column] for column in (0, 3, 4, 5, 6, 7, 10)] for row in stats(postgres, "director_stats_replace")]
        checks.equal("five movies: the golden numbers", seen, FIVE_MOVIES)


def check_without_function(checks, mariadb, variables):
    with project(mariadb, variables) as p:
        done = p.run("run", "mysql_duckdb_supabase_demo.oml", "--json")
        checks.equal("over REST alone no table can be made", done.error().get("code"), "supabase.needs_function")


def main(checks):
    with servers.MariaDb() as mariadb, servers.PostgreSql() as postgres:
        mariadb.sql("CREATE DATABASE movies CHARACTER SET utf8mb4")
        mariadb.sql(pathlib.Path(MOVIES / "setup.sql").read_bytes(), "movies")
        database = {"SUPABASE_URL": "http://127.0.0.1:9", "SUPABASE_SERVICE_ROLE_KEY": "unused", "SUPABASE_DSN": postgres.dsn()}
        checks.group("files", check_files, mariadb, project(mariadb, database))
        checks.group("over the database", lambda c: check_supabase(c, "database", mariadb, postgres, database))
        checks.group("five movies", check_five_movies, mariadb, postgres, database)
        with RestServer(postgres, grants=False) as rest:
            postgres.sql("DROP TABLE director_stats_replace")
            over_rest = {"SUPABASE_URL": rest.url, "SUPABASE_SERVICE_ROLE_KEY": rest.keys["secret"]}
            checks.group("without the function", check_without_function, mariadb, over_rest)
            with project(mariadb, {**over_rest, "SUPABASE_DSN": postgres.dsn()}) as p:
                checks.equal("the function is installed", p.run("supabase", "install").exit_code, 0)
            checks.group("over REST", lambda c: check_supabase(c, "rest", mariadb, postgres, over_rest))


if __name__ == "__main__":
    Checks.run(main)
