"""Scores against what was observed, in bins: the reliability curve and what is computed from it.

Works on groups of cases that share a score, in rising order. Sources: Kumar, Liang & Ma (2019) for
the debiased expected calibration error; Hosmer & Lemeshow (1980).
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aiops_pipelines.statistics.arguments import (
    MANY,
    FloatArray,
    IntArray,
    binary,
    probability,
    same_length,
    whole,
)
from aiops_pipelines.statistics.proportions import proportions
from aiops_pipelines.statistics.tails import chi_square_tail


@dataclass(frozen=True, slots=True)
class HosmerLemeshow:
    """The Hosmer-Lemeshow statistic with its degrees of freedom; None below three groups."""

    statistic: float | None
    degrees_of_freedom: int
    p_value: float | None


@dataclass(frozen=True, slots=True)
class Reliability:
    """The reliability curve: per bin mean score, observed rate with its interval, n."""

    mean_score: FloatArray
    observed: FloatArray
    low: FloatArray
    high: FloatArray
    n: FloatArray


def equal_mass_bins(totals: FloatArray | IntArray, bins: int) -> IntArray:
    """Return the bin of each group, 0 to `bins` - 1, so that bins hold about as many cases each.

    A group is never split, so bins differ in size where many cases share a score.

    Raises ValueError for less than one bin.
    """
    bins = whole("bins", bins, least=1, most=MANY)
    middle = np.cumsum(totals) - totals / 2
    member = (middle / max(float(totals.sum()), 1.0) * bins).astype(np.int64)
    held: IntArray = np.minimum(member, bins - 1)
    return held


def reliability_from_groups(
    score_sums: FloatArray,
    positives: FloatArray,
    totals: FloatArray,
    bins: int = 10,
    level: float = 0.95,
) -> Reliability:
    """Return the reliability curve in about `bins` bins of equal mass from groups (groups,)."""
    if totals.sum() == 0:
        empty = np.empty(0)
        return Reliability(empty, empty, empty, empty, empty)
    member = equal_mass_bins(totals, bins)
    expected, events, n = (
        np.bincount(member, weights, bins).astype(np.float64)
        for weights in (score_sums, positives, totals)
    )
    return reliability_from_bins(expected, events, n, level)


def reliability_from_bins(
    expected: FloatArray, events: FloatArray, n: FloatArray, level: float = 0.95
) -> Reliability:
    """Return the curve of bins' sums of scores, positives and numbers of cases; empty ones go."""
    used = n > 0
    found = proportions(events[used], n[used], "wilson", level)
    return Reliability(expected[used] / n[used], found.value, found.low, found.high, n[used])


def hosmer_lemeshow(score: ArrayLike, label: ArrayLike, groups: int = 10) -> HosmerLemeshow:
    """Return the Hosmer-Lemeshow statistic on quantile groups of `score` (R's type 7 breaks).

    Raises ValueError for differing lengths, labels other than 0/1, scores outside [0, 1], or fewer
    than three groups.
    """
    scores, labels = probability("score", score), binary("label", label)
    same_length(score=scores, label=labels)
    groups = whole("groups", groups, least=3, most=MANY)
    if len(scores) == 0:
        return HosmerLemeshow(None, 0, None)
    breaks = np.unique(np.quantile(scores, np.linspace(0, 1, groups + 1)))
    found = max(len(breaks) - 1, 1)
    member = np.clip(np.searchsorted(breaks, scores, side="left") - 1, 0, found - 1)
    return _hosmer_lemeshow(
        np.bincount(member, minlength=found),
        np.bincount(member, labels, found),
        np.bincount(member, scores, found),
    )


def hosmer_lemeshow_from_groups(
    score_sums: FloatArray, positives: FloatArray, totals: FloatArray, bins: int = 10
) -> HosmerLemeshow:
    """Return the Hosmer-Lemeshow statistic over about `bins` bins of equal mass."""
    member = equal_mass_bins(totals, bins)
    n = np.bincount(member, totals, bins)
    used = n > 0
    return _hosmer_lemeshow(
        n[used],
        np.bincount(member, positives, bins)[used],
        np.bincount(member, score_sums, bins)[used],
    )


def _hosmer_lemeshow(
    n: NDArray[Any], observed: NDArray[Any], expected: NDArray[Any]
) -> HosmerLemeshow:
    freedom = max(len(n) - 2, 0)
    variance = expected * (1 - expected / np.maximum(n, 1))
    if not freedom or np.any(variance <= 0):
        return HosmerLemeshow(None, freedom, None)
    with np.errstate(over="ignore"):
        statistic = float(np.sum((observed - expected) ** 2 / variance))
    if math.isinf(statistic):
        return HosmerLemeshow(None, freedom, None)
    return HosmerLemeshow(statistic, freedom, chi_square_tail(statistic, freedom))
