"""The mergeable daily statistics of scores: counts per bin, from which every window is summed.

Bins follow the reference: quantiles of its scores, a grid of logits, and the operating points, so
that counts at an operating point are exact and AUROC is within a bound that is stated beside it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, Self

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from aiops_pipelines.statistics.arguments import (
    BoolArray,
    FloatArray,
    IntArray,
    binary,
    probability,
    refuse,
    same_length,
    vector,
)
from aiops_pipelines.statistics.calibration import (
    Calibration,
    Recalibration,
    Spiegelhalter,
    calibration_from_groups,
    cox_recalibration,
    observed_expected_from_groups,
    spiegelhalter,
)
from aiops_pipelines.statistics.estimate import Estimate
from aiops_pipelines.statistics.operating import OperatingPoint, operating_point_from_counts
from aiops_pipelines.statistics.ranking import auroc_from_counts, average_precision_from_counts, few
from aiops_pipelines.statistics.resampling import (
    binned_auroc,
    binned_average_precision,
    mean_estimate,
    resampled,
)
from aiops_pipelines.statistics.scatter import NEGATIVE, POSITIVE, UNLABELLED, scatter
from aiops_pipelines.statistics.score_edges import edges_digest, rising_edges

Binned = Callable[[FloatArray, FloatArray], FloatArray | float]

ARROW = pa.schema(
    [
        pa.field("bin", pa.int32(), nullable=False),
        pa.field("positive", pa.int64(), nullable=False),
        pa.field("negative", pa.int64(), nullable=False),
        pa.field("unlabelled", pa.int64(), nullable=False),
        *(
            pa.field(name, pa.float64(), nullable=False)
            for name in (
                "score_sum",
                "logit_sum",
                "unlabelled_score_sum",
                "brier_sum",
                "brier_squares",
                "log_loss_sum",
                "log_loss_squares",
                "spiegelhalter_sum",
                "spiegelhalter_variance",
            )
        ),
    ]
)
"""One row a bin that holds a case: counts, and sums over the bin's labelled cases."""

_SUMS = [field.name for field in ARROW if field.name != "bin"]


@dataclass(frozen=True, slots=True)
class FlagCounts:
    """Cases at an operating point: flagged or not, by label, or without one."""

    flagged_positive: int
    flagged_negative: int
    flagged_unlabelled: int
    unflagged_positive: int
    unflagged_negative: int
    unflagged_unlabelled: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts of scores per bin (arrays of len(edges) + 1) with exact sums over each bin's cases."""

    edges: FloatArray
    positive: IntArray
    negative: IntArray
    unlabelled: IntArray
    score_sum: FloatArray
    logit_sum: FloatArray
    unlabelled_score_sum: FloatArray
    brier_sum: FloatArray
    brier_squares: FloatArray
    log_loss_sum: FloatArray
    log_loss_squares: FloatArray
    spiegelhalter_sum: FloatArray
    spiegelhalter_variance: FloatArray

    @classmethod
    def from_cases(
        cls,
        score: ArrayLike,
        label: ArrayLike,
        edges: FloatArray,
        labelled: ArrayLike | None = None,
    ) -> Self:
        """Return the histogram of probabilities `score` (n,) with 0/1 `label` (n,).

        Where `labelled` (n,) is false the label is not looked at.

        Raises ValueError for differing lengths, scores outside [0, 1], labels other than 0/1.
        """
        return cls.of_groups(score, label, edges, labelled=labelled)[0]

    @classmethod
    def of_groups(
        cls,
        score: ArrayLike,
        label: ArrayLike,
        edges: FloatArray,
        group: ArrayLike | None = None,
        n_groups: int = 1,
        labelled: ArrayLike | None = None,
    ) -> list[Self]:
        """Return a histogram a group; `group` (n,) holds codes 0 to n_groups - 1.

        Raises ValueError as `from_cases` does.
        """
        codes = np.zeros(len(vector("score", score)), np.int64) if group is None else group
        return cls.of_strata(score, label, [edges], [codes], [n_groups], labelled)[0]

    @classmethod
    def of_strata(
        cls,
        score: ArrayLike,
        label: ArrayLike,
        edges: Sequence[FloatArray],
        groups: Sequence[ArrayLike],
        n_groups: Sequence[int],
        labelled: ArrayLike | None = None,
    ) -> list[list[Self]]:
        """Return, for each stratification, a histogram a group: all in one pass over the cases.

        A stratification has its edges, its codes (n,) in `groups`, 0 to its number in `n_groups`
        less 1. Five stratifications cost twice what one does.

        Raises ValueError as `from_cases` does, for codes out of range, or edges not rising.
        """
        scores, bounds = probability("score", score), [rising_edges(each) for each in edges]
        state = _states(label, labelled, len(scores))
        codes = [np.asarray(group, np.int64) for group in groups]
        for group, number in zip(codes, n_groups, strict=True):
            same_length(score=scores, label=state, group=group)
            outside = (group < 0) | (group >= number)
            refuse("group", f"must be a code 0 to {number - 1}", outside, group)
        found = scatter(scores, state, codes, n_groups, bounds)
        return [
            [cls(each, *held, *added) for held, added in zip(*sides, strict=True)]
            for each, sides in zip(bounds, found, strict=True)
        ]

    @classmethod
    def merge(cls, histograms: Iterable[Self]) -> Self:
        """Return the sum of histograms with the same edges; ValueError for none or other edges."""
        parts = list(histograms)
        if not parts:
            raise ValueError("histograms: must be at least one")
        first = parts[0]
        if any(not np.array_equal(part.edges, first.edges) for part in parts[1:]):
            raise ValueError("edges: histograms of different edges can't be added")
        summed = {name: np.sum([getattr(part, name) for part in parts], axis=0) for name in _SUMS}
        return cls(first.edges, **summed)

    def __add__(self, other: Self) -> Self:
        return self.merge([self, other])

    @property
    def n_positive(self) -> int:
        """Return the number of positives."""
        return int(self.positive.sum())

    @property
    def n_negative(self) -> int:
        """Return the number of negatives."""
        return int(self.negative.sum())

    @property
    def n_unlabelled(self) -> int:
        """Return the number of cases without a label."""
        return int(self.unlabelled.sum())

    @property
    def n(self) -> int:
        """Return the number of labelled cases."""
        return self.n_positive + self.n_negative

    def auroc(self, level: float = 0.95) -> Estimate:
        """Return the AUROC of the bins; `auroc_bound` says how far it can be from the cases'."""
        return auroc_from_counts(self.positive, self.negative, level)

    def auroc_bound(self) -> float | None:
        """Return the greatest possible error of `auroc`: half the pairs that share a bin."""
        pairs = self.n_positive * self.n_negative
        return float(self.positive @ self.negative) / (2 * pairs) if pairs else None

    def average_precision(self, level: float = 0.95, interpolated: bool = False) -> Estimate:
        """Return the average precision, bins as ties or, for continuous scores, interpolated."""
        return average_precision_from_counts(self.positive, self.negative, level, interpolated)

    def brier(self, level: float = 0.95) -> Estimate:
        """Return the Brier score: exact, with the interval of a mean."""
        sums = float(self.brier_sum.sum()), float(self.brier_squares.sum())
        return mean_estimate(*sums, self.n, self.n_positive, "Brier score", 1.0, level)

    def log_loss(self, level: float = 0.95) -> Estimate:
        """Return the mean log loss in nats: exact, with the interval of a mean."""
        sums = float(self.log_loss_sum.sum()), float(self.log_loss_squares.sum())
        return mean_estimate(*sums, self.n, self.n_positive, "log loss", None, level)

    def calibration(self, bins: int = 10, level: float = 0.95) -> Calibration:
        """Return the calibration, each bin a group at its mean logit."""
        totals = (self.positive + self.negative).astype(np.float64)
        used = totals > 0
        return calibration_from_groups(
            self.logit_sum[used] / totals[used],
            self.score_sum[used],
            self.positive[used].astype(np.float64),
            totals[used],
            float(self.spiegelhalter_sum.sum()),
            float(self.spiegelhalter_variance.sum()),
            bins,
            level,
        )

    def recalibration(self, level: float = 0.95) -> Recalibration:
        """Return slope and intercept alone, as `calibration` does."""
        totals = (self.positive + self.negative).astype(np.float64)
        mean_logit = self.logit_sum / np.maximum(totals, 1.0)
        return cox_recalibration(mean_logit, self.positive, totals, level)

    def spiegelhalter(self) -> Spiegelhalter:
        """Return Spiegelhalter's Z alone, as `calibration` does."""
        return spiegelhalter(
            float(self.spiegelhalter_sum.sum()), float(self.spiegelhalter_variance.sum())
        )

    def observed_expected(self, level: float = 0.95) -> Estimate:
        """Return observed positives over the sum of scores, as `calibration` does."""
        totals = (self.positive + self.negative).astype(np.float64)
        positives = self.positive.astype(np.float64)
        return observed_expected_from_groups(self.score_sum, positives, totals, level)

    def flag_counts(self, threshold: float) -> FlagCounts:
        """Return the counts at an operating point; ValueError unless it is an edge (or 0)."""
        first = 0
        if threshold != 0:
            position = int(np.searchsorted(self.edges, threshold))
            if position == len(self.edges) or self.edges[position] != threshold:
                raise ValueError(f"threshold: {threshold} is no edge of this histogram")
            first = position + 1
        parts = [
            int(counts.sum())
            for half in (slice(first, None), slice(None, first))
            for counts in (self.positive[half], self.negative[half], self.unlabelled[half])
        ]
        return FlagCounts(*parts)

    def operating_point(self, threshold: float, level: float = 0.95) -> OperatingPoint:
        """Return the rates at an operating point, among labelled cases: exact."""
        found = self.flag_counts(threshold)
        return operating_point_from_counts(
            found.flagged_positive,
            found.flagged_negative,
            found.unflagged_positive,
            found.unflagged_negative,
            level,
        )

    def quantile(self, share: float) -> float | None:
        """Return the score below which `share` of all cases lie, even within its bin.

        None without cases. Raises ValueError for a share outside [0, 1].
        """
        if not 0 <= share <= 1:
            raise ValueError(f"share: must lie in [0, 1], is {share!r}")
        counts = self.positive + self.negative + self.unlabelled
        total = int(counts.sum())
        if not total:
            return None
        upto = np.cumsum(counts)
        held = int(np.searchsorted(upto, max(share * total, 1)))
        low, high = np.concatenate([[0.0], self.edges, [1.0]])[held : held + 2]
        inside = (share * total - (upto[held] - counts[held])) / counts[held]
        return float(low + max(inside, 0.0) * (high - low))

    def bootstrap(
        self,
        metric: Literal["auroc", "average_precision"] | Binned,
        replicates: int = 1000,
        seed: int = 0,
        level: float = 0.95,
    ) -> Estimate:
        """Return a metric with a bias-corrected, accelerated interval of a Poisson bootstrap.

        The bins' counts are resampled, so that the cost does not depend on n. `metric` is named or
        takes counts of positives and negatives (..., bins) and returns (...,). Where no replicate
        differs, as at perfect separation, a bootstrap knows no interval: a named metric then has
        its exact one, another has none. So has an AUROC with few cases of one class, whose
        replicates cover 85%.

        Raises ValueError for fewer than two replicates.
        """
        if callable(metric):
            return resampled(metric, self.positive, self.negative, replicates, seed, level)
        chosen = {"auroc": binned_auroc, "average_precision": binned_average_precision}
        if metric not in chosen:
            raise ValueError(f"metric: must be one of {', '.join(chosen)}, is {metric!r}")
        found = resampled(chosen[metric], self.positive, self.negative, replicates, seed, level)
        if found.value is None:
            return found
        rare = few(min(self.n_positive, self.n_negative), self.n)
        if metric == "auroc":
            return self.auroc(level) if rare or found.low is None else found
        return found if found.low is not None else self.average_precision(level)

    def rows(self) -> dict[str, NDArray[Any]]:
        """Return the columns of ARROW for the bins that hold a case: (bins held,) each."""
        used = np.flatnonzero((self.positive + self.negative + self.unlabelled) > 0)
        return {"bin": used.astype(np.int32)} | {name: getattr(self, name)[used] for name in _SUMS}

    def to_arrow(self) -> pa.Table:
        """Return `rows` as a table; the edges are kept elsewhere.

        The schema's metadata holds what identifies them, `edges_digest`.
        """
        stated = {"edges": edges_digest(self.edges)}
        return pa.table(self.rows(), schema=ARROW.with_metadata(stated))

    @classmethod
    def from_arrow(cls, table: pa.Table, edges: FloatArray) -> Self:
        """Return the histogram that `to_arrow` wrote; rows of several histograms are summed.

        Raises ValueError where bins lie beyond `edges`, or the metadata names other edges.
        """
        bounds, bins = rising_edges(edges), table["bin"].to_numpy()
        stated = (table.schema.metadata or {}).get(b"edges", edges_digest(bounds).encode())
        beyond = len(bins) and not 0 <= bins.min() <= bins.max() <= len(bounds)
        if beyond or stated != edges_digest(bounds).encode():
            raise ValueError("edges: do not belong to this table")
        parts: dict[str, NDArray[Any]] = {}
        for field in fields(cls)[1:]:
            column = table[field.name].to_numpy()
            total = np.zeros(len(bounds) + 1, dtype=column.dtype)
            np.add.at(total, bins, column)
            parts[field.name] = total
        return cls(bounds, **parts)


def _states(label: ArrayLike, labelled: ArrayLike | None, n: int) -> NDArray[np.int8]:
    """Return of each case whether it is positive, negative or without a label."""
    values = vector("label", label)
    known: BoolArray = np.ones(len(values), bool)
    if labelled is not None:
        known = binary("labelled", labelled)
        same_length(label=values, labelled=known)
    if len(values) != n:
        raise ValueError(f"shapes differ: score has {n}, label has {len(values)}")
    state = np.full(n, UNLABELLED, np.int8)
    truth = binary("label", np.where(known, values, 0))
    state[known] = np.where(truth, POSITIVE, NEGATIVE)[known]
    return state
