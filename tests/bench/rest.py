"""Reading and writing over the REST interface of the tests' own Supabase, against curl with the same requests."""
import loads
import reads
import rest_server
import servers
import shop
from program import CONNECTIONS, POSTGRES_CONNECTION, Project, pipeline, read_csv, step, write_csv
from sampling import alternate, cpu, peak, ratios, wall

BODY_ROWS = 2000
IN_FLIGHT = 4
PAGE_ROWS = 5000
WALL_LIMIT = 1 / 0.9
CPU_US_PER_CELL = 2


def pipelines():
    def supabase(identifier, role, mode, **config):
        return step(identifier, f"supabase.{role}", mode, {"connection": "@supabase.main", **config})
    rows = read_csv(path="orders.csv")
    return {"osiris_connections.yaml": CONNECTIONS + POSTGRES_CONNECTION + rest_server.CONNECTION,
            "write.oml": pipeline(rows, supabase("out", "writer", "write", table="loaded", batch_rows=BODY_ROWS, parallel_requests=IN_FLIGHT)),
            "read.oml": pipeline(supabase("read", "extractor", "read", table="plain", page_rows=PAGE_ROWS), write_csv(path="ours.csv"))}


def make_bodies(works):
    """The orders as the bodies of requests, each value a text."""
    row = ", ".join(f"'{name}', {name}::text" for name in shop.COLUMNS)
    bodies = works.postgres.sql(f"SELECT json_agg(json_build_object({row}) ORDER BY id) FROM plain GROUP BY (id - 1) / {BODY_ROWS} ORDER BY min(id)", "shop")
    return [works.project.write(f"bodies/{number}.json", body) for number, body in enumerate(bodies.splitlines())]


def headers(rest):
    key = rest.keys["service"]
    return [f'header = "apikey: {key}"', f'header = "Authorization: Bearer {key}"']


def write_by_curl(works, rest):
    """A file of curl's that posts every body."""
    parts = []
    for body in make_bodies(works):
        parts.append("\n".join([f'url = "{rest.url}/rest/v1/loaded?columns={",".join(shop.COLUMNS)}"', f'data-binary = "@{body}"',
                                'header = "Content-Type: application/json"', 'header = "Prefer: return=minimal"', 'output = "/dev/null"', "fail", *headers(rest)]))
    works.project.write("write.curl", "\nnext\n".join(parts))
    return ["curl", "--silent", "--show-error", "--parallel", "--parallel-max", str(IN_FLIGHT), "--config", "write.curl"]


def read_by_curl(works, rest):
    """The pages that the program asks for, into one file each."""
    wanted = ",".join(f"{name}::text" for name in shop.COLUMNS) + ",osiris_key_0:id::text"
    parts = []
    for begin in range(0, works.options.rows + 1, PAGE_ROWS):
        behind = f"&id=gt.{begin}" if begin else ""
        parts.append("\n".join([f'url = "{rest.url}/rest/v1/plain?select={wanted}&limit={PAGE_ROWS}&order=id.asc{behind}"', 'output = "page.json"', "fail",
                                *headers(rest)]))
    works.project.write("read.curl", "\nnext\n".join(parts))
    return ["curl", "--silent", "--show-error", "--config", "read.curl"]


def report_work(report, works, what, ours, curl):
    cells = works.options.rows * len(shop.COLUMNS)
    report.ratio(f"{what}: wall", ratios(ours, curl, wall), WALL_LIMIT, "curl")
    report.bar(f"{what}: client CPU", sorted(map(cpu, ours))[len(ours) // 2] / cells * 1e6, CPU_US_PER_CELL, "µs a cell")
    report.bar(f"{what}: peak memory", max(map(peak, ours)), 64, "MiB")


def measure(meter, report, options):
    floor = reads.build_floor(options.folder)
    with servers.MariaDb(*loads.MYSQL_SETTINGS) as mariadb, servers.PostgreSql(*loads.POSTGRES_SETTINGS, durable=True) as postgres, \
            rest_server.RestServer(postgres) as rest:
        rest.set(max_rows=PAGE_ROWS)
        mariadb.sql("CREATE DATABASE shop CHARACTER SET utf8mb4")
        with Project(pipelines(), {**mariadb.variables("shop"), **postgres.variables("shop"), **rest.variables()}) as project:
            works = loads.Works(meter, options, mariadb, postgres, project)
            loads.make_rows(works, floor)
            postgres.sql("ALTER TABLE plain ADD PRIMARY KEY (id)")
            report.section("Over REST", f"Against one `curl` with the same requests: {IN_FLIGHT} at once with bodies of {BODY_ROWS:,} rows that are there already, and "
                           f"pages of {PAGE_ROWS:,} rows one after the other, thrown away. The server is the tests' own, which shares the cores.")
            empty = works.empty("postgres", "loaded")
            samples = alternate(options.pairs, {
                "curl, writing": works.work(*write_by_curl(works, rest), reset=empty), "CSV → REST": works.ours("write", empty)})
            works.expect_same("postgres", "loaded", "plain")
            curl, ours = samples.values()
            report_work(report, works, "CSV → REST", ours, curl)
            report.medians(samples)
            samples = alternate(options.pairs, {"curl, reading": works.work(*read_by_curl(works, rest)), "REST → CSV": works.ours("read")})
            if project.read("ours.csv").count("\n") < options.rows:
                raise RuntimeError("rows are missing")
            curl, ours = samples.values()
            report_work(report, works, "REST → CSV", ours, curl)
            report.medians(samples)
