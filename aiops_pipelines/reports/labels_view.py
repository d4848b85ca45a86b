"""How complete each recent day's labels are, beside what is usual at that age."""

from dataclasses import dataclass
from datetime import date

from aiops_pipelines.evaluation.figure import Figure, from_arrow
from aiops_pipelines.evaluation.label_delay import TABLE
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import System
from aiops_pipelines.reports import wording
from aiops_pipelines.reports.history import newest
from aiops_pipelines.statistics.suppression import MINIMUM


@dataclass(frozen=True, slots=True)
class LabelDay:
    """One day's labels as text."""

    day: str
    share: str
    interval: str
    n: str
    usual: str


def label_days(lake: Lake, system: System, day: date) -> tuple[LabelDay, ...]:
    """Return the completeness of recent days as last evaluated on `day`, the newest first."""
    table = lake.find(TABLE, system.id, day)
    figures = [] if table is None else from_arrow(newest(table))
    ordered = sorted(figures, key=lambda figure: figure.feature or "", reverse=True)
    return tuple(_label_day(figure) for figure in ordered)


def _label_day(figure: Figure) -> LabelDay:
    day = wording.day_text(date.fromisoformat(figure.feature or figure.day.isoformat()))
    usual = "" if figure.baseline is None else f"{figure.baseline:.0%}"
    came = figure.n_positive or 0
    if not figure.may_be_shown:
        return LabelDay(day, wording.SUPPRESSED, "", "not shown", usual)
    if 0 < came < MINIMUM or 0 < figure.n - came < MINIMUM:
        said = "hardly any" if came < MINIMUM else "nearly all"
        return LabelDay(day, said, "", f"{figure.n:,}", usual)
    if figure.estimate is None:
        return LabelDay(day, "no case", "", f"{figure.n:,}", usual)
    low, high = figure.low, figure.high
    interval = "" if low is None or high is None else f"{low:.0%} to {high:.0%}"
    return LabelDay(day, f"{figure.estimate:.0%}", interval, f"{figure.n:,}", usual)
