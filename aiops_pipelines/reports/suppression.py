"""What may be shown: cells under 11 are hidden, and so are those that would give them away.

Takes all figures of one system's night and says which may show their numbers. Counts of a
subgroup add up to the count of their parent (sex=F and sex=M to all; sex=F|site=North and
sex=F|site=South to sex=F), so a hidden count can be worked out where it is the only unknown, or
where several such sums together leave one solution. Further cells are hidden, the smallest
first, until no small cell is determined (complementary suppression; Hundepool et al. 2012,
chapter 4). Metrics on the same cases (all that need labels; all that need predictions only)
share one set of hidden subgroups, because positives and negatives add up to all.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.linalg import null_space

from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.portfolio import Area

FLOOR = 11
_UNLABELLED = frozenset({"flag_rate", "flag_rate_gap"})
_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Screen:
    """Says of each figure of one system's night whether its numbers may be shown."""

    hidden: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, figures: Iterable[Figure]) -> "Screen":
        """Return the screen for all figures shown together."""
        counts: dict[str, dict[str, int]] = defaultdict(dict)
        for figure in figures:
            if figure.stratum != "all":
                cells = counts[_base(figure)]
                seen = cells.get(figure.stratum)
                cells[figure.stratum] = (
                    _count(figure) if seen is None else min(seen, _count(figure))
                )
        return cls(
            frozenset(
                (base, stratum) for base, cells in counts.items() for stratum in hidden_cells(cells)
            )
        )

    def shows(self, figure: Figure) -> bool:
        """Return whether the figure's estimate, interval and n may be shown."""
        if figure.suppressed or is_small(figure):
            return False
        return (_base(figure), figure.stratum) not in self.hidden


def is_small(figure: Figure) -> bool:
    """Return whether the figure rests on 1 to 10 cases. No case at all identifies nobody."""
    return 0 < figure.n < FLOOR


def hidden_cells(counts: Mapping[str, int]) -> frozenset[str]:
    """Return the strata to hide, given each stratum's count of cases (0 where it is withheld)."""
    hidden = {stratum for stratum, count in counts.items() if count < FLOOR}
    lines = _lines(counts)
    while True:
        exposed = _exposed(hidden, lines, counts)
        if exposed is None:
            return frozenset(hidden)
        hidden.add(exposed)


def _base(figure: Figure) -> str:
    unlabelled = figure.area is Area.DRIFT or figure.metric in _UNLABELLED
    return "predictions" if unlabelled else "labels"


def _count(figure: Figure) -> int:
    if figure.suppressed:
        return 0
    if figure.n_positive is None or figure.n_positive == 0:
        return figure.n
    return min(figure.n, figure.n_positive)


def _lines(strata: Iterable[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Return each sum that a reader could form: the parent and the strata that add up to it."""
    members: dict[tuple[str, tuple[str, ...], str], list[str]] = defaultdict(list)
    for stratum in sorted(strata):
        parts = stratum.split("|")
        for position, part in enumerate(parts):
            rest = parts[:position] + parts[position + 1 :]
            shape = tuple(other.partition("=")[0] for other in parts)
            parent = "|".join(rest) or "all"
            members[(parent, shape, part.partition("=")[0])].append(stratum)
    return [(parent, tuple(children)) for (parent, _, _), children in members.items()]


def _exposed(
    hidden: set[str], lines: list[tuple[str, tuple[str, ...]]], counts: Mapping[str, int]
) -> str | None:
    """Return the next stratum to hide, or None when no hidden count can be worked out."""
    for parent, children in lines:
        unknown = [cell for cell in (parent, *children) if cell in hidden]
        visible = [cell for cell in children if cell not in hidden]
        withheld = sum(counts[cell] for cell in children if cell in hidden)
        lone = len(unknown) == 1 or (parent not in hidden and withheld < FLOOR)
        if unknown and visible and lone:
            return min(visible, key=lambda cell: (counts[cell], cell))
    return _solvable(hidden, lines, counts)


def _solvable(
    hidden: set[str], lines: list[tuple[str, tuple[str, ...]]], counts: Mapping[str, int]
) -> str | None:
    """Return a visible stratum beside a hidden one that all sums together determine, if any."""
    unknown = sorted(hidden)
    if not unknown:
        return None
    place = {cell: column for column, cell in enumerate(unknown)}
    sums = np.zeros((len(lines), len(unknown)))
    for row, (parent, children) in enumerate(lines):
        for cell in children:
            if cell in place:
                sums[row, place[cell]] = 1
        if parent in place:
            sums[row, place[parent]] = -1
    free = np.abs(null_space(sums)).sum(axis=1) > _TOLERANCE
    for cell in unknown:
        if free[place[cell]]:
            continue
        beside = [
            other
            for parent, children in lines
            if cell in (parent, *children)
            for other in children
            if other not in hidden
        ]
        if beside:
            return min(beside, key=lambda other: (counts[other], other))
    return None
