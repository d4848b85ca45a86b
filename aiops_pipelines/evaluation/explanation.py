"""Why a performance figure is off: when it changed, which part of it moved, what happened then.

Kept in the table `explanations`, for figures that warn or breach: a change point, the parts of the
change since the reference (case mix, prevalence, concept) with the slices that carry it, and events
on record near the change. None of it proves a cause: it says where to look first.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from aiops_pipelines.evaluation.changes import Change, dated_change
from aiops_pipelines.evaluation.figure import MEASURED, Figure, subject
from aiops_pipelines.evaluation.shifts import Shift, explained_shift
from aiops_pipelines.evaluation.shortfall import SMALL_CELL
from aiops_pipelines.evaluation.status import TABLES, latest_figures
from aiops_pipelines.evaluation.window import History
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Area
from aiops_pipelines.schema import EXPLANATIONS
from aiops_pipelines.statistics import Estimate
from aiops_pipelines.statistics.change_point import CONVINCING_BAYES_FACTOR
from aiops_pipelines.verdict import Verdict

TABLE = "explanations"
NEAR_DAYS = 7
"""An event so many days before or after the days of a change is told beside it."""

LOG_CONVINCING = math.log(CONVINCING_BAYES_FACTOR)

SLICES = 3
PARTS = {
    "prevalence": "prevalence (more or fewer positives)",
    "mix_shared": "case mix (other shares of the same groups)",
    "mix_new": "case mix (groups rare or unseen before)",
    "concept": "concept (the same cases fare differently)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One row of EXPLANATIONS; `kind` is change, part, slice or event."""

    system: str
    metric: str
    operating_point: str | None
    day: date
    as_of: date
    kind: str
    name: str
    text: str
    n: int | None = None
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    first_day: date | None = None
    last_day: date | None = None
    changed_on: date | None = None
    log_bayes_factor: float | None = None
    suppressed: bool = False


def explanations(lake: Lake, history: History, figures: Sequence[Figure]) -> list[Explanation]:
    """Return what there is to say of each measured performance figure that warns or breaches."""
    found: list[Explanation] = []
    for figure in figures:
        off = figure.verdict in {Verdict.WARN, Verdict.BREACH}
        if off and figure.estimand == MEASURED and figure.estimate is not None:
            found += _of(lake, history, figure)
    return found


def _of(lake: Lake, history: History, figure: Figure) -> Iterator[Explanation]:
    base: Mapping[str, Any] = {
        "system": figure.system,
        "metric": figure.metric,
        "operating_point": figure.operating_point,
        "day": figure.day,
        "as_of": figure.as_of,
    }
    change = dated_change(history, figure.metric, figure.operating_point)
    if change is not None:
        yield _change(base, change)
    window = history.mature(figure.window)
    shift = explained_shift(history.reference, window, figure.metric, figure.operating_point)
    if shift is not None:
        yield from _parts(base, shift)
        yield from _slices(base, shift)
    yield from _events(base, lake, history, change)


def _change(base: Mapping[str, Any], change: Change) -> Explanation:
    found = change.found
    return Explanation(
        **base,
        kind="change",
        name=change.counted,
        text=change_text(change),
        n=found.before.n + found.after.n,
        estimate=found.after.value,
        low=found.after.low,
        high=found.after.high,
        first_day=change.first,
        last_day=change.last,
        changed_on=found.day if convincing(change) else None,
        log_bayes_factor=change.log_bayes_factor,
    )


def convincing(change: Change) -> bool:
    """Return whether one day of change may be named."""
    return change.found.day is not None and change.log_bayes_factor > LOG_CONVINCING


def change_text(change: Change) -> str:
    """Return when and how the counts changed, in a sentence."""
    found = change.found
    moved = f"{change.counted}: {_rate(found.before)} before, {_rate(found.after)} after"
    if not convincing(change):
        return f"{moved}; no single change stands out among the days"
    days = f"between {change.first} and {change.last}"
    if change.first == change.last:
        days = f"on {change.first}"
    return f"{moved}; changed {days} (95% of the posterior), most likely on {found.day}"


def _rate(rate: Estimate) -> str:
    return "nothing" if rate.value is None else f"{rate.value:.3f}"


def _parts(base: Mapping[str, Any], shift: Shift) -> Iterator[Explanation]:
    yield _part(base, "total", f"{shift.error}, change since the reference", shift.parts.total)
    for name, words in PARTS.items():
        part: Estimate = getattr(shift.parts, name)
        if part.value is not None:
            yield _part(base, name, f"of it by {words}, over {shift.dimension}", part)


def _part(base: Mapping[str, Any], name: str, words: str, part: Estimate) -> Explanation:
    interval = "" if part.low is None else f" ({part.low:+.3f} to {part.high:+.3f})"
    return Explanation(
        **base,
        kind="part",
        name=name,
        text=f"{words}: {part.value:+.3f}{interval}",
        n=part.n,
        estimate=part.value,
        low=part.low,
        high=part.high,
    )


def _slices(base: Mapping[str, Any], shift: Shift) -> Iterator[Explanation]:
    """Yield the slices that add most to the change; small ones without numbers."""
    ranked = sorted(shift.parts.slices, key=lambda each: -abs(each.total))
    for each in ranked[:SLICES]:
        small = min(each.n_reference, each.n_current) < SMALL_CELL
        text = f"{each.name} adds {each.total:+.3f} to it"
        yield Explanation(
            **base,
            kind="slice",
            name=each.name,
            text=f"{each.name}: too few cases to say" if small else text,
            n=each.n_current,
            estimate=each.total,
            suppressed=small,
        )


def _events(
    base: Mapping[str, Any], lake: Lake, history: History, change: Change | None
) -> Iterator[Explanation]:
    """Yield versions, and integrity and quality breaches on record, near the change."""
    first = history.system.reference.end if change is None else change.first
    last = history.day if change is None else change.last
    start, end = first - timedelta(days=NEAR_DAYS), last + timedelta(days=NEAR_DAYS)
    for version in history.system.versions[1:]:
        if start <= version.start <= end:
            yield _event(base, version.start, f"version {version.version} went into use")
    seen: set[str] = set()
    # The night's own day is left out: its checks may not have run yet.
    for offset in range((min(end, history.day - timedelta(days=1)) - start).days + 1):
        day = start + timedelta(days=offset)
        for figure in _feed_figures(lake, history, day):
            name = subject(figure.metric)
            if figure.verdict is Verdict.BREACH and name not in seen:
                seen.add(name)
                yield _event(base, day, f"{name}: {figure.reason}")


def _feed_figures(lake: Lake, history: History, day: date) -> list[Figure]:
    figures = [
        figure
        for area in (Area.INTEGRITY, Area.DATA_QUALITY)
        for figure in latest_figures(lake, area, history.system.id, day)
    ]
    return [figure for figure in figures if figure.as_of <= history.as_of]


def _event(base: Mapping[str, Any], day: date, text: str) -> Explanation:
    return Explanation(
        **base,
        kind="event",
        name=text.partition(":")[0],
        text=f"{day}: {text}",
        first_day=day,
        last_day=day,
    )


def reason_with(figure: Figure, rows: Sequence[Explanation]) -> str:
    """Return the figure's reason with the days of its change, where they are known."""
    if figure.estimand != MEASURED or figure.verdict not in {Verdict.WARN, Verdict.BREACH}:
        return figure.reason
    for row in rows:
        own = (row.metric, row.operating_point) == (figure.metric, figure.operating_point)
        if own and row.kind == "change" and row.changed_on is not None:
            days = f"between {row.first_day} and {row.last_day}"
            if row.first_day == row.last_day:
                days = f"on {row.first_day}"
            return f"{figure.reason}; changed {days}"
    return figure.reason


def write_explanations(
    lake: Lake, system: str, day: date, as_of: date, rows: Sequence[Explanation]
) -> None:
    """Write the day's explanations as known on `as_of`; those of other `as_of` stay."""
    known = lake.find(TABLE, system, day)
    kept = [] if known is None else [row for row in known.to_pylist() if row["as_of"] != as_of]
    if not rows and known is None:
        return
    made = [*kept, *map(asdict, rows)]
    made.sort(key=lambda row: row["as_of"])
    newest = max([as_of, *(row["as_of"] for row in kept)])
    lake.write(TABLE, system, day, pa.Table.from_pylist(made, schema=EXPLANATIONS), newest)


def latest_explanations(
    lake: Lake, system: str, day: date, known_by: date | None = None
) -> list[Explanation]:
    """Return the day's explanations as last evaluated; empty where nothing had to be explained.

    With `known_by`, evaluations with a later `as_of` count as not made yet.
    """
    known = lake.find(TABLE, system, day)
    rows = [] if known is None else [Explanation(**row) for row in known.to_pylist()]
    table = lake.find(TABLES[Area.PERFORMANCE], system, day)
    evaluated = [] if table is None else table["as_of"].unique().to_pylist()
    newest = max((as_of for as_of in evaluated if as_of <= (known_by or as_of)), default=day)
    return [row for row in rows if row.as_of == newest]
