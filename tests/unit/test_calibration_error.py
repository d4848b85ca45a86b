"""Expected calibration error: what its interval covers, and what it may never say."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import optimize, stats

from aiops_pipelines.statistics.calibration_error import expected_calibration_errors
from aiops_pipelines.statistics.estimate import Estimate
from aiops_pipelines.statistics.reliability import reliability_from_bins

SCORES = np.array([0.02, 0.05, 0.1, 0.2, 0.5])


def errors(
    score: NDArray[np.float64], events: NDArray[np.int64], n: int
) -> tuple[Estimate, Estimate]:
    """Return the L1 and L2 error of bins of n cases with these mean scores."""
    return expected_calibration_errors(
        reliability_from_bins(score * n, events.astype(np.float64), np.full(len(score), float(n)))
    )


@pytest.mark.parametrize(("events", "n"), [(30, 100), (300, 1000), (2, 40)])
def test_one_bin_far_off_has_the_limits_of_its_observed_rate(events: int, n: int) -> None:
    """With one bin the error is |score - risk|: the risk has the binomial's limits, by mid-p."""

    def excess(risk: float, tail: float) -> float:
        return float(
            stats.binom.cdf(events - 1, n, risk) + stats.binom.pmf(events, n, risk) / 2 - tail
        )

    raw, _ = errors(np.array([0.9]), np.array([events]), n)
    highest = optimize.brentq(excess, events / n, 0.9, args=(0.025,))
    lowest = optimize.brentq(excess, 1e-9, events / n, args=(0.975,))
    assert raw.low == pytest.approx(0.9 - highest, abs=0.15 / n)
    assert raw.high == pytest.approx(0.9 - lowest, abs=0.15 / n)


def test_a_lower_limit_above_zero_is_as_rare_as_promised_where_scores_are_right() -> None:
    """The chance is summed over all counts of two bins, not simulated."""
    score, n = np.array([0.3, 0.6]), 12
    chance = stats.binom.pmf(np.arange(n + 1)[:, None], n, score)
    wrong = np.zeros(2)
    for first in range(n + 1):
        for second in range(n + 1):
            found = errors(score, np.array([first, second]), n)
            above = np.array([each.low > 0 for each in found])
            wrong += chance[first, 0] * chance[second, 1] * above
    assert np.all((wrong > 0.01) & (wrong < 0.04))


@pytest.mark.parametrize("odds", [1.0, 2.0])
@pytest.mark.parametrize("n", [20, 200])
def test_the_true_errors_are_covered_and_nearly_as_often_as_promised(odds: float, n: int) -> None:
    risk = SCORES * odds / (1 - SCORES + SCORES * odds)
    truth = np.mean(np.abs(SCORES - risk)), np.sqrt(np.mean((SCORES - risk) ** 2))
    rng = np.random.default_rng(5)
    found = [errors(SCORES, rng.binomial(n, risk), n) for _ in range(200)]
    for which in (0, 1):
        held = [each[which].low <= truth[which] <= each[which].high for each in found]
        assert np.mean(held) > 0.91
    rate = np.sqrt(risk * (1 - risk) / n)
    assert np.mean([each[0].high - each[0].low for each in found]) < 8 * np.mean(rate)


def test_the_other_class_has_the_same_error() -> None:
    events = np.array([0, 3, 1, 5, 9])
    there = errors(SCORES, events, 20)
    back = errors(1 - SCORES[::-1], 20 - events[::-1], 20)
    for one, other in zip(there, back, strict=True):
        assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high))


def test_rates_that_are_just_the_scores_are_luck_and_no_certainty() -> None:
    raw, debiased = errors(np.array([0.25, 0.5]), np.array([5, 10]), 20)
    assert (raw.value, raw.low, debiased.value, debiased.low) == (0, 0, 0, 0)
    assert min(raw.high, debiased.high) > 0.1


def test_no_event_among_low_scores_leaves_room_for_those_that_few_cases_hide() -> None:
    raw, debiased = errors(np.full(5, 0.001), np.zeros(5, dtype=np.int64), 10)
    assert raw.value == pytest.approx(0.001)
    assert raw.high > 0.04
    assert debiased.high > raw.high


@pytest.mark.parametrize("score", [0.0, 1.0, 0.5])
@pytest.mark.parametrize("event", [0, 1])
def test_one_case_has_an_interval_within_zero_and_one(score: float, event: int) -> None:
    for found in errors(np.array([score]), np.array([event]), 1):
        assert 0 <= found.low <= found.value <= found.high <= 1


def test_many_cases_pin_the_error_down() -> None:
    n = 10**7
    raw, debiased = errors(SCORES, np.round(SCORES * n * 0.9).astype(np.int64), n)
    assert raw.value == pytest.approx(0.0174)
    assert raw.high - raw.low < 5e-4
    assert debiased.high - debiased.low < 1e-3
