"""The HTML report in Chromium: it needs nothing else, shows the truth, and takes hostile values as text."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from checks import Checks
from node import place
from program import Project, pipeline, read_csv, transform, write_csv

MEGABYTE = 1 << 20
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
    many = pages.run("many", good, 0)
    with open(many / "events.jsonl", "a", encoding="utf-8") as file:
        for number in range(10_000):
            file.write(json.dumps({"ts": f"2026-01-01T00:{number // 600 % 60:02d}:{number // 10 % 60:02d}.{number % 1000:03d}Z", "session": many.name, "event": "warning",
                                   "step_id": "orders", "code": "test.many", "message": f"number {number} of many, {number * 7919 % 10007}"}) + "\n")
    pages.write("many", many)


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
    first = {name: seen[str(page)]["first"] for name, page in pages.pages.items()}
    for words in ("success", "Local", "shop", "Rows out", "osiris run success.oml", "Execution timeline", "Connection details", "Metrics dashboard", "Artifact browser"):
        checks.contains(f"success: the page has {words}", first["success"], words)
    checks.contains("success: it compares with the run before", first["success"], "earlier run")
    checks.that("failure: it opens on the error", first["failure"].index("Could not convert") < first["failure"].index("Duration"), first["failure"][:600])
    whole = seen[str(pages.pages["failure"])]["whole"]
    checks.that("failure: the place has a caret", "^ failure.oml:" in whole, whole[:1500])
    checks.contains("hostile: values stand there as text", seen[str(pages.pages["hostile_failure"])]["whole"], "<img src=x onerror=")
    checks.contains("torn: a run without an end has crashed", first["torn"], "crashed")
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


def main(checks):
    chromium = shutil.which("chromium")
    with Project() as project, tempfile.TemporaryDirectory(prefix="osiris-pages-") as shots:
        pages = Pages(checks, project)
        make_sessions(pages)
        pages.pages["index"] = check_index(checks, project)
        looked = subprocess.run(["node", str(place("browser") / "look.mjs"), chromium, shots, *map(str, pages.pages.values())], capture_output=True, text=True)
        if not checks.that("the browser saw the pages", looked.returncode == 0, looked.stderr):
            return
        check_pages(pages, json.loads(looked.stdout))
        index = pathlib.Path(pages.pages["index"]).read_text(encoding="utf-8")
        checks.that("the index names every session", all(session.name in index for session in project.sessions()))


if __name__ == "__main__":
    Checks.run(main)
