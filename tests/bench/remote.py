"""Runs in a sandbox against runs here: our own server, behind a proxy that makes it 40 ms away, there and back."""
import contextlib
import glob
import json
import pathlib
import re
import subprocess
import sys
import threading
import time

import program
import sandbox_server
from program import Project, pipeline, read_csv, step, transform, write_csv

HERE = pathlib.Path(__file__).resolve().parent
ROUND_TRIP_MS = 40
PACED_S = 60
ARTIFACT_BYTES = 500_000_000
SMALL = "id\n1\n"


@contextlib.contextmanager
def far_away(port, round_trip_ms):
    """A port that leads to this one, later."""
    with subprocess.Popen([sys.executable, HERE.parent / "delay_proxy.py", str(port), str(round_trip_ms)], stdout=subprocess.PIPE, text=True) as proxy:
        try:
            yield int(proxy.stdout.readline())
        finally:
            proxy.kill()


def variables(sandboxes, port):
    return {"E2B_API_KEY": sandboxes.key, "E2B_API_URL": f"http://127.0.0.1:{port}", "E2B_SANDBOX_URL": f"http://127.0.0.1:{port}"}


def metric(session, name):
    lines = (session / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return next(line["value"] for line in map(json.loads, lines) if line["metric"] == name)


class SandboxProcessor:
    """CPU seconds of the sandbox that is made while this is entered, as its control group counts them until it is gone."""

    def __init__(self, sandboxes):
        self._sandboxes, self._is_over, self.seconds = sandboxes, threading.Event(), 0
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._is_over.set()
        self._thread.join()

    def _watch(self):
        while not self._is_over.is_set():
            for name in self._sandboxes.ids():
                for group in map(pathlib.Path, glob.glob(f"/sys/fs/cgroup/**/{name}", recursive=True)):
                    self._follow(group)
            self._is_over.wait(0.02)

    def _follow(self, group):
        usage, statistics = group / "cpuacct.usage", group / "cpu.stat"
        while not self._is_over.is_set():
            try:
                if usage.exists():
                    self.seconds = int(usage.read_text()) / 1e9
                elif found := re.search(r"usage_usec (\d+)", statistics.read_text()):
                    self.seconds = int(found[1]) / 1e6
                else:
                    return
            except OSError:
                return
            self._is_over.wait(0.01)


def copy_of():
    return pipeline(read_csv(path="rows.csv"), write_csv(path="out.csv"))


def paced():
    code = f"import time\ndef extract():\n    for n in range({PACED_S * 10}):\n        time.sleep(0.1)\n        yield [{{'n': n}}]\n"
    return pipeline(step("read", "python.extractor", "read", {"code": code}), write_csv(path="out.csv"))


def busy(rows):
    code = f"def extract():\n    for begin in range(0, {rows}, 2000):\n        yield [{{'n': n, 'm': n * 7919 % 1000003, 'text': str(n)}} for n in range(begin, begin + 2000)]\n"
    return pipeline(step("read", "python.extractor", "read", {"code": code}),
                    transform(query="SELECT m % 1000 AS bucket, count(*) AS n, sum(m) AS total FROM input_df GROUP BY 1 ORDER BY 1"), write_csv(path="out.csv"))


class Runs:
    """Runs of one project through a link."""

    def __init__(self, meter, project, sandboxes, port):
        self.meter, self.project = meter, project
        self.environment = {**program.clean_environment(project.home), **variables(sandboxes, port), "PYTHONDONTWRITEBYTECODE": "1"}

    def sample(self, *arguments):
        """What a run took, and its session."""
        taken = self.meter.sample([program.program(), "run", *arguments, "--quiet"], self.project.folder, self.environment)
        return taken, self.project.sessions()[-1]


def curl(url, sandbox, *more, into="/dev/null"):
    """Seconds that curl needs for a transfer over the same link."""
    headers = [option for name, value in sandbox.headers().items() for option in ("-H", f"{name}: {value}")]
    done = subprocess.run(["curl", "-sS", "--fail", "-o", into, "-w", "%{time_total}", *headers, *more, url], capture_output=True, text=True, check=True)
    return float(done.stdout)


def measure(meter, report, options):
    rounds = max(3, options.pairs)
    with sandbox_server.Server("--disk", "4GiB", "--memory", "2GiB") as sandboxes, far_away(sandboxes.port, ROUND_TRIP_MS) as port, far_away(sandboxes.port, 0) as near, \
            Project({"copy.oml": copy_of(), "rows.csv": SMALL, "paced.oml": paced(), "busy.oml": busy(2 * options.rows)}) as project:
        runs, close = Runs(meter, project, sandboxes, port), Runs(meter, project, sandboxes, near)
        name = json.loads(subprocess.run([program.program(), "e2b", "template", "build", "--json"], cwd=project.folder, env=close.environment, capture_output=True, check=True).stdout)["template"]
        baked = ("--e2b", "--e2b-template", name)
        report.section("Runs in a sandbox", f"Our own server of sandboxes, {ROUND_TRIP_MS} ms away there and back, by `tests/delay_proxy.py`. E2B's cloud was not measured.")
        for each in (runs, close):
            each.sample("copy.oml", *baked)
            each.sample("copy.oml", "--e2b")
        packed = next((project.home / ".cache/osiris/worker").glob("*.gz"))
        report.bar("the program as it is sent", packed.stat().st_size / 1e6, 6, "MB")

        def bootstraps(from_where, *how):
            return sorted(metric(from_where.sample("copy.oml", *how)[1], "e2b_bootstrap_ms") for _ in range(rounds))[rounds // 2]
        far, near_ms = bootstraps(runs, *baked), bootstraps(close, *baked)
        report.bar("bootstrap, the worker in the template", far / 1000, 0.4, "s")
        report.bar("ways there and back to the first event", (far - near_ms) / ROUND_TRIP_MS, 7, "ways")
        sent, uploaded = [], []
        for _ in range(rounds):
            session = runs.sample("copy.oml", "--e2b")[1]
            uploaded.append(metric(session, "e2b_bootstrap_ms") / 1000)
            box = sandboxes.create()
            sent.append(curl(f"http://127.0.0.1:{port}/files?path=/home/user/x", box, "-X", "POST", "-H", "Content-Type: application/octet-stream", "-H", "Content-Encoding: gzip", "-H", "Expect:",
                             "--data-binary", f"@{packed}"))
            box.remove()
        report.bar("bootstrap with upload, without what curl needs for the same bytes", sorted(a - b for a, b in zip(uploaded, sent))[rounds // 2], 0.8, "s")

        began = time.monotonic()
        runs.sample("paced.oml")
        local_s = time.monotonic() - began
        began = time.monotonic()
        runs.sample("paced.oml", *baked)
        report.bar(f"a paced pipeline of {PACED_S} s: more wall time than here", time.monotonic() - began - local_s, 0.6, "s")

        local, remote = [], []
        for _ in range(rounds):
            local.append(runs.sample("busy.oml")[0].cpu_s)
            with SandboxProcessor(sandboxes) as sandbox:
                host = runs.sample("busy.oml", *baked)[0].cpu_s
            remote.append(host + sandbox.seconds)
        report.ratio("a CPU-bound pipeline: CPU of host and sandbox", [a / b for a, b in zip(remote, local)], 1.02, "here")

        project.write("big.oml", pipeline(step("read", "python.extractor", "read", {"code": f"def extract():\n    text = 'x' * 9999\n    for _ in range({ARTIFACT_BYTES // 10_000_000}):\n        yield [{{'t': text}}] * 1000\n"}),
                                          write_csv(path="big.csv")))
        speeds, peak_mib = [], 0
        for _ in range(3):
            taken, session = runs.sample("big.oml", *baked)
            box = sandboxes.create()
            box.run(f"head -c {ARTIFACT_BYTES} /dev/zero >/home/user/big")
            floor = curl(f"http://127.0.0.1:{port}/files?path=/home/user/big", box, into=project.path("floor"))
            box.remove()
            speeds.append(metric(session, "e2b_download_ms") / 1000 / floor)
            peak_mib = max(peak_mib, taken.peak_mib)
        report.ratio(f"{ARTIFACT_BYTES // 1_000_000} MB back: time", speeds, 1.25, "curl")
        report.bar(f"{ARTIFACT_BYTES // 1_000_000} MB back: memory of the host", peak_mib, 64, "MiB")
