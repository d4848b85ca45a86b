"""Distances against scipy, an independent program, on the same bins."""

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import ks_2samp, kstwobign, wasserstein_distance

from aiops_pipelines.statistics import FeatureCounts, categorical_bins, drift, numeric_bins
from aiops_pipelines.statistics.distances import jensen_shannon, ordered


@pytest.fixture(params=range(6))
def grades(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray]:
    """Return integers 0 to 9, which 200 quantiles keep apart, from a reference and from later."""
    random = np.random.default_rng(request.param)
    weights = random.dirichlet(np.full(10, 5.0), 2)
    reference = np.append(np.arange(10), random.choice(10, 3000, p=weights[0]))
    return reference.astype(float), random.choice(10, 200, p=weights[1]).astype(float)


def test_ks_is_scipys(grades: tuple[np.ndarray, np.ndarray]) -> None:
    expected = ks_2samp(*grades).statistic
    bins = numeric_bins("grade", grades[0], bins=200)
    reference, current = (FeatureCounts.from_values(bins, each) for each in grades)
    assert drift(reference, current).ks.value == pytest.approx(expected, abs=1e-12)


def test_wasserstein_is_scipys(grades: tuple[np.ndarray, np.ndarray]) -> None:
    expected = wasserstein_distance(*grades)
    bins = numeric_bins("grade", grades[0], bins=200)
    reference, current = (FeatureCounts.from_values(bins, each) for each in grades)
    assert drift(reference, current).wasserstein.value == pytest.approx(expected, abs=1e-12)


def test_jensen_shannon_is_scipys(grades: tuple[np.ndarray, np.ndarray]) -> None:
    shares = [np.bincount(each.astype(int), minlength=10) for each in grades]
    expected = jensenshannon(*shares, base=2)
    bins = categorical_bins("grade", grades[0].astype(int).astype(str))
    reference, current = (
        FeatureCounts.from_values(bins, each.astype(int).astype(str)) for each in grades
    )
    assert np.all(shares[0] >= 0.02 * shares[0].sum())
    assert drift(reference, current).jensen_shannon.value == pytest.approx(expected, abs=1e-12)


def test_psi_is_its_formula_less_its_null_expectation() -> None:
    """100,000 cases a cell leave the smoothing below the tolerance: sum (q - p) ln(q / p)."""
    p, q = np.array([0.2, 0.3, 0.5]), np.array([0.25, 0.35, 0.4])
    n = 1_000_000
    names = np.array(["a", "b", "c"])
    bins = categorical_bins("site", names)
    counts = [
        FeatureCounts.from_category_counts(bins, names.tolist(), (n * share).astype(int).tolist())
        for share in (p, q)
    ]
    expected = float(np.sum((q - p) * np.log(q / p))) - 2 * (1 / n + 1 / n)
    assert drift(*counts).psi.value == pytest.approx(expected, abs=1e-6)


def test_what_chance_adds_to_ks_has_kolmogorovs_moments() -> None:
    counts = np.full(500, 20)
    found = ordered(counts, counts[None], np.arange(500.0))[0]
    unit = 2 / counts.sum()
    x = np.linspace(0, 4, 200_001)
    square, chance = x**2, kstwobign.pdf(x) * (x[1] - x[0])
    mean = square @ chance
    assert found.most[0] == pytest.approx(unit * mean, rel=1e-6)
    assert found.spread[0] == pytest.approx(unit**2 * ((square - mean) ** 2 @ chance), rel=1e-6)
    assert found.skew[0] == pytest.approx(unit**3 * ((square - mean) ** 3 @ chance), rel=1e-6)


def test_what_chance_adds_to_wasserstein_is_the_area_under_a_brownian_bridge() -> None:
    """Johnson & Killeen (1983): the area under its absolute value has the mean square 7/60."""
    counts = np.full(400, 25)
    found = ordered(counts, counts[None], np.linspace(0, 1, 400))[1]
    assert found.most[0] == pytest.approx(7 / 60 * 2 / counts.sum(), rel=0.01)


def test_what_chance_adds_to_two_cells_is_one_squared_normal() -> None:
    counts = np.array([700, 300])
    found = ordered(counts, counts[None], np.array([0.0, 2.0]))[1]
    variance = 4 * 0.7 * 0.3 * 2 / 1000
    assert found.most[0] == pytest.approx(variance, rel=1e-6)
    assert found.spread[0] == pytest.approx(2 * variance**2, rel=0.06)


@pytest.mark.parametrize("n", [30, 100])
def test_what_chance_adds_to_jensen_shannon_of_few_cases_is_their_mean(n: int) -> None:
    share = np.full(20, 0.05)
    reference = np.full(20, 5000)
    drawn = np.random.default_rng(1).multinomial(n, share, 4000)
    simulated = jensen_shannon(reference, drawn).statistic
    expected = jensen_shannon(reference, np.full((1, 20), n / 20))
    assert expected.most[0] == pytest.approx(simulated.mean(), rel=0.05)
    assert expected.spread[0] == pytest.approx(simulated.var(), rel=0.15)
