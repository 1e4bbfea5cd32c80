"""Faults of a project and of the way to it: what the user is told, and that no row is lost, doubled or claimed."""
import time

import servers
from checks import Checks
from program import CONNECTIONS, Project, events, pipeline, read_csv, step, write_csv
from rest_server import CONNECTION, RestServer

ROWS = 6000
GATEWAY_HTML = "<html><body><h1>520 Web server is returning an unknown error</h1></body></html>"


class Case:
    """A project and its database; each test begins with the same rows."""

    def __init__(self, checks, rest, postgres):
        self.checks, self.rest, self.postgres = checks, rest, postgres

    def project(self, *steps, key="service", **variables):
        rows = "id,note\n" + "".join(f"{number},new {number}\n" for number in range(1, ROWS + 1))
        return Project({"osiris_connections.yaml": CONNECTIONS + CONNECTION, "rows.csv": rows, "p.oml": pipeline(*steps)},
                       {"MYSQL_HOST": "unused", **self.rest.variables(key), **variables})

    def fill(self):
        self.rest.arm()
        self.rest.set(max_rows=1000, max_body_bytes=100 << 20, statement_timeout_ms=8000)
        self.postgres.sql("DROP TABLE IF EXISTS target; CREATE TABLE target (id bigint PRIMARY KEY, note text); DROP TABLE IF EXISTS heap; "
                          "CREATE TABLE heap (id bigint, note text); DROP TABLE IF EXISTS source; CREATE TABLE source (id bigint PRIMARY KEY, note text); "
                          f"INSERT INTO source SELECT g, 'n' || g FROM generate_series(1, {ROWS}) g; TRUNCATE _osiris_pieces")

    def write(self, table="heap", key=None, **config):
        return self.run(read_csv(path="rows.csv"), step("load", "supabase.writer", "write",
                                                        {"connection": "@supabase.main", "table": table, "batch_rows": 500, **config}), key=key)

    def read(self, key=None, **config):
        return self.run(step("read", "supabase.extractor", "read", {"connection": "@supabase.main", "table": "source", **config}), write_csv(path="out.csv"), key=key)

    def run(self, *steps, key=None):
        """The outcome of a run; `out` is what it wrote into out.csv."""
        with self.project(*steps) as p:
            if key is not None:
                p.variables["SUPABASE_KEY"] = key
            done = p.run("run", "p.oml", "--json")
            document = done.document()
            document["exit_code"] = done.exit_code
            document["out"] = p.read("out.csv") if p.exists("out.csv") else None
            document["read_by_writer"] = [event for event in events(p.sessions()[-1]) if event["event"] == "load_start"]
            return document

    def doctor(self, *arguments, key="service", **variables):
        with self.project(key=key, **variables) as p:
            return p.run("connections", "doctor", "@supabase.main", *arguments)

    def count(self, table="heap"):
        return int(self.postgres.sql(f"SELECT count(*) FROM {table}"))

    def succeeds(self, what, done):
        self.checks.equal(what, (done["exit_code"], done.get("error")), (0, None))

    def reads_all(self, what, done):
        wanted = "id,note\n" + "".join(f"{number},n{number}\n" for number in range(1, ROWS + 1))
        self.checks.that(f"{what}: every row once", done["out"] == wanted, done)


def check_doctor(case):
    checks = case.checks
    case.fill()
    case.postgres.sql("CREATE TABLE secrets (id int); REVOKE ALL ON secrets FROM service_role")
    told = {
        "all is well": (case.doctor(), "Supabase REST"),
        "a table": (case.doctor("--table", "source"), "about 6,000 rows"),
        "a wrong URL": (case.doctor(SUPABASE_URL="http://127.0.0.1:9"), "cannot be reached"),
        "no URL": (case.doctor(SUPABASE_URL="abcdefghijklmnopqrst.supabase.co"), "is not an address of the web"),
        "the URL with its path": (case.doctor(SUPABASE_URL=case.rest.url + "/rest/v1/"), "Supabase REST"),
        "no such host": (case.doctor(SUPABASE_URL="https://abcdefghijklmnopqrst.supabase.invalid"), "abcdefghijklmnopqrst.supabase.invalid"),
        "a wrong key": (case.doctor(SUPABASE_KEY="sb_secret_wrong"), "refuses the key: Invalid API key"),
        "a forged key": (case.doctor(key="forged"), "refuses the key"),
        "an expired key": (case.doctor(key="expired"), "JWT expired"),
        "a key of tomorrow": (case.doctor(key="future"), "JWT issued at future"),
        "a publishable key": (case.doctor(key="publishable"), "row-level security hides rows"),
        "an anon key": (case.doctor(key="anon"), "row-level security hides rows"),
        "a missing table": (case.doctor("--table", "sources"), "no such table"),
        "a missing grant": (case.doctor("--table", "secrets"), "permission denied"),
    }
    for what, (done, words) in told.items():
        checks.contains(f"doctor tells {what}", done.text, words)
        checks.equal(f"doctor's exit code for {what}", done.exit_code == 0, what in ("all is well", "a table", "the URL with its path"))
    case.rest.arm({"kind": "status", "status": 540, "body": {"message": "Project paused"}, "times": 99})
    checks.contains("doctor tells a paused project", case.doctor().text, "the project is paused")
    case.rest.arm({"kind": "status", "status": 200, "headers": {"content-type": "text/html"}, "body": "<html>hello</html>", "times": 99})
    checks.contains("doctor tells somebody else's server", case.doctor().text, "no REST interface of Supabase answers")
    case.rest.arm()
    texts = "".join(done.text for done, _ in told.values())
    checks.that("no key is shown", not any(key in texts for key in case.rest.keys.values()))


def check_keys(case):
    """A key that will not do stops a run before a row is moved, and is not shown."""
    checks = case.checks
    told = {"forged": ("connection.denied", "refuses the key"), "expired": ("connection.denied", "JWT expired"), "future": ("connection.denied", "JWT issued at future"),
            "publishable": ("connection.public_key", "row-level security"), "anon": ("connection.public_key", "row-level security"),
            "authenticated": ("connection.public_key", "row-level security"), "wrong": ("connection.denied", "Invalid API key")}
    keys = {**case.rest.keys, "wrong": "sb_secret_wrong"}
    for key, (code, words) in told.items():
        case.fill()
        for what, done in (("reading", case.read(key=keys[key])), ("writing", case.write(key=keys[key]))):
            checks.equal(f"{what} with a key that is {key}", (done["exit_code"] != 0, done["error"]["code"]), (True, code))
            checks.contains(f"{what} with a key that is {key}: why", done["error"]["message"], words)
            checks.that(f"{what} with a key that is {key}: what to do", "key" in done["error"]["hint"], done["error"])
            checks.equal(f"{what} with a key that is {key}: nothing is left", (done["out"], done["read_by_writer"], case.count()), (None, [], 0))
            checks.that(f"{what} with a key that is {key}: it is not shown", keys[key] not in str(done))


def check_html(case):
    """A text of somebody's in between, in the place of an answer and with a status that says all is well."""
    html = {"kind": "instead", "body": "<html>Please sign in</html>", "times": 1}
    case.fill()
    case.rest.arm({**html, "path": "source", "after": 2})
    done = case.read()
    case.checks.equal("reading does not take HTML for the end", (done["exit_code"] != 0, done["error"]["code"], done["out"]), (True, "supabase.strange_answer", None))
    case.fill()
    case.rest.arm({**html, "method": "POST", "path": "heap", "after": 3})
    done = case.write(parallel_requests=1)
    case.checks.equal("append does not take HTML for an answer", (done["exit_code"] != 0, done["error"]["code"]), (True, "supabase.strange_answer"))
    case.checks.contains("append after HTML: what is known", done["error"]["message"], "1,500 rows sent before stay in the table, 500 rows sent without an answer may be there or not")
    case.checks.equal("append after HTML: what is there", case.count(), 2000)
    case.fill()
    case.rest.arm({**html, "method": "POST", "path": "target"})
    done = case.write("target", write_mode="upsert", primary_key=["id"])
    case.checks.equal("upsert does not take HTML for an answer", (done["exit_code"] != 0, done["error"]["code"]), (True, "supabase.strange_answer"))


def check_waiting(case):
    """What passes by itself is waited for."""
    busy = {"kind": "status", "status": 429, "headers": {"retry-after": "0"}, "body": {"message": "Too many requests"}}
    down = {"kind": "status", "status": 503, "headers": {"retry-after": "0"}, "body": {"code": "PGRST002", "message": "Could not query the database for the schema cache."}}
    deadlock = {"kind": "status", "status": 500, "body": {"code": "40P01", "message": "deadlock detected"}}
    crowded = {"kind": "status", "status": 504, "body": {"code": "PGRST003", "message": "Timed out acquiring connection from connection pool."}}
    for what, fault in {"429": busy, "503": down, "a deadlock": deadlock, "no free connection": crowded}.items():
        case.fill()
        case.rest.arm({**fault, "times": 3, "after": 1})
        done = case.read()
        case.succeeds(f"reading survives three times {what}", done)
        case.reads_all(f"reading after {what}", done)
        for mode, table, key in [("append", "heap", {}), ("upsert", "target", {"primary_key": ["id"]})]:
            case.fill()
            case.rest.arm({**fault, "method": "POST", "times": 6, "after": 2})
            case.succeeds(f"{mode} survives six times {what}", case.write(table, write_mode=mode, **key))
            case.checks.equal(f"{mode} after {what}: every row once", case.count(table), ROWS)
    case.fill()
    case.rest.arm({**busy, "method": "POST", "times": 9999})
    done = case.write()
    case.checks.equal("a storm that does not end", (done["error"]["code"], case.count()), ("connection.too_many", 0))
    case.fill()
    case.rest.arm({"kind": "status", "status": 520, "headers": {"content-type": "text/html"}, "body": GATEWAY_HTML, "path": "source", "times": 1})
    done = case.read()
    case.succeeds("reading survives a page of HTML", done)
    case.rest.arm({"kind": "cut body", "path": "source", "after": 2, "times": 1})
    case.reads_all("reading survives a body that breaks off", case.read())
    case.rest.arm({"kind": "slow", "path": "source", "bytes_per_second": 400000, "times": 1})
    case.reads_all("reading survives a slow body", case.read())


def check_cuts(case):
    """The connection breaks: before the server has committed, and after."""
    for when in ("cut", "cut before commit", "cut after commit"):
        case.fill()
        case.rest.arm({"kind": when, "method": "POST", "path": "target", "after": 3, "times": 2})
        case.succeeds(f"upsert survives a {when}", case.write("target", write_mode="upsert", primary_key=["id"]))
        case.checks.equal(f"upsert after a {when}: every row once", case.count("target"), ROWS)
    # One request at a time uses its connection again, which is where a client may quietly send a request twice.
    for when, requests in [(when, requests) for when in ("cut", "cut before commit", "cut after commit") for requests in (1, 4)]:
        case.fill()
        case.rest.arm({"kind": when, "method": "POST", "path": "heap", "after": 3, "times": 1})
        done = case.write(parallel_requests=requests)
        case.checks.that(f"append after a {when} does not claim success", done["exit_code"] != 0, done)
        case.checks.equal(f"append after a {when}: why", done["error"]["code"], "connection.lost")
        doubled = case.postgres.sql("SELECT count(*) FROM (SELECT id FROM heap GROUP BY id HAVING count(*) > 1) twice").strip()
        case.checks.equal(f"append after a {when}: no row twice", doubled, "0")
        case.checks.contains(f"append after a {when}: it says what stays", done["error"]["message"], "in the table")


def check_honesty(case):
    """What an error says of the rows in the table is what is there."""
    for when, is_there in (("cut before commit", False), ("cut after commit", True)):
        case.fill()
        case.rest.arm({"kind": when, "method": "POST", "path": "heap", "times": 1})
        done = case.write(parallel_requests=1)
        case.checks.contains(f"an append whose first request meets a {when}", done["error"]["message"], "; 500 rows sent without an answer may be there or not")
        case.checks.equal(f"an append whose first request meets a {when}: what is there", case.count(), 500 if is_there else 0)
    case.fill()
    case.rest.arm({"kind": "cut after commit", "method": "POST", "path": "heap", "after": 3, "times": 1})
    done = case.write(parallel_requests=1)
    case.checks.contains("an append in its middle", done["error"]["message"], "1,500 rows sent before stay in the table, 500 rows sent without an answer may be there or not")
    case.checks.equal("an append in its middle: what is there", case.count(), 2000)
    case.checks.contains("an append in its middle: running again would double rows", done["error"]["hint"], "remove the rows of this load before it runs again")
    for mode in ("replace", "truncate"):
        case.fill()
        case.postgres.sql("INSERT INTO heap VALUES (0, 'old')")
        case.rest.arm({"kind": "status", "status": 500, "body": {"code": "XX000", "message": "broken"}, "method": "POST", "times": 99})
        done = case.write(write_mode=mode)
        case.checks.equal(f"a {mode} that fails: what is there", case.count(), 0)
        case.checks.contains(f"a {mode} that fails says that the old rows are gone", done["error"]["message"], "the table's old rows are removed")


def check_pauses(case):
    """A server that says when it wants to be asked again is asked no sooner."""
    case.fill()
    case.rest.forget()
    case.rest.arm({"kind": "status", "status": 429, "headers": {"retry-after": "2"}, "body": {"message": "Too many requests"}, "method": "POST", "times": 1})
    began = time.monotonic()
    case.succeeds("a load that is told to wait", case.write(parallel_requests=1))
    case.checks.that("it waits as long as it is told", time.monotonic() - began >= 2)
    case.rest.arm({"kind": "status", "status": 429, "headers": {"retry-after": "86400"}, "body": {"message": "Too many requests"}, "method": "POST", "times": 99})
    began = time.monotonic()
    done = case.write()
    case.checks.equal("nobody waits for a day", (done["error"]["code"], time.monotonic() - began < 20), ("connection.too_many", True))


def check_function(case):
    """With the function every mode is exactly once."""
    for when in ("cut", "cut before commit", "cut after commit"):
        for path in ("_osiris_pieces", "rpc/osiris_load"):
            case.fill()
            case.rest.arm({"kind": when, "method": "POST", "path": path, "times": 2})
            case.succeeds(f"append with the function survives a {when} at {path}", case.write())
            case.checks.equal(f"append with the function, {when} at {path}: every row once", case.count(), ROWS)
    case.fill()
    case.rest.arm({"kind": "status", "status": 500, "body": {"code": "XX000", "message": "broken"}, "path": "rpc/osiris_load", "times": 99})
    done = case.write()
    case.checks.equal("a load that fails leaves nothing", (done["exit_code"] != 0, case.count(), case.count("_osiris_pieces")), (True, 0, 0))


def check_no_resume(case):
    """Over REST alone nobody knows what a run that died has left: an append is not done again, the other modes may be."""
    for mode, table, more in (("append", "heap", {}), ("upsert", "target", {"primary_key": ["id"]}), ("replace", "heap", {})):
        case.fill()
        case.rest.forget()
        load = {"connection": "@supabase.main", "table": table, "write_mode": mode, "batch_rows": 500, "parallel_requests": 1, **more}
        with case.project(read_csv(path="rows.csv"), step("load", "supabase.writer", "write", load)) as p:
            case.rest.arm({"kind": "stall", "seconds": 1, "method": "POST", "path": table, "after": 2, "times": 1})
            run = p.start("run", "p.oml")
            while sum(entry["method"] == "POST" for entry in case.rest.log()) < 3:
                time.sleep(0.01)
            run.process.kill()
            run.wait()
            time.sleep(1.5)  # until the request that was under way is done
            sent = case.count(table)
            done = p.run("run", "--resume", p.sessions()[0].name, "--json")
            code = (done.error() or {}).get("code")
            if mode == "append":
                case.checks.equal("a killed append is not resumed over REST alone", (done.exit_code != 0, code, case.count(table)), (True, "supabase.not_resumable", sent))
            else:
                case.checks.equal(f"a killed {mode} is resumed", (done.exit_code, code, case.count(table)), (0, None, ROWS))


def check_retry(case):
    """A chain that is done again, over REST alone: an append that has begun is not."""
    busy = {"kind": "status", "status": 429, "headers": {"retry-after": "86400"}, "body": {"message": "Too many requests"}, "times": 1}
    reads = step("read", "supabase.extractor", "read", {"connection": "@supabase.main", "table": "source", "page_rows": 500}, "retry: {max: 2, backoff: 10ms}")
    for mode, table, more in (("append", "heap", {}), ("upsert", "target", {"primary_key": ["id"]})):
        load = step("load", "supabase.writer", "write", {"connection": "@supabase.main", "table": table, "write_mode": mode, "batch_rows": 100, **more})
        case.fill()
        case.rest.arm({**busy, "path": "v1/$"})
        case.succeeds(f"{mode}: a retry before the first row", case.run(reads, load))
        case.checks.equal(f"{mode}: a retry before the first row: every row once", case.count(table), ROWS)
        case.fill()
        case.rest.arm({**busy, "method": "GET", "path": "/source", "after": 8})
        done = case.run(reads, load)
        if mode == "append":
            case.checks.equal("a retry of an append that has begun", (done["exit_code"] != 0, done["error"]["code"]), (True, "supabase.not_resumable"))
            doubled = case.postgres.sql("SELECT count(*) FROM (SELECT id FROM heap GROUP BY id HAVING count(*) > 1) twice").strip()
            case.checks.equal("a retry of an append that has begun: no row twice", (doubled, case.count() > 0), ("0", True))
        else:
            case.succeeds("a retry of an upsert that has begun", done)
            case.checks.equal("a retry of an upsert that has begun: every row once", case.count(table), ROWS)


def check_resume(case):
    """A run that dies while it loads is finished by `run --resume`, whatever it had sent."""
    case.fill()
    steps = (read_csv(path="rows.csv"), step("load", "supabase.writer", "write", {"connection": "@supabase.main", "table": "heap", "batch_rows": 500}))
    for path in ("_osiris_pieces", "rpc/osiris_load"):
        case.fill()
        case.rest.forget()
        with case.project(*steps) as p:
            case.rest.arm({"kind": "stall", "seconds": 2, "method": "POST", "path": path, "times": 1})
            run = p.start("run", "p.oml")
            while not any(path in entry["path"] for entry in case.rest.log()):
                pass
            run.process.kill()
            run.wait()
            done = p.run("run", "--resume", p.sessions()[0].name)
            case.checks.equal(f"resume after a kill at {path}", (done.exit_code, case.count()), (0, ROWS))


def check_limits(case):
    checks = case.checks
    case.fill()
    case.rest.set(max_body_bytes=3000)
    case.succeeds("bodies become smaller where the server wants it", case.write())
    checks.equal("smaller bodies: every row once", case.count(), ROWS)
    case.rest.set(max_body_bytes=10)
    done = case.write(parallel_requests=1)
    checks.equal("a row that is too large for the server", done["error"]["code"], "http.too_large")
    case.fill()
    case.postgres.sql("CREATE OR REPLACE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                      "IF (SELECT count(*) FROM inserted) > 100 THEN PERFORM pg_sleep(3); END IF; RETURN NULL; END $$; "
                      "CREATE TRIGGER slow AFTER INSERT ON heap REFERENCING NEW TABLE AS inserted EXECUTE FUNCTION slow()")
    case.rest.set(statement_timeout_ms=300)
    case.succeeds("requests become smaller where statements are interrupted", case.write())
    checks.equal("smaller requests: every row once", case.count(), ROWS)
    case.postgres.sql("CREATE VIEW sleepy AS SELECT id, pg_sleep(0.01)::text AS nap FROM source")
    done = case.read(table="sleepy")
    case.postgres.sql("DROP VIEW sleepy")
    checks.equal("a page that takes too long", (done["error"]["code"], done["out"]), ("query.timeout", None))
    checks.contains("a page that takes too long: what to do", done["error"]["hint"], "page_rows")
    case.fill()
    case.postgres.sql("CREATE OR REPLACE FUNCTION drop_some() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                      "RETURN CASE WHEN NEW.id % 1000 = 0 THEN NULL ELSE NEW END; END $$; "
                      "CREATE TRIGGER drop_some BEFORE INSERT ON heap FOR EACH ROW EXECUTE FUNCTION drop_some()")
    done = case.write()
    checks.equal("rows that the table swallows are missed", done["error"]["code"], "load.rows_missing")
    case.postgres.sql("TRUNCATE heap")
    done = case.write(on_bad_row="skip")
    checks.equal("they are missed where bad rows may be left out, too", done["error"]["code"], "load.rows_missing")
    checks.equal("and none of the others comes twice", case.postgres.sql("SELECT count(*) FROM (SELECT id FROM heap GROUP BY id HAVING count(*) > 1) twice").strip(), "0")
    case.postgres.sql("DROP TABLE heap")
    done = case.write()
    checks.equal("a table that is not there is told before a row is read", (done["error"]["code"], done["read_by_writer"]), ("load.missing_table", []))


def check_parallel(case):
    case.fill()
    case.rest.forget()
    case.rest.arm({"kind": "stall", "seconds": 0.2, "method": "POST", "times": 99})
    case.succeeds("requests overlap", case.write(parallel_requests=3))
    posts = [entry for entry in case.rest.log() if entry["method"] == "POST"]
    case.checks.equal("three at once, and no more", max(entry["in_flight"] for entry in posts), 3)
    case.checks.that("each names its columns", all("columns=id,note" in entry["query"] for entry in posts), posts)


def main(checks):
    with servers.PostgreSql() as postgres, RestServer(postgres) as rest:
        case = Case(checks, rest, postgres)
        postgres.sql("CREATE TABLE _osiris_pieces (load_id text)")
        for group in (check_doctor, check_keys, check_waiting, check_pauses, check_cuts, check_honesty, check_no_resume, check_retry, check_html, check_limits, check_parallel):
            checks.group(group.__name__, lambda _, group=group: group(case))
        postgres.sql("DROP TABLE _osiris_pieces")
        with case.project() as p:
            postgres.sql(p.run("supabase", "install", "--print").stdout)
        for group in (check_function, check_resume, check_limits):
            checks.group(f"{group.__name__} with the function", lambda _, group=group: group(case))


if __name__ == "__main__":
    Checks.run(main)
