"""Counts how often intervals hold the true value, metric by metric and setting by setting."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator

import numpy as np

from aiops_pipelines.statistics import Estimate
from benchmarks.tables import markdown

Found = Iterator[tuple[str, Estimate, float]]
Setting = tuple[str, Callable[[np.random.Generator], Found]]
Part = Callable[[float], str]
"""A part of docs/validation.md: from the share of its repetitions to its table."""


class Tally:
    """Coverage of one metric in one setting."""

    def __init__(self) -> None:
        self.covered = self.stated = self.missing = 0

    def add(self, estimate: Estimate, truth: float) -> None:
        """Count an interval; one that is open at an end has no bound there."""
        if estimate.low is None and estimate.high is None:
            self.missing += 1
            return
        low = -np.inf if estimate.low is None else estimate.low
        high = np.inf if estimate.high is None else estimate.high
        self.stated += 1
        self.covered += low - 1e-9 <= truth <= high + 1e-9

    def __str__(self) -> str:
        if self.stated < 0.02 * (self.stated + self.missing):
            return "-"
        share = f"{self.covered / self.stated:.1%}"
        absent = self.missing / (self.stated + self.missing)
        return share if absent < 0.005 else f"{share} ({absent:.0%} none)"


def coverage_table(settings: list[Setting], repetitions: int, seed: int) -> str:
    """Return the coverage of each metric (rows) in each setting (columns), and its error."""
    rows: dict[str, dict[str, Tally]] = defaultdict(lambda: defaultdict(Tally))
    for index, (column, draw) in enumerate(settings):
        rng = np.random.default_rng([seed, index])
        for _ in range(repetitions):
            for name, estimate, truth in draw(rng):
                rows[name][column].add(estimate, truth)
    columns = [column for column, _ in settings]
    table = markdown(
        ("interval of", *columns),
        [(name, *(tallies[column] for column in columns)) for name, tallies in rows.items()],
    )
    return f"{table}\n\n{simulation_error(repetitions)}"


def simulation_error(repetitions: int) -> str:
    """State the number of samples and what chance does to a coverage near 95%."""
    error = 100 * math.sqrt(0.95 * 0.05 / repetitions)
    return f"{repetitions:,} samples a cell; standard error at 95%: {error:.1f} points."


def percent(share: float, n: int) -> str:
    """Return a share with twice its simulation error."""
    return f"{share:.1%} ± {200 * math.sqrt(share * (1 - share) / n):.1f}"


def scaled(repetitions: int, share: float) -> int:
    """Return a share of the repetitions, 10 at least."""
    return max(10, round(repetitions * share))
