"""Figures of a continuous output, all from sums of powers: error, bias, agreement, calibration.

Intervals hold for skewed errors that grow with the prediction, as lengths of stay have: variances
are estimated from fourth moments, never assumed normal or constant. Sources: Bland & Altman (1986,
1999) and Zou (2013) for limits of agreement; Hall (1992) for means of skewed errors; Cox (1958) for
the calibration slope; White (1980) for its variance, Bell & McCaffrey (2002) for what few cases
make of it; Hall (1992) for its skewness; Steiger & Hakstian (1982) for the correlation's.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import product
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from aiops_pipelines.statistics.arguments import confidence_level, real, same_length
from aiops_pipelines.statistics.estimate import Estimate
from aiops_pipelines.statistics.skewed_mean import hall_reach, skewed_mean_estimate

AGREEMENT = 1.96
"""Standard deviations from the mean to a limit of agreement."""
_FAR = 1e3
"""Beyond this many standard deviations from 0 a float's fourth powers no longer hold the spread."""
_LARGEST = 1e70
"""Fourth powers of larger values, summed over cases, are more than a float holds."""
_UNDERFLOW = 1e-75
"""Variances below this have squares that a float no longer holds."""


@dataclass(frozen=True, slots=True)
class Regression:
    """Figures of predicted against observed values, in the output's unit where they have one.

    `bias` is the mean of predicted minus observed; the limits of agreement hold 95% of the
    differences where these are normal; the slope is of observed on predicted (1 when calibrated);
    `r_squared` is the squared correlation, which neither bias nor a wrong slope lowers.
    """

    mae: Estimate
    bias: Estimate
    rmse: Estimate
    calibration_slope: Estimate
    calibration_intercept: Estimate
    limit_of_agreement_low: Estimate
    limit_of_agreement_high: Estimate
    r_squared: Estimate


@dataclass(frozen=True, slots=True)
class RegressionSums:
    """Mergeable sums over cases with predicted p, observed y and error e = p - y.

    `p2e1` is the sum of p squared times e, and so on; `absolute` the sum of |e|.
    """

    n: int = 0
    absolute: float = 0.0
    p1: float = 0.0
    p2: float = 0.0
    p3: float = 0.0
    p4: float = 0.0
    e1: float = 0.0
    e2: float = 0.0
    e3: float = 0.0
    e4: float = 0.0
    p1e1: float = 0.0
    p2e1: float = 0.0
    p3e1: float = 0.0
    p1e2: float = 0.0
    p2e2: float = 0.0
    p1e3: float = 0.0

    @classmethod
    def from_cases(cls, predicted: ArrayLike, observed: ArrayLike) -> Self:
        """Return the sums of `predicted` (n,) and `observed` (n,).

        Raises ValueError for differing lengths, NaN or infinite values.
        """
        p = real("predicted", predicted, largest=_LARGEST)
        y = real("observed", observed, largest=_LARGEST)
        n = same_length(predicted=p, observed=y)
        e = p - y
        pp, ee, pe = p * p, e * e, p * e
        return cls(
            n,
            float(np.abs(e).sum()),
            *(float(terms.sum()) for terms in (p, pp, pp * p, pp * pp)),
            *(float(terms.sum()) for terms in (e, ee, ee * e, ee * ee)),
            *(float(terms.sum()) for terms in (pe, pp * e, pp * pe, p * ee, pp * ee, pe * ee)),
        )

    @classmethod
    def merge(cls, parts: Iterable[Self]) -> Self:
        """Return the sum of all parts; of none, the sums of no case."""
        return sum(parts, cls())

    def __add__(self, other: Self) -> Self:
        return type(self)(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def __sub__(self, other: Self) -> Self:
        """Return the sums of the cases that are here and not in `other`, a part of these."""
        return type(self)(*(getattr(self, f.name) - getattr(other, f.name) for f in fields(self)))

    def figures(self, level: float = 0.95) -> Regression:
        """Return all figures; those that need more cases than there are have no value."""
        confidence_level(level)
        slope, intercept, r_squared = self._line(level)
        low, high = self._agreement(level)
        return Regression(
            skewed_mean_estimate(self.absolute, self.e2, self.n, "mean absolute error", level),
            self._bias(level),
            self._rmse(level),
            slope,
            intercept,
            low,
            high,
            r_squared,
        )

    def _central(self, i: int, j: int) -> float:
        """Return the mean over cases of (p - mean p)^i (e - mean e)^j, i + j at most 4."""
        mean_p, mean_e = self.p1 / self.n, self.e1 / self.n
        total = 0.0
        for a, b in product(range(i + 1), range(j + 1)):
            ways = math.comb(i, a) * math.comb(j, b)
            total += ways * (-mean_p) ** (i - a) * (-mean_e) ** (j - b) * self._power(a, b)
        return total / self.n

    def _power(self, a: int, b: int) -> float:
        name = (f"p{a}" if a else "") + (f"e{b}" if b else "")
        held: float = getattr(self, name or "n")
        return held

    def _bias(self, level: float) -> Estimate:
        """Return the mean error; limits are Student's, on the long tail's side Hall's (1992)."""
        method = "mean error, Hall's interval"
        if self.n < 2:
            return Estimate.missing(self.n, None, method)
        mean, square, skewness = self.e1 / self.n, max(self._central(0, 2), 0.0), 0.0
        if square > _UNDERFLOW and abs(mean) < _FAR * math.sqrt(square):
            skewness = self._central(0, 3) / square / math.sqrt(square)
        variance = square / (self.n - 1)
        return _student(mean, variance, self.n, 1, level, method, skewness=skewness)

    def _rmse(self, level: float) -> Estimate:
        """Return the root of the mean squared error and of its interval."""
        mean = skewed_mean_estimate(self.e2, self.e4, self.n, "RMSE", level)
        if mean.value is None or mean.low is None:
            return mean
        value = math.sqrt(mean.value)
        error = mean.standard_error / (2 * value) if mean.standard_error and value else None
        high = None if mean.high is None else math.sqrt(mean.high)
        return Estimate(value, math.sqrt(mean.low), high, error, self.n, None, mean.method)

    def _agreement(self, level: float) -> tuple[Estimate, Estimate]:
        """Return mean -+ 1.96 SD of the errors, from the intervals of both and how they move.

        Zou (2013): the limits of the mean and of the SD are combined as MOVER does, with the
        correlation of the two, which skewed errors have.
        """
        n, method = self.n, "limits of agreement, MOVER of mean and SD"
        if n < 3:
            missing = Estimate.missing(n, None, method)
            return missing, missing
        square = max(self._central(0, 2), 0.0)
        third, fourth = self._central(0, 3), self._central(0, 4)
        if abs(self.e1 / n) > _FAR * math.sqrt(square):
            third, fourth = 0.0, 3 * square**2
        mean = _student(self.e1 / n, square / (n - 1), n, 1, level, method)
        variance = skewed_mean_estimate(n * square, n * fourth, n, method, level)
        if mean.low is None or not variance.value or variance.high is None:
            reach = AGREEMENT * math.sqrt(square * n / (n - 1))
            name = f"{method}: no spread, no interval"
            first, second = (
                Estimate((mean.value or 0.0) + side * reach, None, None, None, n, None, name)
                for side in (-1, 1)
            )
            return first, second
        rising = fourth - square**2
        shared = third / math.sqrt(square * rising) if square * rising > 0 else 0.0
        correlation = min(max(shared, -1.0), 1.0)
        return (
            _limit_of_agreement(-1, mean, variance, correlation, method),
            _limit_of_agreement(1, mean, variance, correlation, method),
        )

    def _line(self, level: float) -> tuple[Estimate, Estimate, Estimate]:
        """Return slope and intercept of observed on predicted, and the share explained.

        With c = p - mean p, d = e - mean e and slope b the residual is (1 - b) c - d.
        """
        n, method = self.n, "observed on predicted, least squares, robust variance, Hall's interval"
        missing = Estimate.missing(n, None, method)
        if n < 3:
            return missing, missing, missing
        mean_p, s_pp = self.p1 / n, self._central(2, 0)
        if s_pp * n <= 1e-12 * self.p2 or s_pp < _UNDERFLOW:
            return missing, missing, missing
        slope = 1 - self._central(1, 1) / s_pp
        of_mean, shared, of_slope = self._residual_moments(1 - slope)
        per_case = of_slope / s_pp**2
        together = shared / s_pp - mean_p * per_case
        of_intercept = of_mean + mean_p**2 * per_case - 2 * mean_p * shared / s_pp
        mean_y = (self.p1 - self.e1) / n
        leverage = max(self._central(4, 0) / s_pp**2, 1.0) / n
        skewness = self._slope_skewness(1 - slope, s_pp, of_slope)
        both = of_intercept * per_case
        carried = (together / math.sqrt(both)) ** 3 if both > 0 else 0.0
        return (
            _student(slope, per_case / (n - 2), n, 2, level, method, leverage, skewness),
            _student(
                mean_y - slope * mean_p,
                of_intercept / (n - 2),
                n,
                2,
                level,
                method,
                leverage,
                carried * skewness,
            ),
            self._explained(s_pp, slope, level),
        )

    def _slope_skewness(self, k: float, s_pp: float, of_slope: float) -> float:
        """Return the skewness of c r, of which the slope's error is the mean, for r = k c - d.

        Third powers of c r are sixth moments, which the sums do not hold: r^3 is taken as linear
        in c.
        """
        if abs(self.p1 / self.n) > _FAR * math.sqrt(s_pp) or of_slope < _UNDERFLOW:
            return 0.0
        m, root, kk = self._central, math.sqrt(of_slope), k * k
        cubes = k * kk * m(3, 0) - 3 * kk * m(2, 1) + 3 * k * m(1, 2) - m(0, 3)
        rising = k * kk * m(4, 0) - 3 * kk * m(3, 1) + 3 * k * m(2, 2) - m(1, 3)
        linear = rising / root / root * (m(4, 0) / s_pp / root)
        found = cubes / root * (m(3, 0) / root) / root + linear
        return found if math.isfinite(found) else 0.0

    def _residual_moments(self, k: float) -> tuple[float, float, float]:
        """Return the means of r^2, c r^2 and c^2 r^2 for residuals r = k c - d."""
        m = self._central
        squares = max(k**2 * m(2, 0) - 2 * k * m(1, 1) + m(0, 2), 0.0)
        s_pp = m(2, 0)
        if abs(self.p1 / self.n) > _FAR * math.sqrt(s_pp):
            return squares, 0.0, squares * s_pp
        shared = k**2 * m(3, 0) - 2 * k * m(2, 1) + m(1, 2)
        return squares, shared, max(k**2 * m(4, 0) - 2 * k * m(3, 1) + m(2, 2), 0.0)

    def _explained(self, s_pp: float, slope: float, level: float) -> Estimate:
        """Return the squared correlation, its interval on Fisher's z scale, distribution-free.

        Its standard error is the delta method's, 2 |r| times that of the correlation.
        """
        n, method = self.n, "R squared, Fisher z interval, moment variance"
        s_yy = s_pp - 2 * self._central(1, 1) + self._central(0, 2)
        if s_yy < _UNDERFLOW:
            return Estimate.missing(n, None, method)
        r = min(max(slope * math.sqrt(s_pp / s_yy), -1.0), 1.0)
        if n < 4 or abs(r) >= 1 - 1e-12:
            return Estimate(r**2, 0.0, 1.0, None, n, None, method)
        moments, carried = self._correlation_spread(r, s_pp, s_yy)
        spread = moments / (1 - r**2) ** 2
        freedom = min(max(n / carried - 1, 1.0), n - 3)
        quantile = float(special.stdtrit(freedom, (1 + level) / 2)) * (1 + carried / (2 * n))
        reach = quantile * math.sqrt(spread / (n - 3))
        low, high = math.tanh(math.atanh(r) - reach), math.tanh(math.atanh(r) + reach)
        squares = sorted((low**2, high**2))
        least = (
            0.0 if low < 0 < high else min(squares[0], self._least_explained(s_pp, slope, level))
        )
        error = 2 * abs(r) * math.sqrt(moments / (n - 3))
        return Estimate(r**2, least, squares[1], error, n, None, method)

    def _least_explained(self, s_pp: float, slope: float, level: float) -> float:
        """Return the share explained where residuals are as large as Hall's limit allows.

        A sample without the tail of skewed errors explains too much, and shows too little spread.
        """
        k, m = 1 - slope, self._central
        squares, _, _ = self._residual_moments(k)
        fourth = 3 * squares**2
        if abs(self.p1 / self.n) <= _FAR * math.sqrt(s_pp):
            of_p = k**4 * m(4, 0) - 4 * k**3 * m(3, 1) + 6 * k**2 * m(2, 2)
            fourth = of_p - 4 * k * m(1, 3) + m(0, 4)
        fourth = min(max(fourth, squares**2), self.n * squares**2)
        unexplained = skewed_mean_estimate(self.n * squares, self.n * fourth, self.n, "", level)
        explained = slope**2 * s_pp
        return explained / (explained + (unexplained.high or squares))

    def _correlation_spread(self, r: float, s_pp: float, s_yy: float) -> tuple[float, float]:
        """Return n times the correlation's variance, and the greater kurtosis, of p and y = p - e.

        n over the kurtosis is how many cases carry the fourth moments (Kish, 1965), and so the
        degrees of freedom of a variance that is made of them.
        """
        if abs(self.p1 / self.n) > _FAR * math.sqrt(s_pp):
            normal: float = (1 - r**2) ** 2
            return normal, 3.0
        m40, m31, m22, m13, m04 = (self._central(4 - j, j) for j in range(5))
        pppp = m40 / s_pp**2
        pppy = (m40 - m31) / (s_pp**1.5 * s_yy**0.5)
        ppyy = (m40 - 2 * m31 + m22) / (s_pp * s_yy)
        pyyy = (m40 - 3 * m31 + 3 * m22 - m13) / (s_pp**0.5 * s_yy**1.5)
        yyyy = (m40 - 4 * m31 + 6 * m22 - 4 * m13 + m04) / s_yy**2
        spread = ppyy - r * (pppy + pyyy) + r**2 / 4 * (pppp + 2 * ppyy + yyyy)
        return float(max(spread, 0.0)), max(pppp, yyyy, 1.0)


def _limit_of_agreement(
    side: int, mean: Estimate, variance: Estimate, correlation: float, method: str
) -> Estimate:
    """Return mean + side * 1.96 SD; `variance` divides by n, `correlation` is of mean and SD."""
    assert mean.value is not None and mean.low is not None and mean.high is not None
    assert variance.value is not None and variance.low is not None and variance.high is not None
    n = mean.n
    low, middle, high = (
        AGREEMENT * math.sqrt(each * n / (n - 1))
        for each in (variance.low, variance.value, variance.high)
    )
    fall, rise = (middle - low, high - middle) if side > 0 else (high - middle, middle - low)
    twice, of_mean = 2 * side * correlation, mean.standard_error or 0.0
    below, above = (
        math.sqrt(max(a**2 + b**2 + twice * a * b, 0.0))
        for a, b in ((mean.value - mean.low, fall), (mean.high - mean.value, rise))
    )
    of_sd = middle * (variance.standard_error or 0.0) / (2 * variance.value)
    error = math.sqrt(max(of_mean**2 + of_sd**2 + twice * of_mean * of_sd, 0.0))
    value = mean.value + side * middle
    return Estimate(value, value - below, value + above, error, n, None, method)


def regression(predicted: ArrayLike, observed: ArrayLike, level: float = 0.95) -> Regression:
    """Return the figures of `predicted` (n,) against `observed` (n,).

    Raises ValueError for differing lengths, NaN or infinite values.
    """
    return RegressionSums.from_cases(predicted, observed).figures(level)


def _student(
    value: float,
    variance: float,
    n: int,
    fitted: int,
    level: float,
    method: str,
    leverage: float = 0.0,
    skewness: float = 0.0,
) -> Estimate:
    """Return a value with Student's interval; none where the cases show no spread at all.

    `leverage`, the kurtosis of the predictor over n, says how few cases carry a line: a robust
    variance then has about 1 / leverage degrees of freedom (Bell & McCaffrey, 2002), and its root
    is too small by about that share. With a `skewness` of what the value is the mean of, the limit
    on its side is Hall's (1992).
    """
    error = math.sqrt(max(variance, 0.0))
    if error <= 1e-14 * abs(value):
        return Estimate(value, None, None, None, n, None, f"{method}: no spread, no interval")
    freedom = min(n - fitted, max(1 / leverage, 1.0)) if leverage else n - fitted
    quantile = float(special.stdtrit(freedom, (1 + level) / 2)) * (1 + leverage)
    low, high = (
        value + side * error * hall_reach(quantile, side * skewness, n) for side in (-1, 1)
    )
    return Estimate(value, low, high, error, n, None, method)
