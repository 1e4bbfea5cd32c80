"""`osiris chat` with a model that only answers questions: what it may answer, what comes of it on real databases, and what it gets wrong."""
import json

from checks import Checks
from model_server import ModelServer, text
from program import Project
from twelve_requests import REQUESTS, World

PATH = "output/pipeline.oml"


def given(answer):
    return text(json.dumps({"answer": answer}))


def settings(server):
    return server.settings().replace("}", ", questions: true}")


def asked(server):
    """The schema of each answer."""
    return [entry["body"]["response_format"]["json_schema"]["schema"]["properties"]["answer"] for entry in server.requests()]


def check_databases(checks, world, server):
    """The whole of a request: the choices are those that were found, less those that the request leaves out."""
    request = next(each for each in REQUESTS if each.name == "filter")
    world.prepare()
    server.say(given("id, total"), given("yes"), given("status = 'paid'"), given("no"), given("no"), given("no"), given("overwrite"), given("no"))
    with world.project({"osiris.yaml": settings(server)}, server.variables()) as project:
        done = project.run("chat", request.message, "--yes-save", "--json")
        document = done.document()
        checks.equal("the turn", (done.exit_code, document.get("draft", {}).get("saved")), (0, True)) or print(done.text)
        checks.equal("its call", [entry["tool"] for entry in document["tool_calls"]], ["oml_draft"])
        checks.contains("the answers are told", document["message"], "Which table? orders\nWhich columns? id, total\n")
        schemas = asked(server)
        checks.equal("columns of the table", schemas[0],
                     {"enum": ["all of id, customer_id, status, total, ordered_on, updated_at", "id, total", "others"]})
        checks.equal("modes of the writer", schemas[6], {"enum": ["overwrite", "append"]})
        checks.equal("what the request names once is not asked for", len(schemas), 8)
        body = server.requests()[0]["body"]
        checks.equal("it is asked without tools and without chance", ("tools" in body, body["temperature"]), (False, 0))
        checks.equal("its run", project.run("run", PATH).exit_code, 0)
        checks.equal("its rows", world.differences(project, request.stages[0]), [])
        secret = project.variables["MYSQL_PASSWORD"]
        checks.that("no secret is sent", secret not in json.dumps(server.requests()), "a password")


FILES = {"in.csv": "id,name\n1,Ada\n2,Bob\n"}
REQUEST = "Copy id of in.csv to out.csv"


def answers_with(sql):
    return [given("id"), given("fail"), given("no"), given("SQL"), given(sql), given("no"),
            given("overwrite"), given("no")]


def check_repairs(checks, server):
    with Project({**FILES, "osiris.yaml": settings(server)}, server.variables()) as project:
        server.say(*answers_with("SELECT nobody FROM input_df"), *answers_with("SELECT id + 1 AS id FROM input_df"))
        done = project.run("chat", REQUEST, "--yes-save")
        checks.equal("a wrong answer is mended", done.exit_code, 0) or print(done.text)
        first_of_repair = server.requests()[8]["body"]["messages"][-1]["content"]
        checks.contains("the model is told what was wrong", first_of_repair, "nobody")
        checks.equal("the rows", (project.run("run", PATH).exit_code, project.read("out.csv")), (0, "id\n2\n3\n"))

    with Project({**FILES, "osiris.yaml": settings(server)}, server.variables()) as project:
        server.say(*answers_with("SELECT nobody FROM input_df") * 4)
        done = project.run("chat", REQUEST, "--yes-save", "--json")
        checks.equal("four wrong pipelines", (done.exit_code, done.error()["code"], len(server.requests())), (2, "agent.draft_failed", 32))
        checks.that("nothing is written", not project.exists(PATH), "a file")
        server.say(*[text("What do you mean?")] * 3)
        done = project.run("chat", REQUEST, "--json")
        checks.equal("no answer in the form that was asked for", (done.error()["code"], len(server.requests())), ("agent.model_loops", 3))


def check_later_wish(checks, server):
    """A second message changes the pipeline of the first; nothing is saved by a model's answer."""
    with Project({**FILES, "osiris.yaml": settings(server)}, server.variables()) as project:
        server.say(*answers_with("SELECT id FROM input_df"))
        first = project.run("chat", REQUEST, "--json").document()
        checks.equal("a draft that is not saved", (first["draft"]["saved"], project.exists(PATH)), (False, False))
        server.say(*answers_with("SELECT id FROM input_df WHERE id > 1"))
        second = project.run("chat", "Only ids above 1", "--session-id", first["session_id"], "--yes-save", "--json").document()
        checks.contains("both messages are the request", server.requests()[0]["body"]["messages"][-1]["content"], f"Request: {REQUEST}\nOnly ids above 1\n")
        checks.contains("the new draft", second["draft"]["text"], "WHERE id > 1")


def main(checks):
    with ModelServer() as server:
        for work in (check_repairs, check_later_wish):
            checks.group(work.__name__, work, server)
        with World() as world:
            checks.group("check_databases", check_databases, world, server)


Checks.run(main)
