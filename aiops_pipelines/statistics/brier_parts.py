"""The parts of a Brier score from a histogram: reliability, resolution, uncertainty, and skill.

Source: Murphy (1973). Over groups of about equal mass, scores at each group's mean; what varies
within a group is left out, so the parts add up to the score of that grouping (from cases, `brier`
has the two terms that make it the whole score).
"""

from dataclasses import dataclass

import numpy as np

from aiops_pipelines.statistics.arguments import (
    MANY,
    FloatArray,
    whole,
)
from aiops_pipelines.statistics.estimate import Estimate
from aiops_pipelines.statistics.histogram import Histogram
from aiops_pipelines.statistics.resampling import resampled

REPLICATES = 400


@dataclass(frozen=True, slots=True)
class BrierParts:
    """Score of the grouping = reliability - resolution + uncertainty; `skill` is 1 - score / it.

    Intervals are percentiles of a Poisson bootstrap. Reliability and resolution are both lifted by
    about (groups - 1) / n times the uncertainty by chance alone; their difference is not.
    """

    reliability: Estimate
    resolution: Estimate
    uncertainty: Estimate
    skill: Estimate


def brier_parts(
    histogram: Histogram, groups: int = 10, level: float = 0.95, seed: int = 0
) -> BrierParts:
    """Return the parts of a histogram's labelled cases; without cases none has a value.

    Raises ValueError for fewer than one group.
    """
    groups = whole("groups", groups, least=1, most=MANY)
    cases = histogram.positive + histogram.negative
    member = np.minimum(
        (np.cumsum(cases) - cases / 2) * groups // max(int(cases.sum()), 1), groups - 1
    ).astype(np.int64)
    positive, negative, scores = (
        np.bincount(member, each, groups)
        for each in (histogram.positive, histogram.negative, histogram.score_sum)
    )
    used = positive + negative > 0
    p, q = positive[used].astype(np.int64), negative[used].astype(np.int64)
    foretold = scores[used] / (p + q)

    def part(name: str) -> Estimate:
        def metric(events: FloatArray, others: FloatArray) -> FloatArray:
            return _parts(events, others, foretold)[name]

        return resampled(metric, p, q, REPLICATES, seed, level)

    return BrierParts(part("reliability"), part("resolution"), part("uncertainty"), part("skill"))


def _parts(
    positive: FloatArray, negative: FloatArray, foretold: FloatArray
) -> dict[str, FloatArray]:
    """Return the parts of counts (..., groups)."""
    n = positive + negative
    total = n.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        observed = np.where(n > 0, positive / n, 0.0)
        rate = positive.sum(axis=-1) / total
        reliability = (n * (foretold - observed) ** 2).sum(axis=-1) / total
        resolution = (n * (observed - rate[..., None]) ** 2).sum(axis=-1) / total
        uncertainty = rate * (1 - rate)
        skill = (resolution - reliability) / uncertainty
    return {
        "reliability": reliability,
        "resolution": resolution,
        "uncertainty": uncertainty,
        "skill": skill,
    }
