"""E2B's own SDK, of two generations, and its command line, against our server of sandboxes."""
import re
import subprocess
import tempfile

from checks import Checks
from node import place
from program import clean_environment
from sandbox_server import Server

SDKS = {"2.51.0": "e2b-new", "2.45.0": "e2b-old"}


def check_sdk(checks, server, folder, version):
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("of the machine")
        file.flush()
        done = subprocess.run(["node", folder / "sdk_test.mjs", SDKS[version]], capture_output=True, text=True, timeout=300, check=False,
                              env=clean_environment(server.folder, {**server.variables(), "HOST_FILE": file.name}))
    last = (done.stdout.strip().splitlines() or [""])[-1]
    found = re.fullmatch(r"(\d+) passed, (\d+) failed", last)
    for line in re.findall(r"^FAILED .*(?:\n {4}.*)*", done.stdout, re.M):
        checks.that(f"SDK {version}: {line}", False)
    checks.that(f"SDK {version}: many claims, none broken", found and int(found[1]) > 80 and found[2] == "0", last + done.stderr[-1000:])
    checks.passed += int(found[1]) if found else 0
    checks.equal(f"SDK {version}: no sandbox is left", server.ids(), [])


def check_command_line(checks, server, folder):
    def cli(*arguments):
        done = subprocess.run([folder / "node_modules/.bin/e2b", *arguments], capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
                              env=clean_environment(server.folder, {**server.variables(), "NO_COLOR": "1"}))
        return done.returncode, done.stdout + done.stderr

    box = server.create()
    code, text = cli("sandbox", "list")
    checks.that("e2b sandbox list", code == 0 and box.id in text, text)
    code, text = cli("sandbox", "exec", box.id, "echo", "by hand")
    checks.that("e2b sandbox exec", code == 0 and "by hand" in text, text)
    code, text = cli("sandbox", "exec", box.id, "false")
    checks.that("e2b sandbox exec: a failure's code", code == 1, (code, text))
    code, text = cli("sandbox", "kill", box.id)
    checks.that("e2b sandbox kill", code == 0 and server.ids() == [], (code, text))


def main(checks):
    folder = place("sandbox")
    with Server() as server:
        for version in SDKS:
            checks.group(f"SDK {version}", check_sdk, server, folder, version)
        checks.group("the command line", check_command_line, server, folder)
        checks.equal("nothing was said", server.said(), "")


if __name__ == "__main__":
    Checks.run(main)
