"""Figures of a histogram whose every score has a bin of its own, against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from aiops_pipelines.statistics import Histogram
from aiops_pipelines.statistics.unbiased_precision import jackknifed_average_precision


@pytest.fixture(params=range(5))
def drawn(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray, Histogram]:
    random = np.random.default_rng(request.param)
    levels = np.sort(random.uniform(0.01, 0.99, 40))
    score = random.choice(levels, 400)
    label = random.random(400) < score
    return score, label, Histogram.from_cases(score, label, levels)


def test_auroc(drawn: tuple[np.ndarray, np.ndarray, Histogram]) -> None:
    score, label, histogram = drawn
    assert histogram.auroc().value == pytest.approx(roc_auc_score(label, score), abs=1e-12)


def test_average_precision(drawn: tuple[np.ndarray, np.ndarray, Histogram]) -> None:
    score, label, histogram = drawn
    expected = average_precision_score(label, score)
    assert histogram.average_precision().value == pytest.approx(expected, abs=1e-12)


def test_the_jackknife_of_average_precision_leaves_out_one_case_after_the_other() -> None:
    random = np.random.default_rng(6)
    levels = np.linspace(0.05, 0.95, 12)
    score = random.choice(levels, 50)
    label = random.random(50) < score / 2
    histogram = Histogram.from_cases(score, label, levels)
    found = jackknifed_average_precision(histogram.positive, histogram.negative)
    left = [
        average_precision_score(np.delete(label, case), np.delete(score, case))
        for case in range(50)
    ]
    expected = 50 * average_precision_score(label, score) - 49 * np.mean(left)
    assert found.value == pytest.approx(expected, abs=1e-10)
    assert found.standard_error == pytest.approx(np.sqrt(49) * np.std(left), abs=1e-10)
    none = jackknifed_average_precision(histogram.positive, np.zeros_like(histogram.negative))
    assert none.value is None


def test_brier_and_log_loss(drawn: tuple[np.ndarray, np.ndarray, Histogram]) -> None:
    score, label, histogram = drawn
    assert histogram.brier().value == pytest.approx(brier_score_loss(label, score), abs=1e-12)
    assert histogram.log_loss().value == pytest.approx(log_loss(label, score), abs=1e-12)
