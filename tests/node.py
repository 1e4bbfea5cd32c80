"""Node programs of the tests, and the packages that they need."""
import os
import pathlib
import shutil
import subprocess

from listening import Listening

ROOT = pathlib.Path(__file__).resolve().parent.parent


def place(name):
    """The folder build/NAME with the programs of tests/NAME and their packages, which Node looks for beside a program."""
    source, target = ROOT / "tests" / name, ROOT / "build" / name
    subprocess.run([ROOT / "tools" / "fetch_packages.sh", source, target], check=True)
    for file in source.iterdir():
        # Several tests may start at the same time.
        copy = target / f".{file.name}.{os.getpid()}"
        shutil.copy(file, copy)
        copy.replace(target / file.name)
    return target


class Server(Listening):
    """A program of tests/NAME that serves."""

    def __init__(self, name, script, *options):
        super().__init__(["node", str(place(name) / script), *options])
