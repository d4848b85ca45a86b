"""The reference profile: the bins of scores and features, fixed by the reference period.

Made once from the scored cases of the period that the portfolio names, and never made again: daily
statistics in other bins could not be added. Another period in the portfolio is another profile.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from aiops_pipelines.errors import LakeError
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import System, Task
from aiops_pipelines.statistics import (
    FeatureBins,
    categorical_bins,
    coarse_edges,
    numeric_bins,
    reference_edges,
)
from aiops_pipelines.statistics.arguments import FloatArray

TABLE = "reference_profile"
SCORE = "score"
"""The name under which the score's own drift is counted, beside the features."""

_SCHEMA = pa.schema([pa.field("sha256", pa.string()), pa.field("profile", pa.string())])


@dataclass(frozen=True)
class ReferenceProfile:
    """Bins of one system: score edges (binary outputs), features' bins by name, and n cases."""

    system: str
    cases: int
    edges: tuple[float, ...]
    features: Mapping[str, FeatureBins]

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
        }
        return json.dumps(content, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "ReferenceProfile":
        """Return the profile that `to_json` wrote."""
        content = json.loads(text)
        features = {name: _bins(bins) for name, bins in content["features"].items()}
        return cls(content["system"], content["cases"], tuple(content["edges"]), features)


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
    held = lake.find(TABLE, system.id, system.reference.end)
    if held is not None:
        return ReferenceProfile.from_json(held["profile"][0].as_py())
    profile = build_profile(lake, system)
    table = pa.table({"sha256": [profile.digest], "profile": [profile.to_json()]}, schema=_SCHEMA)
    lake.write(TABLE, system.id, system.reference.end, table, system.reference.end)
    return profile


def build_profile(lake: Lake, system: System) -> ReferenceProfile:
    """Return the profile of the reference period's scored cases; LakeError if there are none."""
    period = system.reference
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
    ordered = dict(sorted(features.items()))  # as the profile reads when it is found again
    return ReferenceProfile(system.id, cases, tuple(map(float, edges)), ordered)


def _score_bins(system: System, scores: FloatArray) -> FeatureBins:
    if system.output.task in {Task.BINARY, Task.REGRESSION}:
        return numeric_bins(SCORE, scores)
    return categorical_bins(SCORE, [system.output.classes[int(score)] for score in scores])
