"""The incident sensor on real event logs: nothing missed, nothing doubled, whatever is killed."""

import random
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa
from check_events import (
    START,
    Check,
    Killed,
    dagster_on,
    draw,
    expected_incidents,
    found_incidents,
    killed_at,
    store,
)
from upath import UPath

from aiops_pipelines.incidents import IncidentDesk
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Portfolio, read_portfolio
from aiops_pipelines.sensors.event_log import Position
from aiops_pipelines.sensors.outcomes import SOURCE, record_new_outcomes

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def portfolio() -> Portfolio:
    return read_portfolio(ROOT / "portfolio")


@pytest.fixture
def instance(database: str) -> Iterator[dg.DagsterInstance]:
    with dagster_on(database) as made:
        yield made


@pytest.fixture
def desk(database: str) -> IncidentDesk:
    made = IncidentDesk(database)
    made.migrate()
    return made


@pytest.fixture
def tick(instance, desk, portfolio, tmp_path):
    lake = Lake(UPath(tmp_path / "lake"))
    return lambda: record_new_outcomes(instance, desk, portfolio, lake)


def test_a_sensor_killed_at_random_leaves_the_models_incidents(instance, desk, tick) -> None:
    checks = draw(systems=1, days=12, seed=5)
    chance = random.Random(6)
    kills = 0
    for offset in range(0, len(checks), 24):
        store(instance.event_log_storage, checks[offset : offset + 24])
        with killed_at(desk._engine, chance.randrange(1, 100)):
            try:
                tick()
            except Killed:
                kills += 1
    tick()
    assert kills >= 3
    found = found_incidents(desk)
    assert found == sorted(expected_incidents(checks), key=str)
    assert desk.verify() == ()


def test_an_event_committed_long_after_later_ones_is_not_missed(
    instance, desk, tick, database
) -> None:
    if database.startswith("sqlite"):
        store(instance.event_log_storage, draw(systems=1, days=3, seed=1))
        tick()
        assert Position.parse(desk.cursor(SOURCE)).settled == 36
        return
    late = Check(START, "late-system", "performance_limits", passed=False)
    storage = instance.event_log_storage
    # Dagster commits each event by itself; a transaction of our own stands for a slow commit.
    engine = sa.create_engine(storage.postgres_url)
    with engine.begin() as connection:
        connection.execute(storage.prepare_insert_event(late.entry()))
        store(storage, draw(systems=1, days=6, seed=2))
        for _ in range(4):
            tick()
        assert Position.parse(desk.cursor(SOURCE)).settled == 0
        assert desk.list(system="late-system") == []
    engine.dispose()
    tick()
    assert len(desk.list(system="late-system")) == 1
    for _ in range(3):
        tick()
    position = Position.parse(desk.cursor(SOURCE))
    assert position.settled == 73 and not position.seen


def test_a_check_planned_early_and_finished_late_has_the_id_of_its_end(instance) -> None:
    """The plan of a check and its evaluation are two events: the trap is not in the event log."""
    storage = instance.event_log_storage
    planned = dg.AssetCheckKey(dg.AssetKey("performance"), "performance_limits")
    from dagster._core.definitions.asset_checks.asset_check_evaluation import (
        AssetCheckEvaluationPlanned,
    )
    from dagster._core.events import DagsterEvent

    entry = Check(START, "slow", "performance_limits", passed=False).entry()
    plan = entry._replace(
        dagster_event=DagsterEvent(
            event_type_value=dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED.value,
            event_specific_data=AssetCheckEvaluationPlanned(
                asset_key=planned.asset_key, check_name=planned.name
            ),
            job_name="night",
        )
    )
    storage.store_event(plan)
    storage.store_event(Check(START, "quick", "drift_limits", passed=True).entry())
    storage.store_event(entry)
    records = instance.get_event_records(
        dg.EventRecordsFilter(event_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION),
        ascending=True,
    )
    evaluated = [r.event_log_entry.dagster_event.asset_check_evaluation_data for r in records]
    assert [each.check_name for each in evaluated] == ["drift_limits", "performance_limits"]


def test_the_cursor_of_the_previous_release_goes_on(instance, desk, tick) -> None:
    checks = draw(systems=1, days=5, seed=3)
    store(instance.event_log_storage, checks)
    desk.record([], roster=None, source=SOURCE, cursor="30")  # type: ignore[arg-type]
    tick()
    assert found_incidents(desk) == sorted(expected_incidents(checks), key=str)
    assert tick() == []
