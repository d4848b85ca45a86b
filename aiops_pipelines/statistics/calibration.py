"""Whether scores mean what they say: slope, intercept, observed to expected, reliability.

Works on groups of cases that share a score: equal scores are a group in raw data, a bin is one in
daily statistics. Sources: Cox (1958) for recalibration; Spiegelhalter (1986) for Z; Kumar, Liang &
Ma (2019) for the debiased expected calibration error; Hosmer & Lemeshow (1980).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from aiops_pipelines.statistics.arguments import (
    FloatArray,
    binary,
    confidence_level,
    probability,
    same_length,
)
from aiops_pipelines.statistics.estimate import Estimate
from aiops_pipelines.statistics.proportions import proportions
from aiops_pipelines.statistics.tie_blocks import tie_blocks

EXTREME = 1e-12
"""Scores are kept this far from 0 and 1 where a logit is taken."""

_NEWTON_STEPS = 50
_FLAT = 1e-8


@dataclass(frozen=True, slots=True)
class Recalibration:
    """Cox's joint recalibration: label's log-odds = intercept + slope * logit(score)."""

    intercept: Estimate
    slope: Estimate


@dataclass(frozen=True, slots=True)
class Spiegelhalter:
    """Spiegelhalter's Z of calibration and its two-sided p; None where all scores are 0 or 1."""

    z: float | None
    p_value: float | None


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


@dataclass(frozen=True, slots=True)
class Calibration:
    """Everything said about calibration; estimates that do not exist have value None.

    `in_the_large` is the observed to expected ratio; `intercept_alone` the intercept with the
    slope held at 1.
    """

    intercept: Estimate
    slope: Estimate
    in_the_large: Estimate
    intercept_alone: Estimate
    spiegelhalter: Spiegelhalter
    ece: Estimate
    ece_debiased: Estimate
    reliability: Reliability


def calibration(
    score: ArrayLike, label: ArrayLike, bins: int = 10, level: float = 0.95
) -> Calibration:
    """Return the calibration of probabilities `score` (n,) against 0/1 `label` (n,).

    Raises ValueError for differing lengths, labels other than 0/1, or scores outside [0, 1].
    """
    scores, labels = probability("score", score), binary("label", label)
    same_length(score=scores, label=labels)
    blocks = tie_blocks(scores, labels)
    value, positives = blocks.value, blocks.positive.astype(np.float64)
    totals = positives + blocks.negative
    return calibration_from_groups(
        special.logit(np.clip(value, EXTREME, 1 - EXTREME)),
        totals * value,
        positives,
        totals,
        float(np.sum((positives - totals * value) * (1 - 2 * value))),
        float(np.sum(totals * (1 - 2 * value) ** 2 * value * (1 - value))),
        bins,
        level,
    )


def calibration_from_groups(
    logits: FloatArray,
    score_sums: FloatArray,
    positives: FloatArray,
    totals: FloatArray,
    spiegelhalter_sum: float,
    spiegelhalter_variance: float,
    bins: int = 10,
    level: float = 0.95,
) -> Calibration:
    """Return the calibration of groups in rising order of score (all arrays (groups,)).

    `logits` is each group's mean logit(score), `score_sums` its sum of scores, the two
    Spiegelhalter terms the exact sums over cases of (y - p)(1 - 2p) and (1 - 2p)^2 p (1 - p).
    """
    kept = totals > 0
    logits, score_sums = logits[kept], score_sums[kept]
    positives, totals = positives[kept], totals[kept]
    recalibrated = cox_recalibration(logits, positives, totals, level)
    curve = reliability_from_groups(score_sums, positives, totals, bins, level)
    raw, debiased = expected_calibration_errors(
        curve, round(float(totals.sum())), round(float(positives.sum())), level
    )
    return Calibration(
        recalibrated.intercept,
        recalibrated.slope,
        observed_expected_ratio(
            float(positives.sum()), float(score_sums.sum()), int(totals.sum()), level
        ),
        _intercept_alone(logits, positives, totals, level),
        spiegelhalter(spiegelhalter_sum, spiegelhalter_variance),
        raw,
        debiased,
        curve,
    )


def cox_recalibration(
    logits: FloatArray, positives: FloatArray, totals: FloatArray, level: float = 0.95
) -> Recalibration:
    """Return Cox's intercept and slope from groups, by Newton's method, with Wald intervals.

    No value where one class is missing, where all scores are equal, or where the scores separate
    the classes (the likelihood then has no maximum).
    """
    method = "Cox recalibration, Wald"
    n, events = round(float(totals.sum())), round(float(positives.sum()))
    missing = Estimate.missing(n, events, method)
    if events in (0, n) or np.ptp(logits) < _FLAT:
        return Recalibration(missing, missing)
    middle = float(np.average(logits, weights=totals))
    design = np.column_stack([np.ones_like(logits), logits - middle])
    fitted = _newton(design, positives, totals)
    if fitted is None:
        return Recalibration(missing, missing)
    (shifted, slope), covariance = fitted
    transform = np.array([[1.0, -middle], [0.0, 1.0]])
    spread = transform @ covariance @ transform.T
    z = float(stats.norm.ppf((1 + confidence_level(level)) / 2))
    return Recalibration(
        _wald(shifted - slope * middle, math.sqrt(spread[0, 0]), z, n, events, method),
        _wald(slope, math.sqrt(spread[1, 1]), z, n, events, method),
    )


def _newton(
    design: FloatArray, positives: FloatArray, totals: FloatArray, offset: FloatArray | float = 0.0
) -> tuple[FloatArray, FloatArray] | None:
    """Return coefficients and covariance of a grouped logistic fit; None without a maximum."""
    beta = np.zeros(design.shape[1])
    for _ in range(_NEWTON_STEPS):
        chance = special.expit(design @ beta + offset)
        weight = totals * chance * (1 - chance)
        information = design.T @ (design * weight[:, None])
        if not np.all(np.isfinite(information)) or np.linalg.cond(information) > 1e12:
            return None
        step = np.linalg.solve(information, design.T @ (positives - totals * chance))
        beta = beta + np.clip(step, -4.0, 4.0)
        if np.max(np.abs(step)) < 1e-10:
            return beta, np.linalg.inv(information)
    return None


def _intercept_alone(
    logits: FloatArray, positives: FloatArray, totals: FloatArray, level: float
) -> Estimate:
    method = "intercept with slope 1, Wald"
    n, events = round(float(totals.sum())), round(float(positives.sum()))
    if events in (0, n):
        return Estimate.missing(n, events, method)
    fitted = _newton(np.ones((len(logits), 1)), positives, totals, logits)
    if fitted is None:
        return Estimate.missing(n, events, method)
    z = float(stats.norm.ppf((1 + level) / 2))
    return _wald(float(fitted[0][0]), math.sqrt(fitted[1][0, 0]), z, n, events, method)


def _wald(value: float, error: float, z: float, n: int, events: int, method: str) -> Estimate:
    return Estimate(
        float(value), float(value - z * error), float(value + z * error), error, n, events, method
    )


def observed_expected_ratio(
    observed: float, expected: float, n: int, level: float = 0.95
) -> Estimate:
    """Return observed positives over expected ones, interval from Wilson's on the observed rate."""
    method = "observed over expected, Wilson"
    if n == 0 or expected <= 0:
        return Estimate.missing(n, round(observed), method)
    found = proportions([observed], [n], "wilson", level)
    scale = n / expected
    rate = observed / n
    return Estimate(
        observed / expected,
        float(found.low[0]) * scale,
        float(found.high[0]) * scale,
        math.sqrt(rate * (1 - rate) / n) * scale,
        n,
        round(observed),
        method,
    )


def spiegelhalter(total: float, variance: float) -> Spiegelhalter:
    """Return Z from the sums over cases of (y - p)(1 - 2p) and of (1 - 2p)^2 p (1 - p)."""
    if variance <= 0:
        return Spiegelhalter(None, None)
    z = total / math.sqrt(variance)
    return Spiegelhalter(z, 2 * float(stats.norm.sf(abs(z))))


def reliability_from_groups(
    score_sums: FloatArray,
    positives: FloatArray,
    totals: FloatArray,
    bins: int = 10,
    level: float = 0.95,
) -> Reliability:
    """Return the reliability curve in about `bins` bins of equal mass from groups in rising order.

    A group is never split, so bins differ in size where many cases share a score.
    """
    if totals.sum() == 0:
        empty = np.empty(0)
        return Reliability(empty, empty, empty, empty, empty)
    middle = np.cumsum(totals) - totals / 2
    member = np.minimum((middle / totals.sum() * bins).astype(np.int64), bins - 1)
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


def expected_calibration_errors(
    curve: Reliability, n: int, events: int, level: float = 0.95
) -> tuple[Estimate, Estimate]:
    """Return the curve's L1 error and its debiased L2 error (Kumar, Liang & Ma, 2019)."""
    if n == 0:
        missing = Estimate.missing(0, 0, "equal-mass bins")
        return missing, missing
    share = curve.n / n
    gap = curve.mean_score - curve.observed
    variance = curve.observed * (1 - curve.observed) / np.maximum(curve.n, 1)
    raw = float(np.sum(share * np.abs(gap)))
    error = math.sqrt(float(np.sum(share**2 * variance)))
    unbiased = curve.observed * (1 - curve.observed) / np.maximum(curve.n - 1, 1)
    squared = float(np.sum(share * (gap**2 - unbiased)))
    spread = math.sqrt(float(np.sum(share**2 * (4 * gap**2 * variance + 2 * variance**2))))
    z = float(stats.norm.ppf((1 + confidence_level(level)) / 2))
    return (
        Estimate(
            raw,
            max(raw - z * error, 0.0),
            min(raw + z * error, 1.0),
            error,
            n,
            events,
            "ECE, equal-mass bins, delta interval",
        ),
        Estimate(
            math.sqrt(max(squared, 0.0)),
            math.sqrt(max(squared - z * spread, 0.0)),
            math.sqrt(max(squared + z * spread, 0.0)),
            None,
            n,
            events,
            "debiased ECE (L2), equal-mass bins, delta interval",
        ),
    )


def hosmer_lemeshow(score: ArrayLike, label: ArrayLike, groups: int = 10) -> HosmerLemeshow:
    """Return the Hosmer-Lemeshow statistic on quantile groups of `score` (R's type 7 breaks).

    Raises ValueError as `calibration` does, or for fewer than three groups.
    """
    scores, labels = probability("score", score), binary("label", label)
    same_length(score=scores, label=labels)
    if groups < 3:
        raise ValueError(f"groups: must be at least 3, is {groups}")
    if len(scores) == 0:
        return HosmerLemeshow(None, 0, None)
    breaks = np.unique(np.quantile(scores, np.linspace(0, 1, groups + 1)))
    found = len(breaks) - 1
    if found < 3:
        return HosmerLemeshow(None, max(found - 2, 0), None)
    member = np.clip(np.searchsorted(breaks, scores, side="left") - 1, 0, found - 1)
    n = np.bincount(member, minlength=found)
    expected = np.bincount(member, scores, found)
    observed = np.bincount(member, labels, found)
    variance = expected * (1 - expected / np.maximum(n, 1))
    if np.any(variance <= 0):
        return HosmerLemeshow(None, found - 2, None)
    statistic = float(np.sum((observed - expected) ** 2 / variance))
    return HosmerLemeshow(statistic, found - 2, float(stats.chi2.sf(statistic, found - 2)))
