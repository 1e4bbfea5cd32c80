"""Programs of the tests that serve."""
import re
import subprocess


class Listening:
    """A program that says on its standard output at which port it listens, at `url`. Use it in a `with`."""

    def __init__(self, command, **more):
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **more)
        said = (re.fullmatch(r"listening on (\d+)\n", line) for line in self._process.stdout)
        started = next(filter(None, said), None)
        if not started:
            raise RuntimeError(f"the server did not start: {command}")
        self.url = f"http://127.0.0.1:{started[1]}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(10)
        self._process.stdout.close()
