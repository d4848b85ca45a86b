"""What the kinds of feed have in common: columns, codes, files and their days."""

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


class FeedBase(Record):
    """What every feed says.

    `columns` maps our columns to the feed's own (names, or paths into a document); what is not
    mapped is dropped at the door and never stored. `values` maps, per our column, the feed's
    codes to ours; `missing` lists, per our column, codes that mean no value.
    """

    columns: dict[ColumnName, str]
    values: dict[ColumnName, dict[str, str]] = Field(default_factory=dict)
    missing: dict[ColumnName, tuple[str, ...]] = Field(default_factory=dict)
    time_zone: TimeZone = "UTC"
    expected: Literal["daily", "weekdays", "weekly", "once"] = "daily"


class FileFeed(FeedBase):
    """A feed of files in a folder or object store.

    `path` is relative to the feeds' root; `{day}` in it stands for the day the file arrived
    (YYYY-MM-DD), `*` for several files of a day, taken in the order of their names.

    `later_files` says what a later file of a day does to earlier ones: `add` brings other cases
    (the same case with another content is then a conflict), `correct` replaces the rows of the
    cases it holds, `replace` takes the place of all earlier files.

    A file that changed within the last `settle_seconds` is looked at again after that time and
    not read if it is still changing.
    """

    path: str = Field(min_length=1)
    later_files: Literal["add", "correct", "replace"] = "add"
    settle_seconds: float = Field(default=2, ge=0, le=60)

    @field_validator("path")
    @classmethod
    def _stays_inside_the_root(cls, value: str) -> str:
        if value.startswith("/") or ".." in value.split("/"):
            raise ValueError("`path` must be relative to the feeds' root and stay in it, no `..`")
        return value


class DailyFiles(FileFeed):
    """A feed of files that always come by the day."""

    @field_validator("path")
    @classmethod
    def _names_the_day(cls, value: str) -> str:
        if "{day}" not in value:
            raise ValueError("`path` must have {day} where the day of arrival stands")
        return value


class TableFeed(FileFeed):
    """A feed of tables. Without `{day}` the path is one archive, and `days` gives its rows days."""

    days: DayRule | None = None

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
