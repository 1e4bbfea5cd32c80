#!/usr/bin/env python3
"""Runs clang-tidy over every source of the program, in parallel: tools/lint_tidy.py BUILD

A file that was found clean is not looked at again until it, a header of ours that it reaches, the
checks or its flags change: the stamp's name is the hash of all that.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TIDY = "clang-tidy-14"
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)
KEPT_FLAG = re.compile(r"-(I|D|isystem|std=)")


def configure(build):
    """Makes compile_commands.json; nothing is built."""
    if not (build / "build.ninja").exists():
        subprocess.run(["cmake", "-G", "Ninja", "-S", str(ROOT), "-B", str(build)], check=True, stdout=subprocess.DEVNULL)
    return json.loads((build / "compile_commands.json").read_text())


def flags(command):
    """The flags that decide what a source means; g++'s own, its precompiled header among them, are left out."""
    words = shlex.split(command)
    kept = []
    for word, following in zip(words, words[1:] + [""]):
        if word in ("-I", "-D", "-isystem"):
            kept += [word, following]
        elif KEPT_FLAG.match(word):
            kept.append(word)
    return kept


def reached_headers(source, folders):
    """Our own headers that the source includes, directly or not."""
    seen, waiting = set(), [source]
    while waiting:
        for name in INCLUDE.findall(waiting.pop().read_text(encoding="utf-8")):
            for folder in folders:
                header = folder / name
                if header.is_file() and header not in seen:
                    seen.add(header)
                    waiting.append(header)
    return sorted(seen)


def fingerprint(source, its_flags):
    folders = [ROOT / "src", ROOT / "components", source.parent]
    digest = hashlib.sha256("\0".join(its_flags).encode())
    for path in [ROOT / ".clang-tidy", source, *reached_headers(source, folders)]:
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def check(source, its_flags, stamps):
    """What clang-tidy finds in one source, or nothing."""
    stamp = stamps / fingerprint(source, its_flags)
    if stamp.exists():
        return ""
    done = subprocess.run([TIDY, "--quiet", str(source), "--", *its_flags], capture_output=True, text=True)
    if done.returncode == 0:
        stamp.touch()
        return ""
    return done.stdout or done.stderr


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    stamps = build / "tidy"
    jobs = {}
    for entry in configure(build):
        source = pathlib.Path(entry["directory"], entry["file"]).resolve()
        is_ours = source.is_relative_to(ROOT / "src") or source.is_relative_to(ROOT / "components")
        if is_ours and source.exists() and not source.name.endswith("_test.cc"):
            jobs[source] = flags(entry["command"])
    stamps.mkdir(exist_ok=True)
    # The longest first, so that no core idles at the end.
    order = sorted(jobs, key=lambda path: -path.stat().st_size)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        findings = [text for text in pool.map(lambda source: check(source, jobs[source], stamps), order) if text]
    for text in findings:
        print(text.replace(f"{ROOT}/", ""))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
