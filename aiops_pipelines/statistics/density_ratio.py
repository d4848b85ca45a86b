"""How much likelier a case is now than in the reference: weights by a domain classifier.

Knows two tables of features; hands on a weight for each reference case. Sources: Bickel, Brückner &
Scheffer (2009); out-of-fold so that a case does not vote on its own weight.
"""

import numpy as np

from aiops_pipelines.statistics.arguments import FloatArray
from aiops_pipelines.statistics.origin import chance_of_current

LARGEST_WEIGHT = 50.0
SMALLEST_SIDE = 10


def density_ratio(reference: FloatArray, current: FloatArray, seed: int = 0) -> FloatArray:
    """Return the weights (n,), mean 1, that make `reference` (n, k) look like `current` (m, k).

    NaN is a value of its own. Weights are cut at LARGEST_WEIGHT times the mean, so that a handful
    of cases cannot carry the estimate.

    Raises ValueError for fewer than SMALLEST_SIDE rows a side.
    """
    n, m = len(reference), len(current)
    if min(n, m) < SMALLEST_SIDE:
        raise ValueError(f"features: need at least {SMALLEST_SIDE} rows a side, are {n} and {m}")
    chance = chance_of_current(
        reference, current, seed, max_iter=60, max_depth=3, learning_rate=0.1, min_samples_leaf=50
    )[:n]
    odds = chance / np.maximum(1 - chance, 1e-12) * n / m
    cut = np.minimum(odds / odds.mean(), LARGEST_WEIGHT)
    weight: FloatArray = cut / cut.mean()
    return weight
