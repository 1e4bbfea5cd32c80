"""Node programs of the tests, and the packages that they need."""
import os
import pathlib
import re
import shutil
import subprocess

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


class Server:
    """A program of tests/NAME that says at which port it listens, at `url`. Use it in a `with`."""

    def __init__(self, name, script, *options):
        self._process = subprocess.Popen(["node", str(place(name) / script), *options], stdout=subprocess.PIPE, text=True)
        started = re.fullmatch(r"listening on (\d+)\n", self._process.stdout.readline())
        if not started:
            raise RuntimeError(f"the server {name}/{script} did not start")
        self.url = f"http://127.0.0.1:{started[1]}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(10)
        self._process.stdout.close()
