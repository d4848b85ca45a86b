"""Figures of a continuous output: from sums, robust, and never surer than the cases are."""

import numpy as np
import pytest

from aiops_pipelines.statistics import Regression, RegressionSums, regression
from aiops_pipelines.statistics.skewed_mean import hall_reach

FIGURES = tuple(Regression.__dataclass_fields__)


def _stays(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return predicted and observed lengths of stay: skewed, errors growing with the prediction."""
    random = np.random.default_rng(seed)
    predicted = np.exp(random.normal(1.2, 0.5, n))
    return predicted, predicted * np.exp(random.normal(-0.125, 0.5, n))


def test_days_add_up_to_the_whole() -> None:
    predicted, observed = _stays(0, 300)
    parts = [
        RegressionSums.from_cases(predicted[half], observed[half])
        for half in (slice(None, 100), slice(100, None))
    ]
    merged, whole = RegressionSums.merge(parts).figures(), regression(predicted, observed)
    for name in FIGURES:
        found, expected = getattr(merged, name), getattr(whole, name)
        assert found.value == pytest.approx(expected.value, rel=1e-9)
        assert found.low == pytest.approx(expected.low, rel=1e-9)


def test_what_is_taken_from_the_whole_leaves_the_rest() -> None:
    predicted, observed = _stays(1, 200)
    whole = RegressionSums.from_cases(predicted, observed)
    rest = whole - RegressionSums.from_cases(predicted[:60], observed[:60])
    expected = regression(predicted[60:], observed[60:])
    assert rest.figures().bias.value == pytest.approx(expected.bias.value)
    assert rest.figures().bias.low == pytest.approx(expected.bias.low)


def test_the_line_of_skewed_stays_is_covered_as_stated() -> None:
    """Least squares' own interval covers 68% of such samples; without skewness theirs is 93%."""
    predicted, observed = _stays(2, 600 * 100)
    low_high = [
        regression(predicted[start : start + 100], observed[start : start + 100])
        for start in range(0, len(predicted), 100)
    ]
    for name, true in (("calibration_slope", 1.0), ("calibration_intercept", 0.0), ("bias", 0.0)):
        estimates = [getattr(each, name) for each in low_high]
        covered = np.mean([e.low <= true <= e.high for e in estimates])
        assert covered >= 0.935, name


def test_what_skewness_adds_follows_the_side_of_the_long_errors() -> None:
    """Observed instead turned round turns the limits of the slope round as well."""
    predicted, observed = _stays(5, 400)
    long, turned = regression(predicted, observed), regression(-predicted, observed)
    slope, mirrored = long.calibration_slope, turned.calibration_slope
    assert slope.high - slope.value > 1.05 * (slope.value - slope.low)
    assert (mirrored.low, mirrored.high) == pytest.approx((-slope.high, -slope.low))
    even = (
        np.concatenate([predicted, predicted]),
        np.concatenate([observed, 2 * predicted - observed]),
    )
    level = regression(*even).calibration_slope
    assert level.high - level.value == pytest.approx(level.value - level.low, rel=1e-6)


@pytest.mark.parametrize("skewness", [0.1, 1.0, 5.0])
def test_halls_limit_undoes_his_transformation(skewness: float) -> None:
    """Hall (1992): t + a t^2 / 3 + a^2 t^3 / 27 + a / 6 is normal, a = skewness / sqrt(n)."""
    a, t = skewness / 10, -hall_reach(1.96, skewness, 100)
    assert t + a * t**2 / 3 + a**2 * t**3 / 27 + a / 6 == pytest.approx(-1.96)
    assert hall_reach(1.96, -skewness, 100) == 1.96


@pytest.mark.parametrize("offset", [0.0, 1e4, 1e8])
def test_small_errors_of_large_numbers_are_seen(offset: float) -> None:
    random = np.random.default_rng(3)
    observed = offset + np.arange(50.0)
    predicted = observed + random.normal(0, 0.1, 50)
    found, errors = regression(predicted, observed), predicted - observed
    assert found.rmse.value == pytest.approx(float(np.sqrt(np.mean(errors**2))))
    assert found.bias.value == pytest.approx(float(errors.mean()))
    assert found.limit_of_agreement_high.value == pytest.approx(
        float(errors.mean() + 1.96 * errors.std(ddof=1))
    )


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
def test_the_slope_does_not_depend_on_the_unit(unit: float) -> None:
    predicted, observed = _stays(4, 60)
    expected = regression(predicted, observed)
    found = regression(unit * predicted, unit * observed)
    for name in ("calibration_slope", "r_squared"):
        assert getattr(found, name).value == pytest.approx(getattr(expected, name).value)
        assert getattr(found, name).low == pytest.approx(getattr(expected, name).low)


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_cases_have_no_figure(n: int) -> None:
    found = regression(np.ones(n), np.ones(n))
    missing = {name for name in FIGURES if getattr(found, name).value is None}
    assert missing >= set(FIGURES) - {"mae", "rmse"}
    assert (found.mae.value is None) == (n == 0)


def test_errors_that_are_all_alike_give_no_interval_instead_of_certainty() -> None:
    found = regression([3.0, 4.0, 5.0], [2.0, 3.0, 4.0])
    assert found.bias.value == 1.0
    assert (found.bias.low, found.bias.high, found.bias.standard_error) == (None, None, None)
    assert found.calibration_slope.value == pytest.approx(1.0)
    assert found.calibration_slope.low is None


def test_constant_predictions_have_no_slope() -> None:
    found = regression(np.full(20, 3.0), np.arange(20.0))
    assert found.calibration_slope.value is None
    assert found.r_squared.value is None
    assert found.bias.value == pytest.approx(3.0 - 9.5)


@pytest.mark.parametrize(
    ("predicted", "observed", "message"),
    [
        ([1.0, np.nan], [1.0, 2.0], "predicted: must be finite; first offending index 1"),
        ([1.0, 2.0], [1.0, np.inf], "observed: must be finite; first offending index 1"),
        ([1.0, 2.0], [1.0], "shapes differ: predicted has 2, observed has 1"),
    ],
)
def test_bad_cases_are_refused(predicted: list, observed: list, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        regression(predicted, observed)
