"""What both alarms share: a Shiryaev-Roberts e-detector mixed over alternatives, on the log scale.

Knows nothing of rates or means: it is given each update's log likelihood ratios, one an
alternative, and hands on the statistic, its alarm and an e-value. Source: Shin, Ramdas & Rinaldo
(2023), "E-detectors: a nonparametric framework for sequential change detection".
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Literal, Self

import numpy as np

from aiops_pipelines.statistics.arguments import BoolArray, FloatArray, real, whole
from aiops_pipelines.statistics.daily_counts import complete_state, positive

Direction = Literal["above", "below"]


def checked_direction(direction: str) -> None:
    """Raise ValueError unless `direction` is "above" or "below"."""
    if direction not in ("above", "below"):
        raise ValueError(f'direction: must be "above" or "below", is {direction!r}')


def next_log_statistics(log_statistics: FloatArray, log_ratios: FloatArray) -> FloatArray:
    """Return log((1 + R) L) for each alternative (last axis), given log R and log L.

    The "1 +" opens a new e-process with every update, so a change is found whenever it begins.
    """
    advanced: FloatArray = np.logaddexp(0.0, log_statistics) + log_ratios
    return advanced


def log_mixture(log_statistics: FloatArray) -> FloatArray:
    """Return the log of the mean over the alternatives (last axis)."""
    mixed: FloatArray = np.logaddexp.reduce(log_statistics, axis=-1)
    return mixed - math.log(log_statistics.shape[-1])


def exp_or_inf(log_value: float) -> float:
    """Return exp(log_value), infinity where it exceeds the largest float."""
    return math.exp(log_value) if log_value < 709.0 else math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class EDetector:
    """State of a detector; never changed, each update returns the next state.

    Under the null hypothesis (the truth on the right side of `limit` at every update) the expected
    number of updates with evidence until an alarm is at least `average_run_length`, and an alarm
    within T of them has probability at most T / `average_run_length`. An update without evidence
    (a day without cases) leaves the statistic as it was.

    `first_alarm` counts updates from 1, `first_alarm_on` is the date given with that update; both
    stay once set. Evidence accrues in the order of updates: the order in which labels arrive.
    """

    limit: float
    direction: Direction
    average_run_length: float
    alternatives: tuple[float, ...]
    updates: int = 0
    updates_with_evidence: int = 0
    log_statistics: tuple[float, ...] = ()
    first_alarm: int | None = None
    first_alarm_on: date | None = None

    def __post_init__(self) -> None:
        checked_direction(self.direction)
        positive("average_run_length", self.average_run_length)
        if not self.alternatives:
            raise ValueError("alternatives: must name at least one")
        whole(
            "updates_with_evidence", self.updates_with_evidence, most=whole("updates", self.updates)
        )
        if len(self.log_statistics) != (
            len(self.alternatives) if self.updates_with_evidence else 0
        ):
            raise ValueError("log_statistics: must be one an alternative once there is evidence")
        real("log_statistics", self.log_statistics)
        self._check_null()

    def _check_null(self) -> None:
        raise NotImplementedError

    @property
    def log_threshold(self) -> float:
        """Log of the threshold: the average run length in updates with evidence."""
        return math.log(self.average_run_length)

    @property
    def log_statistic(self) -> float:
        """Log of the mixed Shiryaev-Roberts statistic; minus infinity before any evidence."""
        return float(log_mixture(self._current())) if self.log_statistics else -math.inf

    @property
    def statistic(self) -> float:
        """The mixed Shiryaev-Roberts statistic; infinity where it exceeds the largest float."""
        return exp_or_inf(self.log_statistic)

    @property
    def alarm(self) -> bool:
        """Whether the statistic stands at or above the threshold now."""
        return self.log_statistic >= self.log_threshold

    @property
    def log_e_value(self) -> float:
        """Log of statistic / updates with evidence: an e-value on a night fixed beforehand."""
        if not self.updates_with_evidence:
            return 0.0
        return self.log_statistic - math.log(self.updates_with_evidence)

    @property
    def e_value(self) -> float:
        """Statistic / updates with evidence, for e-BH across a portfolio; 1 before any."""
        return exp_or_inf(self.log_e_value)

    def restarted(self) -> Self:
        """Return the same detector without a past, for after a repair that a person confirmed."""
        return replace(
            self,
            updates=0,
            updates_with_evidence=0,
            log_statistics=(),
            first_alarm=None,
            first_alarm_on=None,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the state as JSON-safe values (dates as ISO text)."""
        on = self.first_alarm_on
        return asdict(self) | {
            "alternatives": list(self.alternatives),
            "log_statistics": list(self.log_statistics),
            "first_alarm_on": None if on is None else on.isoformat(),
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Self:
        """Return the detector that `to_dict` described; ValueError where it is not a whole one."""
        complete_state(cls, state)
        on = state["first_alarm_on"]
        restored = state | {
            "alternatives": tuple(state["alternatives"]),
            "log_statistics": tuple(state["log_statistics"]),
            "first_alarm_on": None if on is None else date.fromisoformat(on),
        }
        return cls(**restored)

    def _current(self) -> FloatArray:
        if self.log_statistics:
            return np.array(self.log_statistics)
        return np.full(len(self.alternatives), -np.inf)

    def _without_evidence(self) -> Self:
        return replace(self, updates=self.updates + 1)

    def _with_evidence(self, log_ratios: FloatArray, on: date | None) -> Self:
        statistics = next_log_statistics(self._current(), log_ratios)
        advanced = replace(
            self,
            updates=self.updates + 1,
            updates_with_evidence=self.updates_with_evidence + 1,
            log_statistics=tuple(statistics.tolist()),
        )
        if self.first_alarm is not None or not advanced.alarm:
            return advanced
        return replace(advanced, first_alarm=advanced.updates, first_alarm_on=on)

    def _with_series(
        self, log_ratios: FloatArray, evident: BoolArray, dates: Sequence[date] | None
    ) -> Self:
        """Return the state after many updates; `log_ratios` has shape (updates, alternatives)."""
        statistics, first = self._current(), self.first_alarm
        first_on, threshold = self.first_alarm_on, self.log_threshold
        for index in np.flatnonzero(evident).tolist():
            statistics = next_log_statistics(statistics, log_ratios[index])
            if first is None and log_mixture(statistics) >= threshold:
                first = self.updates + index + 1
                first_on = None if dates is None else dates[index]
        return replace(
            self,
            updates=self.updates + len(evident),
            updates_with_evidence=self.updates_with_evidence + int(evident.sum()),
            log_statistics=tuple(statistics.tolist()) if evident.any() else self.log_statistics,
            first_alarm=first,
            first_alarm_on=first_on,
        )
