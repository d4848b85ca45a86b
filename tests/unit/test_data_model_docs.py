"""docs/data-model.md holds every table and column, of the lake and of the database."""

import re
from pathlib import Path

import pyarrow as pa
import pytest
from feed_hospital import a_system

from aiops_pipelines import schema
from aiops_pipelines.database.base import Base
from aiops_pipelines.delivery import tables as _delivery  # noqa: F401 - registers its tables
from aiops_pipelines.evaluation.daily import DAILY
from aiops_pipelines.incidents import tables as _desk  # noqa: F401 - registers its tables

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "data-model.md").read_text()
LAKE = {
    "quarantine": schema.QUARANTINE,
    "quarantine_releases": schema.QUARANTINE_RELEASES,
    "label_arrivals": schema.LABEL_ARRIVALS,
    "integrity, data_quality": schema.FIGURES,
    "explanations": schema.EXPLANATIONS,
    "service_events": schema.SERVICE_EVENTS,
    "evidence_ledger": schema.EVIDENCE_LEDGER,
    "daily_statistics": DAILY,
}


MAPPED = {name: name for name in ("case_id", "predicted_at", "score")}


def section(heading: str) -> str:
    """Return the text below the heading that begins with `heading`."""
    found = re.search(rf"^## {heading}.*?(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"no section {heading}"
    return found[0]


@pytest.mark.parametrize("table", LAKE)
def test_every_column_of_a_table_in_the_lake_is_on_the_page(table: str) -> None:
    written = set(re.findall(r"\w+", section(table)))
    columns: pa.Schema = LAKE[table]
    assert not [name for name in columns.names if name not in written]


def test_the_fixed_columns_of_cases_are_on_the_page() -> None:
    bare = a_system(features=[], subgroups=[], predictions={"columns": MAPPED})
    predicted = set(schema.predictions_schema(bare).names)
    added = set(schema.scored_cases_schema(bare).names) - predicted
    assert predicted <= set(re.findall(r"\w+", section("predictions")))
    assert added <= set(re.findall(r"\w+", section("scored_cases")))


def test_every_table_and_column_of_the_database_is_on_the_page() -> None:
    page = section("Incident database")
    for table in Base.metadata.sorted_tables:
        entry = re.search(rf"^- `{table.name}`.*?(?=^- |\Z)", page, re.MULTILINE | re.DOTALL)
        assert entry, f"no table {table.name}"
        written = set(re.findall(r"\w+", entry[0]))
        lacking = [column.name for column in table.columns if column.name not in written]
        assert not lacking, f"{table.name}: {lacking}"
