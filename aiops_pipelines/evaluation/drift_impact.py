"""Drift that matters: what a drifted feature is expected to do to performance.

Reads the reference's scored cases, since daily statistics hold each feature without its score; so
it is asked only of features that warn or breach. AUROC for binary outputs, the share not exactly
right for classes, the mean absolute error for continuous ones.
"""

import numpy as np
import pandas as pd

from aiops_pipelines.evaluation.window import History, Window
from aiops_pipelines.portfolio import Task
from aiops_pipelines.statistics import (
    Estimate,
    FeatureBins,
    expected_auroc_change,
    expected_mean_change,
)
from aiops_pipelines.statistics.arguments import IntArray

METRIC = "expected_change"
UNKNOWN_SHARE = 0.10
"""From this share of values that the reference never held on, nothing is expected of the others."""

OF = {
    Task.BINARY: "AUROC",
    Task.ORDINAL: "the share not exactly right",
    Task.MULTICLASS: "the share not exactly right",
    Task.REGRESSION: "the mean absolute error",
}


def expected_change(history: History, window: Window, feature: str) -> Estimate | None:
    """Return the change of performance to expect if only `feature` had moved as it did.

    None under partial verification, where the labelled cases of the reference are no sample of it,
    and where the reference has no label.
    """
    system = history.system
    if system.truth.scheme == "partial" or feature not in history.profile.features:
        return None
    base, now = history.reference.feature(feature), window.feature(feature)
    if base.n == 0:
        return None
    if now.n_cases and now.outside / now.n_cases > UNKNOWN_SHARE:
        return Estimate.missing(now.n_cases, None, "the reference holds no such values")
    cases = history.reference_cases
    if cases.empty:
        return None
    member = base.bins.cells(base.counts)
    missing = int(member.max()) + 1
    cell = _cells(base.bins, member, cases[feature], system.output.classes)
    current = np.append(np.bincount(member, now.counts, missing), now.missing)
    score, label = cases["score"].to_numpy(), cases["label"].to_numpy()
    if system.output.task is Task.BINARY:
        edges = history.profile.coarse(system)
        place = cell * (len(edges) + 1) + np.searchsorted(edges, score, side="right")
        shape = (missing + 1, len(edges) + 1)
        counts = [
            np.bincount(place[label == side], minlength=shape[0] * shape[1]).reshape(shape)
            for side in (1, 0)
        ]
        return expected_auroc_change(counts[0], counts[1], current)
    wrong = np.abs(score - label)
    error = wrong if system.output.task is Task.REGRESSION else (wrong > 0).astype(np.float64)
    sums = [np.bincount(cell, each, missing + 1) for each in (np.ones(len(cell)), error, error**2)]
    return expected_mean_change(sums[0], sums[1], sums[2], current)


def _cells(
    bins: FeatureBins, member: IntArray, values: pd.Series, classes: tuple[str, ...]
) -> IntArray:
    """Return each case's cell; missing values have the cell after the last."""
    if bins.kind == "numeric":
        numbers = values.to_numpy(np.float64)
        cell = member[np.searchsorted(np.array(bins.edges), np.nan_to_num(numbers), side="right")]
    else:
        position = {name: place for place, name in enumerate(bins.categories)}
        named = values.map(lambda each: classes[int(each)]) if values.name == "score" else values
        found = named.astype(object).map(position).fillna(len(bins.categories))
        cell = member[found.to_numpy(np.int64)]
    absent: IntArray = np.where(values.isna().to_numpy(), int(member.max()) + 1, cell)
    return absent
