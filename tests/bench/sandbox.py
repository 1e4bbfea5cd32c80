"""A server of sandboxes, against the same work without one: a command in bwrap, a shell, nginx, base64 and a pipe."""
import json
import os
import pathlib
import random
import re
import statistics
import struct
import subprocess
import tempfile
import time

import node
from program import clean_environment
from sampling import alternate, ratios, wall
from sandbox_server import Server
from servers import free_port

FILE_BYTES = 1 << 30
IDLE = 24
SDK = "e2b-new"
# Measures in the client's own process, so that nobody's start is in it.
RUNS = """
import { spawn } from 'node:child_process';
const { Sandbox } = await import(process.argv[2]);
const box = await Sandbox.create();
const direct = () => new Promise((done) => { spawn('bash', ['-lc', 'true'], { stdio: 'ignore' }).on('close', done); });
const works = { ours: () => box.commands.run('true'), direct };
const taken = { ours: [], direct: [] };
for (let turn = -5; turn < 100; turn += 1) {
  for (const name of turn % 2 === 0 ? ['ours', 'direct'] : ['direct', 'ours']) {
    const began = performance.now();
    await works[name]();
    if (turn >= 0) taken[name].push(performance.now() - began);
  }
}
await box.kill();
console.log(JSON.stringify(taken));
"""
NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
worker_processes 1;
user root;
events {{}}
http {{
  access_log off;
  sendfile on;
  client_body_temp_path {folder};
  server {{
    listen 127.0.0.1:{port};
    root {folder};
    client_max_body_size 0;
    dav_methods PUT;
  }}
}}
"""


class Took:
    """Seconds of one piece of work."""

    def __init__(self, work):
        began = time.monotonic()
        work()
        self.wall_s = time.monotonic() - began


class Nginx:
    """A plain server of files in memory, for the `with`."""

    def __init__(self, port):
        self._folder = tempfile.TemporaryDirectory(prefix="osiris-nginx-", dir="/dev/shm")
        self.url = f"http://127.0.0.1:{port}"
        config = pathlib.Path(self._folder.name, "nginx.conf")
        config.write_text(NGINX.format(folder=self._folder.name, port=port), encoding="utf-8")
        self._process = subprocess.Popen(["nginx", "-c", config], stderr=subprocess.DEVNULL)
        while subprocess.run(["curl", "--silent", "--output", "/dev/null", self.url], check=False).returncode:
            if self._process.poll() is not None:
                raise RuntimeError("nginx does not start")
            time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()
        self._folder.cleanup()


def run(*command, **more):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **more)


def peak_mib(process):
    return int(re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path(f"/proc/{process}/status").read_text(encoding="utf-8"))[1]) / 1024


def wait_for_output(response):
    """Reads a process's stream up to its first output."""
    while len(prefix := response.read(5)) == 5:
        if "data" in json.loads(response.read(struct.unpack(">I", prefix[1:])[0])).get("event", {}):
            return
    raise RuntimeError("a command ended without output")


def measure_first_output(report, options, server):
    made = []

    def ours():
        made.append(server.create())
        response, connection = made[-1].start("echo first")
        wait_for_output(response)
        connection.close()

    def direct():
        run("bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin",
            "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--ro-bind", "/etc", "/etc", "--proc", "/proc", "--dev", "/dev",
            "--tmpfs", "/tmp", "--tmpfs", "/home", "bash", "-lc", "echo first")

    def then_end():
        took = Took(ours)
        made.pop().remove()
        return took
    taken = alternate(3 * options.pairs, {"ours": then_end, "bwrap": lambda: Took(direct)})
    report.ratio("create to the first output of `echo`: wall", ratios(taken["ours"], taken["bwrap"], wall), 4, "the command by bwrap")


def measure_run(report, server):
    folder = node.place("sandbox")
    with tempfile.NamedTemporaryFile("w", suffix=".mjs", dir=folder) as program:
        program.write(RUNS)
        program.flush()
        done = subprocess.run(["node", program.name, SDK], capture_output=True, text=True, check=True,
                              env=clean_environment(server.folder, server.variables()))
    taken = json.loads(done.stdout)
    ours_ms, direct_ms = (statistics.median(taken[name]) for name in ("ours", "direct"))
    report.bar("`commands.run('true')` by E2B's SDK: wall", ours_ms, 2 * direct_ms + 2, "ms", f"`bash -lc true` takes {direct_ms:.1f} ms")


def measure_files(report, options, server, nginx):
    box = server.create()
    source = pathlib.Path("/dev/shm", f"osiris-bench-{server.process.pid}")
    with open(source, "wb") as file:
        for _ in range(FILE_BYTES >> 20):
            file.write(random.randbytes(1 << 20))
    words = [word for name, value in box.headers().items() for word in ("--header", f"{name}: {value}")]
    ours = f"{server.url}/files?path=big&username=user"

    def curl(*more):
        return lambda: Took(lambda: run("curl", "--silent", "--fail", "--output", "/dev/null", *more))
    try:
        up = alternate(options.pairs, {"ours": curl("-X", "POST", *words, "--header", "Content-Type: application/octet-stream", "-T", source, ours),
                                       "nginx": curl("-T", source, f"{nginx.url}/big")})
        down = alternate(options.pairs, {"ours": curl(*words, ours), "nginx": curl(f"{nginx.url}/big")})
    finally:
        source.unlink()
    report.ratio("a file of 1 GiB up: wall", ratios(up["ours"], up["nginx"], wall), 1 / 0.6, "curl to nginx")
    report.ratio("a file of 1 GiB down: wall", ratios(down["ours"], down["nginx"], wall), 1 / 0.6, "curl from nginx")
    report.bar("peak memory of the server, and of the agent, with it", max(peak_mib(server.process.pid), peak_mib(agent_of(server))), 64, "MiB")
    box.remove()


def agent_of(server):
    """The process inside the one sandbox that answers for it."""
    for process in sorted(server.processes()):
        if b"agent" in pathlib.Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0") and os.readlink(f"/proc/{process}/exe").endswith("osiris"):
            return process
    raise RuntimeError("no agent runs")


def measure_output(report, options, server):
    box = server.create()
    request = json.dumps({"process": {"cmd": "/usr/bin/head", "args": ["-c", str(FILE_BYTES), "/dev/zero"]}}).encode()
    words = [word for name, value in box.headers({"Content-Type": "application/connect+json"}).items() for word in ("--header", f"{name}: {value}")]
    with tempfile.NamedTemporaryFile(suffix=".frame") as frame:
        frame.write(struct.pack(">BI", 0, len(request)) + request)
        frame.flush()
        command = ["curl", "--silent", "--fail", "--output", "/dev/null", "--data-binary", f"@{frame.name}", *words, f"{server.url}/process.Process/Start"]
        taken = alternate(options.pairs, {"ours": lambda: Took(lambda: run(*command)),
                                          "pipe": lambda: Took(lambda: run("sh", "-c", f"head -c {FILE_BYTES} /dev/zero | base64 --wrap=0 | cat"))})
    report.ratio("1 GiB of standard output: wall", ratios(taken["ours"], taken["pipe"], wall), 1 / 0.5, "base64 and a pipe")
    box.remove()


def measure_idle(report):
    with Server("--max", str(IDLE)) as server:
        server.create().remove()
        before = server.resident_bytes()
        for _ in range(IDLE):
            server.create().out("true")
        report.bar(f"memory of the server for each of {IDLE} idle sandboxes", (server.resident_bytes() - before) / IDLE / 2**20, 3, "MiB")


def measure(_, report, options):
    report.section("Sandboxes", "`osiris sandbox serve` against the same work done without it; files lie in memory on both sides.")
    with Server("--disk", "2GiB", "--memory", "1GiB") as server:
        measure_first_output(report, options, server)
        measure_run(report, server)
        with Nginx(free_port()) as nginx:
            measure_files(report, options, server, nginx)
        measure_output(report, options, server)
    measure_idle(report)
