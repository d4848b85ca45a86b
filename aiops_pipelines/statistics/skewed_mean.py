"""The mean of absolute or squared errors with its interval, for errors of any tail.

Few cases carry such a mean, and a sample without them says too little of itself: an interval on the
log scale alone lies below the true root mean square in one of six samples of skewed durations. The
upper limit is Hall's (1992), whose cubic transformation takes in how skewed such means are.
"""

import math
from dataclasses import replace

from aiops_pipelines.statistics.estimate import Estimate
from aiops_pipelines.statistics.resampling import mean_estimate
from aiops_pipelines.statistics.tails import student_quantile

_MOST = 0.75
"""The largest skewness, over sqrt(n), that is corrected for: beyond it Hall's limit falls again."""


def skewed_mean_estimate(
    total: float, squares: float, n: int, name: str, level: float = 0.95
) -> Estimate:
    """Return the mean of n terms, none negative, from their sum and sum of squares.

    The terms' skewness needs third powers, which daily sums do not hold and which a sample shows
    as little as the tail itself. It is taken between what a gamma and a log-normal variable of the
    same coefficient of variation have: docs/validation.md has what the interval covers.
    """
    found = mean_estimate(total, squares, n, None, name, None, level)
    if not found.value or not found.standard_error or found.high is None:
        return found
    relative = found.standard_error / found.value
    quantile = student_quantile((1 + level) / 2, n - 1)
    upper = found.value * (1 + relative * hall_reach(quantile, _skewness(relative**2 * n), n))
    return replace(found, high=max(found.high, upper), method=f"{name}, Hall's interval")


def _skewness(variation: float) -> float:
    """Return the skewness taken for terms with this squared coefficient of variation c.

    A gamma variable's is 2 sqrt(c), a log-normal one's (3 + c) sqrt(c).
    """
    return (2 + 3 / 8 * variation) * math.sqrt(variation)


def hall_reach(quantile: float, skewness: float, n: int) -> float:
    """Return how many standard errors the upper limit of a mean lies above it (Hall, 1992).

    `skewness` is that of the n terms; of the other sign it is the lower limit's. Never less than
    Student's `quantile`: the skewness that a sample shows draws no limit in.
    """
    a = min(skewness / math.sqrt(n), _MOST)
    if a < 1e-6:
        return quantile
    return max(quantile, 3 / a * (1 - math.cbrt(1 - a * (quantile + a / 6))))
