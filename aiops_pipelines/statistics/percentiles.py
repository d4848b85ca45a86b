"""Percentiles of measured values, with the interval of their order statistics.

It holds for any distribution. Sources: Hahn & Meeker (1991), Conover (1999).
"""

import numpy as np
from numpy.typing import ArrayLike

from aiops_pipelines.statistics.arguments import FloatArray, confidence_level, real
from aiops_pipelines.statistics.estimate import Estimate
from aiops_pipelines.statistics.tails import binomial_quantile

_METHOD = "order statistics"


def percentile(values: ArrayLike, share: float, level: float = 0.95) -> Estimate:
    """Return the value that a `share` of `values` (n,) does not exceed, one of them.

    The interval's ranks l < u have P(l <= number below < u) >= level under the binomial. Where the
    sample is too small for a lower (or upper) rank that limit is None.

    Raises ValueError for NaN, infinity, or a share not strictly between 0 and 1.
    """
    if not 0 < share < 1:
        raise ValueError(f"share: must lie strictly between 0 and 1, is {share!r}")
    ordered = np.sort(real("values", values))
    if not len(ordered):
        return Estimate.missing(0, None, _METHOD)
    value = float(np.quantile(ordered, share, method="inverted_cdf"))
    return _with_limits(value, ordered, share, level)


def median(values: ArrayLike, level: float = 0.95) -> Estimate:
    """Return the median of `values` (n,), between the two middle ones of an even number.

    Raises ValueError for NaN or infinity.
    """
    ordered = np.sort(real("values", values))
    if not len(ordered):
        return Estimate.missing(0, None, _METHOD)
    return _with_limits(float(np.median(ordered)), ordered, 0.5, level)


def _with_limits(value: float, ordered: FloatArray, share: float, level: float) -> Estimate:
    tail, n = (1 - confidence_level(level)) / 2, len(ordered)
    lower = binomial_quantile(tail, n, share)
    upper = binomial_quantile(1 - tail, n, share) + 1
    low = float(ordered[lower - 1]) if lower >= 1 else None
    high = float(ordered[upper - 1]) if upper <= n else None
    return Estimate(value, low, high, None, n, None, _METHOD)
