"""Runs in a sandbox: the same rows, events, measurements and files as here, and what goes wrong on the way."""
import datetime
import json
import pathlib
import signal
import tempfile
import time

import sandbox_server
import servers
from checks import Checks
from failures import check_failure
from program import CONNECTIONS, Project, events, pipeline, read_csv, read_table, step, transform, write_csv

ROWS = "id,name\n" + "".join(f"{number},name {number}\n" for number in range(1, 20_001))
COPY = pipeline(read_csv("read", path="in/rows.csv", types={"id": "bigint"}), write_csv("write", path="out/rows.csv"), name="copy")
# What differs from run to run, or says where it ran.
OF_THE_RUN = {"ts", "session", "duration_ms", "execution", "peak_memory_mb", "manifest", "value"}
OF_THE_ROAD = ("sandbox_", "worker_", "stream_", "rpc_", "artifact_downloaded")


def story(session):
    """The events of a session without what may differ, in an order of their own: steps work at the same time."""
    told = [{key: value for key, value in event.items() if key not in OF_THE_RUN} for event in events(session) if not event["event"].startswith(OF_THE_ROAD)]
    return sorted(json.dumps(event, sort_keys=True, ensure_ascii=False) for event in told)


def metrics(session):
    lines = (session / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return {(line["metric"], line["tags"].get("step", "")) for line in map(json.loads, lines) if not line["metric"].startswith("e2b_")}


def in_sandbox(project, *arguments, **more):
    return project.run("run", *arguments, "--e2b", **more)


def check_parity(checks, sandboxes):
    """A run there is a run here: rows, events, measurements, files."""
    with Project({"p.oml": COPY, "in/rows.csv": ROWS}, sandboxes.variables()) as project:
        here = project.run("run", "p.oml", "--json")
        checks.equal("here: exit 0", here.exit_code, 0)
        first = project.read("out/rows.csv")
        project.path("out/rows.csv").unlink()
        there = in_sandbox(project, "p.oml", "--json")
        if not checks.that("there: exit 0", there.exit_code == 0, there.text):
            return
        checks.equal("the same file", project.read("out/rows.csv"), first)
        local, remote = project.sessions()[-2:]
        checks.equal("the same events", story(remote), story(local))
        checks.equal("the same measurements", metrics(remote), metrics(local))
        checks.equal("the run says where it ran", events(remote, "run_start")[0]["execution"], "e2b")
        checks.equal("the same artifact", (remote / "artifacts/write/output.csv").read_text(), first)
        names = [event["event"] for event in events(remote)]
        for name in ("sandbox_create_start", "sandbox_create_complete", "worker_upload_complete", "worker_started", "artifact_downloaded", "sandbox_deleted"):
            checks.contains(f"an event: {name}", names, name)
        checks.equal("the first and the last event", (names[0], names[-1]), ("run_start", "run_end"))
        checks.that("what came back", all((remote / "remote" / name).exists() for name in ("osiris.log", "status.json", "journal.jsonl")))
        documents = [here.document(), there.document()]
        for document in documents:
            for key in ("session_id", "session", "duration_ms"):
                document.pop(key)
            for each in document["steps"]:
                each.pop("duration_ms")
        checks.equal("the same answer", documents[1], documents[0])
        checks.equal("no sandbox is left", sandboxes.ids(), [])


def check_failures(checks, sandboxes):
    """The step's own error, with its place; what cannot travel; a wrong key."""
    broken = pipeline(read_csv("read", path="in/rows.csv", types={"name": "bigint"}), write_csv("write", path="out/rows.csv"))
    with Project({"p.oml": broken, "in/rows.csv": ROWS}, sandboxes.variables()) as project:
        here = project.run("run", "p.oml", "--json")
        there = in_sandbox(project, "p.oml", "--json")
        checks.equal("a bad value: the same error as here", (there.exit_code, there.error()), (here.exit_code, here.error()))
        checks.that("a bad value: no file", not project.exists("out/rows.csv"))
        checks.equal("a bad value: no sandbox is left", sandboxes.ids(), [])
    outside = pipeline(read_csv("read", path="/etc/passwd"), write_csv("write", path="out.csv"))
    with Project({"p.oml": outside}, sandboxes.variables()) as project:
        check_failure(checks, "a path outside the project", in_sandbox(project, "p.oml", "--json"), exit_code=2, code="remote.path_outside", place="p.oml", words=["/etc/passwd"])
    refused = {
        "remote.standard_stream": [read_csv("read", path="-"), write_csv("write", path="out.csv")],
        "remote.partitions": [read_csv("read", path="in/rows.csv"), write_csv("write", partition_by=["name"])],
        "remote.local_database": [read_csv("read", path="in/rows.csv"), step("write", "sqlite.writer", "write", {"connection": "@sqlite.main", "table": "t", "create_if_missing": True})],
    }
    connections = CONNECTIONS + "  sqlite:\n    main:\n      path: t.db\n"
    server = {"MYSQL_HOST": "127.0.0.1", "MYSQL_PORT": "1", "MYSQL_USER": "u", "MYSQL_PASSWORD": "p", "MYSQL_DATABASE": "d"}
    for code, steps in refused.items():
        with Project({"p.oml": pipeline(*steps), "in/rows.csv": ROWS, "osiris_connections.yaml": connections}, {**sandboxes.variables(), **server}) as project:
            check_failure(checks, f"what cannot travel: {code}", in_sandbox(project, "p.oml", "--json"), exit_code=2, code=code)
            checks.equal(f"{code}: no session, for nothing began", len(project.sessions()), 0)
    with Project({"p.oml": COPY, "in/rows.csv": ROWS}, sandboxes.variables()) as project:
        project.run("run", "p.oml")
        check_failure(checks, "a run that is taken up again", project.run("run", "--resume", project.sessions()[-1].name, "--e2b", "--json"), exit_code=2, code="cli.usage", words=["--resume"])
    with Project({"p.oml": COPY, "in/rows.csv": ROWS}, {**sandboxes.variables(), "E2B_API_KEY": "e2b_" + "f" * 32}) as project:
        check_failure(checks, "a wrong key", in_sandbox(project, "p.oml", "--json"), exit_code=1, code="remote.key_refused")
    with Project({"p.oml": COPY, "in/rows.csv": ROWS}) as project:
        check_failure(checks, "no key", in_sandbox(project, "p.oml", "--json"), exit_code=2, code="remote.no_key", words=["E2B_API_KEY"])


def check_secrets(checks, sandboxes, database):
    """A database is read from there with its password, which is in no file here or there."""
    with Project({"p.oml": pipeline(read_table(table="t"), write_csv("write", path="out.csv")), "osiris_connections.yaml": CONNECTIONS},
                 {**sandboxes.variables(), **database.variables("shop")}) as project:
        outcome = in_sandbox(project, "p.oml")
        checks.that("a database: exit 0", outcome.exit_code == 0, outcome.text)
        checks.equal("a database: the rows", project.read("out.csv"), "a\n1\n2\n")
        holding = [str(path) for path in project.folder.rglob("*") if path.is_file() and database.password.encode() in path.read_bytes()]
        checks.equal("a database: the password is in no file", holding, [])


def run_slowly(project, *arguments):
    """A run that is under way in its sandbox."""
    running = project.start("run", "p.oml", "--e2b", *arguments)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        sessions = project.sessions()
        if sessions and events(sessions[-1], "step_start"):
            break
        time.sleep(0.1)
    return running


def slow(head=""):
    code = "import time\ndef extract():\n    for n in range(600):\n        time.sleep(0.1)\n        yield [{'n': n}]\n"
    return pipeline(step("read", "python.extractor", "read", {"code": code}), write_csv("write", path="out.csv"), head=head)


def check_interrupted(checks, sandboxes):
    """Ctrl-C ends the run there, and the sandbox with it; a second one waits for nothing."""
    for signals in (1, 2):
        with Project({"p.oml": slow()}, sandboxes.variables()) as project:
            running = run_slowly(project)
            began = time.monotonic()
            for _ in range(signals):
                running.send(signal.SIGINT)
                time.sleep(0.1)
            outcome = running.wait()
            checks.equal(f"interrupted {signals} times: exit 130", outcome.exit_code, 130)
            checks.that(f"interrupted {signals} times: soon", time.monotonic() - began < 10, outcome.text)
            checks.equal(f"interrupted {signals} times: its end is told", events(project.sessions()[-1], "run_end")[-1]["status"], "cancelled")
            checks.equal(f"interrupted {signals} times: no sandbox is left", sandboxes.ids(), [])


def check_killed_host(checks, sandboxes):
    """The sandbox of a machine that vanished ends by itself, within ten minutes."""
    with Project({"p.oml": slow()}, sandboxes.variables()) as project:
        running = run_slowly(project)
        running.send(signal.SIGKILL)
        running.wait()
        (left,) = sandboxes.ids()
        facts = sandboxes.api("GET", f"/sandboxes/{left}").json()
        remaining = datetime.datetime.fromisoformat(facts["endAt"].replace("Z", "+00:00")) - datetime.datetime.now(datetime.timezone.utc)
        checks.that("a killed host: the sandbox ends within ten minutes", 0 < remaining.total_seconds() <= 600, facts)
        checks.equal("a killed host: its run is named", facts["metadata"]["osiris.run"], project.sessions()[-1].name)
        sandboxes.api("DELETE", f"/sandboxes/{left}")


def check_one_at_a_time(checks, sandboxes):
    """A pipeline that forbids a second run at the same time forbids it in a sandbox, too."""
    with Project({"p.oml": slow(head="concurrency: forbid\n")}, sandboxes.variables()) as project:
        running = run_slowly(project)
        check_failure(checks, "one at a time", in_sandbox(project, "p.oml", "--json"), exit_code=2, code="run.already_running")
        running.send(signal.SIGINT)
        running.wait()


def check_size(checks, sandboxes):
    with Project({"p.oml": COPY, "in/rows.csv": ROWS}, sandboxes.variables()) as project:
        for round_number in (1, 2):
            outcome = in_sandbox(project, "p.oml", "--e2b-cpu", "1", "--e2b-mem", "1")
            checks.that("a size: exit 0", outcome.exit_code == 0, outcome.text)
            session = project.sessions()[-1]
            made = events(session, "sandbox_create_complete")[0]
            checks.equal("a size: it has it", (made["cpu_count"], made["memory_mb"]), (1, 1024))
            checks.equal("a size: its template is built once", len(events(session, "template_built")), 2 - round_number)
        check_failure(checks, "a template that there is not", in_sandbox(project, "p.oml", "--json", "--e2b-template", "nobodys"), exit_code=1, code="remote.no_template", words=["nobodys"])
        check_failure(checks, "a size without a sandbox", project.run("run", "p.oml", "--json", "--e2b-cpu", "2"), exit_code=2, code="cli.usage", words=["--e2b"])


def check_timeout(checks, sandboxes):
    with Project({"p.oml": slow()}, sandboxes.variables()) as project:
        check_failure(checks, "too long", in_sandbox(project, "p.oml", "--json", "--e2b-timeout", "3"), exit_code=1, code="remote.timeout", words=["--e2b-timeout"])
        checks.equal("too long: no sandbox is left", sandboxes.ids(), [])


def check_chaos(checks):
    """Streams cut after each frame in turn, downloads cut, refusals, ends in the middle: the same rows, or an error that says it."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "chaos.json")
        file.write_text("{}")
        file.chmod(0o644)
        with sandbox_server.Server("--chaos", str(file)) as sandboxes, Project({"p.oml": COPY, "in/rows.csv": ROWS}, sandboxes.variables()) as project:

            def run(*options, **fault):
                time.sleep(0.02)  # the file is read anew when its time changes
                file.write_text(json.dumps({"faults": [fault]}))
                project.path("out/rows.csv").unlink(missing_ok=True)
                return in_sandbox(project, "p.oml", "--json", *options)

            def same(what, outcome):
                checks.that(f"{what}: exit 0", outcome.exit_code == 0, outcome.text)
                checks.that(f"{what}: the rows", project.exists("out/rows.csv") and project.read("out/rows.csv") == ROWS)
                sequence = [event["event"] for event in events(project.sessions()[-1]) if event["event"] == "step_complete"]
                checks.equal(f"{what}: each event once", len(sequence), 2)
                return [event["event"] for event in events(project.sessions()[-1])]
            for frames in range(1, 9):
                told = same(f"cut after {frames} frames", run(path="/process.Process/Start", times=1, cut_after_frames=frames))
            run(path="/process.Process/Start", times=1, cut_after_frames=2)
            told = [event["event"] for event in events(project.sessions()[-1])]
            checks.that("a cut is told", "stream_lost" in told and "stream_resumed" in told, told)
            for size in (1, 1000, 200_000):
                same(f"a download cut at byte {size}", run(path="/files", method="GET", times=1, cut_at_byte=size))
            same("a cluster without the second version", run(path="/v2/sandboxes", method="POST", times=1, status=404))
            same("503 for a create", run(path="/v2/sandboxes", method="POST", times=1, status=503))
            same("502 for an upload", run(path="/files", method="POST", times=1, status=502))
            check_failure(checks, "too many", run("--e2b-wait", "1", path="/v2/sandboxes", method="POST", status=429), exit_code=1, code="remote.too_many", words=["nobody needs"])
            check_failure(checks, "500 for every create", run(path="/v2/sandboxes", method="POST", times=9, status=500), exit_code=1, code="remote.unavailable")
            check_failure(checks, "a full disk", run(path="/files", method="POST", disk_full=True), exit_code=1, code="file.disk_full")
            check_failure(checks, "its time is over", run(path="/process.Process/SendInput", times=1, expire=True), exit_code=1, code="remote.gone")
            file.write_text("{}")
            checks.equal("no sandbox is left", sandboxes.ids(), [])


def check_killed_worker(checks, sandboxes):
    kill = step("read", "python.extractor", "read", {"code": "import os, signal\ndef extract():\n    os.kill(os.getppid(), signal.SIGKILL)\n    yield []\n"})
    with Project({"p.oml": pipeline(kill, write_csv("write", path="out.csv"))}, sandboxes.variables()) as project:
        check_failure(checks, "a killed worker", in_sandbox(project, "p.oml", "--json"), exit_code=1, code="remote.worker_died", words=["killed"])


def check_sql(checks, sandboxes):
    """The SQL engine goes along where a step needs it."""
    with Project({"p.oml": pipeline(read_csv("read", path="in/rows.csv", types={"id": "bigint"}), transform(query="SELECT count(*) AS n FROM input_df"),
                                    write_csv("write", path="out.csv")), "in/rows.csv": ROWS}, sandboxes.variables()) as project:
        outcome = in_sandbox(project, "p.oml")
        checks.that("SQL: exit 0", outcome.exit_code == 0, outcome.text)
        checks.equal("SQL: the rows", project.read("out.csv"), "n\n20000\n")


def main(checks):
    with sandbox_server.Server() as sandboxes, servers.MariaDb() as database:
        database.sql("CREATE DATABASE shop; CREATE TABLE shop.t (a int); INSERT INTO shop.t VALUES (1), (2)")
        for test in (check_parity, check_failures, check_interrupted, check_killed_host, check_one_at_a_time, check_size, check_timeout, check_killed_worker, check_sql):
            checks.group(test.__name__, test, sandboxes)
        checks.group(check_chaos.__name__, check_chaos)
        checks.group(check_secrets.__name__, check_secrets, sandboxes, database)


if __name__ == "__main__":
    Checks.run(main)
