"""mysql.writer from outside, by each of its three roads: every type arrives byte for byte, and what the server
would bend, cut or round is refused, the same on all of them.

The types are those of components/mysql/TYPES.md; a second reader, the mariadb client, tells what is in the table.
"""
import servers
from checks import Checks
from program import CONNECTIONS, Project, events, pipeline, read_table, step
from types_test import PAGE, create_sql, rows_of

ROADS = {"bulk": "bulk insert", "load_data": "load data", "insert": "multi-row insert"}
STRICT_TABLE = """
CREATE TABLE other (id INT PRIMARY KEY) ENGINE=InnoDB;
INSERT INTO other VALUES (1);
CREATE TABLE strict (id INT PRIMARY KEY, n INT, p DECIMAL(5,2), d DATE, t DATETIME(3), s TIMESTAMP(6) NULL, e ENUM('a','b'), j JSON,
  v VARCHAR(3), c CHAR(3), l VARCHAR(9) CHARACTER SET latin1, b BIT(4), k INT CHECK (k < 10), o INT, u UUID, z BINARY(2), nn INT NOT NULL DEFAULT 7,
  FOREIGN KEY (o) REFERENCES other (id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO strict (id) VALUES (1);
"""
# What a query gives, and the code of the error that it must meet.
REFUSED = (
    ("SELECT 2 AS id UNION ALL SELECT 1", "value.duplicate_key"), ("SELECT NULL AS id", "value.null"),
    ("SELECT 2 AS id, NULL AS nn", "value.null"), ("SELECT 2 AS id, '1.5' AS n", "value.out_of_range"),
    ("SELECT 2 AS id, 'x' AS n", "value.malformed"), ("SELECT 2 AS id, '2147483648' AS n", "value.out_of_range"),
    ("SELECT 2 AS id, 1.005 AS p", "value.out_of_range"), ("SELECT 2 AS id, '2023-02-29' AS d", "value.malformed"),
    ("SELECT 2 AS id, '2024-01-01 00:00:00.0001' AS t", "value.out_of_range"),
    ("SELECT 2 AS id, TIMESTAMP'2040-01-01 00:00:00' AS s", "value.out_of_range"),
    ("SELECT 2 AS id, 'q' AS e", "value.malformed"), ("SELECT 2 AS id, '{' AS j", "value.check_failed"),
    ("SELECT 2 AS id, 'abcd' AS v", "value.too_long"), ("SELECT 2 AS id, 'ab ' AS c", "value.malformed"),
    ("SELECT 2 AS id, '日' AS l", "value.malformed"), ("SELECT 2 AS id, 16 AS b", "value.out_of_range"),
    ("SELECT 2 AS id, 10 AS k", "value.check_failed"), ("SELECT 2 AS id, 9 AS o", "value.unknown_reference"),
    ("SELECT 2 AS id, 'x' AS u", "value.malformed"), ("SELECT 2 AS id, x'00' AS z", "value.malformed"),
    ("SELECT 2 AS id, 1 AS d", "load.unsupported_type"), ("SELECT 2 AS id, TIMESTAMP'2024-01-01 10:00:00' AS d", "load.lossy"),
)
TAKEN = """SELECT '5.00' AS id, '1e1' AS n, '9.99e2' AS p, '0000-00-00' AS d, '2024-02-29T10:00:00.5+02:00' AS t,
  '2024-02-29T10:00:00Z' AS s, 'b' AS e, '{"ž": [1]}' AS j, '日本🐎' AS v, 'ab' AS c, 'né\\\\N\t' AS l, '9' AS b, 9 AS k, 1 AS o,
  '6BA67F88-e7b1-11f1-8629-02fc00000001' AS u, x'0A00' AS z, 0 AS nn"""
TAKEN_CELLS = ("5|10|999.00|0000-00-00|2024-02-29 08:00:00.500|2024-02-29 10:00:00.000000|b|{\"ž\": [1]}|日本🐎|ab|6EE95C4E09|9|9|1|"
               "6ba67f88-e7b1-11f1-8629-02fc00000001|0A00|0")
SHOWN = "SELECT CONCAT_WS('|', id, n, p, d, t, s, e, j, v, c, HEX(l), b+0, k, o, u, HEX(z), nn) FROM strict WHERE id <> 1"


def write_table(**config):
    return step("load", "mysql.writer", "write", {"connection": "@mysql.main", **config})


def load(server, source, **config):
    """Runs the move in a project of its own; the outcome, and the road that the session tells."""
    files = {"osiris_connections.yaml": CONNECTIONS, "p.oml": pipeline(source, write_table(**config))}
    with Project(files, server.variables("shop")) as project:
        outcome = project.run("run", "p.oml", "--json")
        sessions = project.sessions()
        told = [event["road"] for event in events(sessions[-1]) if "road" in event] if sessions else []
        return outcome, told[-1] if told else None


def checksum(server, table):
    return server.sql(f"CHECKSUM TABLE {table}", "shop").split()[1]


def cells(server, table):
    """Column → the bytes of its text in hex, of the only row of a table."""
    columns = dict(line.split("\t") for line in server.sql(
        "SELECT column_name, COALESCE(character_set_name, '') FROM information_schema.columns "
        f"WHERE table_schema = 'shop' AND table_name = '{table}' ORDER BY ordinal_position").splitlines())
    # The tables that are made are in UTF-8 throughout; the same text may have been in another charset before.
    values = [f"CONVERT(`{name}` USING utf8mb4)" if charset else f"`{name}`" for name, charset in columns.items()]
    shown = ", ".join(f"COALESCE(HEX(CAST({value} AS BINARY)), 'NULL')" for value in values)
    return dict(zip(columns, server.sql(f"SELECT CONCAT_WS(' ', {shown}) FROM {table}", "shop").rstrip("\n").split(" ")))


def different_cells(server, table):
    want = cells(server, "kinds")
    return {column: (cell, want[column]) for column, cell in cells(server, table).items() if cell != want[column]}


def check_types(checks, server, road):
    source = read_table(table="kinds", zero_dates="text")
    outcome, told = load(server, source, table=f"made_{road}", create_if_missing=True, road=road)
    checks.that(f"{road}: a table is made for every type", outcome.exit_code == 0, outcome.text)
    checks.equal(f"{road}: the session tells the road", told, ROADS[road])
    checks.equal(f"{road}: the same bytes in the table made", different_cells(server, f"made_{road}"), {})
    outcome, _ = load(server, source, table=f"made_{road}", write_mode="replace", road=road)
    checks.that(f"{road}: replace", outcome.exit_code == 0, outcome.text)
    checks.equal(f"{road}: the same bytes after replace", different_cells(server, f"made_{road}"), {})


def check_refusals(checks, server, road):
    for query, code in REFUSED:
        outcome, _ = load(server, read_table(query=query), table="strict", road=road)
        checks.equal(f"{road}: {query}: exit and code", (outcome.exit_code, outcome.error().get("code")), (1, code))
    checks.equal(f"{road}: the table is as it was", server.sql("SELECT COUNT(*) FROM strict", "shop").strip(), "1")


def check_values(checks, server, road):
    outcome, _ = load(server, read_table(query=TAKEN), table="strict", road=road)
    checks.that(f"{road}: values that need a second look", outcome.exit_code == 0, outcome.text)
    checks.equal(f"{road}: their cells", server.sql(SHOWN, "shop").strip(), TAKEN_CELLS.replace("\\", "\\\\"))
    server.sql("DELETE FROM strict WHERE id <> 1", "shop")


def check_collation(checks, server, road):
    """A key that compares without case: the last row of a key counts, and a row that is the same is not touched."""
    server.sql("""CREATE OR REPLACE TABLE named (name VARCHAR(9) COLLATE utf8mb4_general_ci PRIMARY KEY, v VARCHAR(9) COLLATE utf8mb4_general_ci,
                  changed_at TIMESTAMP DEFAULT '2000-01-01 00:00:00' ON UPDATE CURRENT_TIMESTAMP);
                  INSERT INTO named (name, v) VALUES ('a', 'x'), ('b', 'y'), ('c', 'z')""", "shop")
    query = "SELECT 'A' AS name, 'X' AS v UNION ALL SELECT 'B', 'y' UNION ALL SELECT 'd', 'p' UNION ALL SELECT 'D', 'q'"
    outcome, _ = load(server, read_table(query=query), table="named", write_mode="upsert", primary_key=["name"], road=road)
    checks.that(f"{road}: upsert", outcome.exit_code == 0, outcome.text)
    rows = server.sql("SELECT name, v, changed_at > '2000-01-02' FROM named ORDER BY name", "shop").splitlines()
    checks.equal(f"{road}: upsert by a key without case", rows, ["a\tX\t1", "b\ty\t0", "c\tz\t0", "D\tq\t0"])


def check_large_rows(checks, server, road):
    """Rows near what the server takes at once."""
    server.sql("CREATE OR REPLACE TABLE wide (id INT, body LONGTEXT); CREATE OR REPLACE TABLE target LIKE wide;"
               "INSERT INTO wide SELECT seq, REPEAT('x', 100000 * seq) FROM seq_1_to_9; SET GLOBAL max_allowed_packet = 1048576", "shop")
    outcome, _ = load(server, read_table(table="wide"), table="target", road=road)
    checks.that(f"{road}: rows that fill a packet", outcome.exit_code == 0, outcome.text)
    checks.equal(f"{road}: those rows", checksum(server, "target"), checksum(server, "wide"))
    server.sql("SET GLOBAL max_allowed_packet = 536870912")


def check_roads_that_are_closed(checks):
    with servers.MariaDb("--local-infile=0") as server:
        server.sql("CREATE DATABASE shop CHARACTER SET utf8mb4; CREATE TABLE shop.target (id INT)")
        source = read_table(query="SELECT 1 AS id")
        outcome, _ = load(server, source, table="target", road="load_data")
        checks.equal("without local_infile", (outcome.exit_code, outcome.error().get("code")), (1, "load.road_unavailable"))
        outcome, told = load(server, source, table="target")
        checks.equal("another road is found", (outcome.exit_code, told), (0, "bulk insert"))


def main(checks):
    with servers.MariaDb() as server:
        server.sql("CREATE DATABASE shop CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
        server.sql(create_sql(rows_of(PAGE.read_text(encoding="utf-8"))), "shop")
        server.sql(STRICT_TABLE, "shop")
        for road in ROADS:
            checks.group(f"{road}: types", check_types, server, road)
            checks.group(f"{road}: refusals", check_refusals, server, road)
            checks.group(f"{road}: values", check_values, server, road)
            checks.group(f"{road}: collation", check_collation, server, road)
            checks.group(f"{road}: large rows", check_large_rows, server, road)
    checks.group("closed roads", check_roads_that_are_closed)


if __name__ == "__main__":
    Checks.run(main)
