"""How much a drift matters: the performance to expect if only this feature had moved.

Knows the labelled reference by cells of one feature, and how the current cases spread over these
cells; weighs the reference to that spread (importance weighting under covariate shift, Sugiyama,
Krauledat & Müller, 2007) and hands on the expected change. Blind to concept shift, and to cells
that the reference never held.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from aiops_pipelines.statistics.arguments import (
    FloatArray,
    confidence_level,
    counts,
    nonnegative,
    numbers,
    random_numbers,
    real,
    same_length,
)
from aiops_pipelines.statistics.estimate import Estimate
from aiops_pipelines.statistics.resampling import binned_auroc
from aiops_pipelines.statistics.tails import normal_quantile

REPLICATES = 200
_LARGEST = 1e140


def expected_auroc_change(
    positive: ArrayLike,
    negative: ArrayLike,
    current: ArrayLike,
    level: float = 0.95,
    seed: int = 0,
) -> Estimate:
    """Return AUROC expected of the current spread over cells, less the reference's.

    `positive` and `negative` are the reference's counts (cells, score bins), scores rising;
    `current` counts the current cases (cells,). Percentile interval of REPLICATES Poisson
    bootstraps of all counts. `n` is the number of current cases. Raises ValueError for negative
    counts or shapes that differ.
    """
    events, others = numbers("positive", positive), numbers("negative", negative)
    now = counts("current", current)
    for name, held in (("positive", events), ("negative", others)):
        if held.ndim != 2 or len(held) != len(now) or held.shape != events.shape:
            raise ValueError(
                f"{name}: must be (cells, bins) for the {len(now)} cells of current, "
                f"has shape {held.shape}"
            )
        counts(name, held.ravel())
    confidence_level(level)
    method, n = "importance-weighted reference, Poisson bootstrap", round(float(now.sum()))
    value = float(_auroc_change(events, others, now))
    if not math.isfinite(value):
        return Estimate.missing(n, None, method)
    random = random_numbers(seed)
    size = (REPLICATES, *events.shape)
    drawn = _auroc_change(
        random.poisson(events, size).astype(np.float64),
        random.poisson(others, size).astype(np.float64),
        random.poisson(now, (REPLICATES, len(now))).astype(np.float64),
    )
    kept = drawn[np.isfinite(drawn)]
    if len(kept) < 2 or np.ptp(kept) == 0:
        return Estimate(value, None, None, None, n, None, f"{method}, all alike: no interval")
    low, high = np.quantile(kept, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(
        value,
        min(float(low), value),
        max(float(high), value),
        float(kept.std(ddof=1)),
        n,
        None,
        method,
    )


def _auroc_change(positive: FloatArray, negative: FloatArray, now: FloatArray) -> FloatArray:
    """Return the change, for arrays (..., cells, bins) and (..., cells)."""
    weight = _weights(positive.sum(axis=-1) + negative.sum(axis=-1), now)[..., None]
    weighted = binned_auroc((weight * positive).sum(axis=-2), (weight * negative).sum(axis=-2))
    change: FloatArray = weighted - binned_auroc(positive.sum(axis=-2), negative.sum(axis=-2))
    return change


def _weights(before: FloatArray, now: FloatArray) -> FloatArray:
    """Return each cell's ratio of current to reference cases; 0 where the reference has none."""
    ratio: FloatArray = np.divide(now, before, out=np.zeros_like(before), where=before > 0)
    return ratio


def expected_mean_change(
    count: ArrayLike, total: ArrayLike, square: ArrayLike, current: ArrayLike, level: float = 0.95
) -> Estimate:
    """Return the mean error expected of the current spread over cells, less the reference's.

    `count`, `total` and `square` are the reference's cases, sum of the error and sum of its
    squares, `current` the current cases, all (cells,). The interval is normal. Raises ValueError
    for negative counts or squares, NaN, infinity, or lengths that differ.
    """
    n, now = counts("count", count), counts("current", current)
    confidence_level(level)
    sums, squares = real("total", total, largest=_LARGEST), nonnegative("square", square)
    same_length(count=n, total=sums, square=squares, current=now)
    method, cases = "importance-weighted reference, normal interval", round(float(now.sum()))
    used = n > 0
    if not used.any() or now[used].sum() == 0:
        return Estimate.missing(cases, None, method)
    n, now, mean = n[used], now[used], sums[used] / n[used]
    after, before = now / now.sum(), n / n.sum()
    value = float((after - before) @ mean)
    spread = np.maximum(squares[used] / n - mean**2, 0.0)
    of_means = float((after - before) ** 2 @ (spread / n))
    of_cells = float(after @ (mean - after @ mean) ** 2) / float(now.sum())
    of_reference = float(before @ (mean - before @ mean) ** 2) / float(n.sum())
    error = math.sqrt(of_means + of_cells + of_reference)
    reach = normal_quantile((1 + level) / 2) * error
    return Estimate(value, value - reach, value + reach, error, cases, None, method)
