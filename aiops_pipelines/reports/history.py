"""Figures over many nights: what trends, sparklines and a quarter's tallies are drawn from.

Reads the lake's figure tables and hands on, for each night, the rows last evaluated by a given
day; never a number of its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from aiops_pipelines.evaluation.figure import Figure, from_arrow, is_small
from aiops_pipelines.evaluation.status import TABLES
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Area
from aiops_pipelines.schema import FIGURES
from aiops_pipelines.verdict import Verdict, worst


@dataclass(frozen=True, slots=True)
class FigureKey:
    """What makes two nights' rows the same figure."""

    metric: str
    operating_point: str | None
    feature: str | None
    clause: str | None
    stratum: str
    estimand: str
    window: int

    @classmethod
    def of(cls, figure: Figure) -> "FigureKey":
        """Return the key of `figure`."""
        return cls(
            figure.metric,
            figure.operating_point,
            figure.feature,
            figure.clause,
            figure.stratum,
            figure.estimand,
            figure.window,
        )


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One night of a figure."""

    day: date
    estimate: float | None
    low: float | None
    high: float | None
    n: int
    verdict: Verdict
    suppressed: bool
    version: str | None


@dataclass(frozen=True, slots=True)
class Trend:
    """A figure night by night, in order; nights without it are left out."""

    key: FigureKey
    points: tuple[TrendPoint, ...]


def figures_of_nights(
    lake: Lake, area: Area, system: str, start: date, end: date, known_by: date | None = None
) -> pa.Table:
    """Return the area's rows of all nights from `start` to `end`, each as last evaluated.

    With `known_by`, evaluations with a later `as_of` count as not made yet.
    """
    nights = [
        newest(table, known_by)
        for day in lake.days(TABLES[area], system)
        if start <= day <= end and (table := lake.find(TABLES[area], system, day)) is not None
    ]
    return pa.concat_tables(nights) if nights else FIGURES.empty_table()


def newest(table: pa.Table, known_by: date | None = None) -> pa.Table:
    """Return one night's rows as last evaluated, asset by asset."""
    if known_by is not None:
        table = table.filter(pc.less_equal(table["as_of"], pa.scalar(known_by, pa.date32())))
    if pc.count_distinct(table["as_of"]).as_py() < 2:
        return table
    latest = table.group_by("asset").aggregate([("as_of", "max")]).to_pydict()
    keep = [
        table.filter(
            pc.and_(pc.equal(table["asset"], asset), pc.equal(table["as_of"], pa.scalar(day)))
        )
        for asset, day in sorted(zip(latest["asset"], latest["as_of_max"], strict=True))
    ]
    return pa.concat_tables(keep)


def night(
    lake: Lake, area: Area, system: str, day: date, known_by: date | None = None
) -> tuple[Figure, ...]:
    """Return the figures of one night as last evaluated; empty where there are none."""
    table = lake.find(TABLES[area], system, day)
    return () if table is None else tuple(from_arrow(newest(table, known_by)))


def trends(nights: pa.Table, keys: Iterable[FigureKey]) -> dict[FigureKey, Trend]:
    """Return the trend of each key in a table of `figures_of_nights`."""
    wanted = list(dict.fromkeys(keys))
    metrics = pa.array(sorted({key.metric for key in wanted}), pa.string())
    rows = nights.filter(pc.is_in(nights["metric"], value_set=metrics)).sort_by("day").to_pylist()
    points: dict[FigureKey, list[TrendPoint]] = {key: [] for key in wanted}
    for row in rows:
        key = FigureKey(*(row[name] for name in FigureKey.__slots__))
        if key in points:
            points[key].append(
                TrendPoint(
                    row["day"],
                    row["estimate"],
                    row["low"],
                    row["high"],
                    row["n"],
                    Verdict(row["verdict"]),
                    row["suppressed"] or is_small(row["metric"], row["n"]),
                    row["version"],
                )
            )
    return {key: Trend(key, tuple(found)) for key, found in points.items()}


def nightly_verdicts(nights: pa.Table) -> dict[date, Verdict]:
    """Return the gravest verdict of each night in a table of `figures_of_nights`."""
    grouped: dict[date, list[Verdict]] = {}
    columns = nights.select(["day", "verdict"]).to_pydict()
    for day, verdict in zip(columns["day"], columns["verdict"], strict=True):
        grouped.setdefault(day, []).append(Verdict(verdict))
    return {day: worst(verdicts) for day, verdicts in grouped.items()}
