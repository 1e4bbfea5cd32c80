"""Twelve things that people ask of a pipeline, each with its data, a pipeline that does it, and the rows that it has to leave.

`World` has the servers. For each request: `world.prepare(request)`, then a pipeline is made from `request.message` by
whatever is tested, then for each stage: `stage.change` is done to the sources, the pipeline runs, `world.differences(...)` is [].
"""
import csv
import dataclasses
import io
import json

import rest_server
import servers
from program import CONNECTIONS, POSTGRES_CONNECTION, Project, pipeline, read_csv, read_table, step, transform, write_csv

SOURCES = """
DROP DATABASE IF EXISTS shop; CREATE DATABASE shop; USE shop;
CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(40) NOT NULL, city VARCHAR(40) NOT NULL);
INSERT INTO customers VALUES (1, 'Ada', 'Praha'), (2, 'Bob', 'Brno'), (3, 'Cyd', 'Praha'), (4, 'Dan', 'Plzen');
CREATE TABLE orders (id INT PRIMARY KEY, customer_id INT NOT NULL, status VARCHAR(20) NOT NULL, total DECIMAL(10,2) NOT NULL,
                     ordered_on DATE NOT NULL, updated_at DATETIME(6) NOT NULL);
INSERT INTO orders VALUES
  (1, 1, 'paid', 10.00, '2026-01-03', '2026-01-03 08:00:00'), (2, 2, 'open', 20.00, '2026-01-03', '2026-01-03 09:00:00'),
  (3, 1, 'paid', 30.50, '2026-01-04', '2026-01-04 08:00:00'), (4, 3, 'paid', 5.25, '2026-01-04', '2026-01-04 09:00:00'),
  (5, 4, 'paid', 99.00, '2026-01-05', '2026-01-05 08:00:00'), (6, 2, 'paid', 1.00, '2026-01-05', '2026-01-05 09:00:00');
"""
# What the targets have before: order 2 has another status there, customer 9 is not in the source.
TARGETS = """
DROP TABLE IF EXISTS orders, orders_log, customers, people, _osiris_loads, _osiris_state CASCADE;
CREATE TABLE orders (id integer PRIMARY KEY, status text, total numeric(10,2));
INSERT INTO orders VALUES (2, 'new', 20.00), (9, 'lost', 9.00);
CREATE TABLE orders_log (id integer, status text, updated_at timestamp);
CREATE TABLE people (id integer PRIMARY KEY, name text, city text);
INSERT INTO people VALUES (2, 'Bob', 'Zlin'), (9, 'Ivo', 'Opava');
"""
PEOPLE = "name;email;city\n Ada ;ADA@example.com;Praha\nBob;;Brno\n Ada ;ADA@example.com;Praha\nCyd;Cyd@Example.com; Praha \n"
FILES = {"osiris_connections.yaml": CONNECTIONS + POSTGRES_CONNECTION + rest_server.CONNECTION, "input/people.csv": PEOPLE}


@dataclasses.dataclass
class Result:
    """Rows that must be somewhere, as texts. `place`: the path of a csv or parquet file, with its header as the first row, or a
    query to PostgreSQL. Rows of a file count in any order unless `is_ordered`."""
    kind: str
    place: str
    rows: list
    is_ordered: bool = False


@dataclasses.dataclass
class Stage:
    """A run: SQL that changes the sources before it, options of `osiris run`, what must be there after it."""
    results: list
    change: str = ""
    options: tuple = ()


@dataclasses.dataclass
class Request:
    """`components`: what a right pipeline has, whatever else it has."""
    name: str
    message: str
    oml: str
    components: set
    stages: list


def write_postgres(identifier="write", more="", **config):
    return step(identifier, "postgres.writer", "write", {"connection": "@postgres.main", **config}, more)


CUSTOMERS = [["1", "Ada", "Praha"], ["2", "Bob", "Brno"], ["3", "Cyd", "Praha"], ["4", "Dan", "Plzen"]]

REQUESTS = [
    Request(
        "copy_table", "Copy the table customers of @mysql.main to output/customers.csv.",
        pipeline(read_table(table="customers"), write_csv(path="output/customers.csv"), name="copy_table"),
        {"mysql.extractor", "filesystem.csv_writer"},
        [Stage([Result("csv", "output/customers.csv", [["id", "name", "city"], *CUSTOMERS])])]),
    Request(
        "filter", "Write the paid orders of @mysql.main to output/paid.csv, only the columns id and total.",
        pipeline(read_table(table="orders", columns=["id", "total"], where="status = 'paid'"), write_csv(path="output/paid.csv"), name="filter"),
        {"mysql.extractor", "filesystem.csv_writer"},
        [Stage([Result("csv", "output/paid.csv", [["id", "total"], ["1", "10.00"], ["3", "30.50"], ["4", "5.25"], ["5", "99.00"], ["6", "1.00"]])])]),
    Request(
        "join", "Join orders and customers of @mysql.main and write order id, customer name and total to output/orders_with_names.csv.",
        pipeline(read_table(query="SELECT o.id, c.name, o.total FROM orders AS o JOIN customers AS c ON c.id = o.customer_id"),
                 write_csv(path="output/orders_with_names.csv"), name="join"),
        {"mysql.extractor", "filesystem.csv_writer"},
        [Stage([Result("csv", "output/orders_with_names.csv", [
            ["id", "name", "total"], ["1", "Ada", "10.00"], ["2", "Bob", "20.00"], ["3", "Ada", "30.50"], ["4", "Cyd", "5.25"],
            ["5", "Dan", "99.00"], ["6", "Bob", "1.00"]])])]),
    Request(
        "top_n", "Write the three largest orders of @mysql.main, the largest first, to output/top.csv with the columns id and total.",
        pipeline(read_table(query="SELECT id, total FROM orders ORDER BY total DESC LIMIT 3"), write_csv(path="output/top.csv"), name="top_n"),
        {"mysql.extractor", "filesystem.csv_writer"},
        [Stage([Result("csv", "output/top.csv", [["id", "total"], ["5", "99.00"], ["3", "30.50"], ["2", "20.00"]], is_ordered=True)])]),
    Request(
        "upsert_postgres", "Upsert id, status and total of the orders of @mysql.main into the table orders of @postgres.main by id.",
        pipeline(read_table(table="orders", columns=["id", "status", "total"]),
                 write_postgres(table="orders", write_mode="upsert", primary_key=["id"]), name="upsert_postgres"),
        {"mysql.extractor", "postgres.writer"},
        [Stage([Result("postgres", "SELECT id, status, total FROM orders ORDER BY id", [
            ["1", "paid", "10.00"], ["2", "open", "20.00"], ["3", "paid", "30.50"], ["4", "paid", "5.25"], ["5", "paid", "99.00"],
            ["6", "paid", "1.00"], ["9", "lost", "9.00"]])])]),
    Request(
        "upsert_supabase", "Upsert the customers of @mysql.main into the table people of @supabase.main by id.",
        pipeline(read_table(table="customers"),
                 step("write", "supabase.writer", "write", {"connection": "@supabase.main", "table": "people", "write_mode": "upsert",
                                                            "primary_key": ["id"]}), name="upsert_supabase"),
        {"mysql.extractor", "supabase.writer"},
        [Stage([Result("postgres", "SELECT id, name, city FROM people ORDER BY id", [*CUSTOMERS, ["9", "Ivo", "Opava"]])])]),
    Request(
        "incremental", "Append id, status and updated_at of the orders of @mysql.main to the table orders_log of @postgres.main, each run only what "
                       "is new by updated_at; id tells rows with the same time apart.",
        pipeline(read_table(table="orders", columns=["id", "status", "updated_at"], incremental={"cursor": "updated_at", "key": "id"}),
                 write_postgres(table="orders_log", write_mode="append"), name="incremental"),
        {"mysql.extractor", "postgres.writer"},
        [Stage([Result("postgres", "SELECT id, status FROM orders_log ORDER BY id, status", [
            ["1", "paid"], ["2", "open"], ["3", "paid"], ["4", "paid"], ["5", "paid"], ["6", "paid"]])]),
         Stage([Result("postgres", "SELECT id, status FROM orders_log ORDER BY id, status", [
             ["1", "paid"], ["2", "open"], ["2", "paid"], ["3", "paid"], ["4", "paid"], ["5", "paid"], ["6", "paid"], ["7", "open"]])],
             change="UPDATE shop.orders SET status = 'paid', updated_at = '2026-01-06 08:00:00' WHERE id = 2;"
                    "INSERT INTO shop.orders VALUES (7, 1, 'open', 7.00, '2026-01-06', '2026-01-06 09:00:00')")]),
    Request(
        "clean_csv", "Clean input/people.csv up: no spaces around names and cities, emails in lower case, no rows without an email, none twice. "
                     "Write name, email and city to output/people.csv with commas.",
        pipeline(read_csv(path="input/people.csv", delimiter=";"),
                 transform("clean", query="SELECT DISTINCT trim(name) AS name, lower(trim(email)) AS email, trim(city) AS city FROM input_df "
                                          "WHERE email IS NOT NULL AND trim(email) <> ''"),
                 write_csv(path="output/people.csv"), name="clean_csv"),
        {"filesystem.csv_extractor", "filesystem.csv_writer"},
        [Stage([Result("csv", "output/people.csv", [["name", "email", "city"], ["Ada", "ada@example.com", "Praha"],
                                                    ["Cyd", "cyd@example.com", "Praha"]])])]),
    Request(
        "parquet", "Write id, total and ordered_on of the orders of @mysql.main to output/orders.parquet.",
        pipeline(read_table(table="orders", columns=["id", "total", "ordered_on"]),
                 step("write", "filesystem.parquet_writer", "write", {"path": "output/orders.parquet"}), name="parquet"),
        {"mysql.extractor", "filesystem.parquet_writer"},
        [Stage([Result("parquet", "output/orders.parquet", [
            ["id", "total", "ordered_on"], ["1", "10.00", "2026-01-03"], ["2", "20.00", "2026-01-03"], ["3", "30.50", "2026-01-04"],
            ["4", "5.25", "2026-01-04"], ["5", "99.00", "2026-01-05"], ["6", "1.00", "2026-01-05"]])])]),
    Request(
        "python_step", "Read id and name of the customers of @mysql.main, add a column initial with the first letter of the name by a Python step, "
                       "and write output/initials.csv.",
        pipeline(read_table(table="customers", columns=["id", "name"]),
                 step("initial", "python.processor", "transform",
                      {"code": "def transform(batch):\n    return [{**row, \"initial\": row[\"name\"][0]} for row in batch]\n"}),
                 write_csv(path="output/initials.csv"), name="python_step"),
        {"mysql.extractor", "python.processor", "filesystem.csv_writer"},
        [Stage([Result("csv", "output/initials.csv", [["id", "name", "initial"], ["1", "Ada", "A"], ["2", "Bob", "B"], ["3", "Cyd", "C"],
                                                      ["4", "Dan", "D"]])])]),
    Request(
        "two_targets", "Write the customers of @mysql.main both to output/customers.csv and into a new table customers of @postgres.main.",
        pipeline(read_table(table="customers"), write_csv("file", "needs: [read]", path="output/customers.csv"),
                 write_postgres("table", "needs: [read]", table="customers", write_mode="replace", create_if_missing=True), name="two_targets"),
        {"mysql.extractor", "filesystem.csv_writer", "postgres.writer"},
        [Stage([Result("csv", "output/customers.csv", [["id", "name", "city"], *CUSTOMERS]),
                Result("postgres", "SELECT id, name, city FROM customers ORDER BY id", CUSTOMERS)])]),
    Request(
        "daily_params", "Every night a scheduler will write id and total of one day's orders of @mysql.main to output/day.csv. Make the day a parameter "
                        "called day, by default 2026-01-03.",
        pipeline(read_table(query="SELECT id, total FROM orders WHERE ordered_on = '${params.day}'"), write_csv(path="output/day.csv"),
                 head='params:\n  day: "2026-01-03"\n', name="daily_params"),
        {"mysql.extractor", "filesystem.csv_writer"},
        [Stage([Result("csv", "output/day.csv", [["id", "total"], ["1", "10.00"], ["2", "20.00"]])]),
         Stage([Result("csv", "output/day.csv", [["id", "total"], ["3", "30.50"], ["4", "5.25"]])], options=("--param", "day=2026-01-04"))]),
]


class World:
    """The servers of all twelve. Use it in a `with`."""

    def __enter__(self):
        self.mariadb = servers.MariaDb()
        self.postgres = servers.PostgreSql()
        self.rest = rest_server.RestServer(self.postgres)
        return self

    def __exit__(self, *failure):
        self.rest.__exit__(*failure)
        self.postgres.close()
        self.mariadb.close()

    def variables(self):
        """The environment variables under which a project finds the servers."""
        return {**self.mariadb.variables("shop"), **self.postgres.variables(), **self.rest.variables()}

    def project(self, files=None, variables=None):
        """A project with the connections and files that the requests speak of."""
        return Project({**FILES, **(files or {})}, {**self.variables(), **(variables or {})})

    def prepare(self):
        """Sources and targets as they are before any request."""
        self.mariadb.sql(SOURCES)
        self.postgres.sql(TARGETS)

    def change(self, sql):
        if sql:
            self.mariadb.sql(sql)

    def found(self, project, result):
        """The rows that are where the result says, or why there are none."""
        if result.kind == "postgres":
            return self.postgres.rows(result.place)
        path = result.place
        if not project.exists(path):
            return f"{path} is not there"
        if result.kind == "parquet":
            project.write("look.oml", pipeline(step("read", "filesystem.parquet_extractor", "read", {"path": path}), write_csv(path="look.csv")))
            done = project.run("run", "look.oml")
            if done.exit_code != 0:
                return done.text
            path = "look.csv"
        return list(csv.reader(io.StringIO(project.read(path))))

    def differences(self, project, stage):
        """What is not as the stage wants it, as texts; [] where all is."""
        differences = []
        for result in stage.results:
            got, wanted = self.found(project, result), result.rows
            if isinstance(got, list) and not result.is_ordered and result.kind != "postgres":
                got, wanted = [got[:1], sorted(got[1:])], [wanted[:1], sorted(wanted[1:])]
            if got != wanted:
                differences.append(f"{result.place}: got {json.dumps(got)}, wanted {json.dumps(wanted)}")
        return differences
