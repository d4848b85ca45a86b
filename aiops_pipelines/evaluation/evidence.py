"""What the sequence of mature days says against a limit: an e-detector's alarm.

Rates are replayed day by day as counts (exact); every other metric as estimates of successive
blocks of days, each just long enough for a standard error that can be trusted. Days enter in the
order in which they became mature, from the end of the reference period on.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import cache

from aiops_pipelines.evaluation.block_figures import Measured, detector_of, is_mean, with_block
from aiops_pipelines.evaluation.judgement import Evidence
from aiops_pipelines.evaluation.measures import MEASURES, bad_events
from aiops_pipelines.evaluation.window import History, Window
from aiops_pipelines.portfolio import Limit
from aiops_pipelines.statistics import Estimate, MeanShiftDetector, ShiryaevRoberts
from aiops_pipelines.statistics.unbiased_precision import jackknifed_average_precision

RUN_LENGTH_DAYS = 3650.0
"""The average run without a false alarm exactly at the limit: ten years."""

BLOCK_EVENTS = 20
BLOCK_CASES = 60
BLOCK_DAYS = 7
"""A block closes when it has a week, so many cases, and so many of the rarer class."""


def evidence(history: History, limit: Limit) -> Evidence:
    """Return the evidence of the history's mature days against `limit`, both sides of it."""
    sides = []
    if limit.maximum is not None:
        sides.append(_against(history, limit, limit.maximum, above=True))
    if limit.minimum is not None:
        sides.append(_against(history, limit, limit.minimum, above=False))
    return max(sides, key=lambda side: side.log_e_value)


def _against(history: History, limit: Limit, bound: float, *, above: bool) -> Evidence:
    days = history.monitored_mature_days
    probe = bad_events(limit.metric, history.window([]), limit.operating_point)
    if probe is not None:
        return _rate_evidence(history, limit, bound, above=above)
    run_length = RUN_LENGTH_DAYS / BLOCK_DAYS
    detector = detector_of(limit.metric, bound, run_length, above=above)
    earlier = history.reference
    known = _large_enough(earlier)
    for block in blocks(history, days):
        found, before = _measured(block, limit), None
        if is_mean(limit.metric, found(limit.metric)):
            before = _measured(earlier, limit) if known else None
            earlier, known = earlier.joined(block), True
        detector = with_block(detector, limit.metric, bound, found, before, block.days[-1])
    return _stated(detector)


def _measured(window: Window, limit: Limit) -> Measured:
    """Return the window's figures, of which that of average precision is without bias."""

    def measure(metric: str) -> Estimate:
        if metric == "average_precision":
            histogram = window.histogram()
            return jackknifed_average_precision(histogram.positive, histogram.negative)
        return MEASURES[metric](window, limit.operating_point or "", "all")

    return cache(measure)


def _rate_evidence(history: History, limit: Limit, bound: float, *, above: bool) -> Evidence:
    """Return the evidence on a rate; good rates are replayed as the rate of what goes wrong."""
    bad = limit.metric == "false_negative_rate"
    rate, exceeded = (bound, above) if bad else (1 - bound, not above)
    tilt = bad_events(limit.metric, history.window([]), limit.operating_point)
    among_verified = rate if tilt is None else tilt.limit_among_verified(rate)
    detector = ShiryaevRoberts(
        limit=min(max(among_verified, 1e-6), 1 - 1e-6),
        direction="above" if exceeded else "below",
        average_run_length=RUN_LENGTH_DAYS,
    )
    for day in history.monitored_mature_days:
        counts = bad_events(limit.metric, history.window([day]), limit.operating_point)
        if counts is not None:
            detector = detector.update(counts.events, counts.trials, on=day)
    return _stated(detector)


def _stated(detector: MeanShiftDetector | ShiryaevRoberts) -> Evidence:
    return Evidence(
        detector.log_e_value,
        detector.alarm,
        detector.first_alarm_on if detector.alarm else None,
    )


def blocks(
    history: History,
    days: Sequence[date],
    enough: Callable[[Window], bool] | None = None,
) -> Iterator[Window]:
    """Yield successive windows of days, none overlapping, each just large enough."""
    closes = enough or _large_enough
    pending: list[date] = []
    for day in days:
        pending.append(day)
        if len(pending) < BLOCK_DAYS:
            continue
        window = history.window(pending)
        if closes(window):
            yield window
            pending = []


def _large_enough(window: Window) -> bool:
    if window.count("labelled") < BLOCK_CASES:
        return False
    if not window.system.output.operating_points:
        return True
    histogram = window.histogram()
    return min(histogram.n_positive, histogram.n_negative) >= BLOCK_EVENTS
