"""Which counts may be shown: small ones are hidden, and others so that these can't be worked out.

Knows the counts of one report, all its tables together; hands on each count or the reason why it is
hidden. Cells under the minimum are hidden, zero too: "none of these forty" says something about
each of the forty, and where zero were shown every hidden cell would be known to hold somebody.
Other cells are hidden until a reader is left with room: one who adds and subtracts everything
shown, and knows why each hidden cell is hidden, finds two tables of whole counts in which a small
cell differs by at least `width`. Small differences are small cells as well: cases less positives,
a whole less its shown parts. Source: Hundepool et al. (2012), Statistical Disclosure Control.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import sparse

from aiops_pipelines.statistics.arguments import FloatArray
from aiops_pipelines.statistics.attacker import Attacker
from aiops_pipelines.statistics.count_lattice import ELSEWHERE, Cell, Lattice, parts

MINIMUM = 11
WIDTH = 5
_TOLERANCE = 1e-6

MEASURES: Mapping[str, tuple[str, ...]] = {
    "cases": ("tp", "fp", "fn", "tn"),
    "positives": ("tp", "fn"),
    "negatives": ("fp", "tn"),
    "flagged": ("tp", "fp"),
    "unflagged": ("fn", "tn"),
    "tp": ("tp",),
    "fp": ("fp",),
    "fn": ("fn",),
    "tn": ("tn",),
}
"""What may be counted in a stratum, as the states it takes together."""

Reason = Literal["too few", "would give a small count away"]


@dataclass(frozen=True, slots=True)
class Count:
    """A count of `measure` in `stratum`: "all", "sex=F" or "sex=F|site=North"."""

    stratum: str
    measure: str
    count: int


@dataclass(frozen=True, slots=True)
class ShownCount:
    """A count that may be shown, or None with the reason why not."""

    stratum: str
    measure: str
    count: int | None
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Suppressed:
    """The counts in their order; `exposed` are small ones that known cells give away regardless.

    With nothing `known` beforehand, `exposed` is empty, except in a table of so few cases that
    nothing of it is shown and the reasons alone say too much. Where it is not empty, none of the
    table may be shown to readers who know those cells.
    """

    counts: tuple[ShownCount, ...]
    exposed: tuple[Cell, ...]


def suppress(
    table: Sequence[Count],
    minimum: int = MINIMUM,
    known: Collection[Cell] = (),
    width: int = WIDTH,
    measures: Mapping[str, Sequence[str]] = MEASURES,
) -> Suppressed:
    """Return which counts may be shown; `table` holds every count of the report, from all tables.

    `known` cells (stratum, measure) are public already and can't be hidden. A rate that is shown
    with its n shows its numerator: list that as well.

    Raises ValueError for a cell twice, a negative count, an unknown measure, a malformed stratum,
    counts that contradict each other, or `width` beyond `minimum` - 1.
    """
    if minimum < 1 or not 1 <= width <= max(minimum - 1, 1):
        raise ValueError(f"width: must lie in 1 to minimum - 1, is {width}, minimum {minimum}")
    counts = _checked(table)
    if not counts:
        return Suppressed((), ())
    search = _Search.of(counts, minimum, width, frozenset(known), measures)
    if not search.possible():
        raise ValueError("table: counts contradict each other, no cases have all of them")
    exposed = search.protect()
    return Suppressed(
        tuple(
            ShownCount(*cell, None if cell in search.hidden else count, search.reason(cell))
            for cell, count in counts.items()
        ),
        exposed,
    )


def _checked(table: Sequence[Count]) -> dict[Cell, int]:
    counts: dict[Cell, int] = {}
    for index, each in enumerate(table):
        cell = (each.stratum, each.measure)
        if cell in counts:
            raise ValueError(f"table: {cell} is there twice; first offending index {index}")
        if each.count < 0:
            raise ValueError(
                f"table: counts must not be negative; first offending index {index} ({each.count})"
            )
        if each.count != int(each.count):
            raise ValueError(
                f"table: counts must be whole; first offending index {index} ({each.count})"
            )
        counts[cell] = each.count
    return counts


@dataclass(frozen=True, slots=True)
class _Search:
    """The counts, the rows of atoms behind them, what is hidden so far, and what needs shelter."""

    counts: dict[Cell, int]
    minimum: int
    width: int
    known: frozenset[Cell]
    lattice: Lattice
    rows: sparse.csr_array
    small: frozenset[Cell]
    hidden: set[Cell]

    @classmethod
    def of(
        cls,
        counts: dict[Cell, int],
        minimum: int,
        width: int,
        known: frozenset[Cell],
        measures: Mapping[str, Sequence[str]],
    ) -> "_Search":
        lattice = Lattice.of(counts, measures)
        rows = [lattice.row(parts(stratum), lattice.measures[name]) for stratum, name in counts]
        small = frozenset(cell for cell, count in counts.items() if count < minimum) - known
        dense = np.array(rows).reshape(len(counts), -1)
        return cls(
            counts, minimum, width, known, lattice, sparse.csr_array(dense), small, set(small)
        )

    def possible(self) -> bool:
        """Return whether any cases have these counts."""
        counts = np.array(list(self.counts.values()), dtype=np.float64)
        return Attacker(self.rows, counts, counts, counts.max(initial=0.0)).possible()

    def reason(self, cell: Cell) -> Reason | None:
        if cell not in self.hidden:
            return None
        return "too few" if cell in self.small else "would give a small count away"

    def protect(self) -> tuple[Cell, ...]:
        """Hide until every small count has room; return those that can't have it."""
        self._shelter_small_sums()
        exposed = []
        for cell, row in self._sensitive():
            if not self._make_room(row):
                exposed.append(cell)
        return tuple(exposed)

    def _shelter_small_sums(self) -> None:
        """Hide a further part of each whole whose hidden parts add up to a small count."""
        for whole, children in self.lattice.families(self.counts):
            if self.counts[whole] < self.minimum:
                continue
            withheld = [cell for cell in children if cell in self.hidden]
            if withheld and sum(self.counts[cell] for cell in withheld) < self.minimum:
                beside = self._smallest(children)
                if beside is not None:
                    self.hidden.add(beside)

    def _sensitive(self) -> list[tuple[Cell, FloatArray]]:
        """Return each small count with its row: listed ones, complements and what is left over."""
        order = list(self.counts)
        found = [
            (cell, self.rows[[order.index(cell)]].toarray()[0])
            for cell in sorted(self.small, key=lambda cell: (self.counts[cell], cell))
        ]
        return found + self._complements() + self._left_over()

    def _complements(self) -> list[tuple[Cell, FloatArray]]:
        """Return small differences of two counts in one stratum, such as cases less positives."""
        measures = self.lattice.measures
        found = []
        for stratum, name in self.counts:
            for part in measures:
                if (stratum, part) not in self.counts or not measures[part] < measures[name]:
                    continue
                states = measures[name] - measures[part]
                rest = self.counts[(stratum, name)] - self.counts[(stratum, part)]
                listed = any(
                    (stratum, other) in self.counts and own == states
                    for other, own in measures.items()
                )
                if rest < self.minimum and not listed:
                    row = self.lattice.row(parts(stratum), states)
                    found.append(((stratum, f"{name} less {part}"), row))
        return found

    def _left_over(self) -> list[tuple[Cell, FloatArray]]:
        """Return small numbers of cases in no listed value of a dimension."""
        found = []
        for whole, children in self.lattice.families(self.counts):
            stratum, measure = whole
            dimension = next(iter(parts(children[0][0]).keys() - parts(stratum).keys()))
            known = self.lattice.values[dimension]
            if len(children) < len(known) - (ELSEWHERE in known):
                continue
            rest = self.counts[whole] - sum(self.counts[cell] for cell in children)
            if ELSEWHERE in known and 0 < rest < self.minimum:
                row = self.lattice.row(
                    parts(stratum) | {dimension: ELSEWHERE}, self.lattice.measures[measure]
                )
                found.append(((f"{stratum}, no listed {dimension}", measure), row))
        return found

    def _make_room(self, row: FloatArray) -> bool:
        order = list(self.counts)
        while True:
            attacker = self._attacker()
            interval = attacker.relaxed(row)
            if interval.width >= self.width - _TOLERANCE and (
                interval.attained or attacker.whole_width(row) >= self.width
            ):
                return True
            binding = [order[place] for place in interval.binding]
            beside = self._smallest(binding) or self._smallest(order)
            if beside is None:
                return False
            self.hidden.add(beside)

    def _smallest(self, cells: Collection[Cell]) -> Cell | None:
        open_cells = [c for c in cells if c not in self.hidden and c not in self.known]
        return min(open_cells, key=lambda cell: (self.counts[cell], cell), default=None)

    def _attacker(self) -> Attacker:
        """Return a reader who knows what is shown, and of the hidden whether they are small."""
        counts = np.array(list(self.counts.values()), dtype=np.float64)
        hidden = np.array([cell in self.hidden for cell in self.counts], dtype=bool)
        small = np.array([cell in self.small for cell in self.counts], dtype=bool)
        low = np.where(hidden, np.where(small, 0.0, self.minimum), counts)
        high = np.where(hidden, np.where(small, self.minimum - 1.0, np.inf), counts)
        return Attacker(self.rows, low, high, counts.max(initial=0.0) + self.minimum + self.width)
