"""What one block says against a limit, figure by figure."""

import itertools
import math

import numpy as np
import pytest

from aiops_pipelines.evaluation.block_figures import (
    Measured,
    detector_of,
    squared_excess,
    with_block,
)
from aiops_pipelines.statistics import Estimate, MeanShiftDetector, regression

WEEKS = 520.0


def only(estimate: Estimate) -> Measured:
    return lambda _: estimate


def judged(
    metric: str, limit: float, block: Measured, earlier: Measured | None, *, above: bool = True
) -> MeanShiftDetector:
    start = detector_of(metric, limit, WEEKS, above=above)
    return with_block(start, metric, limit, block, earlier)


def errors_of(values: np.ndarray) -> Measured:
    """Return the figures of these errors."""
    found = regression(values, np.zeros(len(values)))
    return lambda metric: getattr(found, metric)


def test_a_block_whose_interval_reaches_further_towards_the_limit_weighs_less() -> None:
    wide, tight = (
        judged(
            "positive_likelihood_ratio",
            2.0,
            only(Estimate(1.5, 1.4, high, 0.1, 200, None, "block")),
            None,
            above=False,
        )
        for high in (2.1, 1.71)
    )
    assert wide.log_statistic < tight.log_statistic


def test_a_mean_is_judged_by_the_error_that_earlier_cases_lead_to_expect() -> None:
    """Delyon (2009) by hand: 800 cases are four blocks, so the variance is that of 200 times 1.5.

    Expected: .05 sqrt(4 * 1.5) = .1225, z = .3 / .1225, [M] / <M> = (.05 / .1225)^2 = 1 / 6.
    """
    earlier = only(Estimate(0.9, 0.8, 1.0, 0.05, 800, None, "earlier"))
    block = only(Estimate(1.3, 1.2, 1.4, 0.05, 200, None, "block"))
    found = with_block(
        MeanShiftDetector(1.0, alternatives=(0.5,)), "mean_error", 1.0, block, earlier
    )
    expected = 0.5 * 0.3 / (0.05 * math.sqrt(6)) - 0.125 * (1 / 18 + 2 / 3)
    assert found.log_statistic == pytest.approx(expected)


def test_a_mean_without_earlier_cases_says_nothing_and_one_all_alike_does() -> None:
    alike = only(Estimate(1.0, 0.94, 1.0, None, 60, 60, "Wilson"))
    for nothing in (None, only(Estimate.missing(0, None, "none")), alike):
        silent = judged("within_one", 0.9, alike, nothing)
        assert (silent.updates, silent.updates_with_evidence) == (1, 0)
    earlier = only(Estimate(0.9, 0.86, 0.93, 0.02, 240, 216, "Wilson"))
    assert judged("within_one", 0.9, alike, earlier).updates_with_evidence == 1


def test_fewer_earlier_cases_say_less() -> None:
    block = only(Estimate(0.30, 0.2, 0.4, 0.05, 60, None, "block"))
    few, many = (
        judged("mae", 0.2, block, only(Estimate(0.2, 0.1, 0.3, error, n, None, "earlier")))
        for error, n in ((0.05, 60), (0.005, 6000))
    )
    assert few.log_statistic < many.log_statistic


@pytest.mark.parametrize("metric", ["rmse", "limit_of_agreement_low", "limit_of_agreement_high"])
def test_a_spread_exactly_at_its_limit_exceeds_it_by_nothing_on_average(metric: str) -> None:
    """All samples of four errors, of which one in four is a long one; limits by hand."""
    values, chances = np.array([-1.0, 6.0]), np.array([0.75, 0.25])
    mean = float(chances @ values)
    sd = math.sqrt(float(chances @ (values - mean) ** 2))
    limit = {
        "rmse": math.sqrt(float(chances @ values**2)),
        "limit_of_agreement_low": mean - 1.96 * sd,
        "limit_of_agreement_high": mean + 1.96 * sd,
    }[metric]
    total = 0.0
    for drawn in itertools.product((0, 1), repeat=4):
        excess, _ = squared_excess(metric, limit, errors_of(values[list(drawn)]))
        assert excess is not None
        total += float(np.prod(chances[list(drawn)])) * excess
    assert total == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("metric", "factor"),
    [("rmse", 1.5), ("limit_of_agreement_low", -1.5), ("limit_of_agreement_high", 1.5)],
)
def test_a_spread_beyond_its_limit_is_evidence_in_any_unit(metric: str, factor: float) -> None:
    """Limits at 1.5 standard deviations: between RMSE and limit of agreement."""
    random = np.random.default_rng(1)
    block, earlier = random.normal(0, 1, 200), random.normal(0, 1, 800)
    found = []
    for unit in (1e-6, 1.0, 1e6):
        for above in (True, False):
            state = judged(
                metric,
                factor * unit,
                errors_of(block * unit),
                errors_of(earlier * unit),
                above=above,
            )
            found.append(state.log_statistic)
    rising, falling = found[:2]
    assert found == pytest.approx([rising, falling] * 3, rel=1e-6)
    assert (rising > 0) == (metric == "limit_of_agreement_high")
    assert (falling > 0) == (metric != "limit_of_agreement_high")


def test_a_mean_beyond_the_limit_of_agreement_is_all_the_more_evidence() -> None:
    random = np.random.default_rng(2)
    earlier = errors_of(random.normal(0, 1, 800))
    moved = [
        judged("limit_of_agreement_high", 2.2, errors_of(random.normal(mean, 1, 100)), earlier)
        for mean in (0.0, 1.0, 3.0, 6.0)
    ]
    statistics = [each.log_statistic for each in moved]
    assert statistics == sorted(statistics) and statistics[-1] > 5


def test_errors_without_any_spread_say_nothing_about_a_spread() -> None:
    same = errors_of(np.full(60, 1.0))
    assert judged("limit_of_agreement_high", 2.0, same, same).updates_with_evidence == 0
    assert judged("limit_of_agreement_high", 2.0, errors_of(np.ones(2)), same).updates == 1


def test_a_lower_r_squared_is_proven_within_weeks() -> None:
    random = np.random.default_rng(3)

    def drawn(cases: int) -> Measured:
        predicted = random.normal(0, 1, cases)
        return only(regression(predicted, predicted + random.normal(0, 1, cases)).r_squared)

    earlier = drawn(600)
    for limit, alarmed in ((0.65, True), (0.4, False)):
        state = detector_of("r_squared", limit, WEEKS, above=False)
        for _ in range(12):
            state = with_block(state, "r_squared", limit, drawn(100), earlier)
        assert state.alarm is alarmed
