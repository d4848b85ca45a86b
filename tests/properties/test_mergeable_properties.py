"""What must hold of every mergeable statistic: parts add up, order is nothing, bounds are kept."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from aiops_pipelines.statistics import (
    FeatureBins,
    FeatureCounts,
    RegressionSums,
    categorical_bins,
    confusion_matrix,
    drift,
    multiclass,
    numeric_bins,
    ordinal_from_confusion,
)

unhurried = settings(deadline=None)
"""The first example of a run may compile or import."""

numbers = hnp.arrays(
    np.float64, st.integers(1, 60), elements=st.floats(-1e6, 1e6) | st.just(np.nan)
)
present = numbers.filter(lambda values: not np.all(np.isnan(values)))
words = st.lists(st.none() | st.sampled_from("abcdefg"), min_size=1, max_size=60)
matrices = hnp.arrays(np.int64, (4, 4), elements=st.integers(0, 40))


def _features(drawn: st.DataObject) -> tuple[FeatureBins, np.ndarray, np.ndarray]:
    if drawn.draw(st.booleans()):
        reference = drawn.draw(present)
        return numeric_bins("x", reference), reference, drawn.draw(numbers)
    listed = [np.array(drawn.draw(words), dtype=object) for _ in range(2)]
    return categorical_bins("x", listed[0]), listed[0], listed[1]


@unhurried
@given(st.data(), st.integers(0, 60))
def test_feature_counts_of_parts_add_up_in_any_order(drawn: st.DataObject, cut: int) -> None:
    bins, _, values = _features(drawn)
    parts = [FeatureCounts.from_values(bins, part) for part in (values[:cut], values[cut:])]
    whole = FeatureCounts.from_values(bins, values[::-1])
    for merged in (parts[0] + parts[1], parts[1] + parts[0]):
        assert np.array_equal(merged.counts, whole.counts)
        assert (merged.missing, merged.outside) == (whole.missing, whole.outside)
    assert whole.n_cases == len(values)


@unhurried
@given(st.data())
def test_distances_are_bounded_and_lie_within_their_intervals(drawn: st.DataObject) -> None:
    bins, reference, current = _features(drawn)
    counts = [FeatureCounts.from_values(bins, each) for each in (reference, current)]
    found = drift(*counts)
    unbounded = found.wasserstein.value is not None and found.wasserstein.high is None
    assert not unbounded or np.count_nonzero(counts[0].counts) == 1
    for name in ("psi", "jensen_shannon", "ks", "wasserstein"):
        estimate = getattr(found, name)
        if estimate.value is not None:
            assert estimate.low <= estimate.value
        if estimate.value is not None and not (name == "wasserstein" and unbounded):
            assert estimate.value <= estimate.high
            assert np.isfinite(estimate.high)
    for name in ("jensen_shannon", "ks"):
        estimate = getattr(found, name)
        assert estimate.value is None or 0 <= estimate.low <= estimate.high <= 1 + 1e-9


@unhurried
@given(st.data())
def test_nothing_drifts_from_itself(drawn: st.DataObject) -> None:
    bins, reference, _ = _features(drawn)
    counts = FeatureCounts.from_values(bins, reference)
    if counts.n:
        found = drift(counts, counts)
        assert found.psi.value <= 0
        assert found.jensen_shannon.value == pytest.approx(0, abs=1e-7)
        assert found.ks.value == 0
        assert found.missing_difference.value == 0
        assert not counts.outside


@unhurried
@given(hnp.arrays(np.float64, (30, 2), elements=st.floats(-1e3, 1e3)), st.integers(0, 30))
def test_regression_sums_of_parts_give_the_figures_of_all(cases: np.ndarray, cut: int) -> None:
    parts = [RegressionSums.from_cases(*half.T) for half in (cases[:cut], cases[cut:])]
    whole = RegressionSums.from_cases(*cases[::-1].T).figures()
    merged = (parts[0] + parts[1]).figures()
    for name in ("mae", "bias", "rmse"):
        found, expected = getattr(merged, name), getattr(whole, name)
        assert found.value == pytest.approx(expected.value, rel=1e-6, abs=1e-6)
        if found.low is not None and found.high is not None:
            assert found.low <= found.value <= found.high


@unhurried
@given(matrices, matrices)
def test_agreement_is_bounded_and_symmetric(first: np.ndarray, second: np.ndarray) -> None:
    found, mirrored = (
        ordinal_from_confusion(first + second),
        ordinal_from_confusion(second.T + first.T),
    )
    kappa, other = found.quadratic_weighted_kappa, mirrored.quadratic_weighted_kappa
    assert (kappa.value is None) == (other.value is None)
    if kappa.value is not None and other.value is not None:
        assert kappa.value == pytest.approx(other.value)
        assert -1 <= kappa.low <= kappa.value + 1e-12
        assert kappa.value <= kappa.high + 1e-12
        assert kappa.high <= 1
    if found.grade_bias.value is not None:
        assert found.grade_bias.value == pytest.approx(-mirrored.grade_bias.value)
        assert found.grade_bias.low <= found.grade_bias.value <= found.grade_bias.high


@unhurried
@given(
    hnp.arrays(np.float64, (25, 3), elements=st.floats(0, 1)),
    hnp.arrays(np.int64, 25, elements=st.integers(0, 2)),
)
def test_multiclass_figures_keep_their_bounds(chance: np.ndarray, label: np.ndarray) -> None:
    found = multiclass(chance, label)
    assert np.array_equal(found.confusion, confusion_matrix(chance.argmax(axis=1), label, 3))
    for estimate in (*found.auroc, found.macro_auroc, found.accuracy, *found.sensitivity):
        if estimate.value is not None:
            assert 0 <= estimate.low <= estimate.value + 1e-12
            assert estimate.value <= estimate.high + 1e-12
            assert estimate.high <= 1
