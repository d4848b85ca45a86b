"""How a system's predictions and labels arrive: where, in which columns, with which codes."""

from datetime import date
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from aiops_pipelines.portfolio.model import ColumnName, Record, TimeZone


class DayRule(Record):
    """Gives days to a file that has none: `rows_per_day` rows each, in file order.

    For archives without timestamps. A figure made from such days says so.
    """

    start: date = Field(alias="from")
    rows_per_day: int = Field(gt=0)


class Feed(Record):
    """One feed of files.

    `path` is relative to the feeds' root; `{day}` in it stands for the day the file arrived
    (YYYY-MM-DD), `*` for several files of a day. Without `{day}` the path is one archive and
    `days` gives its rows their days. `columns` maps our columns to the file's; what is not
    mapped is dropped at the door and never stored. `values` maps, per our column, the file's
    codes to ours; `missing` lists, per our column, codes that mean no value.
    """

    kind: Literal["csv", "parquet"]
    path: str = Field(min_length=1)
    columns: dict[ColumnName, str]
    values: dict[ColumnName, dict[str, str]] = Field(default_factory=dict)
    missing: dict[ColumnName, tuple[str, ...]] = Field(default_factory=dict)
    time_zone: TimeZone = "UTC"
    days: DayRule | None = None
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    expected: Literal["daily", "weekdays", "weekly", "once"] = "daily"

    @field_validator("path")
    @classmethod
    def _stays_inside_the_root(cls, value: str) -> str:
        if value.startswith("/") or ".." in value.split("/"):
            raise ValueError("`path` must be relative to the feeds' root and stay in it, no `..`")
        return value

    @model_validator(mode="after")
    def _days_are_known(self) -> Self:
        if ("{day}" in self.path) == (self.days is not None):
            raise ValueError("a feed has either {day} in its `path` or a `days` rule, not both")
        times = {"predicted_at", "received_at", "decided_at"} & set(self.columns)
        if self.days is not None and times:
            raise ValueError(
                f"with a `days` rule there are no times: drop {', '.join(sorted(times))}"
            )
        if self.days is not None and "*" in self.path:
            raise ValueError("an archive is one file: no `*` in the `path` of a feed with `days`")
        return self
