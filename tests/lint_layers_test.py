#!/usr/bin/env python3
"""The layer lint itself, on sources made up here: each rule finds its breach and leaves the rest alone."""
import importlib.util
import pathlib

from checks import Checks

ROOT = pathlib.Path(__file__).resolve().parent.parent
SPEC = importlib.util.spec_from_file_location("lint_layers", ROOT / "tools" / "lint_layers.py")
lint = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(lint)

NAMES = {"mysql", "filesystem", "duckdb", "postgres"}


def texts(found):
    return [text for _, text in found]


def includes(path, *lines):
    return texts(lint.check_includes(path, list(lines)))


def names(path, *lines):
    return texts(lint.check_family_names(path, list(lines), NAMES))


def main(checks):
    checks.equal("an include may go down", includes("src/run/plan.cc", '#include "compile/oml.h"'), [])
    checks.equal("an include may stay", includes("src/run/plan.cc", '#include "run/plan.h"'), [])
    checks.equal("an include may not go up", includes("src/base/text.cc", '#include "table/batch.h"'),
                 ["src/base (layer 0) includes up: src/table (layer 1)"])
    checks.equal("an include may not go to a sibling", includes("src/compile/oml.cc", '#include "session/events.h"'),
                 ["src/compile includes a sibling of its layer: src/session"])
    checks.equal("a component sees what is below", includes("components/mysql/reader.cc", '#include "table/batch.h"'), [])
    checks.equal("a component does not see sessions", includes("components/mysql/reader.cc", '#include "session/events.h"'),
                 ["components do not see src/session"])
    checks.equal("a component does not see another", includes("components/ghost/a.cc", '#include "postgres/connection.h"'),
                 ["postgres/ is a component's folder, seen by nobody else"])
    checks.equal("the standard library is nobody's layer", includes("src/base/text.cc", "#include <vector>"), [])
    checks.equal("duckdb.h is the engine's", includes("src/run/plan.cc", "#include <duckdb.h>"),
                 ["duckdb.h is seen by src/engine only"])
    checks.equal("the engine may include it", includes("src/engine/api.cc", "#include <duckdb.h>"), [])

    checks.equal("a family in code is found", names("src/run/plan.cc", 'if (family == "mysql")'),
                 ["the family 'mysql' is named outside its folder"])
    checks.equal("a family inside a name is found", names("src/run/plan.cc", "open_mysql_reader();"),
                 ["the family 'mysql' is named outside its folder"])
    checks.equal("a comment may name one", names("src/run/plan.cc", "int x;  // as mysql has it"), [])
    checks.equal("std::filesystem is no family", names("src/base/a.h", "#include <filesystem>", "std::filesystem::path p;"), [])
    checks.equal("file_system is another word", names("src/base/a.h", '#include "base/file_system.h"'), [])
    checks.equal("the engine may name itself", names("src/engine/a.cc", "duckdb_open();"), [])
    checks.equal("only that folder may", len(names("src/run/a.cc", "duckdb_open();")), 1)

    habits = lint.check_habits
    checks.equal("a header without guard is found", texts(habits("src/a.h", ["int x;"])), ["a header starts with #pragma once"])
    checks.equal("600 lines are allowed", texts(habits("src/a.cc", [""] * 600)), [])
    checks.equal("601 are not", texts(habits("src/a.cc", [""] * 601)), ["601 lines; a file has at most 600"])
    checks.equal("unfinished work is found", len(texts(habits("src/a.cc", ["// TO" + "DO later"]))), 1)

    page = "| code | meaning |\n|---|---|\n| `file.not_found` | no such file |\n"
    thrown = 'throw Error(ErrorKind::kUser, "file.not_found", "x");'
    checks.equal("a code with its row passes", list(lint.check_error_codes({"a.cc": thrown}, page, "p.md")), [])
    checks.equal("a code without a row is found",
                 list(lint.check_error_codes({"a.cc": thrown + '\nthrow Error(ErrorKind::kData,\n "file.gone", "x");'}, page, "p.md")),
                 [("a.cc", 3, "the error code 'file.gone' is no row of p.md")])
    checks.equal("a code in a table is found", [text for _, _, text in lint.check_error_codes({"a.cc": thrown + '\n{7, "file.busy"}'}, page, "p.md")],
                 ["the error code 'file.busy' is no row of p.md"])
    checks.equal("a row without a code is found", list(lint.check_error_codes({"a.cc": ""}, page, "p.md")),
                 [("p.md", 1, "the row 'file.not_found' is no code of the program")])

    callers = {"Makefile": "tools/a.sh", "tools/b.sh": "tools/b.sh"}
    checks.equal("a script without a caller is found", [path for path, _, _ in lint.check_callers(["tools/a.sh", "tools/b.sh"], callers)],
                 ["tools/b.sh"])


if __name__ == "__main__":
    Checks.run(main)
