"""The suite for a day's predictions, built from what the portfolio says of the system.

Imports Great Expectations, so only import this module where a suite runs.
"""

from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation

from aiops_pipelines.portfolio import Feature, System, Task

RANGE_TOLERANCE = 0.99
"""Share of a feature's values that must lie in its range: instruments do err, units do not."""

CONSTANT_MINIMUM = 20
"""Rows from which a score that takes a single value is suspicious."""


def predictions_suite(system: System, rows: int) -> list[Expectation]:
    """Return the expectations for a day of `rows` predictions of `system`."""
    low, high = system.output.bounds
    suite: list[Expectation] = [
        gxe.ExpectColumnValuesToBeUnique(column="case_id", severity="critical"),
        gxe.ExpectColumnValuesToNotBeNull(column="score", severity="critical"),
        gxe.ExpectColumnValuesToBeBetween(
            column="score", min_value=low, max_value=high, severity="critical"
        ),
    ]
    if "version" in system.predictions.columns:
        suite.append(
            gxe.ExpectColumnValuesToNotBeNull(column="version", mostly=0.99, severity="warning")
        )
    if rows >= CONSTANT_MINIMUM:
        distinct = 2 if system.output.task in {Task.ORDINAL, Task.MULTICLASS} else rows // 10
        suite.append(
            gxe.ExpectColumnUniqueValueCountToBeBetween(
                column="score", min_value=max(2, min(distinct, 20)), severity="critical"
            )
        )
    for feature in system.features:
        suite += _feature(feature)
    for name in system.subgroups:
        suite.append(gxe.ExpectColumnValuesToNotBeNull(column=name, mostly=0.9, severity="warning"))
    return suite


def _feature(feature: Feature) -> list[Expectation]:
    suite: list[Expectation] = [
        gxe.ExpectColumnValuesToNotBeNull(column=feature.name, mostly=0.5, severity="warning")
    ]
    if feature.range is not None:
        low, high = feature.range
        suite.append(
            gxe.ExpectColumnValuesToBeBetween(
                column=feature.name,
                min_value=low,
                max_value=high,
                mostly=RANGE_TOLERANCE,
                severity="critical",
            )
        )
    if feature.values:
        suite.append(
            gxe.ExpectColumnValuesToBeInSet(
                column=feature.name,
                value_set=list(feature.values),
                mostly=0.95,
                severity="warning",
            )
        )
    return suite
