"""One pass over scored cases into bins and strata: the loop that all daily statistics come from.

Knows arrays that were already checked; hands on counts and sums per group and bin.
"""

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import special

from aiops_pipelines.statistics.arguments import FloatArray, IntArray, as_compiled
from aiops_pipelines.statistics.binning import first_above
from aiops_pipelines.statistics.calibration import EXTREME

POSITIVE, NEGATIVE, UNLABELLED = 0, 1, 2
SUMS = 9
"""Sums of a bin: score, logit, unlabelled score, then Brier, its square, log loss, its square,
Spiegelhalter's term and its variance."""

_CELLS = 2048
_FARTHEST = 28.0


def scatter(
    score: FloatArray,
    state: NDArray[np.int8],
    groups: Sequence[IntArray],
    n_groups: Sequence[int],
    edges: FloatArray,
) -> tuple[IntArray, FloatArray]:
    """Return counts (groups, 3, bins) and sums (groups, SUMS, bins) of `score` (n,).

    `groups` are stratifications, each with its codes (n,); their groups follow one another.
    """
    offsets = np.concatenate([[0], np.cumsum(n_groups)])
    counts = np.zeros((int(offsets[-1]), len(edges) + 1, 3), np.int64)
    sums = np.zeros((int(offsets[-1]), len(edges) + 1, SUMS))
    starts = np.searchsorted(edges, special.expit(np.linspace(-_FARTHEST, _FARTHEST, _CELLS + 1)))
    stacked = np.stack(groups) if len(groups) else np.zeros((0, len(score)), np.int64)
    _scatter(as_compiled(score), state, stacked, offsets, as_compiled(edges), starts, counts, sums)
    return counts.transpose(0, 2, 1), sums.transpose(0, 2, 1)


@njit(cache=True, error_model="numpy")
def _scatter(
    score: FloatArray,
    state: NDArray[np.int8],
    groups: IntArray,
    offsets: IntArray,
    edges: FloatArray,
    starts: IntArray,
    counts: IntArray,
    sums: FloatArray,
) -> None:
    term = np.empty(SUMS)
    per_cell = _CELLS / (2 * _FARTHEST)
    for i in range(len(score)):
        p = score[i]
        kept = min(max(p, EXTREME), 1 - EXTREME)
        log_p, log_q = np.log(kept), np.log1p(-kept)
        logit = log_p - log_q
        cell = min(max(int((logit + _FARTHEST) * per_cell), 0), _CELLS - 1)
        b = first_above(p, edges, starts[cell], starts[cell + 1])
        kind = state[i]
        y = 1.0 if kind == POSITIVE else 0.0
        loss = -log_p if kind == POSITIVE else -log_q
        error = y - p
        squared = error * error
        tilt = 1 - 2 * p
        term[0], term[1], term[2] = p, logit, 0.0
        term[3], term[4], term[5], term[6] = squared, squared * squared, loss, loss * loss
        term[7], term[8] = error * tilt, tilt * tilt * p * (1 - p)
        for k in range(groups.shape[0]):
            g = offsets[k] + groups[k, i]
            counts[g, b, kind] += 1
            if kind == UNLABELLED:
                sums[g, b, 2] += p
            else:
                for t in range(SUMS):
                    sums[g, b, t] += term[t]
