"""What a reader can work out about hidden counts, from everything shown.

Knows which sums of unknown cases are shown and what is known of the hidden ones; hands on the
smallest and largest count that a hidden cell can have. Counts are whole and never negative. Source:
Hundepool et al. (2012), Statistical Disclosure Control, chapter 4 (the attacker's subproblems).
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, linprog, milp

from aiops_pipelines.statistics.arguments import FloatArray, IntArray

SOLVER_SECONDS = 5.0
_MARGINAL = 1e-7


@dataclass(frozen=True, slots=True)
class Interval:
    """The counts that a sum can have; `binding` are the rows that keep it from more.

    `attained` says that both ends are counts of tables of whole counts.
    """

    low: float
    high: float
    binding: frozenset[int]
    attained: bool

    @property
    def width(self) -> float:
        """Return how far apart the extremes are."""
        return self.high - self.low


@dataclass(frozen=True, slots=True)
class Attacker:
    """Rows (rows, atoms) of 0 and 1: each a sum of atoms, known to lie in low to high (rows,).

    `most` bounds each atom, for there is no need to look for larger tables.
    """

    rows: sparse.csr_array
    low: FloatArray
    high: FloatArray
    most: float

    def possible(self) -> bool:
        """Return whether any table fits, counts taken as fractional."""
        return bool(self._solve(np.zeros(self.rows.shape[1]), False).status != 2)

    def relaxed(self, row: FloatArray) -> Interval:
        """Return the range of the sum `row` (atoms,) were counts fractional: never too narrow."""
        matrix, limits, names = self._inequalities()
        ends, binding, attained = [], set(), True
        for sign in (1.0, -1.0):
            found = linprog(
                sign * row, A_ub=matrix, b_ub=limits, bounds=(0, self.most), method="highs"
            )
            if found.status != 0:
                raise ValueError(f"table: counts contradict each other ({found.message})")
            fits = self._fits(np.round(found.x))
            ends.append(float(row @ (np.round(found.x) if fits else found.x)))
            binding |= set(names[np.abs(found.ineqlin.marginals) > _MARGINAL].tolist())
            attained &= fits
        return Interval(ends[0], ends[1], frozenset(binding), attained)

    def whole_width(self, row: FloatArray) -> float:
        """Return how far two tables of whole counts that fit were found to differ in `row`.

        Both tables exist, so that the distance is a guarantee; where the solver runs out of time it
        is that of the best it had found, 0 if it had found none.
        """
        ends = []
        for sign in (1.0, -1.0):
            found = self._solve(sign * row, True)
            if found.x is None:
                return 0.0
            ends.append(float(np.round(row @ found.x)))
        return ends[1] - ends[0]

    def _fits(self, table: FloatArray) -> bool:
        sums = self.rows @ table
        return bool(np.all((sums >= self.low) & (sums <= self.high)))

    def _solve(self, objective: FloatArray, whole: bool) -> OptimizeResult:
        return milp(
            objective,
            integrality=np.full(len(objective), int(whole)),
            bounds=Bounds(0, self.most),
            constraints=LinearConstraint(self.rows, self.low, self.high),
            options={"time_limit": SOLVER_SECONDS},
        )

    def _inequalities(self) -> tuple[sparse.csr_array, FloatArray, IntArray]:
        """Return all bounds as rows of A x <= b, with the row that each comes from."""
        above, below = np.flatnonzero(np.isfinite(self.high)), np.flatnonzero(self.low > 0)
        matrix = sparse.vstack([self.rows[above], -self.rows[below]], format="csr")
        return (
            matrix,
            np.concatenate([self.high[above], -self.low[below]]),
            np.concatenate([above, below]),
        )
