"""Every public function refuses broken input by argument, rule and first offending index."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from aiops_pipelines import statistics as s
from aiops_pipelines.statistics.boundaries import bernoulli_confidence_interval

SCORE = np.array([0.1, 0.4, 0.35, 0.8, 0.6, 0.2])
LABEL = np.array([0, 1, 0, 1, 1, 0])
EDGES = s.reference_edges(SCORE, [0.5])
NAN, INFINITE, BELOW, ABOVE, TWO = math.nan, math.inf, -0.1, 1.1, 2


def swapped(values: np.ndarray, value: float, at: int = 3) -> np.ndarray:
    """Return the values with one of them replaced."""
    changed = values.astype(float)
    changed[at] = value
    return changed


RANKING: dict[str, Callable[[Any, Any], Any]] = {
    "auroc": s.auroc,
    "average_precision": s.average_precision,
    "operating_point": lambda score, label: s.operating_point(score, label, 0.5),
}
PROBABILITIES: dict[str, Callable[[Any, Any], Any]] = {
    "brier": s.brier,
    "log_loss": s.log_loss,
    "calibration": s.calibration,
    "exact_metrics": s.exact_metrics,
    "hosmer_lemeshow": s.hosmer_lemeshow,
    "net_benefit": lambda score, label: s.net_benefit(score, label, [0.2]),
    "Histogram.from_cases": lambda score, label: s.Histogram.from_cases(score, label, EDGES),
}
SCORED = RANKING | PROBABILITIES


@pytest.mark.parametrize("name", SCORED)
@pytest.mark.parametrize("value", [NAN, INFINITE])
def test_a_score_that_is_no_number_is_refused_where_it_stands(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=r"score: must be finite; first offending index 3"):
        SCORED[name](swapped(SCORE, value), LABEL)


@pytest.mark.parametrize("name", PROBABILITIES)
@pytest.mark.parametrize("value", [BELOW, ABOVE])
def test_a_score_that_is_no_probability_is_refused_where_one_is_needed(
    name: str, value: float
) -> None:
    with pytest.raises(ValueError, match=r"score: must be a probability.*index 3"):
        PROBABILITIES[name](swapped(SCORE, value), LABEL)


@pytest.mark.parametrize("name", RANKING)
def test_ranking_takes_any_real_score(name: str) -> None:
    RANKING[name](100 * SCORE - 50, LABEL)


@pytest.mark.parametrize("name", SCORED)
@pytest.mark.parametrize(("value", "rule"), [(TWO, "must be 0 or 1"), (NAN, "must be finite")])
def test_another_label_is_refused_where_it_stands(name: str, value: float, rule: str) -> None:
    with pytest.raises(ValueError, match=rf"label: {rule}; first offending index 3"):
        SCORED[name](SCORE, swapped(LABEL, value))


@pytest.mark.parametrize("name", SCORED)
def test_shapes_that_differ_are_refused_with_both(name: str) -> None:
    with pytest.raises(ValueError, match=r"shapes differ: score has 6, label has 5"):
        SCORED[name](SCORE, LABEL[:5])
    with pytest.raises(ValueError, match=r"score: must be one-dimensional"):
        SCORED[name](SCORE.reshape(2, 3), LABEL)


REFUSED: list[tuple[str, Callable[[], Any], str]] = [
    ("proportion, more events", lambda: s.proportion(4, 3), "events: must not exceed n"),
    ("proportion, negative", lambda: s.proportion(-1, 3), "events: must be a whole number from 0"),
    ("proportion, NaN", lambda: s.proportion(NAN, 3), "events: must be a whole number"),
    ("proportion, half", lambda: s.proportion(1.5, 3), "events: must be a whole number"),
    ("proportion, method", lambda: s.proportion(1, 3, "wald"), "method: must be wilson"),
    ("proportion, level", lambda: s.proportion(1, 3, level=95), "level: must lie strictly"),
    (
        "proportions",
        lambda: s.proportions([1, 5, 2], [3, 4, 5]),
        "events: must not exceed n; first offending index 1",
    ),
    (
        "proportion_difference",
        lambda: s.proportion_difference(1, 3, 5, 4),
        "x2: must not exceed n2",
    ),
    (
        "proportion_difference, method",
        lambda: s.proportion_difference(1, 3, 1, 4, "wald"),
        "method: must be newcombe",
    ),
    ("paired_difference", lambda: s.paired_difference(3, 4, 5), "b \\+ c: must not exceed n"),
    ("mcnemar", lambda: s.mcnemar(3, 4, "yates"), "method: must be exact"),
    (
        "auroc, cluster",
        lambda: s.auroc(SCORE, LABEL, cluster=["a", "b", None, "c", "d", "e"]),
        "cluster: must name each case's patient; first offending index 2",
    ),
    (
        "auroc, clusters short",
        lambda: s.auroc(SCORE, LABEL, cluster=["a"]),
        "shapes differ: score has 6, cluster has 1",
    ),
    ("auroc, scale", lambda: s.auroc(SCORE, LABEL, scale="probit"), "scale: must be logit"),
    (
        "compare_auroc, a",
        lambda: s.compare_auroc(swapped(SCORE, NAN), SCORE, LABEL),
        "score_a: must be finite; first offending index 3",
    ),
    (
        "compare_auroc, b",
        lambda: s.compare_auroc(SCORE, swapped(SCORE, INFINITE), LABEL),
        "score_b: must be finite; first offending index 3",
    ),
    (
        "compare_auroc, lengths",
        lambda: s.compare_auroc(SCORE, SCORE[:4], LABEL),
        "shapes differ: score_a has 6, score_b has 4",
    ),
    (
        "operating_point, threshold",
        lambda: s.operating_point(SCORE, LABEL, NAN),
        "threshold: must be a number",
    ),
    (
        "net_benefit, thresholds",
        lambda: s.net_benefit(SCORE, LABEL, [0.1, 0.2, 1.0]),
        "thresholds: must lie strictly between 0 and 1; first offending index 2",
    ),
    (
        "brier, bins",
        lambda: s.brier(SCORE, LABEL, bins=0),
        "bins: must be a whole number from 1 to 100,000",
    ),
    ("hosmer_lemeshow, groups", lambda: s.hosmer_lemeshow(SCORE, LABEL, 2), "groups: must be"),
    (
        "reference_edges",
        lambda: s.reference_edges(swapped(SCORE, ABOVE)),
        "scores: must be a probability.*index 3",
    ),
    (
        "reference_edges, operating points",
        lambda: s.reference_edges(SCORE, [0.5, 1.5]),
        "operating_points: must be a probability.*index 1",
    ),
    (
        "Histogram, edges",
        lambda: s.Histogram.from_cases(SCORE, LABEL, np.array([0.2, 0.6, 0.4])),
        "edges: must rise strictly.*index 2",
    ),
    (
        "Histogram.bootstrap",
        lambda: s.Histogram.from_cases(SCORE, LABEL, EDGES).bootstrap("f1"),
        "metric: must be one of",
    ),
    ("drift, reference", lambda: s.drift([NAN, NAN], [1.0]), "reference: .*no value"),
    ("drift, infinite", lambda: s.drift([1.0, INFINITE], [1.0]), "must be finite.*index 1"),
    ("drift, kind", lambda: s.drift([1.0], [1.0], kind="ordinal"), "kind: must be numeric"),
    ("drift, words", lambda: s.drift([1.0, 2.0], ["a", "b"]), "must be numbers or missing"),
    (
        "domain_classifier, columns",
        lambda: s.domain_classifier(np.ones((20, 2)), np.ones((20, 3))),
        "current: must be",
    ),
    (
        "estimate_performance",
        lambda: s.estimate_performance(swapped(SCORE, ABOVE), SCORE, LABEL, [0.5]),
        "score: must be a probability.*index 3",
    ),
    (
        "estimate_performance, reference",
        lambda: s.estimate_performance(SCORE, SCORE, LABEL[:3], [0.5]),
        "shapes differ: reference_score has 6, reference_label has 3",
    ),
    (
        "estimate_performance, labels",
        lambda: s.estimate_performance(SCORE, SCORE, swapped(LABEL, TWO), [0.5]),
        "reference_label: must be 0 or 1; first offending index 3",
    ),
    (
        "estimate_performance, features",
        lambda: s.estimate_performance(SCORE, SCORE, LABEL, [0.5], "pape"),
        "features, reference_features",
    ),
    (
        "verification_adjusted, flagged",
        lambda: s.verification_adjusted(swapped(LABEL, TWO), LABEL, LABEL),
        "flagged: must be 0 or 1; first offending index 3",
    ),
    (
        "verification_adjusted, verified",
        lambda: s.verification_adjusted(LABEL, swapped(LABEL, NAN), LABEL),
        "verified: must be finite; first offending index 3",
    ),
    (
        "verification_adjusted, label",
        lambda: s.verification_adjusted(LABEL, np.ones(6), swapped(LABEL, TWO)),
        "label: must be 0 or 1; first offending index 3",
    ),
    (
        "verification_adjusted, lengths",
        lambda: s.verification_adjusted(LABEL, LABEL, LABEL[:2]),
        "shapes differ.*label has 2",
    ),
    (
        "verification_adjusted, audit",
        lambda: s.verification_adjusted(LABEL, LABEL, LABEL, audit_fraction=1.5),
        "audit_fraction: must lie",
    ),
    ("audit_size", lambda: s.audit_size(100, 1.2, 50, 0.1), "omission_rate: must lie"),
    (
        "audit_size, counts",
        lambda: s.audit_size(0, 0.1, 50, 0.1),
        "unflagged: must be a whole number from 1",
    ),
    ("subgroup_gaps", lambda: s.subgroup_gaps([]), "table: must hold the row 'all'"),
    (
        "subgroup_gaps, twice",
        lambda: s.subgroup_gaps([s.SubgroupCounts("all", 9, 3, 2, 1, 1, 5)] * 2),
        "table: all is there twice; first offending index 1",
    ),
    (
        "count_groups, codes",
        lambda: s.count_groups(LABEL, LABEL, {"sex": [0, 1, 0, 5, 1, 0]}, {"sex": ["F", "M"]}),
        "codes\\['sex'\\]: must lie in 0 to 1; first offending index 3",
    ),
    (
        "shrunk_rates",
        lambda: s.shrunk_rates([1, -1], [3, 3]),
        "events: must not be negative; first offending index 1",
    ),
    (
        "suppress",
        lambda: s.suppress([s.Count("all", "cases", 20), s.Count("all", "cases", 20)]),
        "table: .*twice; first offending index 1",
    ),
    (
        "suppress, negative",
        lambda: s.suppress([s.Count("all", "cases", -2)]),
        "table: counts must not be negative; first offending index 0",
    ),
    ("RateExceedance", lambda: s.RateExceedance(1.2), "limit: must lie strictly"),
    (
        "RateExceedance.replay",
        lambda: s.RateExceedance(0.1).replay([1, 2, 9], [5, 5, 5]),
        "events: must not exceed trials; first offending index 2",
    ),
    (
        "ShiryaevRoberts.replay",
        lambda: s.ShiryaevRoberts(0.1).replay([1, 0.5], [5, 5]),
        "events: must be a whole number; first offending index 1",
    ),
    (
        "BernoulliCusum.update",
        lambda: s.BernoulliCusum(0.1, 0.2, 3.0).update(-1, 3),
        "events: must not be negative; first offending index 0",
    ),
    ("BernoulliCusum", lambda: s.BernoulliCusum(0.1, 0.1, 3.0), "shifted: must differ"),
    (
        "MeanShiftDetector",
        lambda: s.MeanShiftDetector(0.8).update(NAN, 0.1),
        "estimate: must be finite or None",
    ),
    (
        "bernoulli_confidence_interval",
        lambda: bernoulli_confidence_interval(3, 2, 0.05, 100),
        "events: must not exceed trials",
    ),
    (
        "betting_log_capital",
        lambda: s.betting_log_capital([1, NAN], [3, 3], 0.1),
        "events: must be finite; first offending index 1",
    ),
    (
        "e_bh",
        lambda: s.e_bh([1.0, -2.0], 0.05),
        "e_values: must be a number not below 0; first offending index 1",
    ),
    *(
        (
            test.__name__,
            lambda test=test: test([0.1, 0.2, 1.5], level=0.05),
            "p_values: must be a probability.*index 2",
        )
        for test in (s.benjamini_hochberg, s.lord, s.saffron)
    ),
    (
        "change_point",
        lambda: s.change_point([1, 4], [3, 3], [1, 2]),
        "events: must not exceed trials; first offending index 1",
    ),
    ("change_point, days", lambda: s.change_point([1, 2], [3, 3], [1]), "days: has 1 elements"),
    (
        "decompose_shift",
        lambda: s.decompose_shift([0.1, NAN], ["a", "b"], [0.2], ["a"]),
        "reference: must be finite; first offending index 1",
    ),
    (
        "decompose_shift, lengths",
        lambda: s.decompose_shift([0.1], ["a", "b"], [0.2], ["a"]),
        "shapes differ: reference has 1, reference_slice has 2",
    ),
    (
        "multiclass",
        lambda: s.multiclass([[0.5, 0.5], [0.2, NAN]], [0, 1]),
        "probabilities: must be finite; first offending index 1",
    ),
    (
        "multiclass, label",
        lambda: s.multiclass([[0.5, 0.5], [0.2, 0.8]], [0, 2]),
        "label: must be a class 0 to 1; first offending index 1",
    ),
    (
        "multiclass, lengths",
        lambda: s.multiclass([[0.5, 0.5], [0.2, 0.8]], [0]),
        "shapes differ: probabilities has 2, label has 1",
    ),
    (
        "ordinal",
        lambda: s.ordinal([0, 1, 3], [0, 1, 2], 3),
        "predicted: must be a class 0 to 2; first offending index 2",
    ),
    (
        "regression",
        lambda: s.regression([1.0, NAN], [1.0, 2.0]),
        "predicted: must be finite; first offending index 1",
    ),
    (
        "regression, lengths",
        lambda: s.regression([1.0, 2.0], [1.0]),
        "shapes differ: predicted has 2, observed has 1",
    ),
    (
        "cox_recalibration",
        lambda: s.cox_recalibration([-1.0, 1.0], [1.0, 3.0], [2.0, 2.0]),
        "positives: must not exceed totals; first offending index 1",
    ),
    (
        "expected_mean_change",
        lambda: s.expected_mean_change([4, 5], [1.0], [0.5, 1.0], [5, 6]),
        "shapes differ: count has 2, total has 1",
    ),
    (
        "ordinal_from_confusion, half a case",
        lambda: s.ordinal_from_confusion([[1, 0.5], [0, 2]]),
        "matrix: must be a whole number; first offending index 1",
    ),
    (
        "operating_point_from_counts",
        lambda: s.operating_point_from_counts(3, -1, 2, 4),
        "fp: must be a whole number from 0",
    ),
    (
        "coarse_edges",
        lambda: s.coarse_edges([0.2, 0.1]),
        "edges: must rise strictly.*index 1",
    ),
    (
        "regression, beyond what a float holds",
        lambda: s.regression([1.0, 1e300], [1.0, 2.0]),
        "predicted: must not exceed 1e.70 in size; first offending index 1",
    ),
    ("sample_size", lambda: s.sample_size(1.5, 0.1), "expected: must lie in"),
    ("sample_size, width", lambda: s.sample_size(0.5, 0.0), "half_width: must lie strictly"),
]


@pytest.mark.parametrize(
    ("call", "message"), [row[1:] for row in REFUSED], ids=[r[0] for r in REFUSED]
)
def test_broken_input_is_refused_by_argument_rule_and_place(
    call: Callable[[], Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_no_state_or_histogram_is_left_out() -> None:
    """Functions are all in test_statistics_calls; these are classes that take numbers."""
    named = {name.split(",")[0].split(".")[0] for name in (*SCORED, *(row[0] for row in REFUSED))}
    assert {
        "RateExceedance",
        "ShiryaevRoberts",
        "BernoulliCusum",
        "MeanShiftDetector",
        "Histogram",
    } <= named
