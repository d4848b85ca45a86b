"""Time-uniform boundaries: how far a sum may stray, at any time, before it is evidence.

Knows the mixture supermartingales of Howard, Ramdas, McAuliffe & Sekhon (2020, 2021) in intrinsic
time v; hands on log e-values, boundaries with P(ever crossed) <= alpha, and the confidence
sequence for a Bernoulli rate.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.optimize import brentq
from scipy.special import betaincc, betaln, gammainc, gammaln, log_ndtr, zeta

from aiops_pipelines.statistics.arguments import MOST, FloatArray, IntArray
from aiops_pipelines.statistics.daily_counts import one_day, open_unit, positive

SMALLEST_TAIL = 1e-250
EDGE = 1e-15
"""How close to 0 and 1 a rate is tried."""


def normal_mixture_bound(
    v: float, alpha: float, v_opt: float, alpha_opt: float = 0.05, one_sided: bool = True
) -> float:
    """Return the sub-Gaussian normal-mixture boundary at intrinsic time `v` (Howard et al. 2021).

    The mixture is tuned to be tightest at `v_opt`. Raises ValueError unless v, v_opt > 0 and the
    alphas lie strictly between 0 and 1.
    """
    _check_boundary(v, alpha, v_opt, alpha_opt)
    rho = tuned_rho(v_opt, 2 * alpha_opt if one_sided else alpha_opt)
    if not one_sided:
        return math.sqrt((v + rho) * (math.log1p(v / rho) - 2 * math.log(alpha)))

    def log_mixture(s: float) -> float:
        spread = v + rho
        half = 0.5 * math.log(4 * rho / spread) + s * s / (2 * spread)
        return half + float(log_ndtr(s / math.sqrt(spread)))

    return _crossing(log_mixture, v, alpha)


def gamma_exponential_bound(
    v: float, alpha: float, v_opt: float, c: float, alpha_opt: float = 0.05
) -> float:
    """Return the sub-exponential gamma-mixture boundary with scale `c` (Howard et al. 2021)."""
    _check_boundary(v, alpha, v_opt, alpha_opt)
    positive("c", c)
    shape = tuned_rho(v_opt, 2 * alpha_opt) / c**2
    constant = shape * math.log(shape) - gammaln(shape) - math.log(gammainc(shape, shape))
    later = v / c**2 + shape

    def log_mixture(s: float) -> float:
        drift = (c * s + v) / c**2
        tail = math.log(gammainc(later, drift + shape))
        moved = gammaln(later) + tail - later * math.log(drift + shape) + drift
        return float(constant + moved)

    return _crossing(log_mixture, v, alpha)


def poly_stitching_bound(
    v: float, alpha: float, v_min: float, c: float = 0.0, s: float = 1.4, eta: float = 2.0
) -> float:
    """Return the polynomial stitched boundary, law-of-iterated-logarithm rate (Howard et al. 2021).

    `v_min` is the intrinsic time from which it is sharp, `c` the sub-gamma scale, `s` > 1 and
    `eta` > 1 the spacing of epochs.
    """
    _check_boundary(v, alpha, v_min, 0.5)
    if s <= 1 or eta <= 1 or c < 0:
        raise ValueError(f"s, eta, c: must be s > 1, eta > 1, c >= 0, are {s!r}, {eta!r}, {c!r}")
    used = max(v, v_min)
    k1 = (eta**0.25 + eta**-0.25) / math.sqrt(2)
    k2 = (math.sqrt(eta) + 1) / 2
    epochs = math.log(float(zeta(s))) - s * math.log(math.log(eta))
    ell = s * math.log(math.log(eta * used / v_min)) + epochs - math.log(alpha)
    linear = k2 * c * ell
    return math.sqrt(k1**2 * used * ell + linear**2) + linear


@dataclass(frozen=True, slots=True)
class BetaBinomialMixture:
    """Likelihood ratio of a Bernoulli rate against `rate`, mixed over a beta prior.

    The prior is Beta(`events`, `non_events`), for the one-sided mixture cut to rates above `rate`.
    Its log is the log of an e-process for "the rate is `rate`" (one-sided: "at most `rate`").
    Source: Howard et al. (2021), proposition 7, sub-Bernoulli case.
    """

    rate: float
    events: float
    non_events: float
    one_sided: bool

    @classmethod
    def tuned(
        cls, rate: float, optimised_at: float, one_sided: bool, alpha_opt: float = 0.05
    ) -> Self:
        """Return the mixture that is sharpest at level `alpha_opt` after `optimised_at` cases."""
        variance = rate * (1 - rate)
        rho = tuned_rho(optimised_at * variance, 2 * alpha_opt if one_sided else alpha_opt)
        strength = max(rho - variance, 1e-3 * variance)
        return cls(rate, strength / (1 - rate), strength / rate, one_sided)

    def log_e_values(self, events: IntArray, trials: IntArray) -> FloatArray:
        """Return log e-values after `events` among `trials`, element by element."""
        counted, missed = events.astype(np.float64), (trials - events).astype(np.float64)
        if self.one_sided:
            return self._log_tail(counted, missed) - self._log_tail(np.zeros(1), np.zeros(1))
        return self._log_full(counted, missed) - self._log_full(np.zeros(1), np.zeros(1))

    def _log_full(self, events: FloatArray, non_events: FloatArray) -> FloatArray:
        counted: FloatArray = betaln(self.events + events, self.non_events + non_events)
        return counted - events * math.log(self.rate) - non_events * math.log1p(-self.rate)

    def _log_tail(self, events: FloatArray, non_events: FloatArray) -> FloatArray:
        """Return the log of the prior mass above `rate`, weighted with the likelihood ratio."""
        a, b = self.events + events, self.non_events + non_events
        tail = betaincc(a, b, self.rate)
        usual = tail > SMALLEST_TAIL
        result = self._log_full(events, non_events) + np.log(np.where(usual, tail, 1.0))
        for index in np.flatnonzero(~usual).tolist():
            result[index] = self._log_far_tail(float(a[index]), float(b[index]))
        return result

    def _log_far_tail(self, a: float, b: float) -> float:
        """Return the log tail where the incomplete beta underflows.

        The rate seen then lies far below `rate`, the hypergeometric series 2F1(1, a + b; b + 1;
        1 - rate) of the tail converges geometrically, and the powers of `rate` cancel.
        """
        first_ratio = (a + b) * (1 - self.rate) / (b + 1)
        step = np.arange(math.ceil(-40 / math.log(first_ratio)))
        series = 1 + float(np.cumprod((a + b + step) * (1 - self.rate) / (b + 1 + step)).sum())
        powers = self.events * math.log(self.rate) + self.non_events * math.log1p(-self.rate)
        return powers - math.log(b) + math.log(series)


def bernoulli_confidence_interval(
    events: int, trials: int, alpha: float, optimised_at: float, alpha_opt: float = 0.05
) -> tuple[float, float]:
    """Return (low, high) of the time-uniform interval for a Bernoulli rate (Howard et al. 2021).

    Valid at every time at once with probability 1 - `alpha`, for a constant rate; tightest after
    about `optimised_at` cases. Without trials it is (0, 1).
    """
    counted, tried = one_day(events, trials)
    open_unit("alpha", alpha)
    if positive("optimised_at", optimised_at) > MOST:
        raise ValueError(f"optimised_at: must not exceed {MOST:g}, is {optimised_at!r}")
    if not tried:
        return 0.0, 1.0
    seen = min(max(counted / tried, EDGE), 1 - EDGE)

    def excess(rate: float) -> float:
        mixture = BetaBinomialMixture.tuned(rate, optimised_at, False, alpha_opt)
        evidence = mixture.log_e_values(np.array([counted]), np.array([tried]))
        return float(evidence[0]) + math.log(alpha)

    low = 0.0 if excess(EDGE) <= 0 else _root(excess, EDGE, seen)
    high = 1.0 if excess(1 - EDGE) <= 0 else _root(excess, seen, 1 - EDGE)
    return low, high


def tuned_rho(v_opt: float, alpha_opt: float) -> float:
    """Return the mixture precision that is about optimal at intrinsic time `v_opt`."""
    deviation = -2 * math.log(alpha_opt)
    return v_opt / (deviation + math.log1p(deviation))


def _crossing(log_mixture: Callable[[float], float], v: float, alpha: float) -> float:
    upper = v
    while log_mixture(upper) <= -math.log(alpha):
        upper *= 2
    return _root(lambda s: log_mixture(s) + math.log(alpha), 0.0, upper)


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    return float(brentq(function, low, high, xtol=1e-14, rtol=4 * np.finfo(float).eps))


def _check_boundary(v: float, alpha: float, v_opt: float, alpha_opt: float) -> None:
    positive("v", v)
    positive("v_opt", v_opt)
    open_unit("alpha", alpha)
    open_unit("alpha_opt", alpha_opt)
