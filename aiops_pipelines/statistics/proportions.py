"""Proportions and their differences, each with an interval that covers what it claims.

Knows counts; hands on estimates. Sources: Wilson (1927), Clopper & Pearson (1934), Brown, Cai &
DasGupta (2001) for Jeffreys; Newcombe (1998) method 10 and Miettinen & Nurminen (1985) for
differences; Tango (1998) for paired differences; McNemar (1947), Fagerland, Lydersen & Laake (2013)
for its mid-p form.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from aiops_pipelines.statistics.arguments import (
    FloatArray,
    confidence_level,
    counts,
    numbers,
    refuse,
    whole,
)
from aiops_pipelines.statistics.estimate import Estimate
from aiops_pipelines.statistics.tails import (
    beta_quantile,
    chi_square_quantile,
    chi_square_tail,
    normal_quantile,
)

ProportionMethod = Literal["wilson", "clopper-pearson", "jeffreys"]
DifferenceMethod = Literal["newcombe", "miettinen-nurminen"]
McNemarMethod = Literal["exact", "mid-p", "chi2", "chi2-corrected"]

_NAMES = {
    "wilson": "Wilson",
    "clopper-pearson": "Clopper-Pearson",
    "jeffreys": "Jeffreys",
    "newcombe": "Newcombe",
    "miettinen-nurminen": "Miettinen-Nurminen",
}


@dataclass(frozen=True, slots=True)
class Proportions:
    """Many proportions at once: value, low and high, NaN where n is 0 (arrays of one shape)."""

    value: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, slots=True)
class McNemar:
    """McNemar's test; `statistic` is None for the exact and mid-p forms."""

    statistic: float | None
    p_value: float


def proportion(
    events: int, n: int, method: ProportionMethod = "wilson", level: float = 0.95
) -> Estimate:
    """Return `events` of `n` with its interval; no value where n is 0.

    Raises ValueError for negative counts, more events than n, or an unknown method.
    """
    _counts(events, n, "events", "n")
    _method(method)
    confidence_level(level)
    if n == 0:
        return Estimate.missing(0, 0, _NAMES[method])
    found = proportions(np.array([events]), np.array([n]), method, level)
    value = events / n
    error = math.sqrt(value * (1 - value) / n)
    return Estimate(
        value, float(found.low[0]), float(found.high[0]), error, n, events, _NAMES[method]
    )


def proportions(
    events: ArrayLike, n: ArrayLike, method: ProportionMethod = "wilson", level: float = 0.95
) -> Proportions:
    """Return the proportions of arrays of counts, of any one shape, with their intervals.

    Counts need not be whole: an effective size seldom is. Raises ValueError for counts that are
    negative, not finite, or of more events than n, shapes that differ, or an unknown method.
    """
    x, m = numbers("events", events), numbers("n", n)
    if x.shape != m.shape:
        raise ValueError(f"shapes differ: events has {x.shape}, n has {m.shape}")
    _method(method)
    counts("events", x.ravel())
    counts("n", m.ravel())
    refuse("events", "must not exceed n", x.ravel() > m.ravel(), x.ravel())
    alpha = 1 - confidence_level(level)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = x / m
    if method == "wilson":
        low, high = _wilson(x, m, normal_quantile(1 - alpha / 2))
    elif method == "clopper-pearson":
        low = np.where(x == 0, 0.0, beta_quantile(alpha / 2, x, m - x + 1))
        high = np.where(x == m, 1.0, beta_quantile(1 - alpha / 2, x + 1, m - x))
    else:
        low = beta_quantile(alpha / 2, x + 0.5, m - x + 0.5)
        high = beta_quantile(1 - alpha / 2, x + 0.5, m - x + 0.5)
    empty = m == 0
    return Proportions(value, np.where(empty, np.nan, low), np.where(empty, np.nan, high))


def _method(method: str) -> None:
    if method not in ("wilson", "clopper-pearson", "jeffreys"):
        raise ValueError(f"method: must be wilson, clopper-pearson or jeffreys, is {method!r}")


def _wilson(x: FloatArray, n: FloatArray, z: float) -> tuple[FloatArray, FloatArray]:
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = (x + z**2 / 2) / (n + z**2)
        reach = z * np.sqrt(n) / (n + z**2) * np.sqrt(x / n * (1 - x / n) + z**2 / (4 * n))
    low = np.where(x == 0, 0.0, np.maximum(middle - reach, 0.0))
    return low, np.where(x == n, 1.0, np.minimum(middle + reach, 1.0))


def proportion_difference(
    x1: int,
    n1: int,
    x2: int,
    n2: int,
    method: DifferenceMethod = "newcombe",
    level: float = 0.95,
) -> Estimate:
    """Return x1/n1 - x2/n2 of two independent groups; no value where either n is 0.

    Raises ValueError for negative counts, more events than n, or an unknown method.
    """
    _counts(x1, n1, "x1", "n1")
    _counts(x2, n2, "x2", "n2")
    if method not in ("newcombe", "miettinen-nurminen"):
        raise ValueError(f"method: must be newcombe or miettinen-nurminen, is {method!r}")
    confidence_level(level)
    if n1 == 0 or n2 == 0:
        return Estimate.missing(n1 + n2, x1 + x2, _NAMES[method])
    p1, p2 = x1 / n1, x2 / n2
    if method == "newcombe":
        low, high = _newcombe(x1, n1, x2, n2, level)
    else:
        low, high = _miettinen_nurminen(x1, n1, x2, n2, level)
    error = math.sqrt(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2)
    return Estimate(p1 - p2, low, high, error, n1 + n2, x1 + x2, _NAMES[method])


def _newcombe(x1: int, n1: int, x2: int, n2: int, level: float) -> tuple[float, float]:
    found = proportions([x1, x2], [n1, n2], "wilson", level)
    (p1, p2), (l1, l2), (u1, u2) = found.value, found.low, found.high
    below = math.hypot(p1 - l1, u2 - p2)
    above = math.hypot(u1 - p1, p2 - l2)
    return float(p1 - p2 - below), float(p1 - p2 + above)


def _miettinen_nurminen(x1: int, n1: int, x2: int, n2: int, level: float) -> tuple[float, float]:
    critical = chi_square_quantile(level, 1)

    def excess(delta: float) -> float:
        return _score_statistic(x1, n1, x2, n2, delta) - critical

    return _score_limits(excess, x1 / n1 - x2 / n2)


def _score_statistic(x1: int, n1: int, x2: int, n2: int, delta: float) -> float:
    """Return the score statistic of Miettinen & Nurminen for a difference of `delta`."""
    n = n1 + n2
    residual = x1 / n1 - x2 / n2 - delta
    p2 = _restricted_rate(x1, n1, x2, n2, delta)
    p1 = min(max(p2 + delta, 0.0), 1.0)
    variance = (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2) * n / (n - 1)
    if variance <= 0:
        return 0.0 if residual == 0 else math.inf
    return residual**2 / variance


def _restricted_rate(x1: int, n1: int, x2: int, n2: int, delta: float) -> float:
    """Return the second rate's maximum-likelihood estimate under a difference of `delta`."""
    n = n1 + n2
    l3 = n
    l2 = (n1 + 2 * n2) * delta - n - (x1 + x2)
    l1 = (n2 * delta - n - 2 * x2) * delta + x1 + x2
    l0 = x2 * delta * (1 - delta)
    q = l2**3 / (3 * l3) ** 3 - l1 * l2 / (6 * l3**2) + l0 / (2 * l3)
    p = math.copysign(math.sqrt(max(l2**2 / (3 * l3) ** 2 - l1 / (3 * l3), 0.0)), q)
    ratio = 0.0 if p == 0 else min(max(q / p**3, -1.0), 1.0)
    angle = (math.pi + math.acos(ratio)) / 3
    return min(max(2 * p * math.cos(angle) - l2 / (3 * l3), 0.0), 1.0)


def _score_limits(excess: Callable[[float], float], middle: float) -> tuple[float, float]:
    """Return where a score statistic, 0 at `middle`, crosses its critical value on each side."""
    edge = 1 - 1e-12
    start = min(max(middle, -edge), edge)
    low, high = -1.0, 1.0
    if excess(start) >= 0:  # so low a level that both limits are the middle, but for rounding
        return min(start, middle), max(start, middle)
    if excess(-edge) > 0 and start > -edge:
        low = float(optimize.brentq(excess, -edge, start, xtol=1e-14, rtol=1e-14))
    if excess(edge) > 0 and start < edge:
        high = float(optimize.brentq(excess, start, edge, xtol=1e-14, rtol=1e-14))
    return low, high


def paired_difference(b: int, c: int, n: int, level: float = 0.95) -> Estimate:
    """Return (c - b) / n of n pairs, b and c of them discordant, with Tango's score interval.

    Raises ValueError for negative counts or more discordant pairs than pairs.
    """
    _counts(b, n, "b", "n")
    _counts(c, n, "c", "n")
    _counts(b + c, n, "b + c", "n")
    confidence_level(level)
    if n == 0:
        return Estimate.missing(0, 0, "Tango score")
    critical = chi_square_quantile(level, 1)

    def excess(delta: float) -> float:
        return _tango_statistic(b, c, n, delta) - critical

    value = (c - b) / n
    low, high = _score_limits(excess, value)
    error = math.sqrt(max(b + c - (b - c) ** 2 / n, 0.0)) / n
    return Estimate(value, low, high, error, n, b + c, "Tango score")


def _tango_statistic(b: int, c: int, n: int, delta: float) -> float:
    quadratic = 2 * n
    linear = -b - c + (2 * n - c + b) * delta
    constant = -b * delta * (1 - delta)
    root = math.sqrt(max(linear**2 - 4 * quadratic * constant, 0.0))
    q21 = (root - linear) / (2 * quadratic)
    residual = c - b - n * delta
    variance = n * (2 * q21 + delta * (1 - delta))
    if variance <= 0:
        return 0.0 if abs(residual) < 1e-9 else math.inf
    return residual**2 / variance


def mcnemar(b: int, c: int, method: McNemarMethod = "exact") -> McNemar:
    """Return McNemar's test on b and c discordant pairs; p is 1 where there are none.

    Raises ValueError for negative counts or an unknown method.
    """
    _counts(b, b, "b", "b")
    _counts(c, c, "c", "c")
    n, smaller = b + c, min(b, c)
    if method in ("exact", "mid-p"):
        tail = 2 * float(special.bdtr(smaller, n, 0.5)) if n else 1.0
        if method == "mid-p" and n:
            from scipy.stats import binom  # late: see statistics.tails

            equally = float(binom.pmf(smaller, n, 0.5))
            tail = 1 - equally / 2 if b == c else tail - equally
        return McNemar(None, min(1.0, tail))
    if method not in ("chi2", "chi2-corrected"):
        raise ValueError(f"method: must be exact, mid-p, chi2 or chi2-corrected, is {method!r}")
    if n == 0:
        return McNemar(0.0, 1.0)
    gap = max(abs(b - c) - (method == "chi2-corrected"), 0)
    statistic = gap**2 / n
    return McNemar(statistic, chi_square_tail(statistic, 1))


def _counts(events: int, n: int, events_name: str, n_name: str) -> None:
    whole(n_name, n)
    whole(events_name, events)
    if events > n:
        raise ValueError(f"{events_name}: must not exceed {n_name}, is {events} of {n}")


def estimate_difference(
    a: Estimate, b: Estimate, comparisons: int = 1, level: float = 0.95
) -> Estimate:
    """Return a - b of two independent estimates by the method of variance estimates recovery.

    Zou & Donner (2008); with Wilson intervals this is Newcombe's. The interval of `level`, the one
    that both estimates have, is stretched so that `comparisons` of them hold together (Bonferroni).
    No value where either has none.

    Raises ValueError for fewer comparisons than 1.
    """
    comparisons = whole("comparisons", comparisons, least=1)
    tail = (1 - confidence_level(level)) / 2
    widen = 1.0
    if comparisons > 1:
        widen = normal_quantile(1 - tail / comparisons) / normal_quantile(1 - tail)
    n = a.n + b.n
    method = f"difference by MOVER of: {a.method}"
    if a.value is None or a.low is None or a.high is None:
        return Estimate.missing(n, None, method)
    if b.value is None or b.low is None or b.high is None:
        return Estimate.missing(n, None, method)
    value = a.value - b.value
    below = widen * math.hypot(a.value - a.low, b.high - b.value)
    above = widen * math.hypot(a.high - a.value, b.value - b.low)
    return Estimate(value, value - below, value + above, None, n, None, method)
