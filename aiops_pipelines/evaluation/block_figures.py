"""What a block's figure says against a limit: on which scale, and by which standard error.

Metrics that are means over cases, to first order, are judged by the standard error that the
reference and the earlier blocks lead to expect of a block of its size; the others by their own, as
surely as it is known. Figures of spread (RMSE, limits of agreement) are judged by their squares,
which few cases do not make too small, and R squared and they by the errors that they would have
exactly at the limit: a block without a long tail shows too little spread and too small an error of
it, and both are put right at once.
"""

import math
from collections.abc import Callable
from datetime import date

from aiops_pipelines.statistics import Estimate, MeanShiftDetector
from aiops_pipelines.statistics.mean_shift import MOST_WIDENED, implied_freedom
from aiops_pipelines.statistics.regression import AGREEMENT

Measured = Callable[[str], Estimate]
"""The figures of a block's cases by metric; average precision is the jackknifed one."""

_MEANS = frozenset(
    {
        "average_precision",
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
        "r_squared",
        "limit_of_agreement_low",
        "limit_of_agreement_high",
    }
)
_LEAST_SQUARES = frozenset({"calibration_slope", "calibration_intercept"})
"""Means too where the output is continuous; a binary output's are fitted by likelihood."""
_SIDE = {"rmse": 1, "limit_of_agreement_low": -1, "limit_of_agreement_high": 1}
"""Figures of spread, and on which side of the middle they lie."""

_LOG_SCALE = frozenset({"positive_likelihood_ratio", "negative_likelihood_ratio"})
_LOGIT_SCALE = frozenset({"auroc"})

_UNSURE = 2.0
"""An expected variance is raised by this over the number of earlier blocks, as Student's variance
is with so many degrees of freedom: few blocks may lack the tail that the next one has."""
_LEAST = math.sqrt(1 / MOST_WIDENED)
"""The least factor by which errors of squares shrink on the way to a limit: if the middle moved
and the spread never shrank, a block's own error makes up for what is then expected too small."""


def is_mean(metric: str, estimate: Estimate) -> bool:
    """Tell whether the metric is a mean over cases, to first order: its error can be expected."""
    return metric in _MEANS or (metric in _LEAST_SQUARES and estimate.n_events is None)


def detector_of(metric: str, limit: float, run_length: float, *, above: bool) -> MeanShiftDetector:
    """Return the detector of `metric` beyond `limit`, with an average `run_length` in blocks."""
    scaled = 0.0 if metric in _SIDE else _scaled(metric, limit)
    return MeanShiftDetector(scaled, "above" if above else "below", run_length)


def with_block(
    detector: MeanShiftDetector,
    metric: str,
    limit: float,
    block: Measured,
    earlier: Measured | None,
    on: date | None = None,
) -> MeanShiftDetector:
    """Return the detector of `metric` beyond `limit` after a block.

    `earlier` are the figures of all cases before the block. A mean without them says nothing: there
    is no telling how far off a block may be by chance. Other metrics do without.
    """
    estimate = block(metric)
    value, error = _on_scale(metric, limit, block)
    if not is_mean(metric, estimate):
        freedom = _freedom(detector, metric, estimate, value, error)
        return detector.update(value, error, on=on, degrees_of_freedom=freedom)
    _, before = (None, None) if earlier is None else _on_scale(metric, limit, earlier)
    if earlier is None or before is None or not estimate.n:
        return detector.update(None, None, on=on)
    expected = before * math.sqrt(earlier(metric).n / estimate.n + _UNSURE)
    return detector.update(value, error, on=on, expected_error=expected)


def _freedom(
    detector: MeanShiftDetector,
    metric: str,
    estimate: Estimate,
    value: float | None,
    error: float | None,
) -> float:
    """Return how well a block's own standard error is known.

    It is what the rarer class allows, or less where the interval towards the limit reaches further
    than that.
    """
    events = estimate.n_events
    rarer = estimate.n if events is None else min(events, estimate.n - events)
    freedom = max(rarer - 1.0, 1.0)
    facing = estimate.low if detector.direction == "above" else estimate.high
    if value is None or facing is None or not error:
        return freedom
    reach = abs(value - _scaled(metric, facing))
    return min(freedom, implied_freedom(reach, error)) if reach else freedom


def _on_scale(metric: str, limit: float, measured: Measured) -> tuple[float | None, float | None]:
    """Return estimate and standard error on the metric's scale; None where it has no such value."""
    if metric in _SIDE:
        return squared_excess(metric, limit, measured)
    estimate = measured(metric)
    value, error = estimate.value, estimate.standard_error
    if value is None:
        return None, None
    if (metric in _LOG_SCALE and value <= 0) or (metric in _LOGIT_SCALE and not 0 < value < 1):
        return None, None
    if error is not None and metric == "r_squared":
        error *= _correlation_error(limit) / _correlation_error(value)
    return _scaled(metric, value), None if error is None else error * _derivative(metric, value)


def squared_excess(
    metric: str, limit: float, measured: Measured
) -> tuple[float | None, float | None]:
    """Return how far the square of a spread exceeds the one that puts the figure at its limit.

    A limit of agreement stands at its limit where (1.96 SD)^2 is (limit - mean)^2, the RMSE where
    the mean square is. Unlike the figures themselves both squares are right on average, however few
    and however skewed the cases. The standard error is the one there would be at the limit, errors
    as many times as large: squares' errors grow with the square.
    """
    side, found = _SIDE[metric], measured(metric)
    if metric == "rmse":
        middle, reach, of_mean = 0.0, found.value, 0.0
    else:
        low, high = measured("limit_of_agreement_low"), measured("limit_of_agreement_high")
        if low.value is None or high.value is None:
            return None, None
        middle, reach = (low.value + high.value) / 2, (high.value - low.value) / 2
        of_mean = (reach / AGREEMENT) ** 2 / found.n
    if reach is None:
        return None, None
    distance = side * (limit - middle)
    excess = side * (reach**2 + of_mean - distance * abs(distance))
    if found.standard_error is None or not reach:
        return excess, None
    grown = max((max(distance, 0.0) / reach) ** 2, _LEAST)
    return excess, 2 * reach * grown * found.standard_error


def _correlation_error(square: float) -> float:
    """Return how the error of a squared correlation grows: as that of Fisher's z does not."""
    kept = min(max(square, 1e-9), 1 - 1e-9)
    return math.sqrt(kept) * (1 - kept)


def _scaled(metric: str, value: float) -> float:
    """Return a value of `metric` on the scale on which its blocks are judged."""
    if metric in _LOG_SCALE:
        return math.log(max(value, 1e-9))
    if metric in _LOGIT_SCALE:
        kept = min(max(value, 1e-9), 1 - 1e-9)
        return math.log(kept / (1 - kept))
    return value


def _derivative(metric: str, value: float) -> float:
    """Return how fast the metric's scale rises at `value`, for errors by the delta method."""
    if metric in _LOG_SCALE:
        return 1 / value
    return 1 / (value * (1 - value)) if metric in _LOGIT_SCALE else 1.0
