"""The reference profile: the bins of scores and features, fixed by the reference period.

Made once from the scored cases of the period that the portfolio names, and never made again: daily
statistics in other bins could not be added. Another period in the portfolio is another profile.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from aiops_pipelines.errors import LakeError
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import ReferencePeriod, System, Task
from aiops_pipelines.statistics import (
    FeatureBins,
    categorical_bins,
    coarse_edges,
    median,
    numeric_bins,
    reference_edges,
)
from aiops_pipelines.statistics.arguments import FloatArray

TABLE = "reference_profile"
SCORE = "score"
"""The name under which the score's own drift is counted, beside the features."""

_SCHEMA = pa.schema([pa.field("sha256", pa.string()), pa.field("profile", pa.string())])


@dataclass(frozen=True, slots=True)
class Facts:
    """What a night is compared with: the share missing, and of numbers two facts more.

    `median` is that of the values that are not zero; `modal` the share of the most frequent value.
    """

    missing: float
    median: float | None = None
    modal: float | None = None


@dataclass(frozen=True)
class ReferenceProfile:
    """Bins of one system: score edges (binary outputs), features' bins by name, and n cases.

    `facts` are of the score, the features and the subgroups; `first` is the period's first day,
    None in profiles written before it was kept.
    """

    system: str
    cases: int
    edges: tuple[float, ...]
    features: Mapping[str, FeatureBins]
    facts: Mapping[str, Facts] = field(default_factory=dict)
    first: date | None = None

    @cached_property
    def fine(self) -> FloatArray:
        """Return the score edges for the whole population."""
        return np.array(self.edges)

    @cached_property
    def digest(self) -> str:
        """Return what identifies the profile's content."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    def coarse(self, system: System) -> FloatArray:
        """Return the score edges for subgroups."""
        return coarse_edges(self.fine, [p.threshold for p in system.output.operating_points])

    def to_json(self) -> str:
        """Return the profile as JSON, the same text for the same profile."""
        content = {
            "system": self.system,
            "cases": self.cases,
            "edges": self.edges,
            "features": {name: asdict(bins) for name, bins in sorted(self.features.items())},
            "facts": {name: asdict(facts) for name, facts in sorted(self.facts.items())},
            "first": self.first.isoformat() if self.first else None,
        }
        return json.dumps(content, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "ReferenceProfile":
        """Return the profile that `to_json` wrote."""
        content = json.loads(text)
        features = {name: _bins(bins) for name, bins in content["features"].items()}
        facts = {name: Facts(**known) for name, known in content.get("facts", {}).items()}
        first = date.fromisoformat(content["first"]) if content.get("first") else None
        edges = tuple(content["edges"])
        return cls(content["system"], content["cases"], edges, features, facts, first)


def _bins(content: Mapping[str, Any]) -> FeatureBins:
    listed: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in content.items()
    }
    return FeatureBins(**listed)


def ensure_profile(lake: Lake, system: System) -> ReferenceProfile:
    """Return the system's profile, making it from the reference period the first time.

    Raises:
        LakeError: the reference period has no cases in the lake.
    """
    held = held_profile(lake, system)
    if held is not None:
        return held
    profile = build_profile(lake, system, system.reference)
    write_profile(lake, system, profile, system.reference.end)
    return profile


def held_profile(lake: Lake, system: System) -> ReferenceProfile | None:
    """Return the profile of the portfolio's reference period, None before it was made.

    Raises:
        LakeError: the profile that ends on the period's last day began on another day.
    """
    period = system.reference
    profile = profile_of(lake, system, period.end)
    if profile is not None and profile.first not in {None, period.start}:
        raise LakeError(
            f"{system.id}: the reference profile up to {period.end} was made from "
            f"{profile.first} on, the portfolio says from {period.start} on; put `from: "
            f"{profile.first}` back, or choose another last day"
        )
    return profile


def profile_of(lake: Lake, system: System, end: date) -> ReferenceProfile | None:
    """Return the profile of the period that ends on `end`, None if none was made."""
    held = lake.find(TABLE, system.id, end)
    return None if held is None else ReferenceProfile.from_json(held["profile"][0].as_py())


def write_profile(lake: Lake, system: System, profile: ReferenceProfile, end: date) -> None:
    """Write the profile of the period that ends on `end`, with its digest beside it."""
    table = pa.table({"sha256": [profile.digest], "profile": [profile.to_json()]}, schema=_SCHEMA)
    lake.write(TABLE, system.id, end, table, end)


def build_profile(lake: Lake, system: System, period: ReferencePeriod) -> ReferenceProfile:
    """Return the profile of the scored cases of `period`; LakeError if there are none."""
    tables = [t for _, t in lake.read_days("scored_cases", system.id, period.start, period.end)]
    cases = sum(table.num_rows for table in tables)
    if not cases:
        raise LakeError(
            f"{system.id}: no cases in the reference period; run: aiops backfill "
            f"--from {period.start} --to {period.end} --system {system.id}"
        )
    table = pa.concat_tables(tables)
    scores = table["score"].to_numpy()
    points = [point.threshold for point in system.output.operating_points]
    edges = reference_edges(scores, points) if system.output.task is Task.BINARY else np.empty(0)
    features = {SCORE: _score_bins(system, scores)}
    for feature in system.features:
        values = table[feature.name]
        if feature.kind == "numeric":
            if values.null_count < len(values):
                features[feature.name] = numeric_bins(feature.name, values.to_numpy())
        else:
            features[feature.name] = categorical_bins(feature.name, values.to_pylist())
    # Sorted, as the profile reads when it is found again.
    ordered = dict(sorted(features.items()))
    facts = dict(sorted(_facts(system, table).items()))
    fine = tuple(map(float, edges))
    return ReferenceProfile(system.id, cases, fine, ordered, facts, period.start)


def _facts(system: System, table: pa.Table) -> dict[str, Facts]:
    numeric = [SCORE, *(each.name for each in system.features if each.kind == "numeric")]
    words = [each.name for each in system.features if each.kind != "numeric"]
    facts = {name: Facts(_missing(table[name])) for name in (*words, *system.subgroups)}
    return facts | {name: _number_facts(table[name]) for name in numeric}


def _number_facts(column: pa.ChunkedArray) -> Facts:
    values = column.to_numpy().astype(np.float64)
    found = values[~np.isnan(values)]
    if not found.size:
        return Facts(1.0)
    _, counts = np.unique(found, return_counts=True)
    sized = found[found != 0]
    middle = median(sized).value or 0.0
    return Facts(1 - found.size / values.size, middle, float(counts.max() / found.size))


def _missing(column: pa.ChunkedArray) -> float:
    return float(column.null_count / len(column))


def _score_bins(system: System, scores: FloatArray) -> FeatureBins:
    if system.output.task in {Task.BINARY, Task.REGRESSION}:
        return numeric_bins(SCORE, scores)
    return categorical_bins(SCORE, [system.output.classes[int(score)] for score in scores])
