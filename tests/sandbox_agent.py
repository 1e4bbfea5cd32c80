"""The program that runs inside a sandbox, started alone: HTTP over its Unix socket, calls and streams of Connect."""
import base64
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import urllib.parse

from program import SANITIZER_EXIT_CODE, clean_environment, program

TIMEOUT_S = 60


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=TIMEOUT_S):
        super().__init__("localhost", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return f"{self.status} {self.body[:2000]!r}"


def frame(message, flags=0):
    payload = message if isinstance(message, bytes) else json.dumps(message).encode()
    return struct.pack(">BI", flags, len(payload)) + payload


def encoded(content):
    return base64.b64encode(content).decode()


class Stream:
    """A streaming call under way; `with` closes its connection."""

    def __init__(self, connection, response):
        self.connection, self.response = connection, response
        self.status = response.status
        self.end = None  # the message of the end-of-stream frame

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.response.close()
        self.connection.close()

    def next(self):
        """The next message; None after the last frame, which is then in `end`."""
        flags, size = struct.unpack(">BI", self.read(5))
        message = json.loads(self.read(size))
        if flags == 2:
            self.end = message
            return None
        assert flags == 0, flags
        return message

    def read(self, size):
        got = b""
        while len(got) < size:
            try:
                piece = self.response.read(size - len(got))
            except http.client.IncompleteRead as cut:
                piece = cut.partial
            if not piece:
                raise EOFError(f"the stream is cut after {got!r}")
            got += piece
        return got

    def events(self):
        while (message := self.next()) is not None:
            yield message.get("event", message)


class Told:
    """What a process said until its end, and the ends of process and stream."""

    def __init__(self, stream):
        self.pid, self.exit, self.keepalives = None, None, 0
        self.stdout, self.stderr, self.pty = bytearray(), bytearray(), bytearray()
        for event in stream.events():
            if "start" in event:
                self.pid = event["start"]["pid"]
            for name, content in event.get("data", {}).items():
                getattr(self, name).extend(base64.b64decode(content))
            self.keepalives += "keepalive" in event
            self.exit = event.get("end", self.exit)
        self.end = stream.end


class Agent:
    """`osiris sandbox agent` with a home of its own, ended with the `with`."""

    def __init__(self, by_descriptor=False, **settings):
        self.by_descriptor = by_descriptor
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="osiris-agent-"))
        self.home = self.folder / "home"
        self.home.mkdir()
        self.socket = self.folder / "socket"
        self.settings = {"home": str(self.home), "user": "somebody", **settings}

    def __enter__(self):
        where, passed = [str(self.socket)], socket.socket(socket.AF_UNIX)
        if self.by_descriptor:
            passed.bind(str(self.socket))
            passed.listen()
            where = ["--descriptor", str(passed.fileno())]
        self.process = subprocess.Popen([program(), "sandbox", "agent", *where], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, env=clean_environment(self.folder), pass_fds=[passed.fileno()])
        passed.close()
        self.process.stdin.write(json.dumps(self.settings).encode())
        self.process.stdin.close()
        self.process.stdin = None
        deadline = time.monotonic() + TIMEOUT_S
        while self.process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                if self.request("GET", "/health").status == 204:
                    break
            time.sleep(0.005)
        return self

    def __exit__(self, *_):
        code, said = self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        if code == SANITIZER_EXIT_CODE:
            raise AssertionError("a sanitizer found something: " + said[-6000:])

    def stop(self):
        """Ends it; returns its exit code and what it printed on stderr."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        _, said = self.process.communicate(timeout=TIMEOUT_S)
        return self.process.returncode, said.decode()

    def connection(self, timeout=TIMEOUT_S):
        return UnixConnection(self.socket, timeout)

    def request(self, method, target, body=None, headers=None):
        connection = self.connection()
        try:
            connection.request(method, target, body, headers or {})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def raw(self, text, ends_input=False):
        """Sends bytes as they are; returns what comes back until the connection is closed."""
        peer = socket.socket(socket.AF_UNIX)
        peer.settimeout(TIMEOUT_S)
        peer.connect(str(self.socket))
        got = b""
        with peer, contextlib.suppress(ConnectionResetError, BrokenPipeError):
            peer.sendall(text)
            if ends_input:
                peer.shutdown(socket.SHUT_WR)
            while piece := peer.recv(65536):
                got += piece
        return got

    def get(self, path, **headers):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("GET", "/files?" + urllib.parse.urlencode({"path": path}), headers=names)

    def put(self, path, content, **headers):
        names = {"Content-Type": "application/octet-stream", **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.request("POST", "/files?" + urllib.parse.urlencode({"path": path}), content, names)

    def call(self, method, **message):
        service = "process.Process" if method in ("List", "Update", "SendInput", "SendSignal", "CloseStdin") else "filesystem.Filesystem"
        return self.request("POST", f"/{service}/{method}", json.dumps(message), {"Content-Type": "application/json"})

    def stream(self, method, message, body=None, **headers):
        service = "filesystem.Filesystem" if method == "WatchDir" else "process.Process"
        connection = self.connection()
        names = {"Content-Type": "application/connect+json", **{name.replace("_", "-"): str(value) for name, value in headers.items()}}
        connection.request("POST", f"/{service}/{method}", frame(message) if body is None else body, names)
        return Stream(connection, connection.getresponse())

    def start(self, command, *arguments, stdin=False, more=None, headers=None, **process):
        """Begins a process, and returns its stream and pid, the start event being read."""
        message = {"process": {"cmd": command, "args": list(arguments), **process}, **(more or {})}
        if stdin is not None:
            message["stdin"] = stdin
        stream = self.stream("Start", message, **(headers or {}))
        first = stream.next()
        return stream, first["event"]["start"]["pid"] if first else None

    def run(self, script, headers=None, **process):
        with self.start("sh", "-c", script, headers=headers, **process)[0] as stream:
            return Told(stream)

    def memory_kib(self):
        """The most memory that the agent has had."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0])


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def eventually(condition, limit_s=20):
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
