"""The proof for the vendor meeting: was the limit exceeded, at any time, with 95% confidence?

Knows a contract's limit and the counts since the period began; hands on an e-process and a
confidence sequence that stay valid however often one looks. Source: beta-binomial mixture of
Howard, Ramdas, McAuliffe & Sekhon (2021); e-process in the sense of Ramdas et al. (2023). The
betting form of Waudby-Smith & Ramdas (2024) stands in `betting`, for a second opinion.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from aiops_pipelines.statistics.arguments import FloatArray, IntArray, confidence_level, whole
from aiops_pipelines.statistics.boundaries import (
    BetaBinomialMixture,
    bernoulli_confidence_interval,
)
from aiops_pipelines.statistics.daily_counts import (
    complete_state,
    daily_counts,
    not_below_zero,
    one_date_a_day,
    open_unit,
    positive,
)
from aiops_pipelines.statistics.e_detector import Direction, checked_direction, exp_or_inf


@dataclass(frozen=True, slots=True)
class RateExceedance:
    """Immutable state of the evidence; `update` returns the state after one more day.

    Null hypothesis: the rate was at most `limit` all along (direction "above"; at least `limit`
    for "below"), the cases independent given the past; the rate may vary from day to day. Then
    P(e-value ever reaches 1 / (1 - level)) <= 1 - level. The e-value depends on the totals alone,
    so cases are exchangeable within a day and nobody can argue over their order.

    `optimised_at` is the number of cases after which the evidence should be sharpest (about a
    quarter's cases); a wrong guess costs power, never validity, but it must be fixed before the
    period begins. `proven_at` counts updates from 1, `proven_on` is the date given with that
    update; once proven, it stays proven.
    """

    limit: float
    level: float = 0.95
    direction: Direction = "above"
    optimised_at: float = 500.0
    updates: int = 0
    events: int = 0
    trials: int = 0
    peak_log_e_value: float = 0.0
    proven_at: int | None = None
    proven_on: date | None = None

    def __post_init__(self) -> None:
        open_unit("limit", self.limit)
        confidence_level(self.level)
        checked_direction(self.direction)
        positive("optimised_at", self.optimised_at)
        whole("updates", self.updates)
        whole("events", self.events, most=whole("trials", self.trials))
        not_below_zero("peak_log_e_value", self.peak_log_e_value)

    def update(self, events: int, trials: int, on: date | None = None) -> Self:
        """Return the state after a day with `events` among `trials`.

        Raises ValueError for counts that are negative, not whole, or more events than trials.
        """
        return self.replay([events], [trials], None if on is None else [on])

    def replay(
        self, events: ArrayLike, trials: ArrayLike, dates: Sequence[date] | None = None
    ) -> Self:
        """Return the state after many days; `events`, `trials`, `dates` hold one element a day."""
        counted, tried = daily_counts(events, trials)
        one_date_a_day(dates, len(counted))
        if not len(counted):
            return self
        totals = self.events + np.cumsum(counted), self.trials + np.cumsum(tried)
        evidence = self._log_e_values(*totals)
        proof = np.flatnonzero(evidence >= self.log_threshold)
        state = replace(
            self,
            updates=self.updates + len(counted),
            events=int(totals[0][-1]),
            trials=int(totals[1][-1]),
            peak_log_e_value=max(self.peak_log_e_value, float(evidence.max())),
        )
        if self.proven or not len(proof):
            return state
        first = int(proof[0])
        on = None if dates is None else dates[first]
        return replace(state, proven_at=self.updates + first + 1, proven_on=on)

    @property
    def log_threshold(self) -> float:
        """Log of the e-value that counts as proof: 1 / (1 - level)."""
        return -math.log1p(-self.level)

    @property
    def log_e_value(self) -> float:
        """Log of the evidence against "the limit was kept"; 0 before the first case."""
        return float(self._log_e_values(np.array([self.events]), np.array([self.trials]))[0])

    @property
    def e_value(self) -> float:
        """Evidence now; infinity where it exceeds the largest float."""
        return exp_or_inf(self.log_e_value)

    @property
    def p_value(self) -> float:
        """Anytime-valid p-value: 1 / the highest e-value so far."""
        return math.exp(-self.peak_log_e_value)

    @property
    def proven(self) -> bool:
        """Whether the evidence reached 1 / (1 - level) at any time so far."""
        return self.proven_at is not None

    def confidence_sequence(self) -> tuple[float, float]:
        """Return (low, high) for a constant rate, valid at every look with probability `level`.

        Two-sided, so a little wider than the one-sided proof: the limit may still lie just inside
        when `proven` turns true. (0, 1) before the first case.
        """
        return bernoulli_confidence_interval(
            self.events, self.trials, 1 - self.level, self.optimised_at
        )

    def _log_e_values(self, events: IntArray, trials: IntArray) -> FloatArray:
        if self.direction == "above":
            mixture = BetaBinomialMixture.tuned(self.limit, self.optimised_at, True)
            return mixture.log_e_values(events, trials)
        mixture = BetaBinomialMixture.tuned(1 - self.limit, self.optimised_at, True)
        return mixture.log_e_values(trials - events, trials)

    def to_dict(self) -> dict[str, Any]:
        """Return the state as JSON-safe values (dates as ISO text)."""
        on = self.proven_on
        return asdict(self) | {"proven_on": None if on is None else on.isoformat()}

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Self:
        """Return the state that `to_dict` described; ValueError where it is not a whole one."""
        complete_state(cls, state)
        on = state["proven_on"]
        return cls(**state | {"proven_on": None if on is None else date.fromisoformat(on)})
