"""CPU and instructions of the commands that people wait for most often."""
import statistics

import program
from program import CONNECTIONS, Project, pipeline, read_csv, read_table, transform, write_csv
from sampling import cpu, instructions

START_REPEATS = 21
QUERY = "SELECT * FROM orders"


def ten_steps():
    """A file of ten steps: three sources, four transforms, three writers."""
    steps = [read_table("orders", query=QUERY), read_table("items", table="items"), read_csv("rates", path="rates.csv"),
             transform("joined", "needs: [orders, rates]", query="SELECT * FROM df_orders JOIN df_rates USING (state)"),
             transform("totals", "needs: [joined]", query="SELECT state, sum(total) AS total FROM input_df GROUP BY state"),
             transform("pieces", "needs: [items]", query="SELECT count(*) AS n FROM input_df"),
             transform("newest", "needs: [orders]", query="SELECT max(placed_at) AS newest FROM input_df"),
             write_csv("write_totals", "needs: [totals]", path="out/totals.csv"),
             write_csv("write_pieces", "needs: [pieces]", path="out/pieces.csv"),
             write_csv("write_newest", "needs: [newest]", path="out/newest.csv")]
    return pipeline(*steps)


def measure(meter, report, _):
    report.section("Starting", f"The program from its start to its end, {START_REPEATS} times each.")
    with Project({"osiris_connections.yaml": CONNECTIONS, "ten.oml": ten_steps()}) as project:
        environment = program.clean_environment(project.home, {"MYSQL_HOST": "192.0.2.1"})
        for name, command, limit_ms in (("`osiris --version`", ["--version"], 10), ("`osiris compile` of ten steps", ["compile", "ten.oml"], 30)):
            words = [program.program(), *command]
            taken = [cpu(meter.sample(words, project.folder, environment)) * 1e3 for _ in range(START_REPEATS)]
            report.bar(f"{name}: CPU", statistics.median(taken), limit_ms, "ms", f"{min(taken):.1f} – {max(taken):.1f} ms")
            millions, how = instructions(words, project.folder, environment)
            report.note(f"{name}: {f'{millions:.1f} million instructions, counted by {how}' if millions else how}")
