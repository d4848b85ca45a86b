"""Shrunk rates of many small cells: coverage of each cell's rate and of their range."""

import numpy as np

from aiops_pipelines import statistics as s
from benchmarks.coverage.tally import Part, percent, scaled
from benchmarks.tables import markdown

MEAN, REPETITIONS = 0.3, 1000
SPREADS = (0.0, 0.03, 0.1, 0.2)
"""Standard deviation between the cells' true rates, which are beta distributed."""


def shrunk(share: float) -> str:
    """Return coverage and bias over cells whose sizes run from 10 to 200."""
    repetitions = scaled(REPETITIONS, share)
    rows = []
    for cells in (6, 24):
        for spread in SPREADS:
            rng = np.random.default_rng([41, cells, round(100 * spread)])
            rows.append((cells, f"{spread:.2f}", *_covered(rng, cells, spread, repetitions)))
    header = (
        "cells",
        "SD of the rates",
        "a cell's rate",
        "the lowest cell's rate",
        "their range",
        "true range, mean",
        "shrunk range",
        "observed range",
    )
    return (
        f"{markdown(header, rows)}\n\n{repetitions:,} samples a row; ± is twice the standard error."
    )


def _covered(
    rng: np.random.Generator, cells: int, spread: float, repetitions: int
) -> tuple[str, ...]:
    sizes = np.geomspace(10, 200, cells).astype(np.int64)
    held, lowest, ranged = np.zeros(repetitions), 0, 0
    ranges = np.zeros((repetitions, 3))
    for index in range(repetitions):
        rates = np.full(cells, MEAN)
        if spread:
            strength = MEAN * (1 - MEAN) / spread**2 - 1
            rates = rng.beta(MEAN * strength, (1 - MEAN) * strength, cells)
        events = rng.binomial(sizes, rates)
        found = s.shrunk_rates(events, sizes)
        low, high = (np.array([getattr(rate, end) for rate in found.rates]) for end in _ENDS)
        inside = (low <= rates) & (rates <= high)
        true = float(np.ptp(rates))
        held[index] = inside.mean()
        lowest += inside[np.argmin([rate.value for rate in found.rates])]
        ranged += found.spread.low <= true <= found.spread.high
        ranges[index] = true, found.spread.value, np.ptp(events / sizes)
    error = 200 * held.std() / np.sqrt(repetitions)
    return (
        f"{held.mean():.1%} ± {error:.1f}",
        percent(lowest / repetitions, repetitions),
        percent(ranged / repetitions, repetitions),
        *(f"{each:.3f}" for each in ranges.mean(axis=0)),
    )


_ENDS = ("low", "high")
PARTS: dict[str, Part] = {"shrunk-rates": shrunk}
