"""What the lake knows of a quarter, system by system, as known on a given day.

Hands on each system's last evaluated night and the tally of its nights; nothing is averaged here,
because a night's figure is already a window's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from aiops_pipelines.evaluation.figure import Figure, from_arrow
from aiops_pipelines.evaluation.status import TABLES
from aiops_pipelines.lake import FileRecord, Lake
from aiops_pipelines.portfolio import Area, Portfolio, System
from aiops_pipelines.reports.history import (
    figures_of_nights,
    newest,
    nightly_verdicts,
)
from aiops_pipelines.reports.view import main_figure
from aiops_pipelines.verdict import Verdict, worst


@dataclass(frozen=True, slots=True)
class Quarter:
    """The quarter from `start` to `end`, both included, as known at the end of `known_by`."""

    start: date
    end: date
    known_by: date

    @property
    def name(self) -> str:
        """Return "Q1 2026"."""
        return f"Q{(self.start.month + 2) // 3} {self.start.year}"

    @property
    def last(self) -> date:
        """Return the last day that can have been evaluated."""
        return min(self.end, self.known_by)

    @property
    def nights(self) -> int:
        """Return how many nights of the quarter have passed."""
        return max(0, (self.last - self.start).days + 1)


@dataclass(frozen=True, slots=True)
class AreaQuarter:
    """One area of one system: its last night's figures, and how its nights went."""

    area: Area
    last: date | None
    figures: tuple[Figure, ...]
    nights: Mapping[date, Verdict]

    @property
    def verdict(self) -> Verdict:
        """Return the verdict of the last evaluated night."""
        return worst(figure.verdict for figure in self.figures)

    def count(self, verdict: Verdict) -> int:
        """Return on how many nights the area had this verdict."""
        return sum(night is verdict for night in self.nights.values())


@dataclass(frozen=True, slots=True)
class SystemQuarter:
    """One system over the quarter."""

    system: System
    areas: Mapping[Area, AreaQuarter]
    tables: Mapping[Area, pa.Table]

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Return the figures of each area's last night."""
        return tuple(figure for area in self.areas.values() for figure in area.figures)

    @property
    def last(self) -> date | None:
        """Return the last evaluated night, None without one."""
        return max((area.last for area in self.areas.values() if area.last), default=None)

    @property
    def nights(self) -> int:
        """Return on how many nights any area was evaluated."""
        return len({day for area in self.areas.values() for day in area.nights})

    @property
    def verdict(self) -> Verdict:
        """Return the gravest verdict of the areas that were evaluated at all."""
        return worst(area.verdict for area in self.areas.values() if area.figures)

    @property
    def main(self) -> Figure | None:
        """Return the figure that stands for the system's performance."""
        return main_figure(self.areas[Area.PERFORMANCE].figures)


def gather(portfolio: Portfolio, lake: Lake, quarter: Quarter) -> list[SystemQuarter]:
    """Return every monitored system's quarter, in the portfolio's order."""
    return [_system(lake, system, quarter) for system in portfolio.monitored]


def _system(lake: Lake, system: System, quarter: Quarter) -> SystemQuarter:
    tables = {
        area: figures_of_nights(
            lake, area, system.id, quarter.start, quarter.last, quarter.known_by
        )
        for area in Area
    }
    areas = {area: _area(area, table) for area, table in tables.items()}
    return SystemQuarter(system, areas, tables)


def _area(area: Area, table: pa.Table) -> AreaQuarter:
    nights = nightly_verdicts(table)
    last = max(nights, default=None)
    figures: tuple[Figure, ...] = ()
    if last is not None:
        every = from_arrow(_of_day(table, last))
        figures = tuple(figure for figure in every if not figure.background)
    return AreaQuarter(area, last, figures, nights)


def _of_day(table: pa.Table, day: date) -> pa.Table:
    return newest(table.filter(pc.equal(table["day"], pa.scalar(day, pa.date32()))))


def attainment(table: pa.Table, clause: str) -> tuple[int, int]:
    """Return on how many nights the clause was kept, and on how many it was judged."""
    gravest: dict[date, Verdict] = {}
    columns = table.select(["day", "clause", "verdict"]).to_pydict()
    for day, name, word in zip(*columns.values(), strict=True):
        verdict = Verdict(word)
        if name == clause and verdict not in {Verdict.INSUFFICIENT_DATA, Verdict.NOT_JUDGED}:
            held = gravest.get(day)
            gravest[day] = verdict if held is None or verdict.gravity > held.gravity else held
    kept = sum(verdict is not Verdict.BREACH for verdict in gravest.values())
    return kept, len(gravest)


def lineage(lake: Lake, quarters: Iterable[SystemQuarter]) -> list[tuple[str, FileRecord]]:
    """Return the lake's file behind each area's last night, by system."""
    return [
        (each.system.name, lake.digest(TABLES[area.area], each.system.id, area.last))
        for each in quarters
        for area in each.areas.values()
        if area.last is not None
    ]
