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


def fairlearn(folder: Path, rows: int, resampled: bool) -> Task:
    """One call of the metrics; `resampled` as each of its bootstrap replicates draws the rows."""
    from fairlearn import metrics

    score, _, label = inputs.cases(folder, rows)
    codes = inputs.groups(folder, rows)
    rates = {
        "sensitivity": metrics.true_positive_rate,
        "false-positive rate": metrics.false_positive_rate,
        "flag rate": metrics.selection_rate,
    }
    truth, flagged = label.astype(int), (score >= 0.2).astype(int)
    draw = np.random.default_rng(0)

    def task() -> None:
        for names in [*combinations(codes, 1), *combinations(codes, 2)]:
            chosen = draw.integers(0, rows, rows) if resampled else slice(None)
            frame = metrics.MetricFrame(
                metrics=rates,
                y_true=truth[chosen],
                y_pred=flagged[chosen],
                sensitive_features=pd.DataFrame({name: codes[name][chosen] for name in names}),
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
    "fairlearn-plain": (lambda folder, rows: fairlearn(folder, rows, False), 1),
    "fairlearn-bootstrap": (lambda folder, rows: fairlearn(folder, rows, True), 100),
    "nannyml-drift": (nannyml_drift, 1),
    "evidently-drift": (evidently_drift, inputs.DAYS / 2),
}

if __name__ == "__main__":
    prepare, factor = TASKS[sys.argv[1]]
    serve(prepare(Path(sys.argv[3]), int(sys.argv[2])), factor)
