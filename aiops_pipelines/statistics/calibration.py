"""Whether scores mean what they say: slope, intercept, observed to expected, reliability.

Works on groups of cases that share a score: equal scores are a group in raw data, a bin is one in
daily statistics. Sources: Cox (1958) for recalibration; Spiegelhalter (1986) for Z.
"""

import math
import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from aiops_pipelines.statistics.arguments import (
    FloatArray,
    binary,
    confidence_level,
    counts,
    probability,
    real,
    refuse,
    same_length,
)
from aiops_pipelines.statistics.calibration_error import expected_calibration_errors
from aiops_pipelines.statistics.estimate import Estimate
from aiops_pipelines.statistics.proportions import proportions
from aiops_pipelines.statistics.reliability import (
    HosmerLemeshow,
    Reliability,
    hosmer_lemeshow_from_groups,
    reliability_from_groups,
)
from aiops_pipelines.statistics.tails import normal_quantile, normal_tail
from aiops_pipelines.statistics.tie_blocks import tie_blocks

EXTREME = 1e-12
"""Scores are kept this far from 0 and 1 where a logit is taken."""

_NEWTON_STEPS = 50
_LEAST_RISK = sys.float_info.min
"""The mean score from which an observed to expected ratio is a number that a float holds."""
_WORST_CONDITION = 1e-12
"""Smaller shares of the largest eigenvalue leave the smallest without digits."""
_FLAT = 1e-8
_STEEPEST = 1e6


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

    def estimate(self, n: int, n_events: int, level: float = 0.95) -> Estimate:
        """Return z as an estimate of its mean, 0 where scores of these cases are calibrated."""
        method = "Spiegelhalter's z"
        if self.z is None:
            return Estimate.missing(n, n_events, method)
        reach = normal_quantile((1 + confidence_level(level)) / 2)
        return Estimate(self.z, self.z - reach, self.z + reach, 1.0, n, n_events, method)


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
    hosmer_lemeshow: HosmerLemeshow


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
    raw, debiased = expected_calibration_errors(curve, level)
    return Calibration(
        recalibrated.intercept,
        recalibrated.slope,
        observed_expected_from_groups(score_sums, positives, totals, level),
        _intercept_alone(logits, positives, totals, level),
        spiegelhalter(spiegelhalter_sum, spiegelhalter_variance),
        raw,
        debiased,
        curve,
        hosmer_lemeshow_from_groups(score_sums, positives, totals, bins),
    )


def observed_expected_from_groups(
    score_sums: FloatArray, positives: FloatArray, totals: FloatArray, level: float = 0.95
) -> Estimate:
    """Return the observed to expected ratio of groups of like scores (all arrays (groups,))."""
    kept = totals > 0
    score_sums, positives, totals = score_sums[kept], positives[kept], totals[kept]
    observed, expected, n = float(positives.sum()), float(score_sums.sum()), round(totals.sum())
    residual = None
    if n and expected >= n * _LEAST_RISK:
        scaled = observed / expected * score_sums / totals
        residual = float(positives @ (1 - scaled) ** 2 + (totals - positives) @ scaled**2)
    return observed_expected_ratio(observed, expected, n, level, residual)


def cox_recalibration(
    logits: ArrayLike, positives: ArrayLike, totals: ArrayLike, level: float = 0.95
) -> Recalibration:
    """Return Cox's intercept and slope from groups, by Newton's method, with Wald intervals.

    No value where one class is missing, where all scores are equal, or where the scores separate
    the classes (the likelihood then has no maximum).

    Raises ValueError for lengths that differ, NaN or infinity, negative counts, or more positives
    than cases in a group.
    """
    logits = real("logits", logits, largest=_STEEPEST)
    positives, totals = counts("positives", positives), counts("totals", totals)
    same_length(logits=logits, positives=positives, totals=totals)
    refuse("positives", "must not exceed totals", positives > totals, positives)
    kept = totals > 0
    logits, positives, totals = logits[kept], positives[kept], totals[kept]
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
    z = normal_quantile((1 + confidence_level(level)) / 2)
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
        if not np.all(np.isfinite(information)) or _flat(information):
            return None
        step = np.linalg.solve(information, design.T @ (positives - totals * chance))
        beta = beta + np.clip(step, -4.0, 4.0)
        if np.max(np.abs(step)) < 1e-10:
            return beta, np.linalg.inv(information)
    return None


def _flat(information: FloatArray) -> bool:
    """Tell whether an information matrix of one or two coefficients has no inverse to speak of."""
    if len(information) == 1:
        return bool(information[0, 0] <= 0)
    a, b, d = float(information[0, 0]), float(information[0, 1]), float(information[1, 1])
    middle, apart = (a + d) / 2, math.hypot((a - d) / 2, b)
    return middle - apart <= _WORST_CONDITION * (middle + apart)


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
    z = normal_quantile((1 + level) / 2)
    return _wald(float(fitted[0][0]), math.sqrt(fitted[1][0, 0]), z, n, events, method)


def _wald(value: float, error: float, z: float, n: int, events: int, method: str) -> Estimate:
    return Estimate(
        float(value), float(value - z * error), float(value + z * error), error, n, events, method
    )


def observed_expected_ratio(
    observed: float, expected: float, n: int, level: float = 0.95, residual: float | None = None
) -> Estimate:
    """Return observed positives over expected ones, interval from Wilson's on the observed rate.

    `residual`, the sum over cases of (y - R p)^2 with R the ratio, is the variance of a ratio of
    sums: scores that tell cases apart leave less to chance than a common risk would. Wilson's
    interval is then that of the size with this variance (Korn & Graubard, 1998); without
    `residual` it is conservative. Scores that were right of every case leave no residual, which is
    no certainty: it counts as at least what a share of cases that n may have missed would leave
    (Hanley & Lippman-Hand, 1983, "if nothing goes wrong"), and at most as a common risk does.
    """
    method = "observed over expected, Wilson"
    if n == 0 or expected < n * _LEAST_RISK:
        return Estimate.missing(n, round(observed), method)
    rate, scale = observed / n, n / expected
    variance = rate * (1 - rate) / n
    size = float(n)
    if residual is not None and variance > 0:
        tail = (1 - confidence_level(level)) / 2
        unseen = (math.log(1 / tail) / normal_quantile(1 - tail)) ** 2
        residual = max(residual, min(unseen, n**2 * variance))
        size, variance = n**3 * variance / residual, residual / n**2
        method = "observed over expected, Wilson at the effective size"
    found = proportions([rate * size], [size], "wilson", level)
    return Estimate(
        observed / expected,
        float(found.low[0]) * scale,
        float(found.high[0]) * scale,
        math.sqrt(variance) * scale,
        n,
        round(observed),
        method,
    )


def spiegelhalter(total: float, variance: float) -> Spiegelhalter:
    """Return Z from the sums over cases of (y - p)(1 - 2p) and of (1 - 2p)^2 p (1 - p)."""
    if variance <= 0:
        return Spiegelhalter(None, None)
    z = total / math.sqrt(variance)
    return Spiegelhalter(z, 2 * normal_tail(abs(z)))
