"""Quantiles and tails of the usual distributions, straight from `scipy.special`.

`scipy.stats` gives the same numbers (it calls these functions) but takes as long to import as all
the rest of the code location.
"""

import math
from typing import overload

import numpy as np
from scipy import special

from aiops_pipelines.statistics.arguments import FloatArray


def normal_quantile(p: float) -> float:
    """Return the standard normal's quantile of `p`."""
    return float(special.ndtri(p))


def normal_tail(z: float) -> float:
    """Return the chance of a standard normal above `z`."""
    return float(special.ndtr(-z))


def student_quantile(p: float, freedom: float) -> float:
    """Return the quantile of `p` of Student's t with `freedom` degrees of freedom."""
    return float(special.stdtrit(freedom, p))


def student_freedom(p: float, t: float) -> float:
    """Return the degrees of freedom with which Student's quantile of `p` is `t`; inf above all."""
    if t <= normal_quantile(p):
        return math.inf
    return float(special.stdtridf(p, t))


def student_tail(t: float, freedom: float) -> float:
    """Return the chance of Student's t with `freedom` degrees of freedom above `t`."""
    return float(special.stdtr(freedom, -t))


@overload
def beta_quantile(p: float, a: float, b: float) -> float: ...
@overload
def beta_quantile(p: float, a: FloatArray, b: FloatArray) -> FloatArray: ...
def beta_quantile(p: float, a: float | FloatArray, b: float | FloatArray) -> float | FloatArray:
    """Return the quantile of `p` of beta distributions; `a` and `b` may be arrays of one shape."""
    found: FloatArray = np.asarray(special.betaincinv(a, b, p), dtype=np.float64)
    return found if found.ndim else float(found)


def chi_square_quantile(p: float, freedom: float) -> float:
    """Return the quantile of `p` of the chi-square distribution."""
    return 2 * float(special.gammaincinv(freedom / 2, p))


def chi_square_tail(x: float, freedom: float) -> float:
    """Return the chance of a chi-square above `x`."""
    return float(special.chdtrc(freedom, x))


def binomial_quantile(p: float, n: int, rate: float) -> int:
    """Return the smallest count that a binomial of `n` trials does not exceed with chance `p`."""
    count = max(int(np.ceil(special.bdtrik(p, n, rate))), 0)
    return count - 1 if count and special.bdtr(count - 1, n, rate) >= p else count
