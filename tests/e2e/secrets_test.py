"""Marker values in every secret place; then every command, failing ones too; then every byte they wrote is searched."""
import base64
import gzip

import servers
from checks import Checks
from program import Project, pipeline, read_table, write_csv

PASSWORD = servers.PASSWORD
MARKERS = {
    "the password of a working connection": PASSWORD,
    "a wrong password": "marker-wrong-5b1c",
    "a password in a file": "marker-file-77aa",
    "an unused variable of .env": "marker-unused-90fe",
    "a password written into the connections": "marker-inline-3e2d",
    "a password in quotes of .env": "marker quoted 'x' 81cc",
}
CONNECTIONS = """\
connections:
  mysql:
    main: {{host: "${{MYSQL_HOST}}", port: "${{MYSQL_PORT}}", database: shop, username: "${{MYSQL_USER}}", password: "${{MYSQL_PASSWORD}}"}}
    wrong: {{host: "${{MYSQL_HOST}}", port: "${{MYSQL_PORT}}", database: shop, username: osiris, password: "${{WRONG_PASSWORD}}"}}
    from_file: {{host: "${{MYSQL_HOST}}", port: "${{MYSQL_PORT}}", database: shop, username: osiris, password: "${{file:{secret_file}}}"}}
    inline: {{host: "${{MYSQL_HOST}}", port: "${{MYSQL_PORT}}", database: shop, username: osiris, password: marker-inline-3e2d}}
    quoted: {{host: "${{MYSQL_HOST}}", port: "${{MYSQL_PORT}}", database: shop, username: osiris, password: "${{QUOTED_PASSWORD}}"}}
    down: {{host: "${{MYSQL_HOST}}", port: 1, database: shop, username: osiris, password: "${{WRONG_PASSWORD}}"}}
"""
ALIASES = ("main", "wrong", "from_file", "inline", "quoted", "down")


def forms(marker):
    """The marker as it stands, in hex, and in base64 at each of the three alignments."""
    raw = marker.encode()
    found = {raw, raw.hex().encode(), raw.hex().upper().encode()}
    for lead in range(3):
        text = base64.b64encode(b"\0" * lead + raw).rstrip(b"=")
        found.add(text[4 if lead else 0:-1])
    return found


def commands():
    yield from (["--version"], ["--help"], ["components", "list"], ["components", "show", "mysql.extractor"], ["connections", "list"],
                ["connections", "doctor"], ["logs", "list"], ["logs", "last"], ["oml", "schema"], ["mcp", "clients"], ["mcp", "--selftest"])
    for alias in ALIASES:
        yield ["connections", "doctor", f"@mysql.{alias}"]
        yield ["discover", f"@mysql.{alias}"]
        for command in (["oml", "validate"], ["compile"], ["plan"], ["run"], ["run", "--verbose"], ["run", "--dry-run"]):
            yield [*command, f"{alias}.oml"]
    yield ["run", "failing.oml"]
    yield ["logs", "show", "--session", "<SESSION>"]
    yield ["logs", "show", "<SESSION>", "--step", "read"]
    yield ["logs", "aiop", "<SESSION>"]
    yield ["logs", "compare", "<SESSION>", "<SESSION>"]
    yield ["logs", "bundle", "--with-artifacts", "--output", "bundle.tar.gz"]
    for export in ("chrome-trace", "junit", "otlp-json", "openlineage"):
        yield ["logs", "export", "--format", export]
    yield ["logs", "gc", "--keep-recent", "30"]


def main(checks):
    with servers.MariaDb() as server, Project() as outside, Project() as project:
        server.sql("CREATE DATABASE shop; CREATE TABLE shop.t (id INT); INSERT INTO shop.t VALUES (1)")
        secret_file = outside.write("secret", MARKERS["a password in a file"] + "\n")
        project.write("osiris_connections.yaml", CONNECTIONS.format(secret_file=secret_file))
        project.write(".env", f"export MYSQL_PASSWORD={PASSWORD}\nWRONG_PASSWORD='marker-wrong-5b1c'\nUNUSED=marker-unused-90fe\n"
                              "QUOTED_PASSWORD=\"marker quoted 'x' 81cc\"\n")
        for alias in ALIASES:
            text = pipeline(read_table(table="t").replace("@mysql.main", f"@mysql.{alias}"), write_csv(path=f"out/{alias}.csv"))
            project.write(f"{alias}.oml", text)
        project.write("failing.oml", pipeline(read_table(table="nothing"), write_csv(path="out/failing.csv")))
        variables = {key: value for key, value in server.variables("shop").items() if key != "MYSQL_PASSWORD"}
        written = {name for name in project.listing()}

        said, exit_codes = [], set()
        for command in commands():
            for flags in ([], ["--json"]):
                session = project.sessions()[-1].name if project.sessions() else "none"
                arguments = [word.replace("<SESSION>", session) for word in command]
                outcome = project.run(*arguments, *flags, variables=variables)
                exit_codes.add(outcome.exit_code)
                said.append((" ".join([*arguments, *flags]), outcome.stdout_bytes + outcome.stderr_bytes))
        checks.that("the commands did work and did fail", {0, 1} <= exit_codes, exit_codes)
        checks.that("the working connection moved its row", project.exists("out/main.csv"))

        for name in project.listing():
            if name not in written and project.path(name).is_file():
                content = project.path(name).read_bytes()
                said.append((name, gzip.decompress(content) if name.endswith(".gz") else content))
        checks.that("there are files to search", len(said) > 100, len(said))
        for what, marker in MARKERS.items():
            places = [place for place, content in said if any(form in content for form in forms(marker))]
            checks.that(f"nowhere written: {what}", not places, places)


if __name__ == "__main__":
    Checks.run(main)
