"""Runs commands and tells what they took: the samples of works that alternate, and their ratios."""
import pathlib
import re
import shutil
import statistics
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent


def build(folder, name, *flags):
    """Compiles one of the C programs beside this file."""
    binary = pathlib.Path(folder, name)
    subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", binary, HERE / f"{name}.c", *flags], check=True)
    return binary


class Sample:
    """What one run of a command took."""

    def __init__(self, line):
        exit_code, wall, cpu, peak = line.split()
        self.exit_code, self.wall_s, self.cpu_s, self.peak_mib = int(exit_code), float(wall), float(cpu), int(peak) / 1024


class Meter:
    def __init__(self, folder):
        self._measure, self._line = build(folder, "measure"), pathlib.Path(folder, "sample")

    def sample(self, command, where, environment):
        """What a command took. Errors: RuntimeError where it fails."""
        done = subprocess.run([self._measure, self._line, *command], cwd=where, env=environment, capture_output=True, text=True)
        taken = Sample(self._line.read_text())
        if done.returncode or taken.exit_code:
            raise RuntimeError(f"{' '.join(map(str, command))}: exit {taken.exit_code}: {done.stderr[-500:]}")
        return taken


def peaks(command, where, environment):
    """Peak resident MiB of a command and of the largest process that it starts, as they are seen every 5 ms."""
    def peak_of(process):
        try:
            found = re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path(f"/proc/{process}/status").read_text())
        except OSError:
            found = None
        return int(found[1]) / 1024 if found else 0

    def children_of(process):
        for path in pathlib.Path(f"/proc/{process}/task").glob("*/children"):
            try:
                yield from path.read_text().split()
            except OSError:
                continue
    own = others = 0
    with subprocess.Popen(command, cwd=where, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            own, others = max(own, peak_of(process.pid)), max([others, *map(peak_of, children_of(process.pid))])
            time.sleep(0.005)
    if process.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit {process.returncode}")
    return own, others


def alternate(pairs, works):
    """Runs each work once to warm up, then all in turn, `pairs` times: name -> samples."""
    for work in works.values():
        work()
    samples = {name: [] for name in works}
    for pair in range(pairs):
        # Every second round runs backwards, so that no work always follows the same other.
        order = list(works) if pair % 2 == 0 else list(reversed(works))
        for name in order:
            samples[name].append(works[name]())
    return samples


def ratios(over, under, value):
    return [value(a) / value(b) for a, b in zip(over, under)]


def middle(samples, value):
    return statistics.median(map(value, samples))


def wall(sample):
    return sample.wall_s


def cpu(sample):
    return sample.cpu_s


def peak(sample):
    return sample.peak_mib


def instructions(command, where, environment):
    """Instructions that a command executes, in millions: from the hardware's counter, or from valgrind."""
    if shutil.which("perf"):
        done = subprocess.run(["perf", "stat", "-x,", "-e", "instructions:u", *command], cwd=where, env=environment,
                              capture_output=True, text=True)
        found = re.search(r"^(\d+),", done.stderr, re.M)
        if found:
            return int(found[1]) / 1e6, "perf"
    if shutil.which("valgrind"):
        done = subprocess.run(["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", *command],
                              cwd=where, env=environment, capture_output=True, text=True)
        found = re.search(r"I\s+refs:\s+([\d,]+)", done.stderr)
        if found:
            return int(found[1].replace(",", "")) / 1e6, "valgrind"
    return None, "neither perf nor valgrind can count here"
