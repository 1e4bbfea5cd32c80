#!/usr/bin/env python3
"""Runs clang-tidy over every source of the program, some of a folder at a time, in parallel: tools/lint_tidy.py BUILD

A group that was found clean is not looked at again until a source, a header of ours that it reaches, the
checks or the flags change: the stamp's name is the hash of all that.
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
# As many as the build compiles together, so that private names that it bears do not clash here.
GROUP_SIZE = 8
KEPT_FLAG = re.compile(r"-(I|D|isystem|std=)")


def configure(tree, build):
    """The entry of each source in compile_commands.json; nothing is built."""
    each_alone = ["-DOSIRIS_UNITY_SIZE=1", f"-DOSIRIS_ENGINE_HEADERS={build / 'engine'}"]
    subprocess.run(["cmake", "-G", "Ninja", "-S", str(ROOT), "-B", str(tree), *each_alone], check=True, stdout=subprocess.DEVNULL)
    return json.loads((tree / "compile_commands.json").read_text())


def meaning(command):
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


def fingerprint(sources, flags):
    digest = hashlib.sha256("\0".join(flags).encode())
    for source in sources:
        folders = [ROOT / "src", ROOT / "components", source.parent]
        for path in [ROOT / ".clang-tidy", source, *reached_headers(source, folders)]:
            digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def tidy(source, flags):
    """Returns (whether it is clean, whether it compiles, what clang-tidy says)."""
    done = subprocess.run([TIDY, "--quiet", str(source), "--", *flags], capture_output=True, text=True)
    return done.returncode == 0, "clang-diagnostic-error" not in done.stdout, done.stdout or done.stderr


class Group:
    """Sources of one folder that are compiled alike."""

    def __init__(self, sources, flags, stamps):
        self.sources, self.flags = sources, flags
        self.stamp = stamps / fingerprint(self.sources, flags)
        self.size_bytes = sum(source.stat().st_size for source in self.sources)

    def findings(self):
        """What clang-tidy finds, or nothing. All sources go in as one, for most of the time is spent on the headers
        that they share; where their private names clash, each goes alone."""
        if self.stamp.exists():
            return ""
        together = self.stamp.with_suffix(".cc")
        together.write_text("".join(f'#include "{source}"\n' for source in self.sources))
        clean, compiles, text = tidy(together, self.flags)
        together.unlink()
        if not compiles:
            results = [tidy(source, self.flags) for source in self.sources]
            clean, text = all(result[0] for result in results), "".join(result[2] for result in results if not result[0])
        if clean:
            self.stamp.touch()
        return "" if clean else text


def groups_of(entries, stamps):
    folders = {}
    for entry in entries:
        source = pathlib.Path(entry["directory"], entry["file"]).resolve()
        is_ours = source.is_relative_to(ROOT / "src") or source.is_relative_to(ROOT / "components")
        if is_ours and source.exists() and not source.name.endswith("_test.cc"):
            folders.setdefault((source.parent, tuple(meaning(entry["command"]))), []).append(source)
    return [Group(sorted(sources)[begin:begin + GROUP_SIZE], list(flags), stamps)
            for (_, flags), sources in folders.items() for begin in range(0, len(sources), GROUP_SIZE)]


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    tree = build / "tidy"
    stamps = tree / "clean"
    entries = configure(tree, build)
    stamps.mkdir(exist_ok=True)
    # The biggest first, so that no core idles at the end.
    groups = sorted(groups_of(entries, stamps), key=lambda group: -group.size_bytes)
    if not groups:
        sys.exit("lint_tidy: no source is in compile_commands.json")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        findings = [text for text in pool.map(Group.findings, groups) if text]
    for text in findings:
        print(text.replace(f"{ROOT}/", ""))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
