"""What a score means: the risk per score bin, learnt from counts, with its uncertainty.

Knows counts of positives and negatives per bin in rising order of score; hands on a risk per bin.
Isotonic (Zadrozny & Elkan, 2002) assumes only that a higher score is no lower risk; logistic (Cox,
1958; Platt, 1999) is steadier where positives or negatives are few, wrong where the curve bends.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special
from scipy.optimize import isotonic_regression

from aiops_pipelines.statistics.arguments import FloatArray
from aiops_pipelines.statistics.calibration import EXTREME, cox_recalibration
from aiops_pipelines.statistics.estimate import Estimate

RecalibrationMethod = Literal["auto", "isotonic", "logistic"]

ENOUGH_FOR_ISOTONIC = 50
"""Cases of the smaller class below which two coefficients are all that can be learnt."""


@dataclass(frozen=True, slots=True)
class ReferenceBins:
    """Reference counts by class (possibly weighted) and a score for each bin, all (bins,)."""

    positive: FloatArray
    negative: FloatArray
    score: FloatArray

    def resolve(self, method: RecalibrationMethod) -> RecalibrationMethod:
        """Return the method that "auto" stands for here."""
        if method != "auto":
            return method
        smaller = min(float(self.positive.sum()), float(self.negative.sum()))
        if smaller < ENOUGH_FOR_ISOTONIC and _logistic(self) is not None:
            return "logistic"
        return "isotonic"


def recalibrated(reference: ReferenceBins, method: RecalibrationMethod) -> FloatArray | None:
    """Return the risk per bin (bins,), or None where the reference has no labelled case.

    Isotonic: a run of lowest bins without a positive, or of highest without a negative, gets half
    a case (Jeffreys), so that what was never seen is not held impossible.

    Raises ValueError for an unknown method.
    """
    if method not in ("auto", "isotonic", "logistic"):
        raise ValueError(f"recalibration: must be auto, isotonic or logistic, is {method!r}")
    if not float(reference.positive.sum() + reference.negative.sum()):
        return None
    fitted = _logistic(reference) if reference.resolve(method) == "logistic" else None
    if fitted is not None:
        return fitted.risk(np.zeros(2))
    rare = _never_seen(reference)
    return _isotonic(reference.positive + rare[0] / 2, reference.negative + rare[1] / 2)


def recalibration_draws(
    reference: ReferenceBins,
    method: RecalibrationMethod,
    draws: int,
    random: np.random.Generator,
) -> FloatArray:
    """Return risks (draws, bins) as likely as the reference allows.

    Isotonic: each count, and each half case, redrawn from a gamma (the Bayesian bootstrap, Rubin,
    1981) and refitted. Logistic: normal coefficients.
    """
    fitted = _logistic(reference) if reference.resolve(method) == "logistic" else None
    if fitted is not None:
        return np.stack([fitted.risk(z) for z in random.standard_normal((draws, 2))])
    positive, negative = reference.positive, reference.negative
    rare = _never_seen(reference)
    found = np.empty((draws, len(positive)))
    for row in found:
        unseen = random.gamma(0.5, size=2)
        row[:] = _isotonic(
            random.gamma(positive) + unseen[0] * rare[0],
            random.gamma(negative) + unseen[1] * rare[1],
        )
    return found


def _never_seen(reference: ReferenceBins) -> tuple[FloatArray, FloatArray]:
    """Return a positive spread over the lowest bins without any, a negative over the highest."""
    positive, negative = reference.positive, reference.negative
    with_positive, with_negative = np.flatnonzero(positive), np.flatnonzero(negative)
    first = int(with_positive[0]) if len(with_positive) else len(positive)
    last = int(with_negative[-1]) + 1 if len(with_negative) else 0
    return _spread(negative, slice(0, first)), _spread(positive, slice(last, None))


def _spread(counts: FloatArray, part: slice) -> FloatArray:
    """Return shares of one case over the bins of `part`, as `counts` lie; all 0 where none do."""
    share = np.zeros(len(counts))
    total = float(counts[part].sum())
    if total:
        share[part] = counts[part] / total
    return share


def _isotonic(positive: FloatArray, negative: FloatArray) -> FloatArray:
    """Return the isotonic risk; bins without a reference case lie between their neighbours."""
    total = positive + negative
    used = np.flatnonzero(total > 0)
    fitted = isotonic_regression(positive[used] / total[used], weights=total[used]).x
    risk: FloatArray = np.interp(np.arange(len(total)), used, np.clip(fitted, 0.0, 1.0))
    return risk


@dataclass(frozen=True, slots=True)
class _Logistic:
    """A logistic curve around the logit where its two coefficients are uncorrelated."""

    logit: FloatArray
    intercept: Estimate
    slope: Estimate

    def risk(self, z: FloatArray) -> FloatArray:
        """Return the risk per bin with the coefficients `z` standard errors off."""
        a = (self.intercept.value or 0.0) + z[0] * (self.intercept.standard_error or 0.0)
        b = (self.slope.value or 0.0) + z[1] * (self.slope.standard_error or 0.0)
        risk: FloatArray = special.expit(a + b * self.logit)
        return risk


def _logistic(reference: ReferenceBins) -> _Logistic | None:
    """Return the fitted curve, or None where it has no maximum or falls with the score."""
    total = reference.positive + reference.negative
    used = total > 0
    logit = special.logit(np.clip(reference.score, EXTREME, 1 - EXTREME))
    if not used.any():
        return None
    counts = reference.positive[used], total[used]
    rough = cox_recalibration(logit[used], *counts)
    if rough.intercept.value is None or rough.slope.value is None or rough.slope.value <= 0:
        return None
    chance = special.expit(rough.intercept.value + rough.slope.value * logit[used])
    middle = float(np.average(logit[used], weights=total[used] * chance * (1 - chance)))
    centred = cox_recalibration(logit[used] - middle, *counts)
    if centred.intercept.value is None:
        return None
    return _Logistic(logit - middle, centred.intercept, centred.slope)
