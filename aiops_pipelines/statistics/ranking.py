"""How well scores rank positives above negatives: AUROC with its variance, and comparisons.

Sources: DeLong, DeLong & Clarke-Pearson (1988); Obuchowski (1997) for several cases a patient; Qin
& Hotilovac (2008) for the logit interval; Davis & Goadrich (2006) for the precision-recall curve.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from aiops_pipelines.statistics.arguments import (
    BoolArray,
    FloatArray,
    IntArray,
    binary,
    confidence_level,
    real,
    same_length,
)
from aiops_pipelines.statistics.estimate import Estimate
from aiops_pipelines.statistics.tie_blocks import tie_blocks

Scale = Literal["logit", "identity"]


@dataclass(frozen=True, slots=True)
class AurocDifference:
    """AUROC of a minus AUROC of b on the same cases; z has the sign of a minus b."""

    difference: float | None
    low: float | None
    high: float | None
    standard_error: float | None
    z: float | None
    p_value: float | None
    n: int
    n_events: int


@dataclass(frozen=True, slots=True)
class _Placements:
    """For each positive the share of negatives below it, for each negative that of positives above.

    Ties count half. The mean of either is the AUROC.
    """

    of_positives: FloatArray
    of_negatives: FloatArray


def auroc(
    score: ArrayLike,
    label: ArrayLike,
    cluster: ArrayLike | None = None,
    level: float = 0.95,
    scale: Scale = "logit",
) -> Estimate:
    """Return the AUROC of `score` (n,) for 0/1 `label` (n,), any real scores.

    The interval is DeLong's, or with `cluster` (n,), the patient of each case, Obuchowski's; on
    the logit scale, or with scale "identity" as pROC states it. At perfect separation the bound is
    the exact one of as many certain successes as the smaller class (or its clusters) has cases.
    No value where a class is missing.

    Raises ValueError for differing lengths, labels other than 0/1, NaN or infinite scores.
    """
    scores, labels, clusters = _arguments(score, label, cluster)
    n, positives = len(labels), int(labels.sum())
    method = "DeLong" if clusters is None else "Obuchowski"
    if positives in (0, n):
        return Estimate.missing(n, positives, method)
    if clusters is None:
        blocks = tie_blocks(scores, labels)
        return auroc_from_counts(blocks.positive, blocks.negative, level, scale)
    placed = _placements(scores, labels)
    value = float(placed.of_positives.mean())
    variance = _covariance(placed, placed, labels, clusters)
    smaller = min(len(np.unique(clusters[labels])), len(np.unique(clusters[~labels])))
    return auroc_estimate(value, variance, n, positives, smaller, level, scale, method)


def auroc_from_counts(
    positive: IntArray, negative: IntArray, level: float = 0.95, scale: Scale = "logit"
) -> Estimate:
    """Return the AUROC of counts per bin in rising order of score; ties within a bin count half."""
    p, q = positive.astype(np.float64), negative.astype(np.float64)
    n_positive, n_negative = float(p.sum()), float(q.sum())
    n, events = int(n_positive + n_negative), int(n_positive)
    if not (n_positive and n_negative):
        return Estimate.missing(n, events, "DeLong")
    below = (np.cumsum(q) - q / 2) / n_negative
    above = 1 - (np.cumsum(p) - p / 2) / n_positive
    value = float(p @ below / n_positive)
    variance = (
        _weighted_variance(below, p, value) / n_positive
        + _weighted_variance(above, q, value) / n_negative
    )
    smaller = int(min(n_positive, n_negative))
    return auroc_estimate(value, variance, n, events, smaller, level, scale, "DeLong")


def _weighted_variance(values: FloatArray, weights: FloatArray, mean: float) -> float:
    total = float(weights.sum())
    return 0.0 if total < 2 else float(weights @ (values - mean) ** 2) / (total - 1)


def auroc_estimate(
    value: float,
    variance: float,
    n: int,
    events: int,
    smaller: int,
    level: float,
    scale: Scale,
    method: str,
) -> Estimate:
    """Return an AUROC with its interval; `smaller` is the size of the smaller class."""
    alpha = 1 - confidence_level(level)
    error = math.sqrt(max(variance, 0.0))
    bound = (alpha / 2) ** (1 / smaller)
    if value >= 1 - 1e-12:
        return Estimate(1.0, bound, 1.0, None, n, events, f"{method}, exact bound at separation")
    if value <= 1e-12:
        return Estimate(0.0, 0.0, 1 - bound, None, n, events, f"{method}, exact bound")
    z = float(stats.norm.ppf(1 - alpha / 2))
    if error == 0.0:
        low, high = min(value, 1 - bound), max(value, bound)
        return Estimate(value, low, high, None, n, events, f"{method}, one case a class")
    if scale == "identity":
        low, high = max(0.0, value - z * error), min(1.0, value + z * error)
        return Estimate(value, low, high, error, n, events, method)
    middle, reach = special.logit(value), z * error / (value * (1 - value))
    low, high = float(special.expit(middle - reach)), float(special.expit(middle + reach))
    return Estimate(value, low, high, error, n, events, f"{method}, logit interval")


def compare_auroc(
    score_a: ArrayLike,
    score_b: ArrayLike,
    label: ArrayLike,
    cluster: ArrayLike | None = None,
    level: float = 0.95,
) -> AurocDifference:
    """Return the paired comparison of two scores on the same cases (all arrays (n,)).

    Raises ValueError as `auroc` does.
    """
    a, labels, clusters = _arguments(score_a, label, cluster)
    b = real("score_b", score_b)
    n = same_length(score_a=a, score_b=b, label=labels)
    positives = int(labels.sum())
    if positives in (0, n):
        return AurocDifference(None, None, None, None, None, None, n, positives)
    placed_a, placed_b = _placements(a, labels), _placements(b, labels)
    difference = float(placed_a.of_positives.mean() - placed_b.of_positives.mean())
    variance = (
        _covariance(placed_a, placed_a, labels, clusters)
        + _covariance(placed_b, placed_b, labels, clusters)
        - 2 * _covariance(placed_a, placed_b, labels, clusters)
    )
    error = math.sqrt(max(variance, 0.0))
    if error < 1e-15:
        known = 0.0 if difference == 0 else None
        return AurocDifference(difference, known, known, None, None, None, n, positives)
    z = difference / error
    reach = float(stats.norm.ppf((1 + confidence_level(level)) / 2)) * error
    p_value = 2 * float(stats.norm.sf(abs(z)))
    low, high = max(difference - reach, -1.0), min(difference + reach, 1.0)
    return AurocDifference(difference, low, high, error, z, p_value, n, positives)


def average_precision(score: ArrayLike, label: ArrayLike, level: float = 0.95) -> Estimate:
    """Return the average precision (step form) of `score` (n,) for 0/1 `label` (n,).

    The interval is on the logit scale with the binomial variance in the positives (Boyd, Eng &
    Page, 2013). No value without positives.

    Raises ValueError as `auroc` does.
    """
    scores, labels, _ = _arguments(score, label, None)
    blocks = tie_blocks(scores, labels)
    return average_precision_from_counts(blocks.positive, blocks.negative, level)


def average_precision_from_counts(
    positive: IntArray, negative: IntArray, level: float = 0.95, interpolated: bool = False
) -> Estimate:
    """Return the average precision of counts per bin in rising order of score.

    The step form takes a bin as a tie; `interpolated` integrates Davis & Goadrich's curve inside
    each bin, for continuous scores.
    """
    p, q = positive[::-1].astype(np.float64), negative[::-1].astype(np.float64)
    events, n = float(p.sum()), int(p.sum() + q.sum())
    form = "interpolated" if interpolated else "step"
    if events == 0:
        return average_precision_estimate(0.0, n, 0, form, level)
    tp, fp = np.cumsum(p), np.cumsum(q)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(p > 0, tp / (tp + fp), 0.0)
        if interpolated:
            precision = np.where(p > 0, _inside(tp - p, fp - q, p, q), 0.0)
    return average_precision_estimate(float(p @ precision) / events, n, int(events), form, level)


def average_precision_estimate(
    value: float, n: int, events: int, form: str, level: float
) -> Estimate:
    """Return an average precision of `events` positives with its interval; none without any."""
    method = f"average precision, {form}, logit interval"
    if events == 0:
        return Estimate.missing(n, 0, method)
    value = min(value, 1.0)
    if not 0 < value < 1:
        low = (1 - confidence_level(level)) ** (1 / events) if value else 0.0
        return Estimate(value, low, 1.0, None, n, events, method)
    error = 1 / math.sqrt(events * value * (1 - value))
    reach = float(stats.norm.ppf((1 + confidence_level(level)) / 2)) * error
    middle = float(special.logit(value))
    low, high = float(special.expit(middle - reach)), float(special.expit(middle + reach))
    return Estimate(value, low, high, error * value * (1 - value), n, events, method)


def _inside(tp: FloatArray, fp: FloatArray, p: FloatArray, q: FloatArray) -> FloatArray:
    """Return the mean precision while p positives and q negatives come in evenly mixed."""
    slope = 1 + q / p
    start = tp + fp
    log_growth = np.log1p(np.where(start > 0, slope * p / np.maximum(start, 1e-300), np.inf))
    offset = tp - start / slope
    grown: FloatArray = (p + np.where(start > 0, offset * log_growth, 0.0)) / (slope * p)
    return grown


def _arguments(
    score: ArrayLike, label: ArrayLike, cluster: ArrayLike | None
) -> tuple[FloatArray, BoolArray, IntArray | None]:
    scores, labels = real("score", score), binary("label", label)
    same_length(score=scores, label=labels)
    if cluster is None:
        return scores, labels, None
    groups = np.asarray(cluster)
    same_length(score=scores, cluster=groups)
    return scores, labels, np.unique(groups, return_inverse=True)[1].astype(np.int64)


def _placements(scores: FloatArray, labels: BoolArray) -> _Placements:
    positives, negatives = np.sort(scores[labels]), np.sort(scores[~labels])
    of_positives = _mid_share(negatives, scores[labels])
    of_negatives = 1 - _mid_share(positives, scores[~labels])
    return _Placements(of_positives, of_negatives)


def _mid_share(ordered: FloatArray, values: FloatArray) -> FloatArray:
    below = np.searchsorted(ordered, values, side="left")
    upto = np.searchsorted(ordered, values, side="right")
    share: FloatArray = (below + upto) / (2 * len(ordered))
    return share


def _covariance(
    a: _Placements, b: _Placements, labels: BoolArray, clusters: IntArray | None
) -> float:
    """Return the covariance of two AUROCs on the same cases."""
    if clusters is None:
        return _sample_covariance(a.of_positives, b.of_positives) + _sample_covariance(
            a.of_negatives, b.of_negatives
        )
    count = int(clusters.max()) + 1
    sums = [_cluster_sums(placed, labels, clusters, count) for placed in (a, b)]
    (pos_a, neg_a), (pos_b, neg_b) = sums
    n_pos, n_neg = len(a.of_positives), len(a.of_negatives)
    with_pos = len(np.unique(clusters[labels]))
    with_neg = len(np.unique(clusters[~labels]))
    scale_pos = with_pos / max(with_pos - 1, 1) / n_pos**2
    scale_neg = with_neg / max(with_neg - 1, 1) / n_neg**2
    scale_both = count / max(count - 1, 1) / (n_pos * n_neg)
    return float(
        scale_pos * (pos_a @ pos_b)
        + scale_neg * (neg_a @ neg_b)
        + scale_both * (pos_a @ neg_b + neg_a @ pos_b)
    )


def _sample_covariance(a: FloatArray, b: FloatArray) -> float:
    if len(a) < 2:
        return 0.0
    return float(np.dot(a - a.mean(), b - b.mean())) / (len(a) - 1) / len(a)


def _cluster_sums(
    placed: _Placements, labels: BoolArray, clusters: IntArray, count: int
) -> tuple[FloatArray, FloatArray]:
    """Return, per cluster, the summed deviations from the AUROC of its positives and negatives."""
    value = placed.of_positives.mean()
    positive = np.bincount(clusters[labels], placed.of_positives - value, count)
    negative = np.bincount(clusters[~labels], placed.of_negatives - value, count)
    return positive.astype(np.float64), negative.astype(np.float64)
