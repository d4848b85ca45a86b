"""The whole set of exact metrics from the cases themselves: one sort, one sweep over tie blocks.

For disputes and evidence packs, where daily statistics' bins are not exact enough. Sources: DeLong,
DeLong & Clarke-Pearson (1988) for the AUROC's variance; Murphy (1973) and Stephenson, Coelho &
Jolliffe (2008) for the decomposition of the Brier score; Spiegelhalter (1986) for Z.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from aiops_pipelines.statistics.arguments import (
    MANY,
    FloatArray,
    binary,
    probability,
    real,
    same_length,
    whole,
)
from aiops_pipelines.statistics.calibration import EXTREME, Spiegelhalter, spiegelhalter
from aiops_pipelines.statistics.calibration_error import expected_calibration_errors
from aiops_pipelines.statistics.estimate import Estimate
from aiops_pipelines.statistics.operating import OperatingPoint, operating_point_from_counts
from aiops_pipelines.statistics.radix_sort import KeyArray
from aiops_pipelines.statistics.ranking import AurocSums, average_precision_estimate
from aiops_pipelines.statistics.reliability import (
    Reliability,
    reliability_from_bins,
)
from aiops_pipelines.statistics.resampling import mean_estimate
from aiops_pipelines.statistics.tie_blocks import labelled_keys

_LABEL = np.uint64(1)
_ABOVE_ALL = 1.5
_SMALL = 1e-4
"""Below this score log(1 - score) loses digits, and its series has them all."""


@dataclass(frozen=True, slots=True)
class Brier(Estimate):
    """A Brier score and its parts over the reliability curve's bins, all None without cases.

    value = reliability - resolution + uncertainty + within_bin_variance - within_bin_covariance:
    the last two are what scores vary within a bin, without which the parts don't add up. `skill` is
    the share of the uncertainty that the scores take away, None where there is none.
    """

    reliability: float | None
    resolution: float | None
    uncertainty: float | None
    within_bin_variance: float | None
    within_bin_covariance: float | None
    skill: float | None


@dataclass(frozen=True, slots=True)
class ExactMetrics:
    """Every exact metric of one set of cases; `operating_points` follow the thresholds given."""

    auroc: Estimate
    average_precision: Estimate
    brier: Brier
    log_loss: Estimate
    spiegelhalter: Spiegelhalter
    ece: Estimate
    ece_debiased: Estimate
    reliability: Reliability
    operating_points: tuple[OperatingPoint, ...]


def exact_metrics(
    score: ArrayLike,
    label: ArrayLike,
    thresholds: ArrayLike = (),
    bins: int = 10,
    level: float = 0.95,
) -> ExactMetrics:
    """Return all metrics of probabilities `score` (n,) for 0/1 `label` (n,).

    ECE, reliability and the Brier score's parts are over `bins` bins of about equal mass; equal
    scores share a bin, so that the order of the cases doesn't matter. The log loss holds scores
    1e-12 away from 0 and 1.

    Raises ValueError for differing lengths, labels other than 0/1, scores outside [0, 1], NaN
    thresholds, or fewer than one bin.
    """
    scores, labels = probability("score", score), binary("label", label)
    n = same_length(score=scores, label=labels)
    cuts = real("thresholds", thresholds)
    bins = whole("bins", bins, least=1, most=MANY)
    # One piece of memory: it is what the operating system takes longest to give.
    rooms = np.empty((2, n), np.uint64)
    keys, chance = labelled_keys(scores, labels, rooms), rooms[0].view(np.float64)
    positives = int(labels.sum())
    _write_chances(keys, chance)
    over_cases, per_bin = _sweep(keys, np.log(chance, out=chance), positives, bins)
    swept = _Sums(*over_cases, *per_bin)
    curve = reliability_from_bins(swept.bin_score, swept.bin_positive, swept.bin_n, level)
    ece, debiased = expected_calibration_errors(curve, level)
    return ExactMetrics(
        _auroc(swept, n, positives, level),
        average_precision_estimate(swept.average_precision, n, positives, "step", level),
        _brier(swept, n, positives, level),
        mean_estimate(
            swept.log_loss, swept.log_loss_squares, n, positives, "log loss", None, level
        ),
        spiegelhalter(swept.spiegelhalter, swept.spiegelhalter_variance),
        ece,
        debiased,
        curve,
        tuple(_operating_point(keys, positives, cut, level) for cut in cuts.tolist()),
    )


def brier(score: ArrayLike, label: ArrayLike, bins: int = 10, level: float = 0.95) -> Brier:
    """Return the Brier score of probabilities `score` (n,) for 0/1 `label` (n,) with its parts.

    Raises ValueError as `exact_metrics` does.
    """
    return exact_metrics(score, label, (), bins, level).brier


def log_loss(score: ArrayLike, label: ArrayLike, level: float = 0.95) -> Estimate:
    """Return the mean log loss, in nats a case, of probabilities `score` (n,) for `label` (n,).

    Scores are held 1e-12 away from 0 and 1: a case held impossible costs 27.6.

    Raises ValueError as `exact_metrics` does.
    """
    return exact_metrics(score, label, (), 10, level).log_loss


class _Sums(NamedTuple):
    """What the sweep adds up: AUROC with its variance, mean precision, sums over cases and bins."""

    auroc: float
    auroc_variance: float
    average_precision: float
    brier: float
    brier_squares: float
    log_loss: float
    log_loss_squares: float
    spiegelhalter: float
    spiegelhalter_variance: float
    bin_n: FloatArray
    bin_positive: FloatArray
    bin_score: FloatArray
    bin_squares: FloatArray
    bin_product: FloatArray


def _auroc(swept: _Sums, n: int, positives: int, level: float) -> Estimate:
    if positives in (0, n):
        return Estimate.missing(n, positives, "DeLong")
    return AurocSums(swept.auroc, swept.auroc_variance, n, positives).estimate(level)


def _brier(swept: _Sums, n: int, positives: int, level: float) -> Brier:
    found = mean_estimate(swept.brier, swept.brier_squares, n, positives, "Brier score", 1.0, level)
    stated = found.value, found.low, found.high, found.standard_error
    if not n:
        return Brier(*stated, n, positives, found.method, None, None, None, None, None, None)
    size = np.maximum(swept.bin_n, 1)
    expected, observed = swept.bin_score / size, swept.bin_positive / size
    rate = positives / n
    uncertainty = rate * (1 - rate)
    within = np.sum(swept.bin_squares - swept.bin_score * expected)
    together = np.sum(swept.bin_product - swept.bin_positive * expected)
    return Brier(
        *stated,
        n,
        positives,
        found.method,
        reliability=float(swept.bin_n @ (expected - observed) ** 2) / n,
        resolution=float(swept.bin_n @ (observed - rate) ** 2) / n,
        uncertainty=uncertainty,
        within_bin_variance=max(float(within), 0.0) / n,
        within_bin_covariance=2 * float(together) / n,
        skill=1 - swept.brier / n / uncertainty if uncertainty else None,
    )


def _operating_point(
    keys: KeyArray, positives: int, threshold: float, level: float
) -> OperatingPoint:
    least = np.float64(min(max(threshold, 0.0), _ABOVE_ALL)).view(np.uint64) << _LABEL
    first = int(np.searchsorted(keys, least))
    fn = int(_positives(keys[:first]))
    tp = positives - fn
    return operating_point_from_counts(tp, len(keys) - first - tp, fn, first - fn, level)


@njit(cache=True, error_model="numpy")
def _positives(keys: KeyArray) -> np.uint64:
    found = np.uint64(0)
    for i in range(len(keys)):
        found += keys[i] & _LABEL
    return found


@njit(cache=True, inline="always")
def _score(key: np.uint64) -> np.float64:
    return np.uint64(key >> _LABEL).view(np.float64)


@njit(cache=True, error_model="numpy")
def _write_chances(keys: KeyArray, chance: FloatArray) -> None:
    """Write the chance that each case's score, kept from 0 and 1, gave to what happened."""
    for i in range(len(keys)):
        kept = min(max(_score(keys[i]), EXTREME), 1 - EXTREME)
        chance[i] = kept if keys[i] & _LABEL else 1 - kept


@njit(cache=True, error_model="numpy")
def _auroc_variance(keys: KeyArray, value: float, n_positive: int) -> float:
    """Return DeLong's variance; a pass of its own keeps its digits."""
    n_negative = len(keys) - n_positive
    of_positives, of_negatives = 0.0, 0.0
    i, found = 0, 0
    while i < len(keys):
        last, p = i + 1, int(keys[i] & _LABEL)
        while last < len(keys) and keys[last] >> _LABEL == keys[i] >> _LABEL:
            p += int(keys[last] & _LABEL)
            last += 1
        q = last - i - p
        below = i - found + q / 2 - value * n_negative
        above = n_positive - found - p / 2 - value * n_positive
        of_positives += p * below * below
        of_negatives += q * above * above
        i, found = last, found + p
    variance = of_positives / n_negative**2 / max(n_positive - 1, 1) / n_positive
    return variance + of_negatives / n_positive**2 / max(n_negative - 1, 1) / n_negative


@njit(cache=True, error_model="numpy")
def _sweep(
    keys: KeyArray, log_chance: FloatArray, n_positive: int, bins: int
) -> tuple[
    tuple[float, float, float, float, float, float, float, float, float],
    tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray],
]:
    n = len(keys)
    pairs, precision, brier, brier_squares, loss, loss_squares, z, z_variance = (0.0,) * 8
    per_bin = np.zeros((5, bins))
    n_in, positive_in, score_in, squares_in, product_in = (0.0,) * 5
    i, found, k = 0, 0, 0
    while i < n:
        # No branch on the label of a case alone, as most are: processors can't guess it.
        v, pattern = _score(keys[i]), keys[i] >> _LABEL
        last, p = i + 1, int(keys[i] & _LABEL)
        of_positive = of_negative = log_chance[i]
        while last < n and keys[last] >> _LABEL == pattern:
            if keys[last] & _LABEL:
                p += 1
                of_positive = log_chance[last]
            else:
                of_negative = log_chance[last]
            last += 1
        t = last - i
        q = t - p
        if v < _SMALL:
            of_negative = -max(v, EXTREME) * (1 + v * (1 / 2 + v * (1 / 3 + v / 4)))
        if last * bins >= n * (k + 1):  # Only then can the middle have reached the next bin.
            place = min(int((i + t / 2) / n * bins), bins - 1)
            if place != k:
                per_bin[:, k] = n_in, positive_in, score_in, squares_in, product_in
                n_in, positive_in, score_in, squares_in, product_in = (0.0,) * 5
                k = place
        pairs += p * (i - found + q / 2)
        precision += p * (n_positive - found) / (n - i)
        missed, raised = (1 - v) * (1 - v), v * v
        brier += p * missed + q * raised
        brier_squares += p * missed * missed + q * raised * raised
        loss -= p * of_positive + q * of_negative
        loss_squares += p * of_positive * of_positive + q * of_negative * of_negative
        tilt = 1 - 2 * v
        z += (p - t * v) * tilt
        z_variance += t * tilt * tilt * v * (1 - v)
        n_in += t
        positive_in += p
        score_in += t * v
        squares_in += t * raised
        product_in += p * v
        i, found = last, found + p
    per_bin[:, k] = n_in, positive_in, score_in, squares_in, product_in
    area = pairs / n_positive / (n - n_positive)
    ranked = area, _auroc_variance(keys, area, n_positive), precision / n_positive
    over_cases = (*ranked, brier, brier_squares, loss, loss_squares, z, z_variance)
    return over_cases, (per_bin[0], per_bin[1], per_bin[2], per_bin[3], per_bin[4])
