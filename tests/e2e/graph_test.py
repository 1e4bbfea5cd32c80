"""Order, fan-out, joins, limits, parameters, and what a failing branch does to the others."""
from checks import Checks
from program import Project, events, pipeline, read_csv, status_of, transform, write_csv

FILES = {"a.csv": "id,v\n1,from a\n2,also a\n", "b.csv": "id,v\n1,from b\n9,only b\n"}
A, B = read_csv("a", path="a.csv"), read_csv("b", path="b.csv")


def after(*steps):
    return f"needs: [{', '.join(steps)}]"


# name: (steps, what each output file holds)
GRAPHS = {
    "a writer before its extractor": ([write_csv("w", after("a"), path="o.csv"), A], {"o.csv": FILES["a.csv"]}),
    "the previous step feeds": ([A, write_csv("w", path="o.csv")], {"o.csv": FILES["a.csv"]}),
    "inputs choose, needs orders": ([A, B, write_csv("w", after("b") + '\ninputs: {df: "${a.df}"}', path="o.csv")], {"o.csv": FILES["a.csv"]}),
    "inputs imply the dependency": ([write_csv("w", 'inputs: {df: "${b.df}"}', path="o.csv"), A, B], {"o.csv": FILES["b.csv"]}),
    "two branches": ([A, B, write_csv("wa", after("a"), path="oa.csv"), write_csv("wb", after("b"), path="ob.csv")],
                     {"oa.csv": FILES["a.csv"], "ob.csv": FILES["b.csv"]}),
    "one extractor, three readers": ([A, write_csv("w1", after("a"), path="o1.csv"), write_csv("w2", after("a"), path="o2.csv"),
                                      transform("n", after("a"), query="SELECT count(*) AS n FROM input_df"),
                                      write_csv("w3", after("n"), path="o3.csv")],
                                     {"o1.csv": FILES["a.csv"], "o2.csv": FILES["a.csv"], "o3.csv": "n\n2\n"}),
    "a join of two inputs": ([A, B, transform("j", after("a", "b"), query="SELECT id, df_a.v || '+' || df_b.v AS v FROM df_a JOIN df_b USING (id)"),
                              write_csv("w", after("j"), path="o.csv")], {"o.csv": "id,v\n1,from a+from b\n"}),
}


def check_graph(checks, name, steps, outputs):
    with Project({**FILES, "p.oml": pipeline(*steps)}) as project:
        outcome = project.run("run", "p.oml")
        if checks.that(f"{name}: exit 0", outcome.exit_code == 0, outcome.text):
            for file, wanted in outputs.items():
                checks.equal(f"{name}: {file}", project.read(file), wanted)
            started = [event["step_id"] for event in events(project.sessions()[-1], "step_start")]
            checks.equal(f"{name}: each step starts once", sorted(started), sorted(set(started)))


def failing_branch(more_arguments=()):
    """A good branch that takes a while, and a bad one with two steps below the failing one."""
    slow = transform("slow", after("many"), query="SELECT count(DISTINCT md5(v || '-' || i)) AS n FROM input_df, range(100) r(i)")
    steps = [read_csv("many", path="many.csv"), slow, write_csv("good", after("slow"), path="good.csv"),
             read_csv("bad", path="nothing.csv"), transform("below", after("bad"), query="SELECT * FROM input_df"),
             write_csv("last", after("below"), path="bad.csv")]
    files = {"many.csv": "v\n" + "".join(f"{number}\n" for number in range(20_000)), "p.oml": pipeline(*steps)}
    project = Project(files)
    return project, project.run("run", "p.oml", "--json", *more_arguments)


def check_failing_branch(checks):
    project, outcome = failing_branch()
    with project:
        checks.equal("a failing branch: exit 1", outcome.exit_code, 1)
        checks.equal("a failing branch: error.code", outcome.error().get("code"), "file.not_found")
        checks.that("the independent branch finishes", project.exists("good.csv") and project.read("good.csv") == "n\n2000000\n", outcome.text)
        checks.that("nothing comes out below", not project.exists("bad.csv"))
        session = project.sessions()[-1]
        completed = {event["step_id"] for event in events(session, "step_complete")}
        checks.equal("the session names the completed steps", completed, {"many", "slow", "good"})
        checks.equal("the session names the failed step", [event["step_id"] for event in events(session, "step_failed")][:1], ["bad"])
        text = (session / "events.jsonl").read_text() + (session / "status.json").read_text()
        checks.that("the session names the cancelled steps", "below" in text and "last" in text, text)
        checks.equal("the run has failed", status_of(session), "failed")


def check_fail_fast(checks):
    project, outcome = failing_branch(["--fail-fast"])
    with project:
        checks.equal("--fail-fast: exit 1", outcome.exit_code, 1)
        checks.that("--fail-fast stops the independent branch", not project.exists("good.csv"), outcome.text)
        checks.equal("--fail-fast: nothing half-written", project.leftovers(but=["p.oml", "many.csv"]), [])


def check_limit(checks):
    rows = "".join(f"{number}\n" for number in range(5000))
    with Project({"in.csv": "n\n" + rows, "p.oml": pipeline(read_csv(path="in.csv"), write_csv(path="o.csv"))}) as project:
        outcome = project.run("run", "p.oml", "--limit", "7")
        checks.that("--limit: exit 0", outcome.exit_code == 0, outcome.text)
        checks.equal("--limit: that many rows", project.read("o.csv"), "n\n0\n1\n2\n3\n4\n5\n6\n")
        checks.equal("--limit: rows_read", [event["rows_read"] for event in events(project.sessions()[-1], "step_complete")
                                           if event["step_id"] == "read"], [7])


def check_empty_input(checks):
    with Project({"in.csv": "a,b\n", "p.oml": pipeline(read_csv(path="in.csv"), transform(query="SELECT b, a FROM input_df"),
                                                     write_csv(path="o.csv"))}) as project:
        outcome = project.run("run", "p.oml")
        checks.that("no rows: exit 0", outcome.exit_code == 0, outcome.text)
        checks.equal("no rows: the header", project.read("o.csv"), "b,a\n")


def check_parameters(checks):
    """default < profile < OSIRIS_PARAM_X < --param; a value that is exactly ${params.x} keeps its type."""
    head = 'params: {word: {default: "default"}, top: {default: 3}}\nprofiles: {test: {params: {word: "profile"}}}\n'
    text = pipeline(read_csv(path="a.csv"), transform(query="SELECT '${params.word}' AS word LIMIT ${params.top}"),
                    write_csv(path="o.csv"), head=head)
    levels = [("default", [], {}), ("profile", ["--profile", "test"], {}),
              ("variable", ["--profile", "test"], {"OSIRIS_PARAM_WORD": "variable"}),
              ("flag", ["--profile", "test", "--param", "word=flag"], {"OSIRIS_PARAM_WORD": "variable"})]
    for wanted, arguments, variables in levels:
        with Project({**FILES, "p.oml": text}) as project:
            outcome = project.run("compile", "p.oml", *arguments, variables=variables)
            if checks.that(f"a parameter from {wanted}: compile", outcome.exit_code == 0, outcome.text):
                manifest = project.manifests()[-1].read_text(encoding="utf-8")
                checks.contains(f"a parameter from {wanted}: in the manifest", manifest, f"'{wanted}' AS word LIMIT 3")
                outcome = project.run("run", "--last-compile")
                checks.that(f"a parameter from {wanted}: run", outcome.exit_code == 0, outcome.text)
                checks.equal(f"a parameter from {wanted}: in the output", project.read("o.csv"), f"word\n{wanted}\n")


def check_session(checks):
    """The folder that the guide draws, its events and its metrics."""
    with Project({**FILES, "p.oml": pipeline(A, write_csv("w", path="out/o.csv"))}) as project:
        outcome = project.run("run", "p.oml")
        if not checks.that("a run: exit 0", outcome.exit_code == 0, outcome.text):
            return
        session = project.sessions()[-1]
        for name in ("events.jsonl", "metrics.jsonl", "osiris.log", "manifest.yaml", "status.json", "artifacts/w/output.csv"):
            checks.that(f"the session has {name}", (session / name).is_file(), sorted(str(path) for path in session.rglob("*")))
        names = [event["event"] for event in events(session)]
        checks.equal("run_start first, run_end last", (names[0], names[-1]), ("run_start", "run_end"))
        checks.equal("the status", status_of(session), "success")
        rows = {event["step_id"]: (event["rows_read"], event["rows_written"]) for event in events(session, "step_complete")}
        checks.equal("rows of each step", rows, {"a": (2, 2), "w": (2, 2)})
        copy = session / "artifacts" / "w" / "output.csv"
        checks.equal("the artifact is the output", copy.read_text() if copy.exists() else None, project.read("out/o.csv"))


def main(checks):
    for name, arguments in GRAPHS.items():
        checks.group(name, check_graph, name, *arguments)
    for test in (check_failing_branch, check_fail_fast, check_limit, check_empty_input, check_parameters, check_session):
        checks.group(test.__name__, test)


if __name__ == "__main__":
    Checks.run(main)
