"""The manifest is a function of what the user wrote: same bytes everywhere, no socket, no secret, no path."""
import os
import time

from checks import Checks
from program import CONNECTIONS, Project, pipeline, read_csv, read_table, transform, write_csv

TEXT = pipeline(read_table("orders", query="SELECT id, status FROM orders WHERE status = '${params.status}'"),
                transform("count", query="SELECT status, count(*) AS n FROM input_df GROUP BY status"),
                write_csv("out", path="out/česko.csv"), head='params: {status: {default: "paid"}}\n')
# An address that nobody answers: a compile that opened it would hang.
VARIABLES = {"MYSQL_HOST": "192.0.2.1", "MYSQL_PASSWORD": "never-in-a-manifest"}
NO_NETWORK = ("unshare", "--net") if os.geteuid() == 0 else ("unshare", "--user", "--net")


def manifest(checks, what, text=TEXT, variables=None, arguments=(), prefix=()):
    with Project({"osiris_connections.yaml": CONNECTIONS, "p.oml": text}, {**VARIABLES, **(variables or {})}) as project:
        outcome = project.run("compile", "p.oml", *arguments, prefix=prefix)
        if checks.that(f"compile, {what}: exit 0", outcome.exit_code == 0, outcome.text):
            found = project.manifests()[-1]
            checks.contains(f"compile, {what}: prints the path", outcome.stdout, str(found.relative_to(project.folder)))
            content = found.read_bytes()
            checks.that(f"compile, {what}: no path of this machine", str(project.folder).encode() not in content)
            checks.that(f"compile, {what}: no secret", b"never-in-a-manifest" not in content)
            return content
    return None


def check_identity(checks):
    first = manifest(checks, "first", variables={"TZ": "UTC", "LANG": "C", "LC_ALL": "C"})
    time.sleep(1.1)
    for what, variables, prefix in [
        ("another folder, later", {}, ()),
        ("another time zone", {"TZ": "Asia/Kathmandu"}, ()),
        ("another locale", {"LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8"}, ()),
        ("another home", {"HOME": "/nonexistent"}, ()),
        ("other connection values", {"MYSQL_HOST": "db.example", "MYSQL_PASSWORD": "never-in-a-manifest-either"}, ()),
        ("no network at all", {}, NO_NETWORK),
    ]:
        checks.that(f"same bytes: {what}", first and manifest(checks, what, variables=variables, prefix=prefix) == first)
    for what, text, arguments in [("another parameter", TEXT, ["--param", "status=new"]),
                                  ("another pipeline", TEXT.replace("count(*) AS n", "count(*) AS m"), []),
                                  ("another default", TEXT.replace("paid", "open"), [])]:
        checks.that(f"other bytes: {what}", manifest(checks, what, text, arguments=arguments) != first)


def check_again(checks):
    """Nothing changed: it says so and gives the same fingerprint; a change is noticed by --last-compile."""
    files = {"in.csv": "a\n1\n", "p.oml": pipeline(read_csv(path="in.csv"), write_csv(path="o.csv"))}
    with Project(files) as project:
        first = project.run("compile", "p.oml", "--json")
        second = project.run("compile", "p.oml", "--json")
        checks.equal("compile twice: exit 0", (first.exit_code, second.exit_code), (0, 0))
        checks.that("compile twice: same fingerprint", first.document().get("fingerprint") == second.document().get("fingerprint") is not None,
                    first.stdout)
        checks.contains("compile twice: says unchanged", project.run("compile", "p.oml").text, "unchanged")
        checks.that("run --last-compile: quiet when nothing changed", project.run("run", "--last-compile").exit_code == 0)
        project.write("p.oml", files["p.oml"].replace("o.csv", "other.csv"))
        outcome = project.run("run", "--last-compile")
        checks.that("run --last-compile warns when the OML has changed", outcome.exit_code == 0 and "changed" in outcome.stderr, outcome.text)
        checks.that("and runs what was compiled", not project.exists("other.csv"))


def check_fragment(checks):
    """The guide's fragment, steps only, is a legal file: its name is the file's, its lone extractor is run and counted."""
    text = 'steps:\n  - id: "extract_customers"\n    component: "filesystem.csv_extractor"\n    mode: "read"\n    config:\n      path: "in.csv"\n'
    with Project({"customers.oml": text, "in.csv": "a\n1\n2\n"}) as project:
        outcome = project.run("run", "customers.oml")
        checks.that("a fragment runs", outcome.exit_code == 0, outcome.text)
        checks.contains("its name is the file's", (project.sessions()[-1] / "manifest.yaml").read_text(), "customers")
        checks.contains("a warning tells that nobody reads it", outcome.stderr, "warning")


def check_out(checks):
    files = {"in.csv": "a\n1\n", "p.oml": pipeline(read_csv(path="in.csv"), write_csv(path="o.csv"))}
    with Project(files) as project:
        outcome = project.run("compile", "p.oml", "--out", "elsewhere")
        checks.that("compile --out: exit 0", outcome.exit_code == 0, outcome.text)
        checks.that("compile --out: a manifest lies there", list(project.path("elsewhere").rglob("manifest.yaml")))


def main(checks):
    for test in (check_identity, check_again, check_fragment, check_out):
        checks.group(test.__name__, test)


if __name__ == "__main__":
    Checks.run(main)
