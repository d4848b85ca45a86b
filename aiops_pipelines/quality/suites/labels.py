"""The suite for the labels of a day's cases.

Imports Great Expectations, so only import this module where a suite runs.
"""

from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation

from aiops_pipelines.portfolio import System, Task


def labels_suite(system: System) -> list[Expectation]:
    """Return the expectations for the labels of `system` received on a day.

    What happened may exceed what the system can forecast, so a regression has no upper bound.
    """
    low, high = system.output.bounds
    highest = None if system.output.task is Task.REGRESSION else high
    return [
        gxe.ExpectCompoundColumnsToBeUnique(
            column_list=["case_id", "revision", "reader", "received_at"], severity="critical"
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="value", min_value=low, max_value=highest, severity="critical"
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="source",
            value_set=list(system.truth.sources),
            mostly=0.95,
            severity="critical",
        ),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="received_at",
            column_B="decided_at",
            or_equal=True,
            mostly=0.99,
            ignore_row_if="either_value_is_missing",
            severity="warning",
        ),
    ]
