"""When did it change: daily counts behind a metric, dated with a change point.

A rate is dated by its own counts. AUROC and its kin are dated by how many positives score in the
reference's lowest quarter of positives, or negatives in its highest quarter of negatives, whichever
speaks louder.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from aiops_pipelines.evaluation.measures import bad_events
from aiops_pipelines.evaluation.window import History, Window
from aiops_pipelines.portfolio import METRICS, Task
from aiops_pipelines.statistics import ChangePoint, change_point
from aiops_pipelines.statistics.arguments import IntArray

Counts = Callable[[Window], tuple[int, int]]
"""A day's events and trials."""


@dataclass(frozen=True, slots=True)
class Change:
    """The change point of what is `counted`; its evidence allows for the counts looked at."""

    counted: str
    found: ChangePoint[date]
    log_bayes_factor: float

    @property
    def first(self) -> date:
        """Return the first day of the credible set."""
        return self.found.credible_days[0]

    @property
    def last(self) -> date:
        """Return the last day of the credible set."""
        return self.found.credible_days[-1]


def dated_change(history: History, metric: str, point: str | None) -> Change | None:
    """Return the change of a metric over all mature days; None where its counts tell none.

    Days before and after the last change of version are searched alike: a change that lies on a
    version's first day is then found, not assumed.
    """
    counts = _counts_behind(history, metric, point)
    changes = []
    for counted, count in counts:
        pairs = [count(history.window([day])) for day in history.mature_days]
        events, trials = (np.array(side, np.int64) for side in zip(*pairs, strict=True))
        found = change_point(events, trials, history.mature_days)
        if found.log_bayes_factor is not None:
            log_factor = found.log_bayes_factor - math.log(len(counts))
            changes.append(Change(counted, found, log_factor))
    return max(changes, key=lambda change: change.log_bayes_factor, default=None)


def _counts_behind(
    history: History, metric: str, point: str | None
) -> Sequence[tuple[str, Counts]]:
    if not history.mature_days:
        return []
    if bad_events(metric, history.window([]), point) is not None:
        title = METRICS[metric].title + (f" at {point}" if point else "")
        partial = history.system.truth.scheme == "partial"
        among = " among verified cases" if partial else ""
        return [(f"errors behind {title}{among}", _rate(metric, point))]
    if history.system.output.task is not Task.BINARY or history.system.truth.scheme == "partial":
        return []
    reference = history.reference.histogram()
    low = _quantile_bin(reference.positive, 0.25)
    high = _quantile_bin(reference.negative, 0.75)
    return [
        ("positives that score in the reference's lowest quarter", _below(low)),
        ("negatives that score in the reference's highest quarter", _above(high)),
    ]


def _rate(metric: str, point: str | None) -> Counts:
    def counts(window: Window) -> tuple[int, int]:
        rate = bad_events(metric, window, point)
        return (rate.events, rate.trials) if rate is not None else (0, 0)

    return counts


def _quantile_bin(counts: IntArray, share: float) -> int:
    return int(np.searchsorted(np.cumsum(counts), share * counts.sum()))


def _below(place: int) -> Counts:
    def counts(window: Window) -> tuple[int, int]:
        positive = window.histogram().positive
        return int(positive[:place].sum()), int(positive.sum())

    return counts


def _above(place: int) -> Counts:
    def counts(window: Window) -> tuple[int, int]:
        negative = window.histogram().negative
        return int(negative[place + 1 :].sum()), int(negative.sum())

    return counts
