"""Mergeable counts of one feature against the reference's bins: what drift is computed from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike

from aiops_pipelines.statistics.arguments import FloatArray, IntArray

NUMERIC_BINS = 20
KNOWN_CATEGORIES = 50

FeatureKind = Literal["numeric", "categorical"]


@dataclass(frozen=True, slots=True)
class FeatureBins:
    """The bins of one feature, fixed by the reference.

    Numeric: inner edges in rising order, bin i holding values in [edges[i-1], edges[i]); `centres`
    are the reference's medians within the bins. Categorical: the known categories; every other one
    counts as new. In both, missing values are counted apart.
    """

    name: str
    kind: FeatureKind
    edges: tuple[float, ...] = ()
    centres: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    @property
    def bins(self) -> int:
        """Return the number of bins that hold values: for categories, one for new ones too."""
        return len(self.edges) + 1 if self.kind == "numeric" else len(self.categories) + 1


@dataclass(frozen=True, slots=True)
class FeatureCounts:
    """Counts per bin, missing values, and values outside the reference's range."""

    bins: FeatureBins
    counts: IntArray
    missing: int
    outside: int

    @classmethod
    def from_values(cls, bins: FeatureBins, values: ArrayLike) -> Self:
        """Count `values` (n,): numbers with NaN for missing, or strings with None for missing."""
        if bins.kind == "numeric":
            numbers = np.asarray(values, dtype=np.float64)
            found = numbers[~np.isnan(numbers)]
            member = np.searchsorted(np.array(bins.edges), found, side="right")
            counts = np.bincount(member, minlength=bins.bins).astype(np.int64)
            outside = 0
            if bins.low is not None and bins.high is not None:
                outside = int(np.sum((found < bins.low) | (found > bins.high)))
            return cls(bins, counts, len(numbers) - len(found), outside)
        return cls.from_category_counts(bins, *_category_counts(values))

    @classmethod
    def from_category_counts(
        cls, bins: FeatureBins, names: Sequence[str | None], numbers: Sequence[int]
    ) -> Self:
        """Count categories from how often each occurs."""
        position = {name: index for index, name in enumerate(bins.categories)}
        counts = np.zeros(bins.bins, np.int64)
        missing = 0
        for name, number in zip(names, numbers, strict=True):
            if name is None:
                missing += number
            else:
                counts[position.get(name, bins.bins - 1)] += number
        return cls(bins, counts, missing, int(counts[-1]))

    @classmethod
    def merge(cls, parts: Iterable[Self]) -> Self:
        """Return the sum of counts over the same bins; ValueError for none or other bins."""
        found = list(parts)
        if not found:
            raise ValueError("parts: must be at least one")
        if any(part.bins != found[0].bins for part in found):
            raise ValueError("bins: counts over different bins can't be added")
        return cls(
            found[0].bins,
            np.sum([part.counts for part in found], axis=0),
            sum(part.missing for part in found),
            sum(part.outside for part in found),
        )

    def __add__(self, other: Self) -> Self:
        return self.merge([self, other])

    @property
    def n(self) -> int:
        """Return the number of values that are there."""
        return int(self.counts.sum())

    @property
    def n_cases(self) -> int:
        """Return the number of cases, missing values included."""
        return self.n + self.missing

    def median(self) -> float | None:
        """Return the approximate median of a numeric feature: its bin's centre."""
        if self.bins.kind != "numeric" or self.n == 0:
            return None
        middle = int(np.searchsorted(np.cumsum(self.counts), self.n / 2))
        return self.bins.centres[middle]


def _category_counts(values: ArrayLike) -> tuple[list[str | None], list[int]]:
    listed = np.asarray(values, dtype=object)
    numbers: dict[str | None, int] = {}
    for value in listed:
        name = None if value is None or value != value else str(value)
        numbers[name] = numbers.get(name, 0) + 1
    return list(numbers), list(numbers.values())


def numeric_bins(name: str, reference: ArrayLike, bins: int = NUMERIC_BINS) -> FeatureBins:
    """Return the bins of a numeric feature: quantiles of the reference, ties merged.

    Raises ValueError where the reference has no value at all.
    """
    values = np.asarray(reference, dtype=np.float64)
    values = np.sort(values[~np.isnan(values)])
    if not len(values):
        raise ValueError(f"reference: {name} has no value to make bins from")
    edges = np.unique(np.quantile(values, np.linspace(0, 1, bins + 1)[1:-1]))
    edges = edges[edges > values[0]]
    member = np.searchsorted(edges, values, side="right")
    centres = [
        float(np.median(values[member == index])) if np.any(member == index) else float("nan")
        for index in range(len(edges) + 1)
    ]
    return FeatureBins(
        name,
        "numeric",
        edges=tuple(map(float, edges)),
        centres=_filled(centres, edges),
        low=float(values[0]),
        high=float(values[-1]),
    )


def _filled(centres: list[float], edges: FloatArray) -> tuple[float, ...]:
    """Give a bin without reference values the edge nearest to it as its centre."""
    return tuple(
        float(edges[min(index, len(edges) - 1)]) if np.isnan(centre) else centre
        for index, centre in enumerate(centres)
    )


def categorical_bins(name: str, reference: ArrayLike, known: int = KNOWN_CATEGORIES) -> FeatureBins:
    """Return the bins of a categorical feature: the reference's most frequent categories."""
    names, numbers = _category_counts(reference)
    order = sorted(
        (
            (number, value)
            for value, number in zip(names, numbers, strict=True)
            if value is not None
        ),
        key=lambda pair: (-pair[0], pair[1]),
    )
    return FeatureBins(
        name, "categorical", categories=tuple(sorted(value for _, value in order[:known]))
    )
