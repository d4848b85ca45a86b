"""Calls every compiled kernel of the statistics, so that installation can compile them."""

import numpy as np

from aiops_pipelines.statistics.exact import exact_metrics
from aiops_pipelines.statistics.features import FeatureCounts, numeric_bins
from aiops_pipelines.statistics.histogram import Histogram
from aiops_pipelines.statistics.ranking import auroc, average_precision, compare_auroc
from aiops_pipelines.statistics.score_edges import reference_edges
from aiops_pipelines.statistics.subgroup_counts import count_groups


def compile_kernels() -> None:
    """Run each compiled kernel on a few cases, so that its machine code is cached on disk."""
    score, label = np.array([0.2, 0.7, 0.4]), np.array([0, 1, 1])
    Histogram.from_cases(score, label, reference_edges(score, [0.5]))
    exact_metrics(score, label, [0.5])
    exact_metrics(np.tile(score, 10_000), np.tile(label, 10_000))
    average_precision(score, label)
    auroc(score - 1, label)
    compare_auroc(score, -score, label)
    FeatureCounts.from_values(numeric_bins("score", score), score)
    count_groups(score > 0.5, label, {"sex": label}, {"sex": ("F", "M")}, score=score)
