"""Files: CSV as text from file to file, and Parquet written and read, against DuckDB's own COPY on the same cores."""
import os
import sys

import program
from program import ROOT, Project, pipeline, read_csv, step, write_csv
from sampling import alternate, cpu, peak, ratios, wall

READERS = ROOT / "build" / "readers"
COLUMNS = {"id": "bigint", "customer": "bigint", "ordered_at": "timestamp", "country": "text", "amount": "decimal(12,2)", "reference": "text", "note": "text"}
# The note has a quoted comma in one row of ten: as much as real files have.
ROW = "{0},{1},2026-03-{2:02d} {3:02d}:15:00,{4},{5}.{6:02d},{0:032x},{7}\n"
NOTES = ("", "paid by card", "left at the door", "call before delivery, please ask for Zoë", "gift")


def fill(path, rows):
    with open(path, "w", encoding="utf-8") as file:
        file.write(",".join(COLUMNS) + "\n")
        for number in range(rows):
            note = NOTES[number * 7 % len(NOTES)] if number % 10 else f'"{NOTES[3]} {number}"'
            note = note if "," not in note or note.startswith('"') else f'"{note}"'
            file.write(ROW.format(number, number * 7919 % 1_000_003, number % 28 + 1, number % 24, ("CZ", "SK", "PL", "DE")[number % 4],
                                  number % 9973, number % 100, note))


def duckdb(statement):
    """A command that runs one statement in DuckDB."""
    return [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(READERS)!r}); import duckdb; duckdb.sql({statement!r})"]


def same_rows(left, right):
    """Whether two CSV files hold the same text, quotes apart."""
    with open(left, "rb") as first, open(right, "rb") as second:
        while True:
            a, b = first.readline(), second.readline()
            if a.replace(b'"', b"") != b.replace(b'"', b""):
                return False
            if not a:
                return True


def measure(meter, report, options):
    types = {name: kind for name, kind in COLUMNS.items() if kind != "text"}
    sql_types = "{" + ", ".join(f"'{name}': '{kind.upper().replace('TEXT', 'VARCHAR')}'" for name, kind in COLUMNS.items()) + "}"
    files = {}
    for name in ("large", "typed"):
        files[f"{name}_copy.oml"] = pipeline(read_csv(path=f"{name}.csv"), write_csv(path=f"{name}_copy.csv"))
        files[f"{name}_parquet.oml"] = pipeline(read_csv(path=f"{name}.csv", types=types), step("write", "filesystem.parquet_writer", "write", {"path": f"{name}.parquet"}))
        files[f"{name}_read.oml"] = pipeline(step("read", "filesystem.parquet_extractor", "read", {"path": f"{name}.parquet"}), write_csv(path=f"{name}_read.csv"))
    with Project(files) as project:
        fill(project.path("large.csv"), 10 * options.rows)
        fill(project.path("typed.csv"), options.rows)
        environment = {**program.clean_environment(project.home), "PYTHONDONTWRITEBYTECODE": "1"}

        def work(*command):
            return lambda: meter.sample(command, project.folder, environment)

        def ours(name):
            return work(program.program(), "run", f"{name}.oml", "--quiet")
        copies = alternate(options.pairs, {
            "DuckDB CSV → CSV": work(*duckdb("COPY (FROM read_csv('large.csv', all_varchar=true)) TO 'floor.csv'")),
            "CSV → CSV": ours("large_copy"), "CSV → CSV, a tenth of the file": ours("typed_copy")})
        if not same_rows(project.path("floor.csv"), project.path("large_copy.csv")):
            raise RuntimeError("the floor and the program wrote different rows")
        parquet = alternate(options.pairs, {
            "DuckDB CSV → Parquet": work(*duckdb(f"COPY (FROM read_csv('typed.csv', columns={sql_types}, header=true, auto_detect=false)) TO 'floor.parquet' (COMPRESSION zstd)")),
            "CSV → Parquet": ours("typed_parquet"), "CSV → Parquet, ten times the rows": ours("large_parquet")})
        reads = alternate(options.pairs, {
            "DuckDB Parquet → CSV": work(*duckdb("COPY (FROM 'typed.parquet') TO 'floor_read.csv'")),
            "Parquet → CSV": ours("typed_read"), "Parquet → CSV, ten times the rows": ours("large_read")})
        if not same_rows(project.path("floor_read.csv"), project.path("typed_read.csv")):
            raise RuntimeError("the floor and the program read different rows")
        size = os.path.getsize(project.path("large.csv"))
    report.section("Files", f"CSV of {size / 1e9:.2f} GB as text, and {options.rows:,} typed rows as Parquet. The floor is DuckDB's own COPY, "
                   f"from the Python package, with all cores: `COPY (FROM read_csv(…, all_varchar=true)) TO …`.")
    floor, copy, tenth = copies.values()
    report.ratio("CSV → CSV, identity: wall", ratios(copy, floor, wall), 1.0, "DuckDB")
    report.ratio("CSV → CSV, identity: CPU", ratios(copy, floor, cpu), 1.0, "DuckDB")
    report.bar("CSV → CSV: peak memory", max(map(peak, copy)), 48, "MiB")
    report.ratio("CSV → CSV: peak memory at ten times the rows", ratios(copy, tenth, peak), 1.10, "a tenth")
    floor, written, tenfold = parquet.values()
    report.ratio("CSV → Parquet: wall", ratios(written, floor, wall), 1.2, "DuckDB")
    report.bar("CSV → Parquet: peak memory", max(map(peak, written + tenfold)), 256, "MiB")
    report.ratio("CSV → Parquet: peak memory at ten times the rows", ratios(tenfold, written, peak), 1.10, "the rows")
    floor, read, tenfold = reads.values()
    report.ratio("Parquet → CSV: wall", ratios(read, floor, wall), 1.2, "DuckDB")
    report.bar("Parquet → CSV: peak memory", max(map(peak, read + tenfold)), 128, "MiB")
    report.ratio("Parquet → CSV: peak memory at ten times the rows", ratios(tenfold, read, peak), 1.10, "the rows")
    report.medians({**copies, **parquet, **reads})
