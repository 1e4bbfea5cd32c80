"""The HTML report in Chromium: it needs nothing else, shows the truth, and takes hostile values as text.

With --update it takes the pictures anew that the pages are compared with.
"""
import datetime
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from checks import Checks
from node import place
from program import ROOT, Project, pipeline, read_csv, transform, write_csv

PAGES = ROOT / "tests" / "pages"
MEGABYTE = 1 << 20
PICTURES = [("success", "light", "run_1795826006143"), ("success", "phone", "run_1795826006143"), ("failure", "dark", "run_1795826015640")]
MOST_DIFFERENT = 0.005  # of a picture's pixels: letters are smoothed a little differently by each Chromium
HOSTILE = ["<script>window.planted=1</script>", "</script><script>window.planted=2</script>", "<img src=x onerror=window.planted=3>",
           "\"'><b id=planted onmouseover=window.planted=4>q</b>", "--><svg onload=window.planted=5><!--", "abc\u202edcba\u2066 \u200f", "naïve 👨‍👩‍👧 \u2028 end",
           "{{style}} ${window.planted=6}", "javascript:window.planted=7", "&lt;i&gt; &amp;"]
ORDERS = "id,customer,amount\n" + "".join(f"{number},c{number % 7},{number}.50\n" for number in range(1, 41))


def quoted(text):
    return '"' + text.replace('"', '""') + '"'


class Pages:
    """Sessions of one project, and a page for each."""

    def __init__(self, checks, project):
        self.checks, self.project, self.pages = checks, project, {}

    def run(self, name, text, exit_code):
        self.project.write(f"{name}.oml", text)
        done = self.project.run("run", f"{name}.oml")
        self.checks.equal(f"{name}: the run's exit code", done.exit_code, exit_code)
        return self.project.sessions()[-1]

    def write(self, name, session):
        done = self.project.run("logs", "html", "--session", session.name, "--output", f"pages/{name}")
        page = self.project.path(f"pages/{name}/{session.name}.html")
        self.checks.that(f"{name}: a page is written", done.exit_code == 0 and page.is_file(), done.text)
        self.checks.that(f"{name}: of at most 1 MB", page.stat().st_size <= MEGABYTE, page.stat().st_size)
        self.pages[name] = page


def make_sessions(pages):
    project = pages.project
    project.write("orders.csv", ORDERS)
    good = pipeline(read_csv("orders", path="orders.csv"), transform("totals", "needs: [orders]", query="SELECT customer, count(*) AS n FROM input_df GROUP BY 1 ORDER BY 1"),
                    write_csv("file", "needs: [totals]", path="totals.csv"), name="shop")
    pages.run("success", good, 0)
    pages.write("success", pages.run("success", good, 0))
    broken = good.replace("SELECT customer, count(*) AS n FROM input_df GROUP BY 1 ORDER BY 1", "SELECT CAST(customer AS INTEGER) AS n FROM input_df")
    pages.write("failure", pages.run("failure", broken, 1))
    project.write("hostile.csv", ",".join(["id", *map(quoted, HOSTILE[:4])]) + "\n" + "".join(f"{number}," + ",".join([quoted(text)] * 4) + "\n" for number, text in enumerate(HOSTILE)))
    hostile = pipeline(read_csv("read", path="hostile.csv"), transform("sql", "needs: [read]", query=f"SELECT * FROM input_df /* {HOSTILE[0]} {HOSTILE[1]} */"),
                       write_csv("file", "needs: [sql]", path="out.csv"), head=f"description: {json.dumps(' '.join(HOSTILE), ensure_ascii=False)}\n")
    pages.write("hostile", pages.run("hostile", hostile, 0))
    failing = hostile.replace("SELECT * FROM input_df", "SELECT CAST(\\\"<img src=x onerror=window.planted=3>\\\" AS INTEGER) AS n FROM input_df")
    pages.write("hostile_failure", pages.run("hostile_failure", failing, 1))
    parts = [read_csv("source", path="orders.csv")]
    for number in range(29):
        parts.append(transform(f"part-{number}", "needs: [source]", query=f"SELECT * FROM input_df WHERE CAST(id AS INT) % 29 = {number}"))
        parts.append(write_csv(f"file-{number}", f"needs: [part-{number}]", path=f"parts/{number}.csv"))
    pages.write("sixty", pages.run("sixty", pipeline(*parts, write_csv("all", "needs: [source]", path="parts/all.csv"), name="sixty"), 0))
    torn = pages.run("torn", good, 0)
    text = (torn / "events.jsonl").read_bytes()
    (torn / "events.jsonl").write_bytes(text[:text.index(b'"event":"step_complete"') + 40])
    (torn / "status.json").unlink()
    for file in torn.glob("*.jsonl"):
        os.utime(file, (0, 0))  # silent for long
    pages.write("torn", torn)
    pages.write("remote", remote_session(pages.run("remote", good, 0)))
    many = pages.run("many", good, 0)
    with open(many / "events.jsonl", "a", encoding="utf-8") as file:
        for number in range(10_000):
            file.write(json.dumps({"ts": f"2026-01-01T00:{number // 600 % 60:02d}:{number // 10 % 60:02d}.{number % 1000:03d}Z", "session": many.name, "event": "warning",
                                   "step_id": "orders", "code": "test.many", "message": f"number {number} of many, {number * 7919 % 10007}"}) + "\n")
    pages.write("many", many)


def shifted(line, by_ms):
    """An event or a measurement, later."""
    when = datetime.datetime.fromisoformat(line["ts"].replace("Z", "+00:00")) + datetime.timedelta(milliseconds=by_ms)
    return {**line, "ts": when.strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03d}Z"}


def remote_session(session):
    """Makes a local session what a run in a sandbox records: phases before and after the steps, and the time to begin."""
    events = [json.loads(line) for line in (session / "events.jsonl").read_text().splitlines()]
    begin, end = {**events[0], "execution": "e2b"}, events[-1]

    def phase(event, by_ms, after=begin, **fields):
        return shifted({"ts": after["ts"], "session": session.name, "event": event, **fields}, by_ms)

    before = [phase("sandbox_create_start", 1), phase("sandbox_create_complete", 420), phase("worker_upload_start", 421),
              phase("worker_upload_complete", 700, cached=False), phase("worker_started", 900)]
    after = [phase("artifact_downloaded", 1100, end), phase("sandbox_deleted", 1250, end)]
    moved = [shifted(event, 950) for event in events[1:-1]]
    lines = [begin, *before, *moved, *after, shifted({**end, "duration_ms": end["duration_ms"] + 1300}, 1300)]
    (session / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with open(session / "metrics.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps({"ts": begin["ts"], "session": session.name, "metric": "e2b_bootstrap_ms", "value": 900, "unit": "ms", "tags": {}}) + "\n")
    return session


def check_remote(checks, facts):
    for words in ("E2B", "Bootstrap", "900 ms", "osiris run remote.oml --e2b"):
        checks.contains(f"remote: the page has {words}", facts["first"], words)
    for phase in ("create the sandbox", "upload the worker", "start the worker", "download the artifacts", "delete the sandbox"):
        checks.contains(f"remote: the timeline has the phase: {phase}", facts["whole"], phase)


def check_zoom(checks, name, zoom):
    checks.that(f"{name}: dragging zooms the timeline and its axis", zoom["zoomed"][0] != zoom["before"][0] and zoom["zoomed"][1] != zoom["before"][1], zoom)
    checks.equal(f"{name}: a drag that ends on a bar opens nothing", zoom["hash"], "")
    checks.equal(f"{name}: the whole run comes back", zoom["after"][0], zoom["before"][0])
    checks.that(f"{name}: a key zooms", zoom["byKey"])


def check_pages(pages, seen):
    checks = pages.checks
    for name, page in pages.pages.items():
        facts = seen[str(page)]
        checks.equal(f"{name}: no error of the console", facts["errors"], [])
        checks.equal(f"{name}: one request, for itself", len(facts["requests"]), 1)
        checks.equal(f"{name}: nothing planted grew", facts["planted"], False)
        checks.equal(f"{name}: no serious violation", facts["axe"], [])
        checks.that(f"{name}: no sideways scrolling on a phone", facts["overflow"] <= 1, facts["overflow"])
        if name != "index":
            checks.that(f"{name}: drawings show without scripts", facts["drawings"] >= 1, facts["drawings"])
            checks.that(f"{name}: the list has entries", facts["entries"] and not facts["entries"].startswith("0 of"), facts["entries"])
            checks.that(f"{name}: a step in a drawing unfolds its details", facts["open"] > 0)
            checks.contains(f"{name}: a step's own events are told with it", facts["told"], "all 10,003" if name == "many" else "step_start")
            checks.that(f"{name}: things were clicked", facts["clicks"] > 5, facts["clicks"])
            checks.equal(f"{name}: filters have an address", facts["address"], "#events?find=run_end")
            checks.equal(f"{name}: an address sets the filters", facts["linked"][:2], ["log", "complete"])
            checks.equal(f"{name}: an address leads to an event", facts["marked"], 1)
            if "zoom" in facts:
                check_zoom(checks, name, facts["zoom"])
    first = {name: seen[str(page)]["first"] for name, page in pages.pages.items()}
    for words in ("success", "Local", "shop", "Rows out", "osiris run success.oml", "Execution timeline", "Connection details", "Metrics dashboard", "Artifact browser"):
        checks.contains(f"success: the page has {words}", first["success"], words)
    checks.contains("success: it compares with the run before", first["success"], "earlier run")
    checks.that("failure: it opens on the error", first["failure"].index("Could not convert") < first["failure"].index("Duration"), first["failure"][:600])
    whole = seen[str(pages.pages["failure"])]["whole"]
    checks.that("failure: the place has a caret", "^ failure.oml:" in whole, whole[:1500])
    checks.contains("hostile: values stand there as text", seen[str(pages.pages["hostile_failure"])]["whole"], "<img src=x onerror=")
    checks.contains("torn: a run without an end has crashed", first["torn"], "crashed")
    checks.contains("success: the first rows of a file", seen[str(pages.pages["success"])]["whole"], "c0")
    check_remote(checks, seen[str(pages.pages["remote"])])
    many = seen[str(pages.pages["many"])]
    checks.that("many: every event is listed, few are drawn", many["lists"]["events"].endswith("of 10,015") or int(many["lists"]["events"].split(" of ")[1].replace(",", "")) > 10_000, many["lists"])
    checks.that("many: only what is seen is drawn", many["rows"] < 100, many["rows"])
    checks.contains("many: the filter finds one", many["filtered"], "1 of")


def check_index(checks, project):
    done = project.run("logs", "html", "--json")
    checks.equal("the index and every page", (done.exit_code, done.document()["pages_written"] > 8), (0, True))
    again = project.run("logs", "html", "--json").document()
    checks.equal("pages that are there stay", again["pages_written"], 1)
    checks.equal("an unknown session", project.run("logs", "html", "--session", "run_1").exit_code, 2)
    return project.path("logs/html/index.html")


def look(chromium, pages):
    """What Chromium saw on each page, and what it complained of."""
    jobs = [subprocess.Popen(["node", str(place("browser") / "look.mjs"), chromium, *map(str, pages[part::2])], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for part in range(2)]
    ended = [job.communicate() for job in jobs]
    seen = {}
    for out, _ in ended:
        seen.update(json.loads(out or "{}"))
    return seen, "".join(complaint for _, complaint in ended)


def check_pictures(checks, chromium, mode):
    """A recorded session's pages look as they did: tests/pages/pictures has them."""
    with Project(variables={"TZ": "UTC"}) as project, tempfile.TemporaryDirectory(prefix="osiris-pictures-") as differing:
        shutil.copytree(PAGES / "recorded", project.folder, dirs_exist_ok=True)
        done = project.run("logs", "html", "--output", "pages")
        checks.equal("the recorded sessions give pages", done.exit_code, 0)
        pages = [f"{name}={view}={project.path('pages')}/{session}.html" for name, view, session in PICTURES]
        command = ["node", str(place("browser") / "pictures.mjs"), chromium, str(PAGES / "pictures"), differing, mode, *pages]
        compared = subprocess.run(command, capture_output=True, text=True)
        if not checks.that("the pictures were compared", compared.returncode == 0, compared.stderr):
            return
        for name, share in json.loads(compared.stdout).items():
            checks.that(f"{name}: looks as in its picture", not isinstance(share, str) and share < MOST_DIFFERENT, share)


def main(checks):
    chromium = shutil.which("chromium")
    if sys.argv[1:] == ["--update"]:
        check_pictures(checks, chromium, "update")
        return
    with Project() as project:
        pages = Pages(checks, project)
        make_sessions(pages)
        pages.pages["index"] = check_index(checks, project)
        seen, complaints = look(chromium, list(pages.pages.values()))
        if not checks.that("the browser saw the pages", len(seen) == len(pages.pages), complaints):
            return
        check_pages(pages, seen)
        index = pathlib.Path(pages.pages["index"]).read_text(encoding="utf-8")
        checks.that("the index names every session", all(session.name in index for session in project.sessions()))
    check_pictures(checks, chromium, "compare")


if __name__ == "__main__":
    Checks.run(main)
