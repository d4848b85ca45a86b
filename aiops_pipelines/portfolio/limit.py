"""Limits on what is measured: data in the portfolio, read by the evaluation."""

from typing import Self

from pydantic import Field, model_validator

from aiops_pipelines.portfolio.model import ColumnChoice, Identifier, Record
from aiops_pipelines.portfolio.vocabulary import METRICS, Metric


class Limit(Record):
    """One limit: a metric, where it is read, and how far it may go.

    `margin` is materiality: a breach needs an effect beyond the limit by more than the margin
    *and* evidence. `subgroup` and `feature` take a name or "*" for each. `window_days` counts
    mature days for metrics that need labels, calendar days for the others. Below `minimum_n`
    cases or `minimum_events` events the verdict is "insufficient data".
    """

    metric: str
    operating_point: Identifier | None = None
    feature: ColumnChoice | None = None
    subgroup: ColumnChoice | None = None
    minimum: float | None = None
    maximum: float | None = None
    margin: float = Field(default=0.0, ge=0)
    window_days: int = Field(default=28, ge=1, le=366)
    minimum_n: int = Field(default=50, ge=1)
    minimum_events: int = Field(default=10, ge=0)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.metric not in METRICS:
            raise ValueError(f"unknown metric {self.metric!r}; known: {', '.join(METRICS)}")
        if self.minimum is None and self.maximum is None:
            raise ValueError("a limit needs a `minimum` or a `maximum`")
        if self.minimum is not None and self.maximum is not None and self.minimum >= self.maximum:
            raise ValueError("`minimum` must lie below `maximum`")
        if (self.definition.per == "operating point") != (self.operating_point is not None):
            raise ValueError(f"{self.metric} is per {self.definition.per or 'system'}")
        return self

    @property
    def definition(self) -> Metric:
        """Return the metric's row in the vocabulary."""
        return METRICS[self.metric]
