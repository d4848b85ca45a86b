"""The early warning: a Bernoulli CUSUM tuned at the baseline, and Wald's lines behind it.

Knows a baseline rate and the rate worth noticing; hands on a statistic and the day it first passed
a threshold set for an average run length. It says that something changed, never that a contract
is broken. Sources: Page (1954); Reynolds & Stoumbos (1999); Brook & Evans (1972); Wald (1947).
"""

import math
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Self

import numpy as np
from scipy.optimize import brentq

from aiops_pipelines.statistics.arguments import FloatArray, whole
from aiops_pipelines.statistics.daily_counts import (
    complete_state,
    not_below_zero,
    one_day,
    open_unit,
    positive,
)

CHAIN_STATES = 301
SEARCH_WIDTH = 1e-6
NEGLIGIBLE_CHANCE = 1e-13


@dataclass(frozen=True, slots=True)
class SprtLines:
    """Wald's sequential test of p0 against p1: accept below, reject above, in counts of events.

    After n cases: accept p0 at `slope` n - `h_accept` events or fewer, reject it at
    `slope` n + `h_reject` or more.
    """

    h_accept: float
    h_reject: float
    slope: float


def sprt_lines(p0: float, p1: float, alpha: float, beta: float) -> SprtLines:
    """Return the lines of the test with error rates about `alpha` and `beta` (Wald 1947).

    Raises ValueError unless 0 < p0 < p1 < 1 and both error rates lie strictly between 0 and 1.
    """
    _check_rates(p0, p1)
    open_unit("alpha", alpha)
    open_unit("beta", beta)
    event, case = _weights(p0, p1)
    return SprtLines(
        h_accept=math.log((1 - alpha) / beta) / event,
        h_reject=math.log((1 - beta) / alpha) / event,
        slope=case / event,
    )


@dataclass(frozen=True, slots=True)
class BernoulliCusum:
    """Immutable state of the warning; `update` returns the state after one more day.

    Looks for a change of the rate from `baseline` to `shifted` (above or below it).
    `first_warning` counts updates from 1, `first_warning_on` is the date given with that update.
    """

    baseline: float
    shifted: float
    threshold: float
    statistic: float = 0.0
    updates: int = 0
    first_warning: int | None = None
    first_warning_on: date | None = None

    def __post_init__(self) -> None:
        open_unit("baseline", self.baseline)
        open_unit("shifted", self.shifted)
        if self.baseline == self.shifted:
            raise ValueError(f"shifted: must differ from baseline, both are {self.baseline!r}")
        positive("threshold", self.threshold)
        not_below_zero("statistic", self.statistic)
        whole("updates", self.updates)

    @classmethod
    def for_run_length(
        cls,
        baseline: float,
        shifted: float,
        trials_a_day: float,
        average_run_length: float = 365.0,
    ) -> Self:
        """Return a CUSUM whose mean time to a false warning is `average_run_length` days.

        The smallest threshold that reaches it at `trials_a_day` cases a day, found by Brent's
        method on a Markov chain of the statistic (Brook & Evans 1972); deterministic.
        """
        positive("trials_a_day", trials_a_day)
        positive("average_run_length", average_run_length)
        cls(baseline, shifted, 1.0)
        mirrored = baseline > shifted
        p0, p1 = (1 - baseline, 1 - shifted) if mirrored else (baseline, shifted)
        steps, chances = _daily_steps(p0, p1, trials_a_day)
        high = 1.0
        while _run_length(high, steps, chances) < average_run_length:
            high *= 2

        def beyond(threshold: float) -> float:
            return math.log(_run_length(threshold, steps, chances) / average_run_length)

        found = brentq(beyond, NEGLIGIBLE_CHANCE, high, xtol=SEARCH_WIDTH)
        return cls(baseline, shifted, found + SEARCH_WIDTH)

    @property
    def warning(self) -> bool:
        """Whether the statistic stands at or above the threshold now."""
        return self.statistic >= self.threshold

    def update(self, events: int, trials: int, on: date | None = None) -> Self:
        """Return the state after a day with `events` among `trials`.

        Raises ValueError for counts that are negative, not whole, or more events than trials.
        """
        counted, tried = one_day(events, trials)
        p0, p1 = self.baseline, self.shifted
        if p0 > p1:
            counted, p0, p1 = tried - counted, 1 - p0, 1 - p1
        event, case = _weights(p0, p1)
        advanced = replace(
            self,
            statistic=max(0.0, self.statistic + counted * event - tried * case),
            updates=self.updates + 1,
        )
        if self.first_warning is not None or not advanced.warning:
            return advanced
        return replace(advanced, first_warning=advanced.updates, first_warning_on=on)

    def to_dict(self) -> dict[str, Any]:
        """Return the state as JSON-safe values (dates as ISO text)."""
        on = self.first_warning_on
        return asdict(self) | {"first_warning_on": None if on is None else on.isoformat()}

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Self:
        """Return the state that `to_dict` described; ValueError where it is not a whole one."""
        complete_state(cls, state)
        on = state["first_warning_on"]
        return cls(**state | {"first_warning_on": None if on is None else date.fromisoformat(on)})


def _check_rates(p0: float, p1: float) -> None:
    open_unit("p0", p0)
    open_unit("p1", p1)
    if p0 >= p1:
        raise ValueError(f"p1: must lie above p0, are p0={p0!r} and p1={p1!r}")


def _weights(p0: float, p1: float) -> tuple[float, float]:
    """Return (per event, per case): a log likelihood ratio is events x first - cases x second."""
    case = math.log1p(-p0) - math.log1p(-p1)
    return math.log(p1 / p0) + case, case


def _daily_steps(p0: float, p1: float, trials_a_day: float) -> tuple[FloatArray, FloatArray]:
    """Return a day's possible steps and their chances at p0; fractions alternate two volumes."""
    from scipy.stats import binom  # late: see statistics.tails

    event, case = _weights(p0, p1)
    fewer = math.floor(trials_a_day)
    steps, chances = [], []
    for trials, share in ((fewer, fewer + 1 - trials_a_day), (fewer + 1, trials_a_day - fewer)):
        counts = np.arange(trials + 1)
        steps.append(counts * event - trials * case)
        chances.append(share * binom.pmf(counts, trials, p0))
    step, chance = np.concatenate(steps), np.concatenate(chances)
    likely = chance > NEGLIGIBLE_CHANCE
    return step[likely], chance[likely]


def _run_length(threshold: float, steps: FloatArray, chances: FloatArray) -> float:
    """Return mean days until the statistic, started at 0, reaches `threshold`.

    Solves L(w) = 1 + sum over steps of chance x L(max(0, w + step)), L = 0 from the threshold on,
    linear between the chain's states.
    """
    states = np.linspace(0.0, threshold, CHAIN_STATES)
    reached = np.maximum(states[:, None] + steps, 0.0)
    inside = reached < threshold
    place = np.where(inside, reached, 0.0) / threshold * (CHAIN_STATES - 1)
    lower = np.minimum(place.astype(np.int64), CHAIN_STATES - 2)
    upper_share = place - lower
    weight = np.where(inside, chances, 0.0)
    rows = np.broadcast_to(np.arange(CHAIN_STATES)[:, None], lower.shape)
    moves = np.zeros((CHAIN_STATES, CHAIN_STATES))
    np.add.at(moves, (rows, lower), weight * (1 - upper_share))
    np.add.at(moves, (rows, lower + 1), weight * upper_share)
    return float(np.linalg.solve(np.eye(CHAIN_STATES) - moves, np.ones(CHAIN_STATES))[0])
