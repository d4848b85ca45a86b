"""What the sequence of mature days says against a limit: an e-detector's alarm.

Rates are replayed day by day as counts (exact); every other metric as estimates of successive
blocks of days, each just long enough for a standard error that can be trusted. Days enter in the
order in which they became mature, from the end of the reference period on.

Metrics that are means over cases, to first order, are judged by the standard error that the
reference and the earlier blocks lead to expect of a block of its size; the others by their own, as
surely as it is known.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import date

from aiops_pipelines.evaluation.judgement import Evidence
from aiops_pipelines.evaluation.measures import MEASURES, bad_events
from aiops_pipelines.evaluation.window import History, Window
from aiops_pipelines.portfolio import Limit
from aiops_pipelines.statistics import Estimate, MeanShiftDetector, ShiryaevRoberts
from aiops_pipelines.statistics.mean_shift import implied_error, implied_freedom

RUN_LENGTH_DAYS = 3650.0
"""The average run without a false alarm exactly at the limit: ten years."""

BLOCK_EVENTS = 20
BLOCK_CASES = 60
BLOCK_DAYS = 7
"""A block closes when it has a week, so many cases, and so many of the rarer class."""

_MEANS = frozenset(
    {
        "brier",
        "log_loss",
        "flag_rate",
        "observed_expected_ratio",
        "quadratic_weighted_kappa",
        "within_one",
        "grade_bias",
        "mae",
        "rmse",
        "mean_error",
        "limit_of_agreement_low",
        "limit_of_agreement_high",
    }
)
_LEAST_SQUARES = frozenset({"calibration_slope", "calibration_intercept"})
"""Means too where the output is continuous; a binary output's are fitted by likelihood."""
_OF_SPREAD = frozenset({"limit_of_agreement_low", "limit_of_agreement_high"})
"""Roots of squares, of which small blocks show too little: their interval knows by how much."""

_LOG_SCALE = frozenset({"positive_likelihood_ratio", "negative_likelihood_ratio"})
_LOGIT_SCALE = frozenset({"auroc", "average_precision"})
_SQUARE_SCALE = frozenset({"rmse"})
"""A mean of squares, whose standard error is expected to be the same share of any such mean."""


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
    measure, point = MEASURES[limit.metric], limit.operating_point or ""
    earlier = history.reference
    known = _large_enough(earlier)
    for block in blocks(history, days):
        estimate, before = measure(block, point, "all"), None
        if is_mean(limit.metric, estimate):
            before = measure(earlier, point, "all") if known else None
            earlier, known = earlier.joined(block), True
        detector = with_block(detector, limit.metric, estimate, before, block.days[-1])
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


def is_mean(metric: str, estimate: Estimate) -> bool:
    """Tell whether the metric is a mean over cases, to first order: its error can be expected."""
    return metric in _MEANS or (metric in _LEAST_SQUARES and estimate.n_events is None)


def with_block(
    detector: MeanShiftDetector,
    metric: str,
    estimate: Estimate,
    earlier: Estimate | None,
    on: date | None = None,
) -> MeanShiftDetector:
    """Return the detector after a block's estimate of `metric`, on the scale of its limit.

    `earlier` is the estimate on all cases before the block. A mean without it says nothing: there
    is no telling how far off a block may be by chance. Other metrics do without it.
    """
    value, error = _on_scale(metric, estimate)
    facing = estimate.low if detector.direction == "above" else estimate.high
    reach = None
    if value is not None and facing is not None:
        reach = abs(value - scaled(metric, facing))
    if not is_mean(metric, estimate):
        freedom = _freedom(estimate, error, reach)
        return detector.update(value, error, on=on, degrees_of_freedom=freedom)
    expected = _expected(metric, earlier, detector.limit, estimate.n)
    if expected is None:
        return detector.update(None, None, on=on)
    if metric in _OF_SPREAD and reach is not None:
        error = max(error or 0.0, implied_error(reach))
    return detector.update(value, error, on=on, expected_error=expected)


def _freedom(estimate: Estimate, error: float | None, reach: float | None) -> float:
    """Return how well a block's own standard error is known.

    It is what the rarer class allows, or less where the interval towards the limit reaches further
    than that.
    """
    events = estimate.n_events
    rarer = estimate.n if events is None else min(events, estimate.n - events)
    freedom = max(rarer - 1.0, 1.0)
    return min(freedom, implied_freedom(reach, error)) if error and reach else freedom


def _expected(metric: str, earlier: Estimate | None, limit: float, n: int) -> float | None:
    """Return the standard error that n cases are expected to have, on the scale of the limit."""
    if earlier is None or earlier.standard_error is None or not n:
        return None
    error = earlier.standard_error * math.sqrt(earlier.n / n)
    if metric not in _SQUARE_SCALE:
        return error
    return 2 * limit * error / earlier.value if earlier.value else None


def scaled(metric: str, value: float) -> float:
    """Return a limit of `metric`, or a bound of it, on the scale on which its blocks are judged."""
    if metric in _LOG_SCALE:
        return math.log(max(value, 1e-9))
    if metric in _LOGIT_SCALE:
        kept = min(max(value, 1e-9), 1 - 1e-9)
        return math.log(kept / (1 - kept))
    return value**2 if metric in _SQUARE_SCALE else value


def _derivative(metric: str, value: float) -> float:
    """Return how fast the metric's scale rises at `value`, for errors by the delta method."""
    if metric in _LOG_SCALE:
        return 1 / value
    if metric in _LOGIT_SCALE:
        return 1 / (value * (1 - value))
    return 2 * value if metric in _SQUARE_SCALE else 1.0


def _on_scale(metric: str, estimate: Estimate) -> tuple[float | None, float | None]:
    """Return estimate and standard error on the metric's scale; None where it has no such value."""
    value, error = estimate.value, estimate.standard_error
    if value is None:
        return None, None
    if (metric in _LOG_SCALE and value <= 0) or (metric in _LOGIT_SCALE and not 0 < value < 1):
        return None, None
    return scaled(metric, value), None if error is None else error * _derivative(metric, value)
