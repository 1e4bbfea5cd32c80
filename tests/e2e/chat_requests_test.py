"""The twelve written requests through `osiris chat` with a scripted model: saved, compiled and run on real databases, to their rows."""
import json

from checks import Checks
from model_server import ModelServer, call, text
from twelve_requests import REQUESTS, World

PATH = "output/pipeline.oml"


def check_request(checks, world, server, request):
    world.prepare()
    server.say(call("connections_list"), call("discover", connection="@mysql.main"), call("oml_draft", path=PATH, text=request.oml),
               call("compile", path=PATH), text("It is saved."))
    with world.project({"osiris.yaml": server.settings()}, server.variables()) as project:
        done = project.run("chat", request.message, "--yes-save", "--json")
        document = done.document()
        checks.equal(f"{request.name}: the turn", (done.exit_code, [entry.get("error_code") for entry in document.get("tool_calls", [])]), (0, [None] * 4))
        results = [json.loads(message["content"]) for message in server.requests()[-1]["body"]["messages"] if message["role"] == "tool"]
        draft = results[2]
        checks.equal(f"{request.name}: the draft", (draft["valid"], draft["errors"], draft["written"]), (True, [], True))
        used = {step["component"] for step in draft["plan"]["steps"]}
        checks.that(f"{request.name}: its components", request.components <= used, used)
        compiled = project.run("compile", PATH)
        checks.equal(f"{request.name}: it compiles", compiled.exit_code, 0)
        for number, stage in enumerate(request.stages, 1):
            world.change(stage.change)
            # A manifest has its parameters' values: with others the pipeline is run.
            ran = project.run("run", PATH, *stage.options) if stage.options else project.run("run", "--last-compile")
            checks.that(f"{request.name}: run {number}", ran.exit_code == 0, ran.text)
            checks.equal(f"{request.name}: rows of run {number}", world.differences(project, stage), [])


def main(checks):
    with World() as world, ModelServer() as server:
        for request in REQUESTS:
            checks.group(request.name, check_request, world, server, request)


Checks.run(main)
