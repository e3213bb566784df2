"""Parts of a report that not every evaluation has: a figure and its numbers."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from kerasseg.report.figures import TEMPLATES


@dataclass(frozen=True)
class Section:
    """A figure and the numbers it was drawn from.

    Args:
        name: What its files are called.
        title: The headline.
        hint: How to read the figure, a sentence or two.
        figure: SVG.
        columns: Headings of the table.
        rows: Its cells; what is undefined is an empty string.
    """

    name: str
    title: str
    hint: str
    figure: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int, ...], ...]

    def csv(self) -> str:
        """Return the table as CSV."""
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([self.columns, *self.rows])
        return out.getvalue()


def render(sections: Sequence[Section]) -> Markup:
    """Write sections as HTML, to be set among those of a report."""
    template = TEMPLATES.get_template("sections.html.j2")
    return Markup(template.render(sections=sections))
