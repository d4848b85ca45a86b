"""What Dagster loads: everything is described, and nights, mornings and quarters are asked for."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from aiops_pipelines.definitions import defs
from aiops_pipelines.partitions import SYSTEMS
from aiops_pipelines.resources import AS_OF_TAG, PortfolioResource
from aiops_pipelines.sensors.portfolio import add_systems
from aiops_pipelines.sensors.schedules import morning, nightly, quarterly

EXAMPLE = Path(__file__).resolve().parents[2] / "portfolio"
PORTFOLIO = PortfolioResource(folder=str(EXAMPLE))


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test() as made:
        yield made


def requests(
    schedule: dg.ScheduleDefinition, at: str, instance: dg.DagsterInstance, **resources: object
) -> list[dg.RunRequest]:
    """Return what the schedule asks for when it ticks at a time of UTC."""
    time = datetime.fromisoformat(at).replace(tzinfo=UTC)
    context = dg.build_schedule_context(
        instance=instance,
        repository_def=defs.get_repository_def(),
        scheduled_execution_time=time,
        resources=resources,
    )
    return list(schedule.evaluate_tick(context).run_requests or [])


def test_every_asset_says_what_it_is_whose_it_is_and_what_it_is_made_of() -> None:
    for asset in defs.resolve_all_asset_specs():
        assert asset.description and asset.owners and asset.kinds and asset.group_name, asset.key


def test_every_check_of_a_systems_day_is_partitioned_and_described() -> None:
    for check in defs.resolve_asset_graph().asset_check_keys:
        node = defs.resolve_asset_graph().get(check)
        assert node.partitions_def is not None and node.description, check


def test_a_night_is_one_run_a_system_of_the_local_day_before(instance: dg.DagsterInstance) -> None:
    asked = requests(nightly, "2026-09-30T07:00", instance, portfolio=PORTFOLIO)
    systems = [system.id for system in PORTFOLIO.read().monitored]
    assert [each.tags["aiops/system"] for each in asked] == systems
    assert {each.partition_key for each in asked} == {f"2026-09-29|{name}" for name in systems}
    assert {each.tags[AS_OF_TAG] for each in asked} == {"2026-09-29"}
    assert len({each.run_key for each in asked}) == len(systems)
    assert set(instance.get_dynamic_partitions(str(SYSTEMS.name))) == set(systems)


@pytest.mark.parametrize(
    ("at", "day"),
    [("2026-11-01T08:00", "2026-10-31"), ("2027-03-15T07:00", "2027-03-14")],
    ids=["clocks went back", "clocks went forward"],
)
def test_the_day_before_is_the_calendars_when_clocks_change(
    at: str, day: str, instance: dg.DagsterInstance
) -> None:
    assert [each.partition_key for each in requests(morning, at, instance)] == [day]


def test_a_quarter_is_reported_in_the_first_days_of_the_next(instance: dg.DagsterInstance) -> None:
    asked = requests(quarterly, "2027-01-03T14:00", instance)
    assert [(each.partition_key, each.tags[AS_OF_TAG]) for each in asked] == [
        ("2026-10-01", "2027-01-02")
    ]


def test_a_new_yaml_file_is_a_new_partition_once(instance: dg.DagsterInstance) -> None:
    book = PORTFOLIO.read()
    fewer = book.model_copy(update={"systems": book.systems[:-1]})
    assert add_systems(instance, fewer) == [each.id for each in fewer.monitored]
    assert add_systems(instance, book) == [book.systems[-1].id]
    assert add_systems(instance, book) == []
