"""Python packages that only some tests need, brought by requirements.txt files of theirs."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def bring(name):
    """Makes the packages of tests/NAME/requirements.txt importable; they lie in build/NAME."""
    target = ROOT / "build" / name
    subprocess.run([ROOT / "tools" / "fetch_python_packages.sh", ROOT / "tests" / name, target], check=True)
    sys.path.insert(0, str(target))
