"""A small system and a folder of drops for the feeds' tests: files are written as text."""

import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from upath import UPath

from aiops_pipelines.feeds import (
    FeedBatch,
    Pseudonymiser,
    Watch,
    read_labels,
    read_predictions,
)
from aiops_pipelines.portfolio import System

DAY = date(2025, 3, 4)
ZONE = ZoneInfo("America/Chicago")
KEY = "a key for tests that is long enough"
PSEUDONYM = Pseudonymiser(KEY.encode())
SETTLED = Watch(now=lambda: time.time() + 3600)
"""A clock by which every file written now has been lying there for an hour."""

_PREDICTIONS = {
    "kind": "csv",
    "path": "risk/predictions/{day}.csv",
    "columns": {
        "case_id": "case",
        "patient_id": "patient",
        "predicted_at": "at",
        "score": "risk",
        "age": "age",
        "sex": "sex",
    },
}
_LABELS = {
    "kind": "csv",
    "path": "risk/labels/{day}.csv",
    "columns": {
        "case_id": "case",
        "value": "died",
        "received_at": "received",
        "source": "source",
        "reader": "reader",
        "revision": "revision",
    },
}
_BINARY = {
    "task": "binary",
    "predicts": "death in hospital",
    "operating_points": [{"name": "alert", "threshold": 0.5, "action": "call"}],
}


def system_tree(**changes: Any) -> dict[str, Any]:
    """Return a valid system as its YAML would give it, with `changes` at the top level."""
    tree = {
        "id": "risk",
        "name": "Risk",
        "service_line": "nursing",
        "vendor": {"name": "Vendor", "contact": "help desk"},
        "versions": [{"version": "1", "from": "2024-01-01"}],
        "intended_use": "tests",
        "population": "adults",
        "out_of_scope": "children",
        "regulatory": {"status": "none"},
        "risk": {"autonomy": "informs", "harm": "minor", "cases_per_year": 100},
        "owners": {"clinical": "a", "technical": "b", "executive": "c"},
        "lifecycle": {"stage": "live", "go_live": "2024-01-01", "next_review": "2026-01-01"},
        "output": _BINARY,
        "features": [{"name": "age", "kind": "numeric"}],
        "subgroups": ["sex"],
        "predictions": _PREDICTIONS,
        "labels": _LABELS,
        "truth": {"truth": "death", "sources": ["chart", "registry"], "mature_after_days": 7},
        "reference": {"from": "2024-01-01", "to": "2024-03-31"},
    }
    return {**tree, **changes}


def a_system(
    predictions: dict[str, Any] | None = None, labels: dict[str, Any] | None = None, **changes: Any
) -> System:
    """Return the system with its feeds changed by `predictions` and `labels`."""
    tree = system_tree(**changes)
    tree["predictions"] = {**_PREDICTIONS, **(predictions or {})}
    tree["labels"] = {**_LABELS, **(labels or {})}
    return System.model_validate(tree)


@dataclass(frozen=True, slots=True)
class Drops:
    """A feeds' root in a temporary folder."""

    root: UPath

    @classmethod
    def below(cls, folder: Path) -> "Drops":
        """Make the empty folders of the system's feeds below `folder`."""
        for feed in ("predictions", "labels"):
            (folder / "risk" / feed).mkdir(parents=True, exist_ok=True)
        return cls(UPath(folder))

    def put(self, name: str, content: str | bytes) -> Path:
        """Write a file below `risk/` as it is."""
        path = Path(str(self.root)) / "risk" / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def put_predictions(self, *rows: str, day: date = DAY) -> Path:
        """Write rows of `case,patient,at,risk,age,sex` as the day's file."""
        lines = ["case,patient,at,risk,age,sex", *rows]
        return self.put(f"predictions/{day}.csv", "\n".join(lines) + "\n")

    def put_labels(self, *rows: str, day: date = DAY) -> Path:
        """Write rows of `case,died,received,source,reader,revision` as the day's file."""
        lines = ["case,died,received,source,reader,revision", *rows]
        return self.put(f"labels/{day}.csv", "\n".join(lines) + "\n")

    def predictions(self, system: System | None = None, day: date = DAY) -> FeedBatch:
        """Read a day's predictions."""
        return read_predictions(system or a_system(), day, self.root, PSEUDONYM, ZONE, SETTLED)

    def labels(
        self, system: System | None = None, start: date = DAY, end: date | None = None
    ) -> FeedBatch:
        """Read the labels received from `start` to `end` (default: that day)."""
        return read_labels(
            system or a_system(), start, end or start, self.root, PSEUDONYM, ZONE, SETTLED
        )


def refusals(batch: FeedBatch) -> list[tuple[str, int | None, str, str | None]]:
    """Return file name, row, rule and column of everything in quarantine."""
    table = batch.quarantine
    columns = (table[name].to_pylist() for name in ("file", "row", "rule", "column"))
    return [
        (file.rsplit("/", 1)[-1], row, rule, column)
        for file, row, rule, column in zip(*columns, strict=True)
    ]


def cases(*ids: str) -> list[str]:
    """Return the pseudonyms of case ids."""
    return [PSEUDONYM.one(case, "case") for case in ids]
