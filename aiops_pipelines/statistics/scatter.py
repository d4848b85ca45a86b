"""One pass over scored cases into bins and strata: the loop that all daily statistics come from.

Knows arrays that were already checked; hands on counts and sums per group and bin.
"""

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

from aiops_pipelines.statistics.arguments import FloatArray, IntArray, as_compiled
from aiops_pipelines.statistics.binning import UnsignedArray, first_above
from aiops_pipelines.statistics.calibration import EXTREME

POSITIVE, NEGATIVE, UNLABELLED = 0, 1, 2
SUMS = 9
"""Sums of a bin: score, logit, unlabelled score, then Brier, its square, log loss, its square,
Spiegelhalter's term and its variance."""

_BLOCK = 1 << 14
"""So many cases are gone through at a time that what is worked out of them stays in the cache."""

_ONE = np.uint64(1)
_SHIFT = np.uint64(43)
_LOWEST = np.uint64((1023 - 25) << 9)
_MIDDLE = np.uint64(24 << 9)
_CELLS = 2 * (24 << 9) + 2
"""512 cells an octave from 2^-25 to a half, and as many of what is missing to 1."""


def scatter(
    score: FloatArray,
    state: NDArray[np.int8],
    groups: Sequence[IntArray],
    n_groups: Sequence[int],
    edges: Sequence[FloatArray],
) -> list[tuple[IntArray, FloatArray]]:
    """Return counts (groups, 3, bins) and sums (groups, SUMS, bins) of each stratification.

    A stratification has codes (n,) of the cases with `score` (n,), and edges.
    """
    shapes = [(number, len(each) + 1) for number, each in zip(n_groups, edges, strict=True)]
    starts = np.cumsum([0, *(number * bins for number, bins in shapes)])
    counts = np.zeros((int(starts[-1]), 3), np.int64)
    sums = np.zeros((int(starts[-1]), SUMS))
    rows = starts.astype(np.uint64), np.array([bins for _, bins in shapes], np.uint64)
    all_edges = as_compiled(np.unique(np.concatenate([*edges, np.empty(0)])))
    below, bins_of = _edges_below(all_edges), _bins_of_places(all_edges, edges)
    scores = as_compiled(score)
    for first in range(0, len(score), _BLOCK):
        part = slice(first, first + _BLOCK)
        kept = np.clip(scores[part], EXTREME, 1 - EXTREME)
        codes = np.array([group[part] for group in groups], np.uint64)
        codes = codes.reshape(len(groups), len(kept))
        cases = scores[part], np.log(kept), np.log1p(-kept), state[part], codes
        _add(*cases, *rows, all_edges, below, bins_of, counts, sums)
    return [
        (
            counts[start:stop].reshape(*shape, 3).transpose(0, 2, 1),
            sums[start:stop].reshape(*shape, SUMS).transpose(0, 2, 1),
        )
        for start, stop, shape in zip(starts[:-1], starts[1:], shapes, strict=True)
    ]


def _bins_of_places(all_edges: FloatArray, edges: Sequence[FloatArray]) -> UnsignedArray:
    """Return the bin of each stratification that what lies between two of `all_edges` falls in."""
    bins = np.zeros((len(edges), len(all_edges) + 1), np.uint64)
    for row, each in zip(bins, edges, strict=True):
        row[1:] = np.searchsorted(each, all_edges, "right")
    return bins


@njit(cache=True, error_model="numpy")
def _cell(score: float) -> np.uint64:
    """Return a score's cell, which rises with it: its leading digits, or of what it lacks to 1."""
    pattern = np.float64(min(score, 1 - score)).view(np.uint64) << _ONE >> _ONE + _SHIFT
    cell = max(pattern, _LOWEST) - _LOWEST
    return cell if score < 0.5 else _MIDDLE + _MIDDLE + _ONE - cell


@njit(cache=True, error_model="numpy")
def _edges_below(edges: FloatArray) -> UnsignedArray:
    """Return of each cell how many edges lie in the cells before it."""
    below = np.zeros(_CELLS + 1, np.uint64)
    for edge in edges:
        below[_cell(edge) + _ONE] += _ONE
    for cell in range(_CELLS):
        below[cell + 1] += below[cell]
    return below


@njit(cache=True, error_model="numpy")
def _add(
    score: FloatArray,
    log_score: FloatArray,
    log_rest: FloatArray,
    state: NDArray[np.int8],
    codes: UnsignedArray,
    starts: UnsignedArray,
    widths: UnsignedArray,
    edges: FloatArray,
    below: UnsignedArray,
    bins: UnsignedArray,
    counts: IntArray,
    sums: FloatArray,
) -> None:
    for i in range(len(score)):
        p, kind = score[i], np.uint64(state[i])
        y = 1.0 if kind == POSITIVE else 0.0
        loss = -log_score[i] if kind == POSITIVE else -log_rest[i]
        error, tilt = y - p, 1 - 2 * p
        squared = error * error
        logit, tilted, variance = (
            log_score[i] - log_rest[i],
            error * tilt,
            tilt * tilt * p * (1 - p),
        )
        cell = _cell(p)
        place = first_above(p, edges, below[cell], below[cell + _ONE])
        for k in range(codes.shape[0]):
            row = starts[k] + codes[k, i] * widths[k] + bins[k, place]
            counts[row, kind] += 1
            if kind == UNLABELLED:
                sums[row, 2] += p
            else:
                sums[row, 0] += p
                sums[row, 1] += logit
                sums[row, 3] += squared
                sums[row, 4] += squared * squared
                sums[row, 5] += loss
                sums[row, 6] += loss * loss
                sums[row, 7] += tilted
                sums[row, 8] += variance
