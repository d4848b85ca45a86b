"""What must hold of daily statistics whatever the cases: sums, bounds, symmetry, round trips."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from aiops_pipelines.statistics import Histogram, auroc, reference_edges
from aiops_pipelines.statistics.arguments import FloatArray

EDGES = reference_edges(np.linspace(0.001, 0.999, 300), [0.2, 0.5])

cases = st.integers(0, 60).flatmap(
    lambda n: st.tuples(
        hnp.arrays(np.float64, n, elements=st.floats(0, 1)),
        hnp.arrays(np.bool_, n),
        hnp.arrays(np.bool_, n),
    )
)


def same(a: Histogram, b: Histogram) -> bool:
    counts = all(
        np.array_equal(getattr(a, name), getattr(b, name))
        for name in ("positive", "negative", "unlabelled")
    )
    return (
        counts and np.allclose(a.brier_sum, b.brier_sum) and np.allclose(a.logit_sum, b.logit_sum)
    )


@given(cases, st.integers(0, 60))
def test_histograms_of_parts_add_up_to_the_histogram_of_all(
    drawn: tuple[FloatArray, FloatArray, FloatArray], cut: int
) -> None:
    score, label, known = drawn
    parts = [
        Histogram.from_cases(score[half], label[half], EDGES, known[half])
        for half in (slice(None, cut), slice(cut, None))
    ]
    assert same(parts[0] + parts[1], Histogram.from_cases(score, label, EDGES, known))


@given(cases)
def test_the_order_of_rows_changes_nothing(
    drawn: tuple[FloatArray, FloatArray, FloatArray],
) -> None:
    score, label, known = drawn
    backwards = Histogram.from_cases(score[::-1], label[::-1], EDGES, known[::-1])
    assert same(Histogram.from_cases(score, label, EDGES, known), backwards)


@given(cases)
def test_arrow_keeps_everything(drawn: tuple[FloatArray, FloatArray, FloatArray]) -> None:
    score, label, known = drawn
    histogram = Histogram.from_cases(score, label, EDGES, known)
    assert same(histogram, Histogram.from_arrow(histogram.to_arrow(), EDGES))


@given(cases)
def test_the_binned_auroc_lies_within_its_stated_bound(
    drawn: tuple[FloatArray, FloatArray, FloatArray],
) -> None:
    score, label, _ = drawn
    exact = auroc(score, label)
    histogram = Histogram.from_cases(score, label, EDGES)
    bound = histogram.auroc_bound()
    assert (exact.value is None) == (bound is None)
    if exact.value is not None and bound is not None:
        assert abs(histogram.auroc().value - exact.value) <= bound + 1e-12


@given(cases)
def test_counts_at_an_operating_point_are_those_of_the_cases(
    drawn: tuple[FloatArray, FloatArray, FloatArray],
) -> None:
    score, label, known = drawn
    counts = Histogram.from_cases(score, label, EDGES, known).flag_counts(0.2)
    flagged = score >= 0.2
    assert counts.flagged_positive == int(np.sum(flagged & label & known))
    assert counts.unflagged_negative == int(np.sum(~flagged & ~label & known))
    assert counts.flagged_unlabelled == int(np.sum(flagged & ~known))


@given(cases)
@settings(max_examples=60)
def test_auroc_is_symmetric_and_its_interval_holds_it(
    drawn: tuple[FloatArray, FloatArray, FloatArray],
) -> None:
    score, label, _ = drawn
    found, flipped = auroc(score, label), auroc(-score, ~label)
    assert (found.value is None) == (flipped.value is None)
    if found.value is None:
        return
    assert abs(found.value - flipped.value) < 1e-12
    assert 0 <= found.low <= found.value <= found.high <= 1
    stretched = auroc(np.arctan(3 * score), label)
    ties_kept = len(np.unique(np.arctan(3 * score))) == len(np.unique(score))
    assert not ties_kept or abs(stretched.value - found.value) < 1e-12
