"""components/mysql/TYPES.md is the table of types; this makes a table from it and compares each cell's CSV text.

A row of the page that starts with "| `" is a column: its type, the SQL literal of its value and the text in
CSV. The columns are found by the words of the page's own header.
"""
import csv
import re

import servers
from checks import Checks
from program import CONNECTIONS, ROOT, Project, pipeline, read_table, transform, write_csv

PAGE = ROOT / "components" / "mysql" / "TYPES.md"
NULL = "<NULL>"


def cells_of(line):
    """The cells of a row, with \\| as a bar and the backticks taken off."""
    cells = [cell.replace("\\|", "|").strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
    return [cell[1:-1] if len(cell) > 1 and cell[0] == cell[-1] == "`" else cell for cell in cells]


def positions(header):
    """Where the header says type, literal and CSV text stand."""
    names = [cell.lower() for cell in cells_of(header)]
    return [next(index for index, name in enumerate(names) if word in name) for word in ("type", "literal", "csv")]


def rows_of(page_text):
    """(type, literal, text) of every row of the page's tables of values."""
    places, rows = None, []
    for line in page_text.splitlines():
        if line.startswith("|") and "literal" in line.lower() and "csv" in line.lower():
            places = positions(line)
        elif line.startswith("| `") and places:
            cells = cells_of(line)
            rows.append(tuple(cells[place] for place in places))
        elif not line.startswith("|"):
            places = None
    return rows


def create_sql(rows):
    """A table with one column for each row; names say the place only, so nothing is guessed from them."""
    columns = ", ".join(f"c{number} {kind} NULL" for number, (kind, _, _) in enumerate(rows))
    values = ", ".join(literal for _, literal, _ in rows)
    nulls = ", ".join("NULL" for _ in rows)
    return f"SET sql_mode=''; CREATE TABLE kinds ({columns}) CHARACTER SET utf8mb4; INSERT INTO kinds VALUES ({values}), ({nulls})"


def check_values(checks, server, rows, what, *between):
    text = pipeline(read_table(table="kinds"), *between, write_csv(path="out.csv", null_value=NULL))
    with Project({"osiris_connections.yaml": CONNECTIONS, "p.oml": text}, server.variables("shop")) as project:
        outcome = project.run("run", "p.oml")
        if not checks.that(f"{what}: exit 0", outcome.exit_code == 0, outcome.text):
            return
        with open(project.path("out.csv"), encoding="utf-8", newline="") as file:
            header, values, nulls = list(csv.reader(file))
        checks.equal(f"{what}: columns in their order", header, [f"c{number}" for number in range(len(rows))])
        for (kind, literal, wanted), got, null in zip(rows, values, nulls):
            checks.equal(f"{what}: {kind} {literal}", got, NULL if wanted in ("NULL", "") and literal.upper() == "NULL" else wanted)
            checks.equal(f"{what}: {kind} NULL", null, NULL)


def main(checks):
    rows = rows_of(PAGE.read_text(encoding="utf-8"))
    checks.that("the page has its types", len(rows) >= 30, rows)
    for kind in ("BIGINT UNSIGNED", "DECIMAL(65,30)", "FLOAT", "DOUBLE", "DATETIME(6)", "TIMESTAMP", "TIME", "YEAR", "BIT(1)", "BIT(64)",
                 "JSON", "ENUM", "SET", "VARBINARY", "BLOB", "POINT"):
        checks.that(f"the page has {kind}", any(row[0].upper().startswith(kind) for row in rows))
    with servers.MariaDb() as server:
        server.sql("CREATE DATABASE shop CHARACTER SET utf8mb4")
        server.sql(create_sql(rows), "shop")
        checks.group("straight", check_values, server, rows, "straight")
        checks.group("through SQL", check_values, server, rows, "through SQL", transform(query="SELECT * FROM input_df"))


if __name__ == "__main__":
    Checks.run(main)
