"""Distances between a reference's counts and those of many days, with how chance moves them.

Knows count matrices; hands on arrays, one element a day. Each distance comes with what chance adds
to it, its variance and its skewness, at no drift and far from it: `distance_limits` inverts them.
Closed forms rather than a bootstrap: a year of ten features takes a quarter of a second instead of
eleven, the same answer each time. Sources: Yurdakul (2018) for PSI's null distribution; Lin (1991)
for the Jensen-Shannon divergence; Marsaglia, Tsang & Wang (2003) for Kolmogorov's distribution.
"""

import math
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from scipy import special

from aiops_pipelines.statistics.arguments import FloatArray, IntArray

SMOOTHING = 0.25
"""Added to each cell for PSI: of 0.5, 0.25, 0.1 and 0.03 the one whose mean under no drift lies
nearest the expectation that is taken off, with 5 to 50 cells and 50 to 1,000 cases."""

_KOLMOGOROV_SQUARE = math.pi**2 / 12
_KOLMOGOROV_VARIANCE = 7 * math.pi**4 / 720 - _KOLMOGOROV_SQUARE**2
_KOLMOGOROV_SKEW = 31 * math.pi**6 / 20160 - _KOLMOGOROV_SQUARE * (
    3 * _KOLMOGOROV_VARIANCE + _KOLMOGOROV_SQUARE**2
)
_BITS = 8 * math.log(2)


@dataclass(frozen=True, slots=True)
class Distance:
    """A statistic of each day (all arrays (days,)) and how chance moves it: PSI, or a square.

    Where its true value is x, its mean is x and what chance adds: `most` at x = 0, `least` far from
    it. Its variance is `spread` + `slope` x and its third cumulant `skew` + 1.5 `slope`^2 x, as a
    scaled noncentral chi-square has them.
    """

    statistic: FloatArray
    least: FloatArray
    most: FloatArray
    spread: FloatArray
    slope: FloatArray
    skew: FloatArray

    @property
    def root(self) -> FloatArray:
        """Return the distance whose square the statistic is."""
        return np.sqrt(self.statistic)

    @property
    def error(self) -> FloatArray:
        """Return the statistic's standard error, 0 where no case differs from another."""
        return np.sqrt(self.spread + self.slope * np.maximum(self.statistic - self.most, 0.0))


def psi(before: IntArray, after: IntArray) -> Distance:
    """Return the population stability index in nats of counts (cells,) and (days, cells)."""
    used = (before + after) > 0
    p, q = _shares(before + SMOOTHING * used), _shares(after + SMOOTHING * used)
    ratio = _log_ratio(q, p)
    with np.errstate(divide="ignore", invalid="ignore"):
        by_q = np.where(used, ratio + 1 - p / q, 0.0)
        by_p = np.where(used, -ratio + 1 - q / p, 0.0)
    # The reference's smoothed share, so that a cell it never filled adds what is not known of it.
    n, m = before.sum(), after.sum(axis=-1)
    variance = _variance(p, by_p) / n + _variance(_shares(after), by_q) / m
    inverse = 1 / n + 1 / m
    freedom = used.sum(axis=-1) - 1
    null = freedom * inverse
    value = np.sum((q - p) * ratio, axis=-1)
    slope = np.where(freedom > 0, 4 * inverse, 0.0)
    return _chi_square(value, null, null, 2 * freedom * inverse**2, variance, slope, freedom)


def jensen_shannon(before: IntArray, after: IntArray) -> Distance:
    """Return the square of the Jensen-Shannon distance (base 2), of (cells,) and (days, cells).

    What chance adds to a cell, and its variance, are exact for the day's Poisson count: with fewer
    than five cases a cell the chi-square that many cases lead to is too small.
    """
    p, q = np.broadcast_arrays(_shares(before), _shares(after))
    middle = (p + q) / 2
    by_p, by_q = (_log_ratio(share, middle) / (2 * math.log(2)) for share in (p, q))
    divergence = np.maximum(np.sum(p * by_p + q * by_q, axis=-1), 0.0)
    variance, _ = _delta(before, after, by_p, by_q)
    freedom = np.sum(middle > 0, axis=-1) - 1
    n, m = before.sum(), after.sum(axis=-1)
    pooled = (before + after) / (n + m)[:, None]
    free = (1 - pooled) * (pooled > 0)
    added, spread = _of_few(m[:, None] * pooled)
    most = (np.vecdot(free, added) / m + free.sum(axis=-1) / n) / _BITS
    twice = 2 * free.sum(axis=-1) * (2 / m / n + 1 / n**2)
    null = (2 * np.vecdot(free, spread) / m**2 + twice) / _BITS**2
    weight, seen = _far(before, after)
    far = np.vecdot(free * weight, _of_few(seen)[0]) / m + np.vecdot(free, 2 - weight) / n
    slope = 4 * np.sqrt(np.divide(null, 2 * freedom, out=np.zeros_like(null), where=freedom > 0))
    return _chi_square(divergence, far / _BITS, most, null, variance, slope, freedom)


def ordered(before: IntArray, after: IntArray, centres: FloatArray) -> tuple[Distance, Distance]:
    """Return the squares of the KS and Wasserstein distances of values at rising `centres`.

    Counts are (bins,) and (days, bins). Under no drift the first is, at most, the square of
    Kolmogorov's distribution.
    """
    gaps = _gaps(before, after)
    return _kolmogorov_smirnov(before, after, gaps), _wasserstein(before, after, centres, gaps)


def total_variation(before: IntArray, after: IntArray) -> Distance:
    """Return the squared total variation distance of unordered cells, (cells,), (days, cells)."""
    p, q = _shares(before), _shares(after)
    sign = np.sign(q - p) / 2
    variance, inverse = _delta(before, after, -sign, sign)
    value = np.abs(q - p).sum(axis=-1) / 2
    pooled = (before + after) / (before.sum() + after.sum(axis=-1, keepdims=True))
    bound = (np.sqrt(pooled * (1 - pooled) * inverse[:, None]).sum(axis=-1) / 2) ** 2
    return _sum_of_gaps(value, variance, bound, np.diag(p) - np.outer(p, p), np.ones(len(p)))


def _kolmogorov_smirnov(before: IntArray, after: IntArray, gaps: "_Gaps") -> Distance:
    size = np.abs(gaps.gap)
    value, place = size.max(axis=-1), size.argmax(axis=-1)[:, None]
    f, g = gaps.reference[place[:, 0]], np.take_along_axis(gaps.days, place, 1)[:, 0]
    variance = f * (1 - f) / before.sum() + g * (1 - g) / after.sum(axis=-1)
    most = np.minimum(_KOLMOGOROV_SQUARE * gaps.inverse, np.sum(gaps.spread**2, axis=-1))
    spread = np.minimum(_KOLMOGOROV_VARIANCE * gaps.inverse**2, 2 * most**2)
    skew = np.minimum(_KOLMOGOROV_SKEW * gaps.inverse**3, 8 * most**3)
    return Distance(value**2, most, most, spread, 4 * variance, skew)


def _wasserstein(before: IntArray, after: IntArray, centres: FloatArray, gaps: "_Gaps") -> Distance:
    widths, gap = np.diff(centres), gaps.gap[:, :-1]
    value = np.abs(gap) @ widths
    influence = np.zeros(after.shape)
    influence[:, :-1] = (np.sign(gap) * widths)[:, ::-1].cumsum(axis=-1)[:, ::-1]
    variance, _ = _delta(before, after, influence, influence)
    bound = (gaps.spread[:, :-1] @ widths) ** 2
    f = gaps.reference[:-1]
    return _sum_of_gaps(value, variance, bound, np.minimum.outer(f, f) - np.outer(f, f), widths)


def _sum_of_gaps(
    value: FloatArray,
    variance: FloatArray,
    bound: FloatArray,
    covariance: FloatArray,
    widths: FloatArray,
) -> Distance:
    """Return the square of a sum of absolute gaps times `widths` (gaps,).

    Under no drift the gaps are normal with this `covariance` (gaps, gaps), up to a factor. `bound`
    is what chance adds if all of them move as one (Minkowski); the mean product of two folded
    normals says how much less it is, and how many squares of normals the sum's square is like.
    """
    error = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    scale = np.outer(error, error)
    r = np.divide(covariance, scale, out=np.zeros_like(scale), where=scale > 0)
    r = np.clip(r, -1.0, 1.0)
    weight = error * widths
    total = float(weight.sum()) ** 2
    product = 2 / math.pi * (np.sqrt(1 - r * r) + r * np.arcsin(r))
    share = min(float(weight @ product @ weight) / total, 1.0) if total else 1.0
    freedom = max(1 / (2 - 4 / (math.pi * share)) - 0.33, 1.0)
    most = share * bound
    spread, skew = 2 * most**2 / freedom, 8 * most**3 / freedom**2
    return Distance(value**2, np.minimum(variance, most), most, spread, 4 * variance, skew)


def _chi_square(
    statistic: FloatArray,
    least: FloatArray,
    most: FloatArray,
    spread: FloatArray,
    variance: FloatArray,
    slope: FloatArray,
    freedom: IntArray,
) -> Distance:
    """Return a statistic like a scaled chi-square, its delta `variance` at its own value."""
    own = np.divide(variance, statistic, out=np.zeros_like(variance), where=statistic > 0)
    skew = np.sqrt(8 / np.maximum(freedom, 1)) * spread**1.5
    return Distance(statistic, least, most, spread, np.maximum(own, slope), skew)


def _far(before: IntArray, after: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return how chance in a cell weighs where the days have drifted, and the cell's counts."""
    cells = after.shape[-1]
    m = after.sum(axis=-1, keepdims=True)
    share = (after + 1) / (m + cells)
    p = _shares(before)
    return 2 * p / (p + share), m * share


def _of_few(expected: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return mean and variance of a cell's divergence, as parts of what many cases lead to."""
    at, mean, variance = _poisson_divergence()
    return np.interp(expected, at, mean), np.interp(expected, at, variance)


@cache
def _poisson_divergence() -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return expected counts c, and mean and variance of the divergence of Poisson(c) from c.

    As parts of the chi-square's; the variance is what the count's own, which the day's total
    fixes, leaves.
    """
    at = np.geomspace(0.02, 200, 60)
    count = np.arange(400)
    chance = np.exp(special.xlogy(count, at[:, None]) - at[:, None] - special.gammaln(count + 1))
    t = count / at[:, None]
    divergence = (np.log2(2 / (1 + t)) + special.xlogy(t, 2 * t / (1 + t)) / math.log(2)) / 2
    mean = np.vecdot(chance, divergence)
    away, off = divergence - mean[:, None], count - at[:, None]
    away -= (np.vecdot(chance, away * off) / at)[:, None] * off
    return at, _BITS * at * mean, _BITS**2 / 2 * at**2 * np.vecdot(chance, away**2)


def _shares(counts: IntArray | FloatArray) -> FloatArray:
    share: FloatArray = counts / counts.sum(axis=-1, keepdims=True)
    return share


def _log_ratio(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return log(a / b), 0 where a is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio: FloatArray = np.where(a > 0, np.log(a / b), 0.0)
    return ratio


def _delta(
    before: IntArray, after: IntArray, by_p: FloatArray, by_q: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the multinomial variance of a function with these gradients, and 1/n + 1/m."""
    n, m = before.sum(), after.sum(axis=-1)
    variance = _variance(_shares(before), by_p) / n + _variance(_shares(after), by_q) / m
    return variance, 1 / n + 1 / m


def _variance(share: FloatArray, values: FloatArray) -> FloatArray:
    off = values - np.vecdot(share, values)[..., None]
    spread: FloatArray = np.vecdot(share, np.multiply(off, off, out=off))
    return spread


class _Gaps(NamedTuple):
    """Cumulative shares of the reference (bins,) and of the days (days, bins), and their gaps.

    `inverse` is 1/n + 1/m (days,); `spread` the standard error of each gap when both samples are of
    one population.
    """

    gap: FloatArray
    reference: FloatArray
    days: FloatArray
    inverse: FloatArray
    spread: FloatArray


def _gaps(before: IntArray, after: IntArray) -> _Gaps:
    n, m = before.sum(), after.sum(axis=-1, keepdims=True)
    f, g = np.cumsum(before) / n, np.cumsum(after, axis=-1) / m
    inverse = 1 / n + 1 / m[:, 0]
    spread = np.maximum(f * (1 - f), 0.0) / 2 + np.maximum(g * (1 - g), 0.0) / 2
    return _Gaps(g - f, f, g, inverse, np.sqrt(spread * inverse[:, None]))
