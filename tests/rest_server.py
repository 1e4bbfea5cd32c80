"""The tests' own Supabase: the server of tests/rest/ over a private PostgreSQL."""
import json
import urllib.request

import node

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


class RestServer(node.Server):
    """A project at `url`, with a key of each kind in `keys`. Use it in a `with`."""

    def __init__(self, postgres, grants=True):
        """Without grants, new tables are not exposed by themselves, as in projects since October 2026."""
        dsn = f"host={postgres.folder} port={postgres.port} dbname={postgres.database} user={postgres.user}"
        super().__init__("rest", "server.mjs", "--dsn", dsn, *([] if grants else ["--without-grants"]))
        self.keys = self._control("/_keys")

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
        """What was asked since forget(): method, path, query, names of headers, prefer, bytes, status, in_flight."""
        return self._control("/_log")

    def forget(self):
        self._control("/_forget")

    def variables(self, key="service"):
        """The environment variables under which a project finds this server."""
        return {"SUPABASE_URL": self.url, "SUPABASE_KEY": self.keys[key]}

    def most_in_flight(self):
        return max((entry["in_flight"] for entry in self.log()), default=0)


def too_many_requests(retry_after_s, **fault):
    return {"kind": "status", "status": 429, "headers": {"Retry-After": str(retry_after_s)},
            "body": {"message": "Too Many Requests"}, **fault}


def unavailable(**fault):
    """PostgREST has lost its database for a moment."""
    return {"kind": "status", "status": 503, "body": {
        "code": "PGRST001", "message": "Database client error. Retrying the connection.", "details": None, "hint": None}, **fault}


def page_of_the_network(status=520, **fault):
    """What stands before the project answers, in HTML."""
    return {"kind": "status", "status": status, "body": "<!DOCTYPE html><html><title>Web server error</title></html>", **fault}


def paused(**fault):
    return {"kind": "status", "status": 540, "body": {"message": "Project paused"}, **fault}
