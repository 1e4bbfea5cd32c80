"""What `logs export` writes, against what the makers of the formats publish."""
import base64
import json
import sys
import time

import python_packages
from checks import Checks
from program import ROOT, Project, pipeline, read_csv, transform, write_csv

python_packages.bring("exports")
sys.path.insert(0, str(ROOT / "tests" / "exports"))

import lineage  # noqa: E402
import xmlschema  # noqa: E402
from google.protobuf import json_format  # noqa: E402
from opentelemetry.proto.trace.v1 import trace_pb2  # noqa: E402

ORDERS = "id,customer,amount\n" + "".join(f"{number},c{number % 7},{number}.50\n" for number in range(1, 41))
HOSTILE = "]]> <script>&amp; \"quoted\" 'too' \u202e abc \u2028 👨‍👩‍👧 \ufffe"
GOOD = pipeline(read_csv("orders", path="orders.csv"), transform("totals", "needs: [orders]", query="SELECT customer, count(*) AS n FROM input_df GROUP BY 1"),
                write_csv("file", "needs: [totals]", path="out/totals.csv"), name="shop")
BROKEN = GOOD.replace("SELECT customer, count(*) AS n FROM input_df GROUP BY 1", "SELECT CAST(customer AS INTEGER) AS n FROM input_df")
ENDLESS = GOOD.replace("SELECT customer, count(*) AS n FROM input_df GROUP BY 1", "SELECT count(*) AS n FROM input_df, range(1000000000000)")
SCHEMA = xmlschema.XMLSchema(ROOT / "tests" / "schemas" / "junit-10.xsd")


def check_chrome_trace(checks, name, text, steps):
    """The rules of the format's description; it has no schema. Source: Trace Event Format, "Trace Event Phases"."""
    trace = json.loads(text)
    events, spans = trace["traceEvents"], {}
    for event in events:
        wanted = {"M": {"name", "ph", "pid", "args"}, "X": {"name", "ph", "pid", "tid", "ts", "dur", "args"},
                  "C": {"name", "ph", "pid", "ts", "args"}, "i": {"name", "ph", "pid", "tid", "ts", "s"}}.get(event["ph"])
        checks.that(f"{name}: an event of a known phase with all it needs", wanted and wanted <= event.keys(), event)
        checks.that(f"{name}: times are numbers", all(isinstance(event.get(key, 0), (int, float)) for key in ("ts", "dur", "pid", "tid")), event)
        checks.that(f"{name}: no span is shorter than nothing", event.get("dur", 0) >= 0, event)
        if event["ph"] == "C":
            checks.that(f"{name}: a counter has numbers", event["args"] and all(isinstance(value, (int, float)) for value in event["args"].values()), event)
        if event["ph"] == "i":
            checks.that(f"{name}: an instant's scope", event["s"] in ("g", "p", "t"), event)
        if event["ph"] == "X":
            spans.setdefault(event["tid"], []).append((event["ts"], event["ts"] + event["dur"]))
    for found in spans.values():
        # Spans of one thread lie beside or inside one another, never across.
        for begin, end in found:
            checks.that(f"{name}: spans of a thread nest", all(end <= b or begin >= e or (begin >= b and end <= e) or (b >= begin and e <= end) for b, e in found), found)
    named = {event["args"]["name"] for event in events if event["name"] == "thread_name"}
    checks.equal(f"{name}: a thread for each step", named, {"run", *steps})


def check_junit(checks, name, text, steps):
    problems = [problem.reason for problem in SCHEMA.iter_errors(text)]
    checks.equal(f"{name}: valid by its schema", problems, [])
    suite = SCHEMA.to_dict(text)["testsuite"][0]
    cases = suite.get("testcase", [])
    checks.equal(f"{name}: a case for each step", [case["@name"] for case in cases if case["@name"] != "run"], steps)
    for word, key in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        checks.equal(f"{name}: {word} are counted", int(suite[f"@{word}"]), sum(key in case for case in cases))
    checks.equal(f"{name}: cases are counted", int(suite["@tests"]), len(cases))


def check_otlp(checks, name, text, steps):
    document = json.loads(text)
    for resource in document["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                # Ids are hex in OTLP, base64 in the common JSON of protocol buffers that the parser reads.
                for key, size in (("traceId", 16), ("spanId", 8), ("parentSpanId", 8)):
                    if key in span:
                        raw = bytes.fromhex(span[key])
                        checks.equal(f"{name}: {key} has its size", len(raw), size)
                        span[key] = base64.b64encode(raw).decode()
    traces = json_format.Parse(json.dumps(document), trace_pb2.TracesData(), ignore_unknown_fields=False)
    spans = traces.resource_spans[0].scope_spans[0].spans
    root = spans[0]
    checks.that(f"{name}: one root", not root.parent_span_id and all(span.parent_span_id == root.span_id for span in spans[1:]))
    checks.equal(f"{name}: one trace", len({span.trace_id for span in spans}), 1)
    checks.equal(f"{name}: each span has an id of its own", len({span.span_id for span in spans}), len(spans))
    checks.that(f"{name}: spans are those of steps", {span.name for span in spans[1:]} <= set(steps), [span.name for span in spans])
    checks.that(f"{name}: no span ends before it begins", all(span.end_time_unix_nano >= span.start_time_unix_nano for span in spans))
    return traces


def check_openlineage(checks, name, text, steps):
    events = [json.loads(line) for line in text.removesuffix("\n").split("\n")]
    checks.that(f"{name}: there are events", events)
    for event in events:
        checks.equal(f"{name}: valid by its schemas", lineage.problems_of(event), [])
    begun = [event["run"]["runId"] for event in events if event["eventType"] == "START"]
    ended = [event["run"]["runId"] for event in events if event["eventType"] in ("COMPLETE", "FAIL", "ABORT")]
    checks.equal(f"{name}: a run begins once", len(begun), len(set(begun)))
    checks.that(f"{name}: and ends once at most, if it began", len(ended) == len(set(ended)) and set(ended) <= set(begun))
    checks.equal(f"{name}: times are in order for each run", sorted(events, key=lambda event: event["eventTime"])[0]["eventType"], "START")
    return events


CHECKS = {"chrome-trace": check_chrome_trace, "junit": check_junit, "otlp-json": check_otlp, "openlineage": check_openlineage}


def check_exports(checks, project, name, session, steps=("orders", "totals", "file")):
    """Every format of one session: text → what its check returns."""
    seen = {}
    for export, check in CHECKS.items():
        done = project.run("logs", "export", "--format", export, "--session", session.name)
        if checks.equal(f"{name}, {export}: exit code", done.exit_code, 0):
            seen[export] = check(checks, f"{name}, {export}", done.stdout, list(steps))
    return seen


def check_success(checks, project):
    project.run("run", "good.oml")
    session = project.sessions()[-1]
    seen = check_exports(checks, project, "success", session)
    events = seen["openlineage"]
    checks.equal("the run's events", [event["eventType"] for event in events if event["job"]["name"] == "shop"], ["START", "COMPLETE"])
    checks.equal("it read a file", [(each["namespace"], each["name"]) for each in events[-1]["inputs"]], [("file", "orders.csv")])
    checks.equal("it wrote a file", [each["outputFacets"]["outputStatistics"]["rowCount"] for each in events[-1]["outputs"]], [7])
    checks.equal("the columns that it read", [field["name"] for field in events[-1]["inputs"][0]["facets"]["schema"]["fields"]], ["id", "customer", "amount"])
    totals = [event for event in events if event["job"]["name"] == "shop.totals"]
    checks.contains("the SQL of a step", totals[0]["job"]["facets"]["sql"]["query"], "GROUP BY 1")
    checks.equal("every span is well", {span.status.code for span in seen["otlp-json"].resource_spans[0].scope_spans[0].spans}, {1})
    again = project.run("logs", "export", "--format", "otlp-json", "--output", "out/trace.json")
    checks.equal("the newest run, into a file", (again.exit_code, project.exists("out/trace.json")), (0, True))
    checks.equal("the same bytes", project.read("out/trace.json"), project.run("logs", "export", "--format", "otlp-json", "--output", "-").stdout)
    document = project.run("logs", "export", "--format", "junit", "--json").document()
    checks.that("one document holds it", document["content"].startswith("<?xml"), document)


def check_failure(checks, project):
    project.run("run", "broken.oml")
    seen = check_exports(checks, project, "failure", project.sessions()[-1])
    spans = seen["otlp-json"].resource_spans[0].scope_spans[0].spans
    failed = [span for span in spans if span.name == "totals"][0]
    checks.equal("a failed span", (failed.status.code, failed.events[0].name), (2, "exception"))
    checks.contains("says why", failed.status.message, "Could not convert")
    last = seen["openlineage"][-1]
    checks.equal("the run failed", last["eventType"], "FAIL")
    checks.contains("with its error", last["run"]["facets"]["errorMessage"]["message"], "Could not convert")
    text = project.run("logs", "export", "--format", "junit").stdout
    checks.contains("the place", text, "broken.oml:")


def check_unfinished(checks, project):
    running = project.start("run", "endless.oml")
    limit = time.monotonic() + 20
    while time.monotonic() < limit and not any('"step_id":"totals"' in file.read_text() for file in project.folder.glob("logs/run_*/events.jsonl")):
        time.sleep(0.05)
    time.sleep(1.2)  # a beat of metrics
    session = project.sessions()[-1]
    seen = check_exports(checks, project, "running", session)
    checks.that("a run that goes on has not ended", "COMPLETE" not in [event["eventType"] for event in seen["openlineage"] if event["job"]["name"] == "shop"])
    running.process.kill()
    running.wait(20)
    check_exports(checks, project, "killed", session)
    text = (session / "events.jsonl").read_bytes()
    (session / "events.jsonl").write_bytes(text[:-30])
    check_exports(checks, project, "torn", session)
    (session / "manifest.yaml").write_text("steps: [")
    for name in ("events.jsonl", "metrics.jsonl"):
        (session / name).write_text("")
    check_exports(checks, project, "empty", session, ())


def check_hostile(checks, project):
    project.write("hostile.csv", f'id,"{HOSTILE.replace(chr(34), chr(34) * 2)}"\n1,2\n')
    query = f"SELECT CAST('{HOSTILE.replace(chr(39), chr(39) * 2)}' AS INTEGER) AS n FROM input_df"
    project.write("hostile.oml", pipeline(read_csv("orders", path="hostile.csv"), transform("totals", "needs: [orders]", query=query),
                                          write_csv("file", "needs: [totals]", path="out/x.csv"), name="hostile", head=f"description: {json.dumps(HOSTILE, ensure_ascii=False)}\n"))
    done = project.run("run", "hostile.oml")
    checks.that("the hostile pipeline fails", done.exit_code == 1, done.text)
    check_exports(checks, project, "hostile", project.sessions()[-1])


def check_refusals(checks, project):
    for words, hint in ((("--format", "junitt"), "junit"), ((), "chrome-trace")):
        refused = project.run("logs", "export", *words, "--json")
        checks.equal(f"{words}: refused", (refused.exit_code, refused.error()["code"]), (2, "cli.usage"))
        checks.contains(f"{words}: with a hint", refused.error()["hint"], hint)


def main(checks):
    for test in (check_success, check_failure, check_unfinished, check_hostile, check_refusals):
        with Project({"orders.csv": ORDERS, "good.oml": GOOD, "broken.oml": BROKEN, "endless.oml": ENDLESS}) as project:
            checks.group(test.__name__, test, project)


if __name__ == "__main__":
    Checks.run(main)
