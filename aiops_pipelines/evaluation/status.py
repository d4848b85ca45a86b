"""The morning's answer: for each system and area the verdict of the latest night, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from aiops_pipelines.evaluation.figure import Figure, from_arrow
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Area, Portfolio, System
from aiops_pipelines.verdict import Verdict, worst

TABLES: Mapping[Area, str] = {
    Area.INTEGRITY: "integrity",
    Area.DATA_QUALITY: "data_quality",
    Area.PERFORMANCE: "performance",
    Area.CALIBRATION: "calibration",
    Area.DRIFT: "drift",
    Area.BIAS: "bias",
    Area.SLA: "sla_evaluation",
}
"""The lake's table of each area's figures."""


@dataclass(frozen=True, slots=True)
class AreaStatus:
    """One area of one system on one day: the gravest verdict, its reason, and its figures.

    `figures` are those that are judged, and estimates; `background` what was measured besides, for
    information.
    """

    area: Area
    verdict: Verdict
    reason: str
    figures: tuple[Figure, ...]
    background: tuple[Figure, ...] = ()

    @property
    def headline(self) -> Figure | None:
        """Return the figure that decided the verdict, the first among equals."""
        decided = [figure for figure in self.figures if figure.verdict is self.verdict]
        return decided[0] if decided else None


@dataclass(frozen=True, slots=True)
class SystemStatus:
    """One system on one day, area by area."""

    system: System
    day: date
    areas: Mapping[Area, AreaStatus]

    @property
    def verdict(self) -> Verdict:
        """Return the gravest verdict of all areas."""
        return worst(area.verdict for area in self.areas.values())


def portfolio_status(portfolio: Portfolio, lake: Lake, day: date) -> list[SystemStatus]:
    """Return the status of every monitored system on `day`, in the portfolio's order."""
    return [system_status(system, lake, day) for system in portfolio.monitored]


def system_status(system: System, lake: Lake, day: date) -> SystemStatus:
    """Return the status of `system` on `day` from the figures last written for that day."""
    return SystemStatus(
        system,
        day,
        {area: _area_status(area, latest_figures(lake, area, system.id, day)) for area in Area},
    )


def latest_figures(lake: Lake, area: Area, system: str, day: date) -> list[Figure]:
    """Return the area's figures of `day` as last evaluated (the newest `as_of`); empty if none."""
    figures = _figures(lake, area, system, day)
    newest = max((figure.as_of for figure in figures), default=day)
    return [figure for figure in figures if figure.as_of == newest]


def figures_as_of(lake: Lake, area: Area, system: str, day: date, as_of: date) -> list[Figure]:
    """Return the area's figures of `day` as they were known on `as_of`; empty if none."""
    return [figure for figure in _figures(lake, area, system, day) if figure.as_of == as_of]


def _figures(lake: Lake, area: Area, system: str, day: date) -> list[Figure]:
    table = lake.find(TABLES[area], system, day)
    return [] if table is None else from_arrow(table)


def _area_status(area: Area, figures: Iterable[Figure]) -> AreaStatus:
    every = tuple(figures)
    if not every:
        return AreaStatus(area, Verdict.INSUFFICIENT_DATA, "not evaluated this night", ())
    rows = tuple(row for row in every if not row.background)
    aside = tuple(row for row in every if row.background)
    verdict = worst(row.verdict for row in rows)
    if verdict is Verdict.OK:
        judged = sum(row.verdict is not Verdict.NOT_JUDGED for row in rows)
        reason = f"all within limits, {judged} judged"
        return AreaStatus(area, verdict, reason, rows, aside)
    reasons = [row.reason for row in rows if row.verdict is verdict]
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return AreaStatus(area, verdict, reasons[0] + more, rows, aside)
