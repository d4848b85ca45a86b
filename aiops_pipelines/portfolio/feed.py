"""How a system's predictions and labels arrive: one record a kind, told apart by `kind`."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from aiops_pipelines.portfolio.feed_parts import (
    DailyFiles,
    DayRule,
    FeedBase,
    FileFeed,
    TableFeed,
)
from aiops_pipelines.portfolio.feed_paths import check_fhir_path, check_hl7_path, check_sr_path
from aiops_pipelines.portfolio.select_statement import check_select

__all__ = [
    "CsvFeed",
    "DayRule",
    "DicomSrFeed",
    "Feed",
    "FeedBase",
    "FhirFeed",
    "FileFeed",
    "Hl7Feed",
    "ParquetFeed",
    "SqlFeed",
    "TableFeed",
]

VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,62}$")]
"""The name of an environment variable."""

SqlName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][\w$]*(\.[A-Za-z_][\w$]*)?$")]
"""A table, view or column, a table with its schema before a dot."""


class CsvFeed(TableFeed):
    """Files of delimited text in UTF-8 with a header."""

    kind: Literal["csv"]
    delimiter: str = Field(default=",", min_length=1, max_length=1)


class ParquetFeed(TableFeed):
    """Parquet files."""

    kind: Literal["parquet"]


class FhirFeed(DailyFiles):
    """FHIR R4 in JSON: NDJSON of a bulk export, or a Bundle; one row a resource.

    `columns` are FHIRPath expressions. Resources of another type, and those for which a path in
    `where` does not give the value stated, are not this feed's.
    """

    kind: Literal["fhir"]
    resource: Literal["RiskAssessment", "Observation", "DiagnosticReport"]
    where: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _paths_are_readable(self) -> Self:
        for path in (*self.columns.values(), *self.where):
            check_fhir_path(path)
        return self


class Hl7Feed(DailyFiles):
    """HL7 v2 ORU^R01 messages, several a file, with or without MLLP frames; one row an OBR.

    `columns` are places in a message: `PID-3.1`, `OBR-3`, `OBX[code]-5` (the observation whose
    OBX-3.1 is the code).
    """

    kind: Literal["hl7v2"]

    @model_validator(mode="after")
    def _places_are_readable(self) -> Self:
        for path in self.columns.values():
            check_hl7_path(path)
        return self


class DicomSrFeed(DailyFiles):
    """DICOM structured reports, one a file; one row a report, or one each content item `each`.

    `columns` are attributes (`AccessionNumber`, `ContentDate+ContentTime`) or content items by
    concept (`content[111047,DCM]`, `max(content[111047,DCM])`). `each` is the concept of the
    containers that make rows: `125007,DCM` for the measurement groups of TID 1500.
    """

    kind: Literal["dicom-sr"]
    each: str | None = Field(default=None, pattern=r"^[^,\[\]]+,[^,\[\]]+$")

    @model_validator(mode="after")
    def _paths_are_readable(self) -> Self:
        for path in self.columns.values():
            check_sr_path(path)
        return self


class SqlFeed(FeedBase):
    """A view, a table or a SELECT in a database of the hospital.

    `url_from` names the environment variable that holds the database's URL. A day's rows are
    those whose `watermark` (a timestamp; without time zone it is in the feed's) lies in the day.
    """

    kind: Literal["sql"]
    url_from: VariableName
    table: SqlName | None = None
    query: str | None = None
    watermark: SqlName
    timeout_seconds: float = Field(default=60, gt=0, le=3600)
    batch_rows: int = Field(default=20_000, ge=100, le=1_000_000)

    @field_validator("query")
    @classmethod
    def _only_reads(cls, value: str | None) -> str | None:
        if value is not None:
            check_select(value)
        return value

    @model_validator(mode="after")
    def _reads_one_thing(self) -> Self:
        if (self.table is None) == (self.query is None):
            raise ValueError("a feed by SQL has either a `table` (or view) or a `query`")
        return self


Feed = Annotated[
    CsvFeed | ParquetFeed | FhirFeed | Hl7Feed | DicomSrFeed | SqlFeed, Field(discriminator="kind")
]
"""A feed of any kind."""
