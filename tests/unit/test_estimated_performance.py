"""Estimates of days without labels, against populations whose truth is known by construction."""

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import binom

from aiops_pipelines.statistics import (
    Histogram,
    estimate_performance,
    estimate_performance_from_counts,
    reference_edges,
)

THRESHOLD = 0.5


def patients(random, n, shift=0.0):
    """Return scores that are no probabilities, features, labels and the true risk."""
    x, hidden = random.normal(shift, 1, (2, n))
    risk = expit(-3 + 1.2 * x + 0.8 * hidden)
    return expit(-2 + 1.4 * x), np.column_stack([x, hidden]), random.random(n) < risk


def measured(score, label):
    flagged = score >= THRESHOLD
    return {
        "sensitivity": flagged[label].mean(),
        "specificity": (~flagged)[~label].mean(),
        "ppv": label[flagged].mean(),
        "npv": (~label)[~flagged].mean(),
    }


@pytest.fixture(scope="module")
def unshifted():
    random = np.random.default_rng(11)
    return patients(random, 20_000), patients(random, 6_000)


def test_without_shift_intervals_hold_what_labels_later_say(unshifted):
    (before, _, label), (now, _, truth) = unshifted
    found = estimate_performance(now, before, label, [THRESHOLD])
    for name, value in measured(now, truth).items():
        estimate = getattr(found.points[0], name)
        assert estimate.low <= value <= estimate.high, name
    order = np.argsort(now)
    ranks = np.empty(len(now))
    ranks[order] = np.arange(1, len(now) + 1)
    p, q = truth.sum(), (~truth).sum()
    auroc = (ranks[truth].sum() - p * (p + 1) / 2) / (p * q)
    assert found.auroc.low <= auroc <= found.auroc.high
    assert found.brier.low <= np.mean((now - truth) ** 2) <= found.brier.high
    assert found.prevalence.low <= truth.mean() <= found.prevalence.high


def test_the_flag_rate_is_measured_not_estimated(unshifted):
    (before, _, label), (now, _, _) = unshifted
    point = estimate_performance(now, before, label, [THRESHOLD]).points[0]
    assert point.flag_rate.value == pytest.approx(np.mean(now >= THRESHOLD), abs=1e-12)
    assert point.flag_rate.method == "Wilson"


def test_counts_give_what_cases_give(unshifted):
    (before, _, label), (now, _, _) = unshifted
    edges = reference_edges(before, [THRESHOLD])
    reference = Histogram.from_cases(before, label, edges)
    nobody = np.zeros(len(now), dtype=bool)
    current = Histogram.from_cases(now, nobody, edges, labelled=nobody)
    cases = estimate_performance(now, before, label, [THRESHOLD])
    counts = estimate_performance_from_counts(reference, current, [THRESHOLD])
    assert counts.points == cases.points
    assert counts.auroc == cases.auroc
    assert counts.brier.value == pytest.approx(cases.brier.value, abs=1e-4)


def test_days_add_up_in_any_order(unshifted):
    (before, _, label), (now, _, _) = unshifted
    edges = reference_edges(before, [THRESHOLD])
    reference = Histogram.from_cases(before, label, edges)
    nobody = np.zeros(3000, dtype=bool)
    days = [Histogram.from_cases(half, nobody, edges, nobody) for half in (now[:3000], now[3000:])]
    forth = estimate_performance_from_counts(reference, days[0] + days[1], [THRESHOLD])
    back = estimate_performance_from_counts(reference, days[1] + days[0], [THRESHOLD])
    assert forth.points == back.points


def test_under_covariate_shift_pape_comes_nearer_than_cbpe():
    random = np.random.default_rng(3)
    before, features_before, label = patients(random, 20_000)
    now, features, truth = patients(random, 6_000, shift=0.6)
    errors = {
        method: abs(
            estimate_performance(
                now, before, label, [THRESHOLD], method, features, features_before
            ).prevalence.value
            - truth.mean()
        )
        for method in ("cbpe", "pape")
    }
    assert errors["pape"] < 0.6 * errors["cbpe"]


def test_concept_shift_goes_unseen(unshifted):
    """The stated limit: where the same scores come to mean half the risk, the estimate is wrong."""
    (before, _, label), (now, _, truth) = unshifted
    halved = truth & (np.random.default_rng(8).random(len(truth)) < 0.5)
    found = estimate_performance(now, before, label, [THRESHOLD])
    assert halved.mean() < found.prevalence.low
    assert measured(now, halved)["ppv"] < found.points[0].ppv.low


def test_a_reference_without_a_missed_case_leaves_room_for_one():
    random = np.random.default_rng(2)
    score = np.concatenate([random.uniform(0, 0.4, 300), random.uniform(0.6, 1, 60)])
    label = score > 0.5
    point = estimate_performance(score, score, label, [0.5], recalibration="isotonic").points[0]
    assert 0.9 < point.sensitivity.value <= 1.0
    assert point.sensitivity.low < point.sensitivity.high
    assert point.sensitivity.low < 0.99


def test_an_interval_is_of_what_the_labels_of_these_cases_show():
    """Of 400 cases whose risk is known, the labels are all that is left to chance."""
    before = np.repeat([0.2, 0.8], 200_000)
    label = np.tile([1, 0, 0, 0], 50_000).tolist() + np.tile([1, 1, 1, 0], 50_000).tolist()
    now = np.repeat([0.2, 0.8], [300, 100])
    point = estimate_performance(now, before, label, [0.5]).points[0]
    for rate, n in ((point.ppv, 100), (point.npv, 300)):
        expected = binom.ppf([0.025, 0.975], n, 0.75) / n
        assert [rate.low, rate.high] == pytest.approx(expected, abs=2 / n)
    positives = 300 * 0.25 + 100 * 0.75
    # Half of the positives are flagged, so that each label moves the rate by half a case.
    spread = np.sqrt(400 * 0.25 * 0.75) / 2 / positives
    assert point.sensitivity.high - point.sensitivity.low == pytest.approx(3.92 * spread, rel=0.1)


def test_a_figure_that_labels_may_not_show_is_bounded_as_if_they_did(unshifted):
    """Of 50 cases at a risk of 4% an eighth of all samples have no positive, and no AUROC."""
    (before, _, label), (now, _, _) = unshifted
    rare = before[~label | (np.arange(len(label)) % 4 == 0)]
    kept = label[~label | (np.arange(len(label)) % 4 == 0)]
    found = estimate_performance(now[:50], rare, kept, [THRESHOLD])
    assert 0.2 < found.auroc.low < found.auroc.value < found.auroc.high <= 1.0


def test_scores_that_the_reference_never_showed_are_counted(unshifted):
    (before, _, label), _ = unshifted
    inside = before < 0.3
    now = np.concatenate([np.full(90, 0.2), np.full(10, 0.97)])
    found = estimate_performance(now, before[inside], label[inside], [0.25])
    assert found.unsupported_rate.value == pytest.approx(0.1)


@pytest.mark.parametrize("recalibration", ["auto", "isotonic", "logistic"])
@pytest.mark.parametrize(
    ("score", "reference_score", "reference_label"),
    [
        ([], [0.2, 0.7], [0, 1]),
        ([0.3], [], []),
        ([0.3], [0.2], [0]),
        ([0.3], [0.2], [1]),
        ([0.3, 0.3], [0.5, 0.5, 0.5], [0, 1, 1]),
        ([0.0, 1.0], [0.0, 1.0], [0, 1]),
        ([0.9, 0.1], [0.1, 0.2, 0.8, 0.9], [1, 1, 0, 0]),
    ],
)
def test_degenerate_input_gives_none_or_a_bounded_interval(
    recalibration, score, reference_score, reference_label
):
    found = estimate_performance(
        score, reference_score, reference_label, [0.5], recalibration=recalibration
    )
    point = found.points[0]
    for each in (
        found.auroc,
        found.brier,
        found.prevalence,
        point.sensitivity,
        point.specificity,
        point.ppv,
        point.npv,
    ):
        if each.value is None:
            assert (each.low, each.high) == (None, None)
        else:
            assert 0 <= each.low <= each.value <= each.high <= 1


def test_bad_input_names_argument_rule_and_index(unshifted):
    with pytest.raises(ValueError, match=r"score.*index 1"):
        estimate_performance([0.1, 1.2], [0.1], [0], [0.5])
    with pytest.raises(ValueError, match=r"reference_label.*index 0"):
        estimate_performance([0.1], [0.1], [3], [0.5])
    with pytest.raises(ValueError, match="shapes differ"):
        estimate_performance([0.1], [0.1, 0.2], [0], [0.5])
    with pytest.raises(ValueError, match="features"):
        estimate_performance([0.1], [0.1], [0], [0.5], "pape")
    with pytest.raises(ValueError, match="method"):
        estimate_performance([0.1], [0.1], [0], [0.5], "guess")
    with pytest.raises(ValueError, match="recalibration"):
        estimate_performance([0.1], [0.1], [0], [0.5], recalibration="platt")
    some = Histogram.from_cases([0.2, 0.8], [0, 1], np.array([0.5]))
    other = Histogram.from_cases([0.2, 0.8], [0, 1], np.array([0.4]))
    with pytest.raises(ValueError, match="other edges"):
        estimate_performance_from_counts(some, other, [0.5])
    with pytest.raises(ValueError, match=r"thresholds.*no edge"):
        estimate_performance_from_counts(some, some, [0.3])
