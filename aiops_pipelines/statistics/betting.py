"""Betting against a mean: the second opinion on a contract's rate, from daily counts.

Knows daily counts in their order; hands on the capital of a gambler who bets against a mean, and
the confidence sequences that follow. Source: Waudby-Smith & Ramdas (2024), "Estimating means of
bounded random variables by betting", predictable plug-in empirical-Bernstein bets. A day's bet is
placed before the day begins and is the same for all its cases, so cases are exchangeable within a
day; with one case a day this is the reference form case by case.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aiops_pipelines.statistics.arguments import FloatArray, confidence_level
from aiops_pipelines.statistics.daily_counts import daily_counts, open_unit

PRIOR_MEAN, PRIOR_VARIANCE, PRIOR_CASES = 0.5, 0.25, 1.0
GRID = 1000


def betting_log_capital(
    events: ArrayLike,
    trials: ArrayLike,
    mean: float,
    level: float = 0.95,
    theta: float = 1.0,
    truncation: float = 0.5,
) -> FloatArray:
    """Return the log of the gambler's capital after each day, shape (days,).

    `theta` is the share of the start put on "the rate is above `mean`": 1 bets on above alone (an
    e-process for "at most `mean`"), 0 on below alone; between, the larger of the two holdings
    counts. `truncation` is the largest share of the capital a single case may cost. Raises
    ValueError for broken counts and for parameters outside [0, 1].
    """
    counted, tried = daily_counts(events, trials)
    if not 0 <= mean <= 1:
        raise ValueError(f"mean: must lie in [0, 1], is {mean!r}")
    _check_share("theta", theta)
    open_unit("truncation", truncation)
    capital: FloatArray = _log_capital(
        counted, tried, np.array([mean]), 1 - confidence_level(level), theta, truncation
    )[:, 0]
    return capital


def betting_confidence_sequence(
    events: ArrayLike, trials: ArrayLike, level: float = 0.95, truncation: float = 0.5
) -> FloatArray:
    """Return (low, high) after each day, shape (days, 2), on a grid of thousandths.

    The hedged capital (half on above, half on below) is held against every mean of the grid; the
    sequence keeps the means that have not lost, one grid step wider on both sides.
    """
    counted, tried = daily_counts(events, trials)
    open_unit("truncation", truncation)
    alpha = 1 - confidence_level(level)
    means = np.arange(GRID + 1) / GRID
    kept = _log_capital(counted, tried, means, alpha, 0.5, truncation) <= -math.log(alpha)
    some = kept.any(axis=1)
    low = np.where(some, kept.argmax(axis=1), 0)
    high = np.where(some, GRID - kept[:, ::-1].argmax(axis=1), GRID)
    return np.column_stack([np.maximum(low - 1, 0), np.minimum(high + 1, GRID)]) / GRID


def empirical_bernstein_confidence_sequence(
    events: ArrayLike, trials: ArrayLike, level: float = 0.95, truncation: float = 0.5
) -> FloatArray:
    """Return (low, high) after each day in closed form, shape (days, 2), within [0, 1]."""
    counted, tried = daily_counts(events, trials)
    open_unit("truncation", truncation)
    alpha = (1 - confidence_level(level)) / 2
    low = _empirical_bernstein_low(counted, tried, alpha, truncation)
    high = 1 - _empirical_bernstein_low(tried - counted, tried, alpha, truncation)
    return np.clip(np.column_stack([low, high]), 0.0, 1.0)


def _bets(
    events: NDArray[np.int64], trials: NDArray[np.int64], alpha: float, truncation: float
) -> FloatArray:
    """Return each day's bet, from the days before it: sqrt(2 log(1/a) / (t log(1+t) variance))."""
    cases = np.cumsum(trials)
    mean = (PRIOR_CASES * PRIOR_MEAN + np.cumsum(events)) / (cases + PRIOR_CASES)
    squares = np.cumsum(events * (1 - mean) ** 2 + (trials - events) * mean**2)
    variance = (PRIOR_CASES * PRIOR_VARIANCE + squares) / (cases + PRIOR_CASES)
    variance_before = np.concatenate([[PRIOR_VARIANCE], variance[:-1]])[: len(trials)]
    first_case = np.concatenate([[0], cases[:-1]])[: len(trials)] + 1
    scale = first_case * np.log1p(first_case) * variance_before
    bets: FloatArray = np.minimum(np.sqrt(-2 * math.log(alpha) / scale), truncation)
    return bets


def _log_capital(
    events: NDArray[np.int64],
    trials: NDArray[np.int64],
    means: FloatArray,
    alpha: float,
    theta: float,
    truncation: float,
) -> FloatArray:
    """Return log capital, shape (days, means): the larger holding of the two sides."""
    held = np.full((len(trials), len(means)), -np.inf)
    sides = ((theta, events, means), (1 - theta, trials - events, 1 - means))
    for share, won, against in sides:
        if not share:
            continue
        bets = _bets(events, trials, alpha * share, math.inf)
        with np.errstate(divide="ignore"):
            staked = np.minimum(bets[:, None], truncation / against)
        gained = won[:, None] * np.log1p(staked * (1 - against))
        lost = (trials - won)[:, None] * np.log1p(-staked * against)
        held = np.maximum(held, math.log(share) + np.cumsum(gained + lost, axis=0))
    return held


def _empirical_bernstein_low(
    events: NDArray[np.int64], trials: NDArray[np.int64], alpha: float, truncation: float
) -> FloatArray:
    bets = _bets(events, trials, alpha, truncation)
    cases, counted = np.cumsum(trials), np.cumsum(events)
    mean = np.divide(counted, cases, out=np.zeros(len(trials)), where=cases > 0)
    before = np.concatenate([[0.0], mean[:-1]])[: len(trials)]
    squares = events * (1 - before) ** 2 + (trials - events) * before**2
    paid = -math.log(alpha) + np.cumsum(squares * (-np.log1p(-bets) - bets))
    staked, won = np.cumsum(bets * trials), np.cumsum(bets * events)
    return np.divide(won - paid, staked, out=np.zeros(len(trials)), where=staked > 0)


def _check_share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise ValueError(f"{name}: must lie in [0, 1], is {value!r}")
