"""Trailing windows at once are the same sums as windows one by one."""

from dataclasses import fields

import numpy as np
import pytest

from aiops_pipelines.statistics import Histogram, reference_edges, trailing


def _days(number):
    draw = np.random.default_rng(3)
    edges = reference_edges(draw.random(300), [0.4])
    sizes = draw.integers(0, 30, number)
    return [
        Histogram.from_cases(draw.random(n), draw.random(n) < 0.3, edges, draw.random(n) < 0.8)
        for n in sizes
    ]


@pytest.mark.parametrize("window", [1, 7, 28, 200])
def test_each_window_is_the_merge_of_its_days(window):
    days = _days(60)
    for index, found in enumerate(trailing(days, window)):
        merged = Histogram.merge(days[max(0, index + 1 - window) : index + 1])
        for field in fields(Histogram):
            np.testing.assert_allclose(
                getattr(found, field.name), getattr(merged, field.name), rtol=1e-9, atol=1e-12
            )


def test_histograms_of_other_edges_are_refused():
    days = _days(2)
    other = Histogram.from_cases([0.2], [1], np.array([0.5]))
    with pytest.raises(ValueError, match="first offending index 2"):
        trailing([*days, other], 7)
    with pytest.raises(ValueError, match="days: must be a whole number from 1"):
        trailing(days, 0)
    assert trailing([], 7) == []
