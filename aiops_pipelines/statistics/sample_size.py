"""How many cases are enough: the size needed for a wanted precision, and the days until then.

Knows an expected rate, the half-width wanted and the present volume; hands on counts and days.
The interval is Wilson's (1927), at the expected rate.
"""

import math
from dataclasses import dataclass

from aiops_pipelines.statistics.arguments import (
    confidence_level,
    whole,
)
from aiops_pipelines.statistics.daily_counts import open_unit
from aiops_pipelines.statistics.tails import normal_quantile


@dataclass(frozen=True, slots=True)
class SampleSize:
    """What a wanted precision costs.

    `needed` is how many of the rate's denominator (positives for a sensitivity); `cases` how many
    cases bring so many at the given share; `missing` how many of the denominator are still to
    come, `days` the days until then at the present volume (None where no case comes, 0 where
    there are enough).
    """

    needed: int
    cases: int
    missing: int
    days: int | None


def sample_size(
    expected: float,
    half_width: float,
    level: float = 0.95,
    share: float = 1.0,
    present: int = 0,
    cases_a_day: float = 0.0,
) -> SampleSize:
    """Return the smallest size whose Wilson interval has at most `half_width` on average.

    `expected` is the rate foreseen (0 to 1), `share` the share of cases in its denominator (the
    prevalence for a sensitivity, the flag rate for a PPV), `present` how many of the denominator
    are at hand, `cases_a_day` the present volume. Raises ValueError for values out of range.
    """
    confidence_level(level)
    open_unit("half_width", half_width)
    if not 0 <= expected <= 1:
        raise ValueError(f"expected: must lie in [0, 1], is {expected!r}")
    if not 0 < share <= 1:
        raise ValueError(f"share: must lie above 0 and at most at 1, is {share!r}")
    present = whole("present", present)
    if not 0 <= cases_a_day < math.inf:
        raise ValueError(f"cases_a_day: must be a number not below 0, is {cases_a_day!r}")
    needed = _wilson_size(expected, half_width, normal_quantile((1 + level) / 2))
    missing = max(needed - present, 0)
    daily = cases_a_day * share
    days = 0 if not missing else math.ceil(missing / daily) if daily > 0 else None
    return SampleSize(needed, math.ceil(needed / share), missing, days)


def _wilson_size(expected: float, half_width: float, z: float) -> int:
    """Solve z^2 (p q n + z^2 / 4) = d^2 (n + z^2)^2 for n, the larger root, rounded up."""
    spread = expected * (1 - expected)
    ratio = (z / half_width) ** 2
    linear = ratio * spread - 2 * z**2
    constant = ratio * z**2 / 4 - z**4
    root = (linear + math.sqrt(max(linear**2 + 4 * constant, 0.0))) / 2
    return max(1, math.ceil(root - 1e-9))
