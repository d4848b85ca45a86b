"""Daily statistics of scores: what cases say exactly, what bins say nearly, and what is refused."""

import numpy as np
import pytest

from aiops_pipelines.statistics import (
    Histogram,
    average_precision,
    calibration,
    coarse_edges,
    proportion,
    reference_edges,
)

EDGES = np.array([0.1, 0.5, 0.9])


def _cases(seed: int, n: int, slope: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    logit = random.normal(-2, 1.5, n)
    label = random.random(n) < 1 / (1 + np.exp(-slope * logit))
    return 1 / (1 + np.exp(-logit)), label


def test_a_score_on_an_edge_belongs_to_the_bin_above() -> None:
    histogram = Histogram.from_cases([0.0, 0.1, 0.4999, 0.5, 1.0], [0, 0, 0, 1, 1], EDGES)
    assert histogram.negative.tolist() == [1, 2, 0, 0]
    assert histogram.positive.tolist() == [0, 0, 1, 1]


def test_every_float_lands_in_the_bin_that_a_search_gives() -> None:
    edges = reference_edges(np.random.default_rng(0).beta(0.05, 0.05, 3000), [0.3])
    near = np.concatenate([edges, np.nextafter(edges, 0), np.nextafter(edges, 1), [0.0, 1e-300]])
    near = near[near <= 1]
    counts = Histogram.from_cases(near, np.zeros(len(near)), edges).negative
    member = np.searchsorted(edges, near, side="right")
    assert np.array_equal(counts, np.bincount(member, minlength=len(edges) + 1))


def test_all_strata_in_one_pass_are_what_each_is_alone() -> None:
    score, label = _cases(0, 500)
    random = np.random.default_rng(1)
    codes = [random.integers(0, 3, 500), random.integers(0, 2, 500)]
    together = Histogram.of_strata(score, label, [EDGES, EDGES[1:]], codes, [3, 2])
    assert [len(each) for each in together] == [3, 2]
    assert Histogram.of_strata(score, label, [], [], []) == []
    for groups, code, edges in zip(together, codes, [EDGES, EDGES[1:]], strict=True):
        for value, histogram in enumerate(groups):
            alone = Histogram.from_cases(score[code == value], label[code == value], edges)
            assert np.array_equal(histogram.positive, alone.positive)
            assert np.array_equal(histogram.negative, alone.negative)
            assert np.allclose(histogram.log_loss_sum, alone.log_loss_sum)


@pytest.mark.parametrize("slope", [0.7, 1.0, 1.4])
def test_binned_figures_are_those_of_the_cases(slope: float) -> None:
    score, label = _cases(2, 5000, slope)
    histogram = Histogram.from_cases(score, label, reference_edges(score))
    exact, binned = calibration(score, label), histogram.calibration()
    for name in ("intercept", "slope", "in_the_large", "intercept_alone"):
        cases, bins = getattr(exact, name), getattr(binned, name)
        assert abs(bins.value - cases.value) < 0.02 * cases.standard_error
        assert bins.standard_error == pytest.approx(cases.standard_error, rel=0.01)
    assert binned.spiegelhalter.z == pytest.approx(exact.spiegelhalter.z, abs=1e-9)
    alone = histogram.recalibration()
    assert alone.slope.value == pytest.approx(binned.slope.value)
    assert alone.intercept.high == pytest.approx(binned.intercept.high)
    assert histogram.spiegelhalter() == binned.spiegelhalter
    assert histogram.average_precision(interpolated=True).value == pytest.approx(
        average_precision(score, label).value, abs=2e-3
    )


def test_brier_and_log_loss_are_exact_whatever_the_bins() -> None:
    score, label = _cases(3, 300)
    histogram = Histogram.from_cases(score, label, EDGES)
    assert histogram.brier().value == pytest.approx(float(np.mean((score - label) ** 2)))
    chance = np.where(label, score, 1 - score)
    assert histogram.log_loss().value == pytest.approx(float(-np.log(chance).mean()))


def test_subgroup_bins_keep_operating_points_and_auroc() -> None:
    score, label = _cases(4, 20_000)
    fine = reference_edges(score, [0.123])
    coarse = coarse_edges(fine, [0.123])
    assert len(coarse) < 140
    assert set(coarse) <= set(fine)
    assert 0.123 in coarse
    full, part = (Histogram.from_cases(score, label, edges) for edges in (fine, coarse))
    error = full.auroc().standard_error
    assert abs(full.auroc().value - part.auroc().value) < 0.07 * error
    assert full.flag_counts(0.123) == part.flag_counts(0.123)


def test_quantiles_lie_within_their_bin() -> None:
    score, label = _cases(5, 4000)
    histogram = Histogram.from_cases(score, label, reference_edges(score))
    for share in (0.0, 0.05, 0.5, 0.95, 1.0):
        assert histogram.quantile(share) == pytest.approx(np.quantile(score, share), abs=0.01)
    assert Histogram.from_cases([], [], EDGES).quantile(0.5) is None


def test_the_bootstrap_agrees_with_delong_and_repeats_itself() -> None:
    score, label = _cases(6, 2000)
    histogram = Histogram.from_cases(score, label, reference_edges(score))
    drawn, delong = histogram.bootstrap("auroc", 2000, seed=1), histogram.auroc()
    assert drawn == histogram.bootstrap("auroc", 2000, seed=1)
    assert drawn.value == pytest.approx(delong.value)
    assert drawn.standard_error == pytest.approx(delong.standard_error, rel=0.1)
    assert histogram.bootstrap("average_precision").value == pytest.approx(
        histogram.average_precision().value
    )


def test_a_bootstrap_at_perfect_separation_does_not_claim_certainty() -> None:
    histogram = Histogram.from_cases([0.05, 0.2, 0.95, 0.99], [0, 0, 1, 1], EDGES)
    named = histogram.bootstrap("auroc", 200)
    assert named.value == 1.0
    assert named.low < 0.5
    other = histogram.bootstrap(lambda p, q: np.ones(p.shape[:-1]), 200)
    assert (other.value, other.low, other.high) == (1.0, None, None)


@pytest.mark.parametrize("n", [0, 1, 5])
def test_one_class_gives_no_ranking_figure(n: int) -> None:
    histogram = Histogram.from_cases(np.linspace(0, 1, n), np.zeros(n), EDGES)
    assert histogram.auroc().value is None
    assert histogram.auroc_bound() is None
    assert histogram.average_precision().value is None
    assert histogram.calibration().slope.value is None
    assert histogram.bootstrap("auroc").value is None
    assert (histogram.brier().value is None) == (n == 0)


def test_labels_of_unlabelled_cases_are_not_looked_at() -> None:
    histogram = Histogram.from_cases([0.2, 0.3], [1, np.nan], EDGES, labelled=[True, False])
    assert (histogram.n_positive, histogram.n_unlabelled, histogram.n) == (1, 1, 1)


def test_a_table_is_only_read_with_its_own_edges() -> None:
    table = Histogram.from_cases([0.2, 0.95], [0, 1], EDGES).to_arrow()
    assert Histogram.from_arrow(table, EDGES).n == 2
    with pytest.raises(ValueError, match="edges: do not belong"):
        Histogram.from_arrow(table, np.array([0.1, 0.5, 0.8]))
    with pytest.raises(ValueError, match="edges: do not belong"):
        Histogram.from_arrow(table.replace_schema_metadata(None), np.array([0.1]))


def test_an_empty_day_is_an_empty_table() -> None:
    empty = Histogram.from_cases([], [], EDGES)
    assert empty.to_arrow().num_rows == 0
    assert Histogram.from_arrow(empty.to_arrow(), EDGES).n == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.1, 1.2], [0, 1], EDGES), "score: .*first offending index 1"),
        (([0.1, np.nan], [0, 1], EDGES), "score: must be finite; first offending index 1"),
        (([0.1, 0.2], [0, 2], EDGES), "label: must be 0 or 1; first offending index 1"),
        (([0.1, 0.2], [0], EDGES), "shapes differ"),
        (([0.1], [0], np.array([0.5, 0.1])), "edges: must rise strictly.*index 1"),
        (([0.1], [0], np.array([0.0, 0.1])), "edges: must rise strictly.*index 0"),
        (([0.1, 0.2], [0, 1], EDGES, [True, 3]), "labelled: must be 0 or 1"),
    ],
)
def test_bad_cases_are_refused_by_argument_rule_and_index(arguments: tuple, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Histogram.from_cases(*arguments)


def test_other_arguments_that_make_no_sense_are_refused() -> None:
    histogram = Histogram.from_cases([0.2, 0.95], [0, 1], EDGES)
    for threshold in (float("nan"), -0.1, 0.3, 1.5):
        with pytest.raises(ValueError, match="threshold"):
            histogram.flag_counts(threshold)
    with pytest.raises(ValueError, match="different edges"):
        histogram + Histogram.from_cases([0.2], [0], np.array([0.1]))
    with pytest.raises(ValueError, match="must be at least one"):
        Histogram.merge([])
    with pytest.raises(ValueError, match="replicates: must be at least 2"):
        histogram.bootstrap("auroc", 1)
    with pytest.raises(ValueError, match="metric: must be one of"):
        histogram.bootstrap("sensitivity")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"group: must be a code 0 to 1; first offending index 1"):
        Histogram.of_groups([0.1, 0.2], [0, 1], EDGES, [0, 2], 2)
    with pytest.raises(ValueError, match="share: must lie in"):
        histogram.quantile(2)


@pytest.mark.parametrize("events", [60, 340])
def test_the_bootstrap_of_a_share_is_as_lopsided_as_wilsons_interval(events: int) -> None:
    histogram = Histogram.from_cases(np.full(400, 0.3), np.arange(400) < events, EDGES)
    drawn = histogram.bootstrap(lambda p, q: p.sum(axis=-1) / (p + q).sum(axis=-1), 20_000, seed=1)
    wilson = proportion(events, 400)
    assert (drawn.low, drawn.high) == pytest.approx((wilson.low, wilson.high), abs=0.003)
    off, expected = ((each.low + each.high) / 2 - events / 400 for each in (drawn, wilson))
    assert off == pytest.approx(expected, rel=0.3)
