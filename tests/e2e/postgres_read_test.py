"""PostgreSQL read from outside: every type, every road, every failure, and what an early end leaves behind.

components/postgres/TYPES.md is the table of types; its head says how a row of it is read.
"""
import hashlib
import pathlib
import shutil
import signal
import socket
import tempfile
import threading
import time

import servers
from checks import Checks
from failures import check_failure
from program import ROOT, Project, events, pipeline, status_of, step, transform, write_csv
from tls_test import make_certificate
from types_test import cells_of, raw_cells

PAGE = ROOT / "components" / "postgres" / "TYPES.md"
WANTED_TYPES = ("boolean", "smallint", "bigint", "numeric", "real", "double precision", "date", "time", "timetz", "timestamp", "timestamptz",
                "interval", "uuid", "text", "varchar", "char", "json", "jsonb", "bytea", "mood", "integer[]", "inet", "bit", "xml")
TYPES_OF_OUR_OWN = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');
CREATE TYPE pair AS (a int, b text);
"""
CONNECTIONS = """\
connections:
  postgres:
    main:
      host: ${PG_HOST}
      port: ${PG_PORT}
      database: ${PG_DATABASE}
      username: ${PG_USER}
      password: ${PG_PASSWORD}
"""
OUT = write_csv(path="out.csv")
# In the list of columns the function hands its rows on as they come; after FROM the server would gather them all first.
ENDLESS = "SELECT generate_series(1, 100000000) AS g, repeat('x', 500) AS text"


def read(**config):
    return step("read", "postgres.extractor", "read", {"connection": "@postgres.main", **config})


def project_of(server, *steps, connections=CONNECTIONS, variables=None):
    files = {"osiris_connections.yaml": connections, "p.oml": pipeline(*steps)}
    return Project(files, {**server.variables(), **(variables or {})})


def csv_of(checks, what, server, *, between=(), connections=CONNECTIONS, variables=None, **config):
    """Reads into a file and returns its text; nothing where that fails."""
    with project_of(server, read(**config), *between, OUT, connections=connections, variables=variables) as project:
        outcome = project.run("run", "p.oml")
        return project.read("out.csv") if checks.that(f"{what}: exit 0", outcome.exit_code == 0, outcome.text) else None


# Types


class Kind:
    """One case of the page."""

    def __init__(self, number, kind, literal, text, carried, through_sql):
        self.name, self.kind, self.literal, self.text = f"c{number}", kind, literal, text
        self.carried, self.through_sql = carried, through_sql


def kinds_of(page_text):
    lines = [line for line in page_text.splitlines() if line.startswith("| `")]
    return [Kind(number, *cells_of(line)[:5]) for number, line in enumerate(lines)]


def check_cells(checks, what, server, kinds, **config):
    text = csv_of(checks, what, server, **config)
    if text is None:
        return
    header, _, record = text.partition("\n")
    checks.equal(f"{what}: columns in their order", header.split(","), [kind.name for kind in kinds])
    values = raw_cells(record)
    checks.equal(f"{what}: cells", len(values), len(kinds))
    for kind, value in zip(kinds, values):
        checks.equal(f"{what}: {kind.kind} {kind.literal}", value, kind.text)


def check_carried_types(checks, server, kinds):
    with project_of(server, read(table="kinds"), OUT) as project:
        project.run("run", "p.oml")
        columns = events(project.sessions()[-1], "step_schema")[0]["columns"]
        for kind, column in zip(kinds, columns):
            checks.equal(f"carried as: {kind.kind}", column["type"], kind.carried)
            checks.equal(f"nulls of {kind.kind} {kind.literal}", column["null_count"], 1 if kind.literal == "NULL" else 0)
            wanted = server.sql(f"SELECT format_type(COALESCE(NULLIF(typbasetype, 0), t.oid), atttypmod) FROM pg_attribute JOIN pg_type t "
                                f"ON t.oid = atttypid WHERE attrelid = 'kinds'::regclass AND attname = '{kind.name}'").strip()
            checks.equal(f"source type of {kind.kind}", column["source_type"], f"postgres {wanted}")


def check_refused_by_sql(checks, server, kind):
    with project_of(server, read(query=f"SELECT {kind.name} FROM kinds"), transform(query="SELECT * FROM input_df"), OUT) as project:
        check_failure(checks, f"through SQL: {kind.kind} {kind.literal}", project.run("run", "p.oml", "--json"), exit_code=1,
                      code=kind.through_sql, kind="data")


def check_types(checks, server):
    kinds = kinds_of(PAGE.read_text(encoding="utf-8"))
    for kind in WANTED_TYPES:
        checks.that(f"the page has {kind}", any(row.kind.split("(")[0] == kind for row in kinds))
    server.sql(TYPES_OF_OUR_OWN)
    columns = ", ".join(f"{kind.name} {kind.kind}" for kind in kinds)
    server.sql(f"CREATE TABLE kinds ({columns}); INSERT INTO kinds VALUES ({', '.join(kind.literal for kind in kinds)})")
    check_cells(checks, "by table", server, kinds, table="kinds")
    check_cells(checks, "by query", server, kinds, query="SELECT * FROM kinds")
    same = [kind for kind in kinds if kind.through_sql == "same"]
    query = f"SELECT {', '.join(kind.name for kind in same)} FROM kinds"
    check_cells(checks, "through SQL", server, same, query=query, between=[transform(query="SELECT * FROM input_df")])
    for kind in kinds:
        if kind.through_sql != "same":
            check_refused_by_sql(checks, server, kind)
    check_carried_types(checks, server, kinds)


# Roads


def check_tables(checks, server):
    server.sql("""
        CREATE SCHEMA "My Shop"; CREATE TABLE "My Shop"."Ord""ers" ("Id" int NOT NULL, "a.b" text);
        INSERT INTO "My Shop"."Ord""ers" VALUES (1, 'x'), (2, NULL);
        CREATE VIEW all_orders AS SELECT * FROM "My Shop"."Ord""ers" ORDER BY "Id" DESC;
        CREATE TABLE parted (id int, part int, gone text) PARTITION BY LIST (part);
        CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1); CREATE TABLE parted_2 PARTITION OF parted FOR VALUES IN (2);
        INSERT INTO parted VALUES (1, 1), (2, 2); ALTER TABLE parted DROP COLUMN gone;
        CREATE TABLE nothing (a int, b text);
        CREATE MATERIALIZED VIEW kept AS SELECT 1 AS one""")
    checks.equal("names that need quotes", csv_of(checks, "quotes", server, table='My Shop.Ord"ers'), "Id,a.b\n1,x\n2,\n")
    checks.equal("a view in its order", csv_of(checks, "view", server, table="all_orders"), "Id,a.b\n2,\n1,x\n")
    checks.equal("a partitioned table", csv_of(checks, "partitions", server, table="parted"), "id,part\n1,1\n2,2\n")
    checks.equal("an empty table", csv_of(checks, "empty", server, table="nothing"), "a,b\n")
    checks.equal("a materialized view", csv_of(checks, "materialized", server, table="public.kept"), "one\n1\n")
    with project_of(server, read(table='My Shop.Ord"ers'), OUT) as project:
        document = project.run("plan", "p.oml", "--json")
        checks.that("plan: exit 0", document.exit_code == 0, document.text)
        checks.contains("plan: the columns", document.stdout, "Id")


def check_queries(checks, server):
    def query(what, sql, wanted):
        checks.equal(what, csv_of(checks, what, server, query=sql), wanted)

    query("a comment before, a semicolon and a comment after", "/* a /* b */ */ SELECT 1 AS a; -- done;\n", "a\n1\n")
    query("a comment at the end", "SELECT 1 AS a -- done", "a\n1\n")
    query("columns of one name", "SELECT 1 AS a, 'x' AS a, ARRAY[1] AS a", "a,a,a\n1,x,{1}\n")
    query("a column without a name", "SELECT 1, ARRAY[1]", "?column?,array\n1,{1}\n")
    query("an order that stays", "SELECT g AS a, ARRAY[g] AS b FROM generate_series(1, 3) AS g ORDER BY g DESC", "a,b\n3,{3}\n2,{2}\n1,{1}\n")
    query("with", "WITH t(a) AS (VALUES (1), (2)) SELECT * FROM t", "a\n1\n2\n")
    query("values", "VALUES (1, NULL), (2, 'x')", "column1,column2\n1,\n2,x\n")
    query("table", "TABLE nothing", "a,b\n")
    query("show", "SHOW TimeZone", "TimeZone\nUTC\n")
    query("no rows", "SELECT 1 AS a WHERE false", "a\n")
    query("dollar quotes", "SELECT $tag$it's; -- text$tag$ AS a", "a\nit's; -- text\n")
    query("backslashes are backslashes", "SELECT 'a\\' AS a", "a\na\\\n")
    query("blanks at the end of char", "SELECT 'ab'::char(5) AS a, 'ab '::varchar(5) AS b", "a,b\nab   ,ab \n")
    query("a record", "SELECT ROW(1, 'x') AS r", 'r\n"(1,x)"\n')
    query("the session's settings", "SELECT to_char(timestamptz '2024-01-01 00:00:00+00', 'TZ') AS a, current_setting('DateStyle') AS b,"
          " current_setting('application_name') AS c, ARRAY[date '2024-02-01', 'infinity'] AS d", 'a,b,c,d\nUTC,"ISO, YMD",osiris,"{2024-02-01,infinity}"\n')


def check_many_columns(checks, server):
    """Hundreds of columns make batches of fewer rows; none gets lost between them."""
    columns = ", ".join(f"g + {number} AS c{number}" for number in range(300))
    text = csv_of(checks, "300 columns", server, query=f"SELECT {columns} FROM generate_series(1, 5000) AS g")
    lines = (text or "").splitlines()[1:]
    wanted = [",".join(str(row + number) for number in range(300)) for row in (1, 2500, 5000)]
    checks.equal("300 columns: rows", len(lines), 5000)
    checks.equal("300 columns: first, middle and last", [lines[index] for index in (0, 2499, 4999)] if len(lines) == 5000 else [], wanted)


def check_large_values(checks, server):
    size = 100_000_000
    text = csv_of(checks, "a value of 100 MB", server, query=f"SELECT 1 AS id, repeat('ab', {size // 2}) AS big UNION ALL SELECT 2, 'end'")
    checks.that("a value of 100 MB arrives whole", text == "id,big\n1," + "ab" * (size // 2) + "\n2,end\n", f"{len(text or '')} characters")


def check_many_rows(checks, server):
    """Sums of what arrived against the server's own."""
    server.sql("""CREATE TABLE many AS SELECT g AS id, CASE WHEN g % 3 = 0 THEN NULL ELSE (g * 7919 % 100003)::numeric(12,2) / 7 END::numeric(12,2) AS amount,
                  md5(g::text) AS text FROM generate_series(1, 50000) AS g""")
    text = csv_of(checks, "many rows", server, table="many")
    rows = [line.split(",") for line in (text or "").splitlines()[1:]]
    wanted = server.sql("SELECT count(*), sum(id), sum(amount * 100)::bigint, count(amount), md5(string_agg(text, '' ORDER BY id)) FROM many").strip()
    digest = hashlib.md5("".join(row[2] for row in rows).encode()).hexdigest()
    amounts = [int(row[1].replace(".", "")) for row in rows if row[1]]
    got = f"{len(rows)}|{sum(int(row[0]) for row in rows)}|{sum(amounts)}|{len(amounts)}|{digest}"
    checks.equal("many rows: sums", got, wanted)


def check_plan(checks, server):
    server.sql("ANALYZE many")
    with project_of(server, read(table="many"), OUT) as project:
        outcome = project.run("plan", "p.oml")
        checks.that("plan: exit 0", outcome.exit_code == 0, outcome.text)
        checks.contains("plan: the planner's estimate", outcome.stdout, "table many (about 50,000 rows)")


def check_surroundings(checks, server):
    """Neither the environment nor the user's home has a say."""
    hostile = {"PGHOST": "nowhere.invalid", "PGPORT": "1", "PGUSER": "nobody", "PGPASSWORD": "wrong", "PGDATABASE": "none", "PGSERVICE": "none",
               "PGSSLMODE": "verify-full", "PGOPTIONS": "-c DateStyle=German", "PGTZ": "Asia/Tokyo", "PGCLIENTENCODING": "LATIN1",
               "PGTARGETSESSIONATTRS": "standby", "PGCHANNELBINDING": "require"}
    with project_of(server, read(query="SELECT 'ř' AS a, ARRAY[date '2024-02-01'] AS b"), OUT, variables=hostile) as project:
        (project.home / ".postgresql").mkdir()
        (project.home / ".postgresql" / "root.crt").write_text("no certificate")
        (project.home / ".pgpass").write_text("*:*:*:*:wrong\n")
        (project.home / ".pgpass").chmod(0o600)
        outcome = project.run("run", "p.oml")
        checks.that("a hostile environment: exit 0", outcome.exit_code == 0, outcome.text)
        checks.equal("a hostile environment: the value", project.read("out.csv") if project.exists("out.csv") else "", "a,b\nř,{2024-02-01}\n")


def check_socket(checks, server):
    connections = CONNECTIONS.replace("${PG_HOST}", "${PG_SOCKET}")
    checks.equal("over the socket", csv_of(checks, "socket", server, connections=connections, query="SELECT inet_client_addr() AS a"), "a\n\n")


# Failures


def run_failing(checks, what, server, *, connections=CONNECTIONS, variables=None, config=None, **expected):
    steps = [read(**(config or {"query": "SELECT 1 AS a"})), OUT]
    with project_of(server, *steps, connections=connections, variables=variables) as project:
        outcome = project.run("run", "p.oml", "--json", timeout_s=60)
        error = check_failure(checks, what, outcome, exit_code=1, **expected)
        checks.equal(f"{what}: nothing half-written", project.leftovers(but=["osiris_connections.yaml", "p.oml"]), [])
        checks.equal(f"{what}: the session says failed", status_of(project.sessions()[-1]), "failed")
        checks.that(f"{what}: without the password", server.password not in outcome.text, outcome.text)
        return error


def check_refused_connections(checks, server):
    def refused(what, code, connections=CONNECTIONS, **variables):
        return run_failing(checks, what, server, connections=connections, variables=variables, code=code, kind="connection")

    error = refused("a wrong password", "connection.denied", PG_PASSWORD="a wrong password")
    checks.that("a wrong password is not repeated", "a wrong password" not in str(error.get("message")), error)
    refused("no password", "connection.denied", CONNECTIONS.replace("      password: ${PG_PASSWORD}\n", ""))
    refused("an account that is not there", "connection.denied", PG_USER="nobody")
    refused("a database that is not there", "connection.unknown_database", PG_DATABASE="none")
    error = refused("a server that is down", "connection.refused", PG_PORT=str(servers.free_port()))
    checks.equal("a server that is down: retryable", error.get("retryable"), True)
    refused("a socket that is not there", "connection.refused", PG_HOST="/tmp/no-such-folder")
    refused("a host without an address", "connection.unknown_host", PG_HOST="host.invalid")


def check_too_many(checks):
    with servers.PostgreSql("max_connections=4", "superuser_reserved_connections=0", "max_wal_senders=0") as server:
        sleepers = [threading.Thread(target=server.sql, args=("SELECT pg_sleep(5)",)) for _ in range(4)]
        for sleeper in sleepers:
            sleeper.start()
        time.sleep(1)
        error = run_failing(checks, "no connection left", server, code="connection.too_many", kind="connection")
        checks.equal("no connection left: retryable", error.get("retryable"), True)
        for sleeper in sleepers:
            sleeper.join()


def check_refused_statements(checks, server):
    def refused(what, code, *words, kind="user", **config):
        return run_failing(checks, what, server, config=config, code=code, kind=kind, words=list(words))

    refused("a table that is not there", "query.unknown_table", "orderz", table="orderz")
    refused("a schema that is not there", "query.unknown_table", "shopp", table="shopp.orders")
    refused("a column that is not there", "query.unknown_column", "amonut", query="SELECT amonut FROM many")
    refused("no SQL", "query.syntax", query="SELECT 1 FROM FROM")
    refused("no table's name", "query.invalid_table", table=".orders")
    refused("a parameter", "query.syntax", "$1", query="SELECT $1::int")
    refused("no columns", "query.not_read_only", query="SELECT FROM many")
    server.sql("CREATE SEQUENCE numbers; CREATE TABLE hidden (a int); CREATE ROLE reader LOGIN PASSWORD 'reader-password'")
    refused("a function that writes", "query.not_read_only", query="SELECT nextval('numbers')")
    refused("a division by zero", "value.refused", query="SELECT 1 / (g - 30000) FROM generate_series(1, 50000) AS g", kind="data")
    refused("a text that is no number", "value.malformed", query="SELECT 'x'::text::int AS a", kind="data")
    refused("a statement that takes too long", "query.timeout", query="SELECT pg_sleep(30)", statement_timeout="300ms")
    refused("a time that is too late", "value.out_of_range", "column 'a'", "row 3", kind="data",
            query="SELECT timestamp '294275-01-01' + (g - 3) * interval '30 years' AS a FROM generate_series(1, 3) AS g")
    run_failing(checks, "a table that is not for all", server, variables={"PG_USER": "reader", "PG_PASSWORD": "reader-password"},
                config={"table": "hidden"}, code="query.denied", kind="user", words=["hidden"])


def check_unchecked_texts(checks):
    """A SQL_ASCII server lets any bytes in and out."""
    with servers.PostgreSql(encoding="SQL_ASCII") as server:
        server.sql("CREATE TABLE texts (id int, text text); INSERT INTO texts VALUES (1, 'ř'), (2, convert_from('\\xC328', 'SQL_ASCII'))")
        run_failing(checks, "a text that is not UTF-8", server, config={"table": "texts"}, code="value.invalid_utf8", kind="data",
                    words=["0xc3 0x28"])
        checks.equal("one that is", csv_of(checks, "ascii", server, query="SELECT text FROM texts WHERE id = 1"), "text\nř\n")


def check_hanging(checks, server):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        began = time.monotonic()
        run_failing(checks, "a host that hangs", server, connections=CONNECTIONS + "      connect_timeout: 1s\n",
                    variables={"PG_PORT": str(listener.getsockname()[1])}, code="connection.timeout", kind="connection")
        checks.that("a host that hangs is left soon after the timeout", time.monotonic() - began < 10)


def check_silent(checks, server):
    error = run_failing(checks, "a server that falls silent", server, connections=CONNECTIONS + "      read_timeout: 1s\n",
                        config={"query": "SELECT pg_sleep(30)"}, code="connection.timeout", kind="connection")
    checks.equal("a server that falls silent: retryable", error.get("retryable"), True)


def check_broken_off(checks, what, server, break_off):
    """Something ends the connection while rows stream."""
    with project_of(server, read(query=ENDLESS), OUT) as project:
        project.write("out.csv", "the old rows\n")
        running = project.start("run", "p.oml", "--json")
        breaker = threading.Timer(1.5, break_off)
        breaker.start()
        outcome = running.wait()
        breaker.join()
        error = check_failure(checks, what, outcome, exit_code=1, code="connection.lost", kind="connection")
        checks.equal(f"{what}: retryable", error.get("retryable"), True)
        checks.equal(f"{what}: the old output stands", project.read("out.csv"), "the old rows\n")


def sessions_of(server):
    """How many sessions of the program the server has."""
    return int(server.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'osiris'").strip())


def check_broken_servers(checks):
    with servers.PostgreSql() as server:
        terminate = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'osiris'"
        check_broken_off(checks, "a session that is ended", server, lambda: server.sql(terminate))
        check_broken_off(checks, "a server that is killed", server, server.kill)


def waited_until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def check_interrupted(checks, server):
    """Ctrl-C while rows stream, and while the server works and says nothing: the program and its session go."""
    for what, query in (("rows stream", ENDLESS), ("the server works", "SELECT pg_sleep(60)")):
        checks.that(f"while {what}: nobody else is there", waited_until(lambda: sessions_of(server) == 0))
        with project_of(server, read(query=query), OUT) as project:
            running = project.start("run", "p.oml")
            checks.that(f"while {what}: it began", waited_until(lambda: sessions_of(server) == 1))
            time.sleep(0.3)
            began = time.monotonic()
            running.send(signal.SIGINT)
            outcome = running.wait()
            checks.equal(f"interrupted while {what}: exit 130", outcome.exit_code, 130)
            checks.that(f"interrupted while {what}: soon", time.monotonic() - began < 5, outcome.text)
        checks.that(f"interrupted while {what}: the server's session ends", waited_until(lambda: sessions_of(server) == 0, 15))


def check_early_end(checks, server):
    """A reader that has enough does not drain the rest."""
    began = time.monotonic()
    text = csv_of(checks, "an early end", server, query=ENDLESS.replace("repeat('x', 500)", "'x'"), between=[transform(query="SELECT * FROM input_df LIMIT 3")])
    checks.equal("an early end: the rows", text, "g,text\n1,x\n2,x\n3,x\n")
    checks.that("an early end: soon", time.monotonic() - began < 15)
    checks.that("an early end: the server's session ends", waited_until(lambda: sessions_of(server) == 0))


# Encryption

CIPHER = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"


def with_tls(mode, authority=None):
    return CONNECTIONS + f"      tls_mode: {mode}\n" + (f"      tls_ca: {authority}\n" if authority else "")


def check_mode(checks, server, mode, is_encrypted, authority=None):
    wanted = "true" if is_encrypted else "false"
    text = csv_of(checks, mode, server, connections=with_tls(mode, authority), query=CIPHER)
    checks.equal(f"{mode}: encrypted is {wanted}", text, f"ssl\n{wanted}\n")


def check_tls_refused(checks, server, mode, authority=None):
    run_failing(checks, f"{mode} refused", server, connections=with_tls(mode, authority), code="connection.tls", kind="connection")


def check_tls(checks):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        key, certificate = make_certificate(folder, "server")
        _, stranger = make_certificate(folder, "stranger")
        key.chmod(0o600)
        if pathlib.Path("/proc/self").stat().st_uid == 0:
            shutil.chown(key, "postgres", "postgres")
        with servers.PostgreSql("ssl=on", f"ssl_cert_file={certificate}", f"ssl_key_file={key}") as server:
            for mode, is_encrypted in (("disabled", False), ("preferred", True), ("required", True)):
                check_mode(checks, server, mode, is_encrypted)
                check_mode(checks, server, mode, is_encrypted, stranger)
            for mode in ("verify_ca", "verify_identity"):
                check_mode(checks, server, mode, True, certificate)
                check_tls_refused(checks, server, mode, stranger)
            check_mode_with_many_rows(checks, server)


def check_mode_with_many_rows(checks, server):
    query = "SELECT g, repeat('x', g % 20000) AS text FROM generate_series(1, 3000) AS g"
    text = csv_of(checks, "encrypted rows", server, connections=with_tls("required"), query=query)
    checks.equal("encrypted rows: all of them", len((text or "").splitlines()), 3001)


def check_without_tls(checks, server):
    check_mode(checks, server, "preferred", False)
    check_tls_refused(checks, server, "required")


def main(checks):
    with servers.PostgreSql() as server:
        for work in (check_types, check_tables, check_queries, check_many_columns, check_large_values, check_many_rows, check_plan,
                     check_surroundings, check_socket, check_refused_connections, check_refused_statements, check_hanging, check_silent,
                     check_interrupted, check_early_end, check_without_tls):
            checks.group(work.__name__, work, server)
    for work in (check_too_many, check_unchecked_texts, check_broken_servers, check_tls):
        checks.group(work.__name__, work)


if __name__ == "__main__":
    Checks.run(main)
