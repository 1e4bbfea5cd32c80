"""Looking at sessions from outside: following one that runs, comparing two, and sending one to a colleague."""
import io
import signal
import tarfile
import threading
import time

from checks import Checks
from program import Project, pipeline, read_csv, transform, write_csv

ORDERS = "id,customer,amount\n" + "".join(f"{number},customer-{number % 7},{number}.50\n" for number in range(1, 41))
GOOD = pipeline(read_csv("orders", path="orders.csv"), write_csv("file", "needs: [orders]", path="out/orders.csv"), name="shop")
# Counts to a number that no machine reaches within a test.
ENDLESS = pipeline(read_csv("orders", path="orders.csv"),
                   transform("slow", "needs: [orders]", query="SELECT count(*) AS n FROM input_df, range(1000000000000)"),
                   write_csv("file", "needs: [slow]", path="out/n.csv"), name="endless")
# Each answer within one look of the follower and the slowness of a busy machine.
SOON_S = 20


def ran(checks, project, name="good.oml", exit_code=0):
    done = project.run("run", name)
    checks.equal(f"{name}: the run's exit code", done.exit_code, exit_code)
    return project.sessions()[-1]


def wait_until(holds):
    limit = time.monotonic() + SOON_S
    while not holds() and time.monotonic() < limit:
        time.sleep(0.05)
    return holds()


def events_of_newest(project):
    file = project.sessions()[-1] / "events.jsonl" if project.sessions() else None
    return file.read_text() if file and file.exists() else ""


def started(project):
    """A run that goes on until it is stopped, and its session."""
    running = project.start("run", "endless.oml")
    wait_until(lambda: '"event":"step_start","step_id":"slow"' in events_of_newest(project))
    return running, project.sessions()[-1]


def check_following_to_the_end(checks, project):
    running, session = started(project)
    follower = project.start("logs", "show", "--follow", "--events")
    time.sleep(0.5)
    checks.that("the follower stays while the session runs", follower.process.poll() is None)
    running.send(signal.SIGINT)
    checks.equal("the run was stopped", running.wait(SOON_S).exit_code, 130)
    seen = follower.wait(SOON_S)
    checks.equal("the follower ends with the session", seen.exit_code, 0)
    checks.equal("it saw every event, in order", seen.stdout, (session / "events.jsonl").read_text())
    checks.equal("it says how it ended", seen.stderr, f"{session.name}  cancelled\n")


def check_following_a_killed_run(checks, project):
    running, session = started(project)
    follower = project.start("logs", "show", session.name, "-f", "--step", "slow")
    running.send(signal.SIGKILL)
    running.wait(SOON_S)
    seen = follower.wait(SOON_S)
    checks.equal("a killed run ends the follower", (seen.exit_code, seen.stderr), (0, f"{session.name}  crashed\n"))
    checks.that("it saw the step's lines alone", " slow started" in seen.stdout and " orders " not in seen.stdout, seen.stdout)
    listed = project.run("logs", "list", "--status", "crashed", "--json").document()["sessions"]
    checks.equal("the list says so too", [each["session"] for each in listed], [session.name])


def check_following_stopped_by_hand(checks, project):
    running, session = started(project)
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        follower = project.start("logs", "show", session.name, "--follow")
        time.sleep(0.5)
        follower.send(number)
        checks.equal(f"{number.name} ends the follower", follower.wait(SOON_S).exit_code, code)
    checks.that("and not the run", running.process.poll() is None)
    running.send(signal.SIGTERM)
    running.wait(SOON_S)


def check_following_in_one_document(checks, project):
    refused = project.run("logs", "show", "--follow", "--json")
    checks.equal("lines that come are no document", (refused.exit_code, refused.error()["code"]), (2, "cli.usage"))


def check_comparing(checks, project):
    before = ran(checks, project)
    project.write("orders.csv", ORDERS + "41,new,1.00\n")
    project.write("changed.oml", GOOD.replace("out/orders.csv", "out/other.csv"))
    after = ran(checks, project, "changed.oml")
    done = project.run("logs", "compare", before.name, after.name, "--json")
    runs = done.document()
    checks.equal("the manifests differ", runs["same_manifest"], False)
    steps = {step["step_id"]: step for step in runs["steps"]}
    checks.equal("rows before and after", [steps["file"][side]["rows_written"] for side in ("before", "after")], [40, 41])
    checks.equal("what was changed", [(change["name"], change["before"], change["after"]) for change in steps["file"]["config"]],
                 [("config.path", "out/orders.csv", "out/other.csv")])
    checks.equal("a step that stayed", steps["orders"]["config"], [])
    checks.that("bytes are those of the metrics", steps["orders"]["after"]["bytes_read"] > steps["orders"]["before"]["bytes_read"] > 0, steps["orders"])
    text = project.run("logs", "compare", before.name, after.name).stdout
    checks.contains("the table shows the rows", text, "40 → 41")
    checks.that("lines fit 100 columns", max(map(len, text.splitlines())) <= 100, text)
    same = project.run("logs", "compare", before.name, before.name, "--json").document()
    checks.equal("a run is its own like", (same["same_manifest"], same["connections"]), (True, []))
    checks.equal("an id of none", project.run("logs", "compare", "run_1", before.name).exit_code, 2)


def members(path):
    with tarfile.open(fileobj=io.BytesIO(path.read_bytes()), mode="r:gz") as archive:
        return {member.name: archive.extractfile(member).read() for member in archive.getmembers()}, archive.getnames()


def check_bundle(checks, project):
    session = ran(checks, project)
    (session / "quarantine").mkdir()
    (session / "quarantine" / "orders.jsonl").write_text('{"raw":"cGxhbnRlZA=="}\n')
    (session / "artifacts" / "file" / "link").symlink_to("/etc/passwd")
    done = project.run("logs", "bundle", "--json")
    checks.equal("the bundle is made", done.exit_code, 0)
    files, names = members(project.path(f"{session.name}.tar.gz"))
    wanted = ["status.json", "manifest.yaml", "events.jsonl", "metrics.jsonl", "osiris.log", "report.html"]
    checks.equal("it holds what the session tells", names, [f"{session.name}/{name}" for name in wanted])
    checks.equal("the document names them", done.document()["entries"], names)
    for name in wanted[:-1]:
        checks.equal(f"{name} is whole", files[f"{session.name}/{name}"], (session / name).read_bytes())
    page = files[f"{session.name}/report.html"].decode()
    checks.that("the report is a page", page.startswith("<!doctype html>") or page.startswith("<!DOCTYPE html>"), page[:100])
    checks.that("no row is in it", "customer-3" not in page)
    first = project.path(f"{session.name}.tar.gz").read_bytes()
    project.run("logs", "bundle", "--session", session.name[:-1], "--output", "again/b.tgz")
    checks.equal("the same session gives the same bytes", project.path("again/b.tgz").read_bytes(), first)
    text = project.run("logs", "bundle", session.name).stdout
    checks.contains("it says what stayed", text, "left out: 1 artifact (--with-artifacts adds them), the quarantined rows")
    project.run("logs", "bundle", "--with-artifacts", "--output", "whole.tar.gz")
    files, names = members(project.path("whole.tar.gz"))
    checks.equal("artifacts come when they are wanted", names[len(wanted):], [f"{session.name}/artifacts/file/output.csv"])
    checks.equal("and are whole", files[names[-1]], project.path("out/orders.csv").read_bytes())
    checks.that("and with them their first rows", b"customer-3" in files[f"{session.name}/report.html"])
    checks.equal("no half-written file stays", [path.name for path in project.folder.rglob("*.part*")], [])
    refused = project.run("logs", "bundle", "--output", "out")
    checks.equal("a folder is no archive", refused.exit_code, 2)


def check_list_while_sessions_go(checks, project):
    """Sessions that somebody deletes while they are listed are no error."""
    session = ran(checks, project)
    made = []
    for number in range(300):
        copy = session.with_name(f"run_{1000 + number}")
        copy.mkdir()
        (copy / "status.json").write_text((session / "status.json").read_text())
        made.append(copy)
    stopped = threading.Event()

    def delete():
        for copy in made:
            if stopped.is_set():
                return
            (copy / "status.json").unlink()
            copy.rmdir()

    deleter = threading.Thread(target=delete)
    deleter.start()
    outcomes = [project.run("logs", "list", "--json") for _ in range(5)]
    stopped.set()
    deleter.join()
    checks.equal("each list is whole", [outcome.exit_code for outcome in outcomes], [0] * 5)
    left = {path.name for path in project.sessions()}
    listed = {each["session"] for each in project.run("logs", "list", "--json").document()["sessions"]}
    checks.equal("what is there is listed, nothing else", listed, left)


def main(checks):
    for test in (check_following_to_the_end, check_following_a_killed_run, check_following_stopped_by_hand,
                 check_following_in_one_document, check_comparing, check_bundle, check_list_while_sessions_go):
        with Project({"orders.csv": ORDERS, "good.oml": GOOD, "endless.oml": ENDLESS}) as project:
            checks.group(test.__name__, test, project)


if __name__ == "__main__":
    Checks.run(main)
