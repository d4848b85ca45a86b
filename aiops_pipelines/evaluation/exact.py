"""Figures from the cases themselves, for a dispute: slower than daily statistics, and exact."""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pyarrow as pa

from aiops_pipelines.errors import LakeError
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import System, Task
from aiops_pipelines.statistics import Estimate, auroc, exact_metrics, ordinal, regression


def exact_figures(lake: Lake, system: System, start: date, end: date) -> Mapping[str, Estimate]:
    """Return the figures of all labelled cases from `start` to `end`, by name.

    The AUROC's interval takes a patient's cases as a cluster where patients are known.

    Raises:
        LakeError: no labelled case in those days.
    """
    tables = [table for _, table in lake.read_days("scored_cases", system.id, start, end)]
    cases = pa.concat_tables(tables).to_pandas() if tables else None
    cases = None if cases is None else cases[cases["label"].notna()]
    if cases is None or cases.empty:
        raise LakeError(f"{system.id}: no labelled cases from {start} to {end} in the lake")
    score, label = cases["score"].to_numpy(), cases["label"].to_numpy()
    if system.output.task is Task.REGRESSION:
        found = regression(score, label)
        return {"mean absolute error": found.mae, "mean error": found.bias}
    if system.output.task is not Task.BINARY:
        graded = ordinal(score, label, len(system.output.classes))
        return {
            "quadratic weighted kappa": graded.quadratic_weighted_kappa,
            "exact agreement": graded.accuracy,
        }
    known = cases["patient_id"].notna().all()
    points = system.output.operating_points
    exact = exact_metrics(score, label, [point.threshold for point in points])
    figures = {
        "AUROC": auroc(score, label, np.asarray(cases["patient_id"])) if known else exact.auroc,
        "average precision": exact.average_precision,
        "Brier score": exact.brier,
        "log loss": exact.log_loss,
        "expected calibration error": exact.ece,
    }
    for point, rates in zip(points, exact.operating_points, strict=True):
        figures[f"sensitivity at {point.name}"] = rates.sensitivity
        figures[f"specificity at {point.name}"] = rates.specificity
        figures[f"PPV at {point.name}"] = rates.ppv
    return figures
