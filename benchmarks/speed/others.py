"""One task of another library: python -m benchmarks.speed.others TASK ROWS FOLDER, in their .venv.

Where a library would need hours, less of the same work is measured and multiplied: the factor is
stated in README.md beside the figure.
"""

import logging
import sys
import warnings
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.speed import inputs
from benchmarks.speed.timing import Task, serve

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)


def sklearn_six(folder: Path, rows: int) -> Task:
    from sklearn import calibration, metrics

    score, _, label = inputs.cases(folder, rows)

    def task() -> None:
        metrics.roc_auc_score(label, score)
        metrics.average_precision_score(label, score)
        metrics.brier_score_loss(label, score)
        metrics.log_loss(label, score)
        calibration.calibration_curve(label, score, n_bins=10, strategy="quantile")
        metrics.confusion_matrix(label, score >= 0.2)

    return task


def confidenceinterval_delong(folder: Path, rows: int) -> Task:
    import confidenceinterval

    score, _, label = inputs.cases(folder, rows)
    return lambda: confidenceinterval.roc_auc_score(label.astype(int), score)


def mlstatkit_delong(folder: Path, rows: int) -> Task:
    import MLstatkit

    a, b, label = inputs.cases(folder, rows)
    return lambda: MLstatkit.Delong_test(label.astype(int), a, b)


def confidenceinterval_bootstrap(folder: Path, rows: int) -> Task:
    from confidenceinterval.auc import roc_auc_score_bootstrap

    score, _, label = inputs.cases(folder, rows)
    return lambda: roc_auc_score_bootstrap(
        label.astype(int), score, method="bootstrap_percentile", n_resamples=10
    )


def fairlearn(folder: Path, rows: int, replicates: int | None) -> Task:
    from fairlearn import metrics

    score, _, label = inputs.cases(folder, rows)
    codes = inputs.groups(folder, rows)
    rates = {
        "sensitivity": metrics.true_positive_rate,
        "false-positive rate": metrics.false_positive_rate,
        "flag rate": metrics.selection_rate,
    }
    boot = {"n_boot": replicates, "ci_quantiles": [0.025, 0.975], "random_state": 0}

    def task() -> None:
        for names in [*combinations(codes, 1), *combinations(codes, 2)]:
            frame = metrics.MetricFrame(
                metrics=rates,
                y_true=label.astype(int),
                y_pred=(score >= 0.2).astype(int),
                sensitive_features=pd.DataFrame({name: codes[name] for name in names}),
                **(boot if replicates else {}),
            )
            _ = frame.by_group

    return task


def nannyml_drift(folder: Path, rows: int) -> Task:
    import nannyml

    nannyml.disable_usage_logging()
    table = pd.read_parquet(folder / "drift.parquet").head(rows)
    draw = np.random.default_rng(1)
    reference = pd.DataFrame({f"f{i}": draw.normal(size=50_000) for i in range(inputs.FEATURES)})
    reference["day"] = pd.date_range("2024-01-01", periods=50_000, freq="min")

    def task() -> None:
        calculator = nannyml.UnivariateDriftCalculator(
            column_names=[f"f{i}" for i in range(inputs.FEATURES)],
            timestamp_column_name="day",
            continuous_methods=["kolmogorov_smirnov", "jensen_shannon", "wasserstein"],
            chunk_period="D",
        )
        calculator.fit(reference).calculate(table)

    return task


def evidently_drift(folder: Path, rows: int) -> Task:
    from evidently import Report
    from evidently.presets import DataDriftPreset

    table = pd.read_parquet(folder / "drift.parquet").head(rows)
    draw = np.random.default_rng(1)
    names = [f"f{i}" for i in range(inputs.FEATURES)]
    reference = pd.DataFrame({name: draw.normal(size=50_000) for name in names})
    days = [day[names] for _, day in table.groupby("day")][:2]

    def task() -> None:
        for day in days:
            Report([DataDriftPreset()]).run(day, reference)

    return task


TASKS = {
    "sklearn-six": (sklearn_six, 1),
    "confidenceinterval-delong": (confidenceinterval_delong, 1),
    "mlstatkit-delong": (mlstatkit_delong, 1),
    "confidenceinterval-bootstrap": (confidenceinterval_bootstrap, 100),
    "fairlearn-plain": (lambda folder, rows: fairlearn(folder, rows, None), 1),
    "fairlearn-bootstrap": (lambda folder, rows: fairlearn(folder, rows, 2), 50),
    "nannyml-drift": (nannyml_drift, 1),
    "evidently-drift": (evidently_drift, inputs.DAYS / 2),
}

if __name__ == "__main__":
    prepare, factor = TASKS[sys.argv[1]]
    serve(prepare(Path(sys.argv[3]), int(sys.argv[2])), factor)
