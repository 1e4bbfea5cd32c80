"""Python steps through the program: exact values both ways, and what goes wrong in a script of the user's own."""
import os
import signal
import sys
import time

import python_packages
from checks import Checks
from failures import check_failure
from program import ROOT, Project, events, pipeline, read_csv, step, write_csv

TYPES = {"id": "bigint", "amount": "decimal(38,18)", "ratio": "double", "day": "date", "at": "timestamp", "ok": "boolean", "name": "text"}
ROWS = ("id,amount,ratio,day,at,ok,name\n"
        '9007199254740993,12345678901234567890.000000000000000001,0.1,2024-02-29,2024-01-01 00:00:00.123456,true,řeka 🐎\n'
        ",,,,,,\n"
        "-9223372036854775808,-0.000000000000000001,1e+300,1969-12-30,9999-12-31 23:59:59.999999,false,\"a,\"\"b\"\"\nc\"\n")
SAME = "def transform(batch: list):\n    return batch\n"


def project_of(code, rows=ROWS, types=None, more="", **config):
    """Rows of a CSV file through a function into another one."""
    change = step("change", "python.processor", "transform", {"script": "change.py", **config}, more)
    read = read_csv("read", path="in.csv", types=types or TYPES)
    return Project({"p.oml": pipeline(read, change, write_csv("write", path="out.csv")), "change.py": code, "in.csv": rows})


def with_packages(project):
    """An interpreter that has pyarrow and pandas, by the path that a step's config gives."""
    project.write("python", f"#!/bin/sh\nPYTHONPATH={ROOT / 'build' / 'readers'} exec {sys.executable} \"$@\"\n")
    os.chmod(project.path("python"), 0o755)
    return project


def numbers(count):
    return "n\n" + "".join(f"{number}\n" for number in range(1, count + 1))


def check_values(checks):
    with project_of(SAME) as project:
        outcome = project.run("run", "p.oml")
        checks.that("rows: exit 0", outcome.exit_code == 0, outcome.text)
        checks.equal("rows: the same values", project.read("out.csv"), ROWS)
    kinds = ("def transform(batch: list):\n"
             "    for row in batch:\n"
             "        row['kinds'] = ' '.join(type(value).__name__ for value in row.values())\n"
             "    return batch\n")
    with project_of(kinds) as project:
        checks.equal("rows: exit 0", project.run("run", "p.oml").exit_code, 0)
        last = [line.rsplit(",", 1)[-1] for line in project.read("out.csv").splitlines()]
        checks.equal("rows: classes of the values", last[1:3], ["int Decimal float date datetime bool str", " ".join(["NoneType"] * 7)])


def check_shapes(checks):
    """Rows left out, rows and columns added, a generator, a declared schema, params, all rows at once."""
    shapes = {
        "fewer rows": ("def transform(batch):\n    return [row for row in batch if row['n'] % 1000 == 0]\n", {}, "n\n1000\n2000\n"),
        "no rows": ("def transform(batch):\n    return []\n", {}, "n\n"),
        "a generator": ("def transform(batch):\n    yield batch[:1]\n    yield batch[1:2]\n", {"batch_rows": 4096}, "n\n1\n2\n"),
        "a schema": ("def transform(batch):\n    return [{'half': row['n'] / 2} for row in batch[:2]]\n", {"schema": {"half": "double"}}, "half\n0.5\n1\n"),
        "params": ("def transform(batch, params):\n    return [{'n': params['add'] + 1}]\n", {"params": {"add": 41}}, "n\n42\n"),
        "all rows at once": ("def transform(batch):\n    return [{'count': len(batch)}]\n", {"whole_table": True}, "count\n2000\n"),
    }
    for what, (code, config, wanted) in shapes.items():
        with project_of(code, numbers(2000), {"n": "bigint"}, **config) as project:
            outcome = project.run("run", "p.oml")
            checks.that(f"{what}: exit 0", outcome.exit_code == 0, outcome.text)
            checks.equal(f"{what}: the rows", project.read("out.csv"), wanted)


ALL_TYPES = {**TYPES, "small": "smallint", "huge": "bigint unsigned", "zoned": "timestamp with time zone", "time": "time"}
ALL_ROWS = ("id,amount,ratio,day,at,ok,name,small,huge,zoned,time\n"
            "9007199254740993,12345678901234567890.000000000000000001,0.1,2024-02-29,2024-01-01 00:00:00.123456,true,řeka 🐎,-32768,18446744073709551615,"
            "2024-01-01 00:00:00+00:00,23:59:59.999999\n"
            ",,,,,,,,,,\n"
            "-9223372036854775808,-0.000000000000000001,1e+300,1969-12-30,9999-12-31 23:59:59.999999,false,\"a,\"\"b\"\"\nc\",1,0,1969-12-31 23:59:59.5+00:00,00:00:00\n")
TABLES = {
    "arrow": "import pyarrow as pa\ndef transform(batch: pa.Table):\n    assert isinstance(batch, pa.Table)\n    return batch\n",
    "a record batch": "import pyarrow as pa\ndef transform(batch: pa.Table):\n    return batch.combine_chunks().to_batches()[0]\n",
    "pandas": "import pandas as pd\ndef transform(batch: pd.DataFrame):\n    assert isinstance(batch, pd.DataFrame)\n    return batch\n",
}
# What leaves a function -> the file, by the form of its table.
NEW_COLUMNS = {
    "arrow: new columns": ("import pyarrow as pa\ndef transform(batch: pa.Table):\n    n = batch['n']\n"
                           "    return pa.table({'n': n, 'code': pa.array(['a', 'b']).dictionary_encode(), 'day': pa.array([86_400_000, None], pa.date64()), 'raw': pa.array([b'x', None])})\n",
                           "n,code,day,raw\n1,a,1970-01-02,78\n2,b,,\n"),
    "pandas: new columns": ("import pandas as pd\ndef transform(batch: pd.DataFrame):\n    batch['half'] = batch['n'] / 2\n    batch['odd'] = batch['n'] % 2 == 1\n"
                            "    batch['when'] = pd.Timestamp('2024-02-29 12:00:00')\n    return batch[batch['n'] > 1]\n",
                            "n,half,odd,when\n2,1,false,2024-02-29 12:00:00\n"),
    "pandas: NaN is null": ("import pandas as pd\ndef transform(batch: pd.DataFrame):\n    return pd.DataFrame({'n': [1.5, float('nan')]})\n", "n\n1.5\n\n"),
}
TABLE_FAULTS = {
    "arrow: another column": ("return batch if batch['n'][0].as_py() < 100 else batch.rename_columns(['m'])", "python.schema_changed", ("row 101", "'m'")),
    "arrow: another type": ("return batch if batch['n'][0].as_py() < 100 else pa.table({'n': ['1', 'x']})", "python.wrong_type", ("row 102", "'n'", "x")),
    "arrow: a list": ("return pa.table({'n': [[1]]})", "python.unknown_type", ("'n'", "list")),
    "arrow: no columns": ("return batch.select([])", "python.wrong_result", ("without columns",)),
    "arrow: a number instead of a table": ("return 7", "python.wrong_result", ("int",)),
}


def check_tables(checks):
    """pyarrow's and pandas' tables: every type there and back, new columns, what does not fit."""
    python_packages.bring("readers")
    for what, code in TABLES.items():
        with with_packages(project_of(code, ALL_ROWS, ALL_TYPES, python="./python")) as project:
            outcome = project.run("run", "p.oml")
            if checks.that(f"{what}: exit 0", outcome.exit_code == 0, outcome.text):
                checks.equal(f"{what}: the same values", project.read("out.csv"), ALL_ROWS)
    for what, (code, wanted) in NEW_COLUMNS.items():
        with with_packages(project_of(code, numbers(2), {"n": "bigint"}, python="./python")) as project:
            outcome = project.run("run", "p.oml")
            if checks.that(f"{what}: exit 0", outcome.exit_code == 0, outcome.text):
                checks.equal(f"{what}: the rows", project.read("out.csv"), wanted)
    for what, (line, error_code, words) in TABLE_FAULTS.items():
        code = f"import pyarrow as pa\ndef transform(batch: pa.Table):\n    {line}\n"
        with with_packages(project_of(code, numbers(200), {"n": "bigint"}, python="./python", batch_rows=100)) as project:
            check_failure(checks, what, project.run("run", "p.oml", "--json"), exit_code=1, code=error_code, words=words)
    with with_packages(project_of("def transform(batch: 'pd.DataFrame'):\n    return batch\n", python=sys.executable)) as project:
        check_failure(checks, "pandas is not there", project.run("run", "p.oml", "--json"), exit_code=1, code="python.requirements_missing", words=["pyarrow", "--install-deps"])


def check_parts(checks):
    """Parts of a batch that are smaller than it, of columns that come as text."""
    rows = numbers(20_000)
    with project_of(SAME, rows, {"n": "bigint"}, batch_rows=7) as project:
        outcome = project.run("run", "p.oml")
        checks.that("small parts: exit 0", outcome.exit_code == 0, outcome.text)
        checks.equal("small parts: the rows", project.read("out.csv"), rows)
    more = "def transform(batch):\n    for row in batch:\n        yield [row] * 3\n"
    with project_of(more, numbers(1000), {"n": "bigint"}) as project:
        checks.equal("more rows: exit 0", project.run("run", "p.oml").exit_code, 0)
        checks.equal("more rows: all of them", project.read("out.csv"), "n\n" + "".join(f"{number}\n" * 3 for number in range(1, 1001)))


def check_secrets(checks):
    """A function gets the secrets that its step names and no others; what it says of them is masked."""
    code = ("def transform(batch, secrets):\n    print('the token is', secrets['API_TOKEN'], sorted(secrets))\n"
            "    print('x' * 4090 + secrets['API_TOKEN'])\n    return [{'length': len(secrets['API_TOKEN'])}]\n")
    value = "tok-5f1c9a7e33"
    with project_of(code, secrets=["API_TOKEN"]) as project:
        project.write(".env", f"API_TOKEN={value}\nOTHER=1234567\n")
        outcome = project.run("run", "p.oml")
        checks.that("secrets: exit 0", outcome.exit_code == 0, outcome.text)
        checks.equal("secrets: the value came", project.read("out.csv"), f"length\n{len(value)}\n")
        said = [event["text"] for event in events(project.sessions()[-1], "script_output")]
        checks.equal("secrets: masked where it is printed", said[0], "the token is *** ['API_TOKEN']")
        project.write("change.py", code.replace("return", "raise ValueError(secrets['API_TOKEN']) #"))
        error = check_failure(checks, "secrets: an exception", project.run("run", "p.oml", "--json"), exit_code=1, code="python.raised", words=["***"])
        checks.that("secrets: masked in an exception", value not in str(error), error)
        project.run("compile", "p.oml")
        project.run("logs", "html")
        holding = [str(path) for path in project.folder.rglob("*") if path.is_file() and path.name != ".env" and value[:6].encode() in path.read_bytes()]
        checks.equal("secrets: in no file", holding, [])
        project.path(".env").unlink()
        for command, exit_code in (("run", 1), ("plan", 2)):
            check_failure(checks, f"secrets: {command} without it", project.run(command, "p.oml", "--json"), exit_code=exit_code, code="variable.missing", words=["API_TOKEN"])


def check_several_inputs(checks):
    code = "def transform(left, right):\n    names = {row['n']: row['name'] for row in right}\n    return [{**row, 'name': names[row['n']]} for row in left]\n"
    with Project({"p.oml": pipeline(read_csv("left", path="left.csv", types={"n": "bigint"}), read_csv("right", path="right.csv", types={"n": "bigint"}),
                                    step("joined", "python.processor", "transform", {"code": code}, more="needs: [left, right]"), write_csv("write", path="out.csv")),
                  "left.csv": "n\n2\n1\n", "right.csv": "n,name\n1,a\n2,b\n"}) as project:
        outcome = project.run("run", "p.oml")
        checks.that("several inputs: exit 0", outcome.exit_code == 0, outcome.text)
        checks.equal("several inputs: by the names of their steps", project.read("out.csv"), "n,name\n2,b\n1,a\n")


FAULTS = {
    "a syntax error": ("def transform(batch:\n", "python.syntax", "change.py:1", ()),
    "no transform": ("x = 1\n", "python.no_function", "", ("transform",)),
    "an exception on row 500,000": ("def transform(batch):\n    for row in batch:\n        if row['n'] == 150_000:\n            raise ValueError('boom')\n    return batch\n",
                                    "python.raised", "change.py:4", ("ValueError: boom", "begins with row")),
    "None": ("def transform(batch):\n    pass\n", "python.wrong_result", "", ("NoneType",)),
    "no columns": ("def transform(batch):\n    return [{} for _ in batch]\n", "python.wrong_result", "", ("without columns",)),
    "another column": ("def transform(batch):\n    return [row if row['n'] < 150_000 else {'m': 1} for row in batch]\n", "python.schema_changed", "", ("row 150000", "'m'")),
    "another type": ("def transform(batch):\n    return [row if row['n'] < 150_000 else {'n': 'x'} for row in batch]\n", "python.wrong_type", "", ("row 150000", "'n'", "'x'")),
    "NaN for null": ("def transform(batch):\n    return [row if row['n'] < 150_000 else {'n': float('nan')} for row in batch]\n", "python.wrong_type", "", ("row 150000", "nan")),
    "a Decimal with too many digits": ("from decimal import Decimal\ndef transform(batch):\n    return [{'n': Decimal('1.005') if row['n'] == 150_000 else Decimal('1.25')} for row in batch]\n",
                                       "python.wrong_type", "", ("row 150000", "1.005", "decimal(38,2)")),
    "a time without a zone": ("import datetime\ndef transform(batch):\n    zone = lambda n: None if n == 150_000 else datetime.timezone.utc\n"
                              "    return [{'at': datetime.datetime(2024, 1, 1, tzinfo=zone(row['n']))} for row in batch]\n",
                              "python.wrong_type", "", ("row 150000", "'at'", "timestamp with time zone")),
    "os._exit": ("import os\ndef transform(batch):\n    os._exit(7)\n", "python.died", "", ("code 7",)),
    "a crash": ("import ctypes\ndef transform(batch):\n    ctypes.string_at(0)\n", "python.died", "", ("signal 11",)),
    "closed descriptors": ("import os\ndef transform(batch):\n    os.closerange(3, 100)\n    return batch\n", "python.", "", ()),
    "a missing package": ("# /// script\n# dependencies = [\"osiris-no-such-package>=2\"]\n# ///\n" + SAME, "python.requirements_missing", "", ("osiris-no-such-package>=2",)),
}


def check_faults(checks):
    rows = numbers(200_000)
    for what, (code, error_code, place, words) in FAULTS.items():
        with project_of(code, rows, {"n": "bigint"}) as project:
            outcome = project.run("run", "p.oml", "--json")
            if error_code == "python.":
                checks.that(f"{what}: an error of the step", outcome.error().get("code", "").startswith(error_code), outcome.text)
            else:
                check_failure(checks, what, outcome, exit_code=1, code=error_code, place=place, words=words)
            checks.equal(f"{what}: no file", project.leftovers(but=["p.oml", "in.csv", "change.py"]), [])


def check_limits(checks):
    """A function that hangs, one that takes all memory, and its children with it; Ctrl-C; a script that is not there."""
    with project_of("import time\ndef transform(batch):\n    time.sleep(600)\n", more="timeout: 1s") as project:
        check_failure(checks, "a hang", project.run("run", "p.oml", "--json"), exit_code=1, code="step.timeout")
    with project_of("def transform(batch):\n    kept = [b'x' * (1 << 20) for _ in range(4000)]\n    return batch\n", memory_limit="200MiB") as project:
        check_failure(checks, "too much memory", project.run("run", "p.oml", "--json"), exit_code=1, code="python.memory", words=["200"])
    forks = "import os, time\ndef transform(batch):\n    if os.fork() == 0:\n        time.sleep(600)\n    open('child', 'w').close()\n    time.sleep(600)\n"
    with project_of(forks) as project:
        running = project.start("run", "p.oml")
        deadline = time.monotonic() + 30
        while not project.exists("child") and time.monotonic() < deadline:
            time.sleep(0.05)
        began = time.monotonic()
        running.send(signal.SIGINT)
        checks.equal("interrupted: exit 130", running.wait().exit_code, 130)
        checks.that("interrupted: soon", time.monotonic() - began < 5)
    with project_of(SAME) as project:
        project.path("change.py").unlink()
        check_failure(checks, "a missing script", project.run("run", "p.oml", "--json"), exit_code=2, code="file.not_found", words=["change.py"])
    with project_of(SAME, python="python9.9") as project:
        check_failure(checks, "no interpreter", project.run("run", "p.oml", "--json"), exit_code=1, code="python.no_interpreter", words=["python9.9"])


def check_pinned(checks):
    """The manifest is of one script; another one is another pipeline."""
    with project_of(SAME) as project:
        compiled = project.run("compile", "p.oml", "--json").document()
        project.write("change.py", SAME + "# another\n")
        outcome = project.run("run", compiled["manifest"], "--json")
        check_failure(checks, "an edited script", outcome, exit_code=1, code="python.script_changed", words=["change.py"])
        again = project.run("compile", "p.oml", "--json").document()
        checks.that("an edited script makes another manifest", again["fingerprint"] != compiled["fingerprint"], again)
        checks.that("plan finds the function", "function transform of change.py" in project.run("plan", "p.oml").stdout)


def check_packages(checks):
    """Missing packages come where they are asked for, once; what cannot come is said."""
    code = "# /// script\n# dependencies = [\"toolz\"]\n# ///\nimport toolz\ndef transform(batch):\n    return list(toolz.take(1, batch))\n"
    with project_of(code) as project:
        check_failure(checks, "a package is missing", project.run("run", "p.oml", "--json"), exit_code=1, code="python.requirements_missing",
                      words=["toolz", "--install-deps"])
        both = [project.start("run", "p.oml", "--install-deps") for _ in range(2)]
        outcomes = [each.wait(300) for each in both]
        checks.equal("two runs install at once", [outcome.exit_code for outcome in outcomes], [0, 0])
        said = [event["text"] for session in project.sessions()[1:] for event in events(session, "script_output")]
        checks.equal("its version is told by both", len([line for line in said if line.startswith("with toolz==")]), 2)
        checks.equal("one of them installed it", len(list((project.home / ".cache/osiris/python").glob("*/complete"))), 1)
        refused = {"a package that there is not": ["osiris-no-such-package"], "packages that contradict each other": ["toolz<0.12", "toolz>=0.12"]}
        for what, packages in refused.items():
            check_not_installed(checks, what, project, code, packages)
        check_not_installed(checks, "no network", project, code, ["cytoolz"], {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple",
                                                                          "PIP_RETRIES": "0", "UV_HTTP_RETRIES": "0"})
        project.write("broken/setup.py", "raise SystemExit('a compiler is missing: cc')\n")
        check_not_installed(checks, "a package that cannot be built", project, code, [f"broken @ file://{project.path('broken')}"])


def check_not_installed(checks, what, project, code, packages, variables=None):
    project.write("change.py", code.replace('["toolz"]', repr(packages)))
    outcome = project.run("run", "p.oml", "--install-deps", "--json", timeout_s=300, variables=variables)
    check_failure(checks, what, outcome, exit_code=1, code="python.install_failed", words=packages)
    checks.that(f"{what}: the session has what the installer said", len(events(project.sessions()[-1], "script_output")) > 0)


def check_roles(checks):
    """Rows from a function, and rows into one."""
    extract = "def extract(params):\n    for day in range(params['days']):\n        yield [{'day': day, 'text': 'x'}]\n"
    write = "def write(batch: list, params):\n    with open(params['to'], 'a') as file:\n        for row in batch:\n            file.write(f\"{row['day']} {row['text']}\\n\")\n"
    with Project({"p.oml": pipeline(step("read", "python.extractor", "read", {"code": extract, "params": {"days": 3}}),
                                    step("write", "python.writer", "write", {"script": "write.py", "params": {"to": "out.txt"}})), "write.py": write}) as project:
        outcome = project.run("run", "p.oml")
        checks.that("roles: exit 0", outcome.exit_code == 0, outcome.text)
        checks.equal("roles: the rows", project.read("out.txt"), "0 x\n1 x\n2 x\n")
        project.write("write.py", "def write(batch):\n    raise ValueError('no')\n")
        check_failure(checks, "a writer that raises", project.run("run", "p.oml", "--json"), exit_code=1, code="python.raised", place="write.py:2", words=["no"])


def check_words(checks):
    """What the script prints is in the session, as much of it as anybody reads; there are no secrets for it."""
    code = "import os, sys\ndef transform(batch):\n    print('a word')\n    print('another', file=sys.stderr)\n    print(sorted(os.environ))\n    return batch\n"
    with project_of(code) as project:
        outcome = project.run("run", "p.oml", variables={"MYSQL_PASSWORD": "hunter2"})
        checks.equal("words: exit 0", outcome.exit_code, 0)
        said = [event["text"] for event in events(project.sessions()[-1], "script_output")]
        checks.equal("words: both", said[:2], ["a word", "another"])
        checks.that("words: no secret in the environment", "MYSQL_PASSWORD" not in said[2], said[2])
        checks.contains("words: in the log", (project.sessions()[-1] / "osiris.log").read_text(), "| a word")
    with project_of("def transform(batch):\n    for _ in range(100):\n        print('x' * 9_999_999)\n    print('y\\n' * 1_000_000)\n    return batch\n") as project:
        outcome = project.run("run", "p.oml")
        checks.equal("a gigabyte of words: exit 0", outcome.exit_code, 0)
        size = sum(path.stat().st_size for path in project.sessions()[-1].rglob("*") if path.is_file())
        checks.that("a gigabyte of words: the session stays small", size < 50_000_000, size)
        checks.equal("a gigabyte of words: and says so", [event["code"] for event in events(project.sessions()[-1], "warning")], ["python.much_output"])


def main(checks):
    for test in (check_values, check_shapes, check_tables, check_parts, check_secrets, check_several_inputs, check_faults, check_limits, check_pinned, check_packages, check_roles, check_words):
        checks.group(test.__name__, test)


if __name__ == "__main__":
    Checks.run(main)
