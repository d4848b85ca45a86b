"""Why did it change: sums by slice and label of two windows, for the decomposition of a shift.

The error that is split: what was missed among positives (sensitivity), flagged among negatives
(specificity), wrong among the flagged (PPV), not exactly right (classes), the absolute error
(continuous), the share of negatives that outrank a positive (AUROC, of which it is the complement),
and for the rest the squared error of the score, from bins at their mean score.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from aiops_pipelines.evaluation.measures import flag_counts
from aiops_pipelines.evaluation.window import Window
from aiops_pipelines.portfolio import Task
from aiops_pipelines.statistics import ShiftCells, ShiftDecomposition, decompose_shift_cells
from aiops_pipelines.statistics.arguments import FloatArray

Sums = tuple[FloatArray, FloatArray, FloatArray]
"""Count, sum and sum of squares of the error, an element a label (one where labels say nothing)."""


@dataclass(frozen=True, slots=True)
class Shift:
    """The decomposition of the mean of `error`, by the slices of one `dimension`."""

    error: str
    dimension: str
    parts: ShiftDecomposition


def explained_shift(
    reference: Window, current: Window, metric: str, point: str | None
) -> Shift | None:
    """Return the split of an error's change by the subgroup whose slices differ most.

    None where nothing can be split: no subgroups, no cases in a period, or AI-negatives verified
    only in part.
    """
    system = current.system
    if system.truth.scheme == "partial":
        return None
    error, sums = _error_behind(current, metric, point)
    found = []
    for dimension in system.subgroups:
        slices = sorted({*reference.strata(dimension), *current.strata(dimension)})
        cells = _cells(slices, reference, current, sums) if slices else None
        if cells is not None:
            found.append(
                (dimension, cells, _unevenness(decompose_shift_cells(cells, replicates=0)))
            )
    if not found:
        return None
    dimension, cells, _ = max(found, key=lambda each: each[2])
    return Shift(error, dimension, decompose_shift_cells(cells))


def _unevenness(parts: ShiftDecomposition) -> float:
    """Return how far slices' shares of the change are from their shares of the cases."""
    total = parts.total.value or 0.0
    return max(
        (abs(each.total - total * each.n_current / parts.n_current) for each in parts.slices),
        default=0.0,
    )


def _cells(
    slices: Sequence[str], reference: Window, current: Window, sums: Callable[[Window, str], Sums]
) -> ShiftCells | None:
    periods = [[sums(window, each) for each in slices] for window in (reference, current)]
    stacked = [np.array([[each[i] for each in period] for period in periods]) for i in range(3)]
    if not (stacked[0].sum(axis=(1, 2)) > 0).all():
        return None
    return ShiftCells(tuple(slices), *stacked)


def _error_behind(
    window: Window, metric: str, point: str | None
) -> tuple[str, Callable[[Window, str], Sums]]:
    task = window.system.output.task
    if task is Task.REGRESSION:
        return "absolute error", _absolute
    if task is not Task.BINARY:
        return "share not exactly right", _inexact
    if metric == "auroc":
        return "share of negatives that outrank a positive (1 - AUROC)", _outranked
    if point is not None and metric in _AMONG:
        words, wrong, right = _AMONG[metric]
        return f"{words} at {point}", _share(point, wrong, right)
    return "squared error of the score", _squared


_AMONG = {
    "sensitivity": ("share missed among positives", "unflagged_positive", "flagged_positive"),
    "false_negative_rate": (
        "share missed among positives",
        "unflagged_positive",
        "flagged_positive",
    ),
    "specificity": ("share flagged among negatives", "flagged_negative", "unflagged_negative"),
    "ppv": ("share wrong among the flagged", "flagged_negative", "flagged_positive"),
    "npv": ("share missed among the unflagged", "unflagged_positive", "unflagged_negative"),
}


def _share(point: str, wrong: str, right: str) -> Callable[[Window, str], Sums]:
    def sums(window: Window, stratum: str) -> Sums:
        counts = flag_counts(window, point, stratum)
        events, others = getattr(counts, wrong), getattr(counts, right)
        return _zero_one(events, events + others)

    return sums


def _zero_one(events: int, cases: int) -> Sums:
    wrong = np.array([events], np.float64)
    return np.array([cases], np.float64), wrong, wrong


def _inexact(window: Window, stratum: str) -> Sums:
    matrix = window.confusion(stratum)
    return _zero_one(int(matrix.sum() - np.trace(matrix)), int(matrix.sum()))


def _absolute(window: Window, stratum: str) -> Sums:
    held = window.regression(stratum)
    return tuple(np.array([x], np.float64) for x in (held.n, held.absolute, held.e2))  # type: ignore[return-value]


def _outranked(window: Window, stratum: str) -> Sums:
    """Return, of the stratum's positives, the share of all negatives above each (ties half)."""
    dimension = stratum.partition("=")[0]
    negative = np.sum(
        [window.histogram(each).negative for each in window.strata(dimension)], axis=0
    )
    positive, total = window.histogram(stratum).positive, max(float(np.sum(negative)), 1.0)
    above = (np.sum(negative) - np.cumsum(negative) + negative / 2) / total
    return tuple(  # type: ignore[return-value]
        np.array([float(positive @ power)]) for power in (np.ones(len(above)), above, above**2)
    )


def _squared(window: Window, stratum: str) -> Sums:
    held = window.histogram(stratum)
    cases = held.positive + held.negative
    score = np.divide(held.score_sum, cases, out=np.zeros(len(cases)), where=cases > 0)
    sides = ((held.negative, score**2), (held.positive, (1 - score) ** 2))
    return (
        np.array([float(count.sum()) for count, _ in sides]),
        np.array([float(count @ error) for count, error in sides]),
        np.array([float(count @ error**2) for count, error in sides]),
    )
