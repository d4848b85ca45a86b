"""One task of ours: python -m benchmarks.speed.ours TASK ROWS FOLDER."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from aiops_pipelines.statistics import (
    FeatureCounts,
    Histogram,
    auroc,
    compare_auroc,
    count_groups,
    drift_series,
    exact_metrics,
    numeric_bins,
    proportions,
    reference_edges,
)
from benchmarks.speed import inputs
from benchmarks.speed.timing import Task, serve


def sort(folder: Path, rows: int) -> Task:
    score, _, _ = inputs.cases(folder, rows)
    return lambda: np.sort(score)


def exact(folder: Path, rows: int) -> Task:
    score, _, label = inputs.cases(folder, rows)
    return lambda: exact_metrics(score, label, [0.2])


def delong(folder: Path, rows: int) -> Task:
    score, _, label = inputs.cases(folder, rows)
    return lambda: auroc(score, label)


def paired(folder: Path, rows: int) -> Task:
    a, b, label = inputs.cases(folder, rows)
    return lambda: compare_auroc(a, b, label)


def histogram(folder: Path, rows: int) -> Task:
    score, _, label = inputs.cases(folder, rows)
    edges = reference_edges(score[:10_000], [0.2])
    return lambda: Histogram.from_cases(score, label, edges)


def binned(folder: Path, rows: int) -> Task:
    score, _, label = inputs.cases(folder, rows)
    edges = reference_edges(score[:10_000], [0.2])

    def task() -> None:
        held = Histogram.from_cases(score, label, edges)
        held.auroc(), held.average_precision(), held.brier(), held.log_loss()
        held.calibration(), held.operating_point(0.2)

    return task


def bootstrap(folder: Path, rows: int) -> Task:
    score, _, label = inputs.cases(folder, rows)
    held = Histogram.from_cases(score, label, reference_edges(score[:10_000], [0.2]))
    return lambda: held.bootstrap("auroc", 1000)


def subgroups(folder: Path, rows: int) -> Task:
    score, _, label = inputs.cases(folder, rows)
    codes = inputs.groups(folder, rows)
    names = {name: [str(i) for i in range(number)] for name, number in inputs.GROUPS.items()}

    def task() -> None:
        cells = count_groups(score >= 0.2, label, codes, names)
        tp, fp, fn, tn = (
            np.array([getattr(cell, name) for cell in cells]) for name in ("tp", "fp", "fn", "tn")
        )
        proportions(tp, tp + fn)
        proportions(fp, fp + tn)
        proportions(tp + fp, tp + fp + fn + tn)

    return task


def drift(folder: Path, rows: int) -> Task:
    table = pd.read_parquet(folder / "drift.parquet").head(rows)
    draw = np.random.default_rng(1)
    reference = {f"f{i}": draw.normal(size=50_000) for i in range(inputs.FEATURES)}

    def task() -> None:
        codes, days = pd.factorize(table["day"])
        for name, values in reference.items():
            bins = numeric_bins(name, values)
            counts = FeatureCounts.of_groups(bins, table[name], codes, len(days))
            drift_series(FeatureCounts.from_values(bins, values), counts)

    return task


def drift_from_counts(folder: Path, rows: int) -> Task:
    table = pd.read_parquet(folder / "drift.parquet").head(rows)
    draw = np.random.default_rng(1)
    held = []
    for name in (f"f{i}" for i in range(inputs.FEATURES)):
        values = draw.normal(size=50_000)
        bins = numeric_bins(name, values)
        days = [FeatureCounts.from_values(bins, day) for _, day in table.groupby("day")[name]]
        held.append((FeatureCounts.from_values(bins, values), days))
    return lambda: [drift_series(reference, days) for reference, days in held]


TASKS = {
    "sort": sort,
    "exact": exact,
    "delong": delong,
    "paired": paired,
    "histogram": histogram,
    "binned": binned,
    "bootstrap": bootstrap,
    "subgroups": subgroups,
    "drift": drift,
    "drift-from-counts": drift_from_counts,
}

if __name__ == "__main__":
    serve(TASKS[sys.argv[1]](Path(sys.argv[3]), int(sys.argv[2])))
