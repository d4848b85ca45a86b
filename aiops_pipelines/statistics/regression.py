"""Figures of a continuous output, all from sums: error, bias, agreement, calibration.

Sources: Bland & Altman (1986, 1999) for limits of agreement; Cox (1958) for the calibration slope.
"""

import math
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from aiops_pipelines.statistics.arguments import confidence_level, real, same_length
from aiops_pipelines.statistics.estimate import Estimate
from aiops_pipelines.statistics.resampling import mean_estimate


@dataclass(frozen=True, slots=True)
class Regression:
    """Figures of predicted against observed values, in the output's unit where they have one.

    `bias` is the mean of predicted minus observed; the limits of agreement hold 95% of the
    differences; the slope is of observed on predicted (1 when calibrated).
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
    """Mergeable sums over cases with predicted p, observed y and error e = p - y."""

    n: int = 0
    sum_p: float = 0.0
    sum_y: float = 0.0
    sum_pp: float = 0.0
    sum_yy: float = 0.0
    sum_py: float = 0.0
    sum_abs: float = 0.0

    @classmethod
    def from_cases(cls, predicted: ArrayLike, observed: ArrayLike) -> Self:
        """Return the sums of `predicted` (n,) and `observed` (n,).

        Raises ValueError for differing lengths, NaN or infinite values.
        """
        p, y = real("predicted", predicted), real("observed", observed)
        n = same_length(predicted=p, observed=y)
        return cls(
            n,
            float(p.sum()),
            float(y.sum()),
            float(p @ p),
            float(y @ y),
            float(p @ y),
            float(np.abs(p - y).sum()),
        )

    def __add__(self, other: Self) -> Self:
        return type(self)(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def figures(self, level: float = 0.95) -> Regression:
        """Return all figures; those that need more cases than there are have no value."""
        n = self.n
        squared = self.sum_pp + self.sum_yy - 2 * self.sum_py
        slope, intercept, r_squared = self._line(level)
        low, high = self._agreement(level)
        return Regression(
            mean_estimate(self.sum_abs, squared, n, None, "mean absolute error", None, level),
            self._bias(level),
            self._rmse(squared, level),
            slope,
            intercept,
            low,
            high,
            r_squared,
        )

    def _spread(self) -> tuple[float, float]:
        """Return mean and variance of the errors; at least two cases."""
        mean = (self.sum_p - self.sum_y) / self.n
        squared = self.sum_pp + self.sum_yy - 2 * self.sum_py
        return mean, max(squared - self.n * mean**2, 0.0) / (self.n - 1)

    def _bias(self, level: float) -> Estimate:
        method = "mean error, Student interval"
        if self.n < 2:
            return Estimate.missing(self.n, None, method)
        mean, variance = self._spread()
        return _student(mean, math.sqrt(variance / self.n), self.n, self.n - 1, level, method)

    def _rmse(self, squared: float, level: float) -> Estimate:
        """Return the root mean square error, with the chi-square interval of normal errors."""
        method = "RMSE, chi-square interval"
        if self.n < 2:
            return Estimate.missing(self.n, None, method)
        alpha = 1 - confidence_level(level)
        total = max(squared, 0.0)
        low, high = (
            math.sqrt(total / float(stats.chi2.ppf(q, self.n))) for q in (1 - alpha / 2, alpha / 2)
        )
        return Estimate(math.sqrt(total / self.n), low, high, None, self.n, None, method)

    def _agreement(self, level: float) -> tuple[Estimate, Estimate]:
        method = "limits of agreement, Bland-Altman"
        if self.n < 3:
            missing = Estimate.missing(self.n, None, method)
            return missing, missing
        mean, variance = self._spread()
        sd = math.sqrt(variance)
        error = sd * math.sqrt(1 / self.n + 1.96**2 / (2 * (self.n - 1)))
        low, high = mean - 1.96 * sd, mean + 1.96 * sd
        return (
            _student(low, error, self.n, self.n - 1, level, method),
            _student(high, error, self.n, self.n - 1, level, method),
        )

    def _line(self, level: float) -> tuple[Estimate, Estimate, Estimate]:
        """Return slope and intercept of observed on predicted, and the share explained."""
        n, method = self.n, "observed on predicted, least squares"
        missing = Estimate.missing(n, None, method)
        if n < 3:
            return missing, missing, missing
        mean_p, mean_y = self.sum_p / n, self.sum_y / n
        s_pp = self.sum_pp - n * mean_p**2
        s_yy = self.sum_yy - n * mean_y**2
        s_py = self.sum_py - n * mean_p * mean_y
        if s_pp <= 1e-12 * max(self.sum_pp, 1.0):
            return missing, missing, missing
        slope = s_py / s_pp
        residual = max(s_yy - slope * s_py, 0.0) / (n - 2)
        slope_error = math.sqrt(residual / s_pp)
        intercept_error = math.sqrt(residual * (1 / n + mean_p**2 / s_pp))
        explained = _fisher(s_py / math.sqrt(s_pp * s_yy), n, level) if s_yy > 0 else missing
        return (
            _student(slope, slope_error, n, n - 2, level, method),
            _student(mean_y - slope * mean_p, intercept_error, n, n - 2, level, method),
            explained,
        )


def regression(predicted: ArrayLike, observed: ArrayLike, level: float = 0.95) -> Regression:
    """Return the figures of `predicted` (n,) against `observed` (n,).

    Raises ValueError for differing lengths, NaN or infinite values.
    """
    return RegressionSums.from_cases(predicted, observed).figures(level)


def _student(
    value: float, error: float, n: int, degrees: int, level: float, method: str
) -> Estimate:
    reach = float(stats.t.ppf((1 + confidence_level(level)) / 2, degrees)) * error
    return Estimate(value, value - reach, value + reach, error, n, None, method)


def _fisher(r: float, n: int, level: float) -> Estimate:
    method = "R squared, Fisher z interval"
    r = min(max(r, -1.0), 1.0)
    if n < 4 or abs(r) >= 1 - 1e-12:
        return Estimate(r**2, 0.0, 1.0, None, n, None, method)
    reach = float(stats.norm.ppf((1 + level) / 2)) / math.sqrt(n - 3)
    low, high = math.tanh(math.atanh(r) - reach), math.tanh(math.atanh(r) + reach)
    squares = sorted((low**2, high**2))
    return Estimate(r**2, 0.0 if low < 0 < high else squares[0], squares[1], None, n, None, method)
