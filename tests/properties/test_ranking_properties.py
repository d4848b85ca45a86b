"""What ranks alone decide does not change with the scores' scale; merging has no order."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from aiops_pipelines import statistics as s
from aiops_pipelines.statistics.arguments import FloatArray

EDGES = s.reference_edges(np.linspace(0.01, 0.99, 50), [0.25, 0.5])
GRID = np.linspace(0, 1, 17)
RISING: dict[str, Callable[[FloatArray], FloatArray]] = {
    "per mille": lambda score: 1000 * score,
    "log-odds": lambda score: special.logit(0.01 + 0.98 * score),
    "percentile": lambda score: np.searchsorted(GRID, score).astype(np.float64),
    "below zero": lambda score: np.exp(score) - 40,
    "narrow": lambda score: 0.5 + score**3 / 1e6,
}

graded = st.lists(st.tuples(st.sampled_from(GRID), st.booleans(), st.integers(0, 4)), max_size=40)
counted = st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=12)


@given(graded, st.sampled_from(sorted(RISING)), st.sampled_from(GRID))
@settings(max_examples=60, deadline=None)
def test_a_rising_transform_of_the_score_changes_nothing_that_ranks_decide(
    drawn: list[tuple[float, bool, int]], name: str, threshold: float
) -> None:
    score = np.array([case[0] for case in drawn])
    label = np.array([case[1] for case in drawn], bool)
    patient = [f"p{case[2]}" for case in drawn]
    rival, turned = np.roll(score, 1), RISING[name]
    moved = turned(score)
    assert s.auroc(moved, label) == s.auroc(score, label)
    assert s.auroc(moved, label, cluster=patient) == s.auroc(score, label, cluster=patient)
    assert s.average_precision(moved, label) == s.average_precision(score, label)
    assert s.compare_auroc(moved, turned(rival), label) == s.compare_auroc(score, rival, label)
    cut = float(turned(np.array([threshold]))[0])
    assert s.operating_point(moved, label, cut) == s.operating_point(score, label, threshold)


@given(graded)
@settings(max_examples=40, deadline=None)
def test_turning_scores_and_labels_round_swaps_what_is_right_of_each_class(
    drawn: list[tuple[float, bool, int]],
) -> None:
    score = np.array([case[0] for case in drawn])
    label = np.array([case[1] for case in drawn], bool)
    found, turned = s.auroc(score, label), s.auroc(1 - score, ~label)
    assert (found.value is None, found.n) == (turned.value is None, turned.n)
    if found.value is not None:
        assert found.value == pytest.approx(turned.value, abs=1e-12)
    at, mirrored = s.operating_point(score, label, 0.3), s.operating_point(-score, ~label, -0.29)
    assert (at.sensitivity.value, at.ppv.value) == (mirrored.specificity.value, mirrored.npv.value)
    brier, other = s.brier(score, label), s.brier(1 - score, ~label)
    assert (brier.value is None) == (other.value is None)
    if brier.value is not None:
        assert brier.value == pytest.approx(other.value, abs=1e-12)


@given(st.tuples(counted, counted, counted))
@settings(max_examples=40, deadline=None)
def test_days_merge_in_any_order_and_an_empty_day_adds_nothing(
    days: tuple[list[tuple[float, bool]], ...],
) -> None:
    a, b, c = (
        s.Histogram.from_cases([each[0] for each in day], [each[1] for each in day], EDGES)
        for day in days
    )
    empty = s.Histogram.from_cases([], [], EDGES)
    whole = (a + b) + c
    for other in (a + (b + c), (c + a) + b, whole + empty, s.Histogram.merge([empty, c, b, a])):
        assert np.array_equal(other.positive, whole.positive)
        assert np.array_equal(other.negative, whole.negative)
        for name in ("score_sum", "brier_sum", "log_loss_squares", "spiegelhalter_variance"):
            assert np.allclose(getattr(other, name), getattr(whole, name), rtol=1e-12)
        assert other.auroc() == whole.auroc()


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=3, max_size=3))
@settings(max_examples=20, deadline=None)
def test_sums_of_errors_merge_in_any_order(days: list[tuple[int, int]]) -> None:
    a, b, c = (s.RegressionSums.from_cases([p, p + 1.0], [y, y * 2.0]) for p, y in days)
    assert (a + b) + c == a + (b + c) == (c + b) + a == s.RegressionSums.merge([b, c, a])
    assert (a + b) - b == a
