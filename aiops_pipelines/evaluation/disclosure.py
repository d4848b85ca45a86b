"""Which subgroup figures may be read outside the team, decided once, when they are computed.

What a window's gaps tell is tabulated whole, whichever of them is asked for, so that every output
of a night withholds the same ones: dashboard, reports, command, check results, incidents. A rate
that is shown with its n shows its numerator as well, so a figure is withheld with any count it
tells. Counts of all cases are taken as known to every reader; given them, the values of one
subgroup tell nothing of another's, and each subgroup is protected by itself.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from aiops_pipelines.evaluation.daily import ALL
from aiops_pipelines.evaluation.measures import flag_counts
from aiops_pipelines.evaluation.window import Window
from aiops_pipelines.portfolio import Area, Task
from aiops_pipelines.statistics import Count, suppress

WITHHELD = (
    "numbers not shown: fewer than 11 cases, or a count under 11 could be worked out from them"
)

Cell = tuple[str, str]
"""A stratum and what is counted in it."""

_BINARY: Mapping[str, tuple[str, ...]] = {
    "cases": ("tp", "fp", "fn", "tn", "flagged unlabelled", "unflagged unlabelled"),
    "all flagged": ("tp", "fp", "flagged unlabelled"),
    "all unflagged": ("fn", "tn", "unflagged unlabelled"),
    "labelled": ("tp", "fp", "fn", "tn"),
    "positives": ("tp", "fn"),
    "negatives": ("fp", "tn"),
    "flagged": ("tp", "fp"),
    "unflagged": ("fn", "tn"),
    "tp": ("tp",),
    "fp": ("fp",),
    "fn": ("fn",),
    "tn": ("tn",),
}
"""What may be counted of a binary output, as the states it takes together."""

_CLASSES = {"labelled": ("right", "wrong"), "right": ("right",), "wrong": ("wrong",)}
_NUMBERS = {"labelled": ("labelled",)}

_TOLD: Mapping[str, tuple[str, ...]] = {
    "flag_rate": ("cases", "all flagged", "all unflagged"),
    "sensitivity": ("positives", "tp", "fn"),
    "specificity": ("negatives", "fp", "tn"),
    "ppv": ("flagged", "tp", "fp"),
    "accuracy": ("labelled", "right", "wrong"),
}
"""The counts that a reader learns from a rate and its n; of other metrics the labelled cases."""


def is_withheld(window: Window, metric: str, stratum: str) -> bool:
    """Return whether the numbers of a subgroup's gap must not be shown."""
    if stratum == ALL:
        return False
    hidden = withheld_counts(window, stratum.partition("=")[0])
    return any((stratum, measure) in hidden for measure in told_counts(metric))


def told_counts(metric: str) -> tuple[str, ...]:
    """Return what is counted in a gap's n and in the numerators of its rate."""
    return _TOLD.get(metric.removesuffix("_gap"), ("labelled",))


def withheld_counts(window: Window, subgroup: str) -> frozenset[Cell]:
    """Return the counts told by gaps between a subgroup's values that must not be shown.

    What is withheld at one operating point is withheld at all: they share their cases.
    """
    limits = [limit for limit in window.system.all_limits if limit.definition.area is Area.BIAS]
    told = sorted({measure for limit in limits for measure in told_counts(limit.metric)})
    points = sorted({limit.operating_point or "" for limit in limits})
    return frozenset().union(*(_at_point(window, subgroup, point, told) for point in points))


def _at_point(
    window: Window, subgroup: str, operating_point: str, told: Sequence[str]
) -> frozenset[Cell]:
    """Return what is withheld at one operating point; a value without a case is by itself."""
    states = {each: _states(window, operating_point, each) for each in window.strata(subgroup)}
    empty = {stratum for stratum, counts in states.items() if not sum(counts.values())}
    states = {ALL: _states(window, operating_point, ALL), **states}
    measures = _measures(window.system.output.task)
    table = tuple(
        (stratum, measure, sum(counts[state] for state in measures[measure]))
        for stratum, counts in states.items()
        for measure in told
        if stratum not in empty
    )
    silent = frozenset((stratum, measure) for stratum in empty for measure in told)
    return _hidden(table, window.system.output.task) | silent


@lru_cache(maxsize=256)
def _hidden(table: tuple[tuple[str, str, int], ...], task: Task) -> frozenset[Cell]:
    """Return what is withheld of the table.

    Where the known counts of all cases leave a small count without shelter, whatever counts the
    same is withheld for every value.
    """
    counts = [Count(*row) for row in table]
    everything = {(row.stratum, row.measure) for row in counts if row.stratum != ALL}
    while counts:
        known = {(row.stratum, row.measure) for row in counts if row.stratum == ALL}
        found = suppress(counts, known=known, measures=_measures(task))
        if not found.exposed:
            shown = {(row.stratum, row.measure) for row in found.counts if row.count is not None}
            return frozenset(everything - shown)
        bare = {measure.rpartition(" less ")[2] for _, measure in found.exposed}
        counts = [row for row in counts if row.measure not in bare]
    return frozenset(everything)


def _measures(task: Task) -> Mapping[str, tuple[str, ...]]:
    by_task = {Task.BINARY: _BINARY, Task.REGRESSION: _NUMBERS}
    return by_task.get(task, _CLASSES)


def _states(window: Window, operating_point: str, stratum: str) -> dict[str, int]:
    """Return the stratum's cases by state."""
    task = window.system.output.task
    if task is Task.REGRESSION:
        return {"labelled": window.labelled(stratum)}
    if task is not Task.BINARY:
        matrix = window.confusion(stratum)
        right = int(matrix.trace())
        return {"right": right, "wrong": int(matrix.sum()) - right}
    counts = flag_counts(window, operating_point, stratum)
    return {
        "tp": counts.flagged_positive,
        "fp": counts.flagged_negative,
        "flagged unlabelled": counts.flagged_unlabelled,
        "fn": counts.unflagged_positive,
        "tn": counts.unflagged_negative,
        "unflagged unlabelled": counts.unflagged_unlabelled,
    }
