#!/usr/bin/env python3
"""The pages that are printed, and not written, are what is printed now; `make docs` writes them anew."""
import subprocess
import sys

from checks import Checks
from program import ROOT, Project


def main(checks):
    with Project() as project:
        for page in ("components", "cli", "events"):
            committed = (ROOT / "docs" / "reference" / f"{page}.md").read_text(encoding="utf-8")
            checks.equal(f"docs/reference/{page}.md is what the program prints", project.run("docs", page).stdout, committed)
    index = subprocess.run([sys.executable, ROOT / "tools" / "list_decisions.py"], capture_output=True, text=True, check=True)
    checks.equal("docs/adr/README.md is the index of the decisions", index.stdout,
                 (ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    Checks.run(main)
