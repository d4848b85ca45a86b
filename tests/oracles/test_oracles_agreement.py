"""Agreement, classes and regression against scikit-learn, scipy and plain least squares."""

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

from aiops_pipelines.statistics import multiclass, ordinal, ordinal_from_confusion, regression


@pytest.fixture(params=range(4))
def random(request: pytest.FixtureRequest) -> np.random.Generator:
    return np.random.default_rng(request.param)


def test_quadratic_weighted_kappa(random: np.random.Generator) -> None:
    true = random.integers(0, 5, 200)
    predicted = np.clip(true + random.integers(-1, 2, 200), 0, 4)
    expected = metrics.cohen_kappa_score(predicted, true, weights="quadratic")
    found = ordinal(predicted, true, 5).quadratic_weighted_kappa
    assert found.value == pytest.approx(expected, abs=1e-12)


def test_the_standard_error_of_kappa_of_two_grades_is_the_published_one() -> None:
    """Fleiss, Levin & Paik (2003), table 18.1 collapsed by hand from their formula.

    a = 40, b = 9, c = 6, d = 45: observed .85, chance .4992, kappa .7005; the formula
    sum p_ii (1 - (p_i. + p_.i)(1 - k))^2 + (1 - k)^2 sum p_ij (p_.i + p_j.)^2 - (k - p_e (1 - k))^2
    is written out below as they print it.
    """
    share = np.array([[40, 9], [6, 45]]) / 100
    rows, columns = share.sum(axis=1), share.sum(axis=0)
    chance = float(rows @ columns)
    kappa = (float(np.trace(share)) - chance) / (1 - chance)
    agreeing = sum(share[i, i] * (1 - (rows[i] + columns[i]) * (1 - kappa)) ** 2 for i in (0, 1))
    apart = share[0, 1] * (columns[0] + rows[1]) ** 2 + share[1, 0] * (columns[1] + rows[0]) ** 2
    rest = (kappa - chance * (1 - kappa)) ** 2
    error = np.sqrt(agreeing + (1 - kappa) ** 2 * apart - rest) / ((1 - chance) * np.sqrt(100))
    found = ordinal_from_confusion(np.array([[40, 9], [6, 45]])).quadratic_weighted_kappa
    assert found.value == pytest.approx(kappa, abs=1e-12)
    assert found.standard_error == pytest.approx(error, abs=1e-12)


def test_multiclass(random: np.random.Generator) -> None:
    label = random.choice(4, 300, p=[0.5, 0.3, 0.1, 0.1])
    evidence = random.normal(size=(300, 4))
    evidence[np.arange(300), label] += 1
    chance = np.exp(evidence) / np.exp(evidence).sum(axis=1, keepdims=True)
    found, predicted = multiclass(chance, label), chance.argmax(axis=1)
    expected = metrics.roc_auc_score(label, chance, multi_class="ovr", average="macro")
    assert found.macro_auroc.value == pytest.approx(expected, abs=1e-12)
    assert found.accuracy.value == metrics.accuracy_score(label, predicted)
    sensitivities = metrics.recall_score(label, predicted, average=None)
    ppvs = metrics.precision_score(label, predicted, average=None)
    assert [e.value for e in found.sensitivity] == pytest.approx(sensitivities.tolist())
    assert [e.value for e in found.ppv] == pytest.approx(ppvs.tolist())
    assert found.confusion.T.tolist() == metrics.confusion_matrix(label, predicted).tolist()


def test_regression(random: np.random.Generator) -> None:
    predicted = random.normal(50, 8, 120)
    observed = 3 + 0.9 * predicted + random.normal(0, 4, 120)
    found, line = regression(predicted, observed), stats.linregress(predicted, observed)
    assert found.mae.value == pytest.approx(metrics.mean_absolute_error(observed, predicted))
    assert found.rmse.value == pytest.approx(metrics.root_mean_squared_error(observed, predicted))
    assert found.calibration_slope.value == pytest.approx(line.slope, abs=1e-9)
    assert found.calibration_intercept.value == pytest.approx(line.intercept, abs=1e-7)
    assert found.r_squared.value == pytest.approx(line.rvalue**2, abs=1e-9)


@pytest.mark.parametrize("side", [-1, 1])
def test_the_mean_error_has_students_limit_and_on_the_long_tails_side_halls(
    random: np.random.Generator, side: int
) -> None:
    """Hall's cubic transformation of the t statistic is at Student's quantile there."""
    error = side * random.exponential(1.5, 40)
    found = regression(error, np.zeros(40)).bias
    student = stats.ttest_1samp(error, 0).confidence_interval(0.95)
    low, high = sorted(side * each for each in (found.low, found.high))
    assert low == pytest.approx(min(side * student.low, side * student.high))
    a = stats.skew(side * error) / np.sqrt(40)
    t = (side * error.mean() - high) / stats.sem(error)
    transformed = t + a * t**2 / 3 + a**2 * t**3 / 27 + a / 6
    assert transformed == pytest.approx(stats.t.ppf(0.025, 39))


def test_the_mean_error_of_symmetric_errors_has_students_interval(
    random: np.random.Generator,
) -> None:
    half = random.normal(0, 1, 30)
    error = 0.3 + np.concatenate([half, -half])
    found = regression(error, np.zeros(60)).bias
    student = stats.ttest_1samp(error, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((student.low, student.high))


def test_the_error_of_r_squared_is_the_infinitesimal_jackknifes(
    random: np.random.Generator,
) -> None:
    """Jaeckel (1972): the squares of what a little more weight on each case does to it."""
    predicted = random.exponential(3, 80)
    observed = predicted * random.exponential(1, 80)

    def weighted(weights: np.ndarray) -> float:
        covered = np.cov(predicted, observed, aweights=weights, ddof=0)
        return float(covered[0, 1] ** 2 / covered[0, 0] / covered[1, 1])

    step, ones = 1e-5, np.ones(80)
    influence = [
        (weighted(ones + step * case) - weighted(ones - step * case)) / (2 * step)
        for case in np.eye(80)
    ]
    expected = np.sqrt(np.sum(np.square(influence)) * 80 / 77)
    assert regression(predicted, observed).r_squared.standard_error == pytest.approx(
        expected, rel=1e-6
    )


def test_the_robust_errors_of_a_line_are_whites_sandwich(random: np.random.Generator) -> None:
    """(X'X)^-1 X' diag(r^2) X (X'X)^-1 n / (n - 2), the HC1 form, by matrices."""
    predicted = random.normal(5, 2, 90)
    observed = predicted + random.normal(0, 1, 90) * (0.5 + np.abs(predicted))
    design = np.column_stack([np.ones(90), predicted])
    inverse = np.linalg.inv(design.T @ design)
    residual = observed - design @ (inverse @ design.T @ observed)
    meat = design.T @ (design * (residual**2)[:, None])
    expected = np.sqrt(np.diag(inverse @ meat @ inverse) * 90 / 88)
    found = regression(predicted, observed)
    errors = (found.calibration_intercept.standard_error, found.calibration_slope.standard_error)
    assert errors == pytest.approx(tuple(expected), rel=1e-9)
