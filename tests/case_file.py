"""Reads and writes `.case` files: a title, then parts that each start with a line `-- kind argument --`.

A body is the lines up to the next part, each with its newline. What stands before the first part is the
story, in lines that start with `#`.
"""
import re

# kind: whether an argument follows it
KINDS = {
    "file": True, "needs": True, "setup": True, "env": False, "run": False,
    "exit": True, "stdout": False, "stderr": False, "stdout-contains": False, "stderr-contains": False,
    "file-equals": True, "file-contains": True, "file-exists": True, "file-absent": True,
    "json-equals": True, "query": True, "rows": False,
}
# Parts that compare something the program did; a run needs one of them beside its `exit`.
COMPARING = {"stdout", "stderr", "stdout-contains", "stderr-contains", "file-equals", "file-contains", "file-exists",
             "file-absent", "json-equals", "rows"}
SERVERS = {"mariadb"}

HEADER = re.compile(r"^-- ([a-z-]+)(?: (.+?))? --$")


class CaseError(Exception):
    """A case that is written wrongly: it would prove nothing."""


class Part:
    def __init__(self, kind, argument, body, line):
        self.kind, self.argument, self.body, self.line = kind, argument, body, line

    def text(self):
        return f"-- {self.kind}{' ' + self.argument if self.argument else ''} --\n{self.body}"


class Case:
    """A parsed case; `parts` in file order, `story` what stands before them."""

    def __init__(self, path, story, parts):
        self.path, self.story, self.parts = path, story, parts

    def needs(self, server):
        return any(part.kind == "needs" and part.argument == server for part in self.parts)

    def text(self):
        return self.story + "".join(part.text() for part in self.parts)


def parse(path, text):
    """Errors: CaseError with the line for an unknown part, and for a run that compares nothing."""
    story, parts = "", []
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        found = HEADER.match(line.rstrip("\n"))
        if found and found[1] in KINDS:
            _check_argument(path, number, found[1], found[2])
            parts.append(Part(found[1], found[2] or "", "", number))
        elif parts:
            parts[-1].body += line
        elif line.startswith("#") or not line.strip():
            story += line
        else:
            raise CaseError(f"{path}:{number}: neither a part nor a line of the story: {line.strip()}")
    case = Case(path, story, parts)
    _check_proves_something(case)
    return case


def _check_argument(path, number, kind, argument):
    if KINDS[kind] != bool(argument):
        raise CaseError(f"{path}:{number}: '{kind}' {'needs' if KINDS[kind] else 'has no'} argument")
    if kind in ("needs", "setup", "query") and argument not in SERVERS:
        raise CaseError(f"{path}:{number}: no such server: '{argument}'")
    if kind == "exit" and not argument.isdigit():
        raise CaseError(f"{path}:{number}: an exit code is a number: '{argument}'")


def runs(case):
    """Pairs of a `run` part and the parts that follow it up to the next one's env, file or run."""
    pairs = []
    for part in case.parts:
        if part.kind == "run":
            pairs.append((part, []))
        elif pairs and part.kind not in ("env", "file", "setup"):
            pairs[-1][1].append(part)
    return pairs


def _check_proves_something(case):
    pairs = runs(case)
    if not pairs:
        raise CaseError(f"{case.path}: no run")
    for run, following in pairs:
        kinds = [part.kind for part in following]
        if kinds.count("exit") != 1 or not COMPARING.intersection(kinds):
            raise CaseError(f"{case.path}:{run.line}: a run needs one 'exit' and a part that compares something "
                            "(make golden adds them)")
        if kinds.count("query") != kinds.count("rows"):
            raise CaseError(f"{case.path}:{run.line}: each 'query' is followed by its 'rows'")


def with_expectations(text):
    """The text with an `exit` and a `stdout` part after each run that has none, for `--update` to fill."""
    lines, out, pending = text.splitlines(keepends=True), [], False
    for line in lines + ["-- run --\n"]:
        found = HEADER.match(line.rstrip("\n"))
        if found and found[1] in KINDS:
            if pending and found[1] != "exit":
                out.append("-- exit 0 --\n-- stdout --\n-- stderr --\n")
            pending = found[1] == "run"
        out.append(line)
    return "".join(out[:-1])
