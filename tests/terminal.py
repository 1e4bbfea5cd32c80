"""A real terminal for tests: a private tmux with one pane. It breaks lines when it is made narrower, as terminals do."""
import os
import shlex
import subprocess
import tempfile
import time

from program import clean_environment, program

PATIENCE_S = 60
# tmux breaks its lines at once, but tells the program 250 ms later where it was resized a moment before.
RESIZES_APART_S = 0.5


class Terminal:
    """Runs the program in a project's folder; its exit code is shown below what it printed. `before` is a shell
    command that fills the screen, `redirect` stands behind the program's."""

    def __init__(self, project, *arguments, columns=100, lines=30, before="", redirect="", variables=None):
        self.folder = tempfile.TemporaryDirectory(prefix="osiris-tmux-")
        self.socket = os.path.join(self.folder.name, "socket")
        environment = clean_environment(project.home, {"TERM": "xterm-256color"})
        given = " ".join(f"{name}={shlex.quote(value)}" for name, value in {**project.variables, **(variables or {})}.items())
        command = f"set -m; {before or ':'}; env {given} {shlex.join([program(), *arguments])} {redirect}; echo exit=$?; sleep 1000"
        subprocess.run(["tmux", "-u", "-S", self.socket, "-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(lines),
                        "-c", str(project.folder), command], env=environment, check=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._tmux("kill-server")
        self.folder.cleanup()

    def _tmux(self, *arguments):
        return subprocess.run(["tmux", "-u", "-S", self.socket, *arguments], capture_output=True, text=True, check=True).stdout

    def screen(self):
        """The lines that are seen, without the empty ones below."""
        return self._tmux("capture-pane", "-p").rstrip("\n").split("\n")

    def everything(self, colours=False):
        """Also what was scrolled out of sight."""
        return self._tmux("capture-pane", "-p", "-S", "-", *(["-e"] if colours else []))

    def has_cursor(self):
        return self._tmux("display-message", "-p", "#{cursor_flag}").strip() == "1"

    def type(self, words):
        self._tmux("send-keys", "-l", words)

    def press(self, key):
        self._tmux("send-keys", key)

    def resize(self, columns, lines):
        time.sleep(RESIZES_APART_S)
        self._tmux("resize-window", "-x", str(columns), "-y", str(lines))

    def wait_for(self, what):
        """Waits until a text is seen, or a condition of the lines holds; returns the lines."""
        holds = what if callable(what) else lambda lines: what in "\n".join(lines)
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            lines = self.screen()
            if holds(lines):
                return lines
            time.sleep(0.05)
        raise AssertionError(f"never seen: {what}\n" + "\n".join(self.screen()))
