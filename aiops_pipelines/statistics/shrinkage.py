"""Rates of many small cells, each drawn towards what they have in common.

Knows events and cases of exchangeable cells (say all sex-by-site cells); hands on shrunk rates and
how far apart the cells truly are. Beta-binomial model (Gelman et al., 2013, chapter 5), integrated
over the prior's mean and spread on a grid: plugging in one fitted prior instead covers 62%.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from aiops_pipelines.statistics.arguments import (
    FloatArray,
    confidence_level,
    nonnegative,
    random_numbers,
    refuse,
    same_length,
)
from aiops_pipelines.statistics.estimate import Estimate

DRAWS = 4000
_CORRELATIONS = np.geomspace(1e-6, 0.95, 40)
"""Prior spreads tried, as correlation within a cell: 1 / (a + b + 1) of the beta prior."""
_MEANS = np.linspace(-5, 5, 25)
"""Prior means tried, in standard errors about the pooled rate, on the logit scale."""


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A shrunk rate per cell, and `spread`, the range from the lowest to the highest true rate."""

    rates: tuple[Estimate, ...]
    spread: Estimate


def shrunk_rates(events: ArrayLike, n: ArrayLike, level: float = 0.95, seed: int = 0) -> Shrunk:
    """Return the shrunk rates of `events` (k,) of `n` (k,) cases.

    A uniform prior on the mean, a uniform one on the standard deviation between cells. Cells
    without cases get no rate. `spread` is the posterior median range, from two cells on; its
    interval starts at 0 where the cells may all have one rate.

    Raises ValueError for differing lengths, negative counts or more events than cases.
    """
    x, m = nonnegative("events", events), nonnegative("n", n)
    same_length(events=x, n=m)
    refuse("events", "must not exceed n", x > m, x)
    confidence_level(level)
    method = "beta-binomial shrinkage, prior integrated on a grid"
    used = np.flatnonzero(m > 0)
    rates = [Estimate.missing(0, 0, method)] * len(x)
    if not len(used):
        return Shrunk(tuple(rates), Estimate.missing(0, 0, method))
    a, b, weight = _posterior_of_prior(x[used], m[used])
    means = weight @ ((a[:, None] + x[used]) / (a + b + m[used, None]).T)
    random = random_numbers(seed)
    pick = random.choice(len(weight), DRAWS, p=weight)
    drawn = random.beta(a[pick, None] + x[used], b[pick, None] + (m - x)[used])
    tails = [(1 - level) / 2, (1 + level) / 2]
    for place, mean, own, (low, high) in zip(
        used, means, drawn.T, np.quantile(drawn, tails, axis=0).T, strict=True
    ):
        rates[place] = Estimate(
            float(mean),
            min(float(low), float(mean)),
            max(float(high), float(mean)),
            float(own.std(ddof=1)),
            int(m[place]),
            int(x[place]),
            method,
        )
    return Shrunk(tuple(rates), _spread(drawn, int(m.sum()), int(x.sum()), level, method))


def _spread(drawn: FloatArray, n: int, events: int, level: float, method: str) -> Estimate:
    """Return the posterior median range; the lower limit is the shortest interval's.

    Chen & Shao (1999). A range is never negative, and no draw of it is 0: an interval that starts
    among the lowest hundredth of the draws reaches down to 0. One of equal tails would deny what
    the cells allow, that all have one rate; it has the upper limit, since few cells shrink too far.
    """
    if drawn.shape[1] < 2:
        return Estimate.missing(n, events, method)
    found = np.sort(np.ptp(drawn, axis=1))
    within = math.ceil(level * len(found))
    widths = found[within - 1 :] - found[: len(found) - within + 1]
    first = int(np.argmin(widths))
    low = 0.0 if first < len(found) / 100 else float(found[first])
    high = max(float(found[first + within - 1]), float(np.quantile(found, (1 + level) / 2)))
    middle, error = float(np.median(found)), float(found.std(ddof=1))
    return Estimate(middle, min(low, middle), high, error, n, events, method)


def _posterior_of_prior(x: FloatArray, n: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return beta priors a, b (grid,) and their posterior weights.

    Each spread has its own grid of means, about the rate pooled with the weights that spread
    implies: with millions of cases a common grid would miss the peak.
    """
    rho = _CORRELATIONS[:, None]
    information = n / (1 + (n - 1) * rho)
    pooled = (information @ ((x + 0.5) / (n + 1)) / information.sum(axis=1))[:, None]
    width = 1 / np.sqrt(np.maximum(information.sum(axis=1)[:, None] * pooled * (1 - pooled), 0.25))
    logit = special.logit(pooled) + width * _MEANS
    mean, other = special.expit(logit), special.expit(-logit)
    size = (1 - rho) / rho
    a, b = (mean * size).ravel(), (other * size).ravel()
    likelihood = np.sum(
        special.betaln(a[:, None] + x, b[:, None] + n - x) - special.betaln(a, b)[:, None], axis=1
    )
    prior = np.log(mean * other) + np.log(width) + np.log(rho) / 2
    log_weight = likelihood + np.broadcast_to(prior, mean.shape).ravel()
    weight = np.exp(log_weight - log_weight.max())
    return a, b, weight / weight.sum()
