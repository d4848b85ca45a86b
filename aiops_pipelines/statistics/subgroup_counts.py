"""Counts of every demographic and every pair of demographics, in one pass over the cases.

Knows flags, labels and group codes of cases; hands on a row of counts per subgroup, which add up
over days and feed `subgroup_gaps`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from aiops_pipelines.statistics.arguments import (
    BoolArray,
    FloatArray,
    IntArray,
    as_compiled,
    binary,
    probability,
    refuse,
    same_length,
    vector,
)
from aiops_pipelines.statistics.binning import UnsignedArray

ALL = "all"
"""The subgroup of everybody."""


@dataclass(frozen=True, slots=True)
class SubgroupCounts:
    """Counts of one subgroup: "all", "sex=F", or an intersection "sex=F|site=North".

    `n` counts all cases and `flagged` the flagged among them; `tp, fp, fn, tn` only those with a
    label. `expected` is the sum of labelled cases' scores, None where scores are no probabilities.
    """

    subgroup: str
    n: int
    flagged: int
    tp: int
    fp: int
    fn: int
    tn: int
    expected: float | None = None

    def __post_init__(self) -> None:
        counts = (self.n, self.flagged, self.tp, self.fp, self.fn, self.tn)
        if min(counts) < 0:
            raise ValueError(f"{self.subgroup}: counts must not be negative, are {counts}")
        if self.flagged > self.n or self.tp + self.fp > self.flagged:
            raise ValueError(f"{self.subgroup}: tp + fp <= flagged <= n must hold, are {counts}")
        if self.fn + self.tn > self.n - self.flagged:
            raise ValueError(f"{self.subgroup}: fn + tn <= n - flagged must hold, are {counts}")

    @property
    def positives(self) -> int:
        """Return the number of labelled positives."""
        return self.tp + self.fn

    @property
    def labelled(self) -> int:
        """Return the number of labelled cases."""
        return self.tp + self.fp + self.fn + self.tn

    @property
    def shape(self) -> tuple[str, ...]:
        """Return the dimensions that define the subgroup: ("sex", "site"); () for all."""
        if self.subgroup == ALL:
            return ()
        return tuple(part.partition("=")[0] for part in self.subgroup.split("|"))


@njit(cache=True, error_model="numpy")
def _scatter(
    state: NDArray[np.uint8],
    score: FloatArray,
    codes: NDArray[Any],
    first: UnsignedArray,
    second: UnsignedArray,
    strides: UnsignedArray,
    starts: UnsignedArray,
    counts: IntArray,
    sums: FloatArray,
) -> None:
    for i in range(len(state)):
        s = np.uint64(state[i])
        p = score[i] if len(score) and s < 4 else 0.0
        for k in range(len(first)):
            row, column = np.uint64(codes[first[k], i]), np.uint64(codes[second[k], i])
            cell = starts[k] + row * strides[k] + column
            counts[cell, s] += 1
            sums[cell] += p


def count_groups(
    flagged: ArrayLike,
    label: ArrayLike,
    codes: Mapping[str, ArrayLike],
    names: Mapping[str, Sequence[str]],
    labelled: ArrayLike | None = None,
    score: ArrayLike | None = None,
) -> tuple[SubgroupCounts, ...]:
    """Return counts of all cases, of each dimension's values and of each pair of dimensions.

    `flagged`, `label`, `labelled` and `score` are (n,); `codes` holds for each dimension integers
    (n,) that index `names` of that dimension. Where `labelled` is false the label is not looked at.
    Subgroups without a case are left out.

    Raises ValueError for differing lengths, values other than 0/1, no dimension, or codes out of
    range.
    """
    flags = binary("flagged", flagged)
    state = _states(flags, label, labelled)
    scores = np.empty(0) if score is None else probability("score", score)
    if score is not None:
        same_length(flagged=flags, score=scores)
    dimensions = list(names)
    if not dimensions:
        raise ValueError("names: must hold at least one dimension")
    columns = np.stack([_codes(d, codes[d], len(names[d]), len(flags)) for d in dimensions])
    pairs = list(combinations(range(len(dimensions)), 2)) or [(0, 0)]
    sizes = [len(names[d]) for d in dimensions]
    starts = np.cumsum([0, *(sizes[a] * sizes[b] for a, b in pairs)])
    counts, sums = np.zeros((starts[-1], 6), np.int64), np.zeros(starts[-1])
    first, second = (np.array(side, np.uint64) for side in zip(*pairs, strict=True))
    strides = np.array([sizes[b] for _, b in pairs], np.uint64)
    before = starts[:-1].astype(np.uint64)
    _scatter(state, as_compiled(scores), columns, first, second, strides, before, counts, sums)
    tables = {
        pair: (
            counts[start:stop].reshape(sizes[pair[0]], sizes[pair[1]], 6),
            sums[start:stop].reshape(sizes[pair[0]], sizes[pair[1]]),
        )
        for pair, start, stop in zip(pairs, starts[:-1], starts[1:], strict=True)
    }
    return tuple(_rows(dimensions, names, tables, score is not None))


def _rows(
    dimensions: list[str],
    names: Mapping[str, Sequence[str]],
    tables: Mapping[tuple[int, int], tuple[IntArray, FloatArray]],
    scored: bool,
) -> list[SubgroupCounts]:
    first_counts, first_sums = tables[next(iter(tables))]
    found = [_row(ALL, first_counts.sum(axis=(0, 1)), float(first_sums.sum()), scored)]
    for place, dimension in enumerate(dimensions):
        pair = next(pair for pair in tables if place in pair)
        counts, sums = tables[pair]
        away = 1 if pair[0] == place else 0
        for value, row, total in zip(
            names[dimension], counts.sum(axis=away), sums.sum(axis=away), strict=True
        ):
            found.append(_row(f"{dimension}={value}", row, float(total), scored))
    for (a, b), (counts, sums) in tables.items():
        if a == b:
            continue
        for i, value in enumerate(names[dimensions[a]]):
            for j, other in enumerate(names[dimensions[b]]):
                subgroup = f"{dimensions[a]}={value}|{dimensions[b]}={other}"
                found.append(_row(subgroup, counts[i, j], float(sums[i, j]), scored))
    return [row for row in found if row.n or row.subgroup == ALL]


def _row(subgroup: str, counts: IntArray, expected: float, scored: bool) -> SubgroupCounts:
    tn, fn, fp, tp, unflagged, flagged = (int(count) for count in counts)
    return SubgroupCounts(
        subgroup,
        tn + fn + fp + tp + unflagged + flagged,
        fp + tp + flagged,
        tp,
        fp,
        fn,
        tn,
        expected if scored else None,
    )


def _states(flags: BoolArray, label: ArrayLike, labelled: ArrayLike | None) -> NDArray[np.uint8]:
    """Return 2 * flagged + label, and 4 + flagged where there is no label."""
    flag: NDArray[np.uint8] = flags.astype(np.uint8)
    if labelled is None:
        truth = binary("label", label)
        same_length(flagged=flags, label=truth)
        full: NDArray[np.uint8] = np.bitwise_or(flag * np.uint8(2), truth, dtype=np.uint8)
        return full
    known, values = binary("labelled", labelled), vector("label", label)
    same_length(flagged=flags, label=values, labelled=known)
    state: NDArray[np.uint8] = np.add(flag, 4, dtype=np.uint8)
    truth = binary("label", np.where(known, values, 0))
    state[known] = np.bitwise_or(flag[known] * np.uint8(2), truth[known], dtype=np.uint8)
    return state


def _codes(dimension: str, codes: ArrayLike, size: int, n: int) -> NDArray[np.int16]:
    values = np.asarray(codes)
    if values.shape != (n,) or not np.issubdtype(values.dtype, np.integer):
        raise ValueError(f"codes[{dimension!r}]: must be integers ({n},), are {values.dtype}")
    if n and not 0 <= values.min() <= values.max() < size:
        rule = f"must lie in 0 to {size - 1}"
        refuse(f"codes[{dimension!r}]", rule, (values < 0) | (values >= size), values)
    return values.astype(np.int16, copy=False)
