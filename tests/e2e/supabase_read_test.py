"""supabase.extractor over REST and over the database: pages, caps, keys, types, each against plain SQL."""
import csv
import io
import urllib.parse

import rest_server
import servers
from checks import Checks
from program import CONNECTIONS, Project, events, pipeline, step, write_csv

TYPES = """
CREATE TYPE mood AS ENUM ('good', 'bad, "very"');
CREATE TABLE kinds (
  id bigint PRIMARY KEY, small smallint, whole integer, exact numeric(20,6), loose numeric, narrow real, wide double precision,
  yes boolean, day date, moment timestamp, instant timestamptz, clock time, span interval, plain text, short varchar(12),
  number uuid, document jsonb, other json, bytes bytea, list int[], feeling mood, address inet);
INSERT INTO kinds VALUES
 (1, -32768, 2147483647, 12345678901234.123456, 1e-20, 1.1, 0.1, true, '2024-02-29', '2024-02-29 23:59:59.123456',
  '2024-02-29 23:59:59.123456+02', '23:59:59.5', '1 day 02:03', E'a "quoted",\\n\\tline \\\\ é 😀', 'short', 'c0ffee00-0000-4000-8000-000000000001',
  '{"a": [1, "x"]}', '{"b":1.50}', '\\x00ff10', '{1,NULL,3}', 'bad, "very"', '10.0.0.1/8'),
 (9223372036854775807, 32767, -2147483648, -0.000001, 99999999999999999999999999.5, 'NaN', '-Infinity', false, '0044-03-15 BC',
  'infinity', '-infinity', '00:00', '-1 mon', '', '', NULL, 'null', '[]', '', '{}', 'good', '::1'),
 (-5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
"""


def project(rest, *steps, key="service", more=None):
    files = {"osiris_connections.yaml": CONNECTIONS + rest_server.CONNECTION_TO_DATABASE, "p.oml": pipeline(*steps)}
    return Project(files, {"MYSQL_HOST": "unused", **rest.variables(key), **(more or {})})


def read(**config):
    return step("read", "supabase.extractor", "read", {"connection": "@supabase.main", **config})


def rows_of(rest, checks, what, **config):
    """The rows that a run writes as CSV, lists of texts."""
    with project(rest, read(**config), write_csv(path="out.csv")) as p:
        done = p.run("run", "p.oml")
        if not checks.equal(f"{what}: exit code", (done.exit_code, done.stderr[-300:] if done.exit_code else ""), (0, "")):
            return []
        return list(csv.reader(io.StringIO(p.read("out.csv"), newline="")))[1:]


def check_types(checks, rest, postgres):
    postgres.sql(TYPES)
    columns = postgres.rows("SELECT attname FROM pg_attribute WHERE attrelid = 'kinds'::regclass AND attnum > 0 ORDER BY attnum")
    texts = ", ".join(f"{name}::text" for [name] in columns)
    wanted = list(csv.reader(io.StringIO(postgres.sql(f"COPY (SELECT {texts} FROM kinds ORDER BY id) TO STDOUT CSV"), newline="")))
    seen = rows_of(rest, checks, "types", table="kinds")
    plain = {"yes": {"t": "true", "f": "false"}}
    for row, right in zip(seen, wanted):
        for name, value, expected in zip(columns, row, right):
            expected = plain.get(name[0], {}).get(expected, expected)
            if name[0] in ("narrow", "wide"):
                value, expected = (float(text) if text else None for text in (value, expected))
                value, expected = repr(value), repr(expected)
            checks.equal(f"{name[0]} of row {right[0]}", value, expected)
    checks.equal("all rows of all types", len(seen), 3)


def check_caps(checks, rest, postgres):
    postgres.sql("CREATE TABLE paged (id bigint PRIMARY KEY, note text); INSERT INTO paged SELECT g * 7, 'n' || g FROM generate_series(1, 12345) g;"
                 "CREATE TABLE two (a text, b int, v int, PRIMARY KEY (a, b)); INSERT INTO two SELECT 'k,\"' || g % 7, g, g * 2 FROM generate_series(1, 2600) g;"
                 "CREATE TABLE keyless (v int, w text); INSERT INTO keyless SELECT g, 'w' FROM generate_series(1, 2500) g")
    every = [[str(number * 7), f"n{number}"] for number in range(1, 12346)]
    for cap in (100, 1000, 10000):
        rest.set(max_rows=cap)
        rest.forget()
        checks.equal(f"a cap of {cap}", rows_of(rest, checks, f"cap {cap}", table="paged"), every)
        pages = [entry for entry in rest.log() if entry["path"].endswith("/paged")]
        least = min(cap, 5000)
        checks.equal(f"a cap of {cap}: requests", len(pages), -(-12345 // least) + 1)
        if cap == 10000:
            rest.forget()
            checks.equal("a page as large as the cap", rows_of(rest, checks, "a large page", table="paged", page_rows=20000), every)
            checks.equal("a page as large as the cap: requests", len([entry for entry in rest.log() if entry["path"].endswith("/paged")]), 3)
    rest.set(max_rows=1000)
    for page_rows in (7, 999, 1000, 12345):
        few = rows_of(rest, checks, f"pages of {page_rows}", table="paged", page_rows=page_rows, filter={"id": "lte.7000"})
        checks.equal(f"pages of {page_rows}", few, every[:1000])
    both = sorted([f'k,"{number % 7}', str(number), str(number * 2)] for number in range(1, 2601))
    checks.equal("a composite key", sorted(rows_of(rest, checks, "a composite key", table="two")), both)
    with project(rest, read(table="keyless"), write_csv(path="out.csv")) as p:
        plan = p.run("plan", "p.oml")
        checks.contains("the plan warns of a table without a key", plan.stdout, "no primary key")
        p.run("run", "p.oml")
        warnings = [event["code"] for event in events(p.sessions()[-1], "warning")]
        checks.equal("and so does the run", warnings, ["supabase.no_key"])
        checks.equal("its rows", sorted(int(line.split(",")[0]) for line in p.read("out.csv").splitlines()[1:]), list(range(1, 2501)))
    empty = rows_of(rest, checks, "an empty table", table="paged", filter={"id": "is.null"})
    checks.equal("an empty table", empty, [])


def check_filters(checks, rest, postgres, dsn):
    postgres.sql("CREATE TABLE people (id int PRIMARY KEY, \"full name\" text, age int, gone timestamptz);"
                 "INSERT INTO people VALUES (1, 'Ann, \"A\"', 20, NULL), (2, 'Bo*b', 30, now()), (3, 'Čeněk', NULL, NULL), (4, 'o''Neil & Co = 100%', 40, NULL)")
    cases = {
        "equal": ({"age": "eq.30"}, [2]), "not equal": ({"age": "neq.30"}, [1, 4]), "greater": ({"age": "gt.20"}, [2, 4]),
        "at most": ({"age": "lte.30"}, [1, 2]), "is null": ({"age": "is.null"}, [3]), "is not null": ({"age": "not.is.null"}, [1, 2, 4]),
        "in": ({"full name": "in.(\"Ann, \\\"A\\\"\",Čeněk)"}, [1, 3]), "not in": ({"id": "not.in.(1,2)"}, [3, 4]),
        "like": ({"full name": "like.*Neil*"}, [4]), "ilike": ({"full name": "ilike.*NEIL*"}, [4]),
        "signs": ({"full name": "eq.o'Neil & Co = 100%"}, [4]), "two": ({"age": "gte.20", "gone": "is.null"}, [1, 4]),
    }
    postgres.sql("CREATE TABLE words (\"limit\" int PRIMARY KEY, \"order\" int, \"select\" text); INSERT INTO words SELECT g, g % 3, 's' || g FROM generate_series(1, 20) g")
    words = rows_of(rest, checks, "names that are words of a request", table="words", filter={"order": "eq.1"}, page_rows=3)
    checks.equal("names that are words of a request", words, [[str(number), "1", f"s{number}"] for number in range(1, 21, 3)])
    for name, (condition, wanted) in cases.items():
        over_rest = rows_of(rest, checks, name, table="people", columns=["id"], filter=condition)
        checks.equal(f"filter {name}, over REST", [int(row[0]) for row in over_rest], wanted)
        with project(dsn, read(table="people", columns=["id"], filter=condition), write_csv(path="out.csv")) as p:
            done = p.run("run", "p.oml")
            checks.equal(f"filter {name}, over the database", sorted(map(int, p.read("out.csv").split()[1:])) if done.exit_code == 0 else done.stderr, wanted)
    for name, condition in {"no operator": {"age": "30"}, "another": {"age": "between.1"}, "is what": {"age": "is.30"}}.items():
        with project(rest, read(table="people", filter=condition), write_csv(path="out.csv")) as p:
            checks.contains(f"a filter of {name} is refused", p.run("run", "p.oml").stderr, "no condition")


ORDERS = {
    "a column": (["rank"], "rank, id"), "descending": (["rank.desc"], "rank DESC, id"), "nulls first": (["rank.nullsfirst"], "rank NULLS FIRST, id"),
    "descending, nulls last": (["rank.desc.nullslast"], "rank DESC NULLS LAST, id"), "two": (["name.desc", "rank"], "name DESC, rank, id"),
    "an odd name": (["a.b, \"c\".desc"], "\"a.b, \"\"c\"\"\" DESC, id"), "the key backwards": (["id.desc"], "id DESC"), "a time": (["moment.desc"], "moment DESC, id"),
}


def check_order(checks, rest, postgres, dsn):
    """Pages in an order of the user's, with nulls at both ends of pages."""
    postgres.sql("CREATE TABLE ordered (id int PRIMARY KEY, rank numeric, name text, moment timestamptz, \"a.b, \"\"c\"\"\" int);"
                 "INSERT INTO ordered SELECT g, CASE WHEN g % 3 > 0 THEN g % 40 / 8.0 END, CASE WHEN g % 5 > 0 THEN 'n,\"(' || g % 11 END, "
                 "CASE WHEN g % 4 > 0 THEN timestamptz '2026-01-01' + g % 50 * interval '1.000001 s' END, NULLIF(g % 9, 0) FROM generate_series(1, 400) g;"
                 "CREATE VIEW seen AS SELECT * FROM ordered")
    for what, (order, sql) in ORDERS.items():
        wanted = [row[0] for row in postgres.rows(f"SELECT id FROM ordered ORDER BY {sql}")]
        for page_rows in (7, 400):
            over_rest = rows_of(rest, checks, f"order by {what}", table="ordered", columns=["id"], order=order, page_rows=page_rows)
            checks.equal(f"order by {what}, pages of {page_rows}", [row[0] for row in over_rest], wanted)
    for what, (order, sql) in {"two": (["name.desc", "rank", "id"], "name DESC, rank, id"), "nulls first": (["rank.nullsfirst", "id"], "rank NULLS FIRST, id")}.items():
        wanted = [row[0] for row in postgres.rows(f"SELECT id FROM ordered ORDER BY {sql}")]
        view = rows_of(rest, checks, f"a view by {what}", table="seen", columns=["id"], order=order, page_rows=50)
        checks.equal(f"a view without a key by {what}", [row[0] for row in view], wanted)
        with project(dsn, read(table="ordered", columns=["id"], order=order, filter={"id": "gt.0"}), write_csv(path="out.csv")) as p:
            done = p.run("run", "p.oml")
            checks.equal(f"order by {what}, over the database", p.read("out.csv").split()[1:] if done.exit_code == 0 else done.stderr, wanted)
    with project(rest, read(query="SELECT 1", order=["id"]), write_csv(path="out.csv")) as p:
        checks.equal("an order goes with a table", p.run("run", "p.oml", "--json").error().get("message"), "'order' goes with 'table', not with 'query'")


def check_mistakes(checks, rest, dsn):
    for what, config, code in [("an unknown table", {"table": "peopel"}, "query.unknown_table"),
                               ("an unknown column", {"table": "people", "columns": ["idd"]}, "query.unknown_column"),
                               ("an unknown column of a filter", {"table": "people", "filter": {"idd": "eq.1"}}, "query.unknown_column"),
                               ("an unknown column of an order", {"table": "people", "order": ["agee.desc"]}, "query.unknown_column"),
                               ("a value of the wrong type", {"table": "people", "filter": {"id": "eq.x"}}, "value.malformed"),
                               ("a query", {"query": "SELECT 1"}, "supabase.needs_database")]:
        with project(rest, read(**config), write_csv(path="out.csv")) as p:
            done = p.run("run", "p.oml", "--json")
            checks.equal(f"{what} is told", (done.exit_code != 0, done.error().get("code")), (True, code))
            checks.that(f"{what}: no file is left", not p.exists("out.csv"))
    with project(dsn, read(query="SELECT 1 AS one"), write_csv(path="out.csv")) as p:
        checks.equal("a query goes to the database", (p.run("run", "p.oml").exit_code, p.read("out.csv")), (0, "one\n1\n"))


def check_moving_rows(checks, rest, postgres):
    """Rows that come and go while pages are read: those that stay come once."""
    postgres.sql("CREATE TABLE moving (id int PRIMARY KEY, note text); INSERT INTO moving SELECT g * 2, 'stays' FROM generate_series(1, 3000) g")
    postgres.sql("CREATE FUNCTION disturb() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
    # Each page takes its time, so that the changes below come between pages.
    rest.arm({"kind": "stall", "seconds": 0.05, "path": "/moving", "times": 999})
    with project(rest, read(table="moving", page_rows=100), write_csv(path="out.csv")) as p:
        run = p.start("run", "p.oml")
        changes = 0
        while run.process.poll() is None:
            number = changes % 40
            postgres.sql(f"INSERT INTO moving VALUES ({number * 150 + 1}, 'new') ON CONFLICT DO NOTHING; DELETE FROM moving WHERE note = 'new' AND id < {number * 75}")
            changes += 1
        done = run.wait()
        rest.arm()
        checks.that("rows came and went meanwhile", changes > 2, changes)
        lines = p.read("out.csv").splitlines()[1:]
        stays = [line for line in lines if line.endswith("stays")]
        checks.equal("a run among changes", done.exit_code, 0)
        checks.equal("rows that stay come once", stays, [f"{number * 2},stays" for number in range(1, 3001)])
        checks.equal("no row comes twice", len(set(lines)), len(lines))


def check_secrecy(checks, rest):
    with project(rest, read(table="people"), write_csv(path="out.csv")) as p:
        rest.forget()
        p.run("run", "p.oml")
        key = rest.keys["service"]
        log = str([(entry["path"], urllib.parse.unquote(entry["query"])) for entry in rest.log()])
        checks.that("the key is in no URL", key not in log)
        held = [path.name for path in p.folder.rglob("*") if path.is_file() and key.encode() in path.read_bytes()]
        checks.equal("the key is in no file", held, [])
        checks.that("the program says who it is", all(entry["user_agent"].startswith("osiris/") for entry in rest.log()))
        headers = {name.lower() for entry in rest.log() for name in entry["headers"]}
        checks.that("a token goes into both headers", {"apikey", "authorization"} <= headers)
    with project(rest, read(table="people"), write_csv(path="out.csv"), key="secret") as p:
        rest.forget()
        checks.equal("a secret key reads", p.run("run", "p.oml").exit_code, 0)
        headers = {name.lower() for entry in rest.log() for name in entry["headers"]}
        checks.that("a secret key is no token", "apikey" in headers and "authorization" not in headers)


class OverDatabase:
    """The same project with the database's own address."""

    def __init__(self, rest, postgres):
        self.rest, self.postgres = rest, postgres

    def variables(self, _key):
        return {"SUPABASE_URL": "http://127.0.0.1:9", "SUPABASE_KEY": "unused", "SUPABASE_DSN": self.postgres.dsn()}


def main(checks):
    with servers.PostgreSql() as postgres, rest_server.RestServer(postgres) as rest:
        dsn = OverDatabase(rest, postgres)
        checks.group("types", check_types, rest, postgres)
        checks.group("caps", check_caps, rest, postgres)
        checks.group("filters", check_filters, rest, postgres, dsn)
        checks.group("order", check_order, rest, postgres, dsn)
        checks.group("mistakes", check_mistakes, rest, dsn)
        checks.group("moving rows", check_moving_rows, rest, postgres)
        checks.group("secrecy", check_secrecy, rest)


if __name__ == "__main__":
    Checks.run(main)
