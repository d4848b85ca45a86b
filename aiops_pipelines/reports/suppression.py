"""What may be shown: cells under 11 are hidden, and so are those that would give them away.

A cell is the number of cases a figure rests on: a subgroup's cases, its positives (sensitivity),
negatives (specificity), flagged (PPV) or unflagged (NPV) ones. Cells add up: sex=F and sex=M to
all; sex=F|site=North and sex=F|site=South to sex=F; positives and negatives to cases. A hidden
count can be worked out where it is the only unknown of a sum, or where several sums together
leave one solution. Further cells are hidden, the smallest first, until no small count is
determined (complementary suppression; Hundepool et al. 2012, chapter 4).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import null_space

from aiops_pipelines.evaluation.figure import Figure

FLOOR = 11
_TOLERANCE = 1e-9
_BASES: Mapping[str, str] = {
    "sensitivity": "positives",
    "false_negative_rate": "positives",
    "specificity": "negatives",
    "ppv": "flagged",
    "npv": "unflagged",
}
_SPLITS = (("positives", "negatives"), ("flagged", "unflagged"))

Cell = tuple[str, str]
"""A stratum and what is counted in it: "cases" or a part of them."""

Sum = tuple[Cell, tuple[Cell, ...]]
"""A cell and the cells that add up to it."""


@dataclass(frozen=True, slots=True)
class Screen:
    """Says of each figure of one system's night whether its numbers may be shown."""

    hidden: frozenset[Cell]

    @classmethod
    def of(cls, figures: Iterable[Figure]) -> "Screen":
        """Return the screen for all figures shown together."""
        counts: dict[Cell, int] = {}
        for figure in figures:
            if figure.stratum != "all":
                count = 0 if figure.suppressed else figure.n
                counts[_cell(figure)] = min(count, counts.get(_cell(figure), count))
        return cls(hidden_cells(counts))

    def shows(self, figure: Figure) -> bool:
        """Return whether the figure's estimate, interval and n may be shown."""
        if figure.suppressed or 0 < figure.n < FLOOR:
            return False
        return _cell(figure) not in self.hidden


def hidden_cells(counts: Mapping[Cell, int]) -> frozenset[Cell]:
    """Return the cells to hide, given each one's count (0 where it is withheld already).

    Counts of the stratum "all" are taken as known to every reader.
    """
    sums = list(_sums(counts))
    small = {cell for cell, count in counts.items() if count < FLOOR}
    hidden = set(small)
    while True:
        exposed = _exposed(small, hidden, sums, counts)
        if exposed is None:
            return frozenset(hidden)
        hidden.add(exposed)


def _cell(figure: Figure) -> Cell:
    return (figure.stratum, _BASES.get(figure.metric.removesuffix("_gap"), "cases"))


def _sums(cells: Iterable[Cell]) -> Iterator[Sum]:
    """Yield each sum that a reader could form: over a dimension's values, and over outcomes."""
    members: dict[tuple[Cell, tuple[str, ...], str], list[Cell]] = defaultdict(list)
    strata = sorted({stratum for stratum, _ in cells})
    for stratum, basis in sorted(cells):
        parts = stratum.split("|")
        shape = tuple(part.partition("=")[0] for part in parts)
        for position, name in enumerate(shape):
            parent = "|".join(parts[:position] + parts[position + 1 :]) or "all"
            members[((parent, basis), shape, name)].append((stratum, basis))
    for (whole, _, _), children in members.items():
        yield whole, tuple(children)
    for stratum in strata:
        for split in _SPLITS:
            yield (stratum, "cases"), tuple((stratum, part) for part in split)


def _exposed(
    small: set[Cell], hidden: set[Cell], sums: Sequence[Sum], counts: Mapping[Cell, int]
) -> Cell | None:
    """Return the next cell to hide, or None when no small count can be worked out."""
    for whole, parts in sums:
        withheld = [cell for cell in parts if cell in hidden]
        known = whole[0] == "all" or (whole in counts and whole not in hidden)
        if not withheld or not known or any(cell not in counts for cell in parts):
            continue
        if small.intersection(withheld) and sum(counts[cell] for cell in withheld) < FLOOR:
            beside = _smallest(parts, hidden, counts)
            if beside is not None:
                return beside
    given_away = small & _determined(hidden, sums, counts)
    for near in (given_away, hidden):
        touched = [
            other
            for whole, parts in sums
            if given_away and near.intersection((whole, *parts))
            for other in (whole, *parts)
        ]
        beside = _smallest(touched, hidden, counts)
        if beside is not None:
            return beside
    return None


def _smallest(cells: Iterable[Cell], hidden: set[Cell], counts: Mapping[Cell, int]) -> Cell | None:
    visible = [cell for cell in cells if cell in counts and cell not in hidden]
    return min(visible, key=lambda cell: (counts[cell], cell), default=None)


def _determined(hidden: set[Cell], sums: Sequence[Sum], counts: Mapping[Cell, int]) -> set[Cell]:
    """Return the unknown cells that all sums together leave one solution for."""
    named = {cell for whole, parts in sums for cell in (whole, *parts)}
    unknown = sorted(
        cell for cell in named if cell[0] != "all" and (cell in hidden or cell not in counts)
    )
    if not unknown:
        return set()
    place = {cell: column for column, cell in enumerate(unknown)}
    matrix = np.zeros((len(sums), len(unknown)))
    for row, (whole, parts) in enumerate(sums):
        for cell, sign in ((whole, -1), *((part, 1) for part in parts)):
            if cell in place:
                matrix[row, place[cell]] += sign
    free = np.abs(null_space(matrix)).sum(axis=1) > _TOLERANCE
    return {cell for cell in unknown if not free[place[cell]]}
