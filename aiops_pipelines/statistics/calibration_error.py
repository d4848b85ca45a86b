"""The expected calibration error over the bins of a reliability curve, with its interval.

Chance alone makes an error: a bin's cases miss their scores by something even where scores are
right. The interval therefore inverts tests: it holds the true errors under which one as small as
observed, or as large, has at least a chance of 2.5%. How a true error is spread over bins is not
known, hence each limit is that of the least sure of a few ways. Sources: Kumar, Liang & Ma (2019)
for the debiased error; Wilson & Hilferty (1931) for the tails of a sum over bins, from its three
cumulants, which are exact for binomial counts; Cowan et al. (2011) for limits of lucky samples.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from aiops_pipelines.statistics.arguments import FloatArray, confidence_level
from aiops_pipelines.statistics.estimate import Estimate
from aiops_pipelines.statistics.reliability import Reliability
from aiops_pipelines.statistics.tails import normal_quantile

Cumulants = tuple[FloatArray, FloatArray, FloatArray]

_EXTREME = 1e-12
_HIGHEST = 1 - 1e-6
"""The risk that the ways of the rarer class end at, or beyond it."""
_BEYOND = 3.0
"""How many times the observed gaps, on the logit scale, the ways along them end at."""
_GRID = np.linspace(0, 1, 9) ** 1.5
_EVEN = np.linspace(0, 1, len(_GRID))
_FROM_START = np.array([[True], [False], [False], [False]])


def expected_calibration_errors(
    curve: Reliability, level: float = 0.95
) -> tuple[Estimate, Estimate]:
    """Return the curve's L1 error, as it is, and its L2 error less what chance adds to it.

    The intervals are of the error of the bins: the mean, weighted by cases, of the absolute gap
    between a bin's mean score and its true risk, and the root of the mean squared gap. They hold
    the estimate and lie within [0, 1]. A lower limit of 0 says that chance explains the gaps.
    """
    z = normal_quantile((1 + confidence_level(level)) / 2)
    n, events = round(float(curve.n.sum())), round(float(curve.n @ curve.observed))
    if n == 0:
        missing = Estimate.missing(0, 0, "equal-mass bins")
        return missing, missing
    share = curve.n / n
    gap = curve.mean_score - curve.observed
    rate = (curve.n * curve.observed + 0.5) / (curve.n + 1)
    error = math.sqrt(float(share**2 @ (rate * (1 - rate) / curve.n)))
    unbiased = curve.observed * (1 - curve.observed) / np.maximum(curve.n - 1, 1)
    raw = float(share @ np.abs(gap))
    squared = min(max(float(share @ (gap**2 - unbiased)), 0.0), 1.0)
    ways = _ways(curve)
    low, high = _limits(ways, raw, _absolute_gap, 1, z)
    least, most = _limits(ways, float(share @ gap**2), _squared_gap, 2, z)
    return (
        Estimate(
            raw,
            min(low, raw),
            min(max(high, raw), 1.0),
            error,
            n,
            events,
            "ECE, equal-mass bins, interval by inverted tests",
        ),
        Estimate(
            math.sqrt(squared),
            math.sqrt(min(least, squared)),
            math.sqrt(min(max(most, squared), 1.0)),
            None,
            n,
            events,
            "debiased ECE (L2), equal-mass bins, interval by inverted tests",
        ),
    )


@dataclass(frozen=True, slots=True)
class _Ways:
    """Ways from scores that are right to ever larger true errors.

    `steps` (4, bins) is what the end of each adds to a bin's logit. The first follows the gaps by
    what they exceed their standard error, the second all gaps as they are. Few events may hide the
    others: the rarer class scored too low in all bins alike, or only where it is scored highest.
    """

    n: FloatArray
    score: FloatArray
    steps: FloatArray


def _ways(curve: Reliability) -> _Ways:
    n, score = curve.n, np.clip(curve.mean_score, _EXTREME, 1 - _EXTREME)
    logit = special.logit(score)
    observed = (n * curve.observed + score) / (n + 1)
    seen = _BEYOND * (special.logit(np.clip(observed, _EXTREME, 1 - _EXTREME)) - logit)
    errors = np.abs(curve.observed - score) * np.sqrt(n / (score * (1 - score)))
    side = 1 if n @ score <= n.sum() / 2 else -1
    height = np.full(len(n), side * (special.logit(_HIGHEST) + float(np.abs(logit).max())))
    highest = np.arange(len(n)) == (len(n) - 1 if side > 0 else 0)
    told = seen * (1 - 1 / np.maximum(errors, 1.0))
    return _Ways(n, score, np.stack([told, seen, height, height * highest]))


def _limits(
    ways: _Ways,
    found: float,
    cumulants: Callable[[FloatArray, FloatArray, FloatArray], Cumulants],
    power: int,
    z: float,
) -> tuple[float, float]:
    """Return the least and the largest mean of |gap|**power that the one `found` does not exclude.

    The least is looked for on the first way from its start, the largest on the others from their
    ends: on a grid, then on a finer one before the first place that is not excluded. A sample that
    agrees with its scores better than chance would have it excludes no more than one that does so
    by a standard deviation: it was lucky.
    """
    share, logit = ways.n / ways.n.sum(), special.logit(ways.score)
    place, observed = np.where(_FROM_START, _GRID, _GRID[::-1]), None
    for _ in range(2):
        risk = special.expit(logit + place[..., None] * ways.steps[:, None])
        risk = np.clip(risk, _EXTREME, 1 - _EXTREME)
        risk[place == 0] = ways.score
        error = np.abs(ways.score - risk) ** power @ share
        found_by = cumulants(ways.n, ways.score, risk)
        sums = [each @ share**order for order, each in enumerate(found_by, start=1)]
        if observed is None:  # The first way starts at scores that are right.
            lucky = float(sums[0][0, 0]) - math.sqrt(float(sums[1][0, 0]))
            observed = np.where(_FROM_START, found, max(found, lucky))
        score = _normal_score(observed, *sums)
        outside = np.where(_FROM_START, score, -score) - z
        first = np.where(np.any(outside <= 0, axis=1), np.argmax(outside <= 0, axis=1), -1)
        at = np.arange(len(place)), first
        before = at[0], np.where(first > 0, first - 1, first)
        start = place[before][:, None]
        place = start + (place[at][:, None] - start) * _EVEN
    change = outside[before] - outside[at]
    part = np.where(change > 0, outside[before] / np.where(change > 0, change, 1.0), 1.0)
    limit = error[before] + np.clip(part, 0.0, 1.0) * (error[at] - error[before])
    return float(limit[0]), float(limit[1:].max())


def _normal_score(
    value: FloatArray, mean: FloatArray, variance: FloatArray, third: FloatArray
) -> FloatArray:
    """Return the normal deviate of values of shifted gamma variables with these cumulants."""
    deviation = np.sqrt(np.maximum(variance, _EXTREME**2))
    z = (value - mean) / deviation
    skewness = third / deviation**3
    skewness = np.where(np.abs(skewness) < 1e-6, 1e-6, skewness)
    score: FloatArray = 6 / skewness * (np.cbrt(1 + skewness * z / 2) - 1) + skewness / 6
    return score


def _squared_gap(n: FloatArray, score: FloatArray, risk: FloatArray) -> Cumulants:
    """Return three cumulants of (score - k / n)^2, k binomial of n cases with this risk.

    From the central moments of k, two to six.
    """
    off, product, tilt = n * (score - risk), risk * (1 - risk), 1 - 2 * risk
    two = n * product
    three = two * tilt
    four = two * (1 - 6 * product) + 3 * two**2
    five = three * (1 - 12 * product) + 10 * two * three
    six = two * (1 - 30 * product + 120 * product**2) + 10 * three**2
    six += 15 * two * (four - 2 * two**2)
    variance = four - two**2 - 4 * off * three + 4 * off**2 * two
    third = six - 3 * two * four + 2 * two**3 - 6 * off * (five - 2 * two * three)
    third += 12 * off**2 * (four - two**2) - 8 * off**3 * three
    return (two + off**2) / n**2, variance / n**4, third / n**6


def _absolute_gap(n: FloatArray, score: FloatArray, risk: FloatArray) -> Cumulants:
    """Return three cumulants of |score - k / n|, k binomial of n cases with this risk.

    From the central moments of k over the counts up to n * score, whose sums telescope (De Moivre,
    1730; Johnson, 1957), and over those above.
    """
    variance, tilt = n * risk * (1 - risk), 1 - 2 * risk
    last = np.floor(n * score)
    off, beyond = n * (score - risk), last - n * risk
    below = special.betainc(n - last, last, 1 - risk)
    log_ways = special.gammaln(n) - special.gammaln(last + 1) - special.gammaln(n - last)
    at = np.exp(log_ways + special.xlogy(last, risk) + special.xlog1py(n - 1 - last, -risk))
    chance = below + (1 - risk) * at
    one = -variance * at
    two = variance * (below - at * beyond)
    three = variance * (tilt * below - at * (2 * last * (1 - risk) + beyond**2))
    mean = off * (2 * chance - 1) - 2 * one
    to_last = _about(off - mean, chance, one, two, three)
    above = _about(off + mean, 1 - chance, -one, variance - two, variance * tilt - three)
    return mean / n, (above[0] + to_last[0]) / n**2, (above[1] - to_last[1]) / n**3


def _about(
    point: FloatArray, zero: FloatArray, one: FloatArray, two: FloatArray, three: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the second and third moment about a point, from those about 0."""
    return (
        two - 2 * point * one + point**2 * zero,
        three - 3 * point * two + 3 * point**2 * one - point**3 * zero,
    )
