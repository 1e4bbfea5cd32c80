"""What goes wrong on the way to a sandbox and in it: each ends in the same rows, or in an error that says it, and in no sandbox."""
import base64
import json
import os
import pathlib
import tempfile
import time

import sandbox_server
from checks import Checks
from failures import check_failure
from program import Project, events, pipeline, program, read_csv, step, write_csv
from proxy import Break, Proxy

ROWS = "id,name\n" + "".join(f"{number},name {number}\n" for number in range(1, 2001))
COPY = pipeline(read_csv("read", path="in/rows.csv", types={"id": "bigint"}), write_csv("write", path="out/rows.csv"), name="copy")
FILES = {"p.oml": COPY, "in/rows.csv": ROWS}
# How long the run of a whole minute and more takes; `make soak` makes it one.
LONG_S = int(os.environ.get("OSIRIS_TEST_LONG_S", "0"))


def script(body):
    return step("read", "python.extractor", "read", {"code": "import os, time\ndef extract():\n" + "".join(f"    {line}\n" for line in body.splitlines())})


def counting(seconds):
    """A row each tenth of a second."""
    return pipeline(script(f"for n in range({seconds * 10}):\n    time.sleep(0.1)\n    yield [{{'n': n}}]"), write_csv("write", path="out.csv"))


def beside_program(mebibytes, copies=1):
    """So much room beside the program, which a sanitizer makes ten times as large."""
    return f"{mebibytes + copies * os.path.getsize(program()) // 2**20}MiB"


def check_many(checks):
    """24 runs at once where ten sandboxes are allowed: each waits for its turn."""
    with sandbox_server.Server("--max", "10") as sandboxes, Project(FILES, sandboxes.variables()) as project:
        for number in range(24):
            project.write(f"{number}.oml", COPY.replace("out/rows.csv", f"out/{number}.csv").replace("name: copy", f"name: copy{number}"))
        running = [project.start("run", f"{number}.oml", "--e2b", "--e2b-wait", "300") for number in range(24)]
        outcomes = [one.wait(300) for one in running]
        checks.equal("many at once: exit 0", [outcome.exit_code for outcome in outcomes], [0] * 24)
        checks.that("many at once: the rows", all(project.read(f"out/{number}.csv") == ROWS for number in range(24)))
        checks.equal("many at once: a session each", len(project.sessions()), 24)
        checks.equal("many at once: no sandbox is left", sandboxes.ids(), [])


def check_long(checks, sandboxes):
    """No call carries a deadline that would end the worker with the stream; a run of more than a minute ends well."""
    with Proxy(sandboxes.port, Break("client", pattern=b"connect-timeout-ms")) as proxy, Project(FILES, sandboxes.variables()) as project:
        through = {"E2B_API_URL": f"http://127.0.0.1:{proxy.port}", "E2B_SANDBOX_URL": f"http://127.0.0.1:{proxy.port}"}
        checks.equal("a deadline: exit 0", project.run("run", "p.oml", "--e2b", variables=through).exit_code, 0)
        checks.that("a deadline: there is none", not proxy.has_broken())
        if LONG_S:
            project.write("p.oml", counting(LONG_S))
            outcome = project.run("run", "p.oml", "--e2b", timeout_s=LONG_S + 60)
            checks.equal("a long run: its rows", (outcome.exit_code, project.read("out.csv").count("\n")), (0, LONG_S * 10 + 1))


def check_artifacts(checks, sandboxes):
    """Ten thousand files come back."""
    count = 10_000
    rows = "key,value\n" + "".join(f"{n},v{n}\n" for n in range(count))
    with Project({"in/rows.csv": rows, "p.oml": pipeline(read_csv("read", path="in/rows.csv"), write_csv("write", path="out", partition_by=["key"]))}, sandboxes.variables()) as project:
        outcome = project.run("run", "p.oml", "--e2b", timeout_s=300)
        checks.that("ten thousand files: exit 0", outcome.exit_code == 0, outcome.text[-2000:])
        found = {path.parent.name: path.read_text() for path in project.path("out").glob("*/data.csv")}
        checks.equal("ten thousand files: all of them", len(found), count)
        checks.equal("ten thousand files: what is in one", found.get("key=77"), rows_of("77"))


def rows_of(key):
    return f"key,value\n{key},v{key}\n"


def check_memory(checks):
    """A step that takes all memory ends its run, with what was told before it."""
    with sandbox_server.Server("--memory", beside_program(224, copies=2), "--disk", beside_program(48)) as sandboxes:
        hungry = {"one process": "rest = []\nyield [{'n': 1}]\nwhile True:\n    rest.append(bytearray(1 << 20))",
                  "many processes": "yield [{'n': 1}]\nfor _ in range(8):\n    if os.fork() == 0:\n        rest = b'x' * (200 << 20)\n        time.sleep(5)\n        os._exit(0)\nraise SystemExit(f'a child ended: {os.wait()[1]}')"}
        for name, body in hungry.items():
            with Project({"p.oml": pipeline(script(body), write_csv("write", path="out.csv"))}, sandboxes.variables()) as project:
                began = time.monotonic()
                outcome = project.run("run", "p.oml", "--e2b", "--json", "--e2b-timeout", "60")
                checks.that(f"memory, {name}: an error that says it", outcome.exit_code == 1 and outcome.error()["code"] in ("python.failed", "python.error", "python.worker_died", "python.died", "remote.worker_died", "python.raised"), outcome.text)
                checks.that(f"memory, {name}: before its time is over", time.monotonic() - began < 55)
                checks.that(f"memory, {name}: no file", not project.exists("out.csv"))
                checks.equal(f"memory, {name}: the events until then", len(events(project.sessions()[-1], "step_start")), 2)
                checks.equal(f"memory, {name}: no sandbox is left", sandboxes.ids(), [])


def check_disk(checks):
    """A full disk there is the step's own error, as it is here."""
    with sandbox_server.Server("--disk", beside_program(32)) as sandboxes, Project({"p.oml": pipeline(script("for n in range(3000):\n    yield [{'n': 'x' * 65536}]"), write_csv("write", path="out.csv"))}, sandboxes.variables()) as project:
        check_failure(checks, "a full disk", project.run("run", "p.oml", "--e2b", "--json"), exit_code=1, code="file.disk_full")
        checks.equal("a full disk: whose it was", [event["step_id"] for event in events(project.sessions()[-1], "step_failed")], ["write"])
        checks.equal("a full disk: no sandbox is left", sandboxes.ids(), [])


def check_two_hosts(checks, sandboxes):
    """Two projects at once, each with a sandbox of its own, and one that cleans up meanwhile."""
    with Project({"p.oml": counting(3)}, sandboxes.variables()) as first, Project({"p.oml": counting(3)}, sandboxes.variables()) as second:
        running = [first.start("run", "p.oml", "--e2b"), second.start("run", "p.oml", "--e2b")]
        if not sandbox_server.eventually(lambda: len(sandboxes.ids()) == 2, 30):
            raise AssertionError("there are no two sandboxes")
        checks.equal("two hosts: what lives is not cleaned up", second.run("e2b", "gc", "--json").document()["killed"], [])
        checks.equal("two hosts: exit 0", [one.wait().exit_code for one in running], [0, 0])
        checks.equal("two hosts: the same rows", first.read("out.csv"), second.read("out.csv"))


class Chaos:
    """A server whose faults can be set."""

    def __init__(self, folder, **first):
        self.file = pathlib.Path(folder, "chaos.json")
        self.file.write_text(json.dumps(first))
        self.file.chmod(0o644)
        self.server = sandbox_server.Server("--chaos", str(self.file))

    def set(self, *faults):
        time.sleep(0.02)  # the file is read anew when its time changes
        self.file.write_text(json.dumps({"faults": faults}))


def check_faults(checks):
    with tempfile.TemporaryDirectory() as folder:
        chaos = Chaos(folder)
        with chaos.server as sandboxes, Project(FILES, sandboxes.variables()) as project:

            def run(*faults, options=()):
                chaos.set(*faults)
                project.path("out/rows.csv").unlink(missing_ok=True)
                return project.run("run", "p.oml", "--e2b", "--json", *options)

            def same(what, outcome):
                checks.that(f"{what}: exit 0", outcome.exit_code == 0, outcome.text)
                checks.that(f"{what}: the rows", project.exists("out/rows.csv") and project.read("out/rows.csv") == ROWS)
                checks.equal(f"{what}: each event once", len(events(project.sessions()[-1], "step_complete")), 2)
                chaos.set()
                checks.equal(f"{what}: no sandbox is left", sandboxes.ids(), [])
            for size in (1009, 61):
                same(f"every download cut at each {size} bytes", run({"path": "/files", "method": "GET", "cut_at_byte": size}))
            same("500 for a create", run({"path": "/v2/sandboxes", "method": "POST", "times": 1, "status": 500}))
            same("an order that is refused once", run({"path": "/process.Process/SendInput", "times": 2, "status": 503}))
            same("an order that comes late", run({"path": "/process.Process/SendInput", "times": 1, "delay_ms": 1500}))
            same("a stream that begins late", run({"path": "/process.Process/Start", "times": 1, "delay_ms": 1500}))
            same("a journal that cannot be read for a while", run({"path": "/process.Process/Start", "times": 1, "cut_after_frames": 2}, {"path": "/files", "method": "GET", "times": 3, "status": 503}))
            same("facts that nobody gives", run({"path": "/sandboxes/", "method": "GET", "status": 500}))
            same("a template that is refused for a moment", run({"path": "/templates", "times": 1, "status": 503}, options=("--e2b-cpu", "1", "--e2b-mem", "1")))
            check_failure(checks, "a create that hangs", run({"path": "/v2/sandboxes", "method": "POST", "hang": True}, options=("--e2b-timeout", "2")), exit_code=1, code="remote.timeout")
            check_failure(checks, "a sandbox that is gone in the middle", run({"path": "/process.Process/Start", "times": 1, "cut_after_frames": 1}, {"path": "/process.", "skip": 1, "gone_s": 30}, {"path": "/files", "method": "GET", "gone_s": 30}), exit_code=1, code="remote.gone")
            outcome = run({"path": "/sandboxes/", "method": "DELETE", "status": 500})
            session = project.sessions()[-1]
            checks.equal("no deletion: the run is what it is", (outcome.exit_code, [event["code"] for event in events(session, "warning")]), (0, ["remote.not_deleted"]))
            (left,) = sandboxes.ids()
            checks.contains("no deletion: how to end it", events(session, "warning")[0]["hint"], f"osiris e2b kill {left}")
            chaos.set()
            checks.equal("no deletion: and so it ends", project.run("e2b", "kill", left, "--json").document()["killed"], [left])
            # What opens the sandbox is told nobody.
            token = sandboxes.create().token
            checks.that("a token: there is one", len(token) > 10)
            holding = [str(path) for path in project.folder.rglob("*") if path.is_file() and (sandboxes.key.encode() in path.read_bytes() or b"ta_" in path.read_bytes())]
            checks.equal("the key is in no file", holding, [])


def check_old_envd(checks):
    """Where a process waits for whoever takes its output, a stream that broke is made up for all the same."""
    with tempfile.TemporaryDirectory() as folder:
        chaos = Chaos(folder, old_envd=True, faults=[{"path": "/process.Process/Start", "times": 1, "cut_after_frames": 3}])
        with chaos.server as sandboxes, Project({"p.oml": counting(2)}, sandboxes.variables()) as project:
            outcome = project.run("run", "p.oml", "--e2b")
            checks.equal("an old envd: the rows", (outcome.exit_code, project.read("out.csv").count("\n")), (0, 21))
            checks.equal("an old envd: no sandbox is left", sandboxes.ids(), [])


def check_secrets(checks, sandboxes):
    """A secret travels in the worker's standard input only: never as it is, nor encoded, in any other request."""
    secret = "sesame-9f31"
    text = pipeline(step("read", "python.extractor", "read", {"code": "def extract(secrets):\n    yield [{'length': len(secrets['WORD'])}]\n", "secrets": ["WORD"]}), write_csv("write", path="out.csv"))
    recorded = bytearray()

    class Recording(Break):
        def happens(self, side, piece):
            if side == "client":
                recorded.extend(piece)
            return False
    with Proxy(sandboxes.port, Recording("client")) as proxy, Project({"p.oml": text}, {**sandboxes.variables(), "WORD": secret}) as project:
        through = {"E2B_API_URL": f"http://127.0.0.1:{proxy.port}", "E2B_SANDBOX_URL": f"http://127.0.0.1:{proxy.port}"}
        running = project.start("run", "p.oml", "--e2b", variables=through)
        arguments = []
        while running.process.poll() is None:
            for pid in sandboxes.processes():
                try:
                    arguments.append(pathlib.Path(f"/proc/{pid}/cmdline").read_bytes() + pathlib.Path(f"/proc/{pid}/environ").read_bytes())
                except OSError:
                    continue
            time.sleep(0.01)
        checks.equal("a secret: it arrived", (running.wait().exit_code, project.read("out.csv")), (0, f"length\n{len(secret)}\n"))
        checks.that("a secret: not as it is on the way", secret.encode() not in recorded)
        inputs = bytes(recorded).split(b"POST ")
        holding = {request.split(b" ", 1)[0] for request in inputs for offset in range(3) if encoded(secret, offset) in request}
        checks.equal("a secret: in the worker's input only", holding, {b"/process.Process/SendInput"})
        checks.that("a secret: in no command line and no environment", not any(secret.encode() in one for one in arguments))
        files = [str(path) for path in project.folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
        checks.equal("a secret: in no file", files, [])


def encoded(text, offset):
    """The middle of the text's base64, where it begins at a byte of this offset: what does not depend on its neighbours."""
    whole = base64.b64encode(b"\0" * offset + text.encode())
    return whole[4 if offset else 0:len(whole) - 4]


def main(checks):
    with sandbox_server.Server() as sandboxes:
        for test in (check_long, check_two_hosts, check_artifacts, check_secrets):
            checks.group(test.__name__, test, sandboxes)
    for test in (check_many, check_memory, check_disk, check_faults, check_old_envd):
        checks.group(test.__name__, test)


if __name__ == "__main__":
    Checks.run(main)
