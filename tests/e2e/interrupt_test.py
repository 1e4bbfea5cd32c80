"""SIGINT and SIGTERM stop a run within a second, over a silent network too, and leave nothing half-written."""
import signal
import socket
import time

import servers
from checks import Checks
from program import CONNECTIONS, Project, events, is_sanitized, pipeline, read_table, status_of, transform, write_csv

LIMIT_S = 4.0 if is_sanitized() else 1.0
SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143}
STREAM = "SELECT seq, REPEAT('x', 200) AS text FROM seq_1_to_1000000000"
OLD_ROWS = "the old rows\n"


def interrupt(checks, what, number, text, variables, connections=CONNECTIONS, until=None):
    """Starts the pipeline, waits until it is under way, sends the signal and looks at what is left."""
    files = {"osiris_connections.yaml": connections, "p.oml": text, "out/rows.csv": OLD_ROWS}
    with Project(files, variables) as project:
        running = project.start("run", "p.oml", "--json")
        wait_for_step(project)
        if until:
            until()
        time.sleep(0.5)
        sent = time.monotonic()
        running.send(number)
        outcome = running.wait(timeout_s=30)
        took = time.monotonic() - sent
        name = f"{what}, {signal.Signals(number).name}"
        checks.equal(f"{name}: exit code", outcome.exit_code, SIGNALS[number])
        checks.that(f"{name}: ends within {LIMIT_S} s", took <= LIMIT_S, f"{took:.2f} s")
        checks.equal(f"{name}: error.code", outcome.error().get("code"), "run.cancelled")
        checks.equal(f"{name}: the old output stands", project.read("out/rows.csv"), OLD_ROWS)
        checks.equal(f"{name}: nothing half-written", project.leftovers(but=files), ["out/rows.csv"])
        checks.equal(f"{name}: the session says cancelled", status_of(project.sessions()[-1]), "cancelled")


def wait_for_step(project, timeout_s=20):
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        sessions = project.sessions()
        if sessions and (sessions[-1] / "events.jsonl").exists() and events(sessions[-1], "step_start"):
            return
        time.sleep(0.02)
    raise AssertionError("no step started")


def check_streaming(checks, server, number):
    text = pipeline(read_table(query=STREAM), write_csv("write", path="out/rows.csv"))
    interrupt(checks, "rows stream", number, text, server.variables("shop"))


def check_aggregating(checks, server, number):
    text = pipeline(read_table(query=STREAM), transform("sql", query="SELECT seq % 7 AS k, count(*) AS n FROM input_df GROUP BY k"),
                    write_csv("write", path="out/rows.csv"))
    interrupt(checks, "SQL works", number, text, server.variables("shop"))


def check_slow_query(checks, server, number):
    text = pipeline(read_table(query="SELECT SLEEP(60) AS s"), write_csv("write", path="out/rows.csv"))
    interrupt(checks, "the server thinks", number, text, server.variables("shop"))


def check_silent_host(checks, server, number):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        variables = {**server.variables("shop"), "MYSQL_PORT": str(listener.getsockname()[1])}
        text = pipeline(read_table(table="t"), write_csv("write", path="out/rows.csv"))
        interrupt(checks, "the host is silent", number, text, variables, CONNECTIONS + "      connect_timeout: 60s\n")


def check_paused_server(checks, number):
    """The network dies while rows stream: the server is stopped, not closed."""
    with servers.MariaDb() as server:
        server.sql("CREATE DATABASE shop")
        text = pipeline(read_table(query=STREAM), write_csv("write", path="out/rows.csv"))
        interrupt(checks, "the network died", number, text, server.variables("shop"), until=server.pause)


def check_same_moment(checks):
    """Twenty pairs of runs, each pair started at once: forty folders."""
    files = {"in.csv": "a\n1\n", "p.oml": pipeline(
        "  - id: read\n    component: filesystem.csv_extractor\n    mode: read\n    config: {path: in.csv}\n", write_csv("write"))}
    with Project(files) as project:
        for _ in range(20):
            pair = [project.start("run", "p.oml") for _ in range(2)]
            checks.equal("both runs of a pair succeed", [running.wait().exit_code for running in pair], [0, 0])
        sessions = project.sessions()
        checks.equal("each run has its own folder", len(sessions), 40)
        checks.equal("each folder holds one run", [len(events(session, "run_start")) for session in sessions], [1] * len(sessions))


def main(checks):
    with servers.MariaDb() as server:
        server.sql("CREATE DATABASE shop")
        for test in (check_streaming, check_aggregating, check_slow_query, check_silent_host):
            for number in SIGNALS:
                checks.group(test.__name__, test, server, number)
    for number in SIGNALS:
        checks.group("check_paused_server", check_paused_server, number)
    checks.group("check_same_moment", check_same_moment)


if __name__ == "__main__":
    Checks.run(main)
