"""How well scores rank positives above negatives: AUROC with its variance, and comparisons.

Sources: DeLong, DeLong & Clarke-Pearson (1988); Obuchowski (1997) for several cases a patient; Qin
& Hotilovac (2008) for the logit interval; Newcombe (2006), method 5, for few cases of one class;
Davis & Goadrich (2006) for the precision-recall curve.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import optimize, special

from aiops_pipelines.statistics.arguments import (
    BoolArray,
    FloatArray,
    IntArray,
    binary,
    confidence_level,
    real,
    refuse,
    same_length,
)
from aiops_pipelines.statistics.delong import as_counts, auroc_and_variance, placements
from aiops_pipelines.statistics.estimate import Estimate
from aiops_pipelines.statistics.tails import normal_quantile, student_quantile, student_tail
from aiops_pipelines.statistics.tie_blocks import tie_blocks

Scale = Literal["logit", "identity"]

FEW = 10
RARE, RARE_SHARE = 30, 0.2
"""Under FEW cases of a class, or under RARE that are under RARE_SHARE of all, DeLong's variance
rests on too few placements: its interval covers 81 to 93%, Newcombe's 93 to 97%."""


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
    the logit scale, or with scale "identity" as pROC states it. With few cases of one class it is
    Newcombe's score interval. At perfect separation the bound is the exact one of as many certain
    successes as the smaller class (or its clusters) has cases. A class of one case gives no
    standard error.
    No value where a class is missing.

    Raises ValueError for differing lengths, labels other than 0/1, NaN or infinite scores, missing
    clusters, or another scale.
    """
    scores, labels, clusters = _arguments(score, label, cluster)
    if scale not in ("logit", "identity"):
        raise ValueError(f"scale: must be logit or identity, is {scale!r}")
    confidence_level(level)
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
    patients = len(np.unique(clusters[labels])), len(np.unique(clusters[~labels]))
    found = AurocSums(value, variance, n, positives)
    return found.estimate(level, scale, method, patients)


def auroc_from_counts(
    positive: IntArray, negative: IntArray, level: float = 0.95, scale: Scale = "logit"
) -> Estimate:
    """Return the AUROC of counts per bin in rising order of score; ties within a bin count half."""
    events, n = int(positive.sum()), int(positive.sum() + negative.sum())
    if events in (0, n):
        return Estimate.missing(n, events, "DeLong")
    value, variance = auroc_and_variance(as_counts(positive), as_counts(negative))
    return AurocSums(value, variance, n, events).estimate(level, scale)


@dataclass(frozen=True, slots=True)
class AurocSums:
    """An AUROC with the variance of its placements, from n cases of which n_events positive."""

    value: float
    variance: float
    n: int
    n_events: int

    def estimate(
        self,
        level: float = 0.95,
        scale: Scale = "logit",
        method: str = "DeLong",
        patients: tuple[int, int] | None = None,
    ) -> Estimate:
        """Return the AUROC with its interval.

        `patients` are how many have a positive and how many a negative where cases are not
        independent: the interval is then Student's, with one degree of freedom less than the fewer
        of them, or Newcombe's for so many cases.
        """
        sizes = patients or (self.n_events, self.n - self.n_events)
        smaller = min(sizes)
        alpha = 1 - confidence_level(level)
        bound = float((alpha / 2) ** (1 / smaller))
        if self.value >= 1 - 1e-12:
            return self._stated(1.0, bound, 1.0, None, f"{method}, exact bound at separation")
        if self.value <= 1e-12:
            return self._stated(0.0, 0.0, 1 - bound, None, f"{method}, exact bound")
        error = math.sqrt(max(self.variance, 0.0)) if smaller > 1 else 0.0
        if scale == "identity" and error:
            reach = float(special.ndtri(1 - alpha / 2)) * error
            low, high = max(0.0, self.value - reach), min(1.0, self.value + reach)
            return self._stated(self.value, low, high, error, method)
        if few(smaller, sum(sizes)) or not error:
            low, high = newcombe_auroc(self.value, *sizes, level)
            return self._stated(
                self.value, low, high, error or None, f"{method}, Newcombe interval"
            )
        quantile = special.ndtri(1 - alpha / 2)
        if patients is not None:
            quantile = special.stdtrit(smaller - 1, 1 - alpha / 2)
        low, high = logit_interval(self.value, float(quantile) * error)
        return self._stated(self.value, low, high, error, f"{method}, logit interval")

    def _stated(
        self, value: float, low: float, high: float, error: float | None, method: str
    ) -> Estimate:
        return Estimate(value, low, high, error, self.n, self.n_events, method)


def few(smaller: int, n: int) -> bool:
    """Return whether the smaller class has too few of n cases for DeLong's interval."""
    return smaller < FEW or (smaller < RARE and smaller < RARE_SHARE * n)


def logit_interval(value: float, reach: float) -> tuple[float, float]:
    """Return `value` -+ `reach` carried over to the logit scale and back; value in (0, 1)."""
    middle, away = float(special.logit(value)), reach / (value * (1 - value))
    return float(special.expit(middle - away)), float(special.expit(middle + away))


def newcombe_auroc(
    value: float, positives: int, negatives: int, level: float = 0.95
) -> tuple[float, float]:
    """Return Newcombe's (2006) interval of an AUROC in (0, 1), method 5.

    Hanley & McNeil's (1982) variance at the bound itself, class sizes replaced by their mean.
    """
    square = float(special.ndtri((1 + confidence_level(level)) / 2)) ** 2
    others = (positives + negatives) / 2 - 1

    def excess(truth: float) -> float:
        shape = 1 + others * ((1 - truth) / (2 - truth) + truth / (1 + truth))
        spread = truth * (1 - truth) * shape
        return (truth - value) ** 2 * positives * negatives - square * spread

    edge = min(1e-12, value / 2, (1 - value) / 2)
    low = float(optimize.brentq(excess, edge, value)) if excess(edge) > 0 else 0.0
    high = float(optimize.brentq(excess, value, 1 - edge)) if excess(1 - edge) > 0 else 1.0
    return low, high


def compare_auroc(
    score_a: ArrayLike,
    score_b: ArrayLike,
    label: ArrayLike,
    cluster: ArrayLike | None = None,
    level: float = 0.95,
) -> AurocDifference:
    """Return the paired comparison of two scores on the same cases (all arrays (n,)).

    z is DeLong's; with few cases of one class it is held against Student's distribution with one
    degree of freedom less than these. Scores that order all cases alike have no difference, for
    certain; otherwise a class of one case, or a comparison without any spread, gives a difference
    without interval or test.

    Raises ValueError as `auroc` does.
    """
    confidence_level(level)
    a, labels, clusters = _arguments(score_a, label, cluster, "score_a")
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
    if error < 1e-15 or min(positives, n - positives) < 2:
        from scipy.stats import rankdata  # late: see statistics.tails

        same = np.array_equal(rankdata(a), rankdata(b))
        known = 0.0 if same else None
        return AurocDifference(difference, known, known, None, None, None, n, positives)
    z = difference / error
    smaller = min(positives, n - positives)
    freedom = smaller - 1 if few(smaller, n) else math.inf
    reach = student_quantile((1 + level) / 2, freedom) * error
    p_value = 2 * student_tail(abs(z), freedom)
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
    reach = normal_quantile((1 + confidence_level(level)) / 2) * error
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
    score: ArrayLike, label: ArrayLike, cluster: ArrayLike | None, name: str = "score"
) -> tuple[FloatArray, BoolArray, IntArray | None]:
    scores, labels = real(name, score), binary("label", label)
    same_length(**{name: scores, "label": labels})
    if cluster is None:
        return scores, labels, None
    groups = np.asarray(cluster)
    if groups.ndim != 1:
        raise ValueError(f"cluster: must be one-dimensional, has shape {groups.shape}")
    same_length(**{name: scores, "cluster": groups})
    refuse("cluster", "must name each case's patient", np.asarray(pd.isna(groups)), groups)
    return scores, labels, np.unique(groups, return_inverse=True)[1].astype(np.int64)


def _placements(scores: FloatArray, labels: BoolArray) -> _Placements:
    order = np.argsort(scores)
    share = np.empty(len(scores))
    share[order] = placements(scores[order], labels[order])
    return _Placements(share[labels], share[~labels])


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
