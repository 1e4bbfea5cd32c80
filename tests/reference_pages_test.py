#!/usr/bin/env python3
"""The pages that are printed, and not written, are what is printed now; `make docs` writes them anew."""
import pathlib
import subprocess
import sys

from checks import Checks
from program import ROOT, Project, program


def main(checks):
    with Project() as project:
        for page in ("components", "cli", "events"):
            committed = (ROOT / "docs" / "reference" / f"{page}.md").read_text(encoding="utf-8")
            checks.equal(f"docs/reference/{page}.md is what the program prints", project.run("docs", page).stdout, committed)
        checks.equal("osiris docs licences prints THIRD_PARTY_NOTICES", project.run("docs", "licences").stdout,
                     (ROOT / "THIRD_PARTY_NOTICES").read_text(encoding="utf-8"))
    linked = subprocess.run([sys.executable, ROOT / "tools" / "notices.py", "--check", pathlib.Path(program()).parent], capture_output=True, text=True, check=False)
    checks.equal("every linked library has its notice there", (linked.returncode, linked.stderr), (0, ""))
    index = subprocess.run([sys.executable, ROOT / "tools" / "list_decisions.py"], capture_output=True, text=True, check=True)
    checks.equal("docs/adr/README.md is the index of the decisions", index.stdout,
                 (ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    Checks.run(main)
