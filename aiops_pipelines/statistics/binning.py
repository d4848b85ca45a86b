"""Numbers into bins by table look-up, many groups in one pass; knows arrays already checked.

A value's cell in an even grid over the inner edges says nearly which bin it falls in; what lies
beyond the grid is looked for among all edges.
"""

import numpy as np
from numba import njit

from aiops_pipelines.statistics.arguments import FloatArray, IntArray, as_compiled

_CELLS = 1024


def count_in_bins(
    values: FloatArray,
    group: IntArray,
    n_groups: int,
    edges: FloatArray,
    within: tuple[float, float],
    dense: tuple[float, float],
) -> tuple[IntArray, IntArray, IntArray]:
    """Return counts (n_groups, bins), and of each group the missing values and those outside.

    Bin i holds values (n,) in [edges[i-1], edges[i]); NaN is missing, outside is what lies beyond
    `within`. The grid of the look-up spans `dense`, where most values are expected.
    """
    counts = np.zeros((n_groups, len(edges) + 1), np.int64)
    missing, outside = np.zeros(n_groups, np.int64), np.zeros(n_groups, np.int64)
    first, last = dense
    scale = _CELLS / (last - first) if last > first else 0.0
    if not np.isfinite(scale):
        first, last, scale = 0.0, 0.0, 0.0
    starts = np.searchsorted(edges, np.linspace(first, last, _CELLS + 1))
    _count(
        as_compiled(values),
        group,
        as_compiled(edges),
        starts,
        first,
        scale,
        within[0],
        within[1],
        counts,
        missing,
        outside,
    )
    return counts, missing, outside


@njit(cache=True, error_model="numpy")
def _count(
    values: FloatArray,
    group: IntArray,
    edges: FloatArray,
    starts: IntArray,
    first: float,
    scale: float,
    low: float,
    high: float,
    counts: IntArray,
    missing: IntArray,
    outside: IntArray,
) -> None:
    for i in range(len(values)):
        x, g = values[i], group[i]
        if np.isnan(x):
            missing[g] += 1
            continue
        place = (x - first) * scale
        if 0 <= place < _CELLS and scale > 0:
            cell = int(place)
            b = first_above(x, edges, starts[cell], starts[cell + 1])
        else:
            b = first_above(x, edges, 0, len(edges))
        counts[g, b] += 1
        if x < low or x > high:
            outside[g] += 1


@njit(cache=True, error_model="numpy")
def first_above(value: float, edges: FloatArray, low: int, high: int) -> int:
    """Return how many edges are at most `value`, looked for from `low` to `high` first."""
    while low < high:
        middle = (low + high) // 2
        if edges[middle] <= value:
            low = middle + 1
        else:
            high = middle
    while low > 0 and edges[low - 1] > value:
        low -= 1
    while low < len(edges) and edges[low] <= value:
        low += 1
    return low
