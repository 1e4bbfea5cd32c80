"""Loads whose servers die, fall silent, lock and deadlock, or lose the answer to COMMIT: the program ends by itself, says what
happened, and a resumed or repeated run leaves exactly the right rows."""
import contextlib
import random
import signal
import subprocess
import time

import servers
from checks import Checks
from program import CONNECTIONS, POSTGRES_CONNECTION, Project, pipeline, read_csv, step
from proxy import Break, Proxy

ROWS = 60_000
LIMIT_S = 30
SEED = 5
IMPATIENT = "      connect_timeout: 1s\n      read_timeout: 1s\n"
PORTS = {"mysql": "MYSQL_PORT", "postgres": "PG_PORT"}
# As it stands in a message; PostgreSQL's BEGIN may speak of READ COMMITTED.
COMMIT = {"mysql": b"\x03COMMIT", "postgres": b"COMMIT\x00"}
OLD = [(number, "old") for number in range(1, 51)]
NEW = [(number, f"new{number}") for number in range(51, ROWS + 1)]
MODES = (("append", {}), ("append", {"chunk_rows": 7000}), ("replace", {}), ("truncate", {}),
         ("upsert", {"primary_key": "id"}), ("upsert", {"primary_key": "id", "chunk_rows": 9000}))


def state_of(rows):
    return f"{len(rows)}|{sum(number for number, _ in rows)}"


def expected(mode):
    return state_of(OLD + NEW if mode in ("append", "upsert") else NEW)


class Target:
    """A writer, its server, and a table `target`."""

    def __init__(self, family, server):
        self.family, self.server = family, server

    def sql(self, text):
        return self.server.sql(text, "shop")

    def make(self, rows=()):
        values = ", ".join(f"({number}, '{note}')" for number, note in rows)
        self.sql("DROP TABLE IF EXISTS target, other; CREATE TABLE target (id BIGINT PRIMARY KEY, note VARCHAR(20)); CREATE TABLE other (n INT)"
                 + (f"; INSERT INTO target VALUES {values}" if values else ""))

    def state(self):
        return self.sql("SELECT concat_ws('|', count(*), coalesce(sum(id), 0)) FROM target").strip()

    def writing(self, more="", **config):
        return step("load", f"{self.family}.writer", "write", {"connection": f"@{self.family}.main", "table": "target", **config}, more)

    def reading(self, **config):
        return step("read", f"{self.family}.extractor", "read", {"connection": f"@{self.family}.main", **config})

    def project(self, *steps, rows=NEW, port=None, connection=IMPATIENT):
        csv = "id,note\n" + "".join(f"{number},{note}\n" for number, note in rows)
        connections = CONNECTIONS.rstrip("\n") + "\n" + (connection if self.family == "mysql" else "") + \
            (POSTGRES_CONNECTION + connection if self.family == "postgres" else "")
        variables = {name: "unused" for name in ("MYSQL_HOST", "MYSQL_PORT", "MYSQL_USER", "MYSQL_PASSWORD", "MYSQL_DATABASE")}
        variables.update(self.server.variables("shop"))
        if port:
            variables[PORTS[self.family]] = str(port)
        return Project({"osiris_connections.yaml": connections, "rows.csv": csv, "p.oml": pipeline(*(steps or (read_csv(path="rows.csv"), self.writing())))},
                       variables)


def check_server_killed(checks, target):
    """In the middle of each mode; after its restart the run is resumed."""
    chance = random.Random(SEED)
    broken = 0
    for mode, config in MODES:
        target.make(OLD)
        what = f"{target.family} {mode} {config}, server killed"
        with target.project(read_csv(path="rows.csv"), target.writing(write_mode=mode, **config)) as project:
            running = project.start("run", "p.oml", "--quiet")
            time.sleep(chance.uniform(0.03, 0.15))
            target.server.kill()
            outcome = running.wait(LIMIT_S)
            broken += outcome.exit_code == 1
            checks.that(f"{what}: a connection's failure, or done before", outcome.exit_code in (0, 1), outcome.text)
            target.server.start()
            if outcome.exit_code == 1:
                outcome = project.run("run", "--resume", project.sessions()[-1].name)
            checks.equal(f"{what}: resumed, exactly the right rows", (outcome.exit_code, target.state()), (0, expected(mode)))
    checks.that(f"{target.family}: some runs were broken", broken > 0)


def check_black_holes(checks, target):
    """The traffic stops and no end is closed."""
    loads = target.writing(write_mode="upsert", primary_key="id")
    phases = {"connecting": Break("client"), "logging in": Break("client", 200), "sending rows": Break("client", 300_000),
              "merging": Break("client", pattern=b"INSERT INTO"), "COMMIT": Break("client", pattern=COMMIT[target.family])}
    for phase, broken in phases.items():
        target.make(OLD)
        with Proxy(target.server.port, broken) as proxy, target.project(read_csv(path="rows.csv"), loads, port=proxy.port) as project:
            what = f"{target.family}, silence while {phase}"
            outcome = project.start("run", "p.oml", "--json").wait(LIMIT_S)
            checks.that(f"{what}: the moment came", proxy.has_broken())
            checks.equal(f"{what}: ends by itself", (outcome.exit_code, outcome.error().get("kind")), (1, "connection"))
            checks.that(f"{what}: worth another try", outcome.error().get("retryable"), outcome.text)
    target.make(NEW)
    with Proxy(target.server.port, Break("server", 200_000)) as proxy, \
            target.project(target.reading(table="target"), step("out", "filesystem.csv_writer", "write", {"path": "out.csv"}), port=proxy.port) as project:
        outcome = project.start("run", "p.oml", "--json").wait(LIMIT_S)
        checks.equal(f"{target.family}, silence while reading rows", (outcome.exit_code, outcome.error().get("code"), project.exists("out.csv")),
                     (1, "connection.timeout", False))
    target.make(OLD)
    with Proxy(target.server.port, Break("client", 300_000)) as proxy, target.project(port=proxy.port, connection="") as project:
        running = project.start("run", "p.oml", "--quiet")
        wait_until(proxy.has_broken)
        began = time.monotonic()
        running.send(signal.SIGINT)
        outcome = running.wait(LIMIT_S)
        checks.equal(f"{target.family}: an interrupt ends it, whatever is silent", outcome.exit_code, 130)
        checks.that(f"{target.family}: at once", time.monotonic() - began < LIMIT_S / 2)


def check_commit(checks, target):
    """The answer to COMMIT is lost, or the request."""
    for mode, config in MODES:
        target.make(OLD)
        with Proxy(target.server.port, Break("client", pattern=COMMIT[target.family], how="deaf")) as proxy, \
                target.project(read_csv(path="rows.csv"), target.writing(write_mode=mode, **config), port=proxy.port, connection="") as project:
            what = f"{target.family} {mode} {config}, COMMIT's answer lost"
            outcome = project.run("run", "p.oml")
            checks.that(f"{what}: the moment came", proxy.has_broken())
            if outcome.exit_code == 1:
                outcome = project.run("run", "--resume", project.sessions()[-1].name)
            checks.that(f"{what}: the ledger decides", outcome.exit_code == 0, outcome.text)
            checks.equal(f"{what}: exactly the right rows", target.state(), expected(mode))
    for more, wanted in (("", (1, state_of(OLD))), ("retry: {max: 2, backoff: 100ms}", (0, expected("append")))):
        target.make(OLD)
        with Proxy(target.server.port, Break("client", pattern=COMMIT[target.family], how="cut")) as proxy, \
                target.project(read_csv(path="rows.csv"), target.writing(more), port=proxy.port) as project:
            outcome = project.run("run", "p.oml", "--json")
            checks.equal(f"{target.family}, COMMIT lost, {more or 'no retry'}", (outcome.exit_code, target.state()), wanted)
            if not more:
                checks.equal(f"{target.family}: it says so", outcome.error().get("code"), "load.commit_lost")


def wait_until(holds):
    """Looks seldom: InnoDB's list of transactions stays as it is while it is asked for more than ten times a second."""
    deadline = time.monotonic() + LIMIT_S
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("it never came")
        time.sleep(0.15)


class OtherSession:
    """A client of the server that goes through statements one after the other."""

    def __init__(self, target):
        server = target.server
        command = [*server.client(), "--unbuffered", "shop"] if target.family == "mysql" else server.client("shop")
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()

    def send(self, text):
        self._process.stdin.write(text + ";\n")
        self._process.stdin.flush()

    def run(self, text):
        """Returns when the server is through with it."""
        self.send(text)
        self.send("SELECT 'through'")
        while self._process.stdout.readline().strip() != "through":
            pass


WAITING = {"mysql": "SELECT COUNT(*) FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT'",
           "postgres": "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'osiris'"}
IMPATIENT_LOCKS = {"mysql": "SET SESSION innodb_lock_wait_timeout = 1", "postgres": "SET LOCAL lock_timeout = '1s'"}


def check_lock_waits(checks, target):
    retry = "retry: {max: 9, backoff: 100ms}"
    for more in ("", retry):
        target.make(OLD)
        loads = target.writing(more, pre_sql=[IMPATIENT_LOCKS[target.family]], write_mode="upsert", primary_key="id")
        changed = [(1, "changed"), *NEW[:9]]
        with target.project(read_csv(path="rows.csv"), loads, rows=changed, connection="") as project, OtherSession(target) as other:
            other.run("BEGIN")
            other.run("UPDATE target SET note = 'mine' WHERE id = 1")
            running = project.start("run", "p.oml", "--json")
            if more:
                wait_until(lambda: target.sql(WAITING[target.family]).strip() != "0")
                time.sleep(1.5)  # longer than the load is patient
                other.run("COMMIT")
            outcome = running.wait(LIMIT_S)
            if not more:
                checks.equal(f"{target.family}: a lock that is not given back", (outcome.exit_code, outcome.error().get("code"), outcome.error().get("retryable")),
                             (1, "query.locked", True))
                checks.equal(f"{target.family}: leaves no row", target.state(), state_of(OLD))
            else:
                checks.that(f"{target.family}: with retry, once the lock is free", outcome.exit_code == 0, outcome.text)
                checks.equal(f"{target.family}: the rows", target.sql("SELECT note FROM target WHERE id = 1").strip(), "changed")


def check_deadlocks(checks, target):
    """The load holds rows of target and wants other's; the other session the other way round."""
    for more in ("", "retry: {max: 3, backoff: 100ms}"):
        target.make()
        target.sql("INSERT INTO other VALUES (1)")
        loads = target.writing(more, post_sql=["UPDATE other SET n = n + 1"])
        with target.project(read_csv(path="rows.csv"), loads, rows=[(1, "loaded")], connection="") as project, OtherSession(target) as other:
            other.run("BEGIN")
            # The server gives up the transaction that has changed fewer rows, or the one that waited first.
            other.run("INSERT INTO target VALUES " + ", ".join(f"({number}, 'other')" for number in range(100, 300)))
            other.run("UPDATE other SET n = 5")
            running = project.start("run", "p.oml", "--json")
            wait_until(lambda: target.sql(WAITING[target.family]).strip() != "0")
            other.send("INSERT INTO target VALUES (1, 'other')")
            time.sleep(0.1)
            other.send("ROLLBACK")
            outcome = running.wait(LIMIT_S)
            code = outcome.error().get("code") if outcome.exit_code else None
            checks.equal(f"{target.family}: the loser of a deadlock, {more or 'no retry'}", (outcome.exit_code, code),
                         (0, None) if more else (1, "query.locked"))
            checks.equal(f"{target.family}: its rows", target.state(), "1|1" if more else "0|0")


def check_bytes(checks, target):
    """Values that only one side can have."""
    surrogate, nul = b"id,note\n1,good\n2,\xed\xa0\x80\n", b"id,note\n1,good\n2,a\x00b\n"
    cases = [("a lone surrogate", surrogate, 1), ("NUL", nul, 1 if target.family == "postgres" else 0),
             ("out of range", b"id,note\n1,good\n9223372036854775808,x\n", 1), ("too long", b"id,note\n1,good\n2," + b"x" * 21 + b"\n", 1),
             ("as long as it may be", "id,note\n1,good\n2,".encode() + "🚲".encode() * 20 + b"\n", 0)]
    for name, content, exit_code in cases:
        target.make()
        with target.project() as project:
            project.write("rows.csv", content)
            outcome = project.run("run", "p.oml", "--json")
            checks.that(f"{target.family}: {name}", outcome.exit_code == exit_code, outcome.text)
            if exit_code:
                checks.equal(f"{target.family}: {name} is the data's fault", (outcome.error().get("kind"), target.state()), ("data", "0|0"))
            else:
                checks.equal(f"{target.family}: {name} arrives", target.state(), "2|3")


def main(checks):
    with servers.MariaDb() as mariadb:
        mariadb.sql("CREATE DATABASE shop CHARACTER SET utf8mb4")
        target = Target("mysql", mariadb)
        for check in CHECKS:
            checks.group(f"mysql {check.__name__}", check, target)
    with servers.PostgreSql() as postgres:
        target = Target("postgres", postgres)
        for check in CHECKS:
            checks.group(f"postgres {check.__name__}", check, target)


CHECKS = (check_bytes, check_lock_waits, check_deadlocks, check_commit, check_black_holes, check_server_killed)

if __name__ == "__main__":
    Checks.run(main)
