"""What the sequence of mature days says against a limit: an e-detector's alarm.

Rates are replayed day by day as counts (exact); every other metric as estimates of successive
blocks of days, each just long enough for a standard error that can be trusted. Days enter in the
order in which they became mature, from the end of the reference period on.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import date

from aiops_pipelines.evaluation.judgement import Evidence
from aiops_pipelines.evaluation.measures import MEASURES, bad_events
from aiops_pipelines.evaluation.window import History, Window
from aiops_pipelines.portfolio import Limit
from aiops_pipelines.statistics import Estimate, MeanShiftDetector, ShiryaevRoberts
from aiops_pipelines.statistics.mean_shift import implied_freedom

RUN_LENGTH_DAYS = 3650.0
"""The average run without a false alarm exactly at the limit: ten years."""

BLOCK_EVENTS = 20
BLOCK_CASES = 60
BLOCK_DAYS = 7
"""A block closes when it has a week, so many cases, and so many of the rarer class."""

_LOG_SCALE = frozenset(
    {
        "observed_expected_ratio",
        "mae",
        "rmse",
        "positive_likelihood_ratio",
        "negative_likelihood_ratio",
    }
)
_LOGIT_SCALE = frozenset({"auroc", "average_precision"})


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
    detector = MeanShiftDetector(
        limit=scaled(limit.metric, bound),
        direction="above" if above else "below",
        average_run_length=RUN_LENGTH_DAYS / BLOCK_DAYS,
    )
    measure = MEASURES[limit.metric]
    for block in blocks(history, days):
        estimate = measure(block, limit.operating_point or "", "all")
        detector = with_block(detector, limit.metric, estimate, block.days[-1])
    return _stated(detector)


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


def with_block(
    detector: MeanShiftDetector, metric: str, estimate: Estimate, on: date | None = None
) -> MeanShiftDetector:
    """Return the detector after a block's estimate of `metric`, on the scale of its limit.

    How well the standard error is known is what the rarer class allows, or less where the interval
    towards the limit reaches further than that.
    """
    value, error = _on_scale(metric, estimate)
    events = estimate.n_events
    rarer = estimate.n if events is None else min(events, estimate.n - events)
    freedom = max(rarer - 1.0, 1.0)
    facing = estimate.low if detector.direction == "above" else estimate.high
    if value is not None and error and facing is not None:
        freedom = min(freedom, implied_freedom(abs(value - scaled(metric, facing)), error))
    return detector.update(value, error, on=on, degrees_of_freedom=freedom)


def scaled(metric: str, value: float) -> float:
    """Return a limit of `metric`, or a bound of it, on the scale on which its blocks are normal."""
    if metric in _LOG_SCALE:
        return math.log(max(value, 1e-9))
    if metric in _LOGIT_SCALE:
        kept = min(max(value, 1e-9), 1 - 1e-9)
        return math.log(kept / (1 - kept))
    return value


def _on_scale(metric: str, estimate: Estimate) -> tuple[float | None, float | None]:
    """Return estimate and standard error on the metric's scale, by the delta method."""
    value, error = estimate.value, estimate.standard_error
    if value is None or error is None:
        return None, None
    if metric in _LOG_SCALE:
        return (math.log(value), error / value) if value > 0 else (None, None)
    if metric in _LOGIT_SCALE:
        if not 0 < value < 1:
            return None, None
        return math.log(value / (1 - value)), error / (value * (1 - value))
    return value, error
