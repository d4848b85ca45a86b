"""What a system's YAML expects of its data beyond the suite of its task: Great Expectations' rules.

The rules are listed here with what each may state, so that a mistake in the YAML is named with its
line, and so that reading the portfolio need not import Great Expectations.
"""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from aiops_pipelines.portfolio.model import ColumnName, Record

Severity = Literal["warn", "error", "block"]

_BOUNDS = frozenset({"min_value", "max_value"})
RULES: Mapping[str, frozenset[str]] = {
    "expect_column_values_to_be_between": _BOUNDS | {"mostly"},
    "expect_column_values_to_be_in_set": frozenset({"value_set", "mostly"}),
    "expect_column_values_to_not_be_in_set": frozenset({"value_set", "mostly"}),
    "expect_column_values_to_not_be_null": frozenset({"mostly"}),
    "expect_column_values_to_be_unique": frozenset({"mostly"}),
    "expect_column_values_to_match_regex": frozenset({"regex", "mostly"}),
    "expect_column_mean_to_be_between": _BOUNDS,
    "expect_column_median_to_be_between": _BOUNDS,
    "expect_column_stdev_to_be_between": _BOUNDS,
    "expect_column_proportion_of_unique_values_to_be_between": _BOUNDS,
    "expect_column_unique_value_count_to_be_between": _BOUNDS,
    "expect_table_row_count_to_be_between": _BOUNDS,
}
"""The rules that may be asked for, each with what it may state besides its column."""


class Expectation(Record):
    """One expectation of a day's predictions, or of the labels that arrived on a day.

    `severity` "warn" warns, "error" breaches and the night goes on, "block" stops the system's
    night (predictions only).
    """

    feed: Literal["predictions", "labels"] = "predictions"
    expect: str
    column: ColumnName | None = None
    severity: Severity = "warn"
    min_value: float | None = None
    max_value: float | None = None
    value_set: tuple[str | float, ...] | None = None
    regex: str | None = None
    mostly: float | None = Field(default=None, gt=0, le=1)

    @model_validator(mode="after")
    def _rule_takes_it(self) -> Self:
        allowed = RULES.get(self.expect)
        if allowed is None:
            raise ValueError(f"unknown expectation {self.expect!r}; known: {', '.join(RULES)}")
        strange = set(self.stated) - allowed
        if strange:
            raise ValueError(f"{self.expect} does not take {', '.join(sorted(strange))}")
        lacking = (allowed & {"value_set", "regex"}) - set(self.stated)
        if lacking:
            raise ValueError(f"{self.expect} needs {', '.join(sorted(lacking))}")
        if allowed >= _BOUNDS and not _BOUNDS & set(self.stated):
            raise ValueError(f"{self.expect} needs `min_value`, `max_value` or both")
        if self.expect.startswith("expect_column") != (self.column is not None):
            raise ValueError(f"{self.expect}: a rule on a column needs `column`, others have none")
        if self.severity == "block" and self.feed != "predictions":
            raise ValueError("only predictions can block a night; use severity error for labels")
        return self

    @property
    def stated(self) -> dict[str, object]:
        """Return what the entry states of its rule besides the column."""
        fields = ("min_value", "max_value", "value_set", "regex", "mostly")
        found = {name: getattr(self, name) for name in fields}
        return {name: value for name, value in found.items() if value is not None}
