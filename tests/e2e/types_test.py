"""components/mysql/TYPES.md is the table of types; this makes a table from it and compares each cell's CSV text.

The page says at its head how a row is read: the bytes of the cell with the default configuration, an empty
cell for NULL, and whether `query` prints the same as `table`. The columns are found by the page's header.
"""
import re

import servers
from checks import Checks
from program import CONNECTIONS, ROOT, Project, pipeline, read_table, transform, write_csv

PAGE = ROOT / "components" / "mysql" / "TYPES.md"
WANTED_TYPES = ("BIGINT UNSIGNED", "DECIMAL(65,30)", "FLOAT", "DOUBLE", "DATETIME(6)", "TIMESTAMP", "TIME", "YEAR", "BIT(1)", "BIT(64)",
                "JSON", "ENUM", "SET", "VARBINARY", "BLOB", "POINT")


class Row:
    """One case of the page."""

    def __init__(self, number, kind, literal, text, read_by):
        self.name, self.kind, self.literal, self.text = f"c{number}", kind, literal, text
        self.by_query = read_by == "any"


def cells_of(line):
    """The cells of a row of the page, with \\| as a bar and the backticks taken off."""
    cells = [cell.replace("\\|", "|").strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
    return [re.sub(r"^(`+) ?(.*?) ?\1$", r"\2", cell) if cell.startswith("`") else cell for cell in cells]


def rows_of(page_text):
    places, rows = None, []
    for line in page_text.splitlines():
        if line.startswith("| `") and places:
            cells = cells_of(line)
            rows.append(Row(len(rows), *(cells[place] for place in places)))
        elif line.startswith("|") and "literal" in line.lower():
            names = [cell.lower() for cell in cells_of(line)]
            places = [next(index for index, name in enumerate(names) if word in name) for word in ("type", "literal", "csv", "read by")]
    return rows


def create_sql(rows):
    """A table with one column for each row; a column's name says its place only, so nothing can be guessed from it."""
    columns = ", ".join(f"{row.name} {row.kind}" for row in rows)
    values = ", ".join(row.literal for row in rows)
    return f"SET sql_mode=''; CREATE TABLE kinds ({columns}) CHARACTER SET utf8mb4; INSERT INTO kinds VALUES ({values})"


def raw_cells(record):
    """The cells of a CSV record as they stand, quotes and all."""
    return [cell for cell, _ in re.findall(r'("(?:[^"]|"")*"|[^,\n]*)(,|\n)', record)]


def check_values(checks, server, rows, what, source, *between):
    text = pipeline(source, *between, write_csv(path="out.csv"))
    with Project({"osiris_connections.yaml": CONNECTIONS, "p.oml": text}, server.variables("shop")) as project:
        outcome = project.run("run", "p.oml")
        if not checks.that(f"{what}: exit 0", outcome.exit_code == 0, outcome.text):
            return
        header, _, record = project.read("out.csv").partition("\n")
        checks.equal(f"{what}: columns in their order", header.split(","), [row.name for row in rows])
        values = raw_cells(record)
        checks.equal(f"{what}: cells", len(values), len(rows))
        for row, value in zip(rows, values):
            checks.equal(f"{what}: {row.kind} {row.literal}", value, row.text)


def main(checks):
    rows = rows_of(PAGE.read_text(encoding="utf-8"))
    for kind in WANTED_TYPES:
        checks.that(f"the page has {kind}", any(row.kind.upper().startswith(kind) for row in rows))
    same_by_query = [row for row in rows if row.by_query]
    query = f"SELECT {', '.join(row.name for row in same_by_query)} FROM kinds"
    with servers.MariaDb() as server:
        server.sql("CREATE DATABASE shop CHARACTER SET utf8mb4")
        server.sql(create_sql(rows), "shop")
        identity = transform(query="SELECT * FROM input_df")
        checks.group("by table", check_values, server, rows, "by table", read_table(table="kinds"))
        checks.group("by table, through SQL", check_values, server, rows, "by table, through SQL", read_table(table="kinds"), identity)
        checks.group("by query", check_values, server, same_by_query, "by query", read_table(query=query))
        checks.group("by query, through SQL", check_values, server, same_by_query, "by query, through SQL", read_table(query=query), identity)


if __name__ == "__main__":
    Checks.run(main)
