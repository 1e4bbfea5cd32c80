"""The server of sandboxes: its control plane, how sandboxes live and end, who may ask it what, and faults on demand.

What a program inside a sandbox may not do is in sandbox_escape_test.py, what the official SDK sees in
sandbox_sdk_test.py."""
import base64
import hashlib
import http.client
import io
import json
import os
import pathlib
import signal
import socket
import subprocess
import tarfile
import tempfile
import threading
import time
import urllib.parse

from checks import Checks
from program import Project, is_sanitized
from sandbox_server import KEY, Server, eventually, frames, is_alive, is_root, outcome

# Of a sanitized program no memory and no time is measured.
MANY = int(os.environ.get("OSIRIS_TEST_SANDBOXES", 6 if is_sanitized() else 24))


def error(answer):
    return answer.status, answer.json()["code"]


def check_create(checks, server):
    answer = server.api("POST", "/v2/sandboxes", {"templateID": "base", "metadata": {"run": "r 1"}, "envVars": {"FOO": "bar"}})
    checks.equal("create: 201", answer.status, 201)
    made = answer.json()
    checks.that("create: the id is E2B's kind", made["sandboxID"].startswith("i") and len(made["sandboxID"]) == 20, made)
    for key, value in (("templateID", "base"), ("alias", "base"), ("domain", None), ("trafficAccessToken", None), ("envdVersion", "0.6.13")):
        checks.equal(f"create: {key}", made[key], value)
    checks.equal("create: it says what isolates", made["isolation"]["container"], "bubblewrap")
    path = f"/sandboxes/{made['sandboxID']}"
    info = server.api("GET", path).json()
    for key, value in (("state", "running"), ("cpuCount", 2), ("memoryMB", 512), ("metadata", {"run": "r 1"}), ("volumeMounts", []),
                       ("allowInternetAccess", True), ("lifecycle", {"onTimeout": "kill", "autoResume": False}),
                       ("envdAccessToken", made["envdAccessToken"])):
        checks.equal(f"info: {key}", info[key], value)
    checks.equal("info of none: 404", error(server.api("GET", "/sandboxes/i" + "0" * 19)), (404, 404))
    first = server.api("POST", "/sandboxes", {"templateID": "base"}).json()
    checks.that("v1: not secured unless asked for", "envdAccessToken" not in first, first)
    secured = server.api("POST", "/sandboxes", {"templateID": "base", "secure": True}).json()
    checks.that("v1: secured when asked for", secured.get("envdAccessToken"), secured)
    for what, body, status in (
            ("no template", {}, 400), ("unknown template", {"templateID": "none"}, 404), ("no time", {"templateID": "base", "timeout": 0}, 400),
            ("too long", {"templateID": "base", "timeout": 86_401}, 400), ("odd metadata", {"templateID": "base", "metadata": {"a": 1}}, 400),
            ("a name with =", {"templateID": "base", "envVars": {"a=b": "c"}}, 400),
            ("a volume", {"templateID": "base", "volumeMounts": [{"name": "v", "path": "/v"}]}, 501),
            ("an egress rule", {"templateID": "base", "network": {"allowOut": ["10.0.0.1"]}}, 501)):
        checks.equal(f"create with {what}", error(server.api("POST", "/v2/sandboxes", body)), (status, status))
    for what, body in (("no JSON", "{"), ("no object", "[]"), ("deep JSON", '{"metadata":' + "[" * 400_000), ("deep, whole JSON", '{"a":' + "[" * 300_000 + "]" * 300_000 + "}")):
        checks.equal(f"create with {what}", error(server.api("POST", "/v2/sandboxes", body)), (400, 400))
    checks.equal("create with too much", server.api("POST", "/v2/sandboxes", '{"a":"' + "x" * 1_100_000 + '"}').status, 413)
    for one in (made, first, secured):
        checks.equal("kill: 204", server.api("DELETE", f"/sandboxes/{one['sandboxID']}").status, 204)
    checks.equal("kill twice: 404", error(server.api("DELETE", path)), (404, 404))


def check_other_paths(checks, server):
    for method, path in (("GET", "/teams"), ("POST", "/sandboxes/x/snapshots"), ("POST", "/sandboxes/x/fork"), ("GET", "/v2/sandboxes/x/logs"),
                         ("GET", "/volumes"), ("PUT", "/sandboxes"), ("DELETE", "/templates/base"), ("GET", "/")):
        answer = server.api(method, path)
        checks.equal(f"{method} {path}: 501", error(answer), (501, 501))
        checks.contains(f"{method} {path}: it says which", answer.json()["message"], path)
    checks.equal("/health needs no key", server.ask("GET", "/health").status, 204)


def check_list(checks, server):
    boxes = [server.create(metadata={"n": str(number), "of": "a b&c"}) for number in range(3)]
    everyone = server.ids()
    checks.equal("list: the latest first", everyone, [box.id for box in reversed(boxes)])
    checks.equal("list: the other order", server.ids("order=asc"), [box.id for box in boxes])
    wanted = urllib.parse.quote("n=1&of=" + urllib.parse.quote(urllib.parse.quote("a b&c")))
    checks.equal("list: by metadata", server.ids(f"metadata={wanted}"), [boxes[1].id])
    checks.equal("list: by metadata that nobody has", server.ids("metadata=n%3D9"), [])
    seen, query = [], "limit=2"
    for _ in range(5):
        answer = server.api("GET", f"/v2/sandboxes?{query}")
        seen += [entry["sandboxID"] for entry in answer.json()]
        checks.equal("list: X-Total-Running", answer.headers["x-total-running"], "3")
        if "x-next-token" not in answer.headers:
            break
        query = "limit=2&nextToken=" + urllib.parse.quote(answer.headers["x-next-token"])
    checks.equal("list: pages make the whole", seen, everyone)
    checks.equal("pause: 204", server.api("POST", f"/sandboxes/{boxes[0].id}/pause").status, 204)
    checks.equal("list: the paused", server.ids("state=paused"), [boxes[0].id])
    checks.equal("list: the running", server.ids("state=running"), [boxes[2].id, boxes[1].id])
    checks.equal("list v1: the running", len(server.api("GET", "/sandboxes").json()), 2)
    for query in ("state=odd", "limit=0", "limit=101", "startedAfter=yesterday", "nextToken=%"):
        checks.equal(f"list: {query}", error(server.api("GET", f"/v2/sandboxes?{query}")), (400, 400))
    for box in boxes:
        box.remove()


def end_in_s(server, box):
    return time.mktime(time.strptime(server.api("GET", f"/sandboxes/{box.id}").json()["endAt"][:19], "%Y-%m-%dT%H:%M:%S")) - time.mktime(time.gmtime())


def check_times(checks, server):
    box = server.create(timeout=60)

    def ends_about(what, wanted_s):
        left = end_in_s(server, box)
        checks.that(f"{what}: ends in about {wanted_s} s", wanted_s - 3 <= left <= wanted_s + 1, left)

    ends_about("create", 60)
    checks.equal("timeout: 204", server.api("POST", f"/sandboxes/{box.id}/timeout", {"timeout": 300}).status, 204)
    ends_about("timeout longer", 300)
    server.api("POST", f"/sandboxes/{box.id}/timeout", {"timeout": 100})
    ends_about("timeout shorter", 100)
    checks.equal("refreshes: 204", server.api("POST", f"/sandboxes/{box.id}/refreshes", {"duration": 50}).status, 204)
    ends_about("refreshes never shorten", 100)
    server.api("POST", f"/sandboxes/{box.id}/refreshes", {"duration": 200})
    ends_about("refreshes", 200)
    checks.equal("connect: 200 while it runs", server.api("POST", f"/v2/sandboxes/{box.id}/connect", {"timeout": 10}).status, 200)
    ends_about("connect never shortens", 200)
    checks.equal("connect: the same token", server.api("POST", f"/v2/sandboxes/{box.id}/connect").json()["envdAccessToken"], box.token)
    ends_about("connect, by default", 300)
    checks.equal("connect v1 wants a timeout", server.api("POST", f"/sandboxes/{box.id}/connect", {}).status, 400)
    for path, body in (("timeout", {}), ("timeout", {"timeout": -1}), ("timeout", {"timeout": 90_000}), ("timeout", {"timeout": "9"}),
                       ("refreshes", {"duration": 3601})):
        checks.equal(f"{path} with {body}", error(server.api("POST", f"/sandboxes/{box.id}/{path}", body)), (400, 400))
    # A stream is broken off when the time is over, and the sandbox is gone for everybody.
    response, connection = box.start("sleep 60")
    server.api("POST", f"/sandboxes/{box.id}/timeout", {"timeout": 1})
    began = time.monotonic()
    messages = frames(response)
    connection.close()
    checks.that("TTL: the stream breaks off in time", 0.5 <= time.monotonic() - began <= 3, time.monotonic() - began)
    checks.that("TTL: without an end", all(flags == 0 for flags, _ in messages) and outcome(messages)[0] is None, messages)
    checks.equal("TTL: 502", box.ask("GET", "/health").status, 502)
    checks.equal("TTL: 502's body", box.ask("GET", "/health").json(), {"sandboxId": box.id, "message": "The sandbox was not found", "code": 502})
    checks.equal("TTL: 404", server.api("GET", f"/sandboxes/{box.id}").status, 404)


def check_pause(checks, server):
    box = server.create(timeout=60)
    box.run("echo kept > f; while :; do echo >> n; sleep 0.01; done >/dev/null 2>&1 & disown")
    checks.equal("pause: 204", server.api("POST", f"/sandboxes/{box.id}/pause", {"memory": True}).status, 204)
    checks.equal("pause twice: 409", error(server.api("POST", f"/sandboxes/{box.id}/pause")), (409, 409))
    checks.equal("pause: state", server.api("GET", f"/sandboxes/{box.id}").json()["state"], "paused")
    checks.equal("pause: 502 for its users", box.ask("GET", "/health").status, 502)
    checks.equal("pause: its metrics can be read", server.api("GET", f"/sandboxes/{box.id}/metrics").status, 200)
    checks.equal("connect: 201 where it was paused", server.api("POST", f"/v2/sandboxes/{box.id}/connect", {"timeout": 60}).status, 201)
    checks.equal("resumed: files", box.out("cat f"), "kept\n")
    one, two = box.out("wc -l < n; sleep 0.2; wc -l < n").split()
    checks.that("resumed: processes go on", int(two) > int(one), (one, two))
    checks.equal("resume of one that runs: 409", server.api("POST", f"/sandboxes/{box.id}/resume", {"timeout": 60}).status, 409)
    server.api("POST", f"/sandboxes/{box.id}/pause")
    checks.equal("resume: 201", server.api("POST", f"/sandboxes/{box.id}/resume", {"timeout": 60}).status, 201)
    server.api("POST", f"/sandboxes/{box.id}/pause")
    checks.equal("a paused one can be killed", box.remove(), 204)
    sleeper = server.create(timeout=1, autoPause=True, autoResume={"enabled": True})
    checks.that("autoPause: pauses when its time is over", eventually(lambda: server.ids("state=paused") == [sleeper.id], 5))
    checks.equal("autoResume: a request wakes it", sleeper.out("echo awake"), "awake\n")
    checks.equal("autoResume: it runs", server.ids("state=running"), [sleeper.id])
    sleeper.remove()


def check_metrics(checks, server):
    box, other = server.create(), server.create()
    server.api("GET", f"/sandboxes/{box.id}/metrics")
    box.run("head -c 50000000 /dev/zero > data; timeout 0.5 sh -c 'while :; do :; done'")
    [now] = server.api("GET", f"/sandboxes/{box.id}/metrics").json()
    checks.equal("metrics: limits", [now["cpuCount"], now["memTotal"], now["diskTotal"]], [2, 512 << 20, 2 << 30])
    checks.that("metrics: disk", 50_000_000 <= now["diskUsed"] < 60_000_000, now)
    checks.that("metrics: cpu", 5 < now["cpuUsedPct"] < 250, now)
    checks.that("metrics: memory", 0 < now["memUsed"] < 512 << 20, now)
    checks.that("metrics: time", abs(now["timestampUnix"] - time.time()) < 5, now)
    many = server.api("GET", f"/sandboxes/metrics?sandbox_ids={box.id},{other.id},i0").json()["sandboxes"]
    checks.equal("metrics of many", sorted(many), sorted([box.id, other.id]))
    box.remove()
    other.remove()


def tar_of(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, (content, mode) in files.items():
            entry = tarfile.TarInfo(name)
            if content is None:
                entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/shadow"
                tar.addfile(entry)
                continue
            entry.size, entry.mode = len(content), mode
            tar.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def build(server, name, steps, uploads=(), **body):
    """Begins, uploads and builds; the last answer."""
    begun = server.api("POST", "/v3/templates", {"name": name, "cpuCount": 1, "memoryMB": 256, **body})
    if begun.status != 202:
        return begun
    made = begun.json()
    for digest, data in uploads:
        place = server.api("GET", f"/templates/{made['templateID']}/files/{digest}").json()
        if not place["present"]:
            taken = server.ask("PUT", urllib.parse.urlparse(place["url"]).path, data)
            assert taken.status == 200, taken
    answer = server.api("POST", f"/v2/templates/{made['templateID']}/builds/{made['buildID']}", {"steps": steps})
    if answer.status == 202:
        status = server.api("GET", f"/templates/{made['templateID']}/builds/{made['buildID']}/status?logsOffset=0").json()
        assert status["status"] == "ready", status
    return answer


def check_templates(checks, server):
    data = tar_of({"app/worker": (b"#!/bin/sh\necho worked $MODE\n", 0o755), "app/lib/data": (b"data", 0o600), "one": (b"1", 0o644)})
    steps = [{"type": "COPY", "args": ["app", "/opt/app", "", ""], "filesHash": "a1"},
             {"type": "COPY", "args": ["one", "sub/one", "", "0640"], "filesHash": "a1"},
             {"type": "ENV", "args": ["MODE", "hard"]}, {"type": "WORKDIR", "args": ["/home/user/work"]}, {"type": "USER", "args": ["user"]}]
    checks.equal("template: built", build(server, "worker:v1", steps, [("a1", data)]).status, 202)
    checks.equal("template: alias", server.api("GET", "/templates/aliases/worker").status, 200)
    checks.equal("template: no alias", error(server.api("GET", "/templates/aliases/none")), (404, 404))
    box = server.create(templateID="worker:v1")
    info = server.api("GET", f"/sandboxes/{box.id}").json()
    checks.equal("template: its limits", [info["cpuCount"], info["memoryMB"]], [1, 256])
    checks.equal("template: files, variables, folder", box.run("/opt/app/worker; cat /opt/app/lib/data; pwd"),
                 (0, "worked hard\ndata/home/user/work\n", ""))
    checks.equal("template: a copy in the home", box.out("cat ~/sub/one; stat -c ' %a' ~/sub/one; echo 2 > ~/sub/one; cat ~/sub/one"), "1 640\n2\n")
    checks.that("template: the rest is to be read", box.run("echo > /opt/app/worker")[0] != 0)
    box.remove()
    link = tar_of({"link": (None, 0)})
    for what, steps, uploads, status in (
            ("RUN", [{"type": "RUN", "args": ["true"]}], [], 501), ("an odd USER", [{"type": "USER", "args": ["root"]}], [], 501),
            ("a link", [{"type": "COPY", "args": ["link", "/home/user/link", "", ""], "filesHash": "b1"}], [("b1", link)], 400),
            ("files that were not sent", [{"type": "COPY", "args": ["x", "/x", "", ""], "filesHash": "c1"}], [], 400),
            ("a source outside", [{"type": "COPY", "args": ["../../..", "/opt/x", "", ""], "filesHash": "a1"}], [], 400),
            ("a destination in /usr", [{"type": "COPY", "args": ["one", "/usr/bin/one", "", ""], "filesHash": "a1"}], [], 501)):
        checks.equal(f"template with {what}", error(build(server, "refused", steps, uploads)), (status, status))
    for what, body in (("3 processors", {"cpuCount": 3}), ("64 processors", {"cpuCount": 64}), ("little memory", {"memoryMB": 64}), ("odd memory", {"memoryMB": 255})):
        checks.equal(f"template with {what}", error(build(server, "refused", [], **body)), (400, 400))
    checks.equal("template that is not built", error(server.api("POST", "/v2/sandboxes", {"templateID": "refused"})), (404, 404))
    checks.equal("upload without a ticket", server.ask("PUT", "/uploads/none", b"x").status, 403)


def check_limit(checks):
    with Server("--max", "2") as server:
        boxes = [server.create(), server.create()]
        answer = server.api("POST", "/v2/sandboxes", {"templateID": "base"})
        checks.equal("--max: 429", error(answer), (429, 429))
        checks.contains("--max: E2B's words", answer.json()["message"], "you have reached the maximum number of concurrent E2B sandboxes (2)")
        boxes[0].remove()
        checks.equal("--max: an ended one makes place", server.api("POST", "/v2/sandboxes", {"templateID": "base"}).status, 201)


def check_many(checks):
    """Many at once, each with its own files and processes; then none is left."""
    with Server("--max", str(MANY)) as server:
        boxes, failures = [], []

        def work(number):
            try:
                box = server.create(metadata={"n": str(number)})
                boxes.append(box)
                box.write("mine", f"{number}".encode())
                seen = box.out("cat mine; ls ~ /tmp; id -un")
                if seen != f"{number}/home/user:\nmine\n\n/tmp:\nuser\n":
                    failures.append(seen)
            except Exception as problem:  # noqa: BLE001 - told below
                failures.append(repr(problem))

        before = server.resident_bytes()
        threads = [threading.Thread(target=work, args=[number]) for number in range(MANY)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        checks.equal(f"{MANY} at once", failures, [])
        checks.equal("each is counted", server.api("GET", "/v2/sandboxes?limit=1").headers["x-total-running"], str(MANY))
        checks.equal("slots of their own", len({os.stat(f"/proc/{pid}").st_uid for pid in server.processes()}), MANY if is_root() else 1)
        if not is_sanitized():
            each = (server.resident_bytes() - before) / MANY
            checks.that("memory of the server for each: at most 3 MiB", each <= 3 << 20, each)
        pids = server.processes()
        groups = [path for box in boxes for path in box.control_groups()]
        checks.that("there are processes", len(pids) >= 3 * MANY, len(pids))
        began = time.monotonic()
        checks.equal("SIGTERM: exit code", server.stop(), 143)
        checks.that("SIGTERM: all end soon", time.monotonic() - began < 20, time.monotonic() - began)
        checks.that("SIGTERM: no process is left", eventually(lambda: not any(map(is_alive, pids))))
        checks.equal("SIGTERM: no control group is left", [path for path in groups if os.path.exists(path)], [])
        checks.equal("SIGTERM: no folder is left", list(pathlib.Path(server.folder).glob("osiris-sandboxes-*/*")), [])


def check_killed_server(checks, *options):
    """A server that is killed takes its sandboxes with it; what is left on disk is removed by the next one."""
    what = "kill -9" + "".join(" " + option for option in options)
    with tempfile.TemporaryDirectory() as folder:
        with Server(*options, folder=folder) as server:
            box = server.create()
            box.run("setsid sleep 1000 >/dev/null 2>&1 & disown; sleep 1000 >/dev/null 2>&1 & disown")
            eventually(lambda: len(sleepers_of(box, "1000")) == 2)
            pids, groups, sleepers = server.processes(), box.control_groups(), sleepers_of(box, "1000")
            checks.equal(f"{what}: the processes are there", len(sleepers), 2)
            server.stop(signal.SIGKILL)
        if not options:
            checks.that(f"{what}: its containers die with it", eventually(lambda: not any(map(is_alive, [*pids, *sleepers]))))
        left = list(pathlib.Path(folder).glob("osiris-sandboxes-*/*"))
        checks.that(f"{what}: notes are left", left, left)
        with Server(*options, folder=folder) as server:
            checks.contains(f"{what}: the next one says so", server.greeting, "removed 1 sandbox of a server that was killed")
            checks.that(f"{what}: every process has ended", eventually(lambda: not any(map(is_alive, [*pids, *sleepers]))))
            checks.equal(f"{what}: no control group is left", [path for path in groups if os.path.exists(path)], [])
            checks.equal(f"{what}: nothing else is left", [path for path in left if path.exists()], [])


def environment_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def sleepers_of(box, seconds):
    found = [int(path.parent.name) for path in pathlib.Path("/proc").glob("[0-9]*/cmdline") if command_of(path) == f"sleep\0{seconds}\0"]
    return [pid for pid in found if box.id in environment_of(pid)]


def command_of(path):
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def check_two_servers(checks):
    """One server's start leaves the other's sandboxes alone."""
    with tempfile.TemporaryDirectory() as folder, Server(folder=folder) as one:
        box = one.create()
        with Server(folder=folder) as two:
            checks.equal("two servers: nothing to clean", "removed" in two.greeting, False)
            checks.equal("two servers: the first one's sandbox goes on", box.out("echo on"), "on\n")
            checks.equal("two servers: each has its own", two.ids(), [])


def check_dead_sandbox(checks, server):
    """A sandbox whose program is killed from within is gone, and everything of it is cleaned up."""
    box = server.create()
    groups = box.control_groups()
    response, connection = box.start("kill -9 -1; sleep 60")
    frames(response)
    connection.close()
    checks.that("dead sandbox: not listed", eventually(lambda: box.id not in server.ids()))
    checks.equal("dead sandbox: 502", box.ask("GET", "/health").status, 502)
    checks.that("dead sandbox: no control group is left", eventually(lambda: not any(map(os.path.exists, groups))), groups)
    checks.equal("dead sandbox: kill says it is gone", box.remove(), 404)
    checks.equal("dead sandbox: the server says how", server.said(), f"the sandbox '{box.id}' ended with code 137 by itself\n")


def check_graceful_end(checks, server):
    box = server.create()
    box.run("trap '' TERM; sleep 500 >/dev/null 2>&1 & disown")
    eventually(lambda: sleepers_of(box, "500"))
    pids = sleepers_of(box, "500")
    checks.equal("end: a process that ignores SIGTERM is there", len(pids), 1)
    began = time.monotonic()
    checks.equal("end: 204", box.remove(), 204)
    checks.that("end: and has ended", eventually(lambda: not any(map(is_alive, pids)), 2))
    checks.that("end: soon", time.monotonic() - began < 3, time.monotonic() - began)


def check_keys(checks, server):
    for what, headers in (("no key", {}), ("a wrong key", {"X-API-KEY": "e2b_" + "f" * 32}), ("half a key", {"X-API-KEY": KEY[:-1]})):
        for method, path in (("GET", "/v2/sandboxes"), ("POST", "/v2/sandboxes"), ("DELETE", "/sandboxes/x"), ("GET", "/any")):
            answer = server.ask(method, path, headers=headers)
            checks.equal(f"{what}: {method} {path}", error(answer), (401, 401))
    box, other = server.create(), server.create()
    for what, token in (("no token", ""), ("a wrong token", "ta_x"), ("another sandbox's token", other.token), ("the key", KEY)):
        answer = server.ask("GET", "/files?path=x", headers={"E2b-Sandbox-Id": box.id, "X-Access-Token": token})
        checks.equal(f"{what}: 401", error(answer), (401, 401))
    checks.equal("/health of a sandbox needs none", server.ask("GET", "/health", headers={"E2b-Sandbox-Id": box.id}).status, 204)
    checks.equal("no sandbox named", server.ask("GET", "/files?path=x", headers={"X-Access-Token": box.token}).status, 401)
    checks.equal("another port", server.ask("GET", "/", headers={"E2b-Sandbox-Id": box.id, "E2b-Sandbox-Port": "3000"}).status, 501)
    for path in ("/init", "/freeze", "/upgrade", "/x"):
        checks.equal(f"no client calls {path}", box.ask("POST", path, "{}").status, 501)
    checks.equal("by Host", server.ask("GET", "/envs", headers={"Host": f"49983-{box.id}.e2b.app", "X-Access-Token": box.token}).status, 200)
    checks.equal("an old id with a client's", server.ask("GET", "/envs", headers={"E2b-Sandbox-Id": f"{box.id}-local", "X-Access-Token": box.token}).status, 200)
    box.remove()
    other.remove()


def check_signatures(checks, server):
    box, other = server.create(), server.create()

    def url(path, operation, token, expiration=None, user=""):
        text = f"{path}:{operation}:{user}:{token}" + (f":{expiration}" if expiration else "")
        signature = "v1_" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
        query = {"path": path, "signature": signature, **({"signature_expiration": expiration} if expiration else {}), **({"username": user} if user else {})}
        return "/files?" + urllib.parse.urlencode(query)

    later = int(time.time()) + 60
    body = {"Content-Type": "application/octet-stream"}
    checks.equal("signed: write", server.ask("POST", url("s.txt", "write", box.token, later), b"signed", body).status, 200)
    checks.equal("signed: read", server.ask("GET", url("s.txt", "read", box.token)).body, b"signed")
    checks.equal("signed: for the right sandbox", server.ask("GET", url("s.txt", "read", other.token)).status, 404)
    for what, path in (("expired", url("s.txt", "read", box.token, int(time.time()) - 5)), ("of another operation", url("s.txt", "write", box.token)),
                       ("with no token", url("s.txt", "read", "")), ("of another path", url("t.txt", "read", box.token).replace("t.txt", "s.txt")),
                       ("of another time", url("s.txt", "read", box.token, later).replace(str(later), str(later + 9))),
                       ("with another user", url("s.txt", "read", box.token) + "&username=root")):
        checks.equal(f"a signature {what}", server.ask("GET", path).status, 401)
    box.remove()
    other.remove()


def check_strangers(checks, server):
    """Pages in a browser, by whatever name they reach the server."""
    key = {"X-API-KEY": KEY}
    for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "10.0.0.1", ""):
        checks.equal(f"Host '{host}'", server.ask("GET", "/health", headers={"Host": host}).status, 403)
    for host in ("localhost", f"localhost:{server.port}", "127.0.0.1", "[::1]:80"):
        checks.equal(f"Host '{host}'", server.ask("GET", "/health", headers={"Host": host}).status, 204)
    for origin in ("https://evil.example", "null", "http://localhost:1"):
        answer = server.ask("GET", "/v2/sandboxes", headers={**key, "Origin": origin})
        checks.equal(f"Origin '{origin}'", answer.status, 403)
    answer = server.ask("OPTIONS", "/v2/sandboxes", headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"})
    checks.equal("a preflight", answer.status, 403)
    checks.equal("no answer allows another origin", [name for name in answer.headers if name.startswith("access-control")], [])
    checks.equal("Sec-Fetch-Site", server.ask("GET", "/health", headers={"Sec-Fetch-Site": "cross-site"}).status, 403)
    listening = subprocess.run(["ss", "-Hltn", f"sport = :{server.port}"], capture_output=True, text=True, check=True).stdout
    checks.equal("listens on loopback only", [line.split()[3] for line in listening.splitlines()], [f"127.0.0.1:{server.port}"])


def check_made_key(checks):
    with Server(key=None) as server:
        checks.that("a made key", server.key.startswith("e2b_") and len(server.key) == 44 and set(server.key[4:]) <= set("0123456789abcdef"), server.greeting)
        checks.contains("the lines for a client", server.greeting, f"export E2B_API_URL={server.url} E2B_SANDBOX_URL={server.url}")
        checks.equal("it opens", server.api("GET", "/v2/sandboxes").status, 200)
    with tempfile.NamedTemporaryFile("w", suffix=".key") as file:
        file.write("e2b_00ff\n")
        file.flush()
        with Server("--api-key-file", file.name) as server:
            checks.equal("a key in a file", server.ask("GET", "/v2/sandboxes", headers={"X-API-KEY": "e2b_00ff"}).status, 200)
            checks.that("a given key is not told", "e2b_00ff" not in server.greeting, server.greeting)
            server.key = "e2b_00ff"
            box = server.create(envVars={"PASSWORD": "marker-1"})
            lines = "".join(command_of(pathlib.Path(f"/proc/{pid}/cmdline")) for pid in server.processes())
            checks.that("no secret in a command line", not any(secret in lines for secret in ("e2b_00ff", "marker-1", box.token)), lines)


def check_chaos(checks):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "chaos.json"
        file.write_text('{"faults": []}', encoding="utf-8")
        with Server("--chaos", str(file)) as server:
            box = server.create()

            def faults(*entries):
                file.write_text(json.dumps({"faults": entries}), encoding="utf-8")
                # The time of a file is what tells that it changed.
                stamp = time.time() + faults.count
                faults.count += 1
                os.utime(file, (stamp, stamp))

            faults.count = 1
            faults({"path": "/v2/sandboxes", "method": "POST", "times": 1, "status": 429, "message": "later"})
            checks.equal("chaos: 429 once", [server.api("POST", "/v2/sandboxes", {"templateID": "base"}).status for _ in range(2)], [429, 201])
            faults({"path": "/health", "skip": 1, "times": 1, "status": 500})
            checks.equal("chaos: 500, the second time", [box.ask("GET", "/health").status for _ in range(3)], [204, 500, 204])
            faults({"path": "/health", "delay_ms": 400})
            began = time.monotonic()
            box.ask("GET", "/health")
            checks.that("chaos: a delay", 0.4 <= time.monotonic() - began < 2, time.monotonic() - began)
            faults({"path": "/process.Process/Start", "cut_after_frames": 2})
            response, connection = box.start("echo one; sleep 0.1; echo two; sleep 0.1; echo three")
            messages = frames(response)
            connection.close()
            checks.equal("chaos: cut after two frames", (len(messages), outcome(messages)), (2, (None, "one\n", "")))
            box.write("big", b"x" * 100_000)
            faults({"path": "/files", "method": "GET", "cut_at_byte": 70_000})
            checks.equal("chaos: cut at a byte", cut_download(server, box), 70_000)
            faults({"path": "/files", "method": "POST", "disk_full": True})
            checks.equal("chaos: disk full", error(box.write("x", b"x")), (507, 507))
            faults({"path": "/health", "hang": True})
            checks.that("chaos: hangs", hangs(lambda: box.ask("GET", "/health", timeout_s=0.5)))
            faults({"path": "/health", "gone_s": 1})
            checks.equal("chaos: 502", box.ask("GET", "/health").status, 502)
            checks.that("chaos: and back after a second", eventually(lambda: box.ask("GET", "/health").status == 204, 3))
            faults({"path": "/process.Process/List", "expire": True})
            box.call("process.Process/List")
            checks.that("chaos: its time is over", eventually(lambda: box.id not in server.ids(), 3))
            faults({"oops": 1})
            checks.equal("chaos: a fault that is none", server.ask("GET", "/health").status, 500)
        file.write_text('{"old_envd": true}', encoding="utf-8")
        with Server("--chaos", str(file)) as server:
            box = server.create()
            checks.equal("chaos: an old envd's version", box.made["envdVersion"], "0.5.18")
            response, connection = box.start("head -c 5000000 /dev/zero | tr '\\0' x; echo done > finished")
            response.read(5)
            response.close()
            connection.close()
            time.sleep(1)
            checks.that("chaos: nobody reads, so the process waits", box.read("finished").status == 404)


def cut_download(server, box):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", "/files?path=big", headers=box.headers())
    try:
        return len(connection.getresponse().read())
    except http.client.IncompleteRead as cut:
        return len(cut.partial)
    finally:
        connection.close()


def hangs(work):
    try:
        work()
    except (TimeoutError, socket.timeout):
        return True
    return False


def check_without_isolation(checks):
    with Server("--no-isolation") as server:
        checks.contains("--no-isolation: says so", server.greeting, "nothing keeps what runs in these sandboxes from this machine")
        box = server.create()
        checks.equal("--no-isolation: create's answer says so", box.made["isolation"]["container"], "none")
        home = box.out("pwd").strip()
        checks.that("--no-isolation: a folder of its own", home.startswith(str(server.folder)) and home == box.out("echo $HOME").strip(), home)
        checks.equal("--no-isolation: the key stays outside", KEY in box.out("env"), False)
        box.remove()
        checks.that("--no-isolation: the folder goes", not os.path.exists(home))


def check_refusals(checks):
    with Project() as project:
        outcome_of = project.run("sandbox", "serve", "--port", "0", "--json", variables={"PATH": "/nonexistent"})
        checks.equal("no bubblewrap: exit code", outcome_of.exit_code, 2)
        checks.equal("no bubblewrap: code", outcome_of.error().get("code"), "sandbox.no_isolation")
        checks.contains("no bubblewrap: hint", outcome_of.error().get("hint", ""), "--no-isolation")
        root = project.path("state")
        root.mkdir()
        root.chmod(0o777)
        outcome_of = project.run("sandbox", "serve", "--port", "0", "--state", str(root), "--json")
        checks.equal("a folder that others can write: code", outcome_of.error().get("code"), "sandbox.unsafe_folder")
        for option in (["--port", "70000"], ["--max", "0"], ["--network", "some"], ["--memory", "much"]):
            checks.equal(f"{option}: code", project.run("sandbox", "serve", *option, "--json").error().get("code"), "cli.usage")
        with Server() as server:
            outcome_of = project.run("sandbox", "serve", "--port", server.port, "--json")
            checks.equal("a port that is taken: code", outcome_of.error().get("code"), "sandbox.cannot_listen")
        doctor = project.run("sandbox", "doctor", "--json")
        checks.equal("doctor: exit code", doctor.exit_code, 0)
        checks.equal("doctor: says what isolates", doctor.document()["container"], "bubblewrap")


def main(checks):
    with Server() as server:
        for check in (check_create, check_other_paths, check_list, check_times, check_pause, check_metrics, check_templates,
                      check_graceful_end, check_keys, check_signatures, check_strangers):
            checks.group(check.__name__, check, server)
        checks.equal("no sandbox is left", server.ids(), [])
        checks.equal("nothing was said", server.said(), "")
        checks.group("check_dead_sandbox", check_dead_sandbox, server)
    for check in (check_limit, check_many, check_killed_server, check_two_servers, check_made_key, check_chaos, check_without_isolation, check_refusals):
        checks.group(check.__name__, check)
    checks.group("check_killed_server without isolation", check_killed_server, "--no-isolation")


if __name__ == "__main__":
    Checks.run(main)
