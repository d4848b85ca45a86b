"""Distances against scipy, an independent program, on the same bins."""

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import ks_2samp, wasserstein_distance

from aiops_pipelines.statistics import FeatureCounts, categorical_bins, drift, numeric_bins


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
