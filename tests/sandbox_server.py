"""`osiris sandbox serve` under test, and a small client of its two planes that is nobody's SDK."""
import base64
import glob
import http.client
import json
import os
import pathlib
import re
import signal
import struct
import subprocess
import tempfile
import time
import urllib.parse

from program import clean_environment, program

KEY = "e2b_" + "0123456789abcdef" * 2
CACHE = tempfile.TemporaryDirectory(prefix="osiris-cache-")


class Answer:
    """status, headers (names in lower case), body (bytes)."""

    def __init__(self, response):
        self.status, self.body = response.status, response.read()
        self.headers = {name.lower(): value for name, value in response.getheaders()}

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class Server:
    """A server on a free port, with a home and a folder for temporary files of its own; stopped by the `with`."""

    def __init__(self, *options, variables=None, prefix=(), key=KEY, folder=None):
        self.own_folder = None if folder else tempfile.TemporaryDirectory(prefix="osiris-sandbox-test-")
        self.folder = pathlib.Path(folder or self.own_folder.name)
        self.folder.chmod(0o777)
        environment = clean_environment(self.folder, {"TMPDIR": str(self.folder), **(variables or {})})
        if key:
            environment["E2B_API_KEY"] = key
        self.errors = open(self.folder / "stderr.txt", "w+", encoding="utf-8")
        self.process = subprocess.Popen([*prefix, program(), "sandbox", "serve", "--port", "0", *options], env=environment,
                                        cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.errors)
        self.greeting = self._read_greeting()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", self.greeting)
        if not found:
            self.process.wait(20)
            raise AssertionError("the server does not begin: " + self.greeting + self.said())
        self.port = int(found[1])
        made = re.search(r"export E2B_API_KEY=(\S+)", self.greeting)
        self.key = made[1] if made else key
        self.url = f"http://127.0.0.1:{self.port}"

    def _read_greeting(self):
        text = ""
        for line in iter(self.process.stdout.readline, b""):
            text += line.decode()
            if line.startswith(b"export E2B_API_URL"):
                break
        return text

    def said(self):
        self.errors.seek(0)
        return self.errors.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        self.process.stdout.close()
        self.errors.close()
        if self.own_folder:
            self.own_folder.cleanup()

    def stop(self, number=signal.SIGTERM):
        """Ends it; returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(60)

    def variables(self, own_cache=False):
        """What a client needs. Projects pack the program for a sandbox once for all of a test, or each its own."""
        shared = {} if own_cache else {"XDG_CACHE_HOME": CACHE.name}
        return {"E2B_API_KEY": self.key, "E2B_API_URL": self.url, "E2B_SANDBOX_URL": self.url, **shared}

    def ask(self, method, path, body=None, headers=None, timeout_s=60):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        try:
            if isinstance(body, (dict, list)):
                body = json.dumps(body)
            connection.request(method, path, body=body, headers=headers or {})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def api(self, method, path, body=None, headers=None):
        return self.ask(method, path, body, {"X-API-KEY": self.key, "Content-Type": "application/json", **(headers or {})})

    def create(self, **body):
        answer = self.api("POST", "/v2/sandboxes", {"templateID": "base", "timeout": 120, **body})
        if answer.status != 201:
            raise AssertionError(f"no sandbox: {answer}")
        return Box(self, answer.json())

    def ids(self, query="state=running,paused"):
        return [entry["sandboxID"] for entry in self.api("GET", f"/v2/sandboxes?{query}").json()]

    def processes(self):
        """Every process below the server."""
        return processes_below(self.process.pid)

    def resident_bytes(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(re.search(r"VmRSS:\s+(\d+) kB", text)[1]) * 1024


class Box:
    """One sandbox."""

    def __init__(self, server, made):
        self.server, self.made = server, made
        self.id, self.token = made["sandboxID"], made.get("envdAccessToken")

    def headers(self, more=None):
        return {"E2b-Sandbox-Id": self.id, "E2b-Sandbox-Port": "49983", "X-Access-Token": self.token or "", **(more or {})}

    def ask(self, method, path, body=None, headers=None, timeout_s=60):
        return self.server.ask(method, path, body, self.headers(headers), timeout_s)

    def call(self, name, **request):
        return self.ask("POST", f"/{name}", request, {"Content-Type": "application/json"})

    def start(self, command, timeout_s=60, headers=None, **more):
        """The answer to a Start, not yet read, and its connection."""
        request = {"process": {"cmd": "/bin/bash", "args": ["-l", "-c", command], **more}, "stdin": False}
        payload = json.dumps(request).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=timeout_s)
        connection.request("POST", "/process.Process/Start", struct.pack(">BI", 0, len(payload)) + payload,
                           self.headers({"Content-Type": "application/connect+json", "Connect-Protocol-Version": "1", **(headers or {})}))
        return connection.getresponse(), connection

    def run(self, command, timeout_s=60, **more):
        """(exit code, stdout, stderr) of a shell's command; the exit code is None where no end came."""
        response, connection = self.start(command, timeout_s, **more)
        try:
            return outcome(frames(response))
        finally:
            connection.close()

    def out(self, command, **more):
        return self.run(command, **more)[1]

    def write(self, path, content):
        return self.ask("POST", f"/files?path={urllib.parse.quote(path)}", content, {"Content-Type": "application/octet-stream"})

    def read(self, path, headers=None):
        return self.ask("GET", f"/files?path={urllib.parse.quote(path)}", headers=headers)

    def remove(self):
        return self.server.api("DELETE", f"/sandboxes/{self.id}").status

    def control_groups(self):
        return [path for top in ("*", "*/*", "*/*/*", "*/*/*/*") for path in glob.glob(f"/sys/fs/cgroup/{top}/{self.id}")]


def frames(response):
    """The messages of a stream, as far as they are whole; the last one is (2, …) where it ended as it should."""
    found = []
    try:
        while len(prefix := response.read(5)) == 5:
            flags, size = struct.unpack(">BI", prefix)
            payload = response.read(size)
            if len(payload) < size:
                break
            found.append((flags, json.loads(payload)))
    except (http.client.HTTPException, OSError):
        pass
    return found


def outcome(messages):
    exit_code, streams = None, {"stdout": b"", "stderr": b""}
    for _, message in messages:
        event = message.get("event", {})
        for name, text in event.get("data", {}).items():
            streams[name] += base64.b64decode(text)
        if "end" in event:
            exit_code = event["end"].get("exitCode", 0)
    return exit_code, streams["stdout"].decode(errors="replace"), streams["stderr"].decode(errors="replace")


def processes_below(pid):
    parents = {}
    for stat in glob.glob("/proc/[0-9]*/stat"):
        try:
            parents[int(stat.split("/")[2])] = int(pathlib.Path(stat).read_text(encoding="utf-8").rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def eventually(holds, timeout_s=10):
    """Whether it holds before the time is over."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.02)
    return bool(holds())


def is_root():
    return os.geteuid() == 0
