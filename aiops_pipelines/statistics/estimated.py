"""Performance of days whose labels have not come: estimated from scores, never measured.

Knows a reference with labels and the current scores; recalibrates the score on the reference and
hands on what the current cases are expected to show. CBPE (confidence-based performance
estimation) holds where the score's meaning is unchanged; PAPE weighs the reference towards the
current cases first, and so holds under covariate shift as well. Both are blind to concept shift: if
the same score, or the same features, come to mean another risk, these estimates stay as they were.
Sources: Garg et al. (2022) and the methods NannyML documents (Kivimäki et al., 2024; Białek et
al., 2024); Sugiyama et al. (2008) and Bickel et al. (2009) for density ratios by a classifier.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from aiops_pipelines.statistics.arguments import (
    FloatArray,
    binary,
    confidence_level,
    nonnegative,
    numbers,
    probability,
    random_numbers,
    refuse,
    same_length,
)
from aiops_pipelines.statistics.density_ratio import SMALLEST_SIDE, density_ratio
from aiops_pipelines.statistics.estimate import Estimate
from aiops_pipelines.statistics.histogram import Histogram
from aiops_pipelines.statistics.proportions import proportion
from aiops_pipelines.statistics.recalibration import (
    RecalibrationMethod,
    ReferenceBins,
    recalibrated,
    recalibration_draws,
)
from aiops_pipelines.statistics.resampling import binned_auroc, expanded_tail
from aiops_pipelines.statistics.score_edges import reference_edges

DRAWS = 400
ROUNDING = 1e-9
EstimationMethod = Literal["cbpe", "pape"]


@dataclass(frozen=True, slots=True)
class EstimatedPoint:
    """The rates expected at one threshold; the flag rate alone is measured."""

    threshold: float
    flag_rate: Estimate
    sensitivity: Estimate
    specificity: Estimate
    ppv: Estimate
    npv: Estimate


@dataclass(frozen=True, slots=True)
class EstimatedPerformance:
    """What the current cases are expected to show once labels come.

    `unsupported_rate` is the share of current cases whose scores the reference never showed: for
    these the estimate extrapolates. `effective_reference` is the number of reference cases that the
    estimate rests on, after weighting (Kish, 1965).
    """

    prevalence: Estimate
    auroc: Estimate
    brier: Estimate
    points: tuple[EstimatedPoint, ...]
    unsupported_rate: Estimate
    effective_reference: float


def estimate_performance(
    score: ArrayLike,
    reference_score: ArrayLike,
    reference_label: ArrayLike,
    thresholds: Sequence[float],
    method: EstimationMethod = "cbpe",
    features: ArrayLike | None = None,
    reference_features: ArrayLike | None = None,
    recalibration: RecalibrationMethod = "auto",
    level: float = 0.95,
    seed: int = 0,
) -> EstimatedPerformance:
    """Return the expected performance of `score` (m,) from a labelled reference (n,).

    `thresholds` are operating points, flagged means score >= threshold. PAPE needs `features`
    (m, k) and `reference_features` (n, k), numbers with NaN for missing; with fewer
    than 10 cases a side it estimates nothing. Intervals as in `estimate_performance_from_counts`.

    Raises ValueError for differing lengths, values outside [0, 1], labels other than 0/1, an
    unknown method, PAPE without features, or infinite features.
    """
    now, before = probability("score", score), probability("reference_score", reference_score)
    label = binary("reference_label", reference_label)
    same_length(reference_score=before, reference_label=label)
    points = probability("thresholds", thresholds)
    weight = np.ones(len(before))
    if method == "pape":
        weight = _weights(features, reference_features, now, before, seed)
    elif method != "cbpe":
        raise ValueError(f"method: must be cbpe or pape, is {method!r}")
    edges = reference_edges(before, points)
    effective = _effective(weight)
    scale = effective / weight.sum() if weight.sum() else 1.0
    bins = _Bins(
        edges,
        _counted(before, edges, weight * label * scale),
        _counted(before, edges, weight * ~label * scale),
        _counted(now, edges, np.ones(len(now))),
        _counted(now, edges, now),
        _counted(now, edges, now**2),
    )
    return _estimated(bins, points, method, recalibration, level, seed)


def estimate_performance_from_counts(
    reference: Histogram,
    current: Histogram,
    thresholds: Sequence[float],
    recalibration: RecalibrationMethod = "auto",
    level: float = 0.95,
    seed: int = 0,
) -> EstimatedPerformance:
    """Return the expected performance of all cases of `current`, labelled or not (CBPE).

    The score is recalibrated on the labelled cases of `reference`; that only some of them were
    verified does no harm where verification depends on the flag alone. On score bins PAPE and CBPE
    are one: weights that depend on the bin leave each bin's risk as it is.

    An interval is of the figure that the labels of these very cases will show: not of the figure of
    other cases like them, nor of the population's. It contains the recalibration's uncertainty (the
    reference's counts redrawn, Jeffreys' prior where the lowest or highest risks rest on one class)
    and that of the labels given the scores (binomial), expanded for the reference's smaller class.
    Draws in which a figure does not exist are left out (no positive has no sensitivity): what is
    stated holds if the labels will show the figure at all.

    Raises ValueError for other edges, or thresholds that are no edge.
    """
    if not np.array_equal(reference.edges, current.edges):
        raise ValueError("current: bins of other edges than the reference's")
    points = probability("thresholds", thresholds)
    bins = _Bins(
        current.edges,
        reference.positive.astype(np.float64),
        reference.negative.astype(np.float64),
        (current.positive + current.negative + current.unlabelled).astype(np.float64),
        current.score_sum + current.unlabelled_score_sum,
        None,
    )
    return _estimated(bins, points, "cbpe", recalibration, level, seed)


@dataclass(frozen=True, slots=True)
class _Bins:
    """Reference counts by class, current cases and their sums of scores and squares, per bin."""

    edges: FloatArray
    positive: FloatArray
    negative: FloatArray
    current: FloatArray
    score_sum: FloatArray
    square_sum: FloatArray | None

    def first_flagged(self, threshold: float) -> int:
        if threshold <= 0:
            return 0
        position = int(np.searchsorted(self.edges, threshold))
        if position == len(self.edges) or self.edges[position] != threshold:
            raise ValueError(f"thresholds: {threshold} is no edge of this histogram")
        return position + 1

    def mean_scores(self) -> FloatArray:
        """Return each bin's mean current score, its middle where no current case is."""
        bounds = np.concatenate([[0.0], np.minimum(self.edges, 1.0), [1.0]])
        middle = (bounds[:-1] + bounds[1:]) / 2
        found: FloatArray = np.divide(
            self.score_sum, self.current, out=middle, where=self.current > 0
        )
        return found


def _counted(score: FloatArray, edges: FloatArray, weight: FloatArray) -> FloatArray:
    member = np.searchsorted(edges, score, side="right")
    return np.bincount(member, weight, len(edges) + 1).astype(np.float64)


def _weights(
    features: ArrayLike | None,
    reference_features: ArrayLike | None,
    score: FloatArray,
    reference_score: FloatArray,
    seed: int,
) -> FloatArray:
    """Return each reference case's weight; the score is a feature too."""
    if features is None or reference_features is None:
        raise ValueError("features, reference_features: PAPE needs both")
    now, before = numbers("features", features), numbers("reference_features", reference_features)
    if now.ndim != 2 or before.ndim != 2 or now.shape[1:] != before.shape[1:]:
        raise ValueError(f"features: must be (m, k) and (n, k), are {now.shape}, {before.shape}")
    same_length(score=score, features=now)
    same_length(reference_score=reference_score, reference_features=before)
    for name, rows in (("features", now), ("reference_features", before)):
        infinite = np.isinf(rows).max(axis=1, initial=False)
        refuse(name, "must be finite, or NaN for missing", infinite, rows)
    if min(len(now), len(before)) < SMALLEST_SIDE:
        return np.zeros(len(before))
    return density_ratio(
        np.column_stack([before, reference_score]), np.column_stack([now, score]), seed
    )


def _effective(weight: FloatArray) -> float:
    squares = float(np.sum(nonnegative("weight", weight) ** 2))
    return float(weight.sum()) ** 2 / squares if squares else 0.0


def _estimated(
    bins: _Bins,
    thresholds: FloatArray,
    method: EstimationMethod,
    recalibration: RecalibrationMethod,
    level: float,
    seed: int,
) -> EstimatedPerformance:
    confidence_level(level)
    firsts = [bins.first_flagged(float(threshold)) for threshold in thresholds]
    reference = ReferenceBins(bins.positive, bins.negative, bins.mean_scores())
    risk = recalibrated(reference, recalibration)
    n = round(float(bins.current.sum()))
    name = f"{method.upper()}, {reference.resolve(recalibration)} recalibration"
    tail = expanded_tail(min(float(bins.positive.sum()), float(bins.negative.sum())), level)
    outcomes: tuple[_Outcome, ...] = ()
    if risk is not None and n:
        random = random_numbers(seed)
        risks = recalibration_draws(reference, recalibration, DRAWS, random)
        drawn = random.binomial(bins.current.astype(np.int64), risks)
        outcomes = (
            _Outcome.of(bins, bins.current * risk, bins.current * (1 - risk)),
            _Outcome.of(bins, bins.current * risks, bins.current * (1 - risks)),
            _Outcome.of(bins, drawn, bins.current - drawn),
        )

    def estimate(figure: Callable[[_Outcome], FloatArray]) -> Estimate:
        if not outcomes:
            return Estimate.missing(n, None, name)
        expected, relearnt, drawn = (figure(outcome) for outcome in outcomes)
        return _interval(float(expected), relearnt, drawn, n, tail, name)

    unknown = bins.positive + bins.negative == 0
    return EstimatedPerformance(
        estimate(lambda found: found.prevalence()),
        estimate(lambda found: binned_auroc(found.positive, found.negative)),
        estimate(lambda found: found.brier()),
        tuple(
            _point(bins, float(threshold), first, estimate, level)
            for threshold, first in zip(thresholds, firsts, strict=True)
        ),
        proportion(round(float(bins.current[unknown].sum())), n, level=level),
        float(bins.positive.sum() + bins.negative.sum()),
    )


def _point(
    bins: _Bins,
    threshold: float,
    first: int,
    estimate: Callable[[Callable[["_Outcome"], FloatArray]], Estimate],
    level: float,
) -> EstimatedPoint:
    flagged, n = round(float(bins.current[first:].sum())), round(float(bins.current.sum()))

    def share(side: str, flags: bool, of_class: bool) -> Estimate:
        return estimate(lambda found: found.share(side, first, flags, of_class))

    return EstimatedPoint(
        threshold,
        proportion(flagged, n, level=level),
        share("positive", True, True),
        share("negative", False, True),
        share("positive", True, False),
        share("negative", False, False),
    )


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Positives and negatives per bin (..., bins), expected or drawn, with the bins' scores."""

    positive: FloatArray
    negative: FloatArray
    score: FloatArray
    square: FloatArray

    @classmethod
    def of(cls, bins: _Bins, positive: NDArray[Any], negative: NDArray[Any]) -> "_Outcome":
        score = bins.mean_scores()
        square = score**2
        if bins.square_sum is not None:
            square = np.divide(bins.square_sum, bins.current, out=square, where=bins.current > 0)
        return cls(positive.astype(np.float64), negative.astype(np.float64), score, square)

    def prevalence(self) -> FloatArray:
        positive = self.positive.sum(axis=-1)
        return _ratio(positive, positive + self.negative.sum(axis=-1))

    def brier(self) -> FloatArray:
        of_positives = self.positive @ (1 - 2 * self.score + self.square)
        of_negatives = self.negative @ self.square
        cases = self.positive.sum(axis=-1) + self.negative.sum(axis=-1)
        return _ratio(of_positives + of_negatives, cases)

    def share(self, side: str, first: int, flags: bool, of_class: bool) -> FloatArray:
        """Return the share of a class that is (not) flagged, or of the (un)flagged the class."""
        part = slice(first, None) if flags else slice(None, first)
        own = self.positive if side == "positive" else self.negative
        other = self.negative if side == "positive" else self.positive
        events = own[..., part].sum(axis=-1)
        if of_class:
            return _ratio(events, own.sum(axis=-1))
        return _ratio(events, events + other[..., part].sum(axis=-1))


def _ratio(events: FloatArray, n: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore", divide="ignore"):
        found: FloatArray = np.where(n > 0, events / n, np.nan)
    return found


def _interval(
    value: float, relearnt: FloatArray, drawn: FloatArray, n: int, tail: float, method: str
) -> Estimate:
    """Return the value, less its bootstrap bias, between the draws' quantiles at `tail`.

    Recalibrations learnt from redrawn references are as much too sharp again as the one learnt
    from the reference, so their mean shows the optimism (Efron & Tibshirani, 1993, chapter 10);
    value and quantiles are set back by it on the logit scale, where a quantile of 0 or 1 stays, and
    the quantiles then widened to figures that were drawn: the labels of few cases show only some.
    No value where the figure does not exist, the whole range where it exists in fewer than half of
    the draws.
    """
    kept = drawn[np.isfinite(drawn)]
    if not math.isfinite(value) or not len(kept):
        return Estimate.missing(n, None, method)
    if 2 * len(kept) < len(drawn):
        return Estimate(value, 0.0, 1.0, None, n, None, f"{method}, too few cases to bound")
    inside = 0 < value < 1 and 0 < float(relearnt.mean()) < 1
    optimism = float(special.logit(relearnt.mean()) - special.logit(value)) if inside else 0.0
    point = float(special.expit(special.logit(value) - optimism)) if inside else value
    quantiles = np.quantile(kept, [tail, 1 - tail], method="weibull")
    low, high = _drawn_around(kept, special.expit(special.logit(quantiles) - 2 * optimism))
    return Estimate(
        point,
        max(min(low, point), 0.0),
        min(max(high, point), 1.0),
        float(kept.std(ddof=1)),
        n,
        None,
        method,
    )


def _drawn_around(drawn: FloatArray, limits: FloatArray) -> tuple[float, float]:
    """Return the nearest of the figures `drawn` at or beyond each limit, or the limit itself."""
    low, high = float(limits[0]), float(limits[1])
    below, above = drawn[drawn <= low + ROUNDING], drawn[drawn >= high - ROUNDING]
    return float(below.max()) if len(below) else low, float(above.min()) if len(above) else high
