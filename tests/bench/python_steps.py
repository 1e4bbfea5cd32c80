"""Python steps: what the way through Python's process costs, and what a list of dicts costs beyond making it."""
import os
import sys

import program
from program import ROOT, Project, pipeline, read_csv, step, write_csv
from sampling import alternate, middle, peaks, ratios, wall

READERS = ROOT / "build" / "readers"
COLUMNS = 10
TYPES = {"id": "bigint", **{f"n{number}": "bigint" for number in range(4)}, **{f"d{number}": "double" for number in range(2)}}
NAMES = [*TYPES, "day", "name", "note"]
IDENTITY = "def transform(batch):\n    return batch\n"
# Makes the same dicts as a list of dicts has, as often, and nothing else.
LOOP = ("import csv, datetime\nKINDS = {kinds!r}\n"
        "with open('rows.csv', newline='') as file:\n"
        "    reader = csv.reader(file)\n    names = next(reader)\n    makers = [KINDS.get(name, str) for name in names]\n"
        "    batch = []\n    with open('floor.csv', 'w', newline='') as out:\n        writer = csv.writer(out, lineterminator='\\n')\n        writer.writerow(names)\n"
        "        for row in reader:\n            batch.append({{name: make(value) for name, make, value in zip(names, makers, row)}})\n"
        "            if len(batch) == 65536:\n                writer.writerows(list(each.values()) for each in batch)\n                batch = []\n"
        "        writer.writerows(list(each.values()) for each in batch)\n")


def fill(path, rows):
    with open(path, "w", encoding="utf-8") as file:
        file.write(",".join(NAMES) + "\n")
        for number in range(rows):
            numbers = ",".join(str(number * factor) for factor in (1, 3, 7, 11, 13))
            file.write(f"{number},{numbers[numbers.index(',') + 1:]},{number / 8},{number / 16},2026-03-{number % 28 + 1:02d},name {number % 1000},a note of {number}\n")


def measure(meter, report, options):
    read = read_csv("read", path="rows.csv", types={**TYPES, "day": "date"})

    def through(form):
        config = {"code": IDENTITY, "as": form, "python": "./python"}
        return pipeline(read, step("change", "python.processor", "transform", config), write_csv("write", path=f"{form}.csv"))
    wrapper = f"#!/bin/sh\nPYTHONPATH={READERS} exec {sys.executable} \"$@\"\n"
    kinds = "{" + ", ".join(f"'{name}': {'int' if kind == 'bigint' else 'float'}" for name, kind in TYPES.items()) + ", 'day': datetime.date.fromisoformat}"
    loop = LOOP.replace("{kinds!r}", kinds).replace("{{", "{").replace("}}", "}")
    with Project({"plain.oml": pipeline(read, write_csv("write", path="plain.csv")), "arrow.oml": through("arrow"), "rows.oml": through("rows"),
                  "python": wrapper, "loop.py": loop, "one.csv": "n\n1\n",
                  "one.oml": pipeline(read_csv("read", path="one.csv"), step("change", "python.processor", "transform", {"code": IDENTITY, "python": sys.executable}),
                                      write_csv("write", path="one_out.csv")),
                  "none.oml": pipeline(read_csv("read", path="one.csv"), write_csv("write", path="one_out.csv"))}) as project:
        os.chmod(project.path("python"), 0o755)
        fill(project.path("rows.csv"), options.rows)
        environment = program.clean_environment(project.home)

        def work(*command):
            return lambda: meter.sample(command, project.folder, environment)

        def ours(name):
            return work(program.program(), "run", f"{name}.oml", "--quiet")
        steps = alternate(options.pairs, {"without": ours("plain"), "arrow": ours("arrow")})
        dicts = alternate(max(options.pairs // 2, 1), {"loop": work(sys.executable, "loop.py"), "rows": ours("rows")})
        own, worker = peaks([program.program(), "run", "arrow.oml", "--quiet"], project.folder, environment)
        bare = meter.sample(["./python", "-c", "import pyarrow"], project.folder, environment).peak_mib
        starts = alternate(3 * options.pairs, {"python": work(sys.executable, "-c", "pass"), "none": ours("none"), "one": ours("one")})
        for name in ("arrow", "rows"):
            if project.read(f"{name}.csv") != project.read("plain.csv"):
                raise RuntimeError(f"the rows that went through Python as {name} are not the same")
    report.section("Python steps", f"{options.rows:,} rows of {COLUMNS} columns from CSV to CSV through a function that gives back what it gets; "
                   "the floor of a list of dicts is a loop in Python that makes the same dicts from the file and writes them.")
    report.ratio("identity with pyarrow: wall", ratios(steps["arrow"], steps["without"], wall), 1.5, "the pipeline without the step")
    report.bar("identity with pyarrow: both processes' RSS beyond `import pyarrow` alone", own + worker - bare, 64, "MiB")
    report.ratio("identity with a list of dicts: wall", ratios(dicts["rows"], dicts["loop"], wall), 1.2, "a loop in Python")
    start_ms = (middle(starts["one"], wall) - middle(starts["none"], wall) - middle(starts["python"], wall)) * 1e3
    report.bar("start of a step beyond `python3 -c pass`: wall", start_ms, 60, "ms")
