"""The tests' own Supabase: the server of tests/rest/ over a private PostgreSQL."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import urllib.request

SOURCES = pathlib.Path(__file__).resolve().parent / "rest"
# Node looks for packages beside the program, so that the program stands beside the packages.
PLACE = SOURCES.parent.parent / "build" / "rest"

# Both stand after program.CONNECTIONS.
CONNECTION = """\
  supabase:
    main:
      url: ${SUPABASE_URL}
      key: ${SUPABASE_KEY}
"""
CONNECTION_TO_DATABASE = CONNECTION + """\
      pg_dsn: ${SUPABASE_DSN:-}
"""


def place():
    """Brings the server and its packages, once for each package.json."""
    PLACE.mkdir(parents=True, exist_ok=True)
    wanted = (SOURCES / "package.json").read_text()
    is_there = (PLACE / "node_modules").is_dir() and (PLACE / "package.json").read_text() == wanted
    for source in SOURCES.iterdir():
        # Several tests may start at the same time.
        copy = PLACE / f".{source.name}.{os.getpid()}"
        shutil.copy(source, copy)
        copy.replace(PLACE / source.name)
    if not is_there:
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=PLACE, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return PLACE


class RestServer:
    """A project at `url`, with a key of each kind in `keys`. Use it in a `with`."""

    def __init__(self, postgres, grants=True):
        """Without grants, new tables are not exposed by themselves, as in projects since October 2026."""
        dsn = f"host={postgres.folder} port={postgres.port} dbname={postgres.database} user={postgres.user}"
        self._process = subprocess.Popen(
            ["node", str(place() / "server.mjs"), "--dsn", dsn, *([] if grants else ["--without-grants"])],
            stdout=subprocess.PIPE, text=True)
        started = re.fullmatch(r"listening on (\d+)\n", self._process.stdout.readline())
        if not started:
            raise RuntimeError("the REST server did not start")
        self.url = f"http://127.0.0.1:{started[1]}"
        self.keys = self._control("/_keys")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(10)
        self._process.stdout.close()

    def _control(self, path, document=None):
        request = urllib.request.Request(self.url + path, json.dumps({} if document is None else document).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def arm(self, *faults):
        """Faults for the next requests: {kind, method, path, after, times, …}; see tests/rest/faults.mjs."""
        self._control("/_faults", list(faults))

    def set(self, **settings):
        """max_rows, max_body_bytes, statement_timeout_ms, exposed (names of schemas)."""
        self._control("/_settings", settings)

    def log(self):
        """What was asked since forget(): method, path, query, names of headers, bytes, status, in_flight."""
        return self._control("/_log")

    def forget(self):
        self._control("/_forget")

    def variables(self, key="service"):
        """The environment variables under which a project finds this server."""
        return {"SUPABASE_URL": self.url, "SUPABASE_KEY": self.keys[key]}
