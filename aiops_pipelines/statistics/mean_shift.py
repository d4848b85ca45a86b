"""The alarm on any metric that comes as one estimate a block: AUROC, slope, gap, log O:E.

Knows a limit and the independent estimates of successive blocks (weeks, say) with their standard
errors; hands on a Shiryaev-Roberts statistic, its alarm and an e-value. Source: Shin, Ramdas &
Rinaldo (2023), "E-detectors", with Gaussian e-values exp(lambda z - lambda^2 / 2), or where the
error was expected beforehand with those of Delyon (2009), "Exponential inequalities for sums of
weakly dependent variables": exp(lambda M - lambda^2 / 2 ([M] / 3 + 2 <M> / 3)) has a mean of at
most 1 for sums M of any distribution, [M] the squares that came and <M> those expected.
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
MOST_WIDENED = 2.0
"""How many times the expected variance a block's own may make of it: with 2 cases may come to vary
three times as much, and exactly at the limit alarms stay near what is promised."""


@dataclass(frozen=True, slots=True)
class MeanShiftDetector(EDetector):
    """E-detector of a metric beyond its limit, from independent block estimates.

    Null hypothesis: each block's estimate is about normal around a truth that is not above `limit`
    (direction "above"; not below it for "below"), or of any distribution where it is a mean and its
    error was expected. Blocks must not overlap; an AUROC is better given on a logit scale, with the
    limit on that scale. `alternatives` are effects in standard errors of a block. Properties and
    guarantees are those of `EDetector`, with blocks as updates. A block without an estimate, or
    with no standard error above 0, neither its own nor an expected one, counts in `updates` but not
    in `updates_with_evidence`.
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
        expected_error: float | None = None,
    ) -> Self:
        """Return the state after a block's `estimate` and `standard_error` (units of the limit).

        `expected_error` is what the standard error of a mean of so many cases was expected to be
        before the block came, from earlier cases. A sample that lacks a long tail's rare case has
        its mean and its own error wrong together, and looks surer than it is. What was expected
        does not; where it is right, no distribution raises more alarms than promised.

        Without it `degrees_of_freedom` says how well the standard error is known (about the number
        of positives less one for an AUROC): below 30 it should be given, else small blocks alarm
        too often (11% a year instead of 4% at 10 degrees); `implied_freedom` reads it off an
        interval.

        Raises ValueError for NaN, infinity, a negative error or degrees of freedom not above 0.
        """
        _check_block(estimate, standard_error, expected_error)
        effects = np.array(self.alternatives)
        own, error = standard_error or 0.0, expected_error or standard_error
        if estimate is None or not error:
            return self._without_evidence()
        harm = estimate - self.limit if self.direction == "above" else self.limit - estimate
        z, spread = harm / error, 1.0
        if expected_error:
            spread = _squares(own / error * (own / error))
        elif degrees_of_freedom is not None:
            z = _normal_score(z, positive("degrees_of_freedom", degrees_of_freedom))
        return self._with_evidence(effects * z - effects**2 / 2 * spread, on)


def _squares(own: float) -> float:
    """Return [M] / 3 + 2 <M> / 3, in units of the expected variance, from a block's own variance.

    Cases may have come to vary more than the earlier ones: what was expected is raised to a block's
    own variance, at most doubled. More than that is the tail's, of which a third counts.
    """
    return own / 3 + 2 / 3 * min(max(own, 1.0), MOST_WIDENED)


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


def _check_block(
    estimate: float | None, standard_error: float | None, expected_error: float | None
) -> None:
    if estimate is not None and not math.isfinite(estimate):
        raise ValueError(f"estimate: must be finite or None, is {estimate!r}")
    for name, error in (("standard_error", standard_error), ("expected_error", expected_error)):
        if error is not None and not 0 <= error < math.inf:
            raise ValueError(f"{name}: must be finite and not negative, or None, is {error!r}")
