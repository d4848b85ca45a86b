"""How much is missing where there is too little data, and about how many days until it is there."""

import math
from dataclasses import dataclass

from aiops_pipelines.evaluation.measures import flag_counts
from aiops_pipelines.evaluation.window import Window
from aiops_pipelines.portfolio import Limit, Task
from aiops_pipelines.statistics import Estimate, audit_size, sample_size

SMALL_CELL = 11
"""Counts below this are never shown outside the team."""

HALF_WIDTH = 0.10
"""The precision a rate is worth reading at: +-10 percentage points."""

_OF_POSITIVES = frozenset({"sensitivity", "false_negative_rate"})


@dataclass(frozen=True, slots=True)
class Pace:
    """How many labelled cases, and positives among them, a day brings at the present volume."""

    cases: float
    positives: float | None = None

    @classmethod
    def of(cls, window: Window, stratum: str = "all") -> "Pace | None":
        """Return the pace of a window's days; None where it has none."""
        if not window.days:
            return None
        days, task = len(window.days), window.system.output.task
        cases = window.labelled(stratum) / days
        if task is not Task.BINARY:
            return cls(cases)
        return cls(cases, window.histogram(stratum).n_positive / days)


def shortfall(limit: Limit, cases: int, events: int | None, pace: Pace | None) -> str | None:
    """Return what is missing for `limit`'s minimum, and until when; None where there is enough.

    `events` are the positives, None where an output has none.
    """
    lacking = limit.minimum_n - cases
    lacking_events = 0 if events is None else limit.minimum_events - events
    if lacking <= 0 and lacking_events <= 0:
        return None
    if lacking > 0:
        text = f"{shown(cases)} of the {limit.minimum_n} cases needed"
    else:
        text = f"{shown(events or 0)} of the {limit.minimum_events} positives needed"
    return f"{text}{_wait(limit, lacking, lacking_events, pace)}{_precision(limit, events, pace)}"


def shown(count: int) -> str:
    """Return a count as people outside the team may read it."""
    return f"fewer than {SMALL_CELL}" if count < SMALL_CELL else f"{count:,}"


def _wait(limit: Limit, lacking: int, lacking_events: int, pace: Pace | None) -> str:
    """Return how long it takes, or that a sliding window of this length never holds enough."""
    if pace is None:
        return ""
    rates = [(limit.minimum_n, lacking, pace.cases)]
    if pace.positives is not None:
        rates.append((limit.minimum_events, lacking_events, pace.positives))
    if any(missing > 0 and rate == 0 for _, missing, rate in rates):
        return ", and none come at present"
    if any(needed > rate * limit.window_days for needed, _, rate in rates):
        days = max(math.ceil(needed / rate) for needed, _, rate in rates if rate)
        return f": at the present volume that takes a window of about {days} days"
    days = max(math.ceil(missing / rate) for _, missing, rate in rates if missing > 0)
    return f", in about {days} {'day' if days == 1 else 'days'} at the present volume"


def _precision(limit: Limit, events: int | None, pace: Pace | None) -> str:
    """Return what a sensitivity within +-HALF_WIDTH takes."""
    if limit.metric not in _OF_POSITIVES or pace is None or not pace.positives:
        return ""
    expected = limit.minimum if limit.minimum is not None else limit.maximum
    if expected is None or not 0 <= expected <= 1:
        return ""
    size = sample_size(
        expected,
        HALF_WIDTH,
        share=min(pace.positives / pace.cases, 1.0),
        present=events or 0,
        cases_a_day=pace.cases,
    )
    if not size.missing:
        return ""
    return f" (within +-{HALF_WIDTH:.2f} it takes {size.needed:,} positives)"


def audit_shortfall(limit: Limit, window: Window, estimate: Estimate) -> str | None:
    """Return what audit of AI-negatives would give a sensitivity within +-HALF_WIDTH.

    Planned for the limit's own value, since an audit that found no miss can't tell how many there
    are. Said in shares: counts would give away small ones by subtraction. None where the truth of
    all is known, or the interval is narrow enough.
    """
    if window.system.truth.scheme != "partial" or limit.metric not in _OF_POSITIVES:
        return None
    low, high = estimate.low, estimate.high
    if low is not None and high is not None and high - low <= 2 * HALF_WIDTH:
        return None
    counts = flag_counts(window, limit.operating_point or "")
    expected = limit.minimum if limit.minimum is not None else limit.maximum or 0.0
    sensitivity = expected if limit.metric == "sensitivity" else 1 - expected
    read = counts.unflagged_positive + counts.unflagged_negative
    unflagged = read + counts.unflagged_unlabelled
    missed = counts.flagged_positive * (1 / sensitivity - 1) if sensitivity else 0.0
    if not 0 < missed < unflagged:
        return None
    size = audit_size(unflagged, missed / unflagged, counts.flagged_positive, HALF_WIDTH)
    if size.half_width > HALF_WIDTH:
        return f"even re-reading all AI-negatives would leave +-{size.half_width:.2f}"
    if size.n <= read:
        return None
    return (
        f"within +-{HALF_WIDTH:.2f} it takes re-reading about {100 * size.fraction:.2g}% of the "
        f"AI-negatives, {100 * read / unflagged:.2g}% were"
    )
