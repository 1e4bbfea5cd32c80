"""A million rows, cell by cell against what the mariadb client prints, straight and through an identity SQL step."""
import csv
import itertools
import subprocess

import servers
import shop
from checks import Checks
from program import CONNECTIONS, Project, events, pipeline, read_table, test_rows, transform, write_csv

ROWS = test_rows(1_000_000)
NULL = "<NULL>"
CSV_CONFIG = {"null_value": NULL}


def client_rows(server):
    """The rows as the client prints them; hex keeps tabs, line ends and NULL apart from text."""
    cells = [f"IF({name} IS NULL, 'N', CONCAT('V', HEX({f'HEX({name})' if name in shop.BINARY_COLUMNS else f'CAST({name} AS CHAR)'})))"
             for name in shop.COLUMNS]
    command = [*server.client(), "--quick", "shop", "-e", f"SET time_zone='+00:00'; SELECT {', '.join(cells)} FROM orders ORDER BY id"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:
        for line in client.stdout:
            yield [NULL if cell == "N" else bytes.fromhex(cell[1:]).decode() for cell in line.rstrip("\n").split("\t")]


def first_difference(path, server):
    """Where the file and the client's rows part, or ""."""
    token = shop.COLUMNS.index("token")
    with open(path, encoding="utf-8", newline="") as file:
        ours = csv.reader(file)
        if next(ours) != shop.COLUMNS:
            return "another header"
        for number, (got, wanted) in enumerate(itertools.zip_longest(ours, client_rows(server)), 1):
            if got and wanted:
                got[token] = got[token].upper() if got[token] != NULL else NULL
            if got != wanted:
                return f"row {number}: got {got}, wanted {wanted}"
    return ""


def check_move(checks, server, what, *between):
    text = pipeline(read_table(query="SELECT * FROM orders ORDER BY id"), *between, write_csv(path="out/orders.csv", **CSV_CONFIG))
    with Project({"osiris_connections.yaml": CONNECTIONS, "p.oml": text}, server.variables("shop")) as project:
        outcome = project.run("run", "p.oml", timeout_s=600)
        if checks.that(f"{ROWS} rows {what}: exit 0", outcome.exit_code == 0, outcome.text):
            checks.equal(f"{ROWS} rows {what}: as the client prints them", first_difference(project.path("out/orders.csv"), server), "")
            written = [event["rows_written"] for event in events(project.sessions()[-1], "step_complete") if event["step_id"] == "write"]
            checks.equal(f"{ROWS} rows {what}: rows_written", written, [ROWS])


def main(checks):
    with servers.MariaDb(buffer_pool="512M") as server:
        server.sql("CREATE DATABASE shop CHARACTER SET utf8mb4")
        server.sql(shop.orders_sql(ROWS), "shop")
        checks.equal("the generator made the rows", server.sql("SELECT COUNT(*) FROM orders", "shop").strip(), str(ROWS))
        checks.group("straight", check_move, server, "straight")
        checks.group("through SQL", check_move, server, "through SQL", transform(query="SELECT * FROM input_df"))


if __name__ == "__main__":
    Checks.run(main)
