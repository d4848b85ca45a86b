"""Sorting by digits gives what numpy's sort gives, whatever the numbers."""

import numpy as np
import pytest

from aiops_pipelines.statistics import numeric_bins
from aiops_pipelines.statistics.radix_sort import sorted_numbers

DRAW = np.random.default_rng(0)
MANY = 21_000
NUMBERS = {
    "normal": DRAW.normal(size=MANY),
    "all magnitudes": DRAW.normal(size=MANY) * 10.0 ** DRAW.integers(-300, 300, MANY),
    "few values": DRAW.poisson(3, MANY).astype(float),
    "one value": np.full(MANY, -2.0),
    "next to each other": np.nextafter(DRAW.choice([1.0, 2.0, -1.0], MANY), 9),
    "both zeros and the ends": DRAW.choice([0.0, -0.0, 5e-324, -5e-324, 1.7e308, -1.7e308], MANY),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_are_sorted_as_numpy_sorts_them(name: str) -> None:
    assert np.array_equal(sorted_numbers(NUMBERS[name]), np.sort(NUMBERS[name]))


@pytest.mark.parametrize("name", ["normal", "few values", "next to each other"])
def test_bins_begin_at_the_quantiles_that_numpy_gives(name: str) -> None:
    bins = numeric_bins("x", NUMBERS[name], 20)
    inner = np.quantile(NUMBERS[name], np.linspace(0, 1, 21)[1:-1])
    assert set(inner[inner > bins.low]) <= set(bins.edges)
