"""What the groups of works report to: bars with a measured value, and tables of medians."""
import statistics

from sampling import cpu, middle, peak, wall


class Report:
    """The sections of a group, and whether every bar holds."""

    def __init__(self, origin):
        """`origin`: a line below the text of each section."""
        self.sections, self.holds, self._origin = [], True, origin

    def section(self, title, text):
        """A group of works: its bars and medians come next."""
        self.sections.append({"title": title, "text": text, "bars": [], "medians": [], "notes": []})

    def bar(self, what, value, limit, unit, spread=""):
        good = value <= limit
        self.holds = self.holds and good
        self.sections[-1]["bars"].append(f"| {what} | {value:.2f} {unit} | ≤ {limit:.2f} {unit} | {spread} | {'pass' if good else '**fail**'} |")

    def ratio(self, what, values, limit, of):
        self.bar(what, statistics.median(values), limit, f"× {of}", f"{min(values):.2f} – {max(values):.2f}")

    def medians(self, samples):
        """Name → samples of a work."""
        for name, taken in samples.items():
            self.sections[-1]["medians"].append(
                f"| {name} | {middle(taken, wall):.2f} s | {min(map(wall, taken)):.2f} – {max(map(wall, taken)):.2f} s | "
                f"{middle(taken, cpu):.2f} s | {max(map(peak, taken)):.0f} MiB |")

    def note(self, text):
        self.sections[-1]["notes"].append(f"- {text}")

    def lines(self):
        """Markdown."""
        for section in self.sections:
            yield from ["", f"## {section['title']}", "", section["text"], "", self._origin, ""]
            yield from ["| what | measured | bar | spread | |", "|---|---|---|---|---|", *section["bars"]]
            if section["medians"]:
                yield from ["", "| work | wall | spread | client CPU | peak memory |", "|---|---|---|---|---|", *section["medians"]]
            if section["notes"]:
                yield from ["", *section["notes"]]
