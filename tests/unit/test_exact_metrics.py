"""Exact metrics against scikit-learn and by definition, ties and degenerate inputs included."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from aiops_pipelines.statistics import auroc, average_precision, calibration, exact_metrics

SCORES = {
    "continuous": lambda draw, n: draw.random(n),
    "rounded to a tenth": lambda draw, n: np.round(draw.random(n), 1),
    "piled at both ends": lambda draw, n: np.clip(draw.normal(0.5, 1, n), 0, 1),
    "crowded, far apart": lambda draw, n: (
        draw.random(n) * np.where(draw.random(n) < 0.5, 1e-200, 1e-13) + draw.integers(0, 2, n) / 2
    ),
    "one unit in the last place apart": lambda draw, n: np.nextafter(0.3, draw.integers(0, 2, n)),
}


@pytest.mark.parametrize("family", SCORES)
@pytest.mark.parametrize("n", [30, 2000, 30_000])
def test_metrics_are_those_of_scikit_learn(family, n):
    draw = np.random.default_rng(n)
    score = SCORES[family](draw, n)
    label = draw.random(n) < 0.1 + 0.7 * score
    found = exact_metrics(score, label, [0.3, 0.5])
    assert found.auroc.value == pytest.approx(metrics.roc_auc_score(label, score), abs=1e-12)
    expected = metrics.average_precision_score(label, score)
    assert found.average_precision.value == pytest.approx(expected, abs=1e-12)
    expected = metrics.brier_score_loss(label, score)
    assert found.brier.value == pytest.approx(expected, abs=1e-12)
    loss = metrics.log_loss(label, np.clip(score, 1e-12, 1 - 1e-12))
    assert found.log_loss.value == pytest.approx(loss, rel=1e-12)
    for threshold, point in zip([0.3, 0.5], found.operating_points, strict=True):
        recall = metrics.recall_score(label, score >= threshold)
        assert point.sensitivity.value == pytest.approx(recall, abs=1e-12)
        assert point.flag_rate.value == pytest.approx(np.mean(score >= threshold), abs=1e-12)


def test_variance_is_delongs_by_definition():
    draw = np.random.default_rng(5)
    label = draw.random(300) < 0.3
    score = np.round(np.clip(draw.normal(0.4 + 0.2 * label, 0.2), 0, 1), 2)
    wins = (score[label][:, None] > score[~label]) + 0.5 * (score[label][:, None] == score[~label])
    positives, negatives = wins.mean(axis=1), wins.mean(axis=0)
    variance = positives.var(ddof=1) / len(positives) + negatives.var(ddof=1) / len(negatives)
    found = exact_metrics(score, label).auroc
    assert found.standard_error == pytest.approx(np.sqrt(variance), rel=1e-12)


CASES = st.lists(
    st.tuples(st.sampled_from([0.0, 0.2, 0.3, 0.30000000000000004, 0.9, 1.0]), st.booleans()),
    min_size=1,
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(CASES, st.randoms(use_true_random=False))
def test_the_order_of_cases_changes_nothing_and_the_parts_add_up(cases, random):
    score, label = map(np.array, zip(*cases, strict=True))
    found = exact_metrics(score, label, [0.3])
    shuffled = random.sample(cases, len(cases))
    again = exact_metrics(*map(np.array, zip(*shuffled, strict=True)), [0.3])
    assert (again.auroc, again.brier, again.ece) == (found.auroc, found.brier, found.ece)
    brier = found.brier
    parts = brier.reliability - brier.resolution + brier.uncertainty
    within = brier.within_bin_variance - brier.within_bin_covariance
    assert parts + within == pytest.approx(brier.value, abs=1e-12)
    assert np.mean((score - label) ** 2) == pytest.approx(brier.value, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(CASES)
def test_one_call_gives_what_the_single_functions_give(cases):
    score, label = map(np.array, zip(*cases, strict=True))
    found = exact_metrics(score, label)
    assert found.auroc.value == pytest.approx(auroc(score, label).value, abs=1e-12)
    assert found.average_precision.n_events == average_precision(score, label).n_events
    if label.any():
        expected = average_precision(score, label).value
        assert found.average_precision.value == pytest.approx(expected, abs=1e-12)
    alone = calibration(score, label)
    assert found.ece.value == pytest.approx(alone.ece.value, abs=1e-12)
    assert (found.spiegelhalter.z is None) == (alone.spiegelhalter.z is None)


@settings(max_examples=60, deadline=None)
@given(CASES)
def test_scores_outside_the_unit_interval_rank_without_loss_too(cases):
    score, label = map(np.array, zip(*cases, strict=True))
    mirrored, plain = auroc(-score, ~label), auroc(score, label)
    assert mirrored.value == pytest.approx(plain.value, abs=1e-12)
    assert mirrored.standard_error == pytest.approx(plain.standard_error, abs=1e-12)


def test_minus_zero_and_zero_are_one_score():
    assert auroc([-0.0, 0.0], [0, 1]).value == 0.5
    assert auroc([-0.0, 0.0, -1.0], [0, 1, 0]).value == 0.75


def test_perfect_separation_has_a_bounded_interval():
    found = exact_metrics(np.repeat([0.1, 0.9], 20), np.repeat([0, 1], 20)).auroc
    assert found.value == 1.0
    assert 0.8 < found.low < 1.0


@pytest.mark.parametrize("label", [[0, 0, 0], [1, 1, 1]])
def test_one_class_has_no_auroc_but_has_a_brier_score(label):
    found = exact_metrics([0.2, 0.4, 0.9], label)
    assert found.auroc.value is None
    assert found.brier.value is not None
    assert found.average_precision.value == (1.0 if label[0] else None)


def test_no_cases_have_no_metrics():
    found = exact_metrics([], [], [0.5])
    values = [found.auroc, found.average_precision, found.brier, found.log_loss, found.ece]
    assert [value.value for value in values] == [None] * 5
    assert found.brier.reliability is None
    assert found.operating_points[0].sensitivity.value is None


@pytest.mark.parametrize(
    ("score", "label", "message"),
    [
        ([0.1, np.nan], [0, 1], "score: must be finite; first offending index 1"),
        ([0.1, 1.2], [0, 1], r"score: must be a probability in \[0, 1\]; first offending index 1"),
        ([0.1, 0.2], [0, 2], "label: must be 0 or 1; first offending index 1"),
        ([0.1, 0.2], [0], "shapes differ: score has 2, label has 1"),
    ],
)
def test_bad_input_is_named(score, label, message):
    with pytest.raises(ValueError, match=message):
        exact_metrics(score, label)


WARMED = """
import numba, numpy as np, pyarrow as pa
from aiops_pipelines.feeds import Pseudonymiser, hmac_lanes
from aiops_pipelines.statistics import *
from aiops_pipelines.statistics import binning, delong, exact, radix_sort, scatter
from aiops_pipelines.statistics import subgroup_counts, tie_blocks
matrix = np.random.default_rng(0).random((50, 2))
score, label = matrix[:, 0], matrix[:, 1] < 0.5
frozen = score.copy()
frozen.flags.writeable = False
for values in (score, frozen, frozen.astype("f4")):
    exact_metrics(values, label, [0.5])
    average_precision(values, label), calibration(values, label), auroc(values - 3, label)
    codes = np.zeros(50, np.int8)
    exact_metrics(np.tile(values, 500), np.tile(label, 500))
    compare_auroc(values, -values, label)
    Histogram.of_groups(values, label, reference_edges(values), codes, 1, label)
    FeatureCounts.from_values(numeric_bins("x", values), values)
    names = {"site": ("a", "b")}
    count_groups(values > 0.5, label, {"site": codes}, names, label, values)
    count_groups(values > 0.5, label, {"site": list(codes)}, names)
Pseudonymiser(bytes(32)).column(pa.array(["7", None]), "case")
kernels = [
    kernel
    for module in (
        binning, delong, exact, hmac_lanes, radix_sort, scatter, subgroup_counts, tie_blocks
    )
    for kernel in vars(module).values()
    if hasattr(kernel, "stats")
]
assert len(kernels) >= 11, kernels
print(sum(sum(kernel.stats.cache_misses.values()) for kernel in kernels))
"""


def test_no_kernel_compiles_after_the_installation():
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-m", "aiops_pipelines.kernels"], check=True, cwd=root)
    later = [sys.executable, "-c", WARMED]
    found = subprocess.run(later, check=True, cwd=root, capture_output=True, text=True)
    assert found.stdout.strip() == "0"
