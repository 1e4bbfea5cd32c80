"""`osiris oml schema`, by a validator that we did not write: what our own validator takes fits, typical mistakes do not."""
import json
import re

import python_packages
from checks import Checks
from program import ROOT, Project

CONNECTIONS = "connections:\n  mysql:\n    main: {host: h, database: d, username: u, password: \"${P}\"}\n"
EXTRACT = {"id": "read", "component": "mysql.extractor", "config": {"connection": "@mysql.main", "table": "orders"}}
# What is wrong with a pipeline, and the pipeline.
MISTAKES = [
    ("no steps", {"name": "x"}),
    ("steps are a map", {"steps": {"read": EXTRACT}}),
    ("an unknown key at the top", {"step": [], "steps": [EXTRACT]}),
    ("another version", {"oml_version": "9.0", "steps": [EXTRACT]}),
    ("no component", {"steps": [{"id": "read"}]}),
    ("an unknown component", {"steps": [{**EXTRACT, "component": "mysql.reader"}]}),
    ("a writer's mode", {"steps": [{**EXTRACT, "mode": "write"}]}),
    ("an unknown option", {"steps": [{**EXTRACT, "config": {"tabel": "orders"}}]}),
    ("an option of another component", {"steps": [{**EXTRACT, "config": {"table": "orders", "delimiter": ";"}}]}),
    ("neither table nor query", {"steps": [{**EXTRACT, "config": {"connection": "@mysql.main"}}]}),
    ("table and query", {"steps": [{**EXTRACT, "config": {"table": "orders", "query": "SELECT 1"}}]}),
    ("a table that is a number", {"steps": [{**EXTRACT, "config": {"table": 7}}]}),
    ("another family's connection", {"steps": [{**EXTRACT, "config": {"table": "orders", "connection": "@postgres.main"}}]}),
    ("a duration without a unit", {"steps": [{**EXTRACT, "timeout": 30}]}),
    ("a writer without its table", {"steps": [EXTRACT, {"id": "w", "component": "mysql.writer", "config": {"connection": "@mysql.main"}}]}),
    ("an upsert without a key", {"steps": [EXTRACT, {"id": "w", "component": "mysql.writer",
                                                     "config": {"table": "t", "write_mode": "upsert"}}]}),
    ("an unknown write mode", {"steps": [EXTRACT, {"id": "w", "component": "mysql.writer", "config": {"table": "t", "write_mode": "merge"}}]}),
    ("a step's id with a blank", {"steps": [{**EXTRACT, "id": "my step"}]}),
    ("no retry at all", {"steps": [{**EXTRACT, "retry": {"times": 3}}]}),
]
# Findings that a schema can have, too.
OF_ONE_FILE = {"oml.unknown_key", "oml.wrong_type", "oml.missing_key", "oml.constraint", "oml.unknown_component", "oml.unknown_mode",
               "oml.wrong_mode", "oml.no_steps", "oml.unsupported_version"}


def loader(yaml):
    """YAML 1.2's own reading of plain words: no dates, no yes and no, no numbers to the base of sixty."""
    class Loader(yaml.SafeLoader):
        yaml_implicit_resolvers = {}
    number = re.compile(r"^[-+]?[0-9]+$")
    fraction = re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")
    Loader.add_implicit_resolver("tag:yaml.org,2002:int", number, list("-+0123456789"))
    Loader.add_implicit_resolver("tag:yaml.org,2002:float", fraction, list("-+0123456789."))
    Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))
    Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("^(null|~|)$"), ["n", "~", ""])
    return Loader


def files_of_case(text):
    """The `-- file NAME --` parts of a case."""
    parts = re.split(r"^-- (.*) --$", text, flags=re.M)
    return {name[5:]: body.removeprefix("\n") for name, body in zip(parts[1::2], parts[2::2]) if name.startswith("file ")}


def projects():
    """Every folder with pipelines that the tree has: (where it comes from, files)."""
    for folder in sorted((ROOT / "examples").iterdir()):
        if folder.is_dir():
            yield folder.name, {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*")
                                if path.is_file() and path.suffix in (".oml", ".yaml", ".py")}
    for case in sorted([*(ROOT / "tests" / "cases").rglob("*.case"), *(ROOT / "components").rglob("*.case")]):
        yield case.stem, files_of_case(case.read_text(encoding="utf-8"))


def check_pipelines(checks, fits, yaml):
    """Whatever our validator takes fits the schema; whatever it refuses for a reason that one file shows does not."""
    valid = refused = 0
    for origin, files in projects():
        with Project(files) as project:
            for name in [name for name in files if name.endswith(".oml")]:
                verdict = project.run("oml", "validate", name, "--json").document()
                try:
                    document = yaml.load(project.read(name), Loader=loader(yaml))
                except (yaml.YAMLError, UnicodeDecodeError):
                    continue
                codes = {finding["code"] for finding in verdict["errors"]}
                if verdict["valid"]:
                    valid += 1
                    checks.equal(f"{origin}/{name} fits", fits(document), "")
                elif codes & OF_ONE_FILE and not any(code.startswith(("yaml.", "param.")) for code in codes):
                    refused += 1
                    checks.that(f"{origin}/{name} does not fit: {codes}", fits(document) != "")
    checks.that("many pipelines were tried", valid >= 40 and refused >= 3, f"{valid} valid, {refused} refused")


def check_mistakes(checks, fits, yaml):
    checks.equal("the pipeline without a mistake fits", fits({"steps": [EXTRACT]}), "")
    checks.equal("a parameter may stand for a number", fits({"steps": [{**EXTRACT, "retry": {"max": "${params.n}"}}]}), "")
    with Project({"osiris_connections.yaml": CONNECTIONS}) as project:
        for what, document in MISTAKES:
            checks.that(f"{what} does not fit", fits(document) != "")
            project.write("p.oml", yaml.safe_dump(document))
            checks.equal(f"{what} is refused by our validator too", project.run("oml", "validate", "p.oml").exit_code, 2)


def main(checks):
    python_packages.bring("schema")
    import jsonschema
    import yaml
    with Project() as project:
        outcome = project.run("oml", "schema")
        schema = json.loads(outcome.stdout)
        checks.equal("--json prints the same", project.run("oml", "schema", "--json").document(), schema)
    jsonschema.Draft202012Validator.check_schema(schema)
    checks.equal("it says which draft it is", schema["$schema"], "https://json-schema.org/draft/2020-12/schema")
    validator = jsonschema.Draft202012Validator(schema)

    def fits(document):
        return "; ".join(f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in validator.iter_errors(document))

    checks.group("pipelines", check_pipelines, fits, yaml)
    checks.group("mistakes", check_mistakes, fits, yaml)


Checks.run(main)
