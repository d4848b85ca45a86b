"""A system under contract in a lake of its own: cases and the labels of each night, by hand."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from night_hospital import system_like
from upath import UPath

from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Contract, System
from aiops_pipelines.portfolio.entry import LabelRule, ReferencePeriod
from aiops_pipelines.schema import LABEL_ARRIVALS, scored_cases_schema

START = date(2026, 3, 2)
REFERENCE_DAYS = 14
WAIT = 3
CLAUSE: dict[str, Any] = {
    "id": "misses",
    "text": "No more than 10 percent are missed.",
    "metric": "false_negative_rate",
    "operating_point": "alert",
    "maximum": 0.1,
    "margin": 0.02,
    "window_days": 28,
    "minimum_n": 50,
    "minimum_events": 20,
    "remedy": {
        "schedule": [{"beyond": 0.1, "percent": 5}, {"beyond": 0.15, "percent": 10}],
        "cure_days": 10,
        "cure_unit": "work days",
        "termination_right": True,
    },
}


def contract(**changes: Any) -> Contract:
    """Return a contract from the START on with the one CLAUSE, and `changes`."""
    terms = {"number": "C-1", "from": START, "to": "2027-12-31", "annual_fee": 120000}
    return Contract.model_validate(terms | {"clauses": [CLAUSE]} | changes)


def system(audit_fraction: float | None = None, **changes: Any) -> System:
    """Return a binary system whose days mature after WAIT days; verified in part if audited."""
    rule: dict[str, Any] = {"truth": "t", "sources": ["s"], "mature_after_days": WAIT}
    if audit_fraction is not None:
        rule |= {"scheme": "partial", "operating_point": "alert", "audit_fraction": audit_fraction}
    end = START + timedelta(days=REFERENCE_DAYS - 1)
    base: dict[str, Any] = {
        "contract": contract(),
        "truth": LabelRule.model_validate(rule),
        "reference": ReferencePeriod.model_validate({"from": START, "to": end}),
    }
    return system_like("lung-nodule-ct", **(base | changes))


class Cases:
    """Writes days of a system: positives of which some are missed, and flagged negatives."""

    def __init__(self, folder: Path, of: System) -> None:
        self.lake = Lake(UPath(folder))
        self.system = of
        self._arrived: dict[date, list[dict[str, Any]]] = {}

    def day(
        self,
        number: int,
        missed: int,
        found: int,
        negatives: int = 4,
        after: int = 1,
        version: str = "1.0",
        unverified: int = 0,
    ) -> None:
        """Write day `number`, whose labels all arrive `after` days later."""
        on = START + timedelta(days=number)
        scores = [0.01] * missed + [0.9] * found + [0.5] * negatives + [0.02] * unverified
        truth = [1] * (missed + found) + [0] * negatives
        names = [f"{on}-{index}" for index in range(len(scores))]
        at = datetime.combine(on, time(12), UTC)
        schema = scored_cases_schema(self.system)
        frame = pd.DataFrame({name: [None] * len(scores) for name in schema.names})
        frame["case_id"], frame["score"], frame["version"] = names, scores, version
        frame["predicted_at"] = frame["received_at"] = at
        frame["label_state"] = "pending"
        for subgroup in self.system.subgroups:
            frame[subgroup] = ["female" if i % 2 else "male" for i in range(len(scores))]
        table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
        self.lake.write("scored_cases", self.system.id, on, table, on)
        self.lake.write("predictions", self.system.id, on, table.select(["version"]), on)
        self.label(number, range(len(truth)), truth, number + after)

    def label(
        self,
        number: int,
        cases: Sequence[int],
        truth: Sequence[int],
        night: int,
        revision: int = 0,
        source: str = "s",
    ) -> None:
        """Let labels of some of a day's cases arrive on `night`."""
        on, night_day = START + timedelta(days=number), START + timedelta(days=night)
        at = datetime.combine(night_day, time(9), UTC)
        rows = self._arrived.setdefault(night_day, [])
        rows += [
            {
                "case_id": f"{on}-{case}",
                "value": float(value),
                "decided_at": at,
                "received_at": at,
                "source": source,
                "reader": None,
                "revision": revision,
                "case_day": on,
            }
            for case, value in zip(cases, truth, strict=True)
        ]
        table = pa.Table.from_pylist(rows, schema=LABEL_ARRIVALS)
        self.lake.write("label_arrivals", self.system.id, night_day, table, night_day)

    def rate(
        self, first: int, last: int, rate: float, rng: np.random.Generator, a_day: int
    ) -> None:
        """Write days on which `a_day` positives are each missed with chance `rate`.

        On the days of the reference period one is missed every other day, whatever the rate.
        """
        for number in range(first, last):
            missed = int(rng.binomial(a_day, rate)) if number >= REFERENCE_DAYS else number % 2
            self.day(number, missed, a_day - missed)

    def ledger_bytes(self) -> dict[str, bytes]:
        """Return the bytes of every row of the ledger."""
        root = Path(str(self.lake.root)) / "evidence_ledger"
        return {str(f.relative_to(root)): f.read_bytes() for f in sorted(root.rglob("*.parquet"))}
