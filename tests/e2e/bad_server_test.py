"""Servers that refuse, hang, lack what is asked for or die: a code, an exit of 1, and no half-written output."""
import socket
import threading
import time

import servers
from checks import Checks
from failures import check_failure
from program import CONNECTIONS, Project, events, pipeline, read_csv, read_table, status_of, write_csv

OUT = write_csv("write", path="out/rows.csv")


def run_failing(checks, what, variables, connections=CONNECTIONS, *, config=None, timeout_s=60, **expected):
    """Runs one table to a file, which must fail as expected and leave nothing behind. Returns the outcome."""
    files = {"osiris_connections.yaml": connections, "p.oml": pipeline(read_table(**(config or {"table": "small"})), OUT)}
    with Project(files, variables) as project:
        outcome = project.run("run", "p.oml", "--json", timeout_s=timeout_s)
        check_failure(checks, what, outcome, exit_code=1, **expected)
        checks.equal(f"{what}: nothing half-written", project.leftovers(but=files), [])
        session = project.sessions()[-1]
        checks.equal(f"{what}: the session says failed", status_of(session), "failed")
        checks.equal(f"{what}: the error event has the code", [event["code"] for event in events(session, "error")][:1], [expected["code"]])
        checks.equal(f"{what}: the failing step is named", [event["step_id"] for event in events(session, "step_failed")][:1], ["read"])
        return outcome


def check_denied(checks, server):
    variables = {**server.variables("shop"), "MYSQL_PASSWORD": "wrong-password"}
    outcome = run_failing(checks, "a wrong password", variables, code="connection.denied", kind="connection")
    checks.that("a wrong password is not repeated", "wrong-password" not in outcome.text, outcome.text)


def check_refused(checks, server):
    variables = {**server.variables("shop"), "MYSQL_PORT": str(servers.free_port())}
    run_failing(checks, "a server that is down", variables, code="connection.refused", kind="connection")


def check_hanging(checks, server):
    """A listener that takes the connection and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        variables = {**server.variables("shop"), "MYSQL_PORT": str(listener.getsockname()[1])}
        began = time.monotonic()
        run_failing(checks, "a host that hangs", variables, CONNECTIONS + "      connect_timeout: 1s\n", code="connection.timeout",
                    kind="connection")
        checks.that("a host that hangs is left soon after the timeout", time.monotonic() - began < 10)


def check_silent(checks, server):
    """A server that stops answering after it was asked."""
    connections = CONNECTIONS + "      read_timeout: 2s\n"
    run_failing(checks, "a server that falls silent", server.variables("shop"), connections, config={"query": "SELECT SLEEP(30)"},
                code="connection.timeout", kind="connection")


def check_missing_table(checks, server):
    run_failing(checks, "a table that is not there", server.variables("shop"), config={"table": "orderz"}, code="query.unknown_table",
                kind="user", words=["orderz"])
    run_failing(checks, "a query of such a table", server.variables("shop"), config={"query": "SELECT * FROM orderz"},
                code="query.unknown_table", kind="user", words=["orderz"])


def check_missing_column(checks, server):
    run_failing(checks, "a column that is not there", server.variables("shop"), config={"query": "SELECT amonut FROM small"},
                code="query.unknown_column", kind="user", words=["amonut"])


def check_read_only(checks, server):
    """What the lexer cannot see the server refuses: a function that writes."""
    server.sql("CREATE FUNCTION writes() RETURNS INT RETURN add_one()", "shop")
    server.sql("DELIMITER //\nCREATE FUNCTION add_one() RETURNS INT BEGIN INSERT INTO small VALUES (99, 'x'); RETURN 1; END//", "shop")
    before = server.sql("SELECT * FROM small", "shop")
    files = {"osiris_connections.yaml": CONNECTIONS, "p.oml": pipeline(read_table(query="SELECT writes() AS w"), OUT)}
    with Project(files, server.variables("shop")) as project:
        outcome = project.run("run", "p.oml", "--json")
        checks.that("a query that writes fails", outcome.exit_code == 1, outcome.text)
    checks.equal("and the table is as it was", server.sql("SELECT * FROM small", "shop"), before)


def check_killed(checks):
    """kill -9 while rows stream: connection.lost, the old file stands, nothing beside it."""
    with servers.MariaDb() as server:
        server.sql("CREATE DATABASE shop")
        files = {"osiris_connections.yaml": CONNECTIONS, "out/rows.csv": "the old rows\n",
                 "p.oml": pipeline(read_table(query="SELECT seq, REPEAT('x', 500) AS text FROM seq_1_to_100000000"), OUT)}
        with Project(files, server.variables("shop")) as project:
            running = project.start("run", "p.oml", "--json")
            killer = threading.Timer(1.5, server.kill)
            killer.start()
            outcome = running.wait()
            killer.join()
            check_failure(checks, "a server killed while rows stream", outcome, exit_code=1, code="connection.lost", kind="connection")
            checks.equal("killed: the old output stands", project.read("out/rows.csv"), "the old rows\n")
            checks.equal("killed: nothing half-written", project.leftovers(but=files), ["out/rows.csv"])
            checks.equal("killed: the session says failed", status_of(project.sessions()[-1]), "failed")


def check_long_value(checks, server):
    """One value of 100 MB travels alone and whole."""
    size = 100_000_000
    files = {"osiris_connections.yaml": CONNECTIONS,
             "p.oml": pipeline(read_table(query=f"SELECT 1 AS id, REPEAT('ab', {size // 2}) AS big UNION ALL SELECT 2, 'end'"), OUT)}
    with Project(files, server.variables("shop")) as project:
        outcome = project.run("run", "p.oml")
        checks.that("a value of 100 MB: exit 0", outcome.exit_code == 0, outcome.text)
        if outcome.exit_code == 0:
            content = project.path("out/rows.csv").read_bytes().replace(b'"', b"")
            checks.that("a value of 100 MB arrives whole", content == b"id,big\n1," + b"ab" * (size // 2) + b"\n2,end\n", f"{len(content)} bytes")


def put_invalid_text(server):
    """A text column with bytes that are no UTF-8: the server lets none in, so the file of a binary twin takes its place."""
    server.sql("CREATE TABLE bytes_twin (id INT, text VARBINARY(40)) ENGINE=MyISAM;"
               "CREATE TABLE broken (id INT, text VARCHAR(10) CHARACTER SET utf8mb4) ENGINE=MyISAM;"
               "INSERT INTO bytes_twin VALUES (1, 'fine'), (2, x'C328'); FLUSH TABLES", "shop")
    for ending in ("MYD", "MYI"):
        data = server.folder / "data" / "shop"
        (data / f"broken.{ending}").write_bytes((data / f"bytes_twin.{ending}").read_bytes())
    server.sql("FLUSH TABLES", "shop")


def check_invalid_utf8(checks, server):
    put_invalid_text(server)
    run_failing(checks, "invalid UTF-8 in a table", server.variables("shop"), config={"table": "broken"}, code="value.invalid_utf8",
                kind="data", words=["text"])


def check_invalid_utf8_in_file(checks):
    """Told with the file, the line and the byte offset, and not passed on."""
    text = pipeline(read_csv("read", path="in.csv"), OUT)
    with Project({"in.csv": b"id,text\n1,fine\n2,\xc3\x28\n", "p.oml": text}) as project:
        error = check_failure(checks, "invalid UTF-8 in a file", project.run("run", "p.oml", "--json"), exit_code=1,
                              code="csv.malformed", kind="data")
        checks.contains("invalid UTF-8: names the file and the line", error.get("message", ""), "'in.csv' at line 3, byte 15")
        checks.equal("invalid UTF-8: nothing half-written", project.leftovers(but=["in.csv", "p.oml"]), [])


def main(checks):
    with servers.MariaDb() as server:
        server.sql("CREATE DATABASE shop")
        server.sql("CREATE TABLE small (id INT, amount VARCHAR(20)); INSERT INTO small VALUES (1, 'one')", "shop")
        for test in (check_denied, check_refused, check_hanging, check_silent, check_missing_table, check_missing_column,
                     check_read_only, check_long_value, check_invalid_utf8):
            checks.group(test.__name__, test, server)
    checks.group("check_invalid_utf8_in_file", check_invalid_utf8_in_file)
    checks.group("check_killed", check_killed)


if __name__ == "__main__":
    Checks.run(main)
