"""Private database servers: a data folder in a temporary place, a socket in it, a loopback port of its own.

A server is stopped by its own process id only; nothing that runs on the machine already is touched.
"""
import glob
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

START_TIMEOUT_S = 40
USER = "osiris"
PASSWORD = "a-password-for-tests"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class MariaDb:
    """A MariaDB with the account USER/PASSWORD over TCP and root over its socket. Use it in a `with`."""

    def __init__(self, *options, buffer_pool="128M"):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="osiris-mariadb-"))
        self.folder.chmod(0o755)
        self.socket = self.folder / "socket"
        self.general_log = self.folder / "general.log"
        self.port = free_port()
        self.user, self.password = USER, PASSWORD
        self._options = [f"--innodb-buffer-pool-size={buffer_pool}", *options]
        self._process = None
        try:
            self._install()
            self.start()
            self._create_account()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _install(self):
        data = self.folder / "data"
        data.mkdir()
        as_user = []
        if os.geteuid() == 0:
            as_user = ["--user=mysql"]
            for path in (self.folder, data):
                shutil.chown(path, "mysql", "mysql")
        done = subprocess.run(["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db",
                               "--auth-root-authentication-method=normal", *as_user],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=self._environment())
        if done.returncode:
            raise RuntimeError(f"mariadb-install-db: exit {done.returncode}: {done.stdout[-2000:]}")

    def _environment(self):
        # A server that starts removes the temporary tables that it finds, so no two may share a folder for them.
        return {**os.environ, "TMPDIR": str(self.folder)}

    def _create_account(self):
        for host in ("127.0.0.1", "localhost"):
            self.sql(f"CREATE USER '{self.user}'@'{host}' IDENTIFIED BY '{self.password}';"
                     f"GRANT ALL ON *.* TO '{self.user}'@'{host}'")

    def start(self):
        program = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin") or "mysqld"
        command = [program, "--no-defaults", f"--datadir={self.folder}/data", f"--socket={self.socket}",
                   f"--port={self.port}", "--bind-address=127.0.0.1", "--skip-name-resolve",
                   "--character-set-server=utf8mb4", "--collation-server=utf8mb4_general_ci", "--sql-mode=",
                   "--max-allowed-packet=512M", "--innodb-flush-log-at-trx-commit=2", "--innodb-log-file-size=128M",
                   f"--general-log-file={self.general_log}", *self._options]
        identity = {"user": "mysql", "group": "mysql", "extra_groups": []} if os.geteuid() == 0 else {}
        with open(self.folder / "server.log", "ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, env=self._environment(), **identity)
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the server did not start: " + (self.folder / "server.log").read_text()[-600:])
            time.sleep(0.05)

    def _answers(self):
        return subprocess.run([*self.client(), "-e", "SELECT 1"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0

    def kill(self):
        """As a machine that loses its power."""
        self._process.kill()
        self._process.wait()

    def pause(self):
        """The server is there and does not answer."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self):
        self._process.send_signal(signal.SIGCONT)

    def stop(self):
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def client(self):
        return ["mariadb", "--no-defaults", "-S", str(self.socket), "-uroot", "-N", "-B", "--default-character-set=utf8mb4"]

    def sql(self, text, database=None):
        """Runs statements as root, in UTC, and returns what the mariadb client prints. The text may be bytes."""
        statements = text if isinstance(text, bytes) else text.encode()
        done = subprocess.run([*self.client(), *([database] if database else [])],
                              input=b"SET time_zone='+00:00';\n" + statements, capture_output=True)
        if done.returncode:
            raise RuntimeError(done.stderr.decode().strip()[:500])
        return done.stdout.decode(errors="replace")

    def variables(self, database=""):
        """The environment variables under which a project finds this server."""
        return {"MYSQL_HOST": "127.0.0.1", "MYSQL_PORT": str(self.port), "MYSQL_USER": self.user,
                "MYSQL_PASSWORD": self.password, "MYSQL_DATABASE": database, "MYSQL_SOCKET": str(self.socket)}


class PostgreSql:
    """A PostgreSQL with the superuser USER/PASSWORD, over TCP and a socket in its folder. Use it in a `with`.

    Not durable unless asked for: with fsync off a load costs what the program costs. Options are settings of
    the server, "max_connections=5".
    """

    def __init__(self, *options, durable=False, encoding="UTF8"):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="osiris-postgres-"))
        self.folder.chmod(0o755)
        self.data = self.folder / "data"
        self.port = free_port()
        self.user, self.password, self.database = USER, PASSWORD, "shop"
        self._programs = pathlib.Path(sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1])
        self._options = [*([] if durable else ["fsync=off"]), *options]
        self._process = None
        try:
            self._install(encoding)
            self.start()
            self.sql(f"CREATE DATABASE {self.database}", "postgres")
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @staticmethod
    def _identity():
        """The server refuses to run as root."""
        return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}

    def _install(self, encoding):
        self.data.mkdir()
        password_file = self.folder / "password"
        password_file.write_text(self.password)
        if os.geteuid() == 0:
            for path in (self.folder, self.data, password_file):
                shutil.chown(path, "postgres", "postgres")
        subprocess.run([self._programs / "initdb", "-D", self.data, "-U", self.user, f"--pwfile={password_file}",
                        "--auth-host=scram-sha-256", "--auth-local=trust", "-E", encoding, "--locale=C", "--no-sync"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder, **self._identity())
        password_file.unlink()

    def start(self):
        settings = ["listen_addresses=127.0.0.1", f"unix_socket_directories={self.folder}", "timezone=UTC",
                    "shared_buffers=128MB", "max_wal_size=4GB", *self._options]
        command = [self._programs / "postgres", "-D", self.data, "-p", str(self.port)]
        for setting in settings:
            command += ["-c", setting]
        with open(self.folder / "server.log", "ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, **self._identity())
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the server did not start: " + (self.folder / "server.log").read_text()[-600:])
            time.sleep(0.05)

    def _answers(self):
        return subprocess.run([*self.client("postgres"), "-c", "SELECT 1"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0

    def _processes(self):
        """The server's own process and those that serve its sessions, children first."""
        own = self._process.pid
        return [*map(int, pathlib.Path(f"/proc/{own}/task/{own}/children").read_text().split()), own]

    def _signal_all(self, number):
        for process in self._processes():
            try:
                os.kill(process, number)
            except ProcessLookupError:
                pass  # it ended by itself

    def kill(self):
        """As a machine that loses its power."""
        self._signal_all(signal.SIGSTOP)  # so that none of them sees another one go
        self._signal_all(signal.SIGKILL)
        self._process.wait()

    def pause(self):
        """The server is there and does not answer."""
        self._signal_all(signal.SIGSTOP)

    def resume(self):
        self._signal_all(signal.SIGCONT)

    def stop(self):
        if self._process and self._process.poll() is None:
            self.resume()
            self._process.send_signal(signal.SIGINT)  # sessions are ended, not waited for
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def client(self, database=None):
        return [str(self._programs / "psql"), "-h", str(self.folder), "-p", str(self.port), "-U", self.user, "-d", database or self.database,
                "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]

    def sql(self, text, database=None):
        """Runs statements and returns what psql prints, unaligned and without a header."""
        done = subprocess.run(self.client(database), input=text.encode(), capture_output=True,
                              env={**os.environ, "PGCLIENTENCODING": "UTF8", "PGTZ": "UTC"})
        if done.returncode:
            raise RuntimeError(done.stderr.decode().strip()[:500])
        return done.stdout.decode(errors="replace")

    def rows(self, query, database=None):
        """The rows of a query, each a list of texts; null is an empty one."""
        return [line.split("\x1f") for line in self.sql(f"\\pset fieldsep '\x1f'\n{query}", database).splitlines()]

    def variables(self, database=None):
        """The environment variables under which a project finds this server."""
        return {"PG_HOST": "127.0.0.1", "PG_PORT": str(self.port), "PG_USER": self.user, "PG_PASSWORD": self.password,
                "PG_DATABASE": database or self.database, "PG_SOCKET": str(self.folder)}

    def dsn(self):
        return f"postgresql://{self.user}:{self.password}@127.0.0.1:{self.port}/{self.database}"
