"""Claims that a test program makes, counted; the last line says `N passed, N failed`."""
import sys
import traceback


class Checks:
    """A list of claims. A test program calls `Checks.run(main)` with `main(checks)`."""

    def __init__(self):
        self.passed, self.failed = 0, 0

    def that(self, what, holds, seen=""):
        """Counts one claim; a broken one is printed with what was seen. Returns whether it holds."""
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {what}" + (f"\n    {_short(seen)}" if seen != "" else ""), flush=True)
        return bool(holds)

    def equal(self, what, got, wanted):
        return self.that(what, got == wanted, f"got    {_short(got)}\n    wanted {_short(wanted)}")

    def contains(self, what, text, part):
        return self.that(what, part in text, f"'{part}' is not in: {_short(text)}")

    def group(self, name, work, *arguments):
        """Runs one test; an exception is one failure and the next test still runs."""
        try:
            return work(self, *arguments)
        except Exception:  # noqa: BLE001 - whatever broke, the claim was not shown
            return self.that(f"{name} runs to its end", False, traceback.format_exc(limit=-4))

    @staticmethod
    def run(main):
        checks = Checks()
        checks.group(sys.argv[0], lambda all_checks: main(all_checks))
        print(f"{checks.passed} passed, {checks.failed} failed", flush=True)
        sys.exit(1 if checks.failed or not checks.passed else 0)


def _short(value, limit=2000):
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= limit else text[: limit // 2] + " … " + text[-limit // 2:]
