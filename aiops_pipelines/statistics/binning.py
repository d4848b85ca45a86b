"""Numbers into bins by table look-up, many groups in one pass; knows arrays already checked.

An even grid over where most of the values lie says of each of its cells between which edges to
look; what lies beyond the grid is looked for among all edges.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from aiops_pipelines.statistics.arguments import FloatArray, IntArray, as_compiled

UnsignedArray = NDArray[np.uint64]
"""Indices of kernels: of a signed one numba asks each time whether it counts from the end."""

_CELLS = 4096
_SAMPLE = 256
_ONE = np.uint64(1)


def count_in_bins(
    values: FloatArray,
    group: IntArray,
    n_groups: int,
    edges: FloatArray,
    within: tuple[float, float],
) -> tuple[IntArray, IntArray, IntArray]:
    """Return counts (n_groups, bins), and of each group the missing values and those outside.

    Bin i holds values (n,) in [edges[i-1], edges[i]); NaN is missing, outside is what lies beyond
    `within`.
    """
    counts = np.zeros((n_groups, len(edges) + 1), np.int64)
    missing, outside = np.zeros(n_groups, np.int64), np.zeros(n_groups, np.int64)
    first, last = _grid(values, within)
    given, codes, bounds = as_compiled(values), as_compiled(group), as_compiled(edges)
    _count(given, codes, bounds, first, last, within[0], within[1], counts, missing, outside)
    return counts, missing, outside


def _grid(values: FloatArray, within: tuple[float, float]) -> tuple[float, float]:
    """Return the ends of a finite grid about the bulk of `values`, nowhere beyond `within`.

    NaN where there is none, as for values that are all the same.
    """
    sample = values[:: len(values) // _SAMPLE + 1]
    found = np.sort(sample[np.isfinite(sample)])
    if not len(found):
        return math.nan, math.nan
    low, high = float(found[len(found) // 10]), float(found[-1 - len(found) // 10])
    first, last = max(2 * low - high, within[0]), min(2 * high - low, within[1])
    scale = _CELLS / (last - first) if last > first else 0.0
    return (first, last) if 0 < scale < math.inf else (math.nan, math.nan)


@njit(cache=True, error_model="numpy")
def _count(
    values: FloatArray,
    group: IntArray,
    edges: FloatArray,
    first: float,
    last: float,
    low: float,
    high: float,
    counts: IntArray,
    missing: IntArray,
    outside: IntArray,
) -> None:
    scale = _CELLS / (last - first)
    starts = _edges_below(edges, first, last, scale)
    for i in range(len(values)):
        x, g = values[i], np.uint64(group[i])
        if first <= x <= last:
            cell = np.uint64(int((x - first) * scale))
            counts[g, first_above(x, edges, starts[cell], starts[cell + _ONE])] += 1
        elif np.isnan(x):
            missing[g] += 1
        else:
            counts[g, first_above(x, edges, np.uint64(0), np.uint64(len(edges)))] += 1
            if x < low or x > high:
                outside[g] += 1


@njit(cache=True, error_model="numpy")
def _edges_below(edges: FloatArray, first: float, last: float, scale: float) -> UnsignedArray:
    """Return of each cell how many edges lie before it; by the arithmetic that places values."""
    below = np.zeros(_CELLS + 2, np.uint64)
    for edge in edges:
        if edge < first:
            below[0] += _ONE
        elif edge <= last:
            below[int((edge - first) * scale) + 1] += _ONE
    for cell in range(_CELLS + 1):
        below[cell + 1] += below[cell]
    return below


@njit(cache=True, error_model="numpy")
def first_above(value: float, edges: FloatArray, low: np.uint64, high: np.uint64) -> np.uint64:
    """Return how many edges are at most `value`, known to be `low` to `high`."""
    while low < high:
        middle = (low + high) >> _ONE
        if edges[middle] <= value:
            low = middle + _ONE
        else:
            high = middle
    return low
