"""What a threshold does: sensitivity, specificity, PPV, NPV, flag rate, likelihood ratios, NNE.

Knows the four counts at an operating point (flagged means score >= threshold); hands on estimates.
Likelihood ratios have log-scale intervals (Simel, Samsa & Matchar, 1991); net benefit is Vickers &
Elkin's (2006).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from aiops_pipelines.statistics.arguments import binary, confidence_level, real, same_length
from aiops_pipelines.statistics.estimate import Estimate
from aiops_pipelines.statistics.proportions import proportion


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """The rates at one threshold. `nne` is the number of flags looked at for one true positive."""

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

    Raises ValueError for differing lengths, labels other than 0/1, NaN or infinite scores.
    """
    scores, labels = real("score", score), binary("label", label)
    same_length(score=scores, label=labels)
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
    for name, count in (("tp", tp), ("fp", fp), ("fn", fn), ("tn", tn)):
        if count < 0:
            raise ValueError(f"{name}: must not be negative, is {count}")
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
    method = "log interval, Simel"
    if not (x1 and x2):
        return Estimate.missing(n1 + n2, x1 + x2, method)
    ratio = (x1 / n1) / (x2 / n2)
    error = math.sqrt(1 / x1 - 1 / n1 + 1 / x2 - 1 / n2)
    reach = math.exp(float(stats.norm.ppf((1 + level) / 2)) * error)
    return Estimate(ratio, ratio / reach, ratio * reach, ratio * error, n1 + n2, x1 + x2, method)


def _inverse(rate: Estimate) -> Estimate:
    """Return 1 / rate; without a true positive there is no value, only n."""
    if not rate.value or rate.low is None or rate.high is None:
        return Estimate.missing(rate.n, rate.n_events, "inverse of PPV")
    error = None if rate.standard_error is None else rate.standard_error / rate.value**2
    return Estimate(
        1 / rate.value, 1 / rate.high, 1 / rate.low, error, rate.n, rate.n_events, "inverse of PPV"
    )


def net_benefit(
    score: ArrayLike, label: ArrayLike, thresholds: ArrayLike, level: float = 0.95
) -> list[Estimate]:
    """Return the net benefit of treating `score >= t` at each threshold t in (0, 1).

    Net benefit is tp/n - fp/n * t/(1-t), in true positives a case (Vickers & Elkin, 2006); its
    standard error is that of the mean of the cases' contributions.

    Raises ValueError for thresholds outside (0, 1) and for the faults of `operating_point`.
    """
    scores, labels = real("score", score), binary("label", label)
    n = same_length(score=scores, label=labels)
    cuts = real("thresholds", thresholds)
    if np.any((cuts <= 0) | (cuts >= 1)):
        index = int(np.flatnonzero((cuts <= 0) | (cuts >= 1))[0])
        raise ValueError(f"thresholds: must lie in (0, 1); first offending index {index}")
    z = float(stats.norm.ppf((1 + confidence_level(level)) / 2))
    events = int(labels.sum())
    found = []
    for cut in cuts:
        if n == 0:
            found.append(Estimate.missing(0, 0, "net benefit"))
            continue
        flagged = scores >= cut
        odds = cut / (1 - cut)
        tp, fp = np.sum(flagged & labels) / n, np.sum(flagged & ~labels) / n
        value = float(tp - odds * fp)
        error = math.sqrt(max(tp + odds**2 * fp - value**2, 0.0) / n)
        found.append(
            Estimate(
                value, value - z * error, value + z * error, error, n, events, "net benefit, Wald"
            )
        )
    return found
