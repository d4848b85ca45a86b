"""How far a feature has moved from its reference: effect sizes, their null expectation taken off.

Never a p-value: at large n it finds what doesn't matter. Sources: Yurdakul (2018) for the null
distribution of PSI; Lin (1991) for the Jensen-Shannon divergence.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from aiops_pipelines.statistics.arguments import FloatArray, IntArray, confidence_level
from aiops_pipelines.statistics.estimate import Estimate
from aiops_pipelines.statistics.features import (
    FeatureCounts,
    FeatureKind,
    categorical_bins,
    numeric_bins,
)
from aiops_pipelines.statistics.proportions import proportion, proportion_difference

REPLICATES = 400
SMOOTHING = 0.5


@dataclass(frozen=True, slots=True)
class Drift:
    """The drift of one feature.

    `psi` is in nats, its null expectation taken off, so that it may be slightly negative;
    `jensen_shannon` a distance in [0, 1] (base 2); `ks` the greatest gap between distributions over
    the bins; `wasserstein` in units of the feature, approximate since from bins (None for
    categories). `scale_factor` is the ratio of medians, current to reference.
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
    kind: FeatureKind = "numeric",
    level: float = 0.95,
    seed: int = 0,
) -> Drift:
    """Return the drift of `current` from `reference`: values (n,) and (m,), or counts of both.

    Raises ValueError where the reference has no values, or counts are over different bins.
    """
    base, now = _counts(reference, current, kind)
    if base.bins != now.bins:
        raise ValueError("current: counts over other bins than the reference's")
    return Drift(
        *_distances(base, now, level, seed),
        proportion(now.missing, now.n_cases, level=level),
        proportion_difference(now.missing, now.n_cases, base.missing, base.n_cases, level=level),
        _share(now.outside if base.bins.kind == "categorical" else 0, now, level),
        _share(now.outside if base.bins.kind == "numeric" else 0, now, level),
        _scale_factor(base, now),
    )


def _counts(
    reference: ArrayLike | FeatureCounts, current: ArrayLike | FeatureCounts, kind: FeatureKind
) -> tuple[FeatureCounts, FeatureCounts]:
    if isinstance(reference, FeatureCounts):
        base = reference
    else:
        make = numeric_bins if kind == "numeric" else categorical_bins
        base = FeatureCounts.from_values(make("feature", reference), reference)
    if isinstance(current, FeatureCounts):
        return base, current
    return base, FeatureCounts.from_values(base.bins, current)


def _share(count: int, now: FeatureCounts, level: float) -> Estimate:
    return proportion(count, now.n, level=level)


def _scale_factor(base: FeatureCounts, now: FeatureCounts) -> float | None:
    before, after = base.median(), now.median()
    return after / before if before and after is not None else None


def _distances(
    base: FeatureCounts, now: FeatureCounts, level: float, seed: int
) -> tuple[Estimate, Estimate, Estimate, Estimate]:
    n, m = base.n, now.n
    names = ("PSI", "Jensen-Shannon", "KS", "Wasserstein")
    methods = [f"{name} from bins, multinomial bootstrap" for name in names]
    numeric = base.bins.kind == "numeric"
    if n == 0 or m == 0:
        psi, divergence, ks, distance = (Estimate.missing(m, None, method) for method in methods)
        return psi, divergence, ks, distance
    values = _measured(base, base.counts[None, :], now.counts[None, :])
    random = np.random.default_rng(seed)
    drawn = _measured(
        base,
        random.multinomial(n, base.counts / n, REPLICATES),
        random.multinomial(m, now.counts / m, REPLICATES),
    )
    bins = int(np.count_nonzero(base.counts + now.counts))
    bias = (bins - 1) * (1 / n + 1 / m)
    found = []
    for name, method in zip(names, methods, strict=True):
        if name == "Wasserstein" and not numeric:
            found.append(Estimate.missing(m, None, "categories have no distance"))
            continue
        off = bias if name == "PSI" else 0.0
        found.append(_interval(float(values[name][0]), drawn[name], off, m, method, level))
    return found[0], found[1], found[2], found[3]


def _interval(
    value: float, drawn: FloatArray, bias: float, n: int, method: str, level: float
) -> Estimate:
    """Return the debiased value with a normal interval of the bootstrap's spread.

    Resampling adds the null's bias once more, so the replicates' centre is not used, only their
    spread; a distance is never below 0, so neither is the interval (but for the debiased PSI).
    """
    error = float(drawn.std(ddof=1))
    reach = float(stats.norm.ppf((1 + confidence_level(level)) / 2)) * error
    estimate = value - bias
    floor = min(estimate, 0.0)
    return Estimate(
        estimate, max(estimate - reach, floor), estimate + reach, error, n, None, method
    )


def _measured(base: FeatureCounts, before: IntArray, after: IntArray) -> dict[str, FloatArray]:
    """Return the four distances of count vectors (replicates, bins)."""
    p, q = _shares(before), _shares(after)
    smooth_p, smooth_q = _shares(before, SMOOTHING), _shares(after, SMOOTHING)
    middle = (p + q) / 2
    divergence = (_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2
    gaps = np.abs(np.cumsum(p - q, axis=-1))
    numeric = base.bins.kind == "numeric"
    widths = np.diff(np.array(base.bins.centres)) if numeric else np.zeros(0)
    return {
        "PSI": np.sum((smooth_q - smooth_p) * np.log(smooth_q / smooth_p), axis=-1),
        "Jensen-Shannon": np.sqrt(np.maximum(divergence / math.log(2), 0.0)),
        "KS": gaps.max(axis=-1) if numeric else np.abs(p - q).sum(axis=-1) / 2,
        "Wasserstein": gaps[:, :-1] @ widths if numeric else np.zeros(len(p)),
    }


def _shares(counts: IntArray, added: float = 0.0) -> FloatArray:
    smoothed = counts.astype(np.float64) + added
    share: FloatArray = smoothed / smoothed.sum(axis=-1, keepdims=True)
    return share


def _relative_entropy(p: FloatArray, q: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p > 0, p * np.log(p / q), 0.0)
    total: FloatArray = terms.sum(axis=-1)
    return total


def domain_classifier(
    reference: ArrayLike, current: ArrayLike, seed: int = 0, level: float = 0.95
) -> Estimate:
    """Return the cross-validated AUROC of telling `current` (m, k) from `reference` (n, k) rows.

    0.5 means indistinguishable. Heavier than `drift`: it fits a boosted classifier five times, and
    sees joint changes that no single feature shows (Rabanser, Günnemann & Lipton, 2019).

    Raises ValueError for other shapes or fewer than 10 rows a side.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    from aiops_pipelines.statistics.ranking import auroc

    a, b = np.asarray(reference, dtype=np.float64), np.asarray(current, dtype=np.float64)
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ValueError(f"current: must be (m, k) like the reference, are {a.shape} and {b.shape}")
    if min(len(a), len(b)) < 10:
        raise ValueError("reference, current: need at least 10 rows each")
    origin = np.repeat([0, 1], [len(a), len(b)])
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    model = HistGradientBoostingClassifier(max_depth=4, random_state=seed)
    chance = cross_val_predict(model, np.vstack([a, b]), origin, cv=folds, method="predict_proba")
    return auroc(chance[:, 1], origin, level=level)
