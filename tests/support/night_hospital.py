"""One system's nights without feeds: scored cases from memory, counted and evaluated for real."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from upath import UPath

from aiops_pipelines.evaluation.areas import evaluate
from aiops_pipelines.evaluation.daily import write_daily_statistics
from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.evaluation.status import AreaStatus, system_status
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Area, Limit, System, read_portfolio
from aiops_pipelines.portfolio.entry import LabelRule, ReferencePeriod, Version
from aiops_pipelines.schema import scored_cases_schema

EXAMPLE = Path(__file__).resolve().parents[2] / "portfolio"
START = date(2026, 3, 2)
REFERENCE_DAYS = 14
REFERENCE_END = START + timedelta(days=REFERENCE_DAYS - 1)


@cache
def _example() -> Any:
    return read_portfolio(EXAMPLE)


def system_like(example: str, **changes: Any) -> System:
    """Return an example system with a two-week reference from START, and other `changes`.

    It keeps one feature and one subgroup, so that tests are quick.
    """
    period = ReferencePeriod.model_validate({"from": START, "to": REFERENCE_END})
    version = Version.model_validate({"version": "1.0", "from": START})
    system: System = _example().system(example)
    dropped = {each.name for each in system.features[1:]} | set(system.subgroups[1:])
    columns = {k: v for k, v in system.predictions.columns.items() if k not in dropped}
    base = {
        "predictions": system.predictions.model_copy(update={"columns": columns}),
        "reference": period,
        "versions": (version,),
        "contract": None,
        "subgroups": system.subgroups[:1],
        "features": system.features[:1],
    }
    return system.model_copy(update=base | changes)


def rule_like(system: System, **changes: Any) -> LabelRule:
    """Return the system's label rule with `changes`."""
    return system.truth.model_copy(update=changes)


def limit(metric: str, **fields: Any) -> Limit:
    """Return a limit."""
    return Limit(metric=metric, **fields)


@dataclass
class Night:
    """A lake with one binary system's cases; every day's risk is its score unless told otherwise.

    `day_number` 0 is START. `shift` moves the scores' logits away from the truth's, `spread` is
    the standard deviation of the truth's logits.
    """

    folder: Path
    system: System
    cases: int = 120
    seed: int = 7
    spread: float = 1.5
    lake: Lake = field(init=False)

    def __post_init__(self) -> None:
        self.lake = Lake(UPath(self.folder))

    def day(self, number: int) -> date:
        return START + timedelta(days=number)

    def fill(self, first: int, last: int, known: int | None = None, **how: Any) -> None:
        """Write scored cases and statistics of days `first` to `last`, known as of day `known`."""
        days = [self.day(number) for number in range(first, last + 1)]
        for number, day in enumerate(days, start=first):
            table = self.table(number, **how)
            self.lake.write("scored_cases", self.system.id, day, table, day)
        as_of = self.day(last if known is None else known)
        for _ in write_daily_statistics(self.lake, self.system, days, as_of):
            pass

    def table(
        self,
        number: int,
        *,
        labelled: float = 1.0,
        shift: float = 0.0,
        noise: float = 0.0,
        cases: int | None = None,
        prevalence: float = -1.5,
        harm: tuple[str, str, float] | None = None,
        frame: Any = None,
    ) -> pa.Table:
        """Return one day's cases; `harm` (subgroup, value, logits) lowers some positives' scores.

        `frame` changes the finished pandas frame.
        """
        n, rng = cases or self.cases, np.random.default_rng([self.seed, number])
        truth = prevalence + self.spread * rng.standard_normal(n)
        label = rng.random(n) < 1 / (1 + np.exp(-truth))
        logit = truth + shift + noise * rng.standard_normal(n)
        rows = pd.DataFrame({name: ["a"] * n for name in self.system.subgroups})
        for name in self.system.subgroups:
            rows[name] = rng.choice(["a", "b", "c"], n, p=[0.5, 0.3, 0.2])
        if harm is not None:
            name, value, logits = harm
            logit = logit - logits * (label & (rows[name] == value))
        for feature in self.system.features:
            values = list(feature.values) or ["x", "y"]
            numeric = feature.kind == "numeric"
            rows[feature.name] = rng.normal(10, 2, n) if numeric else rng.choice(values, n)
        moment = pd.Timestamp(datetime.combine(self.day(number), datetime.min.time()), tz="UTC")
        known = rng.random(n) < labelled
        rows = rows.assign(
            case_id=[f"{number}-{i}" for i in range(n)],
            patient_id=None,
            predicted_at=moment,
            received_at=moment,
            version="1.0",
            score=1 / (1 + np.exp(-logit)),
            label=np.where(known, label.astype(float), np.nan),
            label_state=np.where(known, "mature", "pending"),
        )
        if frame is not None:
            rows = frame(rows)
        schema = scored_cases_schema(self.system)
        rows = rows.assign(**dict.fromkeys(set(schema.names) - set(rows.columns)))
        return pa.Table.from_pandas(rows, schema=schema, preserve_index=False)

    def evaluate(self, area: Area, number: int, as_of: int | None = None) -> list[Figure]:
        """Return and keep the figures of one area on day `number`."""
        known = self.day(number if as_of is None else as_of)
        return evaluate(area, self.lake, self.system, self.day(number), known)

    def status(self, area: Area, number: int) -> AreaStatus:
        """Return what the morning shows of the area."""
        return system_status(self.system, self.lake, self.day(number)).areas[area]


def one(figures: list[Figure], metric: str, **fields: Any) -> Figure:
    """Return the only figure of `metric` with these fields."""
    found = [
        figure
        for figure in figures
        if figure.metric == metric
        and all(getattr(figure, name) == value for name, value in fields.items())
    ]
    assert len(found) == 1, [(figure.subject, figure.estimand) for figure in figures]
    return found[0]
