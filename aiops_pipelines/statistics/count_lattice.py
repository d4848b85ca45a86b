"""How counts of strata and measures hang together: each a sum of the same indivisible atoms.

Knows strata ("all", "sex=F", "sex=F|site=North") and measures (positives among cases); hands on,
for any of them, which atoms it sums. An atom is one value of every dimension and one state.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from aiops_pipelines.statistics.arguments import FloatArray

ALL = "all"
ELSEWHERE = "\x00elsewhere"
"""The value of a dimension that no listed stratum names."""

MOST_ATOMS = 20_000

Cell = tuple[str, str]
"""A stratum and what is counted in it."""


def parts(stratum: str) -> dict[str, str]:
    """Return the value of each dimension that defines `stratum`; none for "all"."""
    if stratum == ALL:
        return {}
    found = dict(part.split("=", 1) for part in stratum.split("|") if "=" in part)
    if len(found) != stratum.count("|") + 1:
        raise ValueError(f"table: stratum {stratum!r} is not like 'sex=F|site=North' or 'all'")
    return found


@dataclass(frozen=True, slots=True)
class Lattice:
    """Dimensions with their values, and measures as sets of states."""

    values: Mapping[str, tuple[str, ...]]
    measures: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, counts: Mapping[Cell, int], measures: Mapping[str, Iterable[str]]) -> "Lattice":
        """Return the lattice of listed counts.

        A dimension whose listed values fall short of "all" has one value more, for the rest.

        Raises ValueError for an unknown measure, malformed strata, or more than MOST_ATOMS atoms.
        """
        for index, (_, measure) in enumerate(counts):
            if measure not in measures:
                rule = f"must be one of {', '.join(measures)}; first offending index {index}"
                raise ValueError(f"table: measure {measure!r} {rule}")
        values: dict[str, dict[str, None]] = {}
        for stratum, _ in counts:
            for dimension, value in parts(stratum).items():
                values.setdefault(dimension, {})[value] = None
        for dimension, known in values.items():
            if _falls_short(counts, dimension, list(known)):
                known[ELSEWHERE] = None
        used = {measure for _, measure in counts}
        found = cls(
            {dimension: tuple(known) for dimension, known in values.items()},
            _merged({name: frozenset(measures[name]) for name in used}),
        )
        if found.size > MOST_ATOMS:
            raise ValueError(f"table: {found.size} atoms, at most {MOST_ATOMS} can be examined")
        return found

    @property
    def states(self) -> tuple[str, ...]:
        """Return the states that the measures tell apart."""
        return tuple(sorted(frozenset().union(*self.measures.values())))

    @property
    def size(self) -> int:
        """Return the number of atoms."""
        return int(np.prod([len(each) for each in self.values.values()])) * len(self.states)

    def row(self, stratum: Mapping[str, str], states: frozenset[str]) -> FloatArray:
        """Return 1 for each atom (atoms,) within `stratum` and `states`, 0 elsewhere."""
        axes = [
            np.array([stratum.get(dimension, value) == value for value in known], dtype=np.float64)
            for dimension, known in self.values.items()
        ]
        row = np.array([state in states for state in self.states], dtype=np.float64)
        for axis in reversed(axes):
            row = np.multiply.outer(axis, row).ravel()
        return row

    def families(self, counts: Mapping[Cell, int]) -> Iterator[tuple[Cell, list[Cell]]]:
        """Yield each listed cell with its listed parts along one dimension, or by one more."""
        for stratum, measure in counts:
            own = parts(stratum)
            for dimension, known in self.values.items():
                if dimension in own:
                    continue
                children = [
                    cell
                    for value in known
                    if (cell := _listed(counts, own | {dimension: value}, measure)) is not None
                ]
                if children:
                    yield (stratum, measure), children


def _listed(counts: Mapping[Cell, int], stratum: Mapping[str, str], measure: str) -> Cell | None:
    """Return the cell of `stratum` as it is listed, whatever the order of its dimensions."""
    wanted = dict(stratum)
    named = [f"{dimension}={value}" for dimension, value in wanted.items()]
    for order in ("|".join(named), "|".join(sorted(named)), "|".join(reversed(named))):
        if (order, measure) in counts:
            return (order, measure)
    return None


def _falls_short(counts: Mapping[Cell, int], dimension: str, known: list[str]) -> bool:
    """Return whether the dimension's values leave some of "all" over, in any measure."""
    for stratum, measure in counts:
        if stratum != ALL:
            continue
        listed = [counts.get((f"{dimension}={value}", measure)) for value in known]
        present = [count for count in listed if count is not None]
        if len(present) == len(known) and sum(present) < counts[(ALL, measure)]:
            return True
    return False


def _merged(measures: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """Return the measures over states of which no two are in the same measures."""
    states = sorted(frozenset().union(*measures.values()))
    kept: dict[tuple[bool, ...], str] = {}
    for state in states:
        kept.setdefault(tuple(state in own for own in measures.values()), state)
    return {name: own & frozenset(kept.values()) for name, own in measures.items()}
