"""Why did it drop: prevalence, case mix, or the model itself, and in which slices.

Knows a metric of reference and current cases by slice and label; hands on parts that add up to
the change of its mean. Headline: distribution shift decomposition of Cai, Namkoong & Yadlowsky
(2023) over the slices' shared mix. By slice: Shapley values of the mechanisms (Zhang, Singh,
Ghassemi & Joshi 2023, "Why did the model fail?").
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from aiops_pipelines.statistics.arguments import (
    MANY,
    FloatArray,
    binary,
    confidence_level,
    nonnegative,
    random_numbers,
    real,
    same_length,
    whole,
)
from aiops_pipelines.statistics.estimate import Estimate
from aiops_pipelines.statistics.shift_parts import Parts, headline, shapley
from aiops_pipelines.statistics.tails import normal_quantile

REPLICATES = 400
_LARGEST = 1e140
METHOD = "shift decomposition, parametric bootstrap"


@dataclass(frozen=True, slots=True)
class ShiftCells:
    """Two periods' sums by slice and label: mergeable, free of patients.

    `count`, `total` and `square` (cases, sum of the metric, sum of its square) have shape
    (2, slices, labels): period 0 is the reference, 1 the current one; labels are (0, 1), or a
    single one where they are not known.
    """

    slices: tuple[str, ...]
    count: FloatArray
    total: FloatArray
    square: FloatArray

    def __post_init__(self) -> None:
        for name in ("count", "total", "square"):
            array = getattr(self, name)
            if array.shape[:2] != (2, len(self.slices)) or array.shape[2:] not in ((1,), (2,)):
                raise ValueError(f"{name}: must be 2 x slices x 1 or 2, has shape {array.shape}")
            real(name, array.ravel())
        nonnegative("count", self.count.ravel())
        if not (self.count.sum(axis=(1, 2)) > 0).all():
            raise ValueError("count: each period must hold at least one case")

    @classmethod
    def from_cases(
        cls,
        reference: ArrayLike,
        reference_slice: ArrayLike,
        current: ArrayLike,
        current_slice: ArrayLike,
        reference_label: ArrayLike | None = None,
        current_label: ArrayLike | None = None,
    ) -> Self:
        """Return the sums over cases; arguments as in `decompose_shift`."""
        if (reference_label is None) != (current_label is None):
            raise ValueError("current_label: labels must be given for both periods or for neither")
        metrics = (
            real("reference", reference, largest=_LARGEST),
            real("current", current, largest=_LARGEST),
        )
        for name, metric in zip(("reference", "current"), metrics, strict=True):
            if not len(metric):
                raise ValueError(f"{name}: must hold at least one case")
        slices = np.asarray(reference_slice).astype(str), np.asarray(current_slice).astype(str)
        same_length(reference=metrics[0], reference_slice=slices[0])
        same_length(current=metrics[1], current_slice=slices[1])
        labels = [np.zeros(len(metric), dtype=np.int64) for metric in metrics]
        if reference_label is not None and current_label is not None:
            labels = [
                binary("reference_label", reference_label).astype(np.int64),
                binary("current_label", current_label).astype(np.int64),
            ]
            same_length(reference=metrics[0], reference_label=labels[0])
            same_length(current=metrics[1], current_label=labels[1])
        names, codes = np.unique(np.concatenate(slices), return_inverse=True)
        width = 1 if reference_label is None else 2
        period = np.repeat([0, 1], [len(metrics[0]), len(metrics[1])])
        place = (period * len(names) + codes) * width + np.concatenate(labels)
        shape = (2, len(names), width)
        values = np.concatenate(metrics)
        sums = [
            np.bincount(place, weights, int(np.prod(shape))).reshape(shape).astype(np.float64)
            for weights in (np.ones(len(values)), values, values**2)
        ]
        return cls(tuple(names.tolist()), *sums)


@dataclass(frozen=True, slots=True)
class SliceShare:
    """What one slice adds to the change: Shapley values, in the metric's units.

    `mix` is for its changed share of cases, `prevalence` for its changed share of positives (0
    without labels), `concept` for the changed metric given the label. `share` is `total` over the
    whole change, None where nothing changed.
    """

    name: str
    n_reference: int
    n_current: int
    mix: float
    prevalence: float
    concept: float
    total: float
    share: float | None


@dataclass(frozen=True, slots=True)
class ShiftDecomposition:
    """The change of a mean from reference to current, and its parts.

    `total` is current minus reference. `mix_shared` (more of the hard slices that both periods
    hold), `prevalence` and `concept` (both at the shared mix) and `mix_new` (slices rare or unseen
    before) add up to it; they have no value where no slice is found in both periods (`overlap`
    0). Without labels `prevalence` has none and `concept` holds all that changed within slices. The
    totals of `slices` add up to `total` as well, but answer another question: who contributed,
    averaged over the orders in which things may have changed.
    """

    total: Estimate
    mix_shared: Estimate
    prevalence: Estimate
    concept: Estimate
    mix_new: Estimate
    overlap: float
    slices: tuple[SliceShare, ...]
    n_reference: int
    n_current: int


def decompose_shift(
    reference: ArrayLike,
    reference_slice: ArrayLike,
    current: ArrayLike,
    current_slice: ArrayLike,
    reference_label: ArrayLike | None = None,
    current_label: ArrayLike | None = None,
    level: float = 0.95,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> ShiftDecomposition:
    """Return the parts of the change in mean of a per-case metric, one element a case.

    `reference` and `current` hold the metric (squared error, log loss, missed or not), the slices
    name each case's site, scanner, version or group, labels are 0/1. Raises ValueError for broken
    values, lengths that differ, an empty period, or labels given for one period only.
    """
    cells = ShiftCells.from_cases(
        reference, reference_slice, current, current_slice, reference_label, current_label
    )
    return decompose_shift_cells(cells, level, replicates, seed)


def decompose_shift_cells(
    cells: ShiftCells, level: float = 0.95, replicates: int = REPLICATES, seed: int = 0
) -> ShiftDecomposition:
    """Return the parts of the change from sums by slice and label.

    Standard errors come from `replicates` parametric bootstraps (Poisson counts, normal means; 0
    for none), the same for the same `seed`; intervals are normal.
    """
    confidence_level(level)
    replicates = whole("replicates", replicates, most=MANY)
    labelled = cells.count.shape[2] == 2
    mean = np.divide(
        cells.total, cells.count, out=np.zeros(cells.count.shape), where=cells.count > 0
    )
    point = headline(cells.count, mean)
    drawn = headline(*_replicates(cells, mean, replicates, seed)) if replicates else None

    n = int(cells.count.sum())

    def part(name: str, known: bool) -> Estimate:
        return _part(name, point, drawn, level, n) if known else Estimate.missing(n, None, METHOD)

    overlapping = float(point.overlap) > 0
    return ShiftDecomposition(
        total=part("total", True),
        mix_shared=part("mix_shared", overlapping),
        prevalence=part("prevalence", overlapping and labelled),
        concept=part("concept", overlapping),
        mix_new=part("mix_new", overlapping),
        overlap=float(point.overlap),
        slices=_slice_shares(cells, mean, float(point.total)),
        n_reference=int(cells.count[0].sum()),
        n_current=int(cells.count[1].sum()),
    )


def _replicates(
    cells: ShiftCells, mean: FloatArray, replicates: int, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Return bootstrap counts and means, shape (replicates, 2, slices, labels)."""
    rng = random_numbers(seed)
    shape = (replicates, *cells.count.shape)
    count = rng.poisson(cells.count, shape).astype(np.float64)
    # A period without a single case cannot be compared: keep the observed counts there.
    empty = count.sum(axis=(2, 3), keepdims=True) == 0
    count = np.where(empty, cells.count, count)
    variance = _variance(cells, mean)
    noise = rng.standard_normal(shape) * np.sqrt(variance / np.maximum(count, 1.0))
    return count, mean + noise


def _variance(cells: ShiftCells, mean: FloatArray) -> FloatArray:
    """Return the metric's variance in each cell, with two cases borrowed from its period.

    Without them a cell of three cases that agree would pass for one known exactly.
    """
    spread = np.maximum(cells.square - cells.count * mean**2, 0.0)
    cases = cells.count.sum(axis=(1, 2), keepdims=True)
    pooled = spread.sum(axis=(1, 2), keepdims=True) / cases
    variance: FloatArray = (spread + 2 * pooled) / (cells.count + 2)
    return variance


def _part(name: str, point: Parts, drawn: Parts | None, level: float, n: int) -> Estimate:
    value = float(getattr(point, name))
    known = np.zeros(0) if drawn is None else getattr(drawn, name)
    known = known[np.isfinite(known)]
    if len(known) < 2 or np.ptp(known) < 1e-12:
        return Estimate(value, None, None, None, n, None, METHOD)
    error = float(known.std(ddof=1))
    reach = normal_quantile((1 + level) / 2) * error
    return Estimate(value, value - reach, value + reach, error, n, None, METHOD)


def _slice_shares(cells: ShiftCells, mean: FloatArray, change: float) -> tuple[SliceShare, ...]:
    parts = shapley(cells.count, mean)
    totals = parts.mix + parts.prevalence + parts.concept
    cases = cells.count.sum(axis=2)
    return tuple(
        SliceShare(
            name=name,
            n_reference=int(cases[0, index]),
            n_current=int(cases[1, index]),
            mix=float(parts.mix[index]),
            prevalence=float(parts.prevalence[index]),
            concept=float(parts.concept[index]),
            total=float(totals[index]),
            share=float(totals[index]) / change if change else None,
        )
        for index, name in enumerate(cells.slices)
    )
