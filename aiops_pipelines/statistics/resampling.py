"""Intervals by resampling counts, and of means from their sums."""

import math
from collections.abc import Callable

import numpy as np
from scipy import special

from aiops_pipelines.statistics.arguments import (
    FloatArray,
    IntArray,
    confidence_level,
    random_numbers,
)
from aiops_pipelines.statistics.estimate import Estimate
from aiops_pipelines.statistics.proportions import proportions
from aiops_pipelines.statistics.tails import normal_tail, student_quantile

FEW_EVENTS = 10
"""Below these, a mean loss is bounded by how many events there may be."""
_LARGEST_EXPONENT = 300.0
"""Two cases at a level near 1 reach beyond what a float holds: then there is no upper limit."""
_FARTHEST = 38.0
"""The most standard errors that a normal tail can be told from 0 at."""


def mean_estimate(
    total: float,
    squares: float,
    n: int,
    n_events: int | None,
    name: str,
    upper: float | None,
    level: float = 0.95,
) -> Estimate:
    """Return the mean of n non-negative terms from their sum and sum of squares.

    Student's interval on the log scale, which keeps it above 0; `upper` bounds it where the terms
    are bounded. One term gives a value without an interval of its own: the whole range. Terms that
    are all alike leave room for as many others as such a sample can miss.
    """
    method = f"{name}, log-scale Student interval"
    if n == 0:
        return Estimate.missing(0, n_events, method)
    value = total / n
    highest = math.inf if upper is None else upper
    if n == 1 or value <= 0:
        bound = highest if n == 1 or upper is None else min(highest, 3 * highest / n)
        return Estimate(value, 0.0, None if math.isinf(bound) else bound, None, n, n_events, method)
    variance = max(squares - n * value**2, 0.0) / (n - 1)
    error = math.sqrt(variance / n)
    if error <= 1e-9 * value:
        others = 1 - ((1 - confidence_level(level)) / 2) ** (1 / n)
        high = None if upper is None else value + others * (upper - value)
        low = value * (1 - others)
        return Estimate(value, low, high, None, n, n_events, f"{name}, terms all alike")
    exponent = student_quantile((1 + confidence_level(level)) / 2, n - 1) * error / value
    reach = math.exp(exponent) if exponent < _LARGEST_EXPONENT else math.inf
    most = _with_more_events(value, value * reach, n, n_events, upper, level)
    high = None if most is None else min(most, highest)
    if high is not None and math.isinf(high):
        high = None
    return Estimate(value, value / reach, high, error, n, n_events, method)


def _with_more_events(
    value: float, high: float, n: int, n_events: int | None, upper: float | None, level: float
) -> float | None:
    """Return the upper bound of a mean loss, raised where few events carry it.

    The spread seen among a handful of events, or none, says little: the bound then allows for as
    many events as Wilson's interval does. None where an event was never seen and may cost anything.
    """
    if n_events is None:
        return high
    rarer = min(n_events, n - n_events)
    if rarer >= FEW_EVENTS:
        return high
    rate = float(proportions([rarer], [n], "wilson", level).high[0])
    if rarer:
        return max(high, value * rate * n / rarer)
    return None if upper is None else max(high, value + rate * upper)


def binned_auroc(positive: FloatArray, negative: FloatArray) -> FloatArray:
    """Return the AUROC of counts (..., bins) in rising order of score, ties counting half."""
    below = np.cumsum(negative, axis=-1) - negative / 2
    pairs = positive.sum(axis=-1) * negative.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        value: FloatArray = np.einsum("...b,...b->...", positive, below) / pairs
    return value


def binned_average_precision(positive: FloatArray, negative: FloatArray) -> FloatArray:
    """Return the average precision, step form, of counts (..., bins) in rising order of score."""
    p, q = positive[..., ::-1], negative[..., ::-1]
    found = np.cumsum(p, axis=-1)
    flagged = np.maximum(found + np.cumsum(q, axis=-1), 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        value: FloatArray = np.einsum("...b,...b->...", p, found / flagged) / p.sum(axis=-1)
    return value


def resampled(
    metric: Callable[..., FloatArray | float],
    positive: IntArray,
    negative: IntArray,
    replicates: int,
    seed: int,
    level: float,
) -> Estimate:
    """Return `metric` of two count vectors with the interval of a Poisson bootstrap.

    Bias-corrected and accelerated percentiles (Efron, 1987), expanded by as much as Student's
    interval exceeds the normal one with the cases of the smaller class (Hesterberg, 2015). No
    interval where that class has one case, or no replicate differs: resampling then knows nothing
    of the uncertainty.

    Raises ValueError for fewer than two replicates.
    """
    if replicates < 2:
        raise ValueError(f"replicates: must be at least 2, are {replicates}")
    n, events = int(positive.sum() + negative.sum()), int(positive.sum())
    method = f"Poisson bootstrap, {replicates} replicates"
    used = np.flatnonzero(positive + negative)
    p, q = positive[used].astype(np.float64), negative[used].astype(np.float64)
    if not len(used):
        return Estimate.missing(n, events, method)
    value = float(np.asarray(metric(p, q)))
    if not math.isfinite(value):
        return Estimate.missing(n, events, method)
    random, smaller = random_numbers(seed), min(events, n - events)
    drawn = [
        random.poisson(counts, (replicates, len(used))).astype(np.float64) for counts in (p, q)
    ]
    found = np.asarray(metric(*drawn))
    found = found[np.isfinite(found)]
    if len(found) < 2 or np.ptp(found) < 1e-12 or smaller < 2:
        return Estimate(value, None, None, None, n, events, f"{method}, all alike: no interval")
    acceleration = _acceleration(metric, p, q, value) if smaller >= FEW_EVENTS else 0.0
    tails = _corrected(found, value, expanded_tail(smaller, level), acceleration)
    low, high = np.quantile(found, tails, method="weibull")
    return Estimate(
        value,
        min(float(low), value),
        max(float(high), value),
        float(found.std(ddof=1)),
        n,
        events,
        f"{method}, bias-corrected",
    )


def expanded_tail(smaller: float, level: float) -> float:
    """Return the share of replicates beyond each end of an expanded percentile interval.

    Hesterberg (2015): resampling leaves out the factor n / (n - 1) of a variance and what Student's
    quantile exceeds the normal one by; n is here the number of cases of the `smaller` class, 2 at
    least.
    """
    n = max(smaller, 2.0)
    quantile = student_quantile((1 + confidence_level(level)) / 2, n - 1)
    return normal_tail(quantile * math.sqrt(n / (n - 1)))


def _corrected(
    found: FloatArray, value: float, tail: float, acceleration: float
) -> tuple[float, float]:
    """Return the percentiles that bound an interval, given how far the replicates lie off."""
    below = (np.sum(found < value) + np.sum(found == value) / 2) / len(found)
    half = 0.5 / len(found)
    bias = float(special.ndtri(min(max(below, half), 1 - half)))
    reach = min(-float(special.ndtri(tail)), _FARTHEST)
    low, high = (
        float(special.ndtr(bias + moved / max(1 - acceleration * moved, 0.1)))
        for moved in (bias - reach, bias + reach)
    )
    return low, high


def _acceleration(
    metric: Callable[..., FloatArray | float], p: FloatArray, q: FloatArray, value: float
) -> float:
    """Return a sixth of the skewness of what one case does to `metric`, by leaving it out."""

    def without(counts: FloatArray, other: FloatArray) -> tuple[FloatArray, FloatArray]:
        held = np.flatnonzero(counts)
        less = np.repeat(counts[None], len(held), axis=0)
        less[np.arange(len(held)), held] -= 1
        return less, np.broadcast_to(other, less.shape)

    (less_p, all_q), (less_q, all_p) = without(p, q), without(q, p)
    left = np.concatenate([np.asarray(metric(less_p, all_q)), np.asarray(metric(all_p, less_q))])
    cases = np.concatenate([p[p > 0], q[q > 0]])
    influence = value - left
    influence -= np.average(influence, weights=cases)
    square = float(cases @ influence**2)
    if not math.isfinite(square) or square <= 0:
        return 0.0
    return float(cases @ influence**3) / math.sqrt(square) ** 3 / 6
