"""The index of days: each day that was evaluated, its systems by verdict, a link where it leads.

The tally is what the day's page said when it was written; it lies beside the page as a small file,
so that a long index costs no reading of the lake.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from aiops_pipelines.evaluation.status import SystemStatus
from aiops_pipelines.reports.links import Links
from aiops_pipelines.reports.pages import render
from aiops_pipelines.reports.style import LOOKS, Look
from aiops_pipelines.verdict import Verdict

FOLDER = "dashboard"
TALLY = "tally.json"
ORDER = (Verdict.BREACH, Verdict.WARN, Verdict.INSUFFICIENT_DATA, Verdict.OK)

Tally = Mapping[Verdict, int]
"""The number of systems by their gravest verdict."""


@dataclass(frozen=True, slots=True)
class DayView:
    """A day of the index; without a page it has neither link nor tally."""

    day: date
    href: str
    tally: tuple[tuple[Look, int], ...]


def tally_of(statuses: Iterable[SystemStatus]) -> Tally:
    """Return the number of systems by their gravest verdict, the gravest first."""
    verdicts = [status.verdict for status in statuses]
    return {verdict: verdicts.count(verdict) for verdict in ORDER}


def tally_text(tally: Tally) -> str:
    """Return the tally as the content of the file TALLY."""
    return json.dumps({verdict.value: count for verdict, count in tally.items()}) + "\n"


def written_days(folder: Path) -> dict[date, Tally]:
    """Return the days that have a page below the folder of reports, with what it said."""
    pages = sorted((folder / FOLDER).glob("????-??-??/index.html"))
    return {date.fromisoformat(page.parent.name): _read(page.with_name(TALLY)) for page in pages}


def _read(file: Path) -> Tally:
    if not file.is_file():
        return {}
    told = json.loads(file.read_text(encoding="utf-8"))
    return {Verdict(word): count for word, count in told.items()}


def render_index(
    written: Mapping[date, Tally], evaluated: Sequence[date] = (), links: Links | None = None
) -> str:
    """Return the page that lists days, newest first, by month.

    `written` are the days with a page; those that are only `evaluated` are named without a link.
    """
    months: dict[str, list[DayView]] = {}
    for day in sorted({*written, *evaluated}, reverse=True):
        months.setdefault(f"{day:%B %Y}", []).append(_day(day, written.get(day)))
    home = links.dagster if links else ""
    return render("index.html.j2", months=tuple(months.items()), dagster=home)


def _day(day: date, tally: Tally | None) -> DayView:
    if tally is None:
        return DayView(day, "", ())
    shown = ((LOOKS[verdict], tally[verdict]) for verdict in ORDER if tally.get(verdict))
    return DayView(day, f"{day.isoformat()}/index.html", tuple(shown))
