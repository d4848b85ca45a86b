"""DeLong's AUROC and variance from counts in rising order of score, in two sweeps."""

import numpy as np
from numba import njit

from aiops_pipelines.statistics.arguments import FloatArray, IntArray


@njit(cache=True, error_model="numpy")
def auroc_and_variance(positive: FloatArray, negative: FloatArray) -> tuple[float, float]:
    """Return the AUROC of counts (blocks,) of both classes, and its variance.

    A block's cases are tied. The second sweep measures placements from the AUROC, which keeps the
    variance's digits. A class of one case has no variance of its own, and adds none.
    """
    n_positive, n_negative = positive.sum(), negative.sum()
    pairs, below = 0.0, 0.0
    for b in range(len(positive)):
        pairs += positive[b] * (below + negative[b] / 2)
        below += negative[b]
    value = pairs / n_positive / n_negative
    of_positives, of_negatives, below, passed = 0.0, 0.0, 0.0, 0.0
    for b in range(len(positive)):
        share_below = (below + negative[b] / 2) / n_negative - value
        share_above = 1 - (passed + positive[b] / 2) / n_positive - value
        of_positives += positive[b] * share_below * share_below
        of_negatives += negative[b] * share_above * share_above
        below += negative[b]
        passed += positive[b]
    variance = 0.0
    if n_positive > 1:
        variance += of_positives / (n_positive - 1) / n_positive
    if n_negative > 1:
        variance += of_negatives / (n_negative - 1) / n_negative
    return value, variance


def as_counts(counts: IntArray | FloatArray) -> FloatArray:
    """Return counts in the one layout that the kernel is compiled for."""
    return np.ascontiguousarray(counts, dtype=np.float64)
