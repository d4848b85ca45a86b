"""Figures of outputs that are one of several classes, ordered or not, from a confusion matrix.

Confusion matrices of days add up to that of a window. Sources: Cohen (1968) for weighted kappa;
Fleiss, Cohen & Everitt (1969) for its variance; Hand & Till (2001) for averaging one-vs-rest
AUROCs; DeLong, DeLong & Clarke-Pearson (1988) for what each case contributes to them.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from aiops_pipelines.statistics.arguments import (
    BoolArray,
    FloatArray,
    IntArray,
    confidence_level,
    numbers,
    real,
    refuse,
    same_length,
    vector,
    whole,
)
from aiops_pipelines.statistics.daily_counts import whole_counts
from aiops_pipelines.statistics.estimate import Estimate
from aiops_pipelines.statistics.proportions import proportion
from aiops_pipelines.statistics.ranking import AurocSums, auroc, logit_interval
from aiops_pipelines.statistics.tails import student_quantile

MANY_CLASSES = 1000


@dataclass(frozen=True, slots=True)
class Ordinal:
    """Agreement of ordered grades: weighted kappa, exact, within one grade, mean difference.

    `grade_bias` is the mean of predicted minus true grade.
    """

    quadratic_weighted_kappa: Estimate
    accuracy: Estimate
    within_one: Estimate
    grade_bias: Estimate


@dataclass(frozen=True, slots=True)
class Multiclass:
    """Figures of unordered classes: per class one-vs-rest AUROC, sensitivity, PPV; the whole."""

    auroc: tuple[Estimate, ...]
    macro_auroc: Estimate
    accuracy: Estimate
    sensitivity: tuple[Estimate, ...]
    ppv: tuple[Estimate, ...]
    confusion: IntArray


def confusion_matrix(predicted: ArrayLike, label: ArrayLike, classes: int) -> IntArray:
    """Return counts (classes, classes) of predicted class by true class, both 0 to classes - 1.

    Raises ValueError for differing lengths or a class outside that range.
    """
    classes = whole("classes", classes, least=1, most=MANY_CLASSES)
    p, y = real("predicted", predicted), real("label", label)
    same_length(predicted=p, label=y)
    for name, values in (("predicted", p), ("label", y)):
        wrong = (values != np.round(values)) | (values < 0) | (values >= classes)
        refuse(name, f"must be a class 0 to {classes - 1}", wrong, values)
    flat = p.astype(np.int64) * classes + y.astype(np.int64)
    return np.bincount(flat, minlength=classes**2).reshape(classes, classes).astype(np.int64)


def ordinal(predicted: ArrayLike, label: ArrayLike, classes: int, level: float = 0.95) -> Ordinal:
    """Return the agreement of ordered grades `predicted` (n,) and `label` (n,), 0 to classes - 1.

    Raises ValueError as `confusion_matrix` does.
    """
    return ordinal_from_confusion(confusion_matrix(predicted, label, classes), level)


def ordinal_from_confusion(matrix: ArrayLike, level: float = 0.95) -> Ordinal:
    """Return the agreement of ordered grades from counts (predicted, true).

    Raises ValueError unless the matrix is square, of two grades or more, and of counts.
    """
    counted = np.asarray(matrix)
    if counted.ndim != 2 or counted.shape[0] != counted.shape[1] or len(counted) < 2:
        raise ValueError(f"matrix: must be square with two grades or more, is {counted.shape}")
    matrix = whole_counts("matrix", counted.ravel()).reshape(counted.shape)
    n = int(matrix.sum())
    gap = np.subtract.outer(np.arange(len(matrix)), np.arange(len(matrix)))
    near = int(matrix[np.abs(gap) <= 1].sum())
    return Ordinal(
        _weighted_kappa(matrix, gap, level),
        proportion(int(np.trace(matrix)), n, level=level),
        proportion(near, n, level=level),
        _mean_gap(matrix, gap, level),
    )


def _weighted_kappa(matrix: IntArray, gap: IntArray, level: float) -> Estimate:
    method = "quadratic weighted kappa, Fleiss-Cohen-Everitt, Student interval"
    n = int(matrix.sum())
    if n < 2:
        return Estimate.missing(n, None, method)
    weight = 1 - gap**2 / (len(matrix) - 1) ** 2
    share = matrix / n
    rows, columns = share.sum(axis=1), share.sum(axis=0)
    observed = float(np.sum(weight * share))
    expected = float(rows @ weight @ columns)
    if expected >= 1 - 1e-12:
        return Estimate.missing(n, None, method)
    kappa = (observed - expected) / (1 - expected)
    by_row, by_column = weight @ columns, rows @ weight
    inner = weight - (1 - kappa) * np.add.outer(by_row, by_column)
    moved = inner - (kappa - expected * (1 - kappa))
    spread = float(np.sum(share * moved**2))
    error = math.sqrt(spread / n) / (1 - expected)
    carried = n * spread**2 / float(np.sum(share * moved**4)) if spread > 0 else 1.0
    if abs(kappa) >= 1 - 1e-12 or error <= 1e-12:
        low = _least_kappa(1 - float(rows @ columns), n, level)
        return Estimate(kappa, min(low, kappa), 1.0, None, n, None, method)
    return _kappa_interval(kappa, error, carried, n, level, method)


def _least_kappa(by_chance: float, n: int, level: float) -> float:
    """Return the lower bound of kappa where n cases all agree.

    As many as the exact (Clopper-Pearson) limit may disagree, as far as grades apart by chance do:
    kappa is one less their share over the share that disagrees `by_chance`, which is small where
    nearly all cases have one grade. No more than half is taken to disagree by chance.
    """
    unseen = 1 - float(((1 - confidence_level(level)) / 2) ** (1 / n))
    return max(1 - unseen / min(by_chance, 0.5), -1.0)


def _kappa_interval(
    kappa: float, error: float, carried: float, n: int, level: float, method: str
) -> Estimate:
    """Return kappa with an interval on Fisher's z scale, which stays within [-1, 1].

    Its variance rests on the few cases whose grades differ: Student's quantile has as many degrees
    of freedom as cases carry it, (sum of squares)^2 / sum of fourth powers (Kish, 1965).
    """
    freedom = min(max(carried, 1.0), n - 1)
    reach = student_quantile((1 + confidence_level(level)) / 2, freedom) * error / (1 - kappa**2)
    middle = math.atanh(kappa)
    low, high = math.tanh(middle - reach), math.tanh(middle + reach)
    return Estimate(kappa, low, high, error, n, None, method)


def _mean_gap(matrix: IntArray, gap: IntArray, level: float) -> Estimate:
    method = "mean grade difference, Student interval"
    n = int(matrix.sum())
    if n < 2:
        return Estimate.missing(n, None, method)
    mean = float(np.sum(matrix * gap)) / n
    variance = float(np.sum(matrix * (gap - mean) ** 2)) / (n - 1)
    if variance == 0.0:
        farthest = len(matrix) - 1
        others = 1 - ((1 - confidence_level(level)) / 2) ** (1 / n)
        low = mean - others * (farthest + mean)
        high = mean + others * (farthest - mean)
        return Estimate(mean, low, high, None, n, None, "mean grade difference, all alike")
    error = math.sqrt(variance / n)
    reach = student_quantile((1 + confidence_level(level)) / 2, n - 1) * error
    return Estimate(mean, mean - reach, mean + reach, error, n, None, method)


def multiclass(probabilities: ArrayLike, label: ArrayLike, level: float = 0.95) -> Multiclass:
    """Return the figures of class probabilities (n, k) for true classes `label` (n,), 0 to k - 1.

    The macro AUROC is the mean of the classes' AUROCs; its variance comes from what each case
    contributes to all of them. No value where a class has no case.

    Raises ValueError for other shapes, NaN, or classes outside the range.
    """
    given = np.asarray(probabilities)
    if given.ndim != 2 or given.shape[1] < 2:
        raise ValueError(f"probabilities: must be (n, k), k at least 2, are {given.shape}")
    chance = numbers("probabilities", given)
    broken = np.isfinite(chance).sum(axis=1) < chance.shape[1]
    refuse("probabilities", "must be finite", broken, chance)
    same_length(probabilities=chance, label=vector("label", label))
    classes = chance.shape[1]
    predicted = chance.argmax(axis=1) if len(chance) else np.zeros(0)
    matrix = confusion_matrix(predicted, label, classes)
    truth = numbers("label", label)
    each = tuple(auroc(chance[:, k], truth == k, level=level) for k in range(classes))
    n = int(matrix.sum())
    return Multiclass(
        each,
        _macro(chance, truth, each, level),
        proportion(int(np.trace(matrix)), n, level=level),
        tuple(_share(matrix[k, k], matrix[:, k], level) for k in range(classes)),
        tuple(_share(matrix[k, k], matrix[k, :], level) for k in range(classes)),
        matrix,
    )


def _share(hits: int, of: IntArray | FloatArray, level: float) -> Estimate:
    return proportion(int(hits), int(of.sum()), level=level)


def _macro(
    chance: FloatArray, truth: FloatArray, each: tuple[Estimate, ...], level: float
) -> Estimate:
    method = "macro one-vs-rest AUROC, DeLong"
    n, values = len(truth), [e.value for e in each if e.value is not None]
    if len(values) < len(each) or not each:
        return Estimate.missing(n, None, method)
    contributions = [
        _contributions(chance[:, k], truth == k, value) for k, value in enumerate(values)
    ]
    variance = float(np.sum(np.mean(contributions, axis=0) ** 2))
    smallest = int(np.bincount(truth.astype(np.int64)).min())
    value, error = float(np.mean(values)), math.sqrt(variance)
    if smallest < 2 or not error or not 0 < value < 1:
        found = AurocSums(value, 0.0, n, smallest).estimate(level, method=method)
        return replace(found, n_events=None)
    quantile = student_quantile((1 + confidence_level(level)) / 2, smallest - 1)
    low, high = logit_interval(value, quantile * error)
    return Estimate(value, low, high, error, n, None, f"{method}, logit interval")


def _contributions(score: FloatArray, positive: BoolArray, value: float) -> FloatArray:
    """Return what each case adds to an AUROC's error; the squares add up to DeLong's variance."""
    from scipy.stats import rankdata  # late: see statistics.tails

    result = np.zeros(len(score))
    ranks = rankdata(score)
    for side, sign in ((positive, 1.0), (~positive, -1.0)):
        own, others = int(side.sum()), int((~side).sum())
        beaten = (ranks[side] - rankdata(score[side])) / others
        placed = beaten if sign > 0 else 1 - beaten
        result[side] = (placed - value) / math.sqrt(own * max(own - 1, 1))
    return result
