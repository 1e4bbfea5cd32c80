"""The program under test, driven from outside: a project folder, a clean environment, an outcome."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM_VARIABLE = "OSIRIS_TEST_PROGRAM"
# A sanitizer's finding ends the program with this code, which the program itself never uses.
SANITIZER_EXIT_CODE = 99
PASSED_ON = ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")
TIMEOUT_S = 120

CONNECTIONS = """\
connections:
  mysql:
    main:
      host: ${MYSQL_HOST}
      port: ${MYSQL_PORT}
      database: ${MYSQL_DATABASE}
      username: ${MYSQL_USER}
      password: ${MYSQL_PASSWORD}
"""

# Stands after CONNECTIONS.
POSTGRES_CONNECTION = """\
  postgres:
    main:
      host: ${PG_HOST}
      port: ${PG_PORT}
      database: ${PG_DATABASE}
      username: ${PG_USER}
      password: ${PG_PASSWORD}
"""


def program():
    return os.environ.get(PROGRAM_VARIABLE, str(ROOT / "build" / "osiris"))


def is_sanitized():
    return any(name in os.environ for name in PASSED_ON)


def test_rows(normal):
    """How many rows a big test moves; OSIRIS_TEST_ROWS shrinks it for a slow program."""
    return int(os.environ.get("OSIRIS_TEST_ROWS", normal))


def clean_environment(home, more=None):
    """PATH with the program first, HOME, LANG, and nothing else of ours."""
    folder = str(pathlib.Path(program()).parent)
    environment = {"PATH": folder + ":" + os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(home), "LANG": "C.UTF-8"}
    environment.update({name: os.environ[name] for name in PASSED_ON if name in os.environ})
    environment.update(more or {})
    return environment


class Outcome:
    """A finished command: exit_code, stdout and stderr (text, bytes that are not UTF-8 replaced), elapsed_s."""

    def __init__(self, exit_code, stdout, stderr, elapsed_s):
        self.exit_code, self.elapsed_s = exit_code, elapsed_s
        self.stdout_bytes, self.stderr_bytes = stdout, stderr
        self.stdout, self.stderr = stdout.decode(errors="replace"), stderr.decode(errors="replace")
        if exit_code == SANITIZER_EXIT_CODE:
            raise AssertionError("a sanitizer found something: " + self.stderr[-6000:])

    @property
    def text(self):
        return f"exit {self.exit_code}\n{self.stdout}\n{self.stderr}"

    def document(self):
        """The one JSON document on stdout; raises where stdout is anything else."""
        return json.loads(self.stdout)

    def error(self):
        """The `error` of the document, or {}."""
        return self.document().get("error") or {}


class Running:
    """A command under way."""

    def __init__(self, command, folder, environment):
        self.began = time.monotonic()
        self.process = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def send(self, number):
        self.process.send_signal(number)

    def wait(self, timeout_s=TIMEOUT_S):
        # A sanitized program is several times slower, and as many times larger where it has to travel.
        timeout_s *= 5 if is_sanitized() else 1
        try:
            stdout, stderr = self.process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            stdout, stderr = self.process.communicate()
            return Outcome(-signal.SIGKILL, stdout, stderr + b"\n(killed: no end after %d s)" % timeout_s, timeout_s)
        return Outcome(self.process.returncode, stdout, stderr, time.monotonic() - self.began)


class Project:
    """A project folder of its own, gone at the end of the `with`."""

    def __init__(self, files=None, variables=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="osiris-project-"))
        self.folder.chmod(0o755)
        self.home = self.folder.with_name(self.folder.name + "-home")
        self.home.mkdir()
        self.variables = dict(variables or {})
        for name, content in (files or {}).items():
            self.write(name, content)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.home, ignore_errors=True)

    def path(self, name):
        return self.folder / name

    def write(self, name, content):
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def read(self, name):
        return self.path(name).read_bytes().decode()

    def exists(self, name):
        return self.path(name).exists()

    def start(self, *arguments, variables=None, prefix=()):
        """Starts `prefix osiris arguments` in the project folder."""
        environment = clean_environment(self.home, {**self.variables, **(variables or {})})
        return Running([*prefix, program(), *map(str, arguments)], self.folder, environment)

    def run(self, *arguments, variables=None, prefix=(), timeout_s=TIMEOUT_S):
        return self.start(*arguments, variables=variables, prefix=prefix).wait(timeout_s)

    def listing(self, but=()):
        """Every file and folder with size, mode, time and content hash, to compare before and after."""
        found = {}
        for path in sorted(self.folder.rglob("*")):
            name = str(path.relative_to(self.folder))
            if not name.startswith(tuple(but)):
                status = path.lstat()
                found[name] = (status.st_mode, status.st_size, status.st_mtime_ns, path.read_bytes() if path.is_file() else None)
        return found

    def sessions(self, prefix="run_"):
        """The session folders, oldest first."""
        logs = self.path("logs")
        found = [path for path in logs.iterdir() if path.name.startswith(prefix)] if logs.is_dir() else []
        return sorted(found, key=lambda path: int(re.sub(r"\D", "", path.name) or 0))

    def manifests(self):
        return sorted(self.folder.glob("logs/*/compile_*/manifest.yaml"), key=lambda path: path.stat().st_mtime_ns)

    def leftovers(self, but=()):
        """Files outside logs/ that were not written by the test itself: half-written output."""
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*")
                      if path.is_file() and path.relative_to(self.folder).parts[0] != "logs" and path.name not in but)


def events(session, name=None):
    """The events of a session folder, all or those of one name."""
    lines = (session / "events.jsonl").read_text(encoding="utf-8").splitlines()
    return [event for event in map(json.loads, lines) if name in (None, event["event"])]


def status_of(session):
    """The `status` of the session's last run_end."""
    ends = events(session, "run_end")
    return ends[-1]["status"] if ends else None


def pipeline(*steps, head="", name="test"):
    return f'oml_version: "0.1.0"\nname: {name}\n{head}steps:\n' + "".join(steps)


def step(identifier, component, mode, config, more=""):
    """A step in block YAML; config values are JSON, which YAML reads as it stands."""
    lines = [f"  - id: {identifier}", f"    component: {component}", f"    mode: {mode}"]
    lines += [f"    {line}" for line in more.splitlines()]
    lines += ["    config:", *(f"      {key}: {json.dumps(value, ensure_ascii=False)}" for key, value in config.items())]
    return "\n".join(lines) + "\n"


def read_table(identifier="read", more="", **config):
    return step(identifier, "mysql.extractor", "read", {"connection": "@mysql.main", **config}, more)


def read_csv(identifier="read", more="", **config):
    return step(identifier, "filesystem.csv_extractor", "read", config, more)


def transform(identifier="sql", more="", **config):
    return step(identifier, "duckdb.processor", "transform", config, more)


def write_csv(identifier="write", more="", **config):
    return step(identifier, "filesystem.csv_writer", "write", config, more)
