"""What a user can write wrongly is refused by every command, with exit 2, a code and a place; nothing is written."""
from checks import Checks
from failures import check_failure
from program import CONNECTIONS, Project, pipeline, read_csv, read_table, step, transform, write_csv

READ = read_csv("read", path="in.csv")
WRITE = write_csv("write", path="out.csv")
FILES = {"in.csv": "a,b\n1,2\n", "osiris_connections.yaml": CONNECTIONS}
VARIABLES = {"MYSQL_HOST": "127.0.0.1", "MYSQL_PORT": "1", "MYSQL_USER": "x", "MYSQL_PASSWORD": "x", "MYSQL_DATABASE": "x"}

# The first step starts in line 4, its config's values in line 8; each step has five lines and its config.
CASES = {
    "a syntax error of YAML": (pipeline() + "  - id: [read\n    mode: }\n", "yaml.syntax", "p.oml:", []),
    "a duplicate key": (pipeline(READ, WRITE + '      path: "p.csv"\n'), "yaml.duplicate_key", "p.oml:14", ["path"]),
    "an unknown key with a near miss": (pipeline(READ, WRITE + '      delimitr: ";"\n'), "oml.unknown_key", "p.oml:14:7",
                                        ["delimitr", "delimiter"]),
    "an unknown key of a step": (pipeline(READ, write_csv(path="o.csv", more="nedes: [read]")), "oml.unknown_key", "p.oml:12:5",
                                 ["nedes", "needs"]),
    "a cycle": (pipeline(transform("p", "needs: [q]", query="SELECT 1"), transform("q", "needs: [p]", query="SELECT 1")),
                "oml.cycle", "p.oml:", ["p", "q"]),
    "two steps with one id": (pipeline(READ, READ, WRITE), "oml.duplicate_id", "p.oml:9", ["read"]),
    "a step that is not there": (pipeline(READ, write_csv(path="o.csv", more="needs: [raed]")), "oml.unknown_step", "p.oml:12",
                                 ["raed", "read"]),
    "an unknown connection": (pipeline(read_table(table="t") .replace("@mysql.main", "@mysql.mian"), WRITE),
                              "connection.unknown_alias", "p.oml:8", ["@mysql.mian", "@mysql.main"]),
}


def check_refused(checks, name, text, code, place, words):
    for command in (["compile"], ["run"], ["plan"], ["oml", "validate"]):
        with Project({**FILES, "p.oml": text}, VARIABLES) as project:
            before = project.listing(but=["logs"])
            outcome = project.run(*command, "p.oml", "--json")
            what = f"{name}: {' '.join(command)}"
            if command[0] == "oml":
                checks.equal(f"{what}: exit code", outcome.exit_code, 2)
                checks.contains(f"{what}: names the code in one document", str(outcome.document()), code)
            else:
                check_failure(checks, what, outcome, exit_code=2, code=code, kind="user", place=place, words=words)
            checks.equal(f"{what}: nothing else is written", project.listing(but=["logs"]), before)
            checks.equal(f"{what}: no manifest", project.manifests(), [])


def check_all_findings(checks):
    """Three mistakes in one file are told at once."""
    text = pipeline(READ.replace("mode: read", "mode: reed"),
                    write_csv(path="o.csv", more="needs: [nobody]") + '      delimitr: ";"\n')
    with Project({**FILES, "p.oml": text}) as project:
        outcome = project.run("compile", "p.oml")
        for line in (6, 12, 15):
            checks.contains(f"the finding of line {line} is told with the others", outcome.text, f"p.oml:{line}:")


def check_missing_file(checks):
    with Project() as project:
        for command in (["compile"], ["run"], ["plan"]):
            check_failure(checks, f"{command[0]} of a file that is not there", project.run(*command, "nothing.oml", "--json"),
                          exit_code=2, code="file.not_found", kind="user", words=["nothing.oml"])
        project.write("folder.oml/x", "")
        check_failure(checks, "compile of a folder", project.run("compile", "folder.oml", "--json"), exit_code=2,
                      code="file.is_directory", kind="user")


def check_missing_variable(checks):
    """The message names the variable, and the file and the line that wanted it."""
    with Project({**FILES, "p.oml": pipeline(read_table(table="t"), WRITE)}, VARIABLES) as project:
        project.variables.pop("MYSQL_PASSWORD")
        check_failure(checks, "an unset variable", project.run("run", "p.oml", "--json"), exit_code=2, code="connection.missing_variable",
                      kind="user", place="osiris_connections.yaml:8", words=["MYSQL_PASSWORD"])
        checks.that("an unset variable: no output", not project.exists("out.csv"))
        checks.equal("compile asks for no variable", project.run("compile", "p.oml").exit_code, 0)


def check_edited_manifest(checks):
    """A manifest whose text was changed by hand is refused."""
    with Project({**FILES, "p.oml": pipeline(READ, WRITE)}) as project:
        checks.equal("compile", project.run("compile", "p.oml").exit_code, 0)
        manifest = project.manifests()[-1]
        text = manifest.read_text(encoding="utf-8")
        checks.contains("the manifest names the output", text, "out.csv")
        manifest.write_text(text.replace("out.csv", "other.csv"), encoding="utf-8")
        for target in (["--last-compile"], [manifest]):
            check_failure(checks, f"an edited manifest by {target[0]}", project.run("run", *target, "--json"), exit_code=2,
                          code="manifest.edited", kind="user")
        checks.that("neither output is written", not project.exists("other.csv") and not project.exists("out.csv"))


def check_inline_secret(checks):
    """A secret written into a connection's use in a pipeline is refused at any length."""
    for secret in ("x", "a-long-and-good-password"):
        text = pipeline(step("read", "mysql.extractor", "read", {"connection": "@mysql.main", "table": "t", "password": secret}), WRITE)
        with Project({**FILES, "p.oml": text}) as project:
            outcome = project.run("compile", "p.oml", "--json")
            checks.equal(f"an inline secret of {len(secret)} characters is refused", outcome.exit_code, 2)
            if len(secret) > 4:
                checks.that("the refusal does not repeat it", secret not in outcome.text, outcome.text)


def check_writing_sql(checks):
    """An extractor's SQL is one read-only statement."""
    for sql in ("DELETE FROM t", "SELECT 1; DROP TABLE t", "/*! DROP TABLE t */", "SELECT 1 INTO OUTFILE '/tmp/x'"):
        with Project({**FILES, "p.oml": pipeline(read_table(query=sql), WRITE)}) as project:
            checks.equal(f"refused: {sql}", project.run("compile", "p.oml").exit_code, 2)
    with Project({**FILES, "p.oml": pipeline(read_table(query="SELECT '100%; DROP', \"x\" -- it's fine\nFROM t"), WRITE)}) as project:
        outcome = project.run("compile", "p.oml")
        checks.that("signs in strings are no statements", outcome.exit_code == 0, outcome.text)


def main(checks):
    for name, arguments in CASES.items():
        checks.group(name, check_refused, name, *arguments)
    for test in (check_all_findings, check_missing_file, check_missing_variable, check_edited_manifest, check_inline_secret,
                 check_writing_sql):
        checks.group(test.__name__, test)


if __name__ == "__main__":
    Checks.run(main)
