#!/usr/bin/env python3
"""Prints the index of the architecture decisions, docs/adr/README.md, from the files themselves."""
import pathlib
import re
import sys

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "docs" / "adr"
NAME = re.compile(r"\d{4}-[a-z0-9-]+\.md")
TITLE = re.compile(r"^# (\d{4}) (.+)$", re.M)
STATUS = re.compile(r"^Status: (accepted|replaced by \d{4})$", re.M)
HEAD = """\
# Decisions

<!-- Printed by tools/list_decisions.py; make docs writes it anew. -->

Choices whose undoing would touch several folders: why they were made, and what follows from them.

| decision | status |
|---|---|
"""


def row(path):
    """Errors: SystemExit for a file that lacks its number, its title or its status."""
    text = path.read_text(encoding="utf-8")
    title, status = TITLE.search(text), STATUS.search(text)
    if not NAME.fullmatch(path.name) or not title or title[1] != path.name[:4] or not status:
        sys.exit(f"{path}: a decision is NNNN-slug.md with '# NNNN Title' and 'Status: accepted'")
    return f"| [{title[1]} {title[2]}]({path.name}) | {status[1]} |\n"


def main():
    files = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")
    sys.stdout.write(HEAD + "".join(row(path) for path in files))


if __name__ == "__main__":
    main()
