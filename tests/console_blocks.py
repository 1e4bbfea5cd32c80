"""Runs the fenced `console` blocks of written pages and compares what they print.

A line `<!-- console in FOLDER -->` above a page's blocks names the folder that they are typed in; a README
in examples/ means its own. `<!-- console in FOLDER with mariadb FILE.sql -->` starts them on a database
that the file filled. Without a folder they are typed in an empty one. All blocks of a page share one copy.
Commands of COMMANDS are executed; others (make, git) are shown and not run.
"""
import pathlib
import re
import shutil
import subprocess

from program import ROOT, Project, clean_environment

COMMANDS = ("osiris", "head", "cat", "ls", "cd", "cp", "mkdir", "rm")
PLACE = re.compile(r"^<!-- console in (\S+?)(?: with mariadb (\S+))? -->$", re.M)
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)


def pages():
    return sorted([ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*/README.md")])


def commands(page_text):
    """Yields (command, expected output, line) of every `$ …` line of a page."""
    for block in BLOCK.finditer(page_text):
        first = page_text.count("\n", 0, block.start(1)) + 1
        command, expected, line = None, "", 0
        for offset, text in enumerate(block[1].splitlines(keepends=True)):
            if text.startswith("$ "):
                if command:
                    yield command, expected, line
                command, expected, line = text[2:].strip(), "", first + offset
            else:
                expected += text
        if command:
            yield command, expected, line


def runnable(page_text):
    return [entry for entry in commands(page_text) if entry[0].split()[0] in COMMANDS]


def place_of(page, page_text):
    """The folder that the page's commands are typed in, and the SQL file that fills their database."""
    found = PLACE.search(page_text)
    if found:
        return ROOT / found[1], found[2]
    return (page.parent if page.parent.parent.name == "examples" else None), None


def run_page(page, normalized, new_database):
    """Yields (what, printed text, wanted text) for every executed command of a page."""
    text = page.read_text(encoding="utf-8")
    entries = runnable(text)
    if not entries:
        return
    folder, setup = place_of(page, text)
    with Project() as project:
        if folder:
            shutil.copytree(folder, project.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("logs", "out"))
        if setup:
            project.variables = new_database((folder / setup).read_text(encoding="utf-8"))
        here = project.folder
        for command, expected, line in entries:
            what = f"{page.relative_to(ROOT)}:{line}: {command}"
            if command.startswith("cd "):
                here = pathlib.Path(here, command[3:].strip()).resolve()
                continue
            # A shell, for a page may pipe; the output as a terminal shows it.
            done = subprocess.run(["sh", "-c", command], cwd=here, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=120,
                                  env=clean_environment(project.home, project.variables))
            yield what, normalized(done.stdout.decode(errors="replace"), project), normalized(expected, project)


