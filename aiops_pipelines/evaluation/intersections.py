"""Counts of every pair of subgroups at an operating point: a day's rows, and a window's sums.

Rows of kind "pair": stratum "sex=female|site=North", name the operating point, bin 1 for flagged
cases and 0 for the others, `value` the sum of the cell's labelled scores (on its first row).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from aiops_pipelines.evaluation.long_table import Rows
from aiops_pipelines.portfolio import OperatingPoint
from aiops_pipelines.statistics import SubgroupCounts, count_groups
from aiops_pipelines.statistics.arguments import FloatArray, IntArray

KIND = "pair"


def intersection_rows(
    score: FloatArray,
    label: FloatArray,
    points: Sequence[OperatingPoint],
    codes: Mapping[str, IntArray],
    values: Mapping[str, Sequence[str]],
) -> list[Rows]:
    """Return the rows of one day's cases, (n,) each, NaN for no label; none without pairs.

    `codes` index `values` of each subgroup.
    """
    if len(codes) < 2 or not len(score):
        return []
    known = ~np.isnan(label)
    return [
        _rows(
            count_groups(score >= point.threshold, label, codes, values, known, score), point.name
        )
        for point in points
    ]


def _rows(cells: Sequence[SubgroupCounts], point: str) -> Rows:
    strata, sides, counted, expected = [], [], [], []
    for cell in cells:
        if len(cell.shape) != 2:
            continue
        others = (cell.fn, cell.tn, cell.n - cell.flagged - cell.fn - cell.tn)
        flagged = (cell.tp, cell.fp, cell.flagged - cell.tp - cell.fp)
        held = [(side, counts) for side, counts in ((0, others), (1, flagged)) if any(counts)]
        for place, (side, counts) in enumerate(held):
            strata.append(cell.subgroup)
            sides.append(side)
            counted.append(counts)
            expected.append(cell.expected if place == 0 else 0.0)
    positive, negative, unlabelled = np.array(counted, np.int64).reshape(-1, 3).T
    return Rows(
        {"kind": KIND, "stratum": strata, "name": point},
        {
            "bin": np.array(sides, np.int32),
            "positive": positive,
            "negative": negative,
            "unlabelled": unlabelled,
            "value": np.array(expected, np.float64),
        },
    )


def intersection_counts(rows: pa.Table, point: str) -> list[SubgroupCounts]:
    """Return a window's counts at an operating point from its rows of kind "pair", by stratum."""
    columns = ["stratum", "name", "bin", "positive", "negative", "unlabelled", "value"]
    frame: pd.DataFrame = rows.select(columns).to_pandas()
    frame = frame[frame["name"] == point].drop(columns="name")
    summed = frame.groupby(["stratum", "bin"], observed=True).sum()
    found: dict[str, NDArray[np.float64]] = {}
    for (stratum, side), row in zip(summed.index, summed.to_numpy(), strict=True):
        cell = found.setdefault(stratum, np.zeros((2, 4)))
        cell[side] += row
    return [_cell(stratum, cell) for stratum, cell in found.items()]


def _cell(stratum: str, cell: NDArray[np.float64]) -> SubgroupCounts:
    (fn, tn, _), (tp, fp, _) = cell[:, :3].round().astype(int).tolist()
    return SubgroupCounts(
        stratum,
        n=round(float(cell[:, :3].sum())),
        flagged=round(float(cell[1, :3].sum())),
        tp=tp,
        fp=fp,
        fn=fn,
        tn=tn,
        expected=float(cell[:, 3].sum()),
    )
