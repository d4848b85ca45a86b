"""The metrics a limit or clause may name: one row each, with area, tasks and good direction.

Adding a metric is one row here and one function in `evaluation`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Area(StrEnum):
    """The areas in which a system gets a verdict, in the order people read them."""

    INTEGRITY = "integrity"
    DATA_QUALITY = "data quality"
    PERFORMANCE = "performance"
    CALIBRATION = "calibration"
    DRIFT = "drift"
    BIAS = "bias"
    SLA = "SLA"


class Task(StrEnum):
    """What a system's output is."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    ORDINAL = "ordinal"
    REGRESSION = "regression"


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of the portfolio: its area, the tasks it fits, and how it is read.

    `title` is what people see; `unit` is "" for proportions and pure numbers, "output" for the
    unit of the system's output; `per` names what one row of it belongs to besides the stratum:
    "operating point", "feature" or "" for the whole system.
    """

    name: str
    title: str
    area: Area
    tasks: frozenset[Task]
    unit: str = ""
    per: str = ""


_BINARY = frozenset({Task.BINARY})
_CLASSES = frozenset({Task.MULTICLASS, Task.ORDINAL})
_REGRESSION = frozenset({Task.REGRESSION})
_ALL = frozenset(Task)


def _table(*metrics: Metric) -> Mapping[str, Metric]:
    return {metric.name: metric for metric in metrics}


METRICS: Mapping[str, Metric] = _table(
    Metric("auroc", "AUROC", Area.PERFORMANCE, _BINARY),
    Metric("average_precision", "average precision", Area.PERFORMANCE, _BINARY),
    Metric("brier", "Brier score", Area.PERFORMANCE, _BINARY),
    Metric("brier_skill", "Brier skill score", Area.PERFORMANCE, _BINARY),
    Metric("brier_resolution", "Brier resolution", Area.PERFORMANCE, _BINARY),
    Metric("brier_uncertainty", "Brier uncertainty", Area.PERFORMANCE, _BINARY),
    Metric("log_loss", "log loss", Area.PERFORMANCE, _BINARY),
    Metric("sensitivity", "sensitivity", Area.PERFORMANCE, _BINARY, per="operating point"),
    Metric("specificity", "specificity", Area.PERFORMANCE, _BINARY, per="operating point"),
    Metric("ppv", "PPV", Area.PERFORMANCE, _BINARY, per="operating point"),
    Metric("npv", "NPV", Area.PERFORMANCE, _BINARY, per="operating point"),
    Metric(
        "false_negative_rate",
        "false-negative rate",
        Area.PERFORMANCE,
        _BINARY,
        per="operating point",
    ),
    Metric(
        "positive_likelihood_ratio",
        "positive likelihood ratio",
        Area.PERFORMANCE,
        _BINARY,
        per="operating point",
    ),
    Metric(
        "negative_likelihood_ratio",
        "negative likelihood ratio",
        Area.PERFORMANCE,
        _BINARY,
        per="operating point",
    ),
    Metric("quadratic_weighted_kappa", "quadratic weighted kappa", Area.PERFORMANCE, _CLASSES),
    Metric("accuracy", "exact agreement", Area.PERFORMANCE, _CLASSES),
    Metric("within_one", "agreement within one grade", Area.PERFORMANCE, frozenset({Task.ORDINAL})),
    Metric("mae", "mean absolute error", Area.PERFORMANCE, _REGRESSION, unit="output"),
    Metric("rmse", "root mean squared error", Area.PERFORMANCE, _REGRESSION, unit="output"),
    Metric("r_squared", "R squared", Area.PERFORMANCE, _REGRESSION),
    Metric(
        "limit_of_agreement_low",
        "lower limit of agreement",
        Area.PERFORMANCE,
        _REGRESSION,
        unit="output",
    ),
    Metric(
        "limit_of_agreement_high",
        "upper limit of agreement",
        Area.PERFORMANCE,
        _REGRESSION,
        unit="output",
    ),
    Metric(
        "calibration_intercept",
        "calibration intercept",
        Area.CALIBRATION,
        frozenset({Task.BINARY, Task.REGRESSION}),
    ),
    Metric(
        "calibration_slope",
        "calibration slope",
        Area.CALIBRATION,
        frozenset({Task.BINARY, Task.REGRESSION}),
    ),
    Metric("observed_expected_ratio", "observed to expected ratio", Area.CALIBRATION, _BINARY),
    Metric("expected_calibration_error", "expected calibration error", Area.CALIBRATION, _BINARY),
    Metric("brier_reliability", "Brier reliability", Area.CALIBRATION, _BINARY),
    Metric("spiegelhalter_z", "Spiegelhalter's z", Area.CALIBRATION, _BINARY),
    Metric("grade_bias", "mean grade difference", Area.CALIBRATION, frozenset({Task.ORDINAL})),
    Metric("mean_error", "mean error", Area.CALIBRATION, _REGRESSION, unit="output"),
    Metric("psi", "PSI", Area.DRIFT, _ALL, per="feature"),
    Metric("jensen_shannon", "Jensen-Shannon distance", Area.DRIFT, _ALL, per="feature"),
    Metric("ks", "Kolmogorov-Smirnov distance", Area.DRIFT, _ALL, per="feature"),
    Metric("wasserstein", "Wasserstein distance", Area.DRIFT, _ALL, per="feature"),
    Metric("psi_recent", "PSI against the weeks before", Area.DRIFT, _ALL, per="feature"),
    Metric("new_category_rate", "new categories", Area.DRIFT, _ALL, per="feature"),
    Metric("out_of_range_rate", "values outside the reference", Area.DRIFT, _ALL, per="feature"),
    Metric("missing_rate", "missing values", Area.DRIFT, _ALL, per="feature"),
    Metric("flag_rate", "flag rate", Area.DRIFT, _BINARY, per="operating point"),
    Metric("sensitivity_gap", "sensitivity gap", Area.BIAS, _BINARY, per="operating point"),
    Metric("ppv_gap", "PPV gap", Area.BIAS, _BINARY, per="operating point"),
    Metric("specificity_gap", "specificity gap", Area.BIAS, _BINARY, per="operating point"),
    Metric("flag_rate_gap", "flag rate gap", Area.BIAS, _BINARY, per="operating point"),
    Metric("accuracy_gap", "exact agreement gap", Area.BIAS, _CLASSES),
    Metric("mean_error_gap", "mean error gap", Area.BIAS, _REGRESSION, unit="output"),
)

RATES = frozenset({"sensitivity", "specificity", "ppv", "npv", "false_negative_rate", "accuracy"})
"""Metrics that are a share of cases: their evidence is exact daily counts."""
