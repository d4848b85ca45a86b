"""The true distances that a measured one leaves: a test inverted, not an error either way.

Knows how chance moves a distance of any true size; hands on the sizes under which what was measured
lies just at a quantile. Sources: Wilson (1927) for the variance at the limit instead of at the
estimate; Cornish & Fisher (1938) for the skewness of what lies beyond the lower limit.
"""

import numpy as np

from aiops_pipelines.statistics.arguments import FloatArray
from aiops_pipelines.statistics.distances import Distance

_ROUNDS = 2


def distance_limits(found: Distance, z: float) -> tuple[FloatArray, FloatArray]:
    """Return the lower and upper limits of the true statistics (days,), below 0 at no drift.

    `z` is the normal quantile of the level. The upper limit leaves skewness out: few cases show too
    little of a long tail, which with it covers 90%.
    """
    return _limit(found, z, upper=False), _limit(found, z, upper=True)


def _limit(found: Distance, z: float, upper: bool) -> FloatArray:
    """Return the x whose mean lies `z` errors, the error at x, from what was measured.

    What chance adds and the skewness depend on x too, smoothly: they follow it in a few rounds.
    """
    side = 1 if upper else -1
    added = found.least if upper else found.most
    reach = np.full(len(added), z)
    limit = added
    for _ in range(_ROUNDS):
        above, bend = found.statistic - added, reach**2 * found.slope / 2
        square = bend * (2 * above + bend) + reach**2 * found.spread
        limit = above + bend + side * np.sqrt(np.maximum(square, 0.0))
        truth = np.maximum(limit, 0.0)
        added = found.least + (found.most - found.least) * _nearness(found.most, truth)
        if not upper:
            reach = np.maximum(z + _skewness(found, truth) * (z**2 - 1) / 6, 0.0)
    return limit


def _nearness(most: FloatArray, truth: FloatArray) -> FloatArray:
    """Return 1 at no drift, falling to 0 as the true statistic leaves what chance adds behind."""
    total = most + truth
    return np.divide(most, total, out=np.ones_like(total), where=total > 0)


def _skewness(found: Distance, truth: FloatArray) -> FloatArray:
    variance = found.spread + found.slope * truth
    cumulant = found.skew + 1.5 * found.slope**2 * truth
    scale = variance**1.5
    return np.divide(cumulant, scale, out=np.zeros_like(scale), where=scale > 0)
