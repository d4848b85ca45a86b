"""Few cases, one case, or all alike: bounded intervals, never certainty."""

import numpy as np
import pytest

from aiops_pipelines import statistics as s
from aiops_pipelines.statistics.calibration import observed_expected_ratio
from aiops_pipelines.statistics.ranking import newcombe_auroc


def test_newcombes_interval_solves_its_quadratic_of_hanley_and_mcneil() -> None:
    """(t - a)^2 m n = z^2 t (1 - t) (1 + (N - 1) ((1 - t) / (2 - t) + t / (1 + t))), N the mean."""
    for bound in newcombe_auroc(0.82, 4, 60):
        shape = 1 + 31 * ((1 - bound) / (2 - bound) + bound / (1 + bound))
        spread = 1.959963984540054**2 * bound * (1 - bound) * shape
        assert (bound - 0.82) ** 2 * 4 * 60 == pytest.approx(spread, rel=1e-9)


def test_one_positive_among_many_says_little_of_the_auroc() -> None:
    score = np.linspace(0, 1, 101)
    label = np.arange(101) == 80
    found = s.auroc(score, label)
    assert found.value == pytest.approx(0.8)
    assert found.standard_error is None
    assert found.high - found.low > 0.6
    compared = s.compare_auroc(score, -score, label)
    assert compared.difference == pytest.approx(0.6)
    assert (compared.low, compared.z, compared.p_value) == (None, None, None)


def test_one_patient_with_positives_says_little_however_many_studies_there_are() -> None:
    label = np.array([1] * 30 + [0] * 60)
    patient = np.array([0] * 30 + list(range(1, 61)))
    score = np.concatenate([np.linspace(0.4, 1, 30), np.linspace(0, 0.9, 60)])
    found = s.auroc(score, label, cluster=patient)
    assert found.low < found.value - 0.2
    assert found.high > found.value


def test_with_enough_cases_the_interval_is_delongs_on_the_logit_scale() -> None:
    rng = np.random.default_rng(0)
    label = np.arange(200) < 80
    found = s.auroc(rng.normal(label, 1), label)
    logit = np.log(found.value / (1 - found.value))
    reach = 1.959963984540054 * found.standard_error / (found.value * (1 - found.value))
    assert found.low == pytest.approx(1 / (1 + np.exp(reach - logit)), abs=1e-12)
    assert found.high == pytest.approx(1 / (1 + np.exp(-reach - logit)), abs=1e-12)


def test_ties_everywhere_leave_an_auroc_of_a_half_in_doubt() -> None:
    found = s.auroc(np.ones(30), np.arange(30) < 10)
    assert found.value == 0.5
    assert found.low < 0.35
    assert found.high > 0.65


def test_nobody_flagged_is_no_certainty_about_net_benefit() -> None:
    found = s.net_benefit(np.full(20, 0.1), np.arange(20) < 4, [0.5])[0]
    assert found.value == 0
    assert found.low < -0.05
    assert found.high > 0.05


def test_a_likelihood_ratio_of_nothing_missed_is_zero_with_an_upper_bound() -> None:
    found = s.operating_point([0.9] * 6 + [0.1] * 10, [1] * 6 + [0] * 10, 0.5)
    assert found.negative_likelihood_ratio.value == 0
    assert found.negative_likelihood_ratio.low == 0
    assert 0.1 < found.negative_likelihood_ratio.high < 1
    assert found.positive_likelihood_ratio.value is None
    assert found.positive_likelihood_ratio.low > 1
    assert found.positive_likelihood_ratio.high is None


def test_koopmans_interval_of_a_ratio_has_the_published_limits() -> None:
    """36/40 against 16/80 (Koopman, 1984, as R's DescTools computes): 2.94 to 7.15."""
    found = s.operating_point(
        [1.0] * 36 + [0.0] * 4 + [1.0] * 16 + [0.0] * 64, [1] * 40 + [0] * 80, 0.5
    ).positive_likelihood_ratio
    assert found.value == pytest.approx(4.5)
    assert (found.low, found.high) == pytest.approx((2.94, 7.15), abs=0.01)


def test_losses_all_alike_or_without_an_event_leave_room_for_what_was_not_seen() -> None:
    alike = s.brier(np.full(20, 0.2), np.zeros(20))
    assert alike.value == pytest.approx(0.04)
    assert alike.high > 0.15
    quiet = s.brier(np.linspace(0.01, 0.05, 50), np.zeros(50))
    assert quiet.high > 0.05
    assert s.log_loss(np.linspace(0.01, 0.05, 50), np.zeros(50)).high is None


def test_calibration_does_not_depend_on_the_order_of_rows_with_equal_scores() -> None:
    rng = np.random.default_rng(2)
    score, label = rng.choice([0.1, 0.3, 0.8], 100), rng.random(100) < 0.4
    order = rng.permutation(100)
    found, shuffled = s.calibration(score, label), s.calibration(score[order], label[order])
    assert found.ece.value == pytest.approx(shuffled.ece.value, abs=1e-15)
    assert found.reliability.observed == pytest.approx(shuffled.reliability.observed)


def test_the_interval_of_the_calibration_error_follows_its_level() -> None:
    rng = np.random.default_rng(4)
    score = rng.random(300)
    label = rng.random(300) < score**2
    narrow, wide = (s.calibration(score, label, level=level).ece for level in (0.5, 0.99))
    assert narrow.high < wide.high
    assert wide.low < narrow.low


def test_telling_scores_narrow_the_interval_of_observed_to_expected() -> None:
    rng = np.random.default_rng(6)
    score = np.where(rng.random(2000) < 0.5, 0.02, 0.9)
    label = rng.random(2000) < score
    told = s.calibration(score, label).in_the_large
    blind = observed_expected_ratio(float(label.sum()), float(score.sum()), 2000)
    assert told.value == pytest.approx(blind.value)
    assert told.high - told.low < 0.7 * (blind.high - blind.low)
    binned = s.Histogram.from_cases(score, label, s.reference_edges(score)).observed_expected()
    assert (binned.low, binned.high) == pytest.approx((told.low, told.high))


def test_scores_right_of_every_case_are_no_certainty_about_observed_to_expected() -> None:
    """Of 200 right ones, 1.8% may be wrong: 1 - (.025)^(1 / 200)."""
    score = np.repeat([0.0, 1.0], 100)
    found = s.calibration(score, score).in_the_large
    blind = observed_expected_ratio(100, 100.0, 200)
    assert found.value == 1.0
    assert found.low == pytest.approx(1 - 2 * 0.0183, abs=0.002)
    assert found.high == pytest.approx(1 + 2 * 0.0183, abs=0.002)
    assert found.standard_error > 0
    assert blind.low < found.low < 1 < found.high < blind.high
    few = s.calibration([0.0] * 48 + [1.0, 1.0], [0] * 48 + [1, 1]).in_the_large
    common = observed_expected_ratio(2, 2.0, 50)
    assert (few.low, few.high) == pytest.approx((common.low, common.high))


def test_few_events_expand_the_percentiles_of_a_bootstrap() -> None:
    rng = np.random.default_rng(8)
    label = np.arange(300) < 5
    score = np.clip(rng.normal(0.3 + 0.2 * label, 0.15), 0, 1)
    bins = s.Histogram.from_cases(score, label, s.reference_edges(score))
    found, exact = bins.bootstrap("auroc", 200, 1), bins.auroc()
    assert (found.low, found.high) == (exact.low, exact.high)
    one = s.Histogram.from_cases(score, np.arange(300) < 1, s.reference_edges(score))
    assert one.bootstrap(lambda p, q: p.sum(axis=-1) / q.sum(axis=-1), 50).low is None


def test_no_event_is_no_standard_error_of_nothing() -> None:
    for found in (
        s.proportion(0, 100),
        s.proportion_difference(0, 50, 0, 60),
        s.operating_point([0.9] * 9, [1] * 9, 0.5).sensitivity,
        s.calibration([0.1, 0.2, 0.4], [0, 0, 0]).in_the_large,
    ):
        assert found.standard_error is None
        assert found.high - found.low > 0.03


def test_parts_of_a_change_without_any_spread_have_no_interval() -> None:
    found = s.decompose_shift([0.5] * 9, ["a"] * 9, [0.5] * 9, ["a"] * 9).total
    assert (found.value, found.low, found.high) == (0.0, None, None)


def test_one_case_a_side_gives_no_interval_of_an_expected_change() -> None:
    found = s.expected_auroc_change([[0, 1]], [[1, 0]], [3])
    assert (found.value, found.low, found.high) == (0.0, None, None)


def test_flags_of_which_none_was_right_bound_the_number_to_evaluate_from_below() -> None:
    point = s.operating_point([0.9] * 9, [0] * 9, 0.5)
    assert (point.nne.value, point.nne.high, point.nne.n) == (None, None, 9)
    assert point.nne.low == pytest.approx(1 / point.ppv.high)
    unflagged = s.operating_point([0.1] * 9, [0] * 9, 0.5).nne
    assert (unflagged.value, unflagged.low, unflagged.n) == (None, None, 0)


def test_grades_that_agree_bound_kappa_by_how_rarely_they_could_differ() -> None:
    missed = 1 - 0.025 ** (1 / 30)
    even, rare = (
        s.ordinal_from_confusion(np.diag(counts)).quadratic_weighted_kappa
        for counts in ([10, 10, 10], [28, 0, 2])
    )
    assert (even.value, rare.value, even.high, rare.high) == (1.0, 1.0, 1.0, 1.0)
    assert even.low == pytest.approx(1 - 2 * missed)
    assert rare.low == pytest.approx(1 - missed / (1 - (28 / 30) ** 2 - (2 / 30) ** 2))


def test_risks_next_to_nothing_have_no_ratio_and_no_chi_square() -> None:
    """5e-324 expected: the ratio of what was observed to it is beyond every float."""
    for label in (0, 1):
        found = s.calibration([5e-324], [label])
        assert found.in_the_large.value is None
        assert found.in_the_large.low is None
    score, label = [5e-324] * 8 + [0.5, 0.75], [1] * 8 + [0, 1]
    assert s.hosmer_lemeshow(score, label, groups=3).statistic is None


def test_no_case_has_no_calibration_and_no_error() -> None:
    found = s.calibration([], [])
    assert (found.in_the_large.value, found.in_the_large.n) == (None, 0)
    assert s.Histogram.from_cases([], [], np.array([0.5])).calibration().slope.value is None
