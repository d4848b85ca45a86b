"""Cases sorted once into blocks of equal score: what every exact figure is read from.

Knows arrays that were already checked. Without loss: two scores are tied only where they are equal.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from aiops_pipelines.statistics.arguments import BoolArray, FloatArray, IntArray

_BELOW_TWO = 2.0
_ONE = np.uint64(1)
_DIGIT_BITS, _DIGITS = 11, 6
_FEW = 20_000
"""Below this many keys numpy's sort is the faster one."""


@dataclass(frozen=True, slots=True)
class TieBlocks:
    """Distinct scores in rising order with their numbers of positives and negatives: (blocks,)."""

    value: FloatArray
    positive: IntArray
    negative: IntArray


def tie_blocks(score: FloatArray, label: BoolArray) -> TieBlocks:
    """Return the blocks of finite scores (n,) with labels (n,).

    A float64 in [0, 2) never uses its two highest bits, so its pattern shifted by one leaves the
    lowest bit to the label, and one sort does for both. Other scores are sorted a class at a time.
    """
    if not len(score):
        return TieBlocks(np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64))
    positive_zero = score + 0.0
    if score.min() >= 0 and score.max() < _BELOW_TWO:
        keys = positive_zero.view(np.uint64) << _ONE
        keys |= label.view(np.uint8)
        patterns, positive, negative = _packed_blocks(_sorted(keys))
        return TieBlocks(patterns.view(np.float64), positive, negative)
    by_class = np.sort(positive_zero[label]), np.sort(positive_zero[~label])
    return TieBlocks(*_merged_blocks(*by_class))


def _sorted(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return np.sort(keys) if len(keys) < _FEW else _radix_sorted(keys)


@njit(cache=True, error_model="numpy")
def _radix_sorted(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return `keys` in rising order, by a digit of 11 bits at a time; `keys` are overwritten."""
    size = 1 << _DIGIT_BITS
    mask = np.uint64(size - 1)
    numbers = np.zeros((_DIGITS, size), np.int64)
    for i in range(len(keys)):
        for digit in range(_DIGITS):
            numbers[digit, np.int64((keys[i] >> np.uint64(_DIGIT_BITS * digit)) & mask)] += 1
    source, target = keys, np.empty_like(keys)
    for digit in range(_DIGITS):
        shift, place = np.uint64(_DIGIT_BITS * digit), numbers[digit]
        if place[np.int64((source[0] >> shift) & mask)] == len(keys):
            continue
        place[:] = np.cumsum(place) - place
        for i in range(len(source)):
            value = np.int64((source[i] >> shift) & mask)
            target[place[value]] = source[i]
            place[value] += 1
        source, target = target, source
    return source


@njit(cache=True, error_model="numpy")
def _packed_blocks(keys: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], IntArray, IntArray]:
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
