"""Each metric of the portfolio's vocabulary as a function of a window: one row, one function."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace

import numpy as np

from aiops_pipelines.evaluation.daily import ALL
from aiops_pipelines.evaluation.window import Window
from aiops_pipelines.portfolio import System, Task
from aiops_pipelines.statistics import (
    Estimate,
    FlagCounts,
    Histogram,
    VerificationCounts,
    brier_parts,
    complement,
    ordinal_from_confusion,
    proportion,
    verification_adjusted_from_counts,
)
from aiops_pipelines.statistics.operating import operating_point_from_counts


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate as counts of what goes wrong: `events` of `trials`, and the verified share of each.

    `event_share` and `other_share` are the chances that an event, or a trial without one, gets its
    truth: both 1 where all cases are verified alike.
    """

    events: int
    trials: int
    event_share: float = 1.0
    other_share: float = 1.0

    @property
    def shares(self) -> tuple[float, float]:
        """Return the verified shares of events and of the other trials."""
        return self.event_share, self.other_share

    def limit_among_verified(self, limit: float) -> float:
        """Return the share of events among verified trials when the true rate is `limit`."""
        events = limit * self.event_share
        return events / (events + (1 - limit) * self.other_share)

    def true_rate(self, among_verified: float) -> float:
        """Return the rate among all trials when it is `among_verified` among verified ones."""
        events = among_verified / self.event_share
        return events / (events + (1 - among_verified) / self.other_share)


def threshold(window: Window, operating_point: str) -> float:
    """Return the threshold of a named operating point."""
    points = {point.name: point.threshold for point in window.system.output.operating_points}
    return points[operating_point]


def flag_counts(window: Window, operating_point: str, stratum: str = ALL) -> FlagCounts:
    """Return the window's cases at an operating point."""
    return window.histogram(stratum).flag_counts(threshold(window, operating_point))


def flagged_part(histogram: Histogram, threshold: float) -> Histogram:
    """Return the histogram of the cases with scores at or above `threshold`, an edge of it."""
    lower = np.concatenate([[0.0], histogram.edges])
    kept = {
        each.name: np.where(lower >= threshold, getattr(histogram, each.name), 0)
        for each in fields(histogram)
        if each.name != "edges"
    }
    return replace(histogram, **kept)


def _operating(name: str) -> Callable[[Window, str, str], Estimate]:
    def measured(window: Window, operating_point: str, stratum: str) -> Estimate:
        return rates_of_counts(window, flag_counts(window, operating_point, stratum), name)

    return measured


def rates_of_counts(window: Window, counts: FlagCounts, name: str) -> Estimate:
    """Return the rate `name` of counts at an operating point, adjusted for the audit if need be."""
    if name == "flag_rate":
        flagged = _flagged(counts)
        return proportion(flagged, flagged + _unflagged(counts))
    if window.system.truth.scheme == "partial":
        return _adjusted(name, counts, window.system.truth.audit_fraction)
    found = operating_point_from_counts(
        counts.flagged_positive,
        counts.flagged_negative,
        counts.unflagged_positive,
        counts.unflagged_negative,
    )
    estimate: Estimate = getattr(found, name)
    return estimate


def _flagged(counts: FlagCounts) -> int:
    return counts.flagged_positive + counts.flagged_negative + counts.flagged_unlabelled


def _unflagged(counts: FlagCounts) -> int:
    return counts.unflagged_positive + counts.unflagged_negative + counts.unflagged_unlabelled


def _adjusted(name: str, counts: FlagCounts, audit_fraction: float | None) -> Estimate:
    found = verification_adjusted_from_counts(
        VerificationCounts(
            counts.flagged_positive,
            counts.flagged_negative,
            counts.flagged_unlabelled,
            counts.unflagged_positive,
            counts.unflagged_negative,
            counts.unflagged_unlabelled,
        ),
        audit_fraction=audit_fraction,
    )
    if name != "false_negative_rate":
        estimate: Estimate = getattr(found, name)
        return estimate
    return complement(found.sensitivity)


def bad_events(metric: str, window: Window, operating_point: str | None) -> Rate | None:
    """Return the rate behind `metric` as counts of what goes wrong; None where it is no rate."""
    if metric == "accuracy":
        matrix = window.confusion()
        return Rate(int(matrix.sum() - np.trace(matrix)), int(matrix.sum()))
    if operating_point is None or metric not in BAD_EVENTS:
        return None
    counts = flag_counts(window, operating_point)
    event, other = BAD_EVENTS[metric]
    events, others = getattr(counts, event), getattr(counts, other)
    return Rate(events, events + others, *verified_shares(window.system, metric))


def verified_shares(system: System, metric: str) -> tuple[float, float]:
    """Return the chances that a bad event of `metric`, and its opposite, gets its truth."""
    if system.truth.scheme != "partial" or metric not in BAD_EVENTS:
        return 1.0, 1.0
    shares = {"flagged": 1.0, "unflagged": system.truth.audit_fraction or 1.0}
    event, other = (cell.split("_")[0] for cell in BAD_EVENTS[metric])
    return shares[event], shares[other]


BAD_EVENTS: Mapping[str, tuple[str, str]] = {
    "sensitivity": ("unflagged_positive", "flagged_positive"),
    "false_negative_rate": ("unflagged_positive", "flagged_positive"),
    "specificity": ("flagged_negative", "unflagged_negative"),
    "ppv": ("flagged_negative", "flagged_positive"),
    "npv": ("unflagged_positive", "unflagged_negative"),
}


def _slope(window: Window, _: str, stratum: str) -> Estimate:
    if window.system.output.task is Task.REGRESSION:
        return window.regression(stratum).figures().calibration_slope
    return window.histogram(stratum).recalibration().slope


def _intercept(window: Window, _: str, stratum: str) -> Estimate:
    if window.system.output.task is Task.REGRESSION:
        return window.regression(stratum).figures().calibration_intercept
    return window.histogram(stratum).recalibration().intercept


def _spiegelhalter(window: Window, _: str, stratum: str) -> Estimate:
    """Return z, standard normal where scores are calibrated, as an estimate of its mean."""
    histogram = window.histogram(stratum)
    return histogram.spiegelhalter().estimate(histogram.n, histogram.n_positive)


def _brier_part(name: str) -> Callable[[Window, str, str], Estimate]:
    def measured(window: Window, _: str, stratum: str) -> Estimate:
        estimate: Estimate = getattr(brier_parts(window.histogram(stratum)), name)
        return estimate

    return measured


def _ordinal(name: str) -> Callable[[Window, str, str], Estimate]:
    def measured(window: Window, _: str, stratum: str) -> Estimate:
        estimate: Estimate = getattr(ordinal_from_confusion(window.confusion(stratum)), name)
        return estimate

    return measured


def _regression(name: str) -> Callable[[Window, str, str], Estimate]:
    def measured(window: Window, _: str, stratum: str) -> Estimate:
        estimate: Estimate = getattr(window.regression(stratum).figures(), name)
        return estimate

    return measured


MEASURES: Mapping[str, Callable[[Window, str, str], Estimate]] = {
    "auroc": lambda window, _, stratum: window.histogram(stratum).auroc(),
    "average_precision": lambda window, _, stratum: window.histogram(stratum).average_precision(),
    "brier": lambda window, _, stratum: window.histogram(stratum).brier(),
    **{
        f"brier_{name}": _brier_part(name)
        for name in ("skill", "reliability", "resolution", "uncertainty")
    },
    "log_loss": lambda window, _, stratum: window.histogram(stratum).log_loss(),
    **{
        name: _operating(name)
        for name in (
            "sensitivity",
            "specificity",
            "ppv",
            "npv",
            "false_negative_rate",
            "positive_likelihood_ratio",
            "negative_likelihood_ratio",
            "flag_rate",
        )
    },
    "calibration_intercept": _intercept,
    "spiegelhalter_z": _spiegelhalter,
    "calibration_slope": _slope,
    "observed_expected_ratio": lambda window, _, stratum: window.histogram(
        stratum
    ).observed_expected(),
    "expected_calibration_error": lambda w, _, stratum: (
        w.histogram(stratum).calibration().ece_debiased
    ),
    "quadratic_weighted_kappa": _ordinal("quadratic_weighted_kappa"),
    "accuracy": _ordinal("accuracy"),
    "within_one": _ordinal("within_one"),
    "grade_bias": _ordinal("grade_bias"),
    "mae": _regression("mae"),
    "rmse": _regression("rmse"),
    "r_squared": _regression("r_squared"),
    "limit_of_agreement_low": _regression("limit_of_agreement_low"),
    "limit_of_agreement_high": _regression("limit_of_agreement_high"),
    "mean_error": _regression("bias"),
}
"""Metric by name: of a window, an operating point ("" where there is none) and a stratum."""

NOT_UNDER_PARTIAL_VERIFICATION = frozenset(
    {
        "auroc",
        "average_precision",
        "brier",
        "brier_skill",
        "brier_reliability",
        "brier_resolution",
        "brier_uncertainty",
        "log_loss",
        "positive_likelihood_ratio",
        "negative_likelihood_ratio",
        "spiegelhalter_z",
        "calibration_intercept",
        "calibration_slope",
        "observed_expected_ratio",
        "expected_calibration_error",
    }
)
"""Metrics that the verified cases alone would misstate, and counts at a threshold can't correct."""
