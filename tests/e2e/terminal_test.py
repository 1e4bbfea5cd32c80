"""What `osiris run` shows while it runs: lines in a terminal, lines in a log, lines of JSON. Pipes feed the
pipelines, so that the test decides how far they are."""
import errno
import json
import os
import signal
import subprocess
import time

import servers
from checks import Checks
from program import CONNECTIONS, POSTGRES_CONNECTION, Project, clean_environment, pipeline, program, read_csv, step, transform, write_csv
from terminal import PATIENCE_S, Terminal

SHOP = "倉庫 Dům 🚲"
CHAIN = [read_csv("orders", path="orders.csv"), transform("totals", "needs: [orders]", query="SELECT count(*) AS n FROM input_df"),
         write_csv("file", "needs: [totals]", path="out.csv")]


class Feed:
    """The writing end of a pipe that the program reads as a CSV file."""

    def __init__(self, project, name="orders.csv"):
        self.path = project.path(name)
        os.mkfifo(self.path)
        self.end = None

    def open(self):
        """Waits until the program reads."""
        deadline = time.monotonic() + PATIENCE_S
        while self.end is None:
            try:
                self.end = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
            except OSError as problem:
                if problem.errno != errno.ENXIO or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        os.set_blocking(self.end, True)
        return self

    def rows(self, count):
        os.write(self.end, b"1\n" * count)

    def text(self, text):
        os.write(self.end, text.encode())

    def close(self):
        os.close(self.end)


def shop(*steps, name=SHOP):
    return Project({"p.oml": pipeline(*(steps or CHAIN), name=name)})


def heads_of(lines):
    return [line for line in lines if line.startswith(SHOP + "  ") and " of 3 steps do" in line]


def heads(terminal):
    """The lines that tell of the run as a whole, wherever they are."""
    return heads_of(terminal.everything().split("\n"))


def check_lines(checks):
    with shop() as project:
        feed = Feed(project)
        with Terminal(project, "run", "p.oml", "--limit", "10000") as terminal:
            feed.open().text("id\n")
            feed.rows(5000)
            lines = terminal.wait_for("4,096 rows")
            checks.that("the run has a line", lines[0].startswith(SHOP + "  ") and " of 3 steps done" in lines[0], lines)
            orders = next(line for line in lines if " orders " in line)
            checks.that("rows, pace, bytes, time and part of a step", all(part in orders for part in ("running ", "4,096 rows", "/s", " 9.8 KiB", "s  ", " 40%")), orders)
            checks.that("the cursor is hidden", not terminal.has_cursor())
            feed.rows(6000)
            terminal.wait_for("exit=0")
            seen = terminal.everything()
            checks.equal("the lines are gone, the table is there", (heads(terminal), "ROWS OUT" in seen, "10,000" in seen), ([], True, True))
            checks.contains("the next command", seen, f"next: osiris logs html --session {project.sessions()[-1].name} --open")
            checks.contains("the status has its colour", terminal.everything(colours=True), "\x1b[32msuccess\x1b[39m")
            checks.that("the cursor is back", terminal.has_cursor())
            feed.close()


def check_no_colour(checks):
    with shop() as project:
        project.write("orders.csv", "id\n1\n")
        with Terminal(project, "run", "p.oml", variables={"NO_COLOR": "1"}) as terminal:
            terminal.wait_for("exit=0")
            checks.that("NO_COLOR: no colour", "\x1b[" not in terminal.everything(colours=True), terminal.everything(colours=True))


def check_resize(checks):
    with shop() as project:
        feed = Feed(project)
        with Terminal(project, "run", "p.oml", columns=130, lines=20, before="seq 60") as terminal:
            feed.open().text("id\n")
            feed.rows(3000)
            terminal.wait_for("5.9 KiB")
            wanted = [SHOP.split()[0], "running", "running", "running"]
            for columns in (60, 36, 130):
                terminal.resize(columns, 20)
                terminal.wait_for(lambda lines: [line.split()[0] for line in lines if not line.isdecimal()] == wanted and ("KiB" in "".join(lines)) == (columns == 130))
                checks.equal(f"{columns} columns: nothing is left over", len(heads(terminal)), 1)
            feed.close()
            terminal.wait_for("exit=0")
            checks.equal("at the end the lines are gone", heads(terminal), [])
            checks.equal("what stood above them stands there", terminal.everything().split("\n")[:60], [str(number) for number in range(1, 61)])


def check_narrow_table(checks):
    with shop() as project:
        project.write("orders.csv", "id\n1\n")
        with Terminal(project, "run", "p.oml", columns=60) as terminal:
            terminal.wait_for("exit=0")
            seen = terminal.everything()
            checks.equal("the table fits 60 columns", ("COMPONENT" in seen, "ROWS IN" in seen, "DURATION" in seen), (False, True, True))


def check_answer_elsewhere(checks):
    """Where no table follows, the last state of the lines stays."""
    with shop() as project:
        feed = Feed(project)
        with Terminal(project, "run", "p.oml", redirect="> answer") as terminal:
            feed.open().text("id\n")
            feed.rows(3000)
            terminal.wait_for("2,048 rows")
            feed.close()
            lines = terminal.wait_for("exit=0")
            checks.equal("the lines stay", [line.split()[0] for line in lines[:4]], [SHOP.split()[0], "success", "success", "success"])
            checks.that("with the last state", " 3 of 3 steps done " in lines[0] and " 3,000 rows" in lines[1], lines)
            checks.contains("in colour", terminal.everything(colours=True), "\x1b[32msuccess\x1b[39m")
            checks.contains("the answer has none", project.read("answer"), "  success")
            checks.that("the cursor is back", terminal.has_cursor())


def check_silence(checks):
    for arguments in (["--quiet"], ["--json"], ["--progress", "off"]):
        with shop() as project:
            feed = Feed(project)
            with Terminal(project, "run", "p.oml", *arguments, redirect="> answer") as terminal:
                feed.open().text("id\n")
                feed.rows(3000)
                time.sleep(1)
                feed.close()
                lines = terminal.wait_for("exit=0")
                checks.equal(f"{arguments}: nothing is shown", lines, ["exit=0"])


def check_failure(checks):
    with shop() as project:
        feed = Feed(project)
        with Terminal(project, "run", "p.oml") as terminal:
            feed.open().text("id\n")
            feed.rows(3000)
            terminal.wait_for("2,048 rows")
            feed.text("1,2\n")
            terminal.wait_for("exit=1")
            seen = terminal.everything()
            for part in ("error: malformed row", "step 'orders'", f"next: osiris logs html --session {project.sessions()[-1].name} --open",
                         f"osiris run --resume {project.sessions()[-1].name}"):
                checks.contains("a failure tells what to look at", seen, part)
            checks.contains("failed has its colour", terminal.everything(colours=True), "\x1b[31mfailed\x1b[39m")
            checks.equal("the lines are gone, the cursor is back", (heads(terminal), terminal.has_cursor()), ([], True))
            feed.close()


def check_interrupt(checks):
    """The step waits for the pipe, and cannot be woken: the program leaves without it."""
    with shop() as project:
        feed = Feed(project)
        with Terminal(project, "run", "p.oml") as terminal:
            feed.open().text("id\n")
            feed.rows(3000)
            terminal.wait_for("2,048 rows")
            checks.that("the cursor is hidden", not terminal.has_cursor())
            terminal.press("C-c")
            terminal.wait_for("exit=130")
            checks.equal("Ctrl-C: the lines are gone, the cursor is back", (heads(terminal), terminal.has_cursor()), ([], True))
            checks.contains("Ctrl-C: the run was cancelled", terminal.everything(), "error: the run was stopped")
            feed.close()


def check_stop_and_go_on(checks):
    """A stopped program leaves the cursor to the shell, and takes it again."""
    with shop() as project:
        feed = Feed(project)
        with Terminal(project, "run", "p.oml") as terminal:
            feed.open().text("id\n")
            feed.rows(3000)
            terminal.wait_for("2,048 rows")
            process = running_pid(project)
            os.kill(process, signal.SIGTSTP)
            terminal.wait_for("exit=148")
            checks.that("stopped: the cursor is seen", terminal.has_cursor())
            os.kill(process, signal.SIGCONT)
            wait_until(lambda: not terminal.has_cursor())
            checks.that("going on: it is hidden again", not terminal.has_cursor())
            wait_until(lambda: len(heads(terminal)) == 2)
            checks.equal("the lines go on below what the shell wrote", (len(heads(terminal)), "exit=148" in terminal.everything()), (2, True))
            feed.close()
            wait_until(terminal.has_cursor)
            checks.equal("at the end it is seen again, and the table", (terminal.has_cursor(), "ROWS OUT" in terminal.everything()), (True, True))


def running_pid(project):
    """The process whose folder is the project's."""
    for entry in os.listdir("/proc"):
        try:
            if entry.isdigit() and os.readlink(f"/proc/{entry}/exe") == os.path.realpath(program()) and os.readlink(f"/proc/{entry}/cwd") == str(project.folder):
                return int(entry)
        except OSError:
            continue
    raise AssertionError("the program does not run")


def wait_until(holds):
    deadline = time.monotonic() + PATIENCE_S
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)


def check_many_steps(checks):
    numbers = range(20)
    steps = [part for number in numbers for part in (read_csv(f"read-{number}", path=f"{number}.csv"),
                                                     write_csv(f"write-{number}", f"needs: [read-{number}]", path=f"out/{number}.csv"))]
    with shop(*steps) as project:
        feeds = [Feed(project, f"{number}.csv") for number in numbers]
        with Terminal(project, "run", "p.oml", "--jobs", "20", lines=10) as terminal:
            lines = terminal.wait_for("and 13 more: 13 running")
            checks.equal("one line for the run, seven steps, and the others counted", (len(lines), lines[0].startswith(SHOP)), (9, True))
            feeds[19].open().text("id\n")
            feeds[19].rows(3000)
            lines = terminal.wait_for("2,048 rows")
            checks.that("the busiest is among them", any(" read-19 " in line for line in lines), lines)
            terminal.resize(100, 60)
            lines = terminal.wait_for(lambda lines: len(lines) >= 21)
            checks.that("all of them where there is room", all(f" read-{number} " in "\n".join(lines) for number in numbers), lines)
            terminal.resize(100, 10)
            terminal.wait_for(" more: ")
            for number, feed in enumerate(feeds):
                if number != 19:
                    feed.open().text("id\n")
                feed.close()
            terminal.wait_for("exit=0")


def check_no_terminal(checks):
    """CI, a dumb terminal and a pipe have plain lines."""
    for name, variables, arguments in (("CI", {"CI": "true"}, ()), ("TERM=dumb", {"TERM": "dumb"}, ()), ("--progress plain", {}, ("--progress", "plain"))):
        with shop() as project:
            feed = Feed(project)
            with Terminal(project, "run", "p.oml", *arguments, variables=variables) as terminal:
                feed.open().text("id\n")
                feed.rows(3000)
                lines = terminal.wait_for("steps done")
                checks.that(f"{name}: a plain line", lines[0].startswith(f"{SHOP}  ") and "orders 2,048 rows, " in "".join(lines), lines)
                checks.that(f"{name}: the cursor stays", terminal.has_cursor())
                feed.close()
                terminal.wait_for("exit=0")
                checks.that(f"{name}: no next command", "next: " not in terminal.everything())


def start(project, *arguments, variables=None):
    """Starts the program, its output in files, so that it can be read while it comes."""
    return subprocess.Popen([program(), *arguments], cwd=project.folder, env=clean_environment(project.home, variables), stdin=subprocess.DEVNULL,
                            stdout=open(project.path("stdout"), "wb"), stderr=open(project.path("stderr"), "wb"))


def check_pipe(checks):
    with shop() as project:
        feed = Feed(project)
        running = start(project, "run", "p.oml")
        feed.open().text("id\n")
        feed.rows(3000)
        wait_until(lambda: "steps done" in project.read("stderr"))
        feed.close()
        running.wait(PATIENCE_S)
        lines = project.read("stderr").splitlines()
        checks.that("a log has plain lines", lines and all(line.startswith(SHOP) and "orders 2,048 rows, " in line for line in lines), lines)
        checks.that("without a control character", "\x1b" not in project.read("stderr") and "\r" not in project.read("stderr"), lines)
    with shop() as project:
        project.write("orders.csv", "id\n1\n")
        checks.equal("a short run is silent", project.run("run", "p.oml").stderr, "")
        told = project.run("run", "p.oml", "--verbose").stderr
        checks.that("--verbose tells of every step", all(f"start   {step}  " in told and f"success {step}  " in told for step in ("orders", "totals", "file")), told)


FIELDS = {"ts", "session", "step_id", "status", "rows_read", "rows_written", "rows_per_s", "bytes_read", "bytes_written", "elapsed_ms", "percent",
          "is_estimate", "eta_ms", "memory_mb"}


def check_json(checks):
    with shop() as project:
        feed = Feed(project)
        running = start(project, "run", "p.oml", "--json", "--progress", "json", "--limit", "10000")
        feed.open().text("id\n")
        feed.rows(5000)
        wait_until(lambda: '"rows_read":4096' in project.read("stderr"))
        feed.rows(6000)
        checks.equal("the exit code", running.wait(PATIENCE_S), 0)
        feed.close()
        told = [json.loads(line) for line in project.read("stderr").splitlines()]
        document = json.loads(project.read("stdout"))
        checks.that("every line has every field", all(set(line) == FIELDS for line in told), told[:1])
        checks.that("a part is told", any(line["percent"] == 40.9 and not line["is_estimate"] for line in told), told)
        last = {line["step_id"]: line for line in told}
        for step in document["steps"]:
            checks.equal(f"the last state of {step['id']}", {key: last[step["id"]][key] for key in ("status", "rows_read", "rows_written")},
                         {key: step[key] for key in ("status", "rows_read", "rows_written")})
        checks.equal("the last line is the run's", (told[-1]["step_id"], told[-1]["status"], told[-1]["rows_read"], told[-1]["rows_written"]), (None, "success", 10000, 1))
        checks.that("the session is named", {line["session"] for line in told} == {document["session_id"]}, told[-1])
    with shop() as project:
        project.write("orders.csv", "id\n1,2\n")
        failed = project.run("run", "p.oml", "--progress", "json")
        told = [json.loads(line) for line in failed.stderr.splitlines() if line.startswith("{")]
        checks.equal("a failure: step and run", ({line["status"] for line in told if line["step_id"] == "orders"} - {"running"}, told[-1]["status"]), ({"failed"}, "failed"))
        checks.equal("--json alone is silent on stderr", project.run("run", "p.oml", "--json", "--limit", "0").stderr, "")
        refused = project.run("run", "p.oml", "--progress", "fancy")
        checks.equal("an unknown style is refused", refused.exit_code, 2)
        checks.contains("an unknown style is named", refused.stderr, "'fancy'")


def check_estimate(checks, server, reader, connections):
    """The step that reads the table has opened it while the other waits for its pipe."""
    server.sql("ANALYZE TABLE many" if isinstance(server, servers.MariaDb) else "ANALYZE many", *(["shop"] if isinstance(server, servers.MariaDb) else []))
    for config, is_known in (({"table": "many"}, True), ({"query": "SELECT * FROM many"}, False)):
        sql = transform("sql", "needs: [table, pipe]", query="SELECT (SELECT count(*) FROM df_table) AS a, (SELECT count(*) FROM df_pipe) AS b")
        text = pipeline(step("table", reader, "read", {"connection": "@" + reader.split(".")[0] + ".main", **config}), read_csv("pipe", path="pipe.csv"), sql,
                        write_csv("file", "needs: [sql]", path="out.csv"))
        variables = server.variables("shop") if isinstance(server, servers.MariaDb) else server.variables()
        with Project({"p.oml": text, "osiris_connections.yaml": connections}, variables) as project:
            feed = Feed(project, "pipe.csv")
            running = start(project, "run", "p.oml", "--progress", "json", variables=variables)
            wait_until(lambda: project.read("stderr").count('"step_id":"table","status":"running"') > 2)
            feed.open().text("id\n1\n")
            feed.close()
            checks.equal(f"{reader} {config}: exit code", running.wait(PATIENCE_S), 0)
            seen = [json.loads(line) for line in project.read("stderr").splitlines()]
            guesses = {(line["percent"], line["is_estimate"]) for line in seen if line["step_id"] == "table" and line["status"] == "running"}
            checks.that(f"{reader} {config}: the part is {'guessed' if is_known else 'not known'}", ((0.0, True) in guesses) == is_known, guesses)
            checks.equal(f"{reader} {config}: rows", project.read("out.csv"), "a,b\n5000,1\n")


def check_estimates(checks):
    with servers.MariaDb() as server:
        server.sql("CREATE DATABASE shop")
        server.sql("CREATE TABLE many AS SELECT seq AS id FROM seq_1_to_5000", "shop")
        check_estimate(checks, server, "mysql.extractor", CONNECTIONS)
    with servers.PostgreSql() as server:
        server.sql("CREATE TABLE many AS SELECT g AS id FROM generate_series(1, 5000) AS g")
        check_estimate(checks, server, "postgres.extractor", "connections:\n" + POSTGRES_CONNECTION)


def main(checks):
    for test in (check_lines, check_no_colour, check_resize, check_narrow_table, check_answer_elsewhere, check_silence, check_failure, check_interrupt,
                 check_stop_and_go_on, check_many_steps, check_no_terminal, check_pipe, check_json, check_estimates):
        checks.group(test.__name__, test)


if __name__ == "__main__":
    Checks.run(main)
