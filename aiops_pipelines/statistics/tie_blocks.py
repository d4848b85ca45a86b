"""Cases sorted once into blocks of equal score: what every exact figure is read from.

Knows arrays that were already checked. Without loss: two scores are tied only where they are equal.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from aiops_pipelines.statistics.arguments import BoolArray, FloatArray, IntArray
from aiops_pipelines.statistics.radix_sort import KeyArray, sorted_keys

_BELOW_TWO = 2.0
_ONE = np.uint64(1)


@dataclass(frozen=True, slots=True)
class TieBlocks:
    """Distinct scores in rising order with their numbers of positives and negatives: (blocks,)."""

    value: FloatArray
    positive: IntArray
    negative: IntArray


def tie_blocks(score: FloatArray, label: BoolArray) -> TieBlocks:
    """Return the blocks of finite scores (n,) with labels (n,).

    One sort does for scores and labels where all scores are in [0, 2); others are sorted a class
    at a time.
    """
    if not len(score):
        return TieBlocks(np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64))
    if score.min() >= 0 and score.max() < _BELOW_TWO:
        patterns, positive, negative = _packed_blocks(labelled_keys(score, label))
        return TieBlocks(patterns.view(np.float64), positive, negative)
    positive_zero = score + 0.0
    by_class = np.sort(positive_zero[label]), np.sort(positive_zero[~label])
    return TieBlocks(*_merged_blocks(*by_class))


def labelled_keys(score: FloatArray, label: BoolArray, rooms: KeyArray | None = None) -> KeyArray:
    """Return scores in [0, 2) in rising order (n,), each with its label in the lowest bit.

    A float64 in [0, 2) never uses its two highest bits, so its pattern shifted by one leaves the
    lowest bit to the label. Labels of equal scores come in no certain order. With `rooms` (2, n)
    the result lies in the second, and the first is free again.
    """
    keys, ordered = np.empty((2, len(score)), np.uint64) if rooms is None else rooms
    np.add(score, 0.0, out=keys.view(np.float64))
    keys <<= _ONE
    keys |= label.view(np.uint8)
    return sorted_keys(keys, ordered, spare=1)


@njit(cache=True, error_model="numpy")
def _packed_blocks(keys: KeyArray) -> tuple[KeyArray, IntArray, IntArray]:
    value = np.empty(len(keys), np.uint64)
    positive = np.empty(len(keys), np.int64)
    negative = np.empty(len(keys), np.int64)
    block = -1
    for i in range(len(keys)):
        pattern = keys[i] >> _ONE
        if block < 0 or pattern != value[block]:
            block += 1
            value[block] = pattern
            positive[block] = negative[block] = 0
        flag = np.int64(keys[i] & _ONE)
        positive[block] += flag
        negative[block] += 1 - flag
    return value[: block + 1], positive[: block + 1], negative[: block + 1]


@njit(cache=True, error_model="numpy")
def _merged_blocks(
    positives: FloatArray, negatives: FloatArray
) -> tuple[FloatArray, IntArray, IntArray]:
    n_positive, n_negative = len(positives), len(negatives)
    value = np.empty(n_positive + n_negative)
    positive = np.empty(n_positive + n_negative, np.int64)
    negative = np.empty(n_positive + n_negative, np.int64)
    i = j = block = 0
    while i < n_positive or j < n_negative:
        if j == n_negative or (i < n_positive and positives[i] <= negatives[j]):
            least = positives[i]
        else:
            least = negatives[j]
        first_i, first_j = i, j
        while i < n_positive and positives[i] == least:
            i += 1
        while j < n_negative and negatives[j] == least:
            j += 1
        value[block] = least
        positive[block], negative[block] = i - first_i, j - first_j
        block += 1
    return value[:block], positive[:block], negative[:block]
