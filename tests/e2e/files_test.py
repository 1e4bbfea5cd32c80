"""Files of every form through the program: other encodings, standard streams, compression, Parquet as another reader
sees it, partitions, spooled streams, and what goes wrong with files."""
import gzip
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading

import python_packages
from checks import Checks
from failures import check_failure
from program import Project, clean_environment, pipeline, program, read_csv, step, test_rows, transform, write_csv

python_packages.bring("readers")


def read(component, **config):
    return step("read", f"filesystem.{component}_extractor", "read", config)


def write(component, **config):
    return step("write", f"filesystem.{component}_writer", "write", config)


def run_piped(project, name, stdin):
    """Runs a pipeline with bytes on its standard input; returns exit code, stdout and stderr."""
    done = subprocess.run([program(), "run", name], cwd=project.folder, env=clean_environment(project.home), input=stdin,
                          capture_output=True, timeout=120)
    return done.returncode, done.stdout, done.stderr.decode()


def check_standard_streams(checks):
    """Only rows are on stdout, whatever the program has to say."""
    with Project({"p.oml": pipeline(read("csv", path="-"), write("jsonl", path="-"))}) as project:
        code, rows, said = run_piped(project, "p.oml", b"id,name\n1,Zo\xc3\xab\n2,\n")
        checks.equal("streams: exit code", code, 0)
        checks.equal("streams: stdout has rows only", rows.decode(), '{"id":"1","name":"Zoë"}\n{"id":"2","name":null}\n')
        checks.contains("streams: the summary is on stderr", said, "success, 2 rows")
        outcome = project.run("run", "p.oml", "--json")
        check_failure(checks, "streams: --json has no room on stdout", outcome, exit_code=2, code="cli.usage")
        outcome = project.run("plan", "p.oml")
        checks.equal("streams: a plan reads nothing", outcome.exit_code, 0)
        checks.contains("streams: a plan names them", outcome.stdout, "the standard input")


def check_encodings_round(checks):
    text = "id;name\n1;Příliš žluťoučký\n2;\"kůň; \"\"úpěl\"\"\"\n"
    for encoding, codec in (("windows-1250", "cp1250"), ("iso-8859-2", "iso8859-2"), ("utf-16le", "utf-16-le"), ("utf-16", "utf-16")):
        form = {"delimiter": ";", "encoding": encoding}
        with Project({"p.oml": pipeline(read("csv", path="in.csv", **form), write("csv", path="out.csv", **form)),
                      "in.csv": text.encode(codec)}) as project:
            outcome = project.run("run", "p.oml")
            checks.that(f"{encoding}: exit 0", outcome.exit_code == 0, outcome.text)
            checks.equal(f"{encoding}: the same text", project.path("out.csv").read_bytes().decode(codec), text)
    with Project({"p.oml": pipeline(read("csv", path="in.csv"), write("csv", path="out.csv", encoding="latin1")),
                  "in.csv": "a\nž\n"}) as project:
        check_failure(checks, "a character that the encoding lacks", project.run("run", "p.oml", "--json"), exit_code=1,
                      code="file.no_such_character", words=["ž", "latin1"])
        checks.that("a character that the encoding lacks: no file", not project.exists("out.csv"))


def check_compression(checks):
    rows = "id,name\n" + "".join(f"{number},name {number % 7}\n" for number in range(test_rows(200_000)))
    with Project({"gz.oml": pipeline(read("csv", path="in.csv"), write("csv", path="out.csv.gz")),
                  "zst.oml": pipeline(read("csv", path="out.csv.gz"), write("csv", path="out.csv.zst")),
                  "plain.oml": pipeline(read("csv", path="out.csv.zst"), write("csv", path="out.csv")), "in.csv": rows}) as project:
        for name in ("gz.oml", "zst.oml", "plain.oml"):
            outcome = project.run("run", name)
            checks.that(f"compression: {name}", outcome.exit_code == 0, outcome.text)
        checks.equal("compression: another program reads our gzip", gzip.decompress(project.path("out.csv.gz").read_bytes()).decode(), rows)
        checks.equal("compression: there and back", project.read("out.csv"), rows)
        whole = project.path("out.csv.gz").read_bytes()
        project.write("out.csv.gz", whole[: len(whole) // 2])
        project.write("old.csv", "old")
        project.write("cut.oml", pipeline(read("csv", path="out.csv.gz"), write("csv", path="old.csv")))
        check_failure(checks, "a truncated gzip", project.run("run", "cut.oml", "--json"), exit_code=1, code="file.damaged", words=["out.csv.gz"])
        checks.equal("a truncated gzip: the old file stands", project.read("old.csv"), "old")


def check_parquet_with_another_reader(checks):
    import pyarrow.parquet
    types = {"id": "bigint", "small": "tinyint", "amount": "decimal(12,2)", "day": "date", "at": "timestamp", "zone": "timestamptz",
             "ok": "boolean", "ratio": "double", "note": "json", "raw": "bytes", "key": "uuid", "big": "hugeint"}
    row = {"id": -9223372036854775808, "small": -128, "amount": "-0.01", "day": "2024-02-29", "at": "2026-03-01 08:15:00.25",
           "zone": "2026-03-01 08:15:00+02", "ok": True, "ratio": 0.1, "note": {"a": [1, None]}, "raw": "00ff",
           "key": "00112233-4455-6677-8899-aabbccddeeff", "big": 12345678901234567890123456789012345678}
    lines = json.dumps(row) + "\n" + json.dumps({name: None for name in row}) + "\n"
    with Project({"p.oml": pipeline(read("jsonl", path="in.jsonl", types=types), write("parquet", path="out.parquet")),
                  "back.oml": pipeline(read("parquet", path="out.parquet"), write("jsonl", path="back.jsonl")),
                  "some.oml": pipeline(read("parquet", path="out.parquet", columns=["amount", "id"]), write("csv", path="some.csv")),
                  "in.jsonl": lines}) as project:
        outcome = project.run("run", "p.oml")
        checks.that("parquet: written", outcome.exit_code == 0, outcome.text)
        table = pyarrow.parquet.read_table(project.path("out.parquet"))
        kinds = {field.name: str(field.type) for field in table.schema}
        wanted = {"id": "int64", "small": "int8", "amount": "decimal128(12, 2)", "day": "date32[day]", "at": "timestamp[us]",
                  "zone": "timestamp[us, tz=UTC]", "ok": "bool", "ratio": "double", "raw": "binary", "big": "decimal128(38, 0)"}
        checks.equal("parquet: types of another reader", {name: kinds[name] for name in wanted}, wanted)
        values = table.to_pylist()
        checks.equal("parquet: exact values of another reader",
                     [str(values[0][name]) for name in ("id", "amount", "day", "at", "big")],
                     ["-9223372036854775808", "-0.01", "2024-02-29", "2026-03-01 08:15:00.250000", "12345678901234567890123456789012345678"])
        checks.equal("parquet: nulls of another reader", set(values[1].values()), {None})
        compression = pyarrow.parquet.ParquetFile(project.path("out.parquet")).metadata.row_group(0).column(0).compression
        checks.equal("parquet: compressed", compression, "ZSTD")
        for name in ("back.oml", "some.oml"):
            outcome = project.run("run", name)
            checks.that(f"parquet: {name}", outcome.exit_code == 0, outcome.text)
        back = json.loads(project.read("back.jsonl").splitlines()[0])
        checks.equal("parquet: nested JSON is kept", back["note"], {"a": [1, None]})
        checks.equal("parquet: bytes are kept", back["raw"], "00ff")
        checks.equal("parquet: some columns", project.read("some.csv"), "amount,id\n-0.01,-9223372036854775808\n,\n")


def check_foreign_parquet(checks):
    """Lists, structs and maps of another writer are their JSON; a file that is damaged says so."""
    import pyarrow
    import pyarrow.parquet
    with Project({"p.oml": pipeline(read("parquet", path="in*.parquet", file_column="file"), write("jsonl", path="out.jsonl"))}) as project:
        table = pyarrow.table({"id": [1], "tags": [["a", "b"]], "more": [{"x": 1, "y": None}]})
        pyarrow.parquet.write_table(table, project.path("in1.parquet"))
        outcome = project.run("run", "p.oml")
        checks.that("foreign parquet: read", outcome.exit_code == 0, outcome.text)
        checks.equal("foreign parquet: nested values", json.loads(project.read("out.jsonl")),
                     {"id": 1, "tags": ["a", "b"], "more": {"x": 1, "y": None}, "file": "in1.parquet"})
        pyarrow.parquet.write_table(pyarrow.table({"id": ["x"]}), project.path("in2.parquet"))
        check_failure(checks, "parquet files that differ", project.run("run", "p.oml", "--json"), exit_code=1, code="parquet.schema_differs",
                      words=["in2.parquet"])
        project.path("in2.parquet").unlink()
        rows = pyarrow.table({"id": list(range(100_000)), "text": [str(number) * 3 for number in range(100_000)]})
        pyarrow.parquet.write_table(rows, project.path("in1.parquet"), compression="zstd")
        whole = project.path("in1.parquet").read_bytes()
        project.write("in1.parquet", whole[: len(whole) // 2])
        check_failure(checks, "a half-written Parquet file", project.run("run", "p.oml", "--json"), exit_code=1, code="parquet.damaged")
        project.write("in1.parquet", whole[:4] + b"\xff" * 60 + whole[64:])
        check_failure(checks, "a corrupt Parquet page", project.run("run", "p.oml", "--json"), exit_code=1, code="parquet.damaged")


def check_open_quote(checks):
    """A quote that nothing closes, in more than a gigabyte that comes through a pipe: memory is bounded."""
    size = 1_200_000_000
    with Project({"p.oml": pipeline(read("csv", path="pipe"), write("csv", path="out.csv"))}) as project:
        os.mkfifo(project.path("pipe"))

        def feed():
            block = b"x" * (1 << 20)
            try:
                with open(project.path("pipe"), "wb") as pipe:
                    pipe.write(b'a,b\n1,"')
                    for _ in range(size >> 20):
                        pipe.write(block)
            except BrokenPipeError:
                pass
        feeder = threading.Thread(target=feed)
        feeder.start()
        environment = clean_environment(project.home)
        done = subprocess.run(["/usr/bin/env", sys.executable, "-c",
                               "import resource, subprocess, sys; code = subprocess.run(sys.argv[1:]).returncode; "
                               "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, file=sys.stderr); sys.exit(code)",
                               program(), "run", "p.oml", "--json"], cwd=project.folder, env=environment, capture_output=True, text=True, timeout=600)
        feeder.join()
        error = json.loads(done.stdout)["error"]
        checks.equal("an open quote: refused", (done.returncode, error["code"]), (1, "csv.record_too_large"))
        checks.contains("an open quote: where it is", error["message"], "line 2, byte 4")
        peak_mib = int(done.stderr.strip().splitlines()[-1])
        checks.that("an open quote: bounded memory", peak_mib < 300 or "ASAN_OPTIONS" in os.environ or "TSAN_OPTIONS" in os.environ, peak_mib)


def check_wide_and_late(checks):
    """100,000 columns; and a value that breaks the type of its column in a row far behind."""
    names = ",".join(f"c{number}" for number in range(100_000))
    values = ",".join(str(number) for number in range(100_000))
    rows = test_rows(5_000_000)
    with Project({"wide.oml": pipeline(read("csv", path="wide.csv"), write("csv", path="out.csv")), "wide.csv": f"{names}\n{values}\n" * 1 + values + "\n",
                  "late.oml": pipeline(read("csv", path="late.csv", types={"n": "int"}), write("csv", path="late_out.csv"))}) as project:
        outcome = project.run("run", "wide.oml")
        checks.that("100,000 columns: exit 0", outcome.exit_code == 0, outcome.text)
        checks.that("100,000 columns: the same", project.read("out.csv") == project.read("wide.csv"))
        with open(project.path("late.csv"), "w", encoding="utf-8") as file:
            file.write("n\n")
            for _ in range(rows // 1000):
                file.write("7\n" * 1000)
            file.write("seven\n")
        check_failure(checks, "a late change of type", project.run("run", "late.oml", "--json"), exit_code=1, code="value.malformed",
                      words=[f"line {rows // 1000 * 1000 + 2}", "seven"])
        checks.that("a late change of type: no output", not project.exists("late_out.csv"))


def check_many_files(checks):
    count = min(test_rows(100_000), 100_000)
    with Project({"p.oml": pipeline(read("csv", path="in/*.csv", file_column="file"), transform(query="SELECT count(*) AS n, count(DISTINCT file) AS files FROM input_df"),
                                    write_csv(path="out.csv"))}) as project:
        folder = project.path("in")
        folder.mkdir()
        for number in range(count):
            pathlib.Path(folder, f"{number}.csv").write_bytes(b"id\n1\n")
        outcome = project.run("run", "p.oml", "--quiet", timeout_s=300)
        checks.that("many files: exit 0", outcome.exit_code == 0, outcome.text)
        checks.equal("many files: every row once", project.read("out.csv"), f"n,files\n{count},{count}\n")
        plan = project.run("plan", "p.oml", timeout_s=300)
        checks.that("many files: a plan counts them", f"and {count - 10:,} more files" in plan.stdout, plan.stdout[-500:])


def check_partitions(checks):
    rows = test_rows(50_000)
    with Project({"p.oml": pipeline(read("csv", path="in.csv"), write("csv", path="out", partition_by=["country", "year"]))}) as project:
        project.write("in.csv", "id,country,year\n" + "".join(f"{n},c{n % 150},{2020 + n % 2}\n" for n in range(rows)))
        outcome = project.run("run", "p.oml")
        checks.that("partitions: exit 0", outcome.exit_code == 0, outcome.text)
        files = sorted(project.path("out").rglob("*.csv"))
        checks.equal("partitions: a file for each value", len(files), 150)
        checks.equal("partitions: every row once", sum(len(file.read_text().splitlines()) - 1 for file in files), rows)
        before = project.listing(but=["logs", "p.oml"])
        project.write("in.csv", "id,country,year\n1,CZ,2020\n2\n")
        outcome = project.run("run", "p.oml", "--json")
        check_failure(checks, "partitions: a bad row", outcome, exit_code=1, code="csv.malformed")
        after = {name: facts for name, facts in project.listing(but=["logs", "p.oml"]).items() if name != "in.csv"}
        checks.equal("partitions: all or nothing", after, {name: facts for name, facts in before.items() if name != "in.csv"})


def check_killed(checks):
    """A process that is killed while it writes leaves what the last run made, and its own part only until the next run."""
    for form, name, target in (("csv", "out.csv", {}), ("parquet", "out.parquet", {}), ("csv", "out", {"partition_by": ["country"]}),
                               ("parquet", "out", {"partition_by": ["country"]})):
        what = f"{form} killed, {'partitions' if target else 'one file'}"
        with Project({"p.oml": pipeline(read("csv", path="in.csv"), write(form, path=name, **target))}) as project:
            project.write("in.csv", "id,country\n1,CZ\n")
            checks.that(f"{what}: the run before", project.run("run", "p.oml").exit_code == 0)
            before = project.listing(but=["logs", "in.csv"])
            project.path("in.csv").unlink()
            os.mkfifo(project.path("in.csv"))
            running = project.start("run", "p.oml")
            with open(project.path("in.csv"), "w", encoding="utf-8") as pipe:
                pipe.write("id,country\n" + "".join(f"{number},c{number % 20}\n" for number in range(200_000)))
                pipe.flush()
                running.send(signal.SIGKILL)
                running.wait()
            checks.equal(f"{what}: what the last run made", project.listing(but=["logs", "in.csv", f".{name}"]), before)
            checks.that(f"{what}: a part is there", any(project.folder.glob(f".{name}.*.part")))
            project.path("in.csv").unlink()
            project.write("in.csv", "id,country\n3,CZ\n")
            checks.that(f"{what}: the run after", project.run("run", "p.oml").exit_code == 0)
            checks.equal(f"{what}: no part is left", list(project.folder.glob(f".{name}.*.part")), [])


def check_spooled_join(checks):
    """Two ways of one stream that meet again, with more rows than the queues hold."""
    rows = test_rows(2_000_000)
    with Project({"p.oml": pipeline(
            read_csv("orders", path="in.csv"),
            step("totals", "duckdb.processor", "transform", {"query": "SELECT customer, count(*) AS n FROM input_df GROUP BY customer"}),
            step("joined", "duckdb.processor", "transform", {"query": "SELECT count(*) AS rows, sum(n::BIGINT) AS total FROM orders JOIN totals USING (customer)"},
                 more="needs: [orders, totals]"),
            write_csv("write", path="out.csv"))}) as project:
        with open(project.path("in.csv"), "w", encoding="utf-8") as file:
            file.write("id,customer\n")
            for number in range(rows):
                file.write(f"{number},{number % 1000}\n")
        outcome = project.run("run", "p.oml", "--quiet")
        checks.that("a spooled join: exit 0", outcome.exit_code == 0, outcome.text)
        checks.equal("a spooled join: its rows", project.read("out.csv"), f"rows,total\n{rows},{rows * (rows // 1000)}\n")


def check_discover(checks):
    """What it proposes runs as it stands, and gives typed rows."""
    text = "Report of March\nid;day;amount;ok\n1;5.3.2026;10.50;yes\n2;6.3.2026;NULL;no\n"
    with Project({"in.csv": text.encode("utf-16")}) as project:
        outcome = project.run("discover", "in.csv")
        checks.that("discover: exit 0", outcome.exit_code == 0, outcome.text)
        for part in ("encoding: utf-16", "skip: 1", "date(%d.%m.%Y)", "decimal(18,2)", "boolean(yes, no)", "bigint"):
            checks.contains(f"discover: {part}", outcome.stdout, part)
        project.write("p.oml", outcome.stdout + "  - {id: write, component: filesystem.jsonl_writer, config: {path: out.jsonl}}\n")
        outcome = project.run("run", "p.oml")
        checks.that("discover: the proposal runs", outcome.exit_code == 0, outcome.text)
        checks.equal("discover: typed rows", project.read("out.jsonl"),
                     '{"id":1,"day":"2026-03-05","amount":10.50,"ok":true}\n{"id":2,"day":"2026-03-06","amount":null,"ok":false}\n')
        document = project.run("discover", "in.csv", "--json").document()
        checks.equal("discover: as a document", [column["type"] for column in document["columns"]],
                     ["bigint", "date(%d.%m.%Y)", "decimal(18,2)", "boolean(yes, no)"])


def main(checks):
    for test in (check_standard_streams, check_encodings_round, check_compression, check_parquet_with_another_reader, check_foreign_parquet,
                 check_open_quote, check_wide_and_late, check_many_files, check_partitions, check_killed,
                 check_spooled_join, check_discover):
        checks.group(test.__name__, test)


if __name__ == "__main__":
    Checks.run(main)
