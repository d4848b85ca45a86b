"""Predictive values at another prevalence, from a sensitivity and a specificity."""

import math

from aiops_pipelines.statistics.estimate import Estimate


def complement(rate: Estimate) -> Estimate:
    """Return 1 - `rate`, its interval turned round."""
    value, low, high = (
        None if each is None else 1 - each for each in (rate.value, rate.high, rate.low)
    )
    return Estimate(value, low, high, rate.standard_error, rate.n, rate.n_events, rate.method)


def predictive_value(
    metric: str, sensitivity: Estimate, specificity: Estimate, prevalence: float
) -> Estimate:
    """Return PPV or NPV at a prevalence, known exactly, of two independent proportions.

    The interval moves each proportion to its limits in turn and adds the moves in squares (Zou &
    Donner, 2008). No value where either proportion has none, or nothing would be flagged (for NPV:
    left unflagged).

    Raises ValueError for another metric, or a prevalence not strictly between 0 and 1.
    """
    if metric not in ("ppv", "npv"):
        raise ValueError(f"metric: must be ppv or npv, is {metric!r}")
    if not 0 < prevalence < 1:
        raise ValueError(f"prevalence: must lie strictly between 0 and 1, is {prevalence!r}")
    n, method = sensitivity.n + specificity.n, f"{metric.upper()} at another prevalence, MOVER"
    odds = prevalence / (1 - prevalence)
    right, wrong = sensitivity, complement(specificity)
    if metric == "npv":
        right, wrong, odds = specificity, complement(sensitivity), 1 / odds
    of_right, of_wrong = _interval(right), _interval(wrong)
    if of_right is None or of_wrong is None or not (of_right[1] or of_wrong[1]):
        return Estimate.missing(n, None, method)
    (r_low, r, r_high), (w_low, w, w_high) = of_right, of_wrong
    value = _share(r, w, odds)
    below = math.hypot(value - _share(r_low, w, odds), value - _share(r, w_high, odds))
    above = math.hypot(_share(r_high, w, odds) - value, _share(r, w_low, odds) - value)
    low, high = max(value - below, 0.0), min(value + above, 1.0)
    return Estimate(value, low, high, None, n, None, method)


def _interval(rate: Estimate) -> tuple[float, float, float] | None:
    if rate.value is None or rate.low is None or rate.high is None:
        return None
    return rate.low, rate.value, rate.high


def _share(right: float, wrong: float, odds: float) -> float:
    """Return the share that is right; with neither, what either limit reaches: nothing right."""
    total = right * odds + wrong
    return right * odds / total if total else 0.0
