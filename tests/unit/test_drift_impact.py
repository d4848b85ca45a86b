"""How much a drift matters: the reference weighed to the current spread over a feature's cells."""

import numpy as np
import pytest

from aiops_pipelines.statistics import expected_auroc_change, expected_mean_change

POSITIVE = np.array([[5, 20, 75], [30, 30, 40]])
NEGATIVE = np.array([[300, 80, 20], [140, 130, 130]])
CELLS = POSITIVE.sum(axis=1) + NEGATIVE.sum(axis=1)


def auroc(positive: np.ndarray, negative: np.ndarray) -> float:
    pairs = sum(
        p * n * (1.0 if i > j else 0.5 if i == j else 0.0)
        for i, p in enumerate(positive)
        for j, n in enumerate(negative)
    )
    return float(pairs / (positive.sum() * negative.sum()))


def test_the_same_spread_changes_nothing() -> None:
    found = expected_auroc_change(POSITIVE, NEGATIVE, CELLS * 3)
    assert found.value == pytest.approx(0, abs=1e-12) and found.n == 3 * CELLS.sum()
    assert found.low is not None and found.high is not None and found.low < 0 < found.high


def test_all_cases_in_one_cell_are_expected_to_fare_as_that_cell_did() -> None:
    found = expected_auroc_change(POSITIVE, NEGATIVE, [0, 800])
    expected = auroc(POSITIVE[1], NEGATIVE[1]) - auroc(POSITIVE.sum(axis=0), NEGATIVE.sum(axis=0))
    assert found.value == pytest.approx(expected, abs=1e-12) and found.value < -0.1
    assert found.high is not None and found.high < 0


def test_a_cell_the_reference_never_held_says_nothing() -> None:
    padded = [np.vstack([each, np.zeros(3, int)]) for each in (POSITIVE, NEGATIVE)]
    assert expected_auroc_change(*padded, [0, 0, 50]).value is None
    with_it = expected_auroc_change(*padded, [100, 100, 50]).value
    assert with_it == pytest.approx(expected_auroc_change(POSITIVE, NEGATIVE, [100, 100]).value)


def test_a_mean_error_moves_with_the_spread() -> None:
    count, total, square = [400, 100], [40.0, 50.0], [40.0, 50.0]
    found = expected_mean_change(count, total, square, [10, 90])
    assert found.value == pytest.approx((0.1 * 0.1 + 0.9 * 0.5) - 90 / 500)
    assert found.low is not None and found.low > 0.1
    assert expected_mean_change(count, total, square, [0, 0]).value is None


def test_broken_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="negative: must be \\(cells, bins\\)"):
        expected_auroc_change(POSITIVE, NEGATIVE[:, :2], CELLS)
    with pytest.raises(ValueError, match="current"):
        expected_auroc_change(POSITIVE, NEGATIVE, [-1, 2])
