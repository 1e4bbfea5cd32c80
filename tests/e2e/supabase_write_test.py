"""supabase.writer over REST, over REST with the project's function, and over the database: the modes, bad rows, tables that
are made, incremental reads; what is there afterwards is read by plain SQL."""
import json

import rest_server
import servers
from checks import Checks
from program import CONNECTIONS, Project, events, pipeline, read_csv, step, transform


class Road:
    """A way to the same tables."""

    def __init__(self, name, postgres, rest, has_dsn=False, is_atomic=True):
        self.name, self.postgres, self.rest, self.has_dsn, self.is_atomic = name, postgres, rest, has_dsn, is_atomic

    def project(self, rows, *steps, **config):
        loads = step("load", "supabase.writer", "write", {"connection": "@supabase.main", "table": "target", **config})
        variables = {"MYSQL_HOST": "unused", **self.rest.variables()}
        self.connections = CONNECTIONS + (rest_server.CONNECTION_TO_DATABASE if self.has_dsn else rest_server.CONNECTION)
        if self.has_dsn:
            variables.update(SUPABASE_URL="http://127.0.0.1:9", SUPABASE_DSN=self.postgres.dsn())
        return Project({"osiris_connections.yaml": self.connections, "rows.csv": rows,
                        "p.oml": pipeline(read_csv(path="rows.csv"), *steps, loads)}, variables)

    def load(self, rows, *steps, **config):
        """Loads rows; the outcome as JSON."""
        with self.project(rows, *steps, **config) as p:
            done = p.run("run", "p.oml", "--json")
            document = done.document()
            document["exit_code"] = done.exit_code
            document["events"] = events(p.sessions()[-1]) if p.sessions() else []
            document["quarantine"] = [line for path in p.folder.glob("logs/run_*/quarantine/*") for line in path.read_text().splitlines()]
            return document


def csv(rows, names="id,note,price"):
    return names + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)


OLD = [(number, "old", "1.00") for number in range(1, 11)]


def fill(postgres, more=""):
    values = ", ".join(f"({number}, '{note}', {price})" for number, note, price in OLD)
    postgres.sql("DROP TABLE IF EXISTS target CASCADE; CREATE TABLE target (id bigint PRIMARY KEY, note text, price numeric(12,2)"
                 f"{more}); INSERT INTO target (id, note, price) VALUES {values}")


def state(postgres):
    return [tuple(row) for row in postgres.rows("SELECT id, note, price FROM target ORDER BY id")]


def as_texts(rows):
    return [(str(number), note, price) for number, note, price in sorted(rows)]


def check_modes(checks, road):
    postgres = road.postgres
    new = [(number, f"new {number}", f"{number}.25") for number in range(6, 5006)]
    extra = [row for row in new if row[0] > 10]
    for mode, rows, wanted in [("append", extra, OLD + extra), ("replace", new, new), ("overwrite", new, new), ("truncate", new, new),
                               ("upsert", new, OLD[:5] + new)]:
        fill(postgres)
        more = {"primary_key": ["id"]} if mode == "upsert" else {}
        road.rest.forget()
        done = road.load(csv(rows), write_mode=mode, batch_rows=700, **more)
        checks.equal(f"{road.name}: {mode} succeeds", (done["exit_code"], done.get("error")), (0, None))
        checks.equal(f"{road.name}: {mode} leaves the right rows", state(postgres), as_texts(wanted))
        sent = [entry["prefer"] for entry in road.rest.log() if entry["method"] == "POST" and entry["path"].endswith("/target")]
        checks.that(f"{road.name}: {mode} asks for no rows back", all("return=minimal" in prefer for prefer in sent), sent)
        checks.equal(f"{road.name}: {mode} sends rows to the table's address over REST alone", bool(sent), not road.is_atomic)
    fill(postgres)
    once = [(1, "old", "1.00"), (2, "changed", "2.00"), (11, "first", "1.00"), (11, "last", "1.00")]
    done = road.load(csv(once), write_mode="upsert", primary_key=["id"])
    checks.equal(f"{road.name}: of rows with one key the last one counts", state(postgres)[-1], ("11", "last", "1.00"))
    if road.is_atomic:
        [counts] = [event.get("merge") or event for event in done["events"] if event["event"] == "load_end" or "rows_inserted" in str(event)][:1] or [{}]
        checks.contains(f"{road.name}: upsert counts what it did", json.dumps(counts), "nserted")
    fill(postgres)
    checks.equal(f"{road.name}: a load of no rows", (road.load(csv([]), write_mode="append")["exit_code"], state(postgres)), (0, as_texts(OLD)))
    done = road.load(csv([]), write_mode="replace")
    checks.equal(f"{road.name}: replace by no rows", (done["exit_code"], state(postgres)), (0, []))


def check_values(checks, road):
    postgres = road.postgres
    postgres.sql("DROP TABLE IF EXISTS target CASCADE; CREATE TABLE target (id bigint PRIMARY KEY, big numeric, note text, day date, moment timestamptz, "
                 "document jsonb, yes boolean, bytes bytea, wide double precision, \"odd, \"\"name %s\" text)")
    sql = ("SELECT 9223372036854775807 AS id, CAST('12345678901234567890.123456' AS DECIMAL(38,6)) AS big, "
           "'a \"q\" \\ é 😀' || chr(10) || chr(9) AS note, DATE '2024-02-29' AS day, TIMESTAMPTZ '2024-02-29 23:59:59.123456+00' AS moment, "
           "'{\"a\": [1, null, \"x\"]}'::JSON AS document, true AS yes, '\\x00\\xFF'::BLOB AS bytes, 0.1::DOUBLE AS wide, 'odd' AS \"odd, \"\"name %s\" "
           "UNION ALL SELECT -1, NULL, '', NULL, NULL, NULL, NULL, NULL, 'NaN'::DOUBLE, NULL ORDER BY 1")
    done = road.load(csv([]), transform("make", needs := "needs: [read]", query=sql))
    checks.equal(f"{road.name}: values are loaded", (done["exit_code"], done.get("error"), needs), (0, None, needs))
    seen = postgres.rows("SELECT id, big, replace(replace(note, E'\\n', '<n>'), E'\\t', '<t>'), day, moment, document, yes, bytes, wide, \"odd, \"\"name %s\" FROM target ORDER BY id")
    checks.equal(f"{road.name}: values arrive as they are", seen, [
        ["-1", "", "", "", "", "", "", "", "NaN", ""],
        ["9223372036854775807", "12345678901234567890.123456", 'a "q" \\ é 😀<n><t>', "2024-02-29", "2024-02-29 23:59:59.123456+00",
         '{"a": [1, null, "x"]}', "t", "\\x00ff", "0.1", "odd"]])
    checks.equal(f"{road.name}: an empty text is none of null", postgres.sql("SELECT count(*) FROM target WHERE note = ''").strip(), "1")


def check_bad_rows(checks, road):
    postgres = road.postgres
    good = [(number, "good", "5.00") for number in range(11, 3011)]
    bad = [(-1, "no price", "many"), (3, "there already", "1.00"), (-2, "too low", "1.00")]
    mixed = good[:1000] + bad[:1] + good[1000:2000] + bad[1:2] + good[2000:] + bad[2:]
    check = ", CHECK (id <> -2)"
    fill(postgres, check)
    done = road.load(csv(mixed), write_mode="append", batch_rows=500)
    checks.equal(f"{road.name}: a bad row fails the load", (done["exit_code"] != 0, done["error"]["kind"]), (True, "data"))
    if road.is_atomic:
        checks.equal(f"{road.name}: and nothing of it stays", state(postgres), as_texts(OLD))
    else:
        stays = len(state(postgres)) - len(OLD)
        checks.contains(f"{road.name}: the error says how many rows stay", done["error"]["message"],
                        f"{stays:,} row" if stays else "many")
    for policy in ("skip", "quarantine"):
        fill(postgres, check)
        done = road.load(csv(mixed), write_mode="append", batch_rows=500, on_bad_row=policy)
        checks.equal(f"{road.name}: {policy} leaves bad rows out", (done["exit_code"], done.get("error"), state(postgres)), (0, None, as_texts(OLD + good)))
        if policy == "quarantine":
            rows = [json.loads(line) for line in done["quarantine"]]
            checks.equal(f"{road.name}: the quarantine has their numbers", sorted(row["source"]["row"] for row in rows), [1001, 2002, 3003])
            checks.equal(f"{road.name}: and their reasons", sorted(row["reason_code"] if "reason_code" in row else row["code"] for row in rows)[0][:5], "value")
    fill(postgres, check)
    done = road.load(csv(mixed), write_mode="append", on_bad_row="skip", max_bad_rows=2)
    checks.equal(f"{road.name}: more bad rows than max_bad_rows", (done["exit_code"] != 0, done["error"]["code"]), (True, "load.too_many_bad_rows"))
    fill(postgres)
    done = road.load("id,note,price\n1,a,1\n,b,2\n", write_mode="upsert", primary_key=["id"])
    checks.equal(f"{road.name}: a null in the key", done["error"]["code"], "load.null_key")


def check_tables(checks, road, makes_tables):
    postgres = road.postgres
    postgres.sql("DROP TABLE IF EXISTS target CASCADE")
    done = road.load(csv(OLD))
    checks.equal(f"{road.name}: a missing table", done["error"]["code"], "load.missing_table")
    done = road.load(csv(OLD), create_if_missing=True, write_mode="upsert", primary_key=["id"])
    if makes_tables:
        checks.equal(f"{road.name}: a table is made", (done["exit_code"], state(postgres)), (0, [(str(i), n, p) for i, n, p in sorted(OLD, key=lambda row: str(row[0]))]))
        key = postgres.sql("SELECT string_agg(attname, ',') FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey) "
                           "WHERE indrelid = 'target'::regclass AND indisprimary").strip()
        checks.equal(f"{road.name}: with its key", key, "id")
        done = road.load(csv([(99, "x", "1", "y")], "id,note,price,extra"), schema_policy="add_columns")
        checks.equal(f"{road.name}: a column is added", (done["exit_code"], postgres.sql("SELECT extra FROM target WHERE id = '99'").strip()), (0, "y"))
    else:
        checks.equal(f"{road.name}: no table is made", done["error"]["code"], "supabase.needs_function")
        read = [event for event in done["events"] if event["event"] in ("load_start", "step_complete")]
        checks.equal(f"{road.name}: which is told before a row is read", read, [])
        checks.contains(f"{road.name}: and the hint names the function", done["error"]["hint"], "osiris supabase install @supabase.main")
    fill(postgres, ", must text NOT NULL DEFAULT 'x', done text GENERATED ALWAYS AS (note) STORED")
    for what, names, rows, code in [("an unknown column", "id,notes", [(20, "a")], "load.unknown_column"), ("a missing key column", "note,price", [("a", 1)], None)]:
        done = road.load(csv(rows, names))
        if code:
            checks.equal(f"{road.name}: {what}", (done["error"]["code"], state(postgres)), (code, as_texts(OLD)))
        else:
            checks.that(f"{road.name}: {what} is refused", done["exit_code"] != 0, done)
    done = road.load(csv([(20, "kept", "1.00", "dropped")], "id,note,price,extra"), schema_policy="ignore_extra")
    checks.equal(f"{road.name}: extra columns are left out", (done["exit_code"], state(postgres)[-1]), (0, ("20", "kept", "1.00")))


def check_limits(checks, road):
    """What REST cannot do says so before a row is read."""
    for option, value in {"pre_sql": ["SELECT 1"], "post_sql": ["SELECT 1"], "chunk_rows": 10, "delete_missing": "hard"}.items():
        mode = {"write_mode": "upsert", "primary_key": ["id"]} if option == "delete_missing" else {}
        fill(road.postgres)
        done = road.load(csv(OLD), **{option: value}, **mode)
        checks.equal(f"{road.name}: {option} needs the database", (done["error"]["code"], state(road.postgres)), ("supabase.needs_database", as_texts(OLD)))


def check_plan(checks, road):
    fill(road.postgres)
    with road.project(csv(OLD), write_mode="replace") as p:
        plan = p.run("plan", "p.oml").stdout
        if road.is_atomic:
            checks.that(f"{road.name}: the plan promises one moment", "at once" in plan or "until all new ones" in plan, plan)
        else:
            checks.contains(f"{road.name}: the plan says what is lost", plan, "not atomic")
            checks.contains(f"{road.name}: and names the function", plan, "osiris supabase install @supabase.main")
            checks.contains(f"{road.name}: and the database", plan, "pg_dsn")
        checks.equal(f"{road.name}: a plan changes nothing", state(road.postgres), as_texts(OLD))


def check_incremental(checks, road):
    postgres = road.postgres
    postgres.sql("DROP TABLE IF EXISTS source; CREATE TABLE source (id bigint PRIMARY KEY, note text, price numeric(12,2)); "
                 "INSERT INTO source SELECT g, 'n', g FROM generate_series(1, 50) g")
    fill(postgres)
    reads = step("read", "postgres.extractor", "read", {"connection": "@postgres.main", "table": "source", "incremental": {"cursor": "id", "key": "id"}})
    for mode in ("append", "upsert"):
        with road.project(csv([])) as p:
            p.write("osiris_connections.yaml", road.connections + "  postgres:\n    main: {host: '${PG_HOST}', port: '${PG_PORT}', database: '${PG_DATABASE}', "
                    "username: '${PG_USER}', password: '${PG_PASSWORD}'}\n")
            p.variables.update(postgres.variables())
            key = {"primary_key": ["id"]} if mode == "upsert" else {}
            p.write("p.oml", pipeline(reads, step("load", "supabase.writer", "write", {"connection": "@supabase.main", "table": "target", "write_mode": mode, **key}), name=f"{road.name}_{mode}"))
            compiled = p.run("compile", "p.oml")
            if mode == "append" and not road.has_dsn:
                checks.contains(f"{road.name}: compile says that incremental needs upsert", compiled.text, "write_mode: upsert")
                continue
            if mode == "append":
                postgres.sql("DELETE FROM target")
            else:
                fill(postgres)
            checks.equal(f"{road.name}: incremental {mode}, first run", p.run("run", "p.oml").exit_code, 0)
            first = state(postgres)
            postgres.sql("UPDATE target SET note = 'kept' WHERE id = 1; INSERT INTO source VALUES (51, 'n', 51)")
            second = p.run("run", "p.oml", "--json").document()
            checks.equal(f"{road.name}: incremental {mode}, only what is new", (len(first), second["total_rows"] if "total_rows" in second else second.get("rows")), (50, 1))
            postgres.sql("DELETE FROM source WHERE id = 51")


def check_install(checks, postgres, rest):
    variables = {"MYSQL_HOST": "unused", **rest.variables()}
    with Project({"osiris_connections.yaml": CONNECTIONS + rest_server.CONNECTION_TO_DATABASE}, variables) as p:
        printed = p.run("supabase", "install")
        checks.that("without a way into the database the statements are printed", printed.exit_code == 0 and "CREATE OR REPLACE FUNCTION" in printed.stdout
                    and "nothing was installed" in printed.stderr, printed.text)
        checks.equal("and nothing is there", postgres.sql("SELECT to_regproc('osiris_load') IS NULL").strip(), "t")
        p.variables["SUPABASE_DSN"] = postgres.dsn()
        for _ in range(2):
            done = p.run("supabase", "install", "@supabase.main")
            checks.equal("with one they are run, also again", (done.exit_code, done.stdout), (0, "installed at @supabase.main\n"))
        checks.equal("the printed statements are the same", p.run("supabase", "install", "--print").stdout, printed.stdout)
        checks.equal("nobody but the service may call it", postgres.sql(
            "SELECT has_function_privilege('anon', 'osiris_load(jsonb)', 'EXECUTE'), has_table_privilege('anon', '_osiris_pieces', 'SELECT')").strip(), "f|f")


def check_schema(checks, postgres, rest):
    """A schema of its own, whose name has to be quoted."""
    postgres.sql("CREATE SCHEMA \"Shop % 2\"; GRANT USAGE ON SCHEMA \"Shop % 2\" TO service_role; "
                 "CREATE TABLE \"Shop % 2\".target (id bigint PRIMARY KEY, note text); GRANT ALL ON \"Shop % 2\".target TO service_role")
    rest.set(exposed=["public", "Shop % 2"])
    connection = rest_server.CONNECTION_TO_DATABASE + "      schema: Shop % 2\n"
    load = step("load", "supabase.writer", "write", {"connection": "@supabase.main", "table": "target", "write_mode": "${params.mode}", "primary_key": ["id"]})
    oml = pipeline(read_csv(path="rows.csv"), load, head="params: {mode: append}\n")
    with Project({"osiris_connections.yaml": CONNECTIONS + connection, "rows.csv": "id,note\n1,a\n2,b\n", "p.oml": oml}, {"MYSQL_HOST": "unused", **rest.variables()}) as p:
        for way in ("alone", "with the function", "over the database"):
            if way == "with the function":
                postgres.sql(p.run("supabase", "install", "--print").stdout)
            if way == "over the database":
                p.variables["SUPABASE_DSN"] = postgres.dsn()
            for mode in ("replace", "upsert"):
                done = p.run("run", "p.oml", "--param", f"mode={mode}")
                checks.equal(f"another schema, {way}: {mode}", (done.exit_code, done.stderr if done.exit_code else "",
                             postgres.rows("SELECT id, note FROM \"Shop % 2\".target ORDER BY id")), (0, "", [["1", "a"], ["2", "b"]]))
    rest.set(exposed=["public", "shop"])


def check_leftovers(checks, postgres):
    checks.equal("no piece waits any more", postgres.sql("SELECT count(*) FROM _osiris_pieces WHERE sent_at < now()").strip(), "0")
    checks.that("the ledger has its loads", int(postgres.sql("SELECT count(*) FROM _osiris_loads").strip()) > 5)


def main(checks):
    with servers.PostgreSql() as postgres, rest_server.RestServer(postgres) as rest:
        plain = Road("rest", postgres, rest, is_atomic=False)
        database = Road("database", postgres, rest, has_dsn=True)
        function = Road("function", postgres, rest)
        for road in (plain, database):
            checks.group("tables", check_tables, road, road is database)
        checks.group("limits", check_limits, plain)
        for road in (plain, database):
            for group in (check_modes, check_values, check_bad_rows, check_plan, check_incremental):
                checks.group(f"{group.__name__} {road.name}", group, road)
        checks.group("another schema", check_schema, postgres, rest)
        checks.group("install", check_install, postgres, rest)
        for group in (check_modes, check_values, check_bad_rows, check_plan, check_incremental, check_limits):
            checks.group(f"{group.__name__} {function.name}", group, function)
        checks.group("tables", check_tables, function, True)
        checks.group("leftovers", check_leftovers, postgres)


if __name__ == "__main__":
    Checks.run(main)
