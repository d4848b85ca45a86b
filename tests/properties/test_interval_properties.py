"""What must hold of every interval: it holds its estimate, keeps its range, minds no order."""

import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops_pipelines import statistics as s
from aiops_pipelines.statistics import Estimate

EDGES = s.reference_edges([0.1, 0.2, 0.4, 0.8], [0.3])
grades = st.sampled_from([0.0, 0.01, 0.2, 0.3, 0.5, 0.77, 0.99, 1.0])
cases = st.lists(st.tuples(grades, st.booleans()), max_size=40)
UNBOUNDED = {"log_loss", "intercept", "slope", "intercept_alone", "in_the_large"}
ABOVE_ONE = UNBOUNDED | {"positive_likelihood_ratio", "negative_likelihood_ratio", "nne"}
BELOW_ZERO = {"net_benefit", "intercept", "slope", "intercept_alone"}


def estimates(name: str, found: Any) -> Iterator[tuple[str, Estimate]]:
    """Yield every estimate within a result, by the name of its field."""
    if isinstance(found, Estimate):
        yield name, found
    elif isinstance(found, list | tuple):
        for each in found:
            yield from estimates(name, each)
    elif is_dataclass(found):
        for field in fields(found):
            yield from estimates(field.name, getattr(found, field.name))


def figures(score: np.ndarray, label: np.ndarray) -> list[tuple[str, Estimate]]:
    """Return every figure of these cases."""
    binned = s.Histogram.from_cases(score, label, EDGES)
    results = {
        "auroc": [s.auroc(score, label), binned.auroc(), binned.bootstrap("auroc", 20, 1)],
        "average_precision": [s.average_precision(score, label), binned.average_precision()],
        "brier": [s.brier(score, label), binned.brier()],
        "log_loss": [s.log_loss(score, label), binned.log_loss()],
        "operating_point": [s.operating_point(score, label, 0.3), binned.operating_point(0.3)],
        "net_benefit": s.net_benefit(score, label, [0.2, 0.5]),
        "calibration": [s.calibration(score, label), binned.calibration()],
    }
    return [pair for name, found in results.items() for pair in estimates(name, found)]


def drawn_arrays(drawn: list[tuple[float, bool]]) -> tuple[np.ndarray, np.ndarray]:
    """Return scores and labels of drawn cases."""
    return np.array([each[0] for each in drawn]), np.array([each[1] for each in drawn], bool)


@given(cases)
@settings(max_examples=60)
def test_an_interval_holds_its_estimate_and_keeps_its_range(
    drawn: list[tuple[float, bool]],
) -> None:
    for name, found in figures(*drawn_arrays(drawn)):
        numbers = [found.value, found.low, found.high, found.standard_error]
        assert all(each is None or math.isfinite(each) for each in numbers), (name, found)
        low = -math.inf if found.low is None else found.low
        high = math.inf if found.high is None else found.high
        if found.value is not None:
            assert low - 1e-12 <= found.value <= high + 1e-12, (name, found)
        assert name in BELOW_ZERO or low == -math.inf or low >= 0, (name, found)
        assert name in ABOVE_ONE or high == math.inf or high <= 1 + 1e-12, (name, found)
        if found.n == 0:
            assert found.value is None, (name, found)


@given(cases, st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_the_order_of_cases_changes_nothing(drawn: list[tuple[float, bool]], random: Any) -> None:
    mixed = list(drawn)
    random.shuffle(mixed)
    for (name, found), (_, other) in zip(
        figures(*drawn_arrays(drawn)), figures(*drawn_arrays(mixed)), strict=True
    ):
        assert (found.value is None) == (other.value is None), name
        if found.value is not None:
            assert found.value == pytest.approx(other.value, rel=1e-9, abs=1e-12), name
            assert found.low == pytest.approx(other.low, rel=1e-6, abs=1e-9), name


counts = st.integers(0, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts, counts)
@settings(max_examples=100)
def test_rates_and_their_differences_keep_to_what_is_possible(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    for method in ("wilson", "clopper-pearson", "jeffreys"):
        found = s.proportion(*first, method)
        assert (found.value is None) == (first[1] == 0)
        if found.value is not None:
            assert 0 <= found.low <= found.high <= 1
            inside = found.low <= found.value <= found.high
            assert inside or method == "jeffreys"
    for method in ("newcombe", "miettinen-nurminen"):
        found, turned = (
            s.proportion_difference(*a, *b, method) for a, b in ((first, second), (second, first))
        )
        if found.value is None:
            assert not (first[1] and second[1])
            continue
        assert -1 - 1e-9 <= found.low <= found.value <= found.high <= 1 + 1e-9
        assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low), abs=1e-6)


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 40))
@settings(max_examples=100)
def test_paired_differences_turn_with_their_pairs(b: int, c: int, rest: int) -> None:
    n = b + c + rest
    found, turned = s.paired_difference(b, c, n), s.paired_difference(c, b, n)
    assert (found.value is None) == (n == 0)
    if found.value is not None:
        assert -1 <= found.low <= found.value <= found.high <= 1
        assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low), abs=1e-6)
    for method in ("exact", "mid-p", "chi2", "chi2-corrected"):
        test = s.mcnemar(b, c, method)
        assert 0 <= test.p_value <= 1
        assert test.p_value == pytest.approx(s.mcnemar(c, b, method).p_value)


@given(cases)
@settings(max_examples=30)
def test_flipping_labels_and_scores_mirrors_the_comparison(
    drawn: list[tuple[float, bool]],
) -> None:
    score, label = drawn_arrays(drawn)
    rival = np.roll(score, 1)
    found, flipped = s.compare_auroc(score, rival, label), s.compare_auroc(-score, -rival, ~label)
    assert (found.difference is None) == (flipped.difference is None)
    if found.difference is not None:
        assert found.difference == pytest.approx(flipped.difference, abs=1e-12)
        assert (found.z is None) == (flipped.z is None)
