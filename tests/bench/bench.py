#!/usr/bin/env python3
"""Measures the program against a C loop on the same server and writes docs/performance.md.

    tests/bench/bench.py [--build build] [--rows 1000000] [--pairs 7]

The works alternate, so that a slow moment of the machine meets all of them; a ratio is the median of the
ratios inside each pair.
"""
import argparse
import hashlib
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))  # this program stands one folder below what it shares with the tests

import program  # noqa: E402
import servers  # noqa: E402
import shop  # noqa: E402
from program import CONNECTIONS, ROOT, Project, pipeline, read_csv, read_table, transform, write_csv  # noqa: E402

QUERY = "SELECT * FROM orders"
START_REPEATS = 21
QUIET_LOAD = 0.5
PAGE = ROOT / "docs" / "performance.md"


class Sample:
    """What one run of a command took."""

    def __init__(self, line):
        exit_code, wall, cpu, peak = line.split()
        self.exit_code, self.wall_s, self.cpu_s, self.peak_mib = int(exit_code), float(wall), float(cpu), int(peak) / 1024


class Bench:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        flags = subprocess.run(["mariadb_config", "--cflags", "--libs"], capture_output=True, text=True, check=True).stdout.split()
        for name, more in (("floor", flags), ("measure", [])):
            subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", self.folder / name, HERE / f"{name}.c", *more], check=True)

    def sample(self, command, where, environment):
        line = self.folder / "sample"
        done = subprocess.run([self.folder / "measure", line, *command], cwd=where, env=environment, capture_output=True, text=True)
        taken = Sample(line.read_text())
        if done.returncode or taken.exit_code:
            raise RuntimeError(f"{' '.join(map(str, command))}: exit {taken.exit_code}: {done.stderr[-500:]}")
        return taken


def alternate(pairs, works):
    """Runs each work once to warm up, then all in turn, `pairs` times: name -> samples."""
    for work in works.values():
        work()
    samples = {name: [] for name in works}
    for pair in range(pairs):
        # Every second round runs backwards, so that no work always follows the same other.
        order = list(works) if pair % 2 == 0 else list(reversed(works))
        for name in order:
            samples[name].append(works[name]())
    return samples


def ratios(over, under, value):
    return [value(a) / value(b) for a, b in zip(over, under)]


def middle(samples, value):
    return statistics.median(map(value, samples))


def wall(sample):
    return sample.wall_s


def cpu(sample):
    return sample.cpu_s


def peak(sample):
    return sample.peak_mib


def ten_steps():
    """A file of ten steps: three sources, four transforms, three writers."""
    steps = [read_table("orders", query=QUERY), read_table("items", table="items"), read_csv("rates", path="rates.csv"),
             transform("joined", "needs: [orders, rates]", query="SELECT * FROM df_orders JOIN df_rates USING (state)"),
             transform("totals", "needs: [joined]", query="SELECT state, sum(total) AS total FROM input_df GROUP BY state"),
             transform("pieces", "needs: [items]", query="SELECT count(*) AS n FROM input_df"),
             transform("newest", "needs: [orders]", query="SELECT max(placed_at) AS newest FROM input_df"),
             write_csv("write_totals", "needs: [totals]", path="out/totals.csv"),
             write_csv("write_pieces", "needs: [pieces]", path="out/pieces.csv"),
             write_csv("write_newest", "needs: [newest]", path="out/newest.csv")]
    return pipeline(*steps)


def instructions(command, where, environment):
    """Instructions that a command executes, in millions: from the hardware's counter, or from valgrind."""
    if shutil.which("perf"):
        done = subprocess.run(["perf", "stat", "-x,", "-e", "instructions:u", *command], cwd=where, env=environment,
                              capture_output=True, text=True)
        found = re.search(r"^(\d+),", done.stderr, re.M)
        if found:
            return int(found[1]) / 1e6, "perf"
    if shutil.which("valgrind"):
        done = subprocess.run(["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", *command],
                              cwd=where, env=environment, capture_output=True, text=True)
        found = re.search(r"I\s+refs:\s+([\d,]+)", done.stderr)
        if found:
            return int(found[1].replace(",", "")) / 1e6, "valgrind"
    return None, "neither perf nor valgrind can count here"


def same_rows(left, right):
    """Whether two CSV files hold the same text, quotes and the case of hex digits apart."""
    def digest(path):
        value = hashlib.sha256()
        with open(path, "rb") as file:
            while block := file.read(1 << 20):
                value.update(block.replace(b'"', b"").lower())
        return value.hexdigest()
    return digest(left) == digest(right)


class Report:
    """The lines of the page, and whether every bar holds."""

    def __init__(self):
        self.lines, self.holds = [], True

    def bar(self, what, value, limit, unit, spread=""):
        good = value <= limit
        self.holds = self.holds and good
        self.lines.append(f"| {what} | {value:.2f} {unit} | ≤ {limit:.2f} {unit} | {spread} | {'pass' if good else '**fail**'} |")

    def ratio(self, what, values, limit, of):
        self.bar(what, statistics.median(values), limit, f"× {of}", f"{min(values):.2f} – {max(values):.2f}")


def move_rows(bench, report, rows, pairs):
    """The two works on a big table; returns the table of their medians."""
    with servers.MariaDb(buffer_pool="1G") as server:
        server.sql("CREATE DATABASE shop CHARACTER SET utf8mb4")
        server.sql(shop.orders_sql(rows), "shop")
        aggregate = "SELECT state, count(*) AS orders, sum(total) AS total FROM input_df GROUP BY state ORDER BY state"
        files = {"osiris_connections.yaml": CONNECTIONS, "to_csv.oml": pipeline(read_table(query=QUERY), write_csv(path="ours.csv")),
                 "to_sql.oml": pipeline(read_table(query=QUERY), transform(query=aggregate), write_csv(path="totals.csv"))}
        with Project(files, server.variables("shop")) as project:
            environment = program.clean_environment(project.home, project.variables)
            target = ["127.0.0.1", str(server.port), server.user, "shop", QUERY]

            def work(*command):
                return lambda: bench.sample(command, project.folder, environment)
            samples = alternate(pairs, {
                "bare fetch": work(bench.folder / "floor", "fetch", *target),
                "floor": work(bench.folder / "floor", "csv", *target, "floor.csv"),
                "MySQL → CSV": work(program.program(), "run", "to_csv.oml", "--quiet"),
                "MySQL → SQL → CSV": work(program.program(), "run", "to_sql.oml", "--quiet")})
            if not same_rows(project.path("floor.csv"), project.path("ours.csv")):
                raise RuntimeError("the floor and the program wrote different rows")
            size_mb = project.path("floor.csv").stat().st_size / 1e6
    fetch, floor, to_csv, to_sql = samples.values()
    report.ratio("the floor itself: wall", ratios(floor, fetch, wall), 1.15, "fetch")
    report.ratio("MySQL → CSV, one connection: wall", ratios(to_csv, floor, wall), 1.10, "floor")
    report.ratio("MySQL → CSV: client CPU", ratios(to_csv, floor, cpu), 1.50, "floor")
    report.bar("MySQL → CSV: peak memory", max(map(peak, to_csv)), 40, "MiB")
    report.ratio("MySQL → SQL aggregate → CSV: wall", ratios(to_sql, fetch, wall), 1.20, "fetch")
    report.bar("MySQL → SQL aggregate → CSV: peak memory", max(map(peak, to_sql)), 128, "MiB")
    medians = ["| work | wall | spread | client CPU | peak memory |", "|---|---|---|---|---|"]
    medians += [f"| {name} | {middle(taken, wall):.2f} s | {min(map(wall, taken)):.2f} – {max(map(wall, taken)):.2f} s | "
                f"{middle(taken, cpu):.2f} s | {max(map(peak, taken)):.0f} MiB |" for name, taken in samples.items()]
    return medians, size_mb


def start_up(bench, report):
    """CPU and instructions of the two commands that people wait for most often."""
    counted = []
    with Project({"osiris_connections.yaml": CONNECTIONS, "ten.oml": ten_steps()}) as project:
        environment = program.clean_environment(project.home, {"MYSQL_HOST": "192.0.2.1"})
        for name, command, limit_ms in (("`osiris --version`", ["--version"], 10), ("`osiris compile` of ten steps", ["compile", "ten.oml"], 30)):
            words = [program.program(), *command]
            taken = [cpu(bench.sample(words, project.folder, environment)) * 1e3 for _ in range(START_REPEATS)]
            report.bar(f"{name}: CPU", statistics.median(taken), limit_ms, "ms", f"{min(taken):.1f} – {max(taken):.1f} ms")
            millions, how = instructions(words, project.folder, environment)
            counted.append(f"- {name}: {f'{millions:.1f} million, counted by {how}' if millions else how}")
    return counted


def machine():
    model = re.search(r"model name\s*: (.+)", pathlib.Path("/proc/cpuinfo").read_text())
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = re.search(r'PRETTY_NAME="(.+)"', pathlib.Path("/etc/os-release").read_text())
    return (f"{len(os.sched_getaffinity(0))} cores of {model[1] if model else os.uname().machine}, {memory_gib:.0f} GiB, "
            f"{system[1] if system else 'unknown system'}, Linux {os.uname().release}")


def commit():
    def git(*words):
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    changed = git("status", "--porcelain", "--", "src", "components", "CMakeLists.txt")
    return git("rev-parse", "--short", "HEAD") + (" with changes that are not committed" if changed else "")


def page(options, report, load, medians, size_mb, counted):
    return "\n".join([
        "# Performance", "",
        "Written by `make bench`; do not edit. The server shares the cores with the client. The floor is `tests/bench/floor.c`:",
        "libmariadb's `mysql_use_result` into a CSV file through a buffer of 1 MiB; the bare fetch drops the rows. The works",
        f"alternate, {options.pairs} times each after a warm-up; a ratio is the median of the ratios inside each round.", "",
        f"- machine: {machine()}, load {load:.1f} before the start", f"- commit: {commit()}",
        f"- rows: {options.rows:,} of {len(shop.COLUMNS)} columns, {size_mb:.0f} MB of CSV", "",
        "## Bars", "", "| what | measured | bar | spread | |", "|---|---|---|---|---|", *report.lines, "",
        "## Medians", "", *medians, "",
        "## Instructions", "", *counted, ""])


def main():
    parser = argparse.ArgumentParser(description="Measures the program against the floor.")
    parser.add_argument("--build", default="build")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=7)
    options = parser.parse_args()
    os.environ[program.PROGRAM_VARIABLE] = str(pathlib.Path(options.build, "osiris").resolve())
    report, load = Report(), os.getloadavg()[0]
    if load > QUIET_LOAD:
        print(f"the machine is busy (load {load:.1f}): client and server will wait for cores, and ratios grow", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="osiris-bench-") as folder:
        bench = Bench(folder)
        medians, size_mb = move_rows(bench, report, options.rows, options.pairs)
        counted = start_up(bench, report)
    text = page(options, report, load, medians, size_mb, counted)
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(text, encoding="utf-8")
    print(text)
    return 0 if report.holds else 1


if __name__ == "__main__":
    sys.exit(main())
