"""`osiris discover @family.alias`: the same shop in five databases, its tables, keys, estimates and masked rows."""
import sqlite3

import rest_server
import servers
from checks import Checks
from program import CONNECTIONS, POSTGRES_CONNECTION, Project, pipeline, read_csv, step

MARK = "Zebediah-Marker"
CONNECTIONS_FILE = CONNECTIONS + POSTGRES_CONNECTION + """\
  sqlite:
    main: {path: shop.sqlite}
  duckdb:
    main: {path: shop.duckdb}
  supabase:
    main: {url: "${SUPABASE_URL}", key: "${SUPABASE_KEY}"}
    direct: {url: "${SUPABASE_URL}", pg_dsn: "${PG_DSN}"}
"""
SHOP = f"""
CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL, email VARCHAR(80), UNIQUE (email));
CREATE TABLE parts (order_id INTEGER NOT NULL, line INTEGER NOT NULL, note VARCHAR(40), PRIMARY KEY (order_id, line));
CREATE TABLE _osiris_loads (id INTEGER);
CREATE VIEW names AS SELECT name FROM customers;
INSERT INTO customers VALUES (1, '{MARK}', 'zeb@example.com'), (2, 'Ada', NULL);
"""


def discover(project, *arguments):
    return project.run("discover", *arguments, "--json")


def check_shop(checks, project, reference, has_views=True, has_unique_keys=True):
    document = discover(project, reference).document()
    tables = {table["name"]: table for table in document.get("tables", [])}
    wanted = {"customers", "parts"} | ({"names"} if has_views else set())
    checks.that(f"{reference}: tables and views, without what loads keep", wanted <= set(tables) and "_osiris_loads" not in tables, document)
    customers = tables["customers"]
    checks.equal(f"{reference}: columns in order", [column["name"] for column in customers["columns"]], ["id", "name", "email"])
    checks.equal(f"{reference}: nulls", [column["nullable"] for column in customers["columns"]][1:], [False, True])
    checks.that(f"{reference}: types are the database's", "char" in customers["columns"][1]["type"].lower() or "VARCHAR" in customers["columns"][1]["type"], customers)
    checks.equal(f"{reference}: keys, the primary one first", customers["keys"], [["id"], ["email"]] if has_unique_keys else [["id"]])
    checks.equal(f"{reference}: a key of two columns", tables["parts"]["keys"], [["order_id", "line"]])
    if has_views:
        checks.equal(f"{reference}: a view is one", tables["names"]["kind"], "view")
    one = discover(project, reference, "customers", "--samples", "1")
    table = one.document()["tables"][0]
    checks.equal(f"{reference}: one table", table["name"], "customers")
    checks.equal(f"{reference}: one masked row", table["masked_sample"]["rows"], [["9", "xxxxxxxx-xxxxxx", "xxx@xxxxxxx.xxx"]])
    checks.that(f"{reference}: no value leaves", MARK not in one.stdout + one.stderr)
    nulls = discover(project, reference, "customers", "--samples", "5").document()["tables"][0]["masked_sample"]["rows"]
    checks.equal(f"{reference}: a null is null", nulls[1:], [["9", "xxx", None]])
    checks.that(f"{reference}: without --samples no row is told", "masked_sample" not in discover(project, reference, "customers").document()["tables"][0])
    missing = discover(project, reference, "custmers")
    checks.equal(f"{reference}: a table that is not there", missing.exit_code, 2)
    checks.equal(f"{reference}: its code", missing.error()["code"], "query.unknown_table")
    checks.contains(f"{reference}: a near name", missing.error()["hint"], "customers")


def check_text(checks, project):
    text = project.run("discover", "@sqlite.main").stdout
    checks.contains("the list names keys", text, "order_id, line")
    text = project.run("discover", "@sqlite.main", "customers", "--samples", "1").stdout
    checks.contains("a table tells its types", text, "VARCHAR(40)  not null")
    checks.contains("a sample says what it is", text, "the shape of 1 row; x is a letter, 9 a digit")
    checks.equal("nothing is left behind", project.leftovers(but=("shop.sqlite", "shop.duckdb", "osiris_connections.yaml", "in.csv", "p.oml")), [])


def make_duckdb(checks, project):
    """By a load of ours, then tables that a key needs cannot come from one: the engine's own statements are not at hand here."""
    project.write("in.csv", f"id,name,email\n1,{MARK},zeb@example.com\n2,Ada,\n")
    project.write("p.oml", pipeline(read_csv(path="in.csv", null_values=[""]),
                                    step("load", "duckdb.writer", "write", {"connection": "@duckdb.main", "table": "customers",
                                                                            "write_mode": "upsert", "primary_key": ["id"],
                                                                            "create_if_missing": True})))
    checks.equal("the load into DuckDB", project.run("run", "p.oml").exit_code, 0)
    document = discover(project, "@duckdb.main").document()
    checks.equal("@duckdb.main: tables", [table["name"] for table in document["tables"]], ["customers"])
    table = document["tables"][0]
    checks.equal("@duckdb.main: columns", [column["name"] for column in table["columns"]], ["id", "name", "email"])
    checks.equal("@duckdb.main: the key", table["keys"], [["id"]])
    checks.equal("@duckdb.main: estimate", table["estimated_rows"], 2)
    sample = discover(project, "@duckdb.main", "main.customers", "--samples", "1").document()["tables"][0]["masked_sample"]
    checks.equal("@duckdb.main: a masked row", sample["rows"], [["9", "xxxxxxxx-xxxxxx", "xxx@xxxxxxx.xxx"]])


def main(checks):
    with servers.MariaDb() as mariadb, servers.PostgreSql() as postgres, rest_server.RestServer(postgres) as rest:
        mariadb.sql("CREATE DATABASE shop")
        mariadb.sql(SHOP + "CREATE DATABASE other; CREATE TABLE other.far (a INT); ANALYZE TABLE customers;", "shop")
        postgres.sql(SHOP + "CREATE SCHEMA far; CREATE TABLE far.away (a INT); ANALYZE customers; "
                     "GRANT ALL ON ALL TABLES IN SCHEMA public TO service_role")
        variables = {**mariadb.variables("shop"), **postgres.variables(), **rest.variables(), "PG_DSN": postgres.dsn()}
        with Project({"osiris_connections.yaml": CONNECTIONS_FILE}, variables) as project:
            with sqlite3.connect(project.path("shop.sqlite")) as database:
                database.executescript(SHOP)
            for reference in ("@mysql.main", "@postgres.main", "@sqlite.main", "@supabase.direct"):
                checks.group(reference, check_shop, project, reference)
            checks.group("@supabase.main", check_shop, project, "@supabase.main", False, False)
            far = discover(project, "@mysql.main", "other.far").document()["tables"]
            checks.equal("a table of another database", [table["name"] for table in far], ["other.far"])
            names = [table["name"] for table in discover(project, "@postgres.main").document()["tables"]]
            checks.that("another schema's tables have its name", "far.away" in names, names)
            names = [table["name"] for table in discover(project, "@supabase.direct").document()["tables"]]
            checks.that("a project shows its own schema only", "far.away" not in names, names)
            estimates = {reference: discover(project, reference, "customers").document()["tables"][0].get("estimated_rows")
                         for reference in ("@mysql.main", "@postgres.main", "@sqlite.main")}
            checks.equal("estimates where somebody counts", estimates, {"@mysql.main": 2, "@postgres.main": 2, "@sqlite.main": None})
            checks.group("DuckDB", make_duckdb, project)
            checks.group("text", check_text, project)


Checks.run(main)
