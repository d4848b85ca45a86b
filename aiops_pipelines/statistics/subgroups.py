"""Whether the system treats a subgroup worse: rates, gaps against the rest, and a verdict.

Knows counts per subgroup and intersection; hands on each rate with Wilson's interval, the gap to
everybody else with Newcombe's, intersections shrunk, and a verdict that counts how many gaps were
looked at. Sources: Newcombe (1998) method 10, Fisher (1935), Bonferroni, Benjamini & Hochberg
(1995); shrinkage as in `shrunk_rates`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from aiops_pipelines.statistics.arguments import BoolArray, FloatArray, IntArray, confidence_level
from aiops_pipelines.statistics.calibration import observed_expected_ratio
from aiops_pipelines.statistics.estimate import Estimate
from aiops_pipelines.statistics.multiplicity import benjamini_hochberg
from aiops_pipelines.statistics.proportions import proportions
from aiops_pipelines.statistics.shrinkage import Shrunk, shrunk_rates
from aiops_pipelines.statistics.subgroup_counts import ALL, SubgroupCounts

GapVerdict = Literal["critical", "warning", "undecided", "within margin", "insufficient data"]
"""What a gap amounts to.

critical: beyond the margin although all gaps of the table were looked at. warning: beyond the
margin on its own, and among the table's discoveries. within margin: the interval lies inside it.
undecided: none of these. insufficient data: too few cases here or in the rest.
"""

RATES = ("flag_rate", "sensitivity", "specificity", "ppv")


@dataclass(frozen=True, slots=True)
class Gap:
    """One rate of one subgroup, its gap (own minus rest), and for intersections the shrunk rate."""

    rate: Estimate
    gap: Estimate
    simultaneous_low: float | None
    simultaneous_high: float | None
    shrunk: Estimate | None
    verdict: GapVerdict


@dataclass(frozen=True, slots=True)
class SubgroupGaps:
    """All rates of one subgroup; `observed_expected` is calibration-in-the-large (O:E)."""

    subgroup: str
    n: int
    flag_rate: Gap
    sensitivity: Gap
    specificity: Gap
    ppv: Gap
    observed_expected: Estimate | None


@dataclass(frozen=True, slots=True)
class Spread:
    """How far apart the true rates of the cells of one pair of dimensions are."""

    dimensions: tuple[str, ...]
    rate: str
    spread: Estimate


@dataclass(frozen=True, slots=True)
class SubgroupReport:
    """The gaps of all subgroups; `comparisons` is how many distinct gaps the verdicts allow for."""

    rows: tuple[SubgroupGaps, ...]
    spreads: tuple[Spread, ...]
    comparisons: int


def subgroup_gaps(
    table: Sequence[SubgroupCounts],
    margin: float = 0.05,
    minimum: int = 11,
    level: float = 0.95,
    seed: int = 0,
) -> SubgroupReport:
    """Return the gaps of each subgroup of `table`, which holds the row "all" as well.

    A gap is critical where Newcombe's interval at 1 - (1 - level) / comparisons lies beyond
    +-`margin` and Fisher's exact test rejects parity at that level too: exact parity is called
    critical in at most 1 - level of audits, at any n. It is a warning where the interval at `level`
    lies beyond the margin and Fisher's p is a discovery of Benjamini & Hochberg among all gaps.
    Two values of one dimension are one comparison. A subgroup or a rest under `minimum` cases of a
    rate's denominator is insufficient data unless its gap is one of these.

    Raises ValueError for a table without "all", a subgroup twice or larger than all, or a margin
    outside [0, 1).
    """
    whole, rows = _checked(table)
    if not 0 <= margin < 1:
        raise ValueError(f"margin: must lie in [0, 1), is {margin!r}")
    confidence_level(level)
    sides = {rate: _Sides.of(rate, rows, whole) for rate in RATES}
    mirrored = _mirrored(rows, whole)
    comparisons = max(sum(side.comparisons(mirrored) for side in sides.values()), 1)
    unlikely = {rate: side.parity_p_values(margin, level) for rate, side in sides.items()}
    discovered = _discovered(unlikely, mirrored, 1 - level)
    shrunk, spreads = _shrunk(rows, sides, level, seed)
    gaps = {
        rate: _gaps(
            side, shrunk[rate], unlikely[rate], discovered, margin, minimum, level, comparisons
        )
        for rate, side in sides.items()
    }
    found = tuple(
        SubgroupGaps(
            row.subgroup,
            row.n,
            gaps["flag_rate"][i],
            gaps["sensitivity"][i],
            gaps["specificity"][i],
            gaps["ppv"][i],
            _in_the_large(row, level),
        )
        for i, row in enumerate(rows)
    )
    return SubgroupReport(found, spreads, comparisons)


def _checked(table: Sequence[SubgroupCounts]) -> tuple[SubgroupCounts, list[SubgroupCounts]]:
    named = {row.subgroup: row for row in table}
    if len(named) < len(table):
        seen: set[str] = set()
        for i, row in enumerate(table):
            if row.subgroup in seen:
                raise ValueError(f"table: {row.subgroup} is there twice; first offending index {i}")
            seen.add(row.subgroup)
    if ALL not in named:
        raise ValueError(f"table: must hold the row {ALL!r}")
    whole = named[ALL]
    for i, row in enumerate(table):
        parts = [
            getattr(row, name) > getattr(whole, name)
            for name in ("n", "flagged", "tp", "fp", "fn", "tn")
        ]
        if any(parts):
            raise ValueError(f"table: {row.subgroup} exceeds all; first offending index {i}")
    return whole, [row for row in table if row.subgroup != ALL]


def _mirrored(rows: Sequence[SubgroupCounts], whole: SubgroupCounts) -> BoolArray:
    """Return which rows are the second of two values that make up everybody."""
    dimensions: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for i, row in enumerate(rows):
        if len(row.shape) == 1:
            dimensions[row.shape].append(i)
    found = np.zeros(len(rows), dtype=bool)
    for members in dimensions.values():
        if len(members) == 2 and sum(rows[i].n for i in members) == whole.n:
            found[members[1]] = True
    return found


def _events_and_cases(rate: str, row: SubgroupCounts) -> tuple[int, int]:
    return {
        "flag_rate": (row.flagged, row.n),
        "sensitivity": (row.tp, row.tp + row.fn),
        "specificity": (row.tn, row.tn + row.fp),
        "ppv": (row.tp, row.tp + row.fp),
    }[rate]


@dataclass(frozen=True, slots=True)
class _Sides:
    """Events and cases of each subgroup and of its rest, all (rows,)."""

    events: IntArray
    n: IntArray
    rest_events: IntArray
    rest_n: IntArray

    @classmethod
    def of(cls, rate: str, rows: Sequence[SubgroupCounts], whole: SubgroupCounts) -> "_Sides":
        own = np.array([_events_and_cases(rate, row) for row in rows], np.int64).reshape(-1, 2)
        rest = np.array(_events_and_cases(rate, whole)) - own
        return cls(own[:, 0], own[:, 1], rest[:, 0], rest[:, 1])

    def comparisons(self, mirrored: BoolArray) -> int:
        """Return how many gaps exist, leaving out what only mirrors another."""
        return int(np.sum((self.n > 0) & (self.rest_n > 0) & ~mirrored))

    def newcombe(self, level: float) -> tuple[FloatArray, FloatArray]:
        own = proportions(self.events, self.n, "wilson", level)
        rest = proportions(self.rest_events, self.rest_n, "wilson", level)
        gap = own.value - rest.value
        below = np.hypot(own.value - own.low, rest.high - rest.value)
        above = np.hypot(own.high - own.value, rest.value - rest.low)
        return gap - below, gap + above

    def parity_p_values(self, margin: float, level: float) -> FloatArray:
        """Return Fisher's exact p of parity, 1 where the interval does not lie beyond `margin`."""
        from scipy.stats import fisher_exact  # late: see statistics.tails

        low, high = self.newcombe(level)
        found = np.ones(len(self.n))
        for i in np.flatnonzero((low > margin) | (high < -margin)):
            x, y = int(self.events[i]), int(self.rest_events[i])
            cells = [[x, int(self.n[i]) - x], [y, int(self.rest_n[i]) - y]]
            found[i] = min(float(fisher_exact(cells).pvalue), 1.0)
        return found


def _discovered(p_values: Mapping[str, FloatArray], mirrored: BoolArray, alpha: float) -> float:
    """Return the largest p-value that is a discovery among all gaps, -1 where none is."""
    tested = np.concatenate([values[~mirrored] for values in p_values.values()])
    rejected = benjamini_hochberg(tested, alpha).rejected
    return float(tested[rejected].max(initial=-1.0))


def _gaps(
    side: _Sides,
    shrunk: Mapping[int, Estimate],
    p_values: FloatArray,
    discovered: float,
    margin: float,
    minimum: int,
    level: float,
    comparisons: int,
) -> list[Gap]:
    alpha = (1 - level) / comparisons
    own = proportions(side.events, side.n, "wilson", level)
    with np.errstate(invalid="ignore", divide="ignore"):
        rest = side.rest_events / side.rest_n
    low, high = side.newcombe(level)
    wide_low, wide_high = side.newcombe(1 - alpha)
    critical = ((wide_low > margin) | (wide_high < -margin)) & (p_values <= alpha)
    few = (side.n < minimum) | (side.rest_n < minimum)
    warning = ((low > margin) | (high < -margin)) & (p_values <= discovered)
    within = (low >= -margin) & (high <= margin)
    exists = (side.n > 0) & (side.rest_n > 0)
    verdicts: list[GapVerdict] = [
        _verdict(*flags)
        for flags in zip(
            critical.tolist(), few.tolist(), warning.tolist(), within.tolist(), strict=True
        )
    ]
    found = []
    for i, verdict in enumerate(verdicts):
        n, events = int(side.n[i]), int(side.events[i])
        rate = _rate(own.value[i], own.low[i], own.high[i], n, events)
        gap = Estimate.missing(n, events, "Newcombe")
        wide: tuple[float | None, float | None] = (None, None)
        if exists[i]:
            value = float(own.value[i] - rest[i])
            error = _standard_error(own.value[i], n, rest[i], int(side.rest_n[i]))
            gap = Estimate(value, float(low[i]), float(high[i]), error, n, events, "Newcombe")
            wide = float(wide_low[i]), float(wide_high[i])
        found.append(Gap(rate, gap, *wide, shrunk.get(i), verdict))
    return found


def _verdict(critical: bool, few: bool, warning: bool, within: bool) -> GapVerdict:
    if critical:
        return "critical"
    if warning:
        return "warning"
    if few:
        return "insufficient data"
    return "within margin" if within else "undecided"


def _rate(value: float, low: float, high: float, n: int, events: int) -> Estimate:
    if n == 0:
        return Estimate.missing(0, 0, "Wilson")
    error = float(np.sqrt(value * (1 - value) / n))
    return Estimate(float(value), float(low), float(high), error, n, events, "Wilson")


def _standard_error(p: float, n: int, q: float, m: int) -> float:
    return float(np.sqrt(p * (1 - p) / n + q * (1 - q) / m))


def _in_the_large(row: SubgroupCounts, level: float) -> Estimate | None:
    if row.expected is None:
        return None
    return observed_expected_ratio(row.positives, row.expected, row.labelled, level)


def _shrunk(
    rows: Sequence[SubgroupCounts], sides: Mapping[str, _Sides], level: float, seed: int
) -> tuple[dict[str, dict[int, Estimate]], tuple[Spread, ...]]:
    """Return each intersection's shrunk rates, by rate and row, and each pair's spreads."""
    families: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for i, row in enumerate(rows):
        if len(row.shape) > 1:
            families[row.shape].append(i)
    found: dict[str, dict[int, Estimate]] = {rate: {} for rate in RATES}
    spreads = []
    for shape, members in families.items():
        for rate, side in sides.items():
            cells: Shrunk = shrunk_rates(side.events[members], side.n[members], level, seed)
            found[rate].update(zip(members, cells.rates, strict=True))
            spreads.append(Spread(shape, rate, cells.spread))
    return found, tuple(spreads)
