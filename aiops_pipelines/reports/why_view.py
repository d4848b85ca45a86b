"""Why a figure is off, as people read it: the change, its parts, and what happened near it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from aiops_pipelines.evaluation.explanation import Explanation
from aiops_pipelines.evaluation.figure import Figure, subject
from aiops_pipelines.reports.charts import Event
from aiops_pipelines.reports.prose import prose
from aiops_pipelines.statistics.suppression import MINIMUM

HEADINGS = {"change": "When", "part": "What moved", "slice": "Where", "event": "What happened then"}


@dataclass(frozen=True, slots=True)
class WhyView:
    """What there is to say of one figure: its name, and sentences under each heading."""

    title: str
    parts: tuple[tuple[str, tuple[str, ...]], ...]


def why_views(rows: Sequence[Explanation]) -> tuple[WhyView, ...]:
    """Return what is known of each figure that is off, small groups without numbers."""
    subjects = dict.fromkeys((row.metric, row.operating_point) for row in rows)
    return tuple(_view(rows, *each) for each in subjects)


def _view(rows: Sequence[Explanation], metric: str, point: str | None) -> WhyView:
    own = [row for row in rows if (row.metric, row.operating_point) == (metric, point)]
    name = subject(metric, point)
    parts = (
        (heading, tuple(explained(row) for row in own if row.kind == kind))
        for kind, heading in HEADINGS.items()
    )
    return WhyView(name[0].upper() + name[1:], tuple(part for part in parts if part[1]))


def explained(row: Explanation) -> str:
    """Return the row's sentence with its n; without numbers where they may not be shown."""
    small = row.n is not None and 0 < row.n < MINIMUM
    if row.suppressed or small:
        return f"{prose(row.name)}: too few cases to say"
    text = prose(row.text)
    return text if row.n is None or row.kind == "event" else f"{text} (n = {row.n:,})"


def change_events(rows: Sequence[Explanation], figure: Figure) -> tuple[Event, ...]:
    """Return the day of the figure's change and the events near it, for a trend's axis.

    Versions are left out: every trend marks them.
    """
    own = [
        row
        for row in rows
        if (row.metric, row.operating_point) == (figure.metric, figure.operating_point)
    ]
    found: dict[date, str] = {}
    for row in own:
        if row.kind == "event" and row.first_day and not row.name.startswith("version "):
            day = row.name.partition(" ")[2] if row.name[:4].isdigit() else row.name
            found.setdefault(row.first_day, day)
    for row in own:
        if row.kind == "change" and row.changed_on:
            found[row.changed_on] = "change"
    return tuple(Event(day, text) for day, text in sorted(found.items()))
