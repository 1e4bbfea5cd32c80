#!/usr/bin/env python3
"""The rules that keep the tree's picture true: layers, family names, and a few habits of the house.

Prints one finding a line, as FILE:LINE: text, and fails when there is one.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

LAYERS = {
    "base": 0,
    "format": 1, "table": 1, "net": 1,
    "component": 2, "engine": 2, "project": 2, "llm": 2,
    "session": 3, "state": 3, "compile": 3, "load": 3,
    "run": 4, "report": 4, "sandbox": 4,
    "remote": 5, "agent": 5,
    "cli": 6,
}
# (folder, the sibling it may include): why. Each is a decision, not a convenience.
ALLOWED_SIBLINGS = {
    ("project", "component"): "a connection's spec decides which of its resolved values become plain",
}
# A family that is another one underneath: why.
BUILT_ON = {
    ("supabase", "postgres"): "a project of it is a PostgreSQL database with a REST interface before it",
}
SEEN_BY_COMPONENTS = {"load", "component", "table", "format", "net", "base", "engine"}
SEEN_BY_SANDBOX = {"base", "format", "net"}

# Systems that have no folder yet, whose names would nevertheless be a family's.
FAMILIES_TO_COME = {"supabase"}
# (folder, words, why) where a family's name may stand outside its folder.
ALLOWED_NAMES = [
    ("src/", r"std::filesystem|<filesystem>", "the C++ standard library's word"),
    ("src/engine/", r"duckdb", "the wrapper of that engine"),
    ("src/state/mark_store", r"sqlite3?_?", "the library that keeps the project's own state"),
    ("src/run/marks.cc", r"state\.sqlite", "the name of that file"),
    ("src/project/project.cc", r'"filesystem"', "a section of older osiris.yaml files, which must open"),
    ("src/sandbox/", r"filesystem", "E2B's name of the calls that list, move and watch files"),
    ("src/cli/init", r"filesystem|duckdb", "the text of the project that `osiris init` writes for its user"),
]

MAX_LINES = 600
INCLUDE = re.compile(r'^\s*#\s*include\s*["<]([^">]+)[">]')
CODE = r'"([a-z][a-z0-9_]*\.[a-z][a-z0-9_]*)"'
ERROR_CODE = re.compile(r"(?:ErrorKind::\w+|\bkind|\bwarn\()\s*,?\s*" + CODE)
ERROR_ROW = re.compile(r"^\s*\|\s*`([a-z][a-z0-9_]*\.[a-z][a-z0-9_]*)`", re.M)
FILE_ENDINGS = {"csv", "html", "json", "jsonl", "log", "md", "so", "sqlite", "yaml"}
COMMENT = re.compile(r"//.*")
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
CATCH_ALL = re.compile(r"\bcatch\s*\(\s*\.\.\.\s*\)")


def is_source(path):
    return path.endswith((".cc", ".h"))


def is_of_tests(path):
    return path.endswith("_test.cc") or pathlib.Path(path).name.startswith("test_")


def is_product(path):
    return is_source(path) and path.startswith(("src/", "components/"))


def check_includes(path, lines):
    """An include goes down or stays in its folder; never up, never to a sibling of its layer."""
    if not is_product(path):
        return
    top, folder = path.split("/")[:2]
    for number, line in enumerate(lines, 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        included = found[1]
        if included == "duckdb.h" and not path.startswith("src/engine/"):
            yield number, "duckdb.h is seen by src/engine only"
        target = included.split("/")[0]
        if "/" not in included or target == folder:
            continue
        if target not in LAYERS:
            if is_family(target) and not (top == "components" and (folder, target) in BUILT_ON):
                yield number, f"{target}/ is a component's folder, seen by nobody else"
            continue
        if top == "components":
            if target not in SEEN_BY_COMPONENTS:
                yield number, f"components do not see src/{target}"
        elif folder == "sandbox" and target not in SEEN_BY_SANDBOX:
            yield number, f"src/sandbox sees base, format and net only, not src/{target}"
        elif LAYERS[target] > LAYERS[folder]:
            yield number, f"src/{folder} (layer {LAYERS[folder]}) includes up: src/{target} (layer {LAYERS[target]})"
        elif LAYERS[target] == LAYERS[folder] and (folder, target) not in ALLOWED_SIBLINGS:
            yield number, f"src/{folder} includes a sibling of its layer: src/{target}"


def families():
    folders = {path.name for path in (ROOT / "components").iterdir() if path.is_dir()} if (ROOT / "components").is_dir() else set()
    return folders | FAMILIES_TO_COME


def is_family(name):
    return name in families()


def check_family_names(path, lines, names):
    """Code outside components/ names no system; a comment may explain with one, a test take one as its example."""
    if not path.startswith("src/") or path.endswith("_test.cc"):
        return
    word = re.compile(r"(?<![a-z])(" + "|".join(sorted(names)) + r")(?![a-z])", re.I)
    allowed = [re.compile(words, re.I) for prefix, words, _ in ALLOWED_NAMES if path.startswith(prefix)]
    for number, line in enumerate(lines, 1):
        line = COMMENT.sub("", line)
        for pattern in allowed:
            line = pattern.sub("", line)
        found = word.search(line)
        if found:
            yield number, f"the family '{found[1]}' is named outside its folder"


def check_habits(path, lines):
    """Length, guards, unfinished work."""
    if len(lines) > MAX_LINES:
        yield len(lines), f"{len(lines)} lines; a file has at most {MAX_LINES}"
    if path.endswith(".h") and "#pragma once" not in lines:
        yield 1, "a header starts with #pragma once"
    for number, line in enumerate(lines, 1):
        found = UNFINISHED.search(line)
        if found:
            yield number, f"'{found[1]}' is an issue, not a comment"


def check_error_codes(sources, page, page_name):
    """Each code that the program can say is a row of the page, and each row is a code of the program.

    A code is what stands beside a kind or in a warning, and, in tables and findings, any text of a known area.
    """
    rows = set(ERROR_ROW.findall(page))
    areas = {row.split(".")[0] for row in rows}
    literals = set()
    for path, text in sources.items():
        text = COMMENT.sub("", text)
        said = {found[1]: found.start(1) for found in ERROR_CODE.finditer(text)}
        for found in re.finditer(CODE, text):
            literals.add(found[1])
            area, what = found[1].split(".")
            if area in areas and what not in FILE_ENDINGS:
                said.setdefault(found[1], found.start(1))
        for code, place in said.items():
            if code not in rows:
                yield path, text.count("\n", 0, place) + 1, f"the error code '{code}' is no row of {page_name}"
    for code in sorted(rows - literals):
        yield page_name, 1, f"the row '{code}' is no code of the program"


def check_callers(scripts, callers):
    """A script of tools/ is called by make, by CI or by another script; nothing else lives there."""
    for script in scripts:
        if not any(script in text for path, text in callers.items() if path != script):
            yield script, 1, "no target and no script calls this"


def tracked(patterns):
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
                            cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return sorted(path for path in set(listed.split("\n")) if path and (ROOT / path).is_file())


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def findings():
    names = families()
    for path in tracked(["src", "components", "tests", "tools"]):
        if not path.endswith((".cc", ".h", ".c", ".py", ".sh", ".cmake", "CMakeLists.txt")):
            continue
        lines = read(path).split("\n")[:-1]
        checks = [check_includes(path, lines), check_family_names(path, lines, names), check_habits(path, lines)]
        for number, text in (finding for check in checks for finding in check):
            yield path, number, text
    page_name = "docs/reference/errors.md"
    # What a family embeds in Python says errors of the program, too.
    sources = {path: read(path) for path in tracked(["src", "components"])
               if (is_source(path) or path.endswith(".py")) and not is_of_tests(path)}
    if (ROOT / page_name).exists():
        yield from check_error_codes(sources, read(page_name), page_name)
    else:
        yield page_name, 1, "the page of the error codes is missing"
    callers = {path: read(path) for path in ["Makefile", ".ci/run", *tracked(["tools", "tests/*.py"])]}
    yield from check_callers(tracked(["tools"]), callers)


def catch_all_sites():
    for path in tracked(["src", "components"]):
        if is_source(path):
            for number, line in enumerate(read(path).split("\n"), 1):
                if CATCH_ALL.search(line):
                    yield f"{path}:{number}"


def main():
    found = list(findings())
    for path, number, text in found:
        print(f"{path}:{number}: {text}")
    sites = list(catch_all_sites())
    print(f"catch (...) stands in {len(sites)} places: {', '.join(sites) or 'none'}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
