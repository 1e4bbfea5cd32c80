"""Every command: --json is exactly one document, looking leaves no session, plan and --dry-run write nothing."""
import json

import servers
from checks import Checks
from program import CONNECTIONS, Project, pipeline, read_csv, read_table, transform, write_csv

GOOD = pipeline(read_csv("read", path="in.csv"), write_csv("write", path="out/rows.csv"))
FILES = {"in.csv": "a,b\n1,2\n", "good.oml": GOOD, "bad.oml": GOOD.replace("mode: read", "mode: reed"),
         "failing.oml": GOOD.replace("in.csv", "nothing.csv"), "osiris_connections.yaml": CONNECTIONS}
LOOKING = [["--version"], ["--help"], ["connections", "list"], ["connections", "doctor", "@mysql.main"], ["components", "list"],
           ["components", "show", "filesystem.csv_writer"], ["logs", "list"], ["logs", "list", "--recent", "1"], ["logs", "last"],
           ["logs", "show", "--session", "<SESSION>"], ["logs", "gc", "--keep-recent", "1", "--dry-run"],
           ["logs", "show", "<SESSION>", "--step", "read"], ["logs", "show", "<SESSION>", "--events"], ["logs", "show", "--follow"],
           ["logs", "compare", "<SESSION>", "<SESSION>"], ["logs", "export", "--format", "junit"],
           ["logs", "aiop"], ["explain", "cli.usage"], ["oml", "schema"], ["discover", "in.csv"], ["mcp", "clients"], ["mcp", "--selftest"],
           ["oml", "validate", "good.oml"], ["oml", "validate", "good.oml", "bad.oml"], ["plan", "good.oml"], ["run", "good.oml", "--dry-run"]]
# command, exit code
JSON_COMMANDS = [
    (["compile", "good.oml"], 0), (["compile", "bad.oml"], 2), (["compile", "nothing.oml"], 2),
    (["plan", "good.oml"], 0), (["plan", "bad.oml"], 2), (["plan", "--last-compile"], 0),
    (["run", "good.oml"], 0), (["run", "bad.oml"], 2), (["run", "failing.oml"], 1), (["run", "--last-compile"], 0),
    (["oml", "validate", "good.oml"], 0), (["oml", "validate", "bad.oml"], 2),
    (["connections", "list"], 0), (["connections", "doctor", "@mysql.main"], 1), (["connections", "doctor", "@mysql.nobody"], 2),
    (["components", "list"], 0), (["components", "show", "filesystem.csv_writer"], 0), (["components", "show", "no.such"], 2),
    (["logs", "list"], 0), (["logs", "last"], 0), (["logs", "show", "--session", "<SESSION>"], 0), (["logs", "show", "--session", "run_1"], 2),
    (["logs", "show", "<SESSION>", "--log"], 0), (["logs", "show", "<SESSION>", "--step", "read"], 0), (["logs", "show", "<SESSION>", "--step", "no"], 2),
    (["logs", "compare", "<SESSION>", "<SESSION>"], 0), (["logs", "compare", "<SESSION>", "run_1"], 2), (["logs", "bundle"], 0),
    (["logs", "export", "--format", "otlp-json"], 0), (["logs", "export"], 2),
    (["logs", "aiop"], 0), (["logs", "aiop", "run_1"], 2), (["explain", "cli.usage"], 0), (["explain", "no.such"], 2), (["oml", "schema"], 0),
    (["discover", "in.csv"], 0), (["discover", "@mysql.main"], 1), (["discover", "@mysql.nobody"], 2), (["mcp", "clients"], 0), (["mcp"], 2),
    (["new", "in.csv", "out/new.csv"], 0), (["new", "in.csv", "out/new.csv"], 2), (["new", "in.csv", "@mysql.nobody:t"], 2),
    (["logs", "gc", "--keep-recent", "10"], 0), (["run", "good.oml", "--no-such-flag"], 2), (["no-such-command"], 2),
]
GROUPS = [["compile"], ["plan"], ["run"], ["init"], ["oml"], ["oml", "validate"], ["connections"], ["connections", "list"], ["connections", "doctor"],
          ["components"], ["components", "list"], ["components", "show"], ["logs"], ["logs", "list"], ["logs", "show"], ["logs", "last"], ["logs", "gc"],
          ["logs", "compare"], ["logs", "bundle"], ["logs", "export"], ["logs", "aiop"], ["oml", "schema"], ["discover"], ["explain"], ["mcp"],
          ["mcp", "clients"], ["new"]]


def unreachable():
    return {"MYSQL_HOST": "127.0.0.1", "MYSQL_PORT": str(servers.free_port()), "MYSQL_USER": "x", "MYSQL_PASSWORD": "x",
            "MYSQL_DATABASE": "x"}


def with_session(project, command):
    session = project.sessions()[-1].name if project.sessions() else "none"
    return [word.replace("<SESSION>", session) for word in command]


def check_json(checks):
    with Project(FILES, unreachable()) as project:
        for command, exit_code in JSON_COMMANDS:
            what = " ".join(command)
            outcome = project.run(*with_session(project, command), "--json")
            checks.equal(f"{what} --json: exit code", outcome.exit_code, exit_code)
            try:
                document = outcome.document()
            except json.JSONDecodeError:
                checks.that(f"{what} --json: one document", False, outcome.text)
                continue
            checks.that(f"{what} --json: one document", isinstance(document, (dict, list)), outcome.stdout)
            if exit_code and command[0] not in ("oml", "connections"):
                checks.that(f"{what} --json: error with code and message", document.get("error", {}).get("code")
                            and document["error"].get("message"), document)


def check_streams(checks):
    """The answer goes to stdout, progress and errors to stderr; --quiet says nothing of a good run."""
    with Project(FILES) as project:
        checks.equal("a refused file: nothing on stdout", project.run("compile", "bad.oml").stdout, "")
        checks.contains("a refused file: the error on stderr", project.run("compile", "bad.oml").stderr, "error: ")
        checks.equal("run --quiet: nothing on stderr", project.run("run", "good.oml", "--quiet").stderr, "")


def check_looking(checks):
    with Project(FILES, unreachable()) as project:
        project.run("run", "good.oml")
        for command in LOOKING:
            before = project.listing()
            project.run(*with_session(project, command))
            checks.equal(f"{' '.join(command)}: leaves nothing", sorted(project.listing()), sorted(before))


def check_plan(checks):
    """Neither the folder nor the server changes; what would be written is named."""
    with servers.MariaDb("--general-log=1") as server:
        server.sql("CREATE DATABASE shop; CREATE TABLE shop.t (id INT); INSERT INTO shop.t VALUES (1), (2)")
        text = pipeline(read_table(table="t"), transform(query="SELECT sum(id) AS total FROM input_df"), write_csv(path="out/total.csv"))
        with Project({**FILES, "p.oml": text}, server.variables("shop")) as project:
            project.run("compile", "p.oml")
            rows = server.sql("SELECT * FROM shop.t; SHOW TABLES FROM shop")
            for command in (["plan", "p.oml"], ["run", "p.oml", "--dry-run"], ["plan", "--last-compile"]):
                before = project.listing()
                log_size = server.general_log.stat().st_size
                outcome = project.run(*command)
                what = " ".join(command)
                checks.that(f"{what}: exit 0", outcome.exit_code == 0, outcome.text)
                for word in ("read", "sql", "write", "out/total.csv", "t"):
                    checks.contains(f"{what}: names {word}", outcome.stdout, word)
                checks.that(f"{what}: writes nothing", project.listing() == before,
                            sorted(set(project.listing()) ^ set(before)))
                said = server.general_log.read_bytes()[log_size:].decode(errors="replace")
                writing = [line for line in said.splitlines() if any(verb in line.upper() for verb in (
                    "INSERT ", "UPDATE ", "DELETE ", "CREATE ", "DROP ", "ALTER ", "TRUNCATE ", "REPLACE "))]
                checks.equal(f"{what}: asks the server for nothing that writes", writing, [])
                checks.contains(f"{what}: opens the connection", said, "Connect")
            checks.equal("the tables are as they were", server.sql("SELECT * FROM shop.t; SHOW TABLES FROM shop"), rows)


def check_doctor(checks):
    with servers.MariaDb() as server:
        server.sql("CREATE DATABASE shop")
        with Project(FILES, server.variables("shop")) as project:
            outcome = project.run("connections", "doctor", "@mysql.main")
            checks.that("doctor of a working connection", outcome.exit_code == 0 and "MariaDB" in outcome.stdout, outcome.text)


def check_init(checks):
    """A project that runs at once, and that keeps its secrets out of git."""
    with Project() as project:
        outcome = project.run("init")
        checks.that("init: exit 0", outcome.exit_code == 0, outcome.text)
        checks.that("init: .env.example", project.exists(".env.example"))
        checks.that("init: .gitignore keeps .env out", ".env" in project.read(".gitignore").split("\n"))
        found = list(project.folder.glob("*.oml"))
        checks.equal("init: one pipeline", len(found), 1)
        checks.equal("init: it runs at once", [project.run("run", path.name).exit_code for path in found], [0])
        before = project.listing(but=["logs"])
        project.run("init")
        checks.equal("init again: nothing of the user's is overwritten", project.listing(but=["logs"]), before)


def check_help(checks):
    with Project() as project:
        for command in GROUPS:
            outcome = project.run(*command, "--help")
            checks.that(f"{' '.join(command)} --help: exit 0, an example", outcome.exit_code == 0 and "osiris" in outcome.stdout, outcome.text)
        version = project.run("--version")
        checks.that("--version", version.exit_code == 0 and version.stdout.startswith("osiris "), version.text)


def check_logs(checks):
    with Project(FILES) as project:
        for _ in range(3):
            project.run("run", "good.oml")
        names = [session.name for session in project.sessions()]
        listed = project.run("logs", "list").stdout
        checks.that("logs list names every run", all(name in listed for name in names), listed)
        newest = project.run("logs", "list", "--recent", "1").stdout
        checks.that("logs list --recent 1 names the newest", names[-1] in newest and names[0] not in newest, newest)
        checks.contains("logs last shows the newest", project.run("logs", "last").stdout, names[-1])
        checks.contains("logs show --session shows it", project.run("logs", "show", "--session", names[0]).stdout, names[0])
        project.run("logs", "gc", "--keep-recent", "1", "--dry-run")
        checks.equal("logs gc --dry-run removes nothing", len(project.sessions()), 3)
        outcome = project.run("logs", "gc", "--keep-recent", "1")
        checks.that("logs gc: exit 0", outcome.exit_code == 0, outcome.text)
        checks.equal("logs gc keeps the newest", [session.name for session in project.sessions()], names[-1:])


def main(checks):
    for test in (check_json, check_streams, check_looking, check_plan, check_doctor, check_init, check_help, check_logs):
        checks.group(test.__name__, test)


if __name__ == "__main__":
    Checks.run(main)
