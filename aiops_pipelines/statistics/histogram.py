"""The mergeable daily statistics of scores: counts per bin, from which every window is summed.

Bins follow the reference: quantiles of its scores, a grid of logits, and the operating points, so
that counts at an operating point are exact and AUROC is within a bound that is stated beside it.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any, Literal, Self

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray
from scipy import special

from aiops_pipelines.statistics.arguments import (
    BoolArray,
    FloatArray,
    IntArray,
    binary,
    probability,
    real,
    refuse,
    same_length,
)
from aiops_pipelines.statistics.calibration import (
    Calibration,
    calibration_from_groups,
    observed_expected_from_groups,
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

QUANTILES = 511
LOGITS = np.linspace(-16, 16, 513)
COARSE_BINS = 125

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


def reference_edges(scores: ArrayLike, operating_points: ArrayLike = ()) -> FloatArray:
    """Return bin edges in rising order: quantiles of reference scores, logits, operating points.

    Bin i holds scores in [edges[i-1], edges[i]); bin 0 what lies below the first edge.

    Raises ValueError for scores or operating points outside [0, 1].
    """
    reference = probability("scores", scores)
    points = probability("operating_points", operating_points)
    parts = [special.expit(LOGITS), points]
    if len(reference):
        parts.append(np.quantile(reference, np.linspace(0, 1, QUANTILES)))
    edges = np.concatenate(parts)
    return np.unique(edges[edges > 0])


def coarse_edges(edges: FloatArray, operating_points: ArrayLike = ()) -> FloatArray:
    """Return about COARSE_BINS of `edges`, the operating points among them: for subgroups.

    Raises ValueError for edges that do not rise, or operating points outside [0, 1].
    """
    bounds, points = _rising(edges), probability("operating_points", operating_points)
    step = max(1, len(bounds) // COARSE_BINS)
    return np.unique(np.concatenate([bounds[::step], points[points > 0]]))


def edges_digest(edges: FloatArray) -> str:
    """Return what identifies these edges: histograms of other edges can't be added.

    Raises ValueError for NaN or infinity.
    """
    return hashlib.sha256(np.ascontiguousarray(real("edges", edges)).tobytes()).hexdigest()[:16]


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
        codes = np.zeros(len(np.asarray(score)), np.int64) if group is None else group
        return cls.of_strata(score, label, edges, [codes], [n_groups], labelled)[0]

    @classmethod
    def of_strata(
        cls,
        score: ArrayLike,
        label: ArrayLike,
        edges: FloatArray,
        groups: Sequence[ArrayLike],
        n_groups: Sequence[int],
        labelled: ArrayLike | None = None,
    ) -> list[list[Self]]:
        """Return, for each stratification, a histogram a group: all in one pass over the cases.

        Each of `groups` holds codes (n,), 0 to its number in `n_groups` less 1. Five
        stratifications cost twice what one does.

        Raises ValueError as `from_cases` does, for codes out of range, or edges not rising.
        """
        scores, bounds = probability("score", score), _rising(edges)
        state = _states(label, labelled, len(scores))
        codes = [np.asarray(group, np.int64) for group in groups]
        for group, number in zip(codes, n_groups, strict=True):
            same_length(score=scores, label=state, group=group)
            outside = (group < 0) | (group >= number)
            refuse("group", f"must be a code 0 to {number - 1}", outside, group)
        counts, sums = scatter(scores, state, codes, n_groups, bounds)
        rows = iter(zip(counts, sums, strict=True))
        return [
            [cls(bounds, *held, *added) for held, added in islice(rows, number)]
            for number in n_groups
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
        """Return a metric with a percentile interval of a Poisson bootstrap.

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

    def to_arrow(self) -> pa.Table:
        """Return the bins that hold a case, as ARROW states; the edges are kept elsewhere.

        The schema's metadata holds what identifies them, `edges_digest`.
        """
        used = np.flatnonzero((self.positive + self.negative + self.unlabelled) > 0)
        columns = {"bin": used.astype(np.int32)} | {n: getattr(self, n)[used] for n in _SUMS}
        return pa.table(columns, schema=ARROW.with_metadata({"edges": edges_digest(self.edges)}))

    @classmethod
    def from_arrow(cls, table: pa.Table, edges: FloatArray) -> Self:
        """Return the histogram that `to_arrow` wrote; rows of several histograms are summed.

        Raises ValueError where bins lie beyond `edges`, or the metadata names other edges.
        """
        bounds, bins = _rising(edges), table["bin"].to_numpy()
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


def _rising(edges: ArrayLike) -> FloatArray:
    """Return edges as float64; raise ValueError unless they rise strictly within (0, 1]."""
    bounds = probability("edges", edges)
    lower = np.concatenate([[0.0], bounds[:-1]])
    refuse("edges", "must rise strictly, from above 0", bounds <= lower, bounds)
    return bounds


def _states(label: ArrayLike, labelled: ArrayLike | None, n: int) -> NDArray[np.int8]:
    """Return of each case whether it is positive, negative or without a label."""
    values = np.asarray(label)
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
