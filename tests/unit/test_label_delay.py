"""How long labels take: days whose labels are still coming count for what they show, no more."""

import numpy as np
import pytest

from aiops_pipelines.statistics import DelayCurve


def curve(took: list[int], waiting: list[int], share: float = 1.0) -> DelayCurve:
    return DelayCurve(np.array(took, np.int64), np.array(waiting, np.int64), share)


def test_without_waiting_cases_it_is_the_plain_share() -> None:
    seen = curve([1, 1, 2, 8, 30], [])
    assert [seen.within(days).value for days in (1, 7, 28)] == pytest.approx([0.4, 0.6, 0.8])


def test_cases_still_waiting_are_not_taken_for_never() -> None:
    # Kaplan & Meier by hand: 1 of 4 at risk in period 1, then 1 of 2 in period 3.
    found = curve([1, 3], [2, 5]).within(3)
    assert found.value == pytest.approx(1 - 3 / 4 * 1 / 2)
    assert found.n == 4 and found.low is not None and found.high is not None
    assert found.low < 0.625 < found.high


def test_a_horizon_nobody_has_waited_for_has_no_answer() -> None:
    found = curve([1, 2], [3, 3]).within(28)
    assert (found.value, found.n) == (None, 4)


def test_when_all_have_come_the_interval_still_allows_for_chance() -> None:
    found = curve([1] * 20, []).within(7)
    assert found.value == 1 and found.low is not None and found.low < 0.9


def test_of_a_sample_the_drawn_share_is_what_is_expected() -> None:
    found = curve([1] * 28 + [2] * 2, [10] * 70, share=0.3).within(7)
    assert found.value == pytest.approx(1.0)
    assert "30% sampled" in found.method


def test_the_interval_covers_the_true_share() -> None:
    random, covered = np.random.default_rng(3), 0
    for _ in range(300):
        took = np.ceil(random.exponential(5, 150)).astype(np.int64)
        age = random.integers(1, 60, 150)
        found = DelayCurve(took[took <= age], age[took > age]).within(7)
        covered += (found.low or 0) <= 1 - np.exp(-7 / 5) <= (found.high or 0)
    assert covered / 300 > 0.92


def test_what_has_all_come_is_known_for_longer_spans_too() -> None:
    found = curve(took=[1, 1, 2, 3], waiting=[1, 2]).within(28)
    assert found.value == 1.0


def test_what_is_still_coming_is_not_known_for_spans_nobody_has_waited() -> None:
    assert curve(took=[1, 2], waiting=[3, 3]).within(28).value is None
