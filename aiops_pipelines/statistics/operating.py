"""What a threshold does: sensitivity, specificity, PPV, NPV, flag rate, likelihood ratios, NNE.

Knows the four counts at an operating point (flagged means score >= threshold); hands on estimates.
Sources: Koopman (1984) for the interval of a likelihood ratio, which holds with few cases and at 0;
Vickers & Elkin (2006) for net benefit, Zou & Donner (2008) for its interval.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from aiops_pipelines.statistics.arguments import (
    binary,
    confidence_level,
    is_number,
    probability,
    real,
    refuse,
    same_length,
    whole,
)
from aiops_pipelines.statistics.estimate import Estimate
from aiops_pipelines.statistics.proportions import proportion, proportions

_NET_BENEFIT = "net benefit, variance recovered from Wilson"


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """The rates at one threshold. `nne` is the number of flags looked at for one true positive.

    Where no flag was right `nne` has no value, but a lower bound.
    """

    sensitivity: Estimate
    specificity: Estimate
    ppv: Estimate
    npv: Estimate
    flag_rate: Estimate
    false_negative_rate: Estimate
    positive_likelihood_ratio: Estimate
    negative_likelihood_ratio: Estimate
    nne: Estimate


def operating_point(
    score: ArrayLike, label: ArrayLike, threshold: float, level: float = 0.95
) -> OperatingPoint:
    """Return the rates of flagging `score >= threshold` (score (n,), label (n,) of 0/1).

    Raises ValueError for differing lengths, labels other than 0/1, NaN or infinite scores, or a
    threshold that is no number.
    """
    scores, labels = real("score", score), binary("label", label)
    same_length(score=scores, label=labels)
    if not is_number(threshold) or math.isnan(threshold):
        raise ValueError(f"threshold: must be a number, is {threshold!r}")
    flagged = scores >= threshold
    tp, fp = int(np.sum(flagged & labels)), int(np.sum(flagged & ~labels))
    positives = int(labels.sum())
    return operating_point_from_counts(tp, fp, positives - tp, len(labels) - positives - fp, level)


def operating_point_from_counts(
    tp: int, fp: int, fn: int, tn: int, level: float = 0.95
) -> OperatingPoint:
    """Return the rates of true and false positives and negatives.

    Raises ValueError for negative counts.
    """
    confidence_level(level)
    tp, fp, fn, tn = (
        whole(name, count) for name, count in (("tp", tp), ("fp", fp), ("fn", fn), ("tn", tn))
    )
    ppv = proportion(tp, tp + fp, level=level)
    return OperatingPoint(
        sensitivity=proportion(tp, tp + fn, level=level),
        specificity=proportion(tn, tn + fp, level=level),
        ppv=ppv,
        npv=proportion(tn, tn + fn, level=level),
        flag_rate=proportion(tp + fp, tp + fp + fn + tn, level=level),
        false_negative_rate=proportion(fn, tp + fn, level=level),
        positive_likelihood_ratio=_likelihood_ratio(tp, tp + fn, fp, fp + tn, level),
        negative_likelihood_ratio=_likelihood_ratio(fn, tp + fn, tn, fp + tn, level),
        nne=_inverse(ppv),
    )


def _likelihood_ratio(x1: int, n1: int, x2: int, n2: int, level: float) -> Estimate:
    """Return (x1 / n1) / (x2 / n2); no value, and no upper bound, where x2 is 0."""
    method = "likelihood ratio, Koopman score"
    n, events = n1 + n2, x1 + x2
    if not (n1 and n2 and events):
        return Estimate.missing(n, events, method)
    ratio = (x1 / n1) / (x2 / n2) if x2 else None
    critical = float(special.chdtri(1, 1 - level))

    def excess(log_ratio: float) -> float:
        return _koopman(x1, n1, x2, n2, math.exp(log_ratio)) - critical

    middle = math.log(ratio or (x1 + 0.5) / (n1 + 0.5) * (n2 + 0.5) / (x2 + 0.5))
    low = 0.0 if x1 == 0 else math.exp(_beyond(excess, middle, -1.0))
    high = None if x2 == 0 else math.exp(_beyond(excess, middle, 1.0))
    error = None
    if ratio and x2:
        error = ratio * math.sqrt(1 / x1 - 1 / n1 + 1 / x2 - 1 / n2)
    return Estimate(ratio, low, high, error, n, events, method)


def _koopman(x1: int, n1: int, x2: int, n2: int, ratio: float) -> float:
    """Return the score statistic of a ratio of two rates, at its restricted maximum likelihood."""
    linear = n1 * ratio + x1 + n2 + x2 * ratio
    quadratic = (n1 + n2) * ratio
    root = math.sqrt(max(linear**2 - 4 * quadratic * (x1 + x2), 0.0))
    p2 = 2 * (x1 + x2) / (linear + root)
    p1 = min(p2 * ratio, 1.0)
    found = 0.0
    for x, n, p in ((x1, n1, p1), (x2, n2, p2)):
        spread = n * p * (1 - p)
        if spread > 0:
            found += (x - n * p) ** 2 / spread
    return found


def _beyond(excess: Callable[[float], float], start: float, step: float) -> float:
    """Return where `excess` turns positive, looked for from `start` in the direction of `step`."""
    while excess(start) > 0:
        start -= step
    near, far = start, start + step
    while excess(far) <= 0:
        near, far = far, far + 2 * (far - near)
    return float(optimize.brentq(excess, near, far, xtol=1e-12))


def _inverse(rate: Estimate) -> Estimate:
    """Return 1 / rate: its interval is the rate's turned round, without a value where that is 0."""
    method = "inverse of PPV"
    if rate.value is None or not rate.high:
        return Estimate.missing(rate.n, rate.n_events, method)
    value = 1 / rate.value if rate.value else None
    high = 1 / rate.low if rate.low else None
    error = rate.standard_error / rate.value**2 if rate.standard_error and rate.value else None
    return Estimate(value, 1 / rate.high, high, error, rate.n, rate.n_events, method)


def net_benefit(
    score: ArrayLike, label: ArrayLike, thresholds: ArrayLike, level: float = 0.95
) -> list[Estimate]:
    """Return the net benefit of treating `score >= t` at each threshold t in (0, 1).

    Net benefit is tp/n - fp/n * t/(1-t), in true positives a case (Vickers & Elkin, 2006). Its
    interval is recovered from Wilson's of both shares and their correlation, so that nobody flagged
    is not taken for certainty.

    Raises ValueError for thresholds outside (0, 1), scores outside [0, 1] and for the faults of
    `operating_point`.
    """
    scores, labels = probability("score", score), binary("label", label)
    n = same_length(score=scores, label=labels)
    cuts = real("thresholds", thresholds)
    refuse("thresholds", "must lie strictly between 0 and 1", (cuts <= 0) | (cuts >= 1), cuts)
    confidence_level(level)
    events = int(labels.sum())
    if n == 0:
        return [Estimate.missing(0, 0, _NET_BENEFIT)] * len(cuts)
    found = []
    for cut in cuts.tolist():
        flagged = scores >= cut
        hits, alarms = int(np.sum(flagged & labels)), int(np.sum(flagged & ~labels))
        found.append(_net_benefit(hits, alarms, n, events, cut / (1 - cut), level))
    return found


def _net_benefit(
    hits: int, alarms: int, n: int, events: int, odds: float, level: float
) -> Estimate:
    shares = proportions([hits, alarms], [n, n], "wilson", level)
    (tp, fp), lows, highs = shares.value.tolist(), shares.low.tolist(), shares.high.tolist()
    value = tp - odds * fp
    spread = tp * (1 - tp) * fp * (1 - fp)
    correlation = -tp * fp / math.sqrt(spread) if spread > 0 else 0.0
    reaches = [
        math.sqrt(max(a**2 - 2 * correlation * a * b + b**2, 0.0))
        for a, b in (
            (tp - lows[0], odds * (highs[1] - fp)),
            (highs[0] - tp, odds * (fp - lows[1])),
        )
    ]
    error = math.sqrt(max(tp + odds**2 * fp - value**2, 0.0) / n)
    low, high = value - reaches[0], value + reaches[1]
    return Estimate(value, low, high, error or None, n, events, _NET_BENEFIT)
