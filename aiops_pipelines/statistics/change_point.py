"""When did it change: the days on which a rate may have shifted, and how sure that is.

Knows daily counts; hands on the posterior over the day of one change, the set of days that holds
95% of it, and the Bayes factor against no change at all. Both rates are integrated out under a
beta prior (the beta-binomial likelihood; Smith 1975, Barry & Hartigan 1992).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln

from aiops_pipelines.statistics.arguments import FloatArray, confidence_level
from aiops_pipelines.statistics.daily_counts import daily_counts
from aiops_pipelines.statistics.e_detector import exp_or_inf
from aiops_pipelines.statistics.estimate import Estimate


class _InOrder(Protocol):
    def __lt__(self, other: Any, /) -> bool: ...


Day = TypeVar("Day", bound=_InOrder)

PRIOR = 0.5
CONVINCING_BAYES_FACTOR = 20.0


@dataclass(frozen=True, slots=True)
class ChangePoint(Generic[Day]):
    """What the counts say about one change of the rate.

    A day stands for the first day of the new rate. `credible_days` is the smallest set that holds
    `level` of the posterior, in order of time, given that there was a change; `probabilities`
    matches it. `most_likely` is the day at the posterior's top; `day` is the same day, but only
    where the Bayes factor passes 20, else None. `before` and `after` are the rates on either side
    of `most_likely`. With fewer than two days with cases nothing can be said: `bayes_factor` and
    the others are None, the sets empty.
    """

    day: Day | None
    most_likely: Day | None
    credible_days: tuple[Day, ...]
    probabilities: tuple[float, ...]
    log_bayes_factor: float | None
    before: Estimate
    after: Estimate
    level: float

    @property
    def bayes_factor(self) -> float | None:
        """Evidence for one change against none; infinity where it exceeds the largest float."""
        return None if self.log_bayes_factor is None else exp_or_inf(self.log_bayes_factor)


def change_point(
    events: ArrayLike, trials: ArrayLike, days: Sequence[Day], level: float = 0.95
) -> ChangePoint[Day]:
    """Return the posterior of one change in a binomial rate; all arguments one element a day.

    `days` are the days' names in order of time (dates, numbers). The prior is uniform over the
    days on which a change could show, Beta(1/2, 1/2) for each rate. Raises ValueError for broken
    counts, lengths that differ, or days that do not rise.
    """
    counted, tried = daily_counts(events, trials)
    confidence_level(level)
    if len(days) != len(counted):
        raise ValueError(f"days: has {len(days)} elements for {len(counted)} days of counts")
    for index in range(1, len(days)):
        if not days[index - 1] < days[index]:
            raise ValueError(
                f"days: must rise; first offending index {index} (value {days[index]!r})"
            )
    starts = _possible_starts(tried)
    if not len(starts):
        none = Estimate.missing(int(tried.sum()), int(counted.sum()), "Jeffreys")
        return ChangePoint(None, None, (), (), None, none, none, level)
    log_ratios = _log_bayes_factors(counted, tried, starts)
    log_factor = float(np.logaddexp.reduce(log_ratios)) - float(np.log(len(starts)))
    posterior = np.exp(log_ratios - log_ratios.max())
    posterior /= posterior.sum()
    top = int(starts[posterior.argmax()])
    kept = _credible(posterior, level)
    convincing = log_factor > np.log(CONVINCING_BAYES_FACTOR)
    return ChangePoint(
        day=days[top] if convincing else None,
        most_likely=days[top],
        credible_days=tuple(days[int(start)] for start in starts[kept]),
        probabilities=tuple(posterior[kept].tolist()),
        log_bayes_factor=log_factor,
        before=_rate(int(counted[:top].sum()), int(tried[:top].sum()), level),
        after=_rate(int(counted[top:].sum()), int(tried[top:].sum()), level),
        level=level,
    )


def _possible_starts(trials: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the days with cases before them and on or after them."""
    before = np.cumsum(trials) - trials
    return np.flatnonzero((before > 0) & (before < trials.sum()))


def _log_bayes_factors(
    events: NDArray[np.int64], trials: NDArray[np.int64], starts: NDArray[np.int64]
) -> FloatArray:
    """Return log marginal likelihood of a change at each start, over that of no change."""
    seen = (np.cumsum(events) - events)[starts]
    cases = (np.cumsum(trials) - trials)[starts]
    split = _log_marginal(seen, cases) + _log_marginal(events.sum() - seen, trials.sum() - cases)
    ratios: FloatArray = split - _log_marginal(events.sum(), trials.sum())
    return ratios


def _log_marginal(events: NDArray[np.int64], trials: NDArray[np.int64]) -> FloatArray:
    marginal: FloatArray = betaln(PRIOR + events, PRIOR + trials - events) - betaln(PRIOR, PRIOR)
    return marginal


def _credible(posterior: FloatArray, level: float) -> NDArray[np.int64]:
    order = np.argsort(-posterior, kind="stable")
    size = int(np.searchsorted(np.cumsum(posterior[order]), level - 1e-12)) + 1
    return np.sort(order[:size])


def _rate(events: int, trials: int, level: float) -> Estimate:
    from scipy.stats import beta  # late: see statistics.tails

    posterior = beta(PRIOR + events, PRIOR + trials - events)
    tail = (1 - level) / 2
    return Estimate(
        value=events / trials,
        low=0.0 if events == 0 else float(posterior.ppf(tail)),
        high=1.0 if events == trials else float(posterior.ppf(1 - tail)),
        standard_error=float(posterior.std()),
        n=trials,
        n_events=events,
        method="Jeffreys",
    )
