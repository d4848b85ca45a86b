"""Mergeable counts of one feature against the reference's bins: what drift is computed from.

Sources: Siddiqi (2006) for quantile bins of the reference. Bins reach far beyond the reference's
range, so that a feature that starts to arrive in another unit is seen at its full size.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from aiops_pipelines.statistics.arguments import (
    MANY,
    FloatArray,
    IntArray,
    refuse,
    same_length,
    whole,
)
from aiops_pipelines.statistics.binning import count_in_bins
from aiops_pipelines.statistics.radix_sort import sorted_numbers

NUMERIC_BINS = 20
KNOWN_CATEGORIES = 1000
SEPARATE_CATEGORIES = 50
RARE = 0.02

_GROWTH = 1.1
_NEAREST, _FARTHEST, _WIDEST = 0.05, 1e4, 1e9

FeatureKind = Literal["numeric", "categorical"]


@dataclass(frozen=True, slots=True)
class FeatureBins:
    """The bins of one feature, fixed by the reference.

    Numeric: edges in rising order, bin i holding values in [edges[i-1], edges[i]); `low` and `high`
    are the reference's range; `centres` are the reference's medians within the bins, or the bin's
    middle where it has no value. Categorical: the known categories; every other one counts as new.
    In both, missing values are counted apart.
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

    def cells(self, reference: IntArray) -> IntArray:
        """Return the cell of each bin, 0 upwards: what PSI and its kin count in, given `reference`.

        Numeric: about NUMERIC_BINS of equal mass in the reference; what lies below its range is a
        cell, what lies above another. Categorical: the frequent categories are cells of their own,
        the rare ones share one, and new ones another.
        """
        if self.kind == "numeric":
            edges, low, high = np.array(self.edges), self.low, self.high
            middle = np.cumsum(reference) - reference / 2
            member = 1 + np.floor(NUMERIC_BINS * middle / max(int(reference.sum()), 1))
            if low is not None and high is not None:
                member[: np.searchsorted(edges, low, "right")] = 0
                member[len(edges) + 1 - int(np.sum(edges > high)) :] = NUMERIC_BINS + 1
            return np.unique(member, return_inverse=True)[1].astype(np.int64)
        known = reference[:-1]
        order = np.argsort(-known, kind="stable")
        frequent = order[:SEPARATE_CATEGORIES]
        frequent = frequent[known[frequent] >= RARE * max(int(known.sum()), 1)]
        member = np.full(self.bins, len(frequent), np.int64)
        member[frequent] = np.arange(len(frequent))
        member[-1] = len(frequent) + 1
        return member


@dataclass(frozen=True, slots=True)
class FeatureCounts:
    """Counts per bin, missing values, and values outside the reference's range or categories."""

    bins: FeatureBins
    counts: IntArray
    missing: int
    outside: int

    @classmethod
    def from_values(cls, bins: FeatureBins, values: ArrayLike) -> Self:
        """Count `values` (n,): numbers with NaN for missing, or strings with None for missing.

        Raises ValueError where a numeric feature holds something else than numbers.
        """
        if bins.kind == "numeric":
            return cls.of_groups(bins, values, np.zeros(len(np.asarray(values)), np.int64), 1)[0]
        return cls.from_category_counts(bins, *_category_counts(values))

    @classmethod
    def of_groups(
        cls, bins: FeatureBins, values: ArrayLike, group: ArrayLike, n_groups: int
    ) -> list[Self]:
        """Count the numbers `values` (n,) of each group in one pass; NaN is missing.

        `group` (n,) holds codes 0 to n_groups - 1: the days of a year, say.

        Raises ValueError for categorical bins, values that are no numbers, or codes out of range.
        """
        if bins.kind != "numeric":
            raise ValueError(f"bins: must be of a numeric feature, {bins.name} is categorical")
        numbers, codes = _numbers(bins.name, values), np.asarray(group, np.int64)
        same_length(values=numbers, group=codes)
        if len(codes) and not 0 <= codes.min() <= codes.max() < n_groups:
            beyond = (codes < 0) | (codes >= n_groups)
            refuse("group", f"must be a code 0 to {n_groups - 1}", beyond, codes)
        edges = np.array(bins.edges)
        low = -np.inf if bins.low is None else bins.low
        high = np.inf if bins.high is None else bins.high
        counted = count_in_bins(numbers, codes, n_groups, edges, (low, high))
        return [
            cls(bins, counts, missing, outside)
            for counts, missing, outside in zip(
                counted[0], counted[1].tolist(), counted[2].tolist(), strict=True
            )
        ]

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
        """Return the median of a numeric feature to within its bin: the bin's centre."""
        if self.bins.kind != "numeric" or self.n == 0:
            return None
        middle = int(np.searchsorted(np.cumsum(self.counts), self.n / 2))
        return self.bins.centres[middle]


def _numbers(name: str, values: ArrayLike) -> FloatArray:
    listed = np.asarray(values)
    if listed.ndim != 1:
        raise ValueError(f"values: {name} must be one-dimensional, has shape {listed.shape}")
    if listed.dtype == np.float64:
        return listed
    try:
        return pd.Series(listed).to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise ValueError(f"values: {name} must be numbers or missing: {error}") from error


def _category_counts(values: ArrayLike) -> tuple[list[str | None], list[int]]:
    if np.ndim(values) != 1:
        raise ValueError(f"values: must be one-dimensional, has shape {np.shape(values)}")
    listed = pd.Series(np.asarray(values, dtype=object))
    occurring = listed.value_counts(sort=False)
    numbers: Counter[str | None] = Counter()
    for value, number in occurring.items():
        numbers[str(value)] += int(number)
    missing = len(listed) - sum(numbers.values())
    if missing:
        numbers[None] = missing
    return list(numbers), list(numbers.values())


def numeric_bins(name: str, reference: ArrayLike, bins: int = NUMERIC_BINS) -> FeatureBins:
    """Return the bins of a numeric feature: quantiles of the reference, ties merged.

    Between and around them lie finer ones, out to 10,000 times the reference's largest value, so
    that medians and distances are known to within a tenth wherever later values fall.

    Raises ValueError where the reference has no value at all, or an infinite one.
    """
    bins = whole("bins", bins, least=1, most=MANY)
    numbers = _numbers(name, reference)
    refuse("reference", f"{name} must be finite", np.isinf(numbers), numbers)
    values = sorted_numbers(numbers[~np.isnan(numbers)])
    if not len(values):
        raise ValueError(f"reference: {name} has no value to make bins from")
    low, high = float(values[0]), float(values[-1])
    inner = _quantiles(values, np.linspace(0, 1, bins + 1)[1:-1])
    inner = inner[(inner > low) & (inner <= high)]
    edges = np.unique(np.concatenate([inner, _surrounding(low, high, inner)]))
    return FeatureBins(
        name,
        "numeric",
        edges=tuple(edges.tolist()),
        centres=tuple(_centres(values, edges).tolist()),
        low=low,
        high=high,
    )


def _quantiles(values: FloatArray, shares: FloatArray) -> FloatArray:
    """Return the quantiles of sorted `values`, linear between them, as numpy has them."""
    place = shares * (len(values) - 1)
    below = place.astype(np.int64)
    low, high = values[below], values[np.minimum(below + 1, len(values) - 1)]
    above = place - below
    # From the nearer end, so that equal neighbours give exactly their value.
    return np.where(above < 0.5, low + (high - low) * above, high - (high - low) * (1 - above))


def _surrounding(low: float, high: float, inner: FloatArray) -> FloatArray:
    """Return the range's ends, and edges that keep distances and ratios to within a tenth.

    Distances are from the outer quantiles `inner`; ratios exist where all values are positive.
    """
    first, last = (inner[0], inner[-1]) if len(inner) else (low, high)
    scale = max(abs(low), abs(high)) or 1.0
    span = float(last - first) or scale
    away = span * _steps(_NEAREST, _FARTHEST * min(max(scale / span, 1.0), _WIDEST))
    smallest = max(low, high / _WIDEST)
    ratios = np.empty(0)
    if low > 0:
        ratios = smallest * _steps(1 / _FARTHEST, _FARTHEST * high / smallest)
    ends = [low, np.nextafter(high, np.inf)]
    return np.concatenate([first - away, last + away, ratios, ends])


def _steps(start: float, stop: float) -> FloatArray:
    """Return what grows from `start` to `stop` by a tenth a step."""
    found: FloatArray = np.geomspace(start, stop, int(np.log(stop / start) / np.log(_GROWTH)) + 2)
    return found


def _centres(values: FloatArray, edges: FloatArray) -> FloatArray:
    """Return the median of sorted `values` in each bin, or the bin's middle where it has none."""
    cuts = np.searchsorted(values, edges)
    first, last = np.append(0, cuts), np.append(cuts, len(values))
    held = last > first
    middle = np.concatenate([edges[:1], (edges[:-1] + edges[1:]) / 2, edges[-1:]])
    lower = values[np.minimum((first + last - 1) // 2, len(values) - 1)]
    upper = values[np.minimum((first + last) // 2, len(values) - 1)]
    return np.where(held, (lower + upper) / 2, middle)


def categorical_bins(name: str, reference: ArrayLike, known: int = KNOWN_CATEGORIES) -> FeatureBins:
    """Return the bins of a categorical feature: the reference's categories, frequent ones first.

    Beyond `known` categories the least frequent are left out and count as new.
    """
    known = whole("known", known, least=1, most=MANY)
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
