"""How far a feature has moved from its reference: effect sizes, with what chance adds to them.

Never a p-value: at large n it finds what doesn't matter. Sources: Yurdakul (2018) for the null
expectation of PSI; Rabanser, Günnemann & Lipton (2019) for the domain classifier.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from aiops_pipelines.statistics import distances
from aiops_pipelines.statistics.arguments import (
    FloatArray,
    IntArray,
    confidence_level,
    numbers,
    refuse,
    whole,
)
from aiops_pipelines.statistics.distance_limits import distance_limits
from aiops_pipelines.statistics.distances import Distance
from aiops_pipelines.statistics.estimate import Estimate
from aiops_pipelines.statistics.features import (
    FeatureCounts,
    FeatureKind,
    categorical_bins,
    numeric_bins,
)
from aiops_pipelines.statistics.origin import chance_of_current
from aiops_pipelines.statistics.proportions import (
    estimate_difference,
    proportion,
    proportions,
)

_LARGEST = 1e140
_NUMERIC = ("PSI", "Jensen-Shannon", "KS", "Wasserstein")
_CATEGORICAL = ("PSI", "Jensen-Shannon", "total variation", "categories have no distance")
_Four = tuple[Estimate, Estimate, Estimate, Estimate]


@dataclass(frozen=True, slots=True)
class Drift:
    """The drift of one feature.

    `psi` is in nats, its null expectation taken off, so that it may be slightly negative;
    `jensen_shannon` a distance in [0, 1] (base 2); `ks` the greatest gap between distributions over
    the bins (total variation for categories); `wasserstein` in units of the feature, approximate
    since from bins (None for categories). The last three are as their textbooks have them, so that
    chance alone lifts them above 0; their intervals have that taken off and reach down to 0 where
    nothing has moved, up to the stated value at least. `scale_factor` is the ratio of medians,
    current to reference, to within a tenth: None where the reference has values of both signs.
    """

    psi: Estimate
    jensen_shannon: Estimate
    ks: Estimate
    wasserstein: Estimate
    missing_rate: Estimate
    missing_difference: Estimate
    new_category_rate: Estimate
    out_of_range_rate: Estimate
    scale_factor: float | None


def drift(
    reference: ArrayLike | FeatureCounts,
    current: ArrayLike | FeatureCounts,
    kind: FeatureKind | None = None,
    level: float = 0.95,
) -> Drift:
    """Return the drift of `current` from `reference`: values (n,) and (m,), or counts of both.

    Without a `kind`, numbers (NaN or None for missing) are numeric, all else is categorical.

    Raises ValueError where the reference has no values, or counts are over different bins.
    """
    base = reference if isinstance(reference, FeatureCounts) else _reference(reference, kind)
    now = current
    if not isinstance(now, FeatureCounts):
        now = FeatureCounts.from_values(base.bins, now)
    return drift_series(base, [now], level)[0]


def _reference(values: ArrayLike, kind: FeatureKind | None) -> FeatureCounts:
    if kind not in (None, "numeric", "categorical"):
        raise ValueError(f"kind: must be numeric or categorical, is {kind!r}")
    if np.ndim(values) != 1:
        raise ValueError(f"reference: must be one-dimensional, has shape {np.shape(values)}")
    listed = pd.Series(np.asarray(values)).infer_objects()
    numbers = pd.api.types.is_numeric_dtype(listed) and not pd.api.types.is_bool_dtype(listed)
    make = numeric_bins if kind == "numeric" or (kind is None and numbers) else categorical_bins
    return FeatureCounts.from_values(make("feature", values), values)


def drift_series(
    reference: FeatureCounts, days: Sequence[FeatureCounts], level: float = 0.95
) -> list[Drift]:
    """Return the drift of each of `days` (or windows) from `reference`, all at once.

    Raises ValueError where counts are over other bins than the reference's, or the reference's
    values are too large for a float to hold the squares of their distances.
    """
    bins = reference.bins
    if max(abs(bins.low or 0.0), abs(bins.high or 0.0)) > _LARGEST:
        raise ValueError(f"reference: {bins.name} must not exceed {_LARGEST:g} in size")
    for index, day in enumerate(days):
        if day.bins is not bins and day.bins != bins:
            raise ValueError(f"current: counts over other bins than the reference's, day {index}")
    confidence_level(level)
    base_missing = proportion(reference.missing, reference.n_cases, level=level)
    if not days:
        return []
    counts = np.stack([day.counts for day in days])
    n, absent = counts.sum(axis=1), np.array([day.missing for day in days])
    missing = _rates(absent, n + absent, level)
    outside = _rates(np.array([day.outside for day in days]), n, level)
    unfit_for = f"not of {bins.kind} features"
    unfit = [Estimate.missing(of, None, unfit_for) for of in n.tolist()]
    new, beyond = (unfit, outside) if bins.kind == "numeric" else (outside, unfit)
    moved = _distances(reference, counts, level)
    scales = _scale_factors(reference, counts)
    rows = zip(moved, missing, new, beyond, scales, strict=True)
    return [
        Drift(*four, gone, estimate_difference(gone, base_missing), unseen, away, scale)
        for four, gone, unseen, away, scale in rows
    ]


def _rates(events: IntArray, n: IntArray, level: float) -> list[Estimate]:
    """Return proportions with Wilson intervals, many at once."""
    found = proportions(events, n, "wilson", level)
    error = np.sqrt(found.value * (1 - found.value) / np.maximum(n, 1))
    columns = [x.tolist() for x in (found.value, found.low, found.high, error, n, events)]
    return [
        Estimate(value, low, high, spread, of, count, "Wilson")
        if of
        else Estimate.missing(0, 0, "Wilson")
        for value, low, high, spread, of, count in zip(*columns, strict=True)
    ]


def _scale_factors(base: FeatureCounts, counts: IntArray) -> list[float | None]:
    """Return the ratio of each day's median, a bin's centre, to the reference's."""
    low, high, before = base.bins.low, base.bins.high, base.median()
    if not before or low is None or high is None or low < 0 < high:
        return [None] * len(counts)
    upto = np.cumsum(counts, axis=1)
    middle = np.argmax(upto >= upto[:, -1:] / 2, axis=1)
    with np.errstate(over="ignore"):
        ratios = np.array(base.bins.centres)[middle] / before
    known = (upto[:, -1] > 0) & np.isfinite(ratios)
    return [ratio if there else None for ratio, there in zip(ratios.tolist(), known, strict=True)]


def _distances(base: FeatureCounts, counts: IntArray, level: float) -> list[_Four]:
    """Return PSI, Jensen-Shannon, KS and Wasserstein of each day; no value on days without any."""
    numeric = base.bins.kind == "numeric"
    names = _NUMERIC if numeric else _CATEGORICAL
    none = _four([Estimate.missing(0, None, name) for name in names])
    filled = counts.sum(axis=1) > 0
    if not filled.any() or not base.n:
        return [none] * len(counts)
    after = counts[filled]
    n = after.sum(axis=1)
    cells = _in_cells(base, after)
    unstable, diverged, apart = _missed(cells[0], n, level)
    z = float(special.ndtri((1 + level) / 2))
    columns = [
        _stability(distances.psi(*cells), n, z, unstable),
        _rooted(distances.jensen_shannon(*cells), n, z, names[1], diverged),
    ]
    if numeric:
        # Bins that nobody fills move no distribution; there are ten of them to each that is filled.
        held = (base.counts > 0) | after.any(axis=0)
        before, now = base.counts[held], after[:, held]
        gap, moved = distances.ordered(before, now, np.array(base.bins.centres)[held])
        columns.append(_rooted(gap, n, z, names[2], apart))
        columns.append(_rooted(moved, n, z, names[3], apart, math.inf))
    else:
        columns.append(_rooted(distances.total_variation(*cells), n, z, names[2], apart))
        columns.append([Estimate.missing(count, None, names[3]) for count in n.tolist()])
    rows = iter(zip(*columns, strict=True))
    return [_four(next(rows)) if has_any else none for has_any in filled.tolist()]


def _missed(
    before: IntArray, n: IntArray, level: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return PSI, Jensen-Shannon and total variation that samples of a constant miss: (days,) each.

    Where reference (cells,) and day are of one value each nothing tells their spread: as many of
    the day's n cases may truly lie elsewhere as the smaller sample can miss (Clopper-Pearson's
    limit). All 0 where the reference has more cells than one: its spread tells.
    """
    if np.count_nonzero(before) > 1:
        return np.zeros(len(n)), np.zeros(len(n)), np.zeros(len(n))
    reference = int(before.sum())
    share = 1 - ((1 - level) / 2) ** (1 / np.minimum(n, reference))
    others = np.ceil(share * n).astype(np.int64)
    cells = np.array([reference, 0]), np.column_stack([n - others, others])
    found = [distances.psi, distances.jensen_shannon, distances.total_variation]
    unstable, diverged, apart = (distance(*cells) for distance in found)
    return unstable.statistic, diverged.root, apart.root


def _four(row: Sequence[Estimate]) -> _Four:
    psi, jensen_shannon, ks, wasserstein = row
    return psi, jensen_shannon, ks, wasserstein


def _in_cells(base: FeatureCounts, after: IntArray) -> tuple[IntArray, IntArray]:
    """Return the reference's and the days' counts per cell."""
    member = base.bins.cells(base.counts)
    order = np.argsort(member, kind="stable")
    first = np.unique(member[order], return_index=True)[1]
    before = np.add.reduceat(base.counts[order], first)
    return before, np.add.reduceat(after[:, order], first, axis=1)


def _stability(found: Distance, n: IntArray, z: float, missed: FloatArray) -> list[Estimate]:
    """Return PSI with its null expectation taken off.

    The true PSI is never below 0, so the interval is cut there (but for a negative estimate).
    Without any spread it reaches to what the samples may have `missed`.
    """
    value, error = found.statistic - found.most, found.error
    low, high = distance_limits(found, z)
    low = np.maximum(np.minimum(low, value), np.minimum(value, 0.0))
    high = np.where(error > 0, np.maximum(np.maximum(high, value), 0.0), missed)
    return _estimates(value, low, high, error, n, "PSI less its null expectation")


def _rooted(
    found: Distance, n: IntArray, z: float, name: str, missed: FloatArray, largest: float = 1.0
) -> list[Estimate]:
    """Return a distance, its interval with what chance adds to its square taken off.

    Without any spread it reaches to what the samples may have `missed`, a distance without bound to
    no limit: two constants tell how far apart they are, not where the cases lie that they miss.
    """
    value, off = found.root, found.error
    lowest, highest = (np.sqrt(np.maximum(limit, 0.0)) for limit in distance_limits(found, z))
    scale = 2 * np.maximum(value, np.sqrt(found.most))
    error = np.divide(off, scale, out=np.zeros_like(scale), where=scale > 0)
    held = value * np.maximum(1 - 2 * missed, 0.0)
    low = np.where(off > 0, np.minimum(lowest, value), held)
    unseen = missed if largest < math.inf else largest
    high = np.where(off > 0, np.minimum(highest, largest), unseen)
    return _estimates(value, low, np.maximum(high, value), error, n, name)


def _estimates(
    value: FloatArray, low: FloatArray, high: FloatArray, error: FloatArray, n: IntArray, name: str
) -> list[Estimate]:
    method = f"{name}, from bins, limits by inversion"
    highest: list[float | None] = high.tolist()
    if np.isinf(high).any():
        highest = [None if end == math.inf else end for end in highest]
    columns = (value.tolist(), low.tolist(), highest, error.tolist(), n.tolist())
    return [Estimate(*row, None, method) for row in zip(*columns, strict=True)]


def domain_classifier(
    reference: ArrayLike, current: ArrayLike, seed: int = 0, level: float = 0.95
) -> Estimate:
    """Return the cross-validated AUROC of telling `current` (m, k) from `reference` (n, k) rows.

    0.5 means indistinguishable. Heavier than `drift`: it fits a boosted classifier five times, and
    sees joint changes that no single feature shows (Rabanser, Günnemann & Lipton, 2019).

    Raises ValueError for other shapes or fewer than 10 rows a side.
    """
    from aiops_pipelines.statistics.ranking import auroc

    a, b = numbers("reference", reference), numbers("current", current)
    whole("seed", seed, most=2**32 - 1)
    confidence_level(level)
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ValueError(f"current: must be (m, k) like the reference, are {a.shape} and {b.shape}")
    if min(len(a), len(b)) < 10:
        raise ValueError("reference, current: need at least 10 rows each")
    for name, rows in (("reference", a), ("current", b)):
        infinite = np.isinf(rows).max(axis=1, initial=False)
        refuse(name, "must be finite, or NaN for missing", infinite, rows)
    origin = np.repeat([0, 1], [len(a), len(b)])
    return auroc(chance_of_current(a, b, seed, max_depth=4), origin, level=level)
