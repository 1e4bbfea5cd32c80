"""Private database servers: a data folder in a temporary place, a socket in it, a loopback port of its own.

A server is stopped by its own process id only; nothing that runs on the machine already is touched.
"""
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
        subprocess.run(["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db",
                        "--auth-root-authentication-method=normal", *as_user],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

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
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, **identity)
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
