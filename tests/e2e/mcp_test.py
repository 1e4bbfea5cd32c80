"""`osiris mcp` as its clients meet it: the official client in both eras, the Inspector, and a client that behaves badly."""
import json
import os
import signal
import socket
import subprocess
import threading
import time

import node
from checks import Checks
from program import Project, clean_environment, pipeline, program, read_csv, step, write_csv

SECRET = "marker-of-a-password-7731"
CONNECTIONS = "connections:\n  mysql:\n    main: {host: 127.0.0.1, port: 1, database: d, username: u, password: \"${SHOP_PASSWORD}\"}\n" \
              "  sqlite:\n    main: {path: shop.sqlite}\n"
FILES = {"in.csv": "a,b\n1,x\n2,y\n", "osiris_connections.yaml": CONNECTIONS,
         "slow.oml": pipeline(read_csv(path="in.csv"), step("slow", "duckdb.processor", "transform",
                                                            {"query": "SELECT count(*) AS n FROM input_df, range(1000000000000)"}),
                              write_csv(path="slow.csv"))}
TOOLS = ["connections_list", "connections_doctor", "discover", "components_list", "component_show", "explain", "oml_schema", "oml_validate",
         "oml_draft", "compile", "plan", "run", "run_status", "logs_show"]
INITIALIZE = {"protocolVersion": "2025-11-25", "capabilities": {"elicitation": {}}, "clientInfo": {"name": "t", "version": "1"}}
# On a busy machine; each call is over in a few milliseconds of its own.
SOON_S = 20


class Raw:
    """A client that writes bytes and reads lines. Forms are answered with yes."""

    def __init__(self, project, *options):
        environment = clean_environment(project.home, project.variables)
        self.process = subprocess.Popen([program(), "mcp", *options], cwd=project.folder, env=environment, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.lines, self.transcript = {}, ""
        self.methods, self.answers = {}, []
        self.other = []
        self.arrived = threading.Condition()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            message = json.loads(line)
            with self.arrived:
                self.transcript += line.decode()
                self.answers.append({"method": self.methods.get(message.get("id")), "message": message})
                if message.get("method") == "elicitation/create":
                    self.say({"jsonrpc": "2.0", "id": message["id"], "result": {"action": "accept", "content": {"allow": True}}})
                elif message.get("id") is None:
                    self.other.append(message)
                else:
                    self.lines[message["id"]] = message
                self.arrived.notify_all()

    def write(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def say(self, message):
        self.write(json.dumps(message).encode() + b"\n")

    def send(self, identifier, method, params=None):
        self.methods[identifier] = method
        self.say({"jsonrpc": "2.0", "id": identifier, "method": method, "params": params or {}})

    def wait(self, identifier):
        with self.arrived:
            self.arrived.wait_for(lambda: identifier in self.lines, SOON_S)
            return self.lines.get(identifier)

    def wait_other(self, count):
        with self.arrived:
            self.arrived.wait_for(lambda: len(self.other) >= count, SOON_S)
            return list(self.other)

    def ask(self, identifier, method, params=None):
        self.send(identifier, method, params)
        return self.wait(identifier)

    def call(self, identifier, name, **arguments):
        return self.ask(identifier, "tools/call", {"name": name, "arguments": arguments})["result"]

    def shake_hands(self):
        return self.ask("hands", "initialize", INITIALIZE)

    def end(self):
        """Closes the input and waits; (exit code, stderr)."""
        self.process.stdin.close()
        self.process.wait(SOON_S)
        self.reader.join(SOON_S)
        return self.process.returncode, self.process.stderr.read().decode()


def check_official_client(checks, folder, revision):
    with Project(FILES) as project:
        done = subprocess.run(["node", folder / "client.mjs", program(), revision], cwd=project.folder, capture_output=True, text=True,
                              env={**os.environ, **clean_environment(project.home)}, timeout=120)
        if not checks.equal(f"{revision}: the client comes to its end", done.returncode, 0):
            return print(done.stderr[-3000:])
        seen = json.loads(done.stdout)
        checks.equal(f"{revision}: the revision", seen["revision"], revision)
        checks.equal(f"{revision}: the server's name", seen["server"]["name"], "osiris")
        checks.equal(f"{revision}: the tools, in their order", [tool["name"] for tool in seen["tools"]], sorted(TOOLS, key=TOOLS.index))
        checks.that(f"{revision}: a draft is written", seen["draft"]["written"] and project.exists("new.oml"), seen["draft"])
        checks.equal(f"{revision}: the run", (seen["run"]["status"], seen["run"]["total_rows"]), ("success", 2))
        checks.equal(f"{revision}: its rows", project.read("out.csv"), "a,b\n1,x\n2,y\n")
        checks.equal(f"{revision}: a person was asked twice", len(seen["forms"][:2]), 2)
        checks.contains(f"{revision}: the form shows the fingerprint", seen["forms"][1], seen["compiled"]["fingerprint"])
        checks.equal(f"{revision}: calls at the same time", seen["concurrent"], [True] * 10)
        checks.that(f"{revision}: wrong arguments", seen["wrong"]["isError"], seen["wrong"])
        checks.contains(f"{revision}: the message says which", seen["wrong"]["content"][0]["text"], "'path' must be a string, not 7")
        checks.that(f"{revision}: resources", {"osiris://oml/schema", "osiris://components/mysql.writer",
                                               f"osiris://sessions/{seen['run']['session']}"} <= set(seen["resources"]), seen["resources"])
        checks.equal(f"{revision}: templates", seen["templates"], ["osiris://components/{name}", "osiris://sessions/{id}"])
        checks.equal(f"{revision}: a run as a package", seen["package"]["how"]["total_rows"], 2)
        checks.equal(f"{revision}: a resource that is not there", seen["missing"], -32602)
        checks.equal(f"{revision}: prompts", seen["prompts"], ["new_pipeline", "fix_pipeline", "explain_run", "describe_connection"])
        checks.equal(f"{revision}: sessions are completed", seen["completion"], {"values": [seen["run"]["session"]], "total": 1, "hasMore": False})
        checks.contains(f"{revision}: a prompt is filled in", seen["prompt"], f"osiris://sessions/{seen['run']['session']}")
        checks.equal(f"{revision}: a no writes nothing", (seen["declined"]["written"], project.exists("no.oml")), (False, False))
        checks.equal(f"{revision}: a client without forms", seen["mute"], -32021 if revision == "2026-07-28" else "agent.no_consent")
        checks.that(f"{revision}: a call is quick", seen["call_ms"] < 50, seen["call_ms"])


def check_inspector(checks, folder):
    with Project(FILES) as project:
        inspector = folder / "node_modules" / ".bin" / "mcp-inspector"

        def inspect(*arguments):
            done = subprocess.run([inspector, "--cli", program(), "mcp", *arguments], cwd=project.folder, capture_output=True, text=True,
                                  env={**os.environ, **clean_environment(project.home)}, timeout=120)
            return done.returncode, done.stdout, done.stderr

        code, text, problems = inspect("--method", "tools/list")
        checks.equal("Inspector: tools/list", code, 0)
        checks.equal("Inspector: the tools", [tool["name"] for tool in json.loads(text or "{}").get("tools", [])], TOOLS)
        code, text, problems = inspect("--method", "tools/call", "--tool-name", "explain", "--tool-arg", "code=cli.usage")
        checks.equal("Inspector: tools/call", json.loads(text)["structuredContent"]["code"], "cli.usage")
        code, text, problems = inspect("--method", "resources/read", "--uri", "osiris://oml/schema")
        checks.contains("Inspector: resources/read", text, "json-schema.org")
        code, text, problems = inspect("--method", "prompts/get", "--prompt-name", "fix_pipeline", "--prompt-args", "path=p.oml")
        checks.contains("Inspector: prompts/get", text, "Check p.oml")
        code, text, problems = inspect("--method", "tools/call", "--tool-name", "nothing")
        checks.equal("Inspector: an unknown tool", code, 1)
        checks.contains("Inspector: its error", text + problems, "unknown tool")
        code, text, problems = inspect("--method", "tools/call", "--tool-name", "oml_draft", "--tool-arg", "path=x.oml", "--tool-arg", "text=steps: []")
        checks.contains("Inspector has no forms", text, "agent.no_consent")


# Those that need no tool, resource or prompt of a fixed name in the server.
SCENARIOS = ("server-initialize", "ping", "tools-list", "resources-list", "prompts-list")


def check_conformance(checks, folder):
    """The protocol's own suite, which speaks HTTP, through a gateway to the server's pipes."""
    packages = folder / "node_modules"
    gateway = packages / "supergateway" / "dist" / "index.js"
    suite = packages / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
    with Project(FILES) as project:
        process = subprocess.Popen(["node", "--import", (folder / "loopback.mjs").as_uri(), gateway, "--stdio", f"'{program()}' mcp", "--stateful",
                                    "--outputTransport", "streamableHttp", "--port", "0", "--logLevel", "none"], cwd=project.folder,
                                   env={**os.environ, **clean_environment(project.home)}, stderr=subprocess.PIPE, text=True)
        try:
            port = next(line for line in process.stderr if line.startswith("listening at ")).split()[-1]
            for scenario in SCENARIOS:
                done = subprocess.run(["node", suite, "server", "--url", f"http://127.0.0.1:{port}/mcp", "--scenario", scenario], cwd=project.folder,
                                      env={**os.environ, **clean_environment(project.home)}, capture_output=True, text=True, timeout=120)
                checks.that(f"conformance: {scenario}", done.returncode == 0 and "0 failed" in done.stdout, done.stdout + done.stderr)
        finally:
            process.terminate()
            process.wait(SOON_S)


def check_bad_client(checks):
    with Project(FILES) as project:
        client = Raw(project)
        client.write(b"\xff\x00 garbage\n{\"jsonrpc\":\n[1,2]\n\n")
        client.write(b"[" * 100000 + b"\n")
        client.write(b"x" * (5 << 20) + b"\n")
        errors = [message["error"]["code"] for message in client.wait_other(5)]
        checks.equal("garbage, half a message, a batch, too deep, too long", errors, [-32700, -32700, -32600, -32600, -32600])
        checks.equal("it goes on", client.shake_hands()["result"]["protocolVersion"], "2025-11-25")
        checks.equal("it answers a ping", client.ask(1, "ping")["result"], {})
        exit_code, stderr = client.end()
        checks.equal("it ends with its input", (exit_code, stderr), (0, ""))


def wait_for_step(project, step_id):
    limit = time.monotonic() + SOON_S
    while time.monotonic() < limit:
        sessions = project.sessions()
        events = sessions[-1] / "events.jsonl" if sessions else None
        if events and events.exists() and f'"event":"step_start","step_id":"{step_id}"' in events.read_text():
            return sessions[-1]
        time.sleep(0.05)
    raise AssertionError(f"step {step_id} did not start")


def start_slow(client, **more):
    compiled = client.call("c", "compile", path="slow.oml")["structuredContent"]
    client.send("r", "tools/call", {"name": "run", "arguments": {"manifest": compiled["manifest"], "fingerprint": compiled["fingerprint"]}, **more})
    return compiled


def cancel(client, identifier):
    client.say({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": identifier}})


def check_progress(checks):
    with Project(FILES) as project:
        client = Raw(project)
        client.shake_hands()
        start_slow(client, _meta={"progressToken": "watch"})
        told = [message for message in client.wait_other(3) if message["method"] == "notifications/progress"]
        checks.equal("a run tells of itself", [message["params"]["progressToken"] for message in told[:3]], ["watch"] * 3)
        seconds = [message["params"]["progress"] for message in told]
        checks.that("ever more", seconds == sorted(set(seconds)), seconds)
        checks.that("with what its steps do", any("slow " in message["params"].get("message", "") for message in told), told)
        cancel(client, "r")
        limit = time.monotonic() + SOON_S
        while time.monotonic() < limit and client.call("s", "run_status")["structuredContent"]["status"] == "running":
            time.sleep(0.05)
            client.lines.pop("s")
        count = len(client.other)
        time.sleep(1.5)
        checks.equal("nothing is told after its end", len(client.other), count)
        start_slow(client)
        time.sleep(1.5)
        checks.equal("and nothing without a token", len(client.other), count)
        client.end()


def check_silent_connection(checks):
    """A look at a connection that does not answer is told of, and given up when the client wants that."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        connections = f"connections:\n  postgres:\n    main: {{host: 127.0.0.1, port: {silent.getsockname()[1]}, database: d, username: u, password: p}}\n"
        reading = step("read", "postgres.extractor", "read", {"connection": "@postgres.main", "query": "SELECT 1 AS a"})
        with Project({**FILES, "osiris_connections.yaml": connections, "p.oml": pipeline(reading, write_csv(path="out.csv"))}) as project:
            for name, arguments in (("discover", {"connection": "@postgres.main"}), ("connections_doctor", {}), ("plan", {"path": "p.oml"})):
                client = Raw(project)
                client.shake_hands()
                client.send("d", "tools/call", {"name": name, "arguments": arguments, "_meta": {"progressToken": 5}})
                told = client.wait_other(1)
                checks.equal(f"{name} tells of itself", [message["params"] for message in told[:1]], [{"progressToken": 5, "progress": 1}])
                cancel(client, "d")
                began = time.monotonic()
                client.end()
                checks.that(f"{name} ends when the client wants that", time.monotonic() - began < 1.5, time.monotonic() - began)
                checks.that(f"{name} gets no answer then", "d" not in client.lines, client.lines.get("d"))


def stateless(**params):
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientInfo": INITIALIZE["clientInfo"],
            "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}}}
    return {**params, "_meta": {**meta, **params.get("_meta", {})}}


def check_messages(checks, folder):
    """Whatever the server says is as the protocol's makers describe it in their package of schemas."""
    said = []
    for revision, wrapped in (("2025-11-25", dict), ("2026-07-28", stateless)):
        with Project({**FILES, "p.oml": pipeline(read_csv(path="in.csv"), write_csv(path="out.csv"))}) as project:
            client = Raw(project)
            if wrapped is dict:
                client.shake_hands()
                client.ask("ping", "ping")
            else:
                client.ask("discover", "server/discover", wrapped())
            project.run("run", "p.oml")
            requests = [("tools/list", {}), ("resources/list", {}), ("resources/templates/list", {}), ("prompts/list", {}),
                        ("resources/read", {"uri": "osiris://oml/schema"}), ("resources/read", {"uri": "osiris://nothing"}),
                        ("prompts/get", {"name": "explain_run", "arguments": {"session": project.sessions()[-1].name}}),
                        ("completion/complete", {"ref": {"type": "ref/resource", "uri": "osiris://components/{name}"}, "argument": {"name": "name", "value": "m"}}),
                        ("tools/call", {"name": "oml_validate", "arguments": {"path": "p.oml"}}), ("tools/call", {"name": "oml_validate", "arguments": {}}),
                        ("tools/call", {"name": "oml_draft", "arguments": {"path": "q.oml", "text": "steps: []\n"}}),
                        ("tools/list", {"cursor": "x"}), ("tools/call", {"name": "nothing"}), ("no/such", {})]
            for number, (method, params) in enumerate(requests):
                checks.that(f"{revision}: {method} is answered", client.ask(number, method, wrapped(**params)) is not None)
            count = len(client.other)
            compiled = client.ask("c", "tools/call", wrapped(name="compile", arguments={"path": "slow.oml"}))["result"]["structuredContent"]
            arguments = {"manifest": compiled["manifest"], "fingerprint": compiled["fingerprint"]}
            run = wrapped(name="run", arguments=arguments, _meta={"progressToken": "t"})
            if wrapped is stateless:
                question = client.ask("q", "tools/call", run)["result"]
                run.update(requestState=question["requestState"], inputResponses={"consent": {"action": "accept", "content": {"allow": True}}})
            client.send("r", "tools/call", run)
            client.wait_other(count + 1)
            client.end()
            said += [{"revision": revision, **answer} for answer in client.answers]
    lines = "\n".join(json.dumps(each) for each in said)
    done = subprocess.run(["node", folder / "messages.mjs"], input=lines, capture_output=True, text=True, timeout=120)
    checks.equal("the schemas are asked", (done.returncode, done.stderr), (0, ""))
    verdict = json.loads(done.stdout)
    checks.equal("every message is as they say", verdict["flaws"], [])
    checks.that("of each kind", {"tools/call", "notifications/progress", "elicitation/create", "error", "completion/complete",
                                 "server/discover", "initialize", "input_required"} <= set(verdict["kinds"]), verdict["kinds"])


def check_cancelling(checks):
    with Project(FILES) as project:
        client = Raw(project)
        client.shake_hands()
        compiled = start_slow(client)
        session = wait_for_step(project, "slow")
        busy = client.call(2, "run", manifest=compiled["manifest"], fingerprint=compiled["fingerprint"])
        checks.contains("one run at a time", busy["content"][0]["text"], "agent.busy")
        checks.equal("others are answered meanwhile", client.call(3, "explain", code="cli.usage")["isError"], False)
        cancel(client, "r")
        limit = time.monotonic() + SOON_S
        # The last event comes before the exit code is kept.
        status = {"exit_code": None}
        while time.monotonic() < limit and status["exit_code"] is None:
            time.sleep(0.05)
            status = client.call(4, "run_status", session=session.name)["structuredContent"]
        checks.equal("a cancelled run is stopped", (status["status"], status["exit_code"]), ("cancelled", 130))
        checks.that("and gets no answer", "r" not in client.lines)
        checks.equal("its file is not there", project.exists("slow.csv"), False)
        start_slow(client)
        second = None
        limit = time.monotonic() + SOON_S
        while time.monotonic() < limit and (second is None or second == session):
            second = wait_for_step(project, "slow")
        began = time.monotonic()
        exit_code, _ = client.end()
        checks.equal("a client that goes ends the server", exit_code, 0)
        checks.that("soon", time.monotonic() - began < 10, time.monotonic() - began)
        checks.contains("its run was cancelled", (second / "events.jsonl").read_text(), '"status":"cancelled"')


def check_terminated(checks):
    with Project(FILES) as project:
        client = Raw(project)
        client.shake_hands()
        client.process.send_signal(signal.SIGTERM)
        client.process.wait(SOON_S)
        checks.equal("SIGTERM ends the server", client.process.returncode, 143)


def check_secrecy(checks):
    """No answer of any tool has the secret, or a row that was not allowed."""
    import sqlite3
    with Project(FILES, {"SHOP_PASSWORD": SECRET}) as project:
        with sqlite3.connect(project.path("shop.sqlite")) as database:
            database.executescript("CREATE TABLE people (name TEXT); INSERT INTO people VALUES ('Ada-Marker');")
        client = Raw(project)
        client.shake_hands()
        client.call(1, "connections_list")
        checks.contains("a connection that cannot be opened", client.call(2, "connections_doctor", connection="@mysql.main")["content"][0]["text"], "connection.refused")
        refused = client.call(3, "discover", connection="@sqlite.main", table="people", samples=1)
        checks.contains("samples need a permission", refused["content"][0]["text"], "agent.samples_not_shared")
        checks.equal("tables do not", client.call(4, "discover", connection="@sqlite.main")["structuredContent"]["tables"][0]["name"], "people")
        leaking = client.call(5, "oml_draft", path="x.oml", text=FILES["slow.oml"] + "# postgresql://ada:a-real-password@db.example.com/shop\n")
        checks.contains("a secret in a draft", leaking["content"][0]["text"], "oml.inline_secret")
        checks.contains("a path outside", client.call(6, "oml_draft", path="../x.oml", text="steps: []")["content"][0]["text"], "agent.outside_project")
        project.write(".env", f"OTHER_PASSWORD={SECRET}\nA=b\n")
        project.path("link.csv").symlink_to(".env")
        project.write("osiris_connections.yaml", CONNECTIONS.replace("${SHOP_PASSWORD}", SECRET))
        for number, path in enumerate([".env", "./.env", "link.csv", "osiris_connections.yaml", "../in.csv", "/etc/hostname", "logs/../.env"], 10):
            for tool in ("discover", "oml_validate", "compile", "plan"):
                answer = client.call(f"{number} {tool}", tool, path=path)["content"][0]["text"]
                checks.contains(f"{tool} {path}", answer, "agent.outside_project")
        checks.equal("a file of the project", client.call(20, "discover", path="in.csv")["structuredContent"]["component"], "filesystem.csv_extractor")
        client.call(21, "connections_list")
        client.end()
        checks.that("no answer has the secret", SECRET not in client.transcript)
        checks.that("no answer has a value", "Ada-Marker" not in client.transcript)
        client = Raw(project, "--share-samples")
        client.shake_hands()
        table = client.call(1, "discover", connection="@sqlite.main", table="people", samples=1)["structuredContent"]["tables"][0]
        checks.equal("with a permission they are masked", table["masked_sample"]["rows"], [["xxx-xxxxxx"]])
        client.end()


def check_command_line(checks):
    with Project(FILES) as project:
        outcome = project.run("mcp", "--selftest", "--json")
        checks.equal("--selftest", outcome.exit_code, 0)
        checks.that("every check holds", outcome.document()["ok"] and len(outcome.document()["checks"]) >= 7, outcome.document())
        checks.that("it leaves nothing", not project.exists("logs") and not project.exists("selftest.oml"))
        clients = {client["client"]: client["config"] for client in project.run("mcp", "clients", "--json").document()["clients"]}
        server = clients["Cursor"]["mcpServers"]["osiris"]
        checks.equal("clients start this program in this project", (server["args"][0], server["args"][2]), ("mcp", str(project.folder)))
        checks.that("by its whole path", os.access(server["command"], os.X_OK), server)
        checks.equal("VS Code's file has another key", list(clients["VS Code"]), ["servers"])
        checks.equal("--json is refused", project.run("mcp", "--json").error()["code"], "cli.usage")


def check_package(checks):
    with Project({**FILES, "p.oml": pipeline(read_csv(path="in.csv"), write_csv(path="out.csv")),
                  "bad.oml": pipeline(read_csv(path="nothing.csv"), write_csv(path="out.csv"))}) as project:
        project.run("run", "p.oml")
        good = project.sessions()[-1].name
        first, second = project.run("logs", "aiop", "--session", good), project.run("logs", "aiop", good, "--json")
        checks.equal("logs aiop is the same each time", first.stdout_bytes, second.stdout_bytes)
        package = first.document()
        checks.equal("its keys", list(package), ["aiop_version", "what", "how", "evidence", "errors", "warnings", "cut"])
        checks.equal("what ran", [step["component"] for step in package["what"]["steps"]], ["filesystem.csv_extractor", "filesystem.csv_writer"])
        checks.equal("how", (package["how"]["status"], package["how"]["total_rows"]), ("success", 2))
        checks.equal("evidence", package["evidence"]["artifacts"][0]["step_id"], "write")
        columns = package["evidence"]["columns"][0]["columns"]
        checks.equal("columns without their values", [sorted(column) for column in columns], [["name", "null_count", "source_type", "type"]] * 2)
        project.run("run", "bad.oml")
        package = project.run("logs", "aiop").document()
        checks.equal("the newest run's error", package["errors"][0]["code"], "file.not_found")
        columns = ",".join(f"column_{number:04}" for number in range(3000))
        project.write("in.csv", f"{columns}\n{','.join(['1'] * 3000)}\n")
        project.run("run", "p.oml")
        package = project.run("logs", "aiop").document()
        size = len(json.dumps(package, separators=(",", ":"), ensure_ascii=False).encode())
        checks.that("three thousand columns are bounded", size <= 60000, size)
        checks.that("the package says what was cut", package["cut"], package["cut"])


def main(checks):
    folder = node.place("mcp")
    for revision in ("2026-07-28", "2025-11-25"):
        checks.group(revision, check_official_client, folder, revision)
    checks.group("inspector", check_inspector, folder)
    checks.group("conformance", check_conformance, folder)
    checks.group("bad client", check_bad_client)
    checks.group("messages", check_messages, folder)
    checks.group("progress", check_progress)
    checks.group("a silent connection", check_silent_connection)
    checks.group("cancelling", check_cancelling)
    checks.group("terminated", check_terminated)
    checks.group("secrecy", check_secrecy)
    checks.group("command line", check_command_line)
    checks.group("package", check_package)


Checks.run(main)
