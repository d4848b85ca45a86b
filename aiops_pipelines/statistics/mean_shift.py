"""The alarm on any metric that comes as one estimate a block: AUROC, slope, gap, log O:E.

Knows a limit and the independent estimates of successive blocks (weeks, say) with their standard
errors; hands on a Shiryaev-Roberts statistic, its alarm and an e-value. Source: Shin, Ramdas &
Rinaldo (2023), "E-detectors", with Gaussian e-values exp(lambda z - lambda^2 / 2).
"""

import math
from dataclasses import dataclass
from datetime import date
from typing import Self

import numpy as np

from aiops_pipelines.statistics.daily_counts import positive
from aiops_pipelines.statistics.e_detector import Direction, EDetector
from aiops_pipelines.statistics.tails import normal_quantile, student_freedom, student_tail

TEN_YEARS_OF_WEEKS = 520.0
SMALLEST_TAIL = 1e-300
DEFAULT_EFFECTS = (0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0)
"""Shifts looked for, in standard errors of a block. None above 2: the standard errors of small
blocks are themselves uncertain, and larger effects would let one stray block alarm alone."""


@dataclass(frozen=True, slots=True)
class MeanShiftDetector(EDetector):
    """E-detector of a metric beyond its limit, from independent block estimates.

    Null hypothesis: each block's estimate is about normal around a truth that is not above `limit`
    (direction "above"; not below it for "below"). Blocks must not overlap; AUROC and ratios are
    better given on a logit or log scale, with the limit on that scale. `alternatives` are effects
    in standard errors of a block. Properties and guarantees are those of `EDetector`, with blocks
    as updates. A block without an estimate, or with a standard error of None or 0, says nothing of
    its own precision: it counts in `updates` but not in `updates_with_evidence`.
    """

    limit: float
    direction: Direction = "above"
    average_run_length: float = TEN_YEARS_OF_WEEKS
    alternatives: tuple[float, ...] = DEFAULT_EFFECTS

    def _check_null(self) -> None:
        if not math.isfinite(self.limit):
            raise ValueError(f"limit: must be finite, is {self.limit!r}")
        if not all(0 < effect < math.inf for effect in self.alternatives):
            raise ValueError("alternatives: must be effects above 0, finite")

    def update(
        self,
        estimate: float | None,
        standard_error: float | None,
        on: date | None = None,
        degrees_of_freedom: float | None = None,
    ) -> Self:
        """Return the state after a block's `estimate` and `standard_error` (units of the limit).

        `degrees_of_freedom` says how well the standard error is known (about the number of
        positives less one for an AUROC): below 30 it should be given, else small blocks alarm too
        often (11% a year instead of 4% at 10 degrees); `implied_freedom` reads it off an interval.
        Raises ValueError for NaN, infinity, a negative standard error or degrees of freedom not
        above 0.
        """
        _check_block(estimate, standard_error)
        if estimate is None or not standard_error:
            return self._without_evidence()
        harm = estimate - self.limit if self.direction == "above" else self.limit - estimate
        z = harm / standard_error
        if degrees_of_freedom is not None:
            z = _normal_score(z, positive("degrees_of_freedom", degrees_of_freedom))
        effects = np.array(self.alternatives)
        return self._with_evidence(effects * z - effects**2 / 2, on)


def implied_freedom(reach: float, standard_error: float, level: float = 0.95) -> float:
    """Return the degrees of freedom of a standard error, from how far its interval reaches.

    An interval that knows how few cases carry its variance, or how skewed they are, reaches further
    than 1.96 standard errors: as far as Student's of so many degrees. At least a tenth; infinitely
    many where it reaches no further than a normal one.
    """
    positive("standard_error", standard_error)
    return max(student_freedom((1 + level) / 2, reach / standard_error), 0.1)


def _normal_score(value: float, degrees_of_freedom: float) -> float:
    """Return the normal deviate with the tail probability of a t `value`."""
    tail = max(student_tail(abs(value), degrees_of_freedom), SMALLEST_TAIL)
    return math.copysign(-normal_quantile(tail), value)


def _check_block(estimate: float | None, standard_error: float | None) -> None:
    if estimate is not None and not math.isfinite(estimate):
        raise ValueError(f"estimate: must be finite or None, is {estimate!r}")
    if standard_error is not None and not 0 <= standard_error < math.inf:
        raise ValueError(
            f"standard_error: must be finite and not negative, or None, is {standard_error!r}"
        )
