"""Runs in a sandbox, the ways to have them: templates, a server for one run, variables, what is brought back, housekeeping."""
import json
import os
import pathlib
import signal
import time

import sandbox_server
import servers
from checks import Checks
from failures import check_failure
from program import CONNECTIONS, Project, events, pipeline, program, read_csv, read_table, step, transform, write_csv

ROWS = "id,name\n" + "".join(f"{number},name {number}\n" for number in range(1, 2001))
COPY = pipeline(read_csv("read", path="in/rows.csv", types={"id": "bigint"}), write_csv("write", path="out/rows.csv"), name="copy")
FILES = {"p.oml": COPY, "in/rows.csv": ROWS}
MYSQL = {"MYSQL_HOST": "127.0.0.1", "MYSQL_PORT": "1", "MYSQL_USER": "u", "MYSQL_PASSWORD": "sekret-77", "MYSQL_DATABASE": "d"}


def uploads(session):
    return [(event["cached"], event["size_bytes"]) for event in events(session, "worker_upload_complete")]


def check_upload(checks, sandboxes):
    """The program goes there compressed; the engine only with a step that needs it; the cache keeps both."""
    with Project(FILES, sandboxes.variables(own_cache=True)) as project:
        outcome = project.run("run", "p.oml", "--e2b")
        checks.that("upload: exit 0", outcome.exit_code == 0, outcome.text)
        (_, size), = uploads(project.sessions()[-1])
        whole = os.path.getsize(program())
        checks.that("upload: compressed", len(ROWS) < size < whole * 0.6, (size, whole))
        cache = project.home / ".cache/osiris/worker"
        kept = {path.suffix: path.stat().st_mtime_ns for path in cache.iterdir()}
        checks.equal("upload: what is kept", sorted(kept), [".gz", ".sha256"])
        project.run("run", "p.oml", "--e2b")
        checks.equal("upload: it is used again", {path.suffix: path.stat().st_mtime_ns for path in cache.iterdir()}, kept)
        cache.joinpath("other").write_text("")
        os.utime(cache / "other", (1, 1))
        project.write("sql.oml", pipeline(read_csv("read", path="in/rows.csv"), transform(query="SELECT count(*) AS n FROM input_df"), write_csv("write", path="n.csv")))
        outcome = project.run("run", "sql.oml", "--e2b")
        checks.equal("engine: the rows", (outcome.exit_code, project.read("n.csv")), (0, "n\n2000\n"))
        (_, with_engine), = uploads(project.sessions()[-1])
        checks.that("engine: it went along", with_engine > size + 10_000_000, (with_engine, size))
        checks.that("cache: what nobody used for long is gone", not (cache / "other").exists())


def check_template(checks, sandboxes):
    """A template has the program and the engine: nothing is uploaded any more."""
    with Project({**FILES, "sql.oml": pipeline(read_csv("read", path="in/rows.csv"), transform(query="SELECT count(*) AS n FROM input_df"), write_csv("write", path="n.csv"))},
                 sandboxes.variables()) as project:
        built = project.run("e2b", "template", "build", "--cpu", "2", "--mem", "1", "--json").document()
        checks.equal("a template: built", (built["built"], built["cpu_count"], built["memory_mb"]), (True, 2, 1024))
        again = project.run("e2b", "template", "build", "--cpu", "2", "--mem", "1", "--json").document()
        checks.equal("a template: once", (again["built"], again["template"]), (False, built["template"]))
        for name, more in (("by its name", ["--e2b-template", built["template"]]), ("by its size", ["--e2b-cpu", "2", "--e2b-mem", "1"])):
            for file in ("p.oml", "sql.oml"):
                outcome = project.run("run", file, "--e2b", *more)
                checks.that(f"a template {name}, {file}: exit 0", outcome.exit_code == 0, outcome.text)
                session = project.sessions()[-1]
                checks.equal(f"a template {name}, {file}: only the rows went there", uploads(session), [(True, len(ROWS))])
                checks.equal(f"a template {name}, {file}: it is there already", len(events(session, "template_built")), 0)
        # One that somebody else built has no program.
        answer = sandboxes.api("POST", "/v3/templates", {"name": "theirs", "cpuCount": 1, "memoryMB": 512}).json()
        sandboxes.api("POST", f"/v2/templates/{answer['templateID']}/builds/{answer['buildID']}", {"fromTemplate": "base", "steps": []})
        outcome = project.run("run", "sql.oml", "--e2b", "--e2b-template", "theirs")
        checks.equal("a template without the program: it is sent", (outcome.exit_code, [cached for cached, _ in uploads(project.sessions()[-1])]), (0, [True, False]))
        check_failure(checks, "a size that there is not", project.run("run", "p.oml", "--e2b", "--e2b-cpu", "3", "--json"), exit_code=1, code="remote.size_refused", words=["3 CPUs"])
        check_failure(checks, "no size", project.run("run", "p.oml", "--e2b", "--e2b-cpu", "0", "--json"), exit_code=2, code="cli.usage")
        check_failure(checks, "another word", project.run("e2b", "template", "burn", "--json"), exit_code=2, code="cli.usage", words=["burn"])
        checks.equal("templates: no sandbox is left", sandboxes.ids(), [])


def copied_into_template(sandboxes, name, place, content):
    """A template of our server with one file."""
    import gzip
    import io
    import tarfile
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        entry = tarfile.TarInfo("file")
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    made = sandboxes.api("POST", "/v3/templates", {"name": name, "cpuCount": 1, "memoryMB": 512}).json()
    digest = "ab" * 32
    url = sandboxes.api("GET", f"/templates/{made['templateID']}/files/{digest}").json()["url"]
    sandboxes.ask("PUT", url[len(sandboxes.url):], gzip.compress(archive.getvalue()))
    steps = [{"type": "COPY", "args": ["file", place, "root", "0755"], "filesHash": digest},
             {"type": "ENV", "args": ["PATH", str(pathlib.Path(place).parent) + ":/usr/bin:/bin"]}]
    answer = sandboxes.api("POST", f"/v2/templates/{made['templateID']}/builds/{made['buildID']}", {"fromTemplate": "base", "steps": steps})
    if answer.status >= 300:
        raise AssertionError(str(answer))


def check_old_system(checks, sandboxes):
    """A system whose glibc is too old says so, instead of what its loader would say."""
    copied_into_template(sandboxes, "old", "/opt/old/getconf", b"#!/bin/sh\necho glibc 2.31\n")
    with Project(FILES, sandboxes.variables()) as project:
        check_failure(checks, "an old system", project.run("run", "p.oml", "--e2b", "--e2b-template", "old", "--json"), exit_code=1, code="remote.old_system", words=["glibc 2.31", "2.36"])
        checks.equal("an old system: no sandbox is left", sandboxes.ids(), [])


def check_local(checks):
    """A server for this run only: no key, no server before, none after."""
    with Project(FILES) as project:
        outcome = project.run("run", "p.oml", "--sandbox", "local", "--e2b-cpu", "1", "--e2b-mem", "1")
        checks.that("a server of its own: exit 0", outcome.exit_code == 0, outcome.text)
        checks.equal("a server of its own: the rows", project.read("out/rows.csv"), ROWS)
        session = project.sessions()[-1]
        checks.equal("a server of its own: it says so", events(session, "run_start")[0]["execution"], "sandbox")
        made = events(session, "sandbox_create_complete")[0]
        checks.equal("a server of its own: the size", (made["cpu_count"], made["memory_mb"]), (1, 1024))
        check_failure(checks, "another place", project.run("run", "p.oml", "--sandbox", "moon", "--json"), exit_code=2, code="cli.usage", words=["moon"])
        project.write("slow.oml", slow())
        running = project.start("run", "slow.oml", "--sandbox", "local")
        wait_for_step(project, 2)
        children = sandbox_server.processes_below(running.process.pid)
        checks.that("a server of its own: it has processes", len(children) > 1)
        running.send(signal.SIGINT)
        checks.equal("a server of its own: Ctrl-C", running.wait().exit_code, 130)
        checks.that("a server of its own: nothing of it is left", sandbox_server.eventually(lambda: not any(map(sandbox_server.is_alive, children))))
        checks.equal("a server of its own: the end is told", events(project.sessions()[-1], "run_end")[-1]["status"], "cancelled")


def slow(head=""):
    code = "import time\ndef extract():\n    for n in range(600):\n        time.sleep(0.1)\n        yield [{'n': n}]\n"
    return pipeline(step("read", "python.extractor", "read", {"code": code}), write_csv("write", path="out.csv"), head=head)


def wait_for_step(project, count=1):
    def is_there():
        sessions = project.sessions()
        return len(sessions) >= count and events(sessions[-1], "step_start")
    if not sandbox_server.eventually(is_there, 60):
        raise AssertionError("no step began")


def check_variables(checks, sandboxes):
    """What is given goes there, and nothing else; a plan names it, and shows no value."""
    code = "import os\ndef extract(secrets):\n    yield [{'name': name, 'value': value} for name, value in sorted(secrets.items())]\n"
    text = pipeline(step("read", "python.extractor", "read", {"code": code, "secrets": ["FIRST", "SECOND", "THIRD"]}), write_csv("write", path="out.csv"))
    with Project({"p.oml": text, "more.env": "FIRST=1\nSECOND='zwei'\nTHIRD=3\n"}, {**sandboxes.variables(), "SECOND": "passed-on", "THIRD": "here", "FIRST": "here"}) as project:
        options = ["--e2b-env-from", "more.env", "--e2b-pass-env", "SECOND", "--e2b-env", "THIRD=given=3"]
        outcome = project.run("run", "p.oml", "--e2b", *options)
        checks.that("variables: exit 0", outcome.exit_code == 0, outcome.text)
        checks.equal("variables: what the step got", project.read("out.csv"), "name,value\nFIRST,1\nSECOND,passed-on\nTHIRD,given=3\n")
        plan = project.run("run", "p.oml", "--e2b", "--dry-run", *options)
        checks.equal("a plan: exit 0", plan.exit_code, 0)
        checks.that("a plan: names, and no values", "THIRD=***" in plan.stdout and "given=3" not in plan.text and "passed-on" not in plan.text, plan.text)
        sends = project.run("run", "p.oml", "--e2b", "--dry-run", "--json", *options).document()["sends"]
        checks.equal("a plan: what is sent", (sends["template"], sends["environment"], sends["files"], [part["file"] for part in sends["program"]]), ("base", ["FIRST", "SECOND", "THIRD"], [], ["osiris"]))
        checks.equal("a plan: no sandbox, no session of a run", (sandboxes.ids(), len(project.sessions())), ([], 1))
        for name, option in {"no value": ["--e2b-env", "NAME"], "no name": ["--e2b-env", "=x"], "a bad name": ["--e2b-pass-env", "1A"]}.items():
            check_failure(checks, f"variables: {name}", project.run("run", "p.oml", "--e2b", "--json", *option), exit_code=2, code="cli.usage")
        check_failure(checks, "variables: one that is not there", project.run("run", "p.oml", "--e2b", "--json", "--e2b-pass-env", "NOBODY"), exit_code=2, code="variable.missing", words=["NOBODY"])
        check_failure(checks, "variables without a sandbox", project.run("run", "p.oml", "--json", "--e2b-env", "A=b"), exit_code=2, code="cli.usage", words=["--e2b"])
    # Nothing of this environment is there: a connection is planned by name.
    with Project({"p.oml": pipeline(read_table(table="t"), write_csv("write", path="out.csv")), "osiris_connections.yaml": CONNECTIONS}, {**sandboxes.variables(), **MYSQL, "UNRELATED": "x"}) as project:
        plan = project.run("run", "p.oml", "--e2b", "--dry-run", "--json")
        sends = plan.document()["sends"]
        checks.equal("a plan of a connection", (sends["connections"], sorted(sends["variables"])), (["@mysql.main"], sorted(MYSQL)))
        checks.that("a plan of a connection: no password", MYSQL["MYSQL_PASSWORD"] not in plan.text)


def check_back(checks, sandboxes, database):
    """Rows that are added, folders of partitions, and the marks of incremental reads come back."""
    with Project({"in/rows.csv": ROWS, "out/log.csv": "id,name\n0,before\n", "p.oml": pipeline(read_csv("read", path="in/rows.csv"), write_csv("write", path="out/log.csv", write_mode="append"))},
                 sandboxes.variables()) as project:
        for count in (1, 2):
            outcome = project.run("run", "p.oml", "--e2b")
            checks.that("rows that are added: exit 0", outcome.exit_code == 0, outcome.text)
            checks.equal("rows that are added: after those before", project.read("out/log.csv"), "id,name\n0,before\n" + ROWS.split("\n", 1)[1] * count)
        first = (project.sessions()[0] / "artifacts/write/output.csv").read_text()
        checks.equal("rows that are added: the first session keeps its own", first.count("\n"), 2002)

    split = pipeline(read_csv("read", path="in/rows.csv"), write_csv("write", path="out/parts", partition_by=["kind"]))
    rows = "id,kind\n" + "".join(f"{n},{'abc'[n % 3]}\n" for n in range(300))
    with Project({"in/rows.csv": rows, "p.oml": split}, sandboxes.variables()) as project:
        project.run("run", "p.oml")
        here = {str(path.relative_to(project.folder)): path.read_bytes() for path in project.path("out").rglob("*.csv")}
        project.write("out/parts/kind=old/data.csv", "id\n1\n")
        outcome = project.run("run", "p.oml", "--e2b")
        checks.that("partitions: exit 0", outcome.exit_code == 0, outcome.text)
        checks.equal("partitions: the same files, and no old one", {str(path.relative_to(project.folder)): path.read_bytes() for path in project.path("out").rglob("*.csv")}, here)
        checks.equal("partitions: nothing else is left", project.leftovers(but=("data.csv", "rows.csv", "p.oml")), [])

    database.sql("CREATE OR REPLACE TABLE shop.log (id int PRIMARY KEY, note varchar(20)); INSERT INTO shop.log VALUES (1,'a'),(2,'b')")
    text = pipeline(read_table(table="log", incremental={"cursor": "id", "key": "id"}), write_csv("write", path="out.csv", write_mode="append"))
    with Project({"p.oml": text, "osiris_connections.yaml": CONNECTIONS}, {**sandboxes.variables(), **database.variables("shop")}) as project:
        outcome = project.run("run", "p.oml", "--e2b")
        checks.that("marks: exit 0", outcome.exit_code == 0, outcome.text)
        database.sql("INSERT INTO shop.log VALUES (3,'c')")
        checks.equal("marks: the rows", project.read("out.csv"), "id,note\n1,a\n2,b\n")
        project.run("run", "p.oml")
        checks.equal("marks: a run here goes on where that one ended", project.read("out.csv"), "id,note\n1,a\n2,b\n3,c\n")
        database.sql("INSERT INTO shop.log VALUES (4,'d')")
        outcome = project.run("run", "p.oml", "--e2b")
        checks.equal("marks: and one there where this one ended", (outcome.exit_code, project.read("out.csv")), (0, "id,note\n1,a\n2,b\n3,c\n4,d\n"))
        before = project.run("state", "list", "--json").stdout
        database.sql("INSERT INTO shop.log VALUES (5,'e')")
        failed = project.run("run", "p.oml", "--e2b", "--e2b-timeout", "0")
        checks.that("marks: a run that fails moves none", failed.exit_code != 0 and project.run("state", "list", "--json").stdout == before, failed.text)


def check_progress(checks, sandboxes):
    """What is done is told while it is done, the steps too."""
    with Project({"p.oml": slow()}, sandboxes.variables()) as project:
        running = project.start("run", "p.oml", "--e2b", "--verbose", "--progress", "plain")
        wait_for_step(project)
        time.sleep(2.5)
        running.send(signal.SIGINT)
        lines = running.wait().stderr.splitlines()
        told = [line for line in lines if line.startswith(("remote", "start", "cancelled", "session"))]
        words = [" ".join(line.split()[:2]) for line in told]
        wanted = ["remote creating", "remote uploading", "remote starting", "start read", "remote deleting"]
        places = [words.index(word) if word in words else -1 for word in wanted]
        checks.that("progress: in its order", -1 not in places and places == sorted(places), lines)
    batches = "import time\ndef extract():\n    for n in range(600):\n        time.sleep(0.1)\n        yield [{'n': n}] * 3000\n"
    with Project({"p.oml": pipeline(step("read", "python.extractor", "read", {"code": batches}), write_csv("write", path="out.csv"))}, sandboxes.variables()) as project:
        running = project.start("run", "p.oml", "--e2b", "--progress", "json")
        wait_for_step(project)
        time.sleep(2.5)
        running.send(signal.SIGINT)
        told = [json.loads(line) for line in running.wait().stderr.splitlines() if line.startswith("{")]
        rows = [line["rows_read"] for line in told if line.get("step_id") == "read"]
        checks.that("progress: the rows grow while it runs", rows == sorted(rows) and len(set(rows)) > 1, told)


def check_parity(checks, sandboxes, database):
    """Two runs that left the same say so; one byte, one row or one type more is shown."""
    with Project({"in/rows.csv": "id,name\n1,a\n2,b\n3,c\n", "p.oml": COPY}, sandboxes.variables()) as project:

        def compared(*more):
            """The result of comparing the first run with one of now, and the first difference."""
            outcome = project.run("run", "p.oml", *more)
            checks.that("parity: the run ends well", outcome.exit_code == 0, outcome.text)
            first, last = project.sessions()[0].name, project.sessions()[-1].name
            parity = project.run("logs", "compare", first, last, "--json").document()["parity"]
            text = project.run("logs", "compare", first, last).stdout
            checks.contains("parity: as text", text, f"parity: {parity['result']}")
            return parity["result"], next((output["difference"] for output in parity["outputs"] if output["difference"]), None)
        project.run("run", "p.oml")
        checks.equal("parity: here and there", compared("--e2b"), ("verified", None))
        project.write("in/rows.csv", "id,name\n3,c\n2,b\n1,a\n")
        checks.equal("parity: in another order", compared("--e2b"), ("verified", None))
        project.write("in/rows.csv", "id,name\n1,a\n2,B\n3,c\n")
        checks.equal("parity: one byte", compared("--e2b"), ("different", "'2,b' became '2,B'"))
        project.write("in/rows.csv", "id,name\n1,a\n2,b\n3,c\n3,c\n")
        checks.equal("parity: one row", compared("--e2b"), ("different", "only after: '3,c'"))
        project.write("in/rows.csv", "id,name\n1,a\n2,b\n3,c\n")
        project.write("p.oml", COPY.replace('"bigint"', '"int"'))
        result, difference = compared("--e2b")
        checks.that("parity: one type", result == "different" and "the column 'id' was" in difference, difference)
    database.sql("CREATE OR REPLACE TABLE shop.target (id bigint, name varchar(20))")
    text = pipeline(read_csv("read", path="in/rows.csv", types={"id": "bigint"}), step("write", "mysql.writer", "write", {"connection": "@mysql.main", "table": "target", "write_mode": "truncate"}))
    with Project({"in/rows.csv": ROWS, "p.oml": text, "osiris_connections.yaml": CONNECTIONS}, {**sandboxes.variables(), **database.variables("shop")}) as project:
        results = []
        for rows, more in ((ROWS, []), (ROWS, ["--e2b"]), (ROWS.replace("name 77\n", "name 7x\n"), ["--e2b"])):
            project.write("in/rows.csv", rows)
            outcome = project.run("run", "p.oml", *more)
            checks.that("parity of tables: exit 0", outcome.exit_code == 0, outcome.text)
            names = [session.name for session in project.sessions()]
            results.append(project.run("logs", "compare", names[0], names[-1], "--json").document()["parity"]["result"])
        checks.equal("parity of tables", results, ["verified", "verified", "different"])


def check_packages(checks, sandboxes):
    """Packages that a script declares and the sandbox lacks are installed there, where that is asked for."""
    code = "# /// script\n# dependencies = [\"toolz\"]\n# ///\nimport toolz\ndef extract():\n    yield [{'n': n} for n in toolz.take(3, range(9))]\n"
    text = pipeline(step("read", "python.extractor", "read", {"code": code}), write_csv("write", path="out.csv"))
    with Project({"p.oml": text}, sandboxes.variables(own_cache=True)) as project:
        check_failure(checks, "packages: not without asking", project.run("run", "p.oml", "--e2b", "--json"), exit_code=1, code="python.requirements_missing", words=["toolz"])
        passed = [option for name in ("PIP_INDEX_URL", "PIP_CERT", "HTTPS_PROXY", "https_proxy", "SSL_CERT_FILE") if os.environ.get(name) for option in ("--e2b-env", f"{name}={os.environ[name]}")]
        outcome = project.run("run", "p.oml", "--e2b", "--e2b-install-deps", *passed, timeout_s=300)
        checks.that("packages: exit 0", outcome.exit_code == 0, outcome.text)
        checks.that("packages: the rows", project.exists("out.csv") and project.read("out.csv") == "n\n0\n1\n2\n")
        checks.equal("packages: none is kept here", list((project.home / ".cache/osiris").glob("python/*")), [])


def check_housekeeping(checks, sandboxes):
    with Project({"p.oml": slow()}, sandboxes.variables()) as project:
        doctor = project.run("e2b", "doctor", "--json")
        checks.that("doctor: exit 0", doctor.exit_code == 0 and doctor.document()["its envd"] == "0.6.13", doctor.text)
        checks.equal("doctor: its sandbox is gone", sandboxes.ids(), [])
        running = project.start("run", "p.oml", "--e2b")
        wait_for_step(project)
        (sandbox,) = project.run("e2b", "ps", "--json").document()["sandboxes"]
        checks.equal("ps: the run", (sandbox["run"], sandbox["abandoned"], sandbox["cpu_count"]), (project.sessions()[-1].name, False, 2))
        checks.contains("ps: as text", project.run("e2b", "ps").stdout, sandbox["id"])
        other = sandboxes.create()  # of nobody's run
        checks.equal("gc: a run that lives keeps its sandbox", project.run("e2b", "gc", "--json").document(), {"killed": [], "left": 1})
        running.send(signal.SIGKILL)
        running.wait()
        checks.equal("gc: that of a dead one goes", project.run("e2b", "gc", "--json").document(), {"killed": [sandbox["id"]], "left": 0})
        checks.equal("gc: what is no run's stays", sandboxes.ids(), [other.id])
        checks.equal("kill --all: the same", project.run("e2b", "kill", "--all", "--json").document()["killed"], [])
        checks.equal("kill: by its name", project.run("e2b", "kill", other.id, "nobody", "--json").document()["killed"], [other.id])
        for name, words in {"nothing": [], "both": ["--all", "x"]}.items():
            check_failure(checks, f"kill: {name}", project.run("e2b", "kill", "--json", *words), exit_code=2, code="cli.usage")
        check_failure(checks, "gc: no time", project.run("e2b", "gc", "--older", "soon", "--json"), exit_code=2, code="cli.usage", words=["soon"])
        check_failure(checks, "doctor: a wrong key", project.run("e2b", "doctor", "--json", variables={"E2B_API_KEY": "e2b_" + "f" * 32}), exit_code=1, code="remote.key_refused")


def main(checks):
    with sandbox_server.Server() as sandboxes, servers.MariaDb() as database:
        database.sql("CREATE DATABASE shop")
        for test in (check_upload, check_template, check_old_system, check_variables, check_packages, check_progress, check_housekeeping):
            checks.group(test.__name__, test, sandboxes)
        for test in (check_back, check_parity):
            checks.group(test.__name__, test, sandboxes, database)
        checks.group(check_local.__name__, check_local)


if __name__ == "__main__":
    Checks.run(main)
