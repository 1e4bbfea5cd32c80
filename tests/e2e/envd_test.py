"""What runs inside a sandbox, as its peers see it: files, processes and folders over HTTP and Connect, and peers who
send nonsense, take nothing or vanish."""
import concurrent.futures
import gzip
import os
import socket
import struct
import time

from checks import Checks
from failures import check_failure
from program import Project, is_sanitized
from sandbox_agent import Agent, Told, encoded, eventually, frame, is_alive

MIB = 1 << 20


def form(*parts, boundary="XboundaryX"):
    """A body of a form: parts are (field, file name or None, content)."""
    body = b""
    for field, name, content in parts:
        disposition = f'form-data; name="{field}"' + (f'; filename="{name}"' if name is not None else "")
        body += f"--{boundary}\r\nContent-Disposition: {disposition}\r\nContent-Type: text/plain\r\n\r\n".encode() + content + b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def check_uploads(checks):
    with Agent() as agent:
        answer = agent.put("a/b/hello.txt", "héllo".encode())
        path = f"{agent.home}/a/b/hello.txt"
        checks.equal("upload: answer", (answer.status, answer.json()), (200, [{"path": path, "name": "hello.txt", "type": "file"}]))
        checks.equal("upload: mode", oct(os.stat(path).st_mode & 0o777), "0o644")
        checks.equal("upload: back", agent.get("~/a/b/hello.txt").body.decode(), "héllo")
        os.chmod(path, 0o755)
        inode = os.stat(path).st_ino
        agent.put(path, b"x")
        checks.equal("upload: written over in its place", (os.stat(path).st_ino, oct(os.stat(path).st_mode & 0o777), open(path).read()),
                     (inode, "0o755", "x"))
        agent.put("empty", b"")
        answer = agent.get("empty")
        checks.equal("upload: empty", (answer.status, answer.headers["Content-Length"], answer.body), (200, "0", b""))

        def chunks():
            yield b"one "
            yield b"two"
        agent.put("chunked", chunks())
        checks.equal("upload: in chunks", agent.get("chunked").body, b"one two")

        body, headers = form(("file", "m1.txt", b"1"), ("other", "no.txt", b"?"), ("file", "m/m2.txt", b"\r\n--Xbound"), ("file", "e", b""))
        answer = agent.request("POST", "/files", body, headers)
        checks.equal("form: several", [entry["path"] for entry in answer.json()], [f"{agent.home}/{name}" for name in ("m1.txt", "m/m2.txt", "e")])
        checks.equal("form: content", [agent.get(name).body for name in ("m1.txt", "m/m2.txt", "e")], [b"1", b"\r\n--Xbound", b""])
        checks.that("form: another field is no file", not (agent.home / "no.txt").exists())
        body, headers = form(("file", "blob", b"named by the path"))
        agent.request("POST", "/files?path=named.txt&username=user", body, headers)
        checks.equal("form: path", agent.get("named.txt").body, b"named by the path")
        body, headers = form(("file", "twice", b"first"), ("file", "./twice", b"second"))
        answer = agent.request("POST", "/files", body, headers)
        checks.equal("form: one path twice", (answer.status, agent.get("twice").body), (400, b"first"))

        text = b"gz" * 100_000
        agent.put("g.txt", gzip.compress(text), Content_Encoding="gzip")
        checks.equal("gzip: octets", agent.get("g.txt").body, text)
        body, headers = form(("file", "gf.txt", text))
        agent.request("POST", "/files", gzip.compress(body), {**headers, "Content-Encoding": "gzip"})
        checks.equal("gzip: form", agent.get("gf.txt").body, text)
        for what, answer, words in (
                ("gzip: cut", agent.put("cut", gzip.compress(text)[:-9], Content_Encoding="gzip"), "it ends in the middle"),
                ("another encoding", agent.put("br", b"x", Content_Encoding="br"), "unsupported Content-Encoding"),
                ("another type", agent.request("POST", "/files?path=x", b"x", {"Content-Type": "text/plain"}), "unsupported content type"),
                ("no path", agent.request("POST", "/files", b"x", {"Content-Type": "application/octet-stream"}), "path query parameter"),
                ("a form without its end", agent.request("POST", "/files", body[:-20], headers), "error reading form"),
                ("a form without a boundary", agent.request("POST", "/files", body, {"Content-Type": "multipart/form-data"}), "boundary"),
                ("a folder", agent.put("a", b"x"), "path is a directory"),
                ("a zero byte", agent.request("POST", "/files?path=a%00b", b"x", {"Content-Type": "application/octet-stream"}), "zero byte")):
            checks.equal(f"upload refused, {what}: status", (answer.status, answer.json()["code"]), (400, 400))
            checks.contains(f"upload refused, {what}", answer.json()["message"], words)
        answer = agent.put("/dev/full", b"x" * 100_000)
        checks.equal("upload: no space", (answer.status, answer.json()["code"]), (507, 507))
        checks.equal("upload: still there", agent.get("named.txt").status, 200)


def check_metadata(checks):
    with Agent() as agent:
        answer = agent.put("m", b"x", X_Metadata_Sha256="abc", X_Metadata_Owner="Zoe")
        wanted = {"owner": "Zoe", "sha256": "abc"}
        try:
            os.setxattr(agent.home / "m", "user.probe", b"1")
        except OSError:
            checks.that("metadata: none where the file system keeps none", "metadata" not in answer.json()[0], answer.text)
            return
        checks.equal("metadata: answer", answer.json()[0]["metadata"], wanted)
        checks.equal("metadata: stat", agent.call("Stat", path="m").json()["entry"]["metadata"], wanted)
        agent.put("m", b"y", X_Metadata_Other="1")
        checks.equal("metadata: replaced", agent.call("Stat", path="m").json()["entry"]["metadata"], {"other": "1"})
        checks.equal("metadata: others' attributes stay", os.getxattr(agent.home / "m", "user.probe"), b"1")
        checks.equal("metadata: too much", agent.put("m2", b"z", X_Metadata_Long="v" * 5000).status, 400)


def check_downloads(checks):
    with Agent() as agent:
        agent.put("f", b"0123456789")
        answer = agent.get("f", Accept_Encoding="gzip, deflate")
        modified = answer.headers["Last-Modified"]
        checks.equal("download", (answer.status, answer.headers["Content-Length"], answer.headers["Accept-Ranges"], answer.body),
                     (200, "10", "bytes", b"0123456789"))
        for what, headers, wanted in (("first bytes", {"Range": "bytes=0-3"}, (206, "bytes 0-3/10", b"0123")),
                                      ("from a place on", {"Range": "bytes=7-"}, (206, "bytes 7-9/10", b"789")),
                                      ("last bytes", {"Range": "bytes=-2"}, (206, "bytes 8-9/10", b"89")),
                                      ("unchanged", {"Range": "bytes=7-", "If_Range": modified}, (206, "bytes 7-9/10", b"789")),
                                      ("changed", {"Range": "bytes=7-", "If_Range": "Sun, 06 Nov 1994 08:49:37 GMT"}, (200, None, b"0123456789")),
                                      ("not modified", {"If_Modified_Since": modified}, (304, None, b""))):
            answer = agent.get("f", **headers)
            checks.equal(f"range: {what}", (answer.status, answer.headers["Content-Range"], answer.body), wanted)
        answer = agent.get("f", Range="bytes=10-")
        checks.equal("range: beyond the end", (answer.status, answer.headers["Content-Range"]), (416, "bytes */10"))
        checks.equal("download: missing", (agent.get("/x/y").status, agent.get("/x/y").json()),
                     (404, {"code": 404, "message": "path '/x/y' does not exist"}))
        checks.equal("download: a folder", (agent.get("~").status, agent.get("~").json()["message"]), (400, f"path '{agent.home}' is a directory"))
        os.mkfifo(agent.home / "pipe")
        checks.equal("download: a pipe", agent.get("pipe").status, 400)
        os.symlink("loop", agent.home / "loop")
        checks.equal("download: a link to itself", agent.get("loop").status, 400)
        checks.equal("download: below a file", agent.get("f/g").status, 404)
        agent.put("ř🐎 %41+&?.txt", b"name")
        checks.equal("download: any name", agent.get("ř🐎 %41+&?.txt").body, b"name")


def check_compose(checks):
    with Agent() as agent:
        for number in range(3):
            agent.put(f"part{number}", str(number).encode() * 1000)
        agent.put("whole", b"what was there")
        request = {"Content-Type": "application/json"}
        answer = agent.request("POST", "/files/compose", '{"source_paths":["part0","part1","part2"],"destination":"d/whole"}', request)
        checks.equal("compose: answer", (answer.status, answer.json()), (200, {"path": f"{agent.home}/d/whole", "name": "whole", "type": "file"}))
        checks.equal("compose: content", agent.get("d/whole").body, b"0" * 1000 + b"1" * 1000 + b"2" * 1000)
        checks.equal("compose: sources are gone", sorted(os.listdir(agent.home)), ["d", "whole"])
        for what, body, status in (("missing", '{"source_paths":["nope"],"destination":"whole"}', 404),
                                   ("itself", '{"source_paths":["whole"],"destination":"./whole"}', 400),
                                   ("nothing", '{"source_paths":[],"destination":"x"}', 400),
                                   ("nowhere", '{"source_paths":["whole"]}', 400),
                                   ("no JSON", "x", 400)):
            checks.equal(f"compose refused: {what}", agent.request("POST", "/files/compose", body, request).status, status)
        checks.equal("compose refused: nothing changed", (agent.get("whole").body, sorted(os.listdir(agent.home))), (b"what was there", ["d", "whole"]))


def check_large_files(checks):
    """A file of any size goes through little memory."""
    size = (32 if is_sanitized() else 300) * MIB
    with Agent() as agent:
        block = os.urandom(MIB)

        def blocks():
            for _ in range(size // MIB):
                yield block
        checks.equal("large: up", agent.put("large", blocks()).status, 200)
        checks.equal("large: size", os.stat(agent.home / "large").st_size, size)
        connection = agent.connection()
        connection.request("GET", "/files?path=large")
        response, same = connection.getresponse(), True
        for _ in range(size // MIB):
            same = same and response.read(MIB) == block
        checks.that("large: down", same and response.read() == b"")
        connection.close()
        if not is_sanitized():
            checks.that("large: memory", agent.memory_kib() < 64 * 1024, agent.memory_kib())


def check_requests(checks):
    with Agent(envs={"FOO": "bar"}) as agent:
        checks.equal("health", (agent.request("GET", "/health").status, agent.request("GET", "/health").body), (204, b""))
        checks.equal("envs", agent.request("GET", "/envs").json(), {"FOO": "bar"})
        for method, path in (("GET", "/"), ("POST", "/init"), ("POST", "/process.Process/StreamInput"), ("GET", "/filesx"), ("POST", "/metrics")):
            answer = agent.request(method, path)
            checks.equal(f"not implemented: {path}", (answer.status, answer.json()["code"]), (501, 501))
            checks.contains(f"not implemented: {path} says so", answer.json()["message"], "does not implement")
        checks.equal("a file by another method", agent.request("DELETE", "/files?path=x").status, 405)
        checks.equal("a call by GET", agent.request("GET", "/process.Process/List").status, 405)
        checks.equal("a call in another form", agent.request("POST", "/process.Process/List", "{}", {"Content-Type": "application/proto"}).status, 415)
        checks.equal("a stream in another form", agent.request("POST", "/process.Process/Start", "{}", {"Content-Type": "application/json"}).status, 415)
        answer = agent.request("POST", "/process.Process/List", "nonsense", {"Content-Type": "application/json"})
        checks.equal("no JSON", (answer.status, answer.json()["code"]), (400, "invalid_argument"))
        checks.equal("a charset", agent.request("POST", "/process.Process/List", "{}", {"Content-Type": "application/json; charset=utf-8"}).status, 200)
        checks.equal("a field of another type", agent.call("Stat", path=3).json()["code"], "invalid_argument")

        for what, text in (("two lengths", b"POST /files HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
                           ("two framings", b"POST /files HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                           ("a folded header", b"GET /health HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n"),
                           ("no host", b"GET /health HTTP/1.1\r\n\r\n"),
                           ("a zero byte", b"GET /health HTTP/1.1\r\nHost: a\0\r\n\r\n"),
                           ("a long head", b"GET /health HTTP/1.1\r\nHost: a\r\nA: " + b"a" * 70_000 + b"\r\n\r\n"),
                           ("no request", b"\x16\x03\x01\x02\x00\r\n\r\n")):
            checks.contains(f"refused: {what}", agent.raw(text).decode(), "HTTP/1.1 400 Bad Request")
        checks.equal("refused: a chunk that is none", agent.raw(
            b"POST /files?path=c HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n")[:12],
            b"HTTP/1.1 400")
        checks.equal("still answers", agent.request("GET", "/health").status, 204)


def check_frames(checks):
    """Streams whose message is none end with an error, the status of HTTP being 200."""
    with Agent() as agent:
        good = {"process": {"cmd": "true"}, "stdin": False}
        for what, body, code in (("oversized", struct.pack(">BI", 0, 1 << 30), "resource_exhausted"),
                                 ("compressed", frame(good, flags=1), "invalid_argument"),
                                 ("unknown flags", frame(good, flags=8), "invalid_argument"),
                                 ("cut", frame(good)[:-1], "invalid_argument"),
                                 ("cut in its head", frame(good)[:3], "invalid_argument"),
                                 ("none", b"", "invalid_argument"),
                                 ("two", frame(good) * 2, "invalid_argument"),
                                 ("no JSON", frame(b"nonsense"), "invalid_argument")):
            with agent.stream("Start", None, body) as stream:
                checks.equal(f"frame refused, {what}: no event", (stream.status, stream.next()), (200, None))
                checks.equal(f"frame refused, {what}: its end", stream.end["error"]["code"], code)
        with agent.stream("Start", good, Connect_Timeout_Ms="soon") as stream:
            checks.equal("a time limit that is none", (stream.next(), stream.end["error"]["code"]), (None, "invalid_argument"))
        checks.equal("still runs", agent.run("exit 5").exit["exitCode"], 5)


def check_commands(checks):
    with Agent(envs={"FOO": "bar", "BOTH": "settings"}) as agent:
        told = agent.run("echo hello $FOO $BOTH; echo err >&2; exit 7", envs={"BOTH": "request"})
        checks.equal("run: output", (told.stdout, told.stderr), (b"hello bar request\n", b"err\n"))
        checks.equal("run: end", (told.exit, told.end), ({"exited": True, "status": "exit status 7", "exitCode": 7, "error": "exit status 7"}, {}))
        checks.equal("run: success has no code", agent.run("true").exit, {"exited": True, "status": "exit status 0"})
        checks.equal("run: environment", agent.run("echo $HOME $USER $LOGNAME; pwd").stdout.decode(),
                     f"{agent.home} somebody somebody\n{agent.home}\n")
        checks.equal("run: cwd", agent.run("pwd", cwd="/tmp").stdout, b"/tmp\n")
        checks.equal("run: no input is /dev/null", agent.run("cat; readlink /proc/self/fd/0").stdout, b"/dev/null\n")
        checks.equal("run: killed", agent.run("kill -9 $$").exit, {"exitCode": -1, "status": "signal: killed", "error": "signal: killed"})
        with agent.start("no-such-program")[0] as stream:
            told = Told(stream)
        checks.equal("run: no such program", told.exit["exitCode"], 127)
        checks.contains("run: no such program says so", told.stderr.decode(), "no-such-program")
        for cwd in ("/nope", "/etc/passwd"):
            with agent.stream("Start", {"process": {"cmd": "pwd", "cwd": cwd}}) as stream:
                checks.equal(f"run: cwd {cwd}", (stream.next(), stream.end["error"]["code"]), (None, "invalid_argument"))
                checks.contains(f"run: cwd {cwd} is named", stream.end["error"]["message"], f"cwd '{cwd}'")
        size = (2 if is_sanitized() else 20) * 1_000_000
        told = agent.run(f"head -c {size} /dev/zero | tr '\\0' x")
        checks.that("run: much output, complete", bytes(told.stdout) == b"x" * size, len(told.stdout))
        began, times = time.monotonic(), []
        with agent.start("sh", "-c", "for i in 1 2 3; do echo $i; sleep 0.3; done")[0] as stream:
            times = [time.monotonic() - began for event in stream.events() if "data" in event]
        checks.that("run: output as it comes", len(times) == 3 and times[2] - times[0] > 0.4, times)
        began = time.monotonic()
        told = agent.run("sleep 5 & echo started")
        checks.that("run: ends with its leader", told.stdout == b"started\n" and time.monotonic() - began < 3, time.monotonic() - began)
        with concurrent.futures.ThreadPoolExecutor(24) as pool:
            ends = list(pool.map(lambda number: agent.run(f"sleep 0.2; echo {number}").stdout, range(24)))
        checks.equal("run: many at once", ends, [f"{number}\n".encode() for number in range(24)])
        checks.equal("run: none is left", agent.call("List").json(), {})


def check_input(checks):
    with Agent() as agent:
        stream, pid = agent.start("sh", "-c", "while read line; do echo got:$line; done; echo bye", more={"tag": "reader"})
        stream.close()
        stream, pid = agent.start("sh", "-c", "while read line; do echo got:$line; done; echo bye", stdin=None, more={"tag": "reader"})
        with stream:
            listed = agent.call("List").json()["processes"]
            checks.equal("list", [(entry["pid"], entry["tag"], entry["config"]["cmd"]) for entry in listed], [(pid, "reader", "sh")])
            checks.equal("input", agent.call("SendInput", process={"pid": pid}, input={"stdin": encoded(b"one\n")}).json(), {})
            agent.call("SendInput", process={"tag": "reader"}, input={"stdin": encoded(b"two\n")})
            answer = agent.call("SendInput", process={"pid": pid}, input={"pty": encoded(b"x")})
            checks.equal("input: of the wrong kind", (answer.status, answer.json()["code"]), (500, "internal"))
            checks.equal("input: no base64", agent.call("SendInput", process={"pid": pid}, input={"stdin": "*"}).status, 400)
            checks.equal("input: closed", agent.call("CloseStdin", process={"pid": pid}).json(), {})
            checks.equal("input: after its end", agent.call("SendInput", process={"pid": pid}, input={"stdin": encoded(b"x")}).status // 100 in (4, 5), True)
            checks.equal("input: all was read", Told(stream).stdout, b"got:one\ngot:two\nbye\n")
        with agent.start("sleep", "60")[0] as stream:
            pid = agent.call("List").json()["processes"][0]["pid"]
            answer = agent.call("SendInput", process={"pid": pid}, input={"stdin": encoded(b"x")})
            checks.equal("input: not enabled", (answer.status, answer.json()), (500, {"code": "internal", "message": "stdin not enabled or closed"}))
            agent.call("SendSignal", process={"pid": pid}, signal="SIGNAL_SIGKILL")
        for method in ("SendInput", "SendSignal", "CloseStdin", "Update"):
            answer = agent.call(method, process={"pid": 999_999}, signal="SIGNAL_SIGKILL")
            checks.equal(f"{method}: no such process", (answer.status, answer.json()),
                         (404, {"code": "not_found", "message": "process with pid 999999 not found"}))
        # A process that does not read holds up whoever writes, and only until that peer goes.
        stream, pid = agent.start("sleep", "60", stdin=True)
        with stream:
            connection = agent.connection(timeout=0.5)
            body = '{"process":{"pid":%d},"input":{"stdin":"%s"}}' % (pid, encoded(b"x" * 300_000))
            connection.request("POST", "/process.Process/SendInput", body, {"Content-Type": "application/json"})
            try:
                checks.that("input: waits for its reader", False, connection.getresponse().status)
            except TimeoutError:
                checks.that("input: waits for its reader", True)
            connection.close()
            agent.call("SendSignal", process={"pid": pid}, signal="SIGNAL_SIGKILL")
            checks.equal("input: the reader is killed all the same", Told(stream).exit["status"], "signal: killed")


def check_signals(checks):
    with Agent() as agent:
        for name, status in (("SIGNAL_SIGTERM", "signal: terminated"), ("SIGNAL_SIGKILL", "signal: killed")):
            stream, pid = agent.start("sleep", "60")
            with stream:
                checks.equal(f"{name}: answer", agent.call("SendSignal", process={"pid": pid}, signal=name).json(), {})
                checks.equal(f"{name}: end", Told(stream).exit, {"exitCode": -1, "status": status, "error": status})
        stream, pid = agent.start("sh", "-c", "trap 'echo caught; exit 0' TERM; sleep 60 & wait")
        with stream:
            time.sleep(0.2)
            agent.call("SendSignal", process={"pid": pid}, signal="SIGNAL_SIGTERM")
            told = Told(stream)
            checks.equal("a signal can be caught", (told.stdout, told.exit["status"]), (b"caught\n", "exit status 0"))
        stream, pid = agent.start("sleep", "60")
        with stream:
            checks.equal("another signal", agent.call("SendSignal", process={"pid": pid}, signal="SIGNAL_SIGSTOP").status, 400)
        checks.that("a stream that is dropped does not end its process", is_alive(pid) and agent.call("List").json()["processes"][0]["pid"] == pid)


def check_deadlines(checks):
    with Agent() as agent:
        began = time.monotonic()
        stream, pid = agent.start("sh", "-c", "sleep 47 & echo $!; sleep 48", headers={"Connect_Timeout_Ms": 500})
        with stream:
            told = Told(stream)
        checks.equal("deadline: the stream's end", told.end, {"error": {"code": "deadline_exceeded", "message": "context deadline exceeded"}})
        checks.that("deadline: no end event", told.exit is None, told.exit)
        checks.that("deadline: in time", 0.4 < time.monotonic() - began < 5, time.monotonic() - began)
        checks.that("deadline: all are gone", eventually(lambda: not is_alive(pid)) and eventually(lambda: not is_alive(int(told.stdout))))
        stream, pid = agent.start("sleep", "49", headers={"Connect_Timeout_Ms": 500})
        stream.close()
        checks.that("deadline: also of a process without its stream", eventually(lambda: not is_alive(pid), 5))
        stream, pid = agent.start("sh", "-c", "while :; do echo y; done", headers={"Connect_Timeout_Ms": 500})
        with stream:
            checks.equal("deadline: of one that never stops talking", Told(stream).end["error"]["code"], "deadline_exceeded")
        stream, pid = agent.start("sleep", "60")
        stream.close()
        with agent.stream("Connect", {"process": {"pid": pid}}, Connect_Timeout_Ms=300) as stream:
            checks.equal("deadline: of a connection", Told(stream).end["error"]["code"], "deadline_exceeded")
        checks.that("deadline: of a connection kills nothing", is_alive(pid))
        checks.equal("deadline: none without the header", agent.run("sleep 1; echo done").stdout, b"done\n")
        stream, pid = agent.start("sleep", "2.7", headers={"Keepalive_Ping_Interval": 1})
        with stream:
            told = Told(stream)
            checks.that("pings in silence", told.keepalives in (2, 3), told.keepalives)


def check_connections(checks):
    with Agent() as agent:
        stream, pid = agent.start("sh", "-c", "for i in $(seq 1 12); do echo t$i; sleep 0.1; done; exit 3", more={"tag": "ticker"})
        stream.next()
        stream.close()
        time.sleep(0.5)
        with agent.stream("Connect", {"process": {"tag": "ticker"}}) as first, agent.stream("Connect", {"process": {"pid": pid}}) as second:
            one, two = Told(first), Told(second)
        checks.that("connect: from now on", one.stdout.endswith(b"t11\nt12\n") and b"t1\n" not in one.stdout, one.stdout)
        checks.equal("connect: everybody gets all", (one.stdout[-8:], one.exit, one.pid), (two.stdout[-8:], two.exit, two.pid))
        with agent.stream("Connect", {"process": {"pid": pid}}) as stream:
            late = Told(stream)
            checks.equal("connect: after its end", (late.pid, late.stdout, late.exit, late.end), (pid, b"", one.exit, {}))
        with agent.stream("Connect", {"process": {"pid": 999_999}}) as stream:
            checks.equal("connect: no such process", (stream.status, stream.next()), (200, None))
            checks.equal("connect: no such process says so", stream.end,
                         {"error": {"code": "not_found", "message": "process with pid 999999 not found"}})
        with agent.stream("Connect", {"process": {"tag": "nobody"}}) as stream:
            checks.equal("connect: no such tag", (stream.next(), stream.end["error"]["message"]), (None, "process with tag nobody not found"))


def check_unattended_output(checks):
    """What nobody takes is thrown away; whoever takes nothing holds the process up."""
    script = "head -c 6000000 /dev/zero | tr '\\0' x; touch done; exit 4"
    with Agent() as agent:
        stream, _ = agent.start("sh", "-c", "sleep 0.3; " + script)
        stream.close()
        checks.that("unattended: goes on", eventually((agent.home / "done").exists))
        os.unlink(agent.home / "done")
        stream, pid = agent.start("sh", "-c", script)
        time.sleep(0.7)
        checks.that("a slow peer holds it up", not (agent.home / "done").exists() and is_alive(pid))
        with agent.stream("Connect", {"process": {"pid": pid}}):
            pass
        told = Told(stream)
        stream.close()
        checks.that("a slow peer gets all", bytes(told.stdout) == b"x" * 6_000_000 and told.exit["exitCode"] == 4, len(told.stdout))
        os.unlink(agent.home / "done")
        stream, pid = agent.start("sh", "-c", script)
        time.sleep(0.3)
        stream.close()
        checks.that("a peer that vanishes lets it go", eventually((agent.home / "done").exists))
    with Agent(blocks_unattended=True) as agent:
        # It has seen that its peer is gone before it says anything.
        stream, pid = agent.start("sh", "-c", "sleep 1.5; " + script)
        stream.close()
        time.sleep(2.5)
        checks.that("old envd: waits for somebody", not (agent.home / "done").exists() and is_alive(pid))
        with agent.stream("Connect", {"process": {"pid": pid}}) as stream:
            told = Told(stream)
        checks.that("old envd: what was said meanwhile is there", bytes(told.stdout) == b"x" * 6_000_000, len(told.stdout))
        checks.equal("old envd: its end", told.exit["exitCode"], 4)
        with agent.stream("Connect", {"process": {"pid": pid}}) as stream:
            checks.equal("old envd: an end is not kept", (stream.next(), stream.end["error"]["code"]), (None, "not_found"))


def check_terminal(checks):
    with Agent() as agent:
        stream, pid = agent.start("bash", "--norc", more={"pty": {"size": {"cols": 80, "rows": 24}}}, envs={"TERM": "dumb"})
        with stream:
            checks.equal("pty: resize", agent.call("Update", process={"pid": pid}, pty={"size": {"cols": 100, "rows": 30}}).json(), {})
            agent.call("SendInput", process={"pid": pid}, input={"pty": encoded(b"echo pty-$((40+2)); stty size; tty; exit 3\n")})
            told = Told(stream)
            checks.that("pty: output", b"pty-42" in told.pty and b"30 100" in told.pty and b"/dev/" in told.pty, bytes(told.pty))
            checks.equal("pty: end", told.exit["exitCode"], 3)
        stream, pid = agent.start("cat", more={"pty": {}})
        with stream:
            answer = agent.call("CloseStdin", process={"pid": pid})
            checks.equal("pty: its input is not closed", (answer.status, "0x04" in answer.json()["message"]), (500, True))
            agent.call("SendInput", process={"pid": pid}, input={"pty": encoded(b"\x04")})
            checks.equal("pty: but ended", Told(stream).exit["status"], "exit status 0")
        stream, pid = agent.start("sleep", "60", more={"pty": {"size": {"cols": 80, "rows": 24}}})
        with stream:
            agent.call("SendInput", process={"pid": pid}, input={"pty": encoded(b"\x03")})
            checks.equal("pty: Ctrl-C", Told(stream).exit["status"], "signal: interrupt")


def check_filesystem(checks):
    with Agent() as agent:
        agent.put("a/b/c.txt", b"123")
        os.symlink("b/c.txt", agent.home / "a/link")
        entry = agent.call("Stat", path="a/b/c.txt").json()["entry"]
        checks.equal("stat", {key: entry[key] for key in ("name", "type", "path", "size", "mode", "permissions")},
                     {"name": "c.txt", "type": "FILE_TYPE_FILE", "path": f"{agent.home}/a/b/c.txt", "size": "3", "mode": 0o644, "permissions": "-rw-r--r--"})
        entry = agent.call("Stat", path="a/link").json()["entry"]
        checks.equal("stat: a link", (entry["type"], entry["symlinkTarget"]), ("FILE_TYPE_FILE", os.path.realpath(agent.home / "a/b/c.txt")))
        checks.equal("stat: missing", (agent.call("Stat", path="x").status, agent.call("Stat", path="x").json()["code"]), (404, "not_found"))

        def names(**request):
            return [entry["path"].removeprefix(f"{agent.home}/") for entry in agent.call("ListDir", **request).json()["entries"]]
        checks.equal("list: one level", names(path=str(agent.home)), ["a"])
        checks.equal("list: two levels", names(path="", depth=2), ["a", "a/b", "a/link"])
        checks.equal("list: all", names(path="~", depth=9), ["a", "a/b", "a/b/c.txt", "a/link"])
        checks.equal("list: missing", agent.call("ListDir", path="x").json()["code"], "not_found")
        checks.equal("list: a file", agent.call("ListDir", path="a/b/c.txt").json()["code"], "invalid_argument")

        checks.equal("mkdir", agent.call("MakeDir", path="n/m").json()["entry"]["type"], "FILE_TYPE_DIRECTORY")
        checks.equal("list: empty", agent.call("ListDir", path="n/m").json(), {})
        checks.equal("mkdir: again", (agent.call("MakeDir", path="n/m").status, agent.call("MakeDir", path="n/m").json()["code"]), (409, "already_exists"))
        checks.equal("mkdir: over a file", agent.call("MakeDir", path="a/b/c.txt").json()["code"], "invalid_argument")
        checks.equal("move", agent.call("Move", source="a/b/c.txt", destination="new/place.txt").json()["entry"]["path"], f"{agent.home}/new/place.txt")
        checks.equal("move: missing", agent.call("Move", source="a/b/c.txt", destination="y").json()["code"], "not_found")
        checks.equal("remove: a file", agent.call("Remove", path="new/place.txt").json(), {})
        checks.equal("remove: a tree", (agent.call("Remove", path="a").json(), (agent.home / "a").exists()), ({}, False))
        checks.equal("remove: what is not there", agent.call("Remove", path="a").json(), {})


def check_watch(checks):
    with Agent() as agent:
        agent.call("MakeDir", path="sub")
        with agent.stream("WatchDir", {"path": "~", "recursive": True, "includeEntry": True}, Keepalive_Ping_Interval=1) as stream:
            checks.equal("watch: begins", stream.next(), {"start": {}})
            agent.put("sub/w.txt", b"1")
            agent.run("echo 2 >> sub/w.txt; rm sub/w.txt; mkdir late; echo x > late/in.txt")
            seen, entries, pings = [], {}, 0
            deadline = time.monotonic() + 20
            while not ("EVENT_TYPE_WRITE late/in.txt" in seen or "EVENT_TYPE_CREATE late/in.txt" in seen) or not pings:
                event = stream.next()
                pings += "keepalive" in event
                if "filesystem" in event:
                    told = event["filesystem"]
                    seen.append(f"{told['type']} {told['name']}")
                    entries[told["name"]] = told.get("entry")
                if time.monotonic() > deadline:
                    break
            for wanted in ("CREATE sub/w.txt", "WRITE sub/w.txt", "REMOVE sub/w.txt", "CREATE late", "CREATE late/in.txt"):
                checks.that(f"watch: {wanted}", f"EVENT_TYPE_{wanted}" in seen, seen)
            checks.equal("watch: an entry", entries["late"]["path"], f"{agent.home}/late")
            checks.that("watch: pings in silence", pings > 0)
        for path, code in (("nope", "not_found"), ("late/in.txt", "invalid_argument")):
            with agent.stream("WatchDir", {"path": path}) as stream:
                checks.equal(f"watch refused: {path}", (stream.next(), stream.end["error"]["code"]), (None, code))
        watcher = agent.call("CreateWatcher", path="sub").json()["watcherId"]
        checks.equal("watcher: nothing yet", agent.call("GetWatcherEvents", watcherId=watcher).json(), {})
        agent.put("sub/again", b"1")
        seen = []

        def gather():
            seen.extend(agent.call("GetWatcherEvents", watcherId=watcher).json().get("events", []))
            return len(seen) >= 2
        checks.that("watcher: events come", eventually(gather), seen)
        checks.equal("watcher: events", seen[:2], [{"name": "again", "type": "EVENT_TYPE_CREATE"}, {"name": "again", "type": "EVENT_TYPE_WRITE"}])
        checks.equal("watcher: removed", agent.call("RemoveWatcher", watcherId=watcher).json(), {})
        for method in ("GetWatcherEvents", "RemoveWatcher"):
            checks.equal(f"watcher: {method} after that", agent.call(method, watcherId=watcher).json()["code"], "not_found")


def check_peers_that_vanish(checks):
    with Agent() as agent:
        agent.put("large", os.urandom(8 * MIB))
        for request in (b"GET /files?path=large HTTP/1.1\r\nHost: a\r\n\r\n",
                        b"POST /files?path=half HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\nContent-Length: 1000\r\n\r\nhalf",
                        b"POST /files?path=half2 HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha",
                        b"GET /files?pa", b""):
            for _ in range(20):
                with socket.socket(socket.AF_UNIX) as peer:
                    peer.connect(str(agent.socket))
                    peer.sendall(request)
        checks.equal("vanished: others are served", agent.get("large", Range="bytes=0-9").status, 206)
        descriptors = f"/proc/{agent.process.pid}/fd"
        checks.that("vanished: nothing is held", eventually(lambda: len(os.listdir(descriptors)) < 15), len(os.listdir(descriptors)))
        # A peer that says it waits is told to go on; one that is refused is not asked for its body.
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(str(agent.socket))
            peer.sendall(b"POST /files?path=asked HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\nContent-Length: 2\r\n"
                         b"Expect: 100-continue\r\n\r\n")
            checks.equal("expect: go on", peer.recv(100), b"HTTP/1.1 100 Continue\r\n\r\n")
            peer.sendall(b"ok")
            checks.contains("expect: done", peer.recv(1000).decode(), "200 OK")


def check_stop(checks):
    """It ends at once, whatever is under way, and takes its processes with it."""
    agent = Agent()
    with agent:
        stream, pid = agent.start("sh", "-c", "sleep 61 & sleep 62")
        watch = agent.stream("WatchDir", {"path": "~"})
        watch.next()
        began = time.monotonic()
        code, said = agent.stop()
        checks.equal("stop: exit code", (code, said), (0, ""))
        checks.that("stop: at once", time.monotonic() - began < 3, time.monotonic() - began)
        try:
            checks.that("stop: a stream is cut, not ended", False, stream.next())
        except (EOFError, ConnectionError):
            checks.that("stop: a stream is cut, not ended", True)
        checks.that("stop: its processes are gone", eventually(lambda: not is_alive(pid)))
        stream.close()
        watch.close()


def check_ways_to_start(checks):
    with Agent(by_descriptor=True) as agent:
        checks.equal("an inherited socket", agent.run("ls /proc/self/fd | wc -l").stdout, b"4\n")
    with Project() as project:
        check_failure(checks, "neither path nor descriptor", project.run("sandbox", "agent", "--json"), exit_code=2, code="cli.usage")
        check_failure(checks, "both", project.run("sandbox", "agent", "s", "--descriptor", "3", "--json"), exit_code=2, code="cli.usage")
        check_failure(checks, "no socket", project.run("sandbox", "agent", "--descriptor", "0", "--json"), exit_code=2, code="sandbox.cannot_listen")
        check_failure(checks, "no folder", project.run("sandbox", "agent", "no/folder/s", "--json"), exit_code=2, code="sandbox.cannot_listen")
        checks.that("it is hidden", "agent" not in project.run("--help").stdout)


def check_many_idle(checks):
    """A connection that nobody uses costs little."""
    with Agent() as agent:
        before = agent.memory_kib()
        peers = []
        for _ in range(200):
            peer = socket.socket(socket.AF_UNIX)
            peer.connect(str(agent.socket))
            peer.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
            peer.recv(1000)
            peers.append(peer)
        checks.equal("many idle: others are served", agent.request("GET", "/health").status, 204)
        if not is_sanitized():
            checks.that("many idle: memory", (agent.memory_kib() - before) / 200 < 64, agent.memory_kib() - before)
        for peer in peers:
            peer.close()


def main(checks):
    for check in (check_uploads, check_metadata, check_downloads, check_compose, check_large_files, check_requests, check_frames,
                  check_commands, check_input, check_signals, check_deadlines, check_connections, check_unattended_output, check_terminal,
                  check_filesystem, check_watch, check_peers_that_vanish, check_stop,
                  check_ways_to_start, check_many_idle):
        checks.group(check.__name__, check)


Checks.run(main)
