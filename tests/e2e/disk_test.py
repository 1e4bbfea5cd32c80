"""Files and disks that refuse: unreadable, full, a folder where a file should be, malformed rows."""
import os
import random
import subprocess

from checks import Checks
from failures import check_failure
from program import Outcome, Project, clean_environment, pipeline, program, read_csv, step, write_csv

COPY = pipeline(read_csv("read", path="in.csv"), write_csv("write", path="out/rows.csv"))


def check_missing_input(checks):
    with Project({"p.oml": COPY}) as project:
        check_failure(checks, "an input that is not there", project.run("run", "p.oml", "--json"), exit_code=1, code="file.not_found",
                      words=["in.csv"])
        checks.equal("an input that is not there: no output", project.leftovers(but=["p.oml"]), [])


def ordinary_rights():
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()


def check_unreadable_input(checks):
    """Root may read everything, so root gives that right away first."""
    with Project({"p.oml": COPY, "in.csv": "a\n1\n"}) as project:
        project.path("in.csv").chmod(0o000)
        outcome = project.run("run", "p.oml", "--json", prefix=ordinary_rights())
        check_failure(checks, "an unreadable input", outcome, exit_code=1, code="file.unreadable", words=["in.csv"])
        project.path("in.csv").chmod(0o600)
        checks.equal("an unreadable input: no output", project.leftovers(but=["p.oml"]), ["in.csv"])


def check_folder_as_output(checks):
    with Project({"p.oml": COPY, "in.csv": "a\n1\n", "out/rows.csv/kept.txt": "kept"}) as project:
        check_failure(checks, "an output that is a folder", project.run("run", "p.oml", "--json"), exit_code=1, code="file.is_directory",
                      words=["out/rows.csv"])
        checks.equal("an output that is a folder: left alone", project.leftovers(but=["p.oml"]), ["in.csv", "out/rows.csv/kept.txt"])


def check_malformed_rows(checks):
    """The row's file, line and byte offset are told; `on_bad_row: skip` counts it instead."""
    rows = "a,b\n1,2\n3,4,5\n6,7\n"
    with Project({"p.oml": COPY, "in.csv": rows}) as project:
        error = check_failure(checks, "a row with too many cells", project.run("run", "p.oml", "--json"), exit_code=1,
                              code="csv.malformed", kind="data")
        for word in ("in.csv", "3", "8"):
            checks.contains(f"a malformed row: its file, line and byte offset: {word}", str(error), word)
        checks.equal("a malformed row: no output", project.leftovers(but=["p.oml"]), ["in.csv"])
        project.write("p.oml", COPY.replace('path: "in.csv"', 'path: "in.csv"\n      on_bad_row: skip'))
        outcome = project.run("run", "p.oml")
        checks.that("a skipped row: exit 0", outcome.exit_code == 0, outcome.text)
        checks.equal("a skipped row is left out", project.read("out/rows.csv"), "a,b\n1,2\n6,7\n")


def fill(project):
    """A CSV file of 12 MB."""
    project.write("in.csv", "id,text\n" + "".join(f"{number},{'x' * 100}\n" for number in range(110_000)))


def check_full_disk_of_every_writer(checks):
    """Whatever is written, a full disk is told, and nothing of it stays."""
    steps = {"jsonl": step("write", "filesystem.jsonl_writer", "write", {"path": "out/rows.jsonl"}),
             "gzip": write_csv("write", path="out/rows.csv.gz", compression="gzip"),
             "partitions": write_csv("write", path="out/parts", partition_by=["id"]),
             "parquet": step("write", "filesystem.parquet_writer", "write", {"path": "out/rows.parquet", "row_group_size": "1MiB", "compression": "none"})}
    for name, writer in steps.items():
        with Project({"p.oml": pipeline(read_csv("read", path="in.csv"), writer)}) as project:
            # Random letters, so that compressing them does not save the day.
            rows = ("".join(random.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=100)) for _ in range(110_000))
            project.write("in.csv", "id,text\n" + "".join(f"{number % 50},{text}\n" for number, text in enumerate(rows)))
            project.write("out/kept.txt", "kept\n")
            outcome, left = run_on_small_disk(project, "kept.txt") if os.geteuid() == 0 else run_with_size_limit(project)
            code = "parquet.unwritable" if name == "parquet" else "file.disk_full"
            check_failure(checks, f"a full disk, {name}", outcome, exit_code=1, code=code)
            checks.equal(f"a full disk, {name}: nothing stays", left, "kept.txt: kept\n" if os.geteuid() != 0 else "kept.txt: the old rows\n")


def check_full_disk(checks):
    """Root mounts a tmpfs of 4 MB on out/; another user meets the same refusal as a limit on the file's size."""
    with Project({"p.oml": COPY}) as project:
        fill(project)
        project.write("out/rows.csv", "the old rows\n")
        if os.geteuid() == 0:
            outcome, left = run_on_small_disk(project)
        else:
            outcome, left = run_with_size_limit(project)
        check_failure(checks, "a full disk", outcome, exit_code=1, code="file.disk_full", words=["rows.csv"])
        checks.equal("a full disk: the old file stands, nothing beside it", left, "rows.csv: the old rows\n")


def run_on_small_disk(project, old="rows.csv"):
    """The mount lives in a namespace of its own and goes with it."""
    script = (f"mount -t tmpfs -o size=4m tmpfs out && echo 'the old rows' >out/{old} && "
              f"{program()} run p.oml --json >document 2>messages; echo $? >code; cd out && for f in $(ls -A); do echo \"$f: $(cat $f)\"; done")
    done = subprocess.run(["unshare", "--mount", "sh", "-c", script], cwd=project.folder, capture_output=True, text=True,
                          env=clean_environment(project.home), timeout=60)
    return outcome_of(project), done.stdout


def run_with_size_limit(project):
    """A file may have 4 MB here; SIGXFSZ is ignored, so the write fails with an errno."""
    script = f"ulimit -f 4096; trap '' XFSZ; {program()} run p.oml --json >document 2>messages; echo $? >code"
    subprocess.run(["sh", "-c", script], cwd=project.folder, env=clean_environment(project.home), timeout=60)
    out = project.path("out")
    return outcome_of(project), "".join(f"{path.name}: {path.read_text()}" for path in sorted(out.iterdir()))


def database_project(family):
    """A project with a pipeline into a table of a database's file, one out of it, and the file with one row."""
    connection = {"connection": f"@{family}.main", "table": "target"}
    load = step("load", f"{family}.writer", "write", {**connection, "create_if_missing": True})
    project = Project({"osiris_connections.yaml": f"connections: {{{family}: {{main: {{path: out/shop.db}}}}}}", "first.csv": "id,text\n0,old\n",
                       "first.oml": pipeline(read_csv("read", path="first.csv"), load), "p.oml": pipeline(read_csv("read", path="in.csv"), load),
                       "back.oml": pipeline(step("read", f"{family}.extractor", "read", connection), write_csv("write", path="back.csv"))})
    project.path("out").mkdir()
    return project


def check_database_on_full_disk(checks, family):
    """The load that fills the disk is undone; what was there is there."""
    with database_project(family) as project:
        fill(project)
        checks.equal(f"{family}: the first load", project.run("run", "first.oml").exit_code, 0)
        if os.geteuid() == 0:
            script = (f"cp out/shop.db kept.db && mount -t tmpfs -o size=4m tmpfs out && mv kept.db out/shop.db && {program()} run p.oml --json >document 2>messages; "
                      f"echo $? >code; {program()} run back.oml --quiet")
            subprocess.run(["unshare", "--mount", "sh", "-c", script], cwd=project.folder, env=clean_environment(project.home), timeout=60)
        else:
            script = f"ulimit -f 4096; trap '' XFSZ; {program()} run p.oml --json >document 2>messages; echo $? >code; {program()} run back.oml --quiet"
            subprocess.run(["sh", "-c", script], cwd=project.folder, env=clean_environment(project.home), timeout=60)
        check_failure(checks, f"{family}: a full disk", outcome_of(project), exit_code=1, code="file.disk_full", words=["shop.db"])
        checks.equal(f"{family}: a full disk: the rows are as they were", project.read("back.csv"), "id,text\n0,old\n")


def check_database_in_closed_folder(checks, family):
    """It can be read and not written."""
    with database_project(family) as project:
        project.write("in.csv", "id,text\n1,new\n")
        checks.equal(f"{family}: the first load", project.run("run", "first.oml").exit_code, 0)
        project.path("out/shop.db").chmod(0o444)
        project.path("out").chmod(0o555)
        outcome = project.run("run", "p.oml", "--json", prefix=ordinary_rights())
        check_failure(checks, f"{family}: a closed folder", outcome, exit_code=1, code="file.unwritable", words=["shop.db"])
        outcome = project.run("run", "back.oml", prefix=ordinary_rights())
        checks.that(f"{family}: a closed folder can be read", outcome.exit_code == 0, outcome.text)
        checks.equal(f"{family}: its rows", project.read("back.csv"), "id,text\n0,old\n")
        project.path("out").chmod(0o755)


def outcome_of(project):
    return Outcome(int(project.read("code")), project.path("document").read_bytes(), project.path("messages").read_bytes(), 0)


def main(checks):
    for test in (check_missing_input, check_unreadable_input, check_folder_as_output, check_malformed_rows, check_full_disk,
                 check_full_disk_of_every_writer):
        checks.group(test.__name__, test)
    for family in ("sqlite", "duckdb"):
        for test in (check_database_on_full_disk, check_database_in_closed_folder):
            checks.group(f"{family} {test.__name__}", test, family)


if __name__ == "__main__":
    Checks.run(main)
