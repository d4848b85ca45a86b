"""A figure: one evaluated number with everything a reader needs to judge it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from aiops_pipelines.portfolio import METRICS, Area
from aiops_pipelines.schema import FIGURES
from aiops_pipelines.statistics import Estimate
from aiops_pipelines.statistics.suppression import MINIMUM
from aiops_pipelines.verdict import Verdict

MEASURED, ESTIMATED, SHRUNK = "measured", "estimated", "shrunk"
"""Estimands: from labels; what scores alone lead to expect; small cells drawn together."""

COUNTS_NO_CASES = frozenset({"change_notice_days", "availability", "support_response"})
"""Metrics whose n counts versions, minutes or tickets: a small one tells of no patient."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One row of the table FIGURES; docs/data-model.md gives each field's meaning.

    `asset` is the table that the figure judges or comes from. `estimate`, `low` and `high` are
    None where the figure does not exist. `log_e_value` is the
    natural logarithm of the evidence against the limit, None where no sequential rule applies.
    `code` and `data` identify what computed the figure and the files it was computed from.
    """

    system: str
    version: str | None
    area: Area
    asset: str
    metric: str
    operating_point: str | None = None
    feature: str | None = None
    clause: str | None = None
    stratum: str = "all"
    estimand: str = MEASURED
    day: date
    as_of: date
    window: int
    window_from: date | None = None
    window_to: date | None = None
    n: int
    n_positive: int | None = None
    n_mature: int | None = None
    n_pending: int | None = None
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    method: str
    baseline: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    log_e_value: float | None = None
    verdict: Verdict
    reason: str
    suppressed: bool = False
    code: str | None = None
    data: str | None = None

    @property
    def background(self) -> bool:
        """Return whether the figure is information only: measured, and no limit judges it."""
        return self.verdict is Verdict.NOT_JUDGED and self.estimand == MEASURED

    @property
    def may_be_shown(self) -> bool:
        """Return whether its numbers may be read outside the team."""
        return not self.suppressed and not is_small(self.metric, self.n)

    @property
    def series(self) -> tuple[str | None, ...]:
        """Return what identifies the figure from night to night."""
        return (
            self.asset,
            self.metric,
            self.operating_point,
            self.feature,
            self.clause,
            self.stratum,
            self.estimand,
        )

    @property
    def subject(self) -> str:
        """Return what people call the figure: "sensitivity at alert, sex=F"."""
        return subject(self.metric, self.operating_point, self.feature, self.stratum, self.estimand)

    @property
    def interval(self) -> Estimate:
        """Return value and interval as the statistics know them."""
        return Estimate(
            self.estimate, self.low, self.high, None, self.n, self.n_positive, self.method
        )


def is_small(metric: str, n: int) -> bool:
    """Return whether a figure's n is a number of cases too small to be read outside the team."""
    return 0 < n < MINIMUM and metric not in COUNTS_NO_CASES


def subject(
    metric: str,
    operating_point: str | None = None,
    feature: str | None = None,
    stratum: str = "all",
    estimand: str = MEASURED,
) -> str:
    """Return what people call a figure with these parts."""
    words = METRICS[metric].title if metric in METRICS else metric.replace("_", " ")
    words += f" at {operating_point}" if operating_point else ""
    words += f" of {feature}" if feature else ""
    words += "" if stratum == "all" else f", {stratum.replace('|', ' and ')}"
    return words if estimand == MEASURED else f"{words} ({estimand})"


def to_arrow(figures: Iterable[Figure]) -> pa.Table:
    """Return the figures as a table with schema FIGURES, in the order given."""
    rows = list(figures)
    columns = {name: [getattr(row, name) for row in rows] for name in FIGURES.names}
    return pa.Table.from_pydict(columns, schema=FIGURES)


def from_arrow(table: pa.Table) -> list[Figure]:
    """Return the rows of a table with schema FIGURES."""
    return [_figure(row) for row in table.to_pylist()]


def _figure(row: dict[str, Any]) -> Figure:
    return Figure(**{**row, "area": Area(row["area"]), "verdict": Verdict(row["verdict"])})
