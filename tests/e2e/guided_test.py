"""`osiris chat` without a language model: twelve requests on real databases, answers by a pipe, a person at a terminal, and
what goes wrong in between."""
import fcntl
import json
import os
import pty
import select
import signal
import sqlite3
import subprocess
import termios
import time

from checks import Checks
from program import CONNECTIONS, ROOT, Project, clean_environment, events, program
from terminal import Terminal
from twelve_requests import REQUESTS, World

IN = {"in.csv": "id,name\n1,Ada\n2,Bob\n"}
# Source, columns, bad rows, no other source, no step, target, write mode, no other target, name, file.
COPY = ["in.csv", "", "", "", "", "out.csv", "", "", "copy", ""]
YES = ["yes", "yes", "yes"]
NO_SERVER = {"MYSQL_HOST": "127.0.0.1", "MYSQL_PORT": "1", "MYSQL_DATABASE": "shop", "MYSQL_USER": "u", "MYSQL_PASSWORD": "p"}
SOON_S = 30


def answer(project, answers, *options, variables=None, timeout_s=120):
    """The conversation with one answer a line; the outcome of the program."""
    environment = clean_environment(project.home, {**project.variables, **(variables or {})})
    done = subprocess.run([program(), "chat", *options], cwd=project.folder, env=environment, capture_output=True, timeout=timeout_s,
                          input="".join(line + "\n" for line in answers).encode(), check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def of_table(reference, table, columns="", condition="", incremental=("no",)):
    """The answers about a table that is read: a database's condition and what is new."""
    return [reference, table, columns, condition, *incremental]


def into_file(path, mode=("overwrite",)):
    return ["a file", path, *mode]


# The answers to all questions up to the pipeline's name, for each of the twelve.
NO_STEP, ONE_SOURCE, ONE_TARGET = ["no"], ["no"], ["no"]
SQL = "SQL"
TWELVE = {
    "copy_table": of_table("@mysql.main", "customers") + ONE_SOURCE + NO_STEP + into_file("output/customers.csv") + ONE_TARGET,
    "filter": of_table("@mysql.main", "orders", "id, total", "status = 'paid'") + ONE_SOURCE + NO_STEP + into_file("output/paid.csv") + ONE_TARGET,
    "join": of_table("@mysql.main", "orders", "id, customer_id, total") + ["yes"] + of_table("@mysql.main", "customers", "id, name") + ONE_SOURCE
            + [SQL, "SELECT o.id, c.name, o.total FROM orders o JOIN customers c ON c.id = o.customer_id", "no"]
            + into_file("output/orders_with_names.csv") + ONE_TARGET,
    "top_n": of_table("@mysql.main", "orders", "id, total") + ONE_SOURCE
             + [SQL, "SELECT id, total FROM input_df ORDER BY total DESC LIMIT 3", "no"] + into_file("output/top.csv") + ONE_TARGET,
    "upsert_postgres": of_table("@mysql.main", "orders", "id, status, total") + ONE_SOURCE + NO_STEP
                       + ["@postgres.main", "orders", "upsert", ""] + ONE_TARGET,
    "upsert_supabase": of_table("@mysql.main", "customers") + ONE_SOURCE + NO_STEP + ["@supabase.main", "people", "upsert", "id"] + ONE_TARGET,
    "incremental": of_table("@mysql.main", "orders", "id, status, updated_at", "", ("yes", "updated_at", "id", "")) + ONE_SOURCE + NO_STEP
                   + ["@postgres.main", "orders_log", "append"],
    "clean_csv": ["a file", "input/people.csv", "", "", *ONE_SOURCE, SQL,
                  "SELECT DISTINCT trim(name) AS name, lower(trim(email)) AS email, trim(city) AS city FROM input_df WHERE trim(email) <> ''",
                  "no", *into_file("output/people.csv"), *ONE_TARGET],
    "parquet": of_table("@mysql.main", "orders", "id, total, ordered_on") + ONE_SOURCE + NO_STEP + into_file("output/orders.parquet", ()) + ONE_TARGET,
    "python_step": of_table("@mysql.main", "customers", "id, name") + ONE_SOURCE
                   + ["a function", "typed here", "def transform(batch):",
                      "    return [{**row, \"initial\": row[\"name\"][0]} for row in batch]", "", "no"]
                   + into_file("output/initials.csv") + ONE_TARGET,
    "two_targets": of_table("@mysql.main", "customers") + ONE_SOURCE + NO_STEP + into_file("output/customers.csv")
                   + ["yes", "@postgres.main", "a new table", "customers", "replace"] + ONE_TARGET,
    "daily_params": of_table("@mysql.main", "orders", "id, total", "ordered_on = '${params.day}'") + ONE_SOURCE + NO_STEP
                    + into_file("output/day.csv") + ONE_TARGET + ["2026-01-03"],
}


def check_request(checks, world, request):
    world.prepare()
    with world.project() as project:
        first, *later = request.stages
        exit_code, text, messages = answer(project, [*TWELVE[request.name], request.name, "", *YES])
        if not checks.equal(f"{request.name}: the conversation ends well", exit_code, 0):
            return print(text[-3000:], messages)
        oml = project.read("output/pipeline.oml")
        checks.contains(f"{request.name}: what was written was shown", text, oml)
        checks.that(f"{request.name}: its steps", all(f"component: {name}\n" in oml for name in request.components), oml)
        checks.equal(f"{request.name}: one compile and one run", (len(project.sessions("compile_")), len(project.sessions())), (1, 1))
        checks.equal(f"{request.name}: its rows", world.differences(project, first), [])
        for number, stage in enumerate(later, 2):
            world.change(stage.change)
            done = project.run("run", "output/pipeline.oml", *stage.options)
            checks.equal(f"{request.name}: run {number}", (done.exit_code, world.differences(project, stage)), (0, []))
        return None


def check_databases(checks, world):
    """What is particular of tables: no rows, names that nobody expects, keys that are offered."""
    world.prepare()
    strange = 'a "b" `c` é, 1-2'
    world.mariadb.sql(f"CREATE TABLE shop.`{strange.replace('`', '``')}` (`the key` INT PRIMARY KEY, `x, y` TEXT); CREATE TABLE shop.nobody (id INT)")
    world.mariadb.sql(f"INSERT INTO shop.`{strange.replace('`', '``')}` VALUES (1, 'one'), (2, NULL)")
    with world.project() as project:
        exit_code, text, messages = answer(project, [*of_table("@mysql.main", strange), "no", "no", *into_file("odd.csv"), "no", "", "", *YES])
        checks.equal("a table of a strange name", exit_code, 0) or print(text[-2000:], messages)
        checks.equal("its rows", project.read("odd.csv"), 'the key,"x, y"\n1,one\n2,\n')
        exit_code, text, _ = answer(project, [*of_table("@mysql.main", strange, "the key"), "no", "no", "@postgres.main", "a new table", strange, "upsert",
                                              "the key", "no", "odd", "odd", *YES])
        checks.equal("a strange name in another database", exit_code, 0) or print(text[-2000:])
        quoted = strange.replace('"', '""')
        checks.equal("its rows there", world.postgres.rows(f'SELECT "the key" FROM "{quoted}" ORDER BY 1'), [["1"], ["2"]])
        exit_code, text, _ = answer(project, [*of_table("@mysql.main", "nobody"), "no", "no", *into_file("none.csv"), "no", "", "none", *YES])
        checks.equal("a table without rows", (exit_code, project.read("none.csv")), (0, "id\n"))
        checks.contains("it says so", text, "0 rows out")
        exit_code, text, _ = answer(project, [*of_table("@mysql.main", "orders"), "no", "no", "@postgres.main", "orders", "upsert"])
        checks.contains("the key of the target is offered", text, "Which columns tell a row that is there already?\n  1  id\n")
        checks.contains("as the usual answer", text, "numbers or names, with commas between [1]: ")
        exit_code, text, _ = answer(project, [*of_table("@mysql.main", "orders", "", "no_such = 1"), "no", "no", *into_file("x.csv"), "no", "", "x", "<", "<",
                                              "<", "<", "<", "<", "<", "<", "<", "<", "id = 1", "no", "no", "no", *into_file("x.csv"), "no", "", "x", *YES])
        checks.equal("a condition that the server refuses is gone back to", exit_code, 0) or print(text[-3000:])
        checks.contains("what the server says", text, "no_such")
        checks.equal("and the better one counts", project.read("x.csv").count("\n"), 2)
        exit_code, text, _ = answer(project, ["@mysql.main", "a query", "SELECT totl FROM orders", "SELECT id, total FROM orders WHERE status = 'open'", "no", "no", "no",
                                              "@postgres.main", "a new table", "open_orders", "upsert", "id", "no", "open", "open", *YES])
        checks.equal("a query of MySQL, after a wrong one", exit_code, 0) or print(text[-3000:])
        checks.contains("its columns", text, "It gives 2 columns:\n  id  integer\n  total  decimal(10,2)\n")
        exit_code, text, _ = answer(project, ["@postgres.main", "a query", "SELECT totl FROM open_orders", "SELECT id, total FROM open_orders", "no", "no", "no",
                                              *into_file("open.csv"), "no", "open", "open_again", *YES])
        checks.equal("a query of PostgreSQL, after a wrong one", (exit_code, project.read("open.csv")), (0, "id,total\n2,20.00\n")) or print(text[-3000:])
        exit_code, text, _ = answer(project, ["@mysql.main", "ord", "orders"])
        checks.contains("a part of a name lists what it may be", text, "Which of these?\n  4  orders  6 columns")
        exit_code, text, _ = answer(project, [*of_table("@mysql.main", "orders", "", "", ("yes", "updated_at", "id", "10m")), "no", "no", "@postgres.main",
                                              "orders_log"])
        checks.contains("what is read again can only be upserted", text, "What becomes of rows that are there already?\n  1  upsert")


def check_query(checks):
    """Rows by a query of one's own: tried before it is taken, its columns offered where rows need a key."""
    with Project({**IN, "osiris_connections.yaml": "connections:\n  sqlite:\n    main: {path: shop.sqlite}\n"}) as project:
        with sqlite3.connect(project.path("shop.sqlite")) as database:
            database.executescript("CREATE TABLE things (id INTEGER PRIMARY KEY, total INTEGER); INSERT INTO things VALUES (1, 5), (2, 6), (3, 7)")
        exit_code, text, messages = answer(project, [
            "@sqlite.main", "a query", "DELETE FROM things", "SELECT totl FROM things", "SELECT id, total FROM things WHERE total > 5", "no", "no", "no",
            "@sqlite.main", "a new table", "copies", "upsert", "id", "no", "", "", *YES])
        checks.equal("a query", exit_code, 0) or print(text[-3000:], messages)
        checks.contains("it only reads", text, "error: the query only reads: the statement starts with 'DELETE'")
        checks.contains("what the database says of a wrong one", text, "no such column: totl")
        checks.contains("its columns are told", text, "It gives 2 columns:\n  id  bigint\n  total  bigint\n")
        checks.contains("and offered", text, "Which columns tell a row that is there already?\n  1  id\n  2  total\n")
        with sqlite3.connect(project.path("shop.sqlite")) as database:
            checks.equal("its rows", database.execute("SELECT id, total FROM copies ORDER BY id").fetchall(), [(2, 6), (3, 7)])
        exit_code, text, _ = answer(project, ["@sqlite.main", "a query", "SELECT id FROM things WHERE id = ${params.which}", "no", "no", "no",
                                              *into_file("one.csv"), "no", "3", "one", "one", *YES])
        checks.equal("a query with a parameter", (exit_code, project.read("one.csv")), (0, "id\n3\n")) or print(text[-3000:])
        _, text, _ = answer(project, ["@sqlite.main", "a query", "SELECT id FROM things", "<", "<", "things"])
        checks.contains("one can go back from it", text, "Which columns?\n  1  id\n  2  total\n")


def check_no_server(checks):
    with Project({"osiris_connections.yaml": CONNECTIONS}, NO_SERVER) as project:
        typed = ["@mysql.main", "try again", "type the table's name", "orders", "", "no", "no", "no", *into_file("x.csv"), "no", "", ""]
        exit_code, text, _ = answer(project, [*typed, *YES])
        checks.equal("no server: the run fails, and so does the conversation", exit_code, 1)
        checks.equal("no server: it was tried twice", text.count("The tables of @mysql.main cannot be seen."), 2)
        checks.contains("no server: the plan says what is wrong", text[text.index("What a run would do"):], "error: ")
        checks.that("no server: the pipeline is there for another day", "table: orders" in project.read("output/pipeline.oml"))
        exit_code, text, _ = answer(project, ["@mysql.main", *["1"] * 500], timeout_s=300)
        checks.equal("no server: it is not tried for ever", (exit_code, text.count("cannot be seen")), (1, 20))
        exit_code, text, _ = answer(project, ["@mysql.main", "<", "a file"])
        checks.equal("no server: one can go back", text.count("Where do the rows come from?"), 2)
    with Project({"osiris_connections.yaml": CONNECTIONS}) as project:
        _, text, _ = answer(project, [])
        checks.contains("a variable that is not set is named where one chooses", text, "not set: MYSQL_HOST")


def check_pipe(checks):
    with Project(IN) as project:
        exit_code, text, messages = answer(project, [*COPY, *YES])
        checks.equal("by a pipe: success", (exit_code, messages), (0, ""))
        checks.equal("by a pipe: rows", project.read("out.csv"), IN["in.csv"])
        checks.contains("a project of files asks for one at once", text, "A file, for the project has no connections.")
        checks.contains("answers are seen in what is printed", text, "Name of the pipeline [in]: copy\n")
        checks.that("no colours and no cursor in a pipe", "\x1b" not in text)
        checks.equal("a pipe leaves no history", project.exists(".osiris"), False)
        exit_code, text, messages = answer(project, [*COPY, *YES], "--json")
        document = json.loads(text)
        checks.equal("--json: one document", (document["status"], document["file"], document["run"]["status"]), ("success", "output/pipeline.oml", "success"))
        checks.equal("--json: it has the pipeline", document["oml"], project.read("output/pipeline.oml"))
        checks.contains("--json: the conversation is beside it", messages, "Where do the rows come from?")
    with Project(IN) as project:
        for count in range(len(COPY) + 1):
            exit_code, _, messages = answer(project, COPY[:count])
            checks.equal(f"the end after {count} answers", (exit_code, messages), (1, "the conversation ended; nothing was written\n"))
        checks.equal("nothing is left behind", project.leftovers(but=IN), [])
        exit_code, _, _ = answer(project, [*COPY, "yes"])
        checks.equal("the end after the pipeline was written is none before", (exit_code, project.exists("output/pipeline.oml"), project.sessions()), (0, True, []))
        for line in ("1", "2", "", "yes", "no", "nonsense", "<", "\x1b[2J", "x" * 100000):
            exit_code, text, _ = answer(project, [line] * 3000)
            checks.that(f"{line[:20]!r} for ever comes to an end", exit_code in (0, 1) and len(text) < 40_000_000, (exit_code, len(text)))
        checks.equal("and nothing ran", project.sessions(), [])
        exit_code, text, _ = answer(project, [*COPY, "y e s", "", "ja", "no"])
        checks.equal("only a yes is a yes", (exit_code, text.count("error: answer yes or no")), (0, 3))


class Person:
    """One who sits at a pty: sees bytes, types bytes; the terminal's own state can be asked for."""

    def __init__(self, project, *options):
        self.outer, self.inner = pty.openpty()
        self.before = termios.tcgetattr(self.inner)
        environment = clean_environment(project.home, {**project.variables, "TERM": "xterm-256color"})
        self.process = subprocess.Popen([program(), "chat", *options], cwd=project.folder, env=environment, stdin=self.inner, stdout=self.inner,
                                        stderr=self.inner, preexec_fn=self._own_terminal)  # noqa: PLW1509 - one thread
        self.seen = b""

    def _own_terminal(self):
        os.setsid()
        fcntl.ioctl(self.inner, termios.TIOCSCTTY, 0)
        # As a shell starts a program, whatever started this test ignores.
        for number in (signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, signal.SIG_DFL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.outer)
        os.close(self.inner)

    def look(self, seconds=0.05):
        while select.select([self.outer], [], [], seconds)[0]:
            self.seen += os.read(self.outer, 65536)

    def wait_for(self, text):
        deadline = time.monotonic() + SOON_S
        while text.encode() not in self.seen:
            if time.monotonic() > deadline:
                raise AssertionError(f"never seen: {text}\n{self.seen.decode(errors='replace')[-2000:]}")
            self.look()

    def type(self, text):
        os.write(self.outer, text.encode())

    def end(self):
        """The exit code, and whether the terminal is as it was."""
        deadline = time.monotonic() + SOON_S
        while self.process.poll() is None and time.monotonic() < deadline:
            self.look()
        self.look()
        code = self.process.poll()
        shows_cursor = self.seen.rfind(b"\x1b[?25h") >= self.seen.rfind(b"\x1b[?25l")
        takes_pastes = self.seen.rfind(b"\x1b[?2004h") > self.seen.rfind(b"\x1b[?2004l")
        return code, termios.tcgetattr(self.inner) == self.before and shows_cursor and not takes_pastes


def check_ways_out(checks):
    """In a line and in a menu: the terminal is as it was, whatever ended the program."""
    places = {"a line": ("Path of the file: ", ""), "a menu": ("Which columns?", "in.csv\r")}
    for place, (question, typed) in places.items():
        for name, send, wanted in [("Ctrl-C", "\x03", 130), ("Ctrl-D", "\x04", 1), ("SIGTERM", signal.SIGTERM, -signal.SIGTERM),
                                   ("SIGINT", signal.SIGINT, 130), ("SIGHUP", signal.SIGHUP, -signal.SIGHUP), ("SIGQUIT", signal.SIGQUIT, -signal.SIGQUIT)]:
            with Project(IN) as project, Person(project) as person:
                person.wait_for("Path of the file: ")
                if typed:
                    person.type(typed)
                person.wait_for(question)
                person.look(0.1)
                if isinstance(send, str):
                    person.type(send)
                else:
                    person.process.send_signal(send)
                checks.equal(f"{name} in {place}", person.end(), (wanted, True))
                checks.equal(f"{name} in {place} writes nothing", project.leftovers(but=("in.csv", "chat_history")), [])


def check_stopped(checks):
    """Ctrl-Z hands the shell its own terminal; fg draws the question again."""
    for place, keys, question in [("a line", (), "Path of the file:"), ("a menu", ("in.csv", "Enter"), "> [x] id")]:
        with Project(IN) as project, Terminal(project, "chat", redirect="; stty -a | grep -c ' icanon .* echo '; read go; fg") as terminal:
            terminal.wait_for("Path of the file:")
            for key in keys:
                terminal.press(key)
            terminal.wait_for(question)
            terminal.press("C-z")
            terminal.wait_for(lambda seen: seen[-1] == "1")
            checks.that(f"stopped in {place}: the terminal is the shell's, with its cursor", terminal.has_cursor())
            terminal.press("Enter")
            terminal.wait_for(lambda seen: any(question in line for line in seen[seen.index("1"):]))
            terminal.press("C-c")
            terminal.wait_for("exit=130")
            checks.that(f"and gone on with in {place}", True)


def check_terminal(checks):
    """A whole conversation with keys: editing, filter, going back, history, resizing."""
    with Project({**IN, "data.csv": "a\n1\n"}) as project:
        with Terminal(project, "chat", columns=90, lines=30) as terminal:
            terminal.wait_for("Path of the file:")
            for key in ("n.csv", "Home", "i", "End", "x", "BSpace", "Left", "Right", "Enter"):
                terminal.press(key)
            lines = terminal.wait_for("Which columns?")
            checks.that("the line was edited", any(line.endswith("Path of the file: in.csv") for line in lines), lines)
            checks.that("the menu has all columns chosen", "> [x] id" in lines and "  [x] name" in lines, lines)
            checks.contains("the menu is as the page shows it", (ROOT / "docs" / "guided.md").read_text(encoding="utf-8"),
                            "```text\n" + "\n".join(lines[-4:]) + "\n```")
            checks.that("the cursor is hidden in a menu", not terminal.has_cursor())
            terminal.press("na")
            lines = terminal.wait_for("find: na")
            checks.that("letters find", "> [x] name" in lines and "  [x] id" not in lines, lines)
            terminal.press("Space")
            terminal.press("C-u")
            terminal.resize(40, 20)
            lines = terminal.wait_for(lambda seen: "  [ ] name" in seen)
            checks.equal("after a resize the menu is there once", sum("Which columns?" in line for line in lines), 1)
            terminal.resize(90, 30)
            terminal.press("Enter")
            lines = terminal.wait_for("What becomes of a row")
            checks.that("one line tells the answer", "Which columns? id" in lines, lines)
            checks.that("the menu is gone", not any("[x]" in line for line in lines), lines)
            terminal.press("Escape")
            lines = terminal.wait_for(lambda seen: "> [x] id" in seen)
            terminal.press("Escape")
            terminal.wait_for(lambda seen: seen[-1] == "Path of the file:")
            terminal.press("Up")
            terminal.wait_for("Path of the file: in.csv")
            checks.that("the arrow brings back what was typed", True)
            terminal.press("Enter")
            for question, key in [("Which columns?", "Enter"), ("What becomes of a row", "Down"), ("> skip", "Enter"), ("Join the rows", "Enter"),
                                  ("changed on their way?", "Enter"), ("Path of the file [output/in.csv]", "out.csv"),
                                  ("out.csv", "Enter"), ("there already?", "Enter"), ("somewhere else too?", "Enter"),
                                  ("Name of the pipeline", "Enter"), ("File of the pipeline", "Enter"), ("Write output/pipeline.oml?", "Enter")]:
                terminal.wait_for(question)
                terminal.press(key)
            terminal.wait_for(lambda seen: sum("Write output/pipeline.oml?" in line for line in seen) == 2)
            checks.that("an empty line is no yes", not project.exists("output/pipeline.oml"))
            for question, keys in [("Write output", ("yes", "Enter")), ("Compile it?", ("yes", "Enter")), ("Run in", ("yes", "Enter"))]:
                terminal.wait_for(question)
                for key in keys:
                    terminal.press(key)
            terminal.wait_for("exit=0")
            checks.equal("the rows", project.read("out.csv"), IN["in.csv"])
            checks.that("the cursor is back", terminal.has_cursor())
        mode = project.path(".osiris/chat_history").stat().st_mode & 0o777
        checks.equal("the history is for its owner only", mode, 0o600)
        checks.contains("the history has what was typed", project.read(".osiris/chat_history"), "in.csv")
        with Terminal(project, "chat", variables={"NO_COLOR": "1"}) as terminal:
            terminal.wait_for("Path of the file:")
            terminal.press("C-r")
            terminal.press("in.c")
            terminal.wait_for("in.csv")
            checks.that("NO_COLOR: no colour", "\x1b[" not in terminal.everything(colours=True), terminal.everything(colours=True))
        with Terminal(project, "chat", variables={"TERM": "dumb"}) as terminal:
            terminal.wait_for("Path of the file:")
            terminal.press("in.csv")
            terminal.press("Enter")
            checks.that("a terminal that cannot move its cursor has plain questions", "numbers or names" in "\n".join(terminal.wait_for("[all]:")))


def check_narrow(checks):
    """On 40 columns: what is longer is cut, and the menu stays where it is while one goes through it."""
    names = ["id", *(f"a_column_whose_name_is_longer_than_the_screen_is_wide_{number}" for number in range(4))]
    with Project({"in.csv": f"{','.join(names)}\n1,2,3,4,5\n"}) as project, Terminal(project, "chat", columns=40, lines=20) as terminal:
        terminal.wait_for("Path of the file:")
        terminal.press("in.csv")
        terminal.press("Enter")
        lines = terminal.wait_for("> [x] id")
        checks.equal("long names are cut", lines[-4:], ["  [x] a_column_whose_name_is_longer_th…"] * 4)
        above = lines[:-7]
        for count in range(1, 5):
            terminal.press("Down")
            lines = terminal.wait_for(lambda seen, count=count: len(seen) >= 5 and seen[count - 5].startswith(">"))
            checks.equal(f"after {count} keys the menu is where it was", (lines[:-7], sum("Which columns?" in line for line in lines)), (above, 1))
        terminal.press("Space")
        terminal.press("Enter")
        lines = terminal.wait_for("What becomes of a row")
        checks.that("the answer is one line", any(line.startswith("Which columns? id, a_column_") and line.endswith("…") and len(line) == 39 for line in lines), lines)
        terminal.press("C-c")
        terminal.wait_for("exit=130")


def check_paste(checks):
    """What is pasted is one answer, and characters of any width are edited."""
    with Project({"in.csv": IN["in.csv"], "倉庫 ž.csv": "a\n1\n"}) as project, Person(project) as person:
        person.wait_for("Path of the file: ")
        person.type("\x1b[200~倉庫\rž.csv\r\x1b[201~")
        person.look(0.2)
        person.type("\x1b[D" * 5 + "\x7f " + "\r")
        person.wait_for("1 column")
        person.wait_for("Which columns?")
        checks.that("a pasted line break ends no answer", True)
        person.type("\x03")
        checks.equal("and the terminal is as it was", person.end(), (130, True))


def check_stop(checks):
    """What ends a run that goes on: Ctrl-C, and the wish to end the program."""
    for name, stop, wanted in [("Ctrl-C", lambda person: person.type("\x03"), 130),
                               ("SIGTERM", lambda person: person.process.send_signal(signal.SIGTERM), -signal.SIGTERM)]:
        with Project(IN) as project, Person(project) as person:
            for question, keys in [("Path of the file: ", "in.csv\r"), ("Which columns?", "\r"), ("malformed?", "\r"), ("Join", "\r"),
                                   ("on their way?", "SQL\r"), ("SELECT statement", "SELECT count(*) AS n FROM input_df, range(1000000000000)\r"),
                                   ("once more?", "\r"), ("Path of the file [", "slow.csv\r"), ("there already?", "\r"), ("somewhere else", "\r"),
                                   ("Name of the", "slow\r"), ("File of the", "slow\r"), ("Write slow.oml?", "yes\r"), ("Compile it?", "yes\r"),
                                   ("Run slow", "yes\r")]:
                person.wait_for(question)
                person.look(0.05)
                person.type(keys)
            deadline = time.monotonic() + SOON_S
            while not (project.sessions() and events(project.sessions()[-1], "step_start")) and time.monotonic() < deadline:
                person.look()
            person.wait_for("steps done")
            stop(person)
            checks.equal(f"{name} ends a run", person.end(), (wanted, True))
            checks.equal(f"{name}: the run was cancelled", [end["status"] for end in events(project.sessions()[-1], "run_end")], ["cancelled"])
            checks.that(f"{name} leaves no file", not project.exists("slow.csv"))


def check_silent_server(checks, world):
    """A server that does not answer: Ctrl-C ends the look, and the person is asked what now."""
    world.prepare()
    with world.project() as project, Person(project) as person:
        person.wait_for("Where do the rows come from?")
        world.mariadb.pause()
        try:
            person.type("\r")
            person.wait_for("from? @mysql.main")
            person.look(0.3)
            person.type("\x03")
            person.wait_for("cannot be seen. What now?")
        finally:
            world.mariadb.resume()
        person.look(0.1)
        person.type("try\r")
        person.wait_for("Which table?")
        person.type("\x03")
        checks.equal("a server that is silent for a while", person.end(), (130, True))


def main(checks):
    checks.group("by a pipe", check_pipe)
    checks.group("no server", check_no_server)
    checks.group("a query", check_query)
    checks.group("narrow", check_narrow)
    checks.group("ways out", check_ways_out)
    checks.group("stopped", check_stopped)
    checks.group("a terminal", check_terminal)
    checks.group("paste", check_paste)
    checks.group("a stop", check_stop)
    with World() as world:
        checks.equal("all twelve have answers", sorted(TWELVE), sorted(request.name for request in REQUESTS))
        for request in REQUESTS:
            checks.group(request.name, check_request, world, request)
        checks.group("databases", check_databases, world)
        checks.group("a silent server", check_silent_server, world)


Checks.run(main)
