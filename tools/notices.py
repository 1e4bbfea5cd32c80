#!/usr/bin/env python3
"""THIRD_PARTY_NOTICES, the licences of what the program and its tarball consist of besides our own code:
    tools/notices.py BUILD           write it anew, from the packages of this machine and the parts that were fetched into BUILD
    tools/notices.py --check BUILD   every library that BUILD's program is linked with has its notice there
"""
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
NOTICES = ROOT / "THIRD_PARTY_NOTICES"
DOCS = pathlib.Path("/usr/share/doc")
LICENCES = pathlib.Path("/usr/share/common-licenses")
# What is compiled in or linked, by the package that it comes from.
PACKAGES = {
    "libyaml-cpp-dev": ("yaml-cpp", ["libyaml-cpp.a"]),
    "nlohmann-json3-dev": ("JSON for Modern C++", []),
    "libcli11-dev": ("CLI11", []),
    "libssl-dev": ("OpenSSL", ["libssl.a", "libcrypto.a"]),
    "zlib1g-dev": ("zlib", ["libz.a"]),
    "libzstd-dev": ("Zstandard", ["libzstd.a"]),
    "libsqlite3-dev": ("SQLite", ["libsqlite3.a"]),
    "libmariadb-dev": ("MariaDB Connector/C", ["libmariadbclient.a"]),
    "libpq-dev": ("libpq of PostgreSQL", ["libpq.a", "libpgcommon_shlib.a", "libpgport_shlib.a"]),
    "libedit-dev": ("libedit", ["libedit.a"]),
    "libbsd-dev": ("libbsd", ["libbsd.a"]),
    "libmd-dev": ("libmd", ["libmd.a"]),
    "libncurses-dev": ("ncurses", ["libtinfo.a"]),
    "gcc-12-base": ("The libraries of GCC", ["libstdc++.a", "libgcc.a"]),
}
# Those whose whole text has to come along; the program's own licence is Apache-2.0, too.
WHOLE = {"Apache-2.0": "LICENSE beside this file", "LGPL-2.1": "the end of this file"}


def title(name, libraries=()):
    beside = f" ({', '.join(libraries)})" if libraries else ""
    return f"{'=' * 100}\n{name}{beside}\n{'=' * 100}\n\n"


def without_packaging(text):
    """The text of a machine-readable copyright file without what is said of the files that make the package."""
    kept = []
    for paragraph in re.split(r"\n{2,}", text):
        files = re.match(r"Files:((?:.|\n )*)", paragraph)
        if not (files and all(name.startswith("debian/") for name in files[1].split())):
            kept.append(paragraph)
    return "\n\n".join(kept).strip() + "\n"


def package_notice(package):
    text = without_packaging((DOCS / package / "copyright").read_text(encoding="utf-8"))
    for licence, place in WHOLE.items():
        text = re.sub(rf"[`'\"]?{LICENCES}/{re.escape(licence)}[`'\"]?", place, text)
    return text


def npm_file(package, path):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        (archive,) = pathlib.Path(folder).glob("*.tgz")
        return subprocess.run(["tar", "-xzOf", archive, path], check=True, capture_output=True, text=True).stdout


def write(build):
    header = re.search(r'header_package="(.*)"', (ROOT / "tools" / "fetch_engine.sh").read_text(encoding="utf-8"))[1]
    text = "What Osiris consists of besides its own code, and under which licences. tools/notices.py writes this file.\n\n"
    for package, (name, libraries) in PACKAGES.items():
        text += title(name, libraries) + package_notice(package) + "\n"
    text += title("DuckDB", ["libduckdb.so, beside the program"]) + npm_file(header, "package/LICENSE").strip() + "\n\n"
    text += title("uPlot, in every report") + (build / "charts" / "uplot_licence.txt").read_text(encoding="utf-8").strip() + "\n\n"
    text += title("GNU Lesser General Public License, version 2.1") + (LICENCES / "LGPL-2.1").read_text(encoding="utf-8")
    NOTICES.write_text(text, encoding="utf-8")


def linked_libraries(build):
    """Names of the archives in the program's link, and those that the compiler adds."""
    rules = (build / "build.ninja").read_text(encoding="utf-8")
    link = re.search(r"^build osiris: .*\n(?:  .*\n)*?  LINK_LIBRARIES = (.*)$", rules, re.MULTILINE)[1]
    names = [pathlib.Path(word).name for word in link.split() if word.endswith(".a")]
    return [name for name in names if name != "libosiris_core.a"] + ["libstdc++.a", "libgcc.a"]


def check(build):
    heads = re.findall(r"^={100}\n(.*)\n={100}$", NOTICES.read_text(encoding="utf-8"), re.MULTILINE)
    named = {library for head in heads for library in re.findall(r"lib[^ ,()]+\.a", head)}
    missing = [library for library in linked_libraries(build) if library not in named]
    for library in missing:
        print(f"THIRD_PARTY_NOTICES does not name {library}: add its package to tools/notices.py", file=sys.stderr)
    return 1 if missing else 0


if sys.argv[1] == "--check":
    sys.exit(check(pathlib.Path(sys.argv[2])))
write(pathlib.Path(sys.argv[1]))
