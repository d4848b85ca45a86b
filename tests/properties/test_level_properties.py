"""Intervals at any level, from next to nothing to near certainty: finite, around the estimate."""

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aiops_pipelines import statistics as s

LEVELS = (1e-6, 0.5, 0.95, 0.99, 0.9999, 1 - 1e-9)
CASES = st.integers(1, 30).flatmap(
    lambda n: st.tuples(
        st.lists(st.sampled_from((0.0, 0.1, 0.25, 0.5, 0.8, 1.0)), min_size=n, max_size=n),
        st.lists(st.integers(0, 1), min_size=n, max_size=n),
    )
)
EDGES = np.array([0.2, 0.5, 0.7])
CALLS: dict[str, Callable[[list[float], list[int], float], Any]] = {
    "exact_metrics": lambda x, y, level: s.exact_metrics(x, y, [0.5], level=level),
    "regression": lambda x, y, level: s.regression(x, y, level),
    "ordinal": lambda x, y, level: s.ordinal(np.array(x) > 0.4, y, 2, level),
    "compare_auroc": lambda x, y, level: s.compare_auroc(x, x[::-1], y, level=level),
    "drift": lambda x, y, level: s.drift(x, y, level=level),
    "shrunk_rates": lambda x, y, level: s.shrunk_rates(y[:4], [1] * len(y[:4]), level),
    "count_forecast": lambda x, y, level: s.count_forecast(y, level=level),
    "bootstrap": lambda x, y, level: s.Histogram.from_cases(x, y, EDGES).bootstrap(
        "auroc", replicates=20, level=level
    ),
    "proportion_difference": lambda x, y, level: s.proportion_difference(
        sum(y), len(y), 0, 5, "miettinen-nurminen", level
    ),
}


def intervals(found: Any) -> Iterator[tuple[float | None, float | None, float | None]]:
    """Yield value, low and high of every estimate within a result."""
    if isinstance(found, list | tuple):
        for each in found:
            yield from intervals(each)
    elif is_dataclass(found):
        if hasattr(found, "low") and hasattr(found, "standard_error"):
            yield getattr(found, "value", getattr(found, "difference", None)), found.low, found.high
        for field in fields(found):
            yield from intervals(getattr(found, field.name))


@pytest.mark.parametrize("name", CALLS)
@settings(max_examples=8)
@example(cases=([0.1, 0.1, 0.5, 0.8], [0, 0, 1, 1]))
@example(cases=([0.1, 0.8], [0, 0]))
@example(cases=([0.8] * 5, [1] * 5))
@given(cases=CASES)
def test_intervals_hold_their_estimate_at_every_level(
    name: str, cases: tuple[list[float], list[int]]
) -> None:
    for level in LEVELS:
        for value, low, high in intervals(CALLS[name](*cases, level)):
            stated = [each for each in (value, low, high) if each is not None]
            assert np.isfinite(stated).all()
            if value is not None:
                assert low is None or low <= value + 1e-9 * max(1, abs(value))
                assert high is None or value <= high + 1e-9 * max(1, abs(value))
