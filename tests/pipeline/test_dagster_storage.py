"""Dagster's event log on one kept engine: whole events, whole batches, read by cursor."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
)

from aiops_pipelines.runner.sqlite import EventLogStorage

DAYS = dg.DailyPartitionsDefinition("2026-09-01", end_date="2026-10-01")


@dg.asset(partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run())
def counted() -> None:
    """A day of nothing."""


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """An instance with the storages of the embedded default."""
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "500")
    storages = {
        f"{kind}_storage": {
            "module": "aiops_pipelines.runner.sqlite",
            "class": name,
            "config": {"base_dir": str(tmp_path)},
        }
        for kind, name in (("event_log", "EventLogStorage"), ("run", "RunStorage"))
    }
    with dg.instance_for_test(overrides=storages) as made:
        yield made


def materialize_september(instance: dg.DagsterInstance) -> None:
    tags = {
        ASSET_PARTITION_RANGE_START_TAG: "2026-09-01",
        ASSET_PARTITION_RANGE_END_TAG: "2026-09-30",
    }
    assert dg.materialize([counted], instance=instance, tags=tags).success


def materialized(instance: dg.DagsterInstance) -> list[str | None]:
    kind = dg.DagsterEventType.ASSET_MATERIALIZATION
    records = instance.get_event_records(dg.EventRecordsFilter(kind, after_cursor=0))
    return sorted(str(record.partition_key) for record in records)


def test_a_range_is_stored_whole_and_read_by_cursor(instance: dg.DagsterInstance) -> None:
    materialize_september(instance)
    assert materialized(instance) == DAYS.get_partition_keys()
    assert instance.get_materialized_partitions(counted.key) == set(DAYS.get_partition_keys())
    assert [run.status for run in instance.get_runs()] == [dg.DagsterRunStatus.SUCCESS]


def test_a_batch_that_breaks_off_is_stored_once_all_the_same(
    instance: dg.DagsterInstance, capfd: pytest.CaptureFixture[str]
) -> None:
    engine = instance.event_log_storage._kept.engine  # type: ignore[attr-defined]
    stored = 0

    def break_off(_: object, __: object, statement: str, *___: object) -> None:
        nonlocal stored
        stored += statement.startswith("INSERT INTO event_logs")
        if stored == 50:
            stored += 1
            raise sa.exc.OperationalError("the disk is full", None, Exception())

    sa.event.listen(engine, "before_cursor_execute", break_off)
    materialize_september(instance)
    assert "the disk is full" in capfd.readouterr().err
    assert materialized(instance) == DAYS.get_partition_keys()


def test_a_table_is_looked_for_until_it_is_there_and_then_remembered(
    instance: dg.DagsterInstance,
) -> None:
    storage = instance.event_log_storage
    assert isinstance(storage, EventLogStorage)
    assert storage.has_table("event_logs") and not storage.has_table("late")
    with storage.index_connection() as connection:
        connection.execute(sa.text("CREATE TABLE late (id INTEGER)"))
    looks: list[str] = []
    engine = storage._kept.engine
    sa.event.listen(engine, "before_cursor_execute", lambda *args: looks.append(args[2]))
    assert storage.has_table("late") and looks
    looks.clear()
    assert storage.has_table("late") and storage.has_table("event_logs") and not looks
