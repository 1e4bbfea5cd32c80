"""CPU of looking at thousands of sessions."""
import json
import shutil
import statistics

import program
from program import Project, pipeline, read_csv, write_csv
from sampling import cpu

SESSIONS, PAGES = 10_000, 1_000
EVENTS = 100_000
REPEATS = 9
ORDERS = "id,customer\n" + "".join(f"{number},c{number}\n" for number in range(100))
COPY = pipeline(read_csv("orders", path="orders.csv"), write_csv("file", "needs: [orders]", path="out.csv"), name="copy")
FAILED = ("failed", "cancelled")


def fill(project, count):
    """Makes sessions like a real one of the project, which stays the newest; every tenth did not succeed."""
    real = project.sessions()[-1]
    newest = int(real.name.removeprefix("run_"))
    texts = {name: (real / name).read_text() for name in ("status.json", "events.jsonl", "manifest.yaml")}
    for number in range(1, count):
        name = f"run_{newest - number * 60_000}"
        folder = real.with_name(name)
        folder.mkdir()
        for file, text in texts.items():
            if file == "status.json" and number % 10 == 0:
                status = json.loads(text)
                status["status"] = FAILED[number // 10 % len(FAILED)]
                text = json.dumps(status, indent=2) + "\n"
            (folder / file).write_text(text.replace(real.name, name))


def taken(meter, project, environment, *words, repeats=REPEATS):
    """Milliseconds of CPU of a command, `repeats` times."""
    command = [program.program(), *words]
    return [cpu(meter.sample(command, project.folder, environment)) * 1e3 for _ in range(repeats)]


def measure(meter, report, _):
    report.section("Sessions", f"Sessions as a copy of a hundred rows leaves them, every tenth of them not a success. Medians of {REPEATS}.")
    with Project({"orders.csv": ORDERS, "copy.oml": COPY}) as project:
        environment = program.clean_environment(project.home)
        made = project.run("run", "copy.oml")
        if made.exit_code:
            raise RuntimeError(made.text)
        measure_big_page(meter, report, project, environment)
        fill(project, PAGES)
        measure_pages(meter, report, project, environment)
        for session in project.sessions()[:-1]:
            shutil.rmtree(session)
        fill(project, SESSIONS)
        measure_list(meter, report, project, environment)


def measure_big_page(meter, report, project, environment):
    session = project.sessions()[-1]
    events = session / "events.jsonl"
    text = events.read_text()
    line = {"ts": "2026-01-01T00:00:00.000Z", "session": session.name, "event": "warning", "step_id": "orders", "code": "csv.bad_row"}
    with open(events, "a", encoding="utf-8") as file:
        for number in range(EVENTS):
            file.write(json.dumps({**line, "message": f"row {number} was left out, its key is {number * 7919 % 10007}"}) + "\n")
    samples = taken(meter, project, environment, "logs", "html", "--session", session.name, "--output", "page")
    report.bar(f"`logs html` of a session with {EVENTS:,} events: CPU", statistics.median(samples), 500, "ms", f"{min(samples):.1f} – {max(samples):.1f} ms")
    events.write_text(text)


def measure_pages(meter, report, project, environment):
    first = taken(meter, project, environment, "logs", "html", repeats=1)[0]
    report.bar(f"`logs html` of {PAGES:,} sessions, the first time: CPU", first, 2000, "ms")
    again = taken(meter, project, environment, "logs", "html")
    report.bar("`logs html`, again: CPU", statistics.median(again), 300, "ms", f"{min(again):.1f} – {max(again):.1f} ms")


def measure_list(meter, report, project, environment):
    def bar(what, *words):
        samples = taken(meter, project, environment, *words)
        report.bar(what, statistics.median(samples), 150, "ms", f"{min(samples):.1f} – {max(samples):.1f} ms")

    def listed():
        return len(project.run("logs", "list", "--json").document()["sessions"])

    bar(f"`logs list` of {SESSIONS:,} sessions: CPU", "logs", "list")
    bar("`logs list --status failed`: CPU", "logs", "list", "--status", "failed")
    bar("`logs list --recent 10`: CPU", "logs", "list", "--recent", "10")
    counts = [listed()]
    for session in project.sessions()[::2]:
        shutil.rmtree(session)
    counts.append(listed())
    if counts != [SESSIONS, SESSIONS // 2]:
        raise RuntimeError(f"sessions listed before and after half of them were deleted by hand: {counts}")
    bar("`logs list` after half of them were deleted by hand: CPU", "logs", "list")
    report.note(f"sessions listed before and after the folders of half of them were deleted by hand: {counts[0]:,} and {counts[1]:,}")
