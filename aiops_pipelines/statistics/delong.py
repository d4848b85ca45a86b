"""DeLong's AUROC and variance, from counts in rising order of score or case by case."""

import numpy as np
from numba import njit

from aiops_pipelines.statistics.arguments import BoolArray, FloatArray, IntArray


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


@njit(cache=True, error_model="numpy")
def placements(score: FloatArray, label: BoolArray) -> FloatArray:
    """Return the share of the other class that each case is on the right side of.

    `score` (n,) rises, `label` (n,) goes with it. For a positive it is the share of negatives below
    it, for a negative that of positives above; ties count half.
    """
    n, n_positive = len(score), label.sum()
    share = np.empty(n)
    first, passed = 0, 0
    while first < n:
        last, tied = first + 1, int(label[first])
        while last < n and score[last] == score[first]:
            tied += int(label[last])
            last += 1
        below = (first - passed + (last - first - tied) / 2) / (n - n_positive)
        above = (n_positive - passed - tied / 2) / n_positive
        for case in range(first, last):
            share[case] = below if label[case] else above
        first, passed = last, passed + tied
    return share


def as_counts(counts: IntArray | FloatArray) -> FloatArray:
    """Return counts in the one layout that the kernel is compiled for."""
    return np.ascontiguousarray(counts, dtype=np.float64)
