"""The late-label sensor asks for the days that changed, once a delivery, and only for those."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from feed_hospital import KEY, Drops, system_tree
from ruamel.yaml import YAML

from aiops_pipelines.assets.ingest import labels, predictions, scored_cases
from aiops_pipelines.assets.statistics import daily_statistics
from aiops_pipelines.jobs import HISTORY, LATE_PREDICTIONS, RESTATEMENT
from aiops_pipelines.lake import Lake
from aiops_pipelines.partitions import SYSTEMS, system_day
from aiops_pipelines.quality.checks import predictions_checks
from aiops_pipelines.resources import (
    Clock,
    FeedsResource,
    LakeResource,
    PortfolioResource,
    ReportsResource,
)
from aiops_pipelines.run_tags import range_tags
from aiops_pipelines.sensors.late_labels import late_labels

FIRST = date(2026, 6, 1)
TODAY = FIRST + timedelta(days=9)


class StoppedClock(Clock):
    def now(self, zone: ZoneInfo) -> datetime:
        return datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=zone)


@dataclass(frozen=True)
class Deployment:
    """Dagster on a hospital of one system, with an instance of its own."""

    drops: Drops
    instance: dg.DagsterInstance
    defs: dg.Definitions
    lake: Lake

    def run(self, job: str, key: str | None, tags: dict[str, str]) -> None:
        done = self.defs.resolve_job_def(job).execute_in_process(
            instance=self.instance, partition_key=key, tags=tags
        )
        assert done.success

    def requests(self) -> list[dg.RunRequest]:
        context = dg.build_sensor_context(
            self.instance, resources=self.defs.resources, definitions=self.defs
        )
        found = late_labels(context)
        assert isinstance(found, dg.SensorResult)
        return list(found.run_requests or [])

    def deliver(self, *rows: str, day: date = TODAY) -> None:
        self.drops.put_labels(*rows, day=day)


def label(case: str, minute: int = 0, revision: int = 0, value: int = 1) -> str:
    return f"{case},{value},{TODAY} 0{revision}:{minute:02d}:00,chart,R1,{revision}"


@pytest.fixture
def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    monkeypatch.setenv("AIOPS_PSEUDONYM_KEY", KEY)
    portfolio = tmp_path / "portfolio"
    (portfolio / "systems").mkdir(parents=True)
    example = Path(__file__).resolve().parents[2] / "portfolio" / "hospital.yaml"
    (portfolio / "hospital.yaml").write_text(example.read_text())
    reference = {"from": str(FIRST), "to": str(FIRST + timedelta(days=4))}
    YAML().dump(system_tree(reference=reference), portfolio / "systems" / "risk.yaml")
    drops = Drops.below(tmp_path / "feeds")
    for offset in range(9):
        day = FIRST + timedelta(days=offset)
        drops.put_predictions(f"C{offset},P{offset},{day} 10:00:00,0.4,50,F", day=day)
    defs = dg.Definitions(
        assets=[predictions, labels, scored_cases, daily_statistics],
        asset_checks=[predictions_checks],
        jobs=[HISTORY, RESTATEMENT, LATE_PREDICTIONS],
        sensors=[late_labels],
        resources={
            "portfolio": PortfolioResource(folder=str(portfolio)),
            "feeds": FeedsResource(root=str(tmp_path / "feeds")),
            "lake": LakeResource(root=str(tmp_path / "lake")),
            "clock": StoppedClock(),
            "reports": ReportsResource(folder=str(tmp_path / "reports")),
        },
    )
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        instance.add_dynamic_partitions(str(SYSTEMS.name), ["risk"])
        lake = LakeResource(root=str(tmp_path / "lake")).open()
        made = Deployment(drops, instance, defs, lake)
        last = FIRST + timedelta(days=8)
        tags = range_tags(str(system_day(FIRST, "risk")), str(system_day(last, "risk")))
        made.run("history", None, {**tags, "aiops/as_of": str(last)})
        yield made


def materialized(deployment: Deployment) -> set[str]:
    """Return the days of daily statistics that the last run wrote."""
    run = deployment.instance.get_runs(limit=1)[0]
    events = deployment.instance.all_logs(run.run_id)
    found = [e.dagster_event for e in events if e.dagster_event is not None]
    return {
        str(e.partition).split("|")[0]
        for e in found
        if e.is_step_materialization and e.asset_key == dg.AssetKey("daily_statistics")
    }


def carry_out(deployment: Deployment, requests: list[dg.RunRequest]) -> set[str]:
    days: set[str] = set()
    for request in requests:
        assert request.job_name
        deployment.run(request.job_name, request.partition_key, dict(request.tags))
        days |= materialized(deployment)
    return days


def test_only_the_days_that_changed_are_materialized_and_a_second_delivery_counts_at_once(
    deployment: Deployment,
) -> None:
    assert deployment.requests() == []

    deployment.deliver(label("C2"), label("C3"), label("C6"))
    first = deployment.requests()
    assert [request.run_key for request in deployment.requests()] == [r.run_key for r in first]
    assert carry_out(deployment, first) == {"2026-06-03", "2026-06-04", "2026-06-07"}
    assert deployment.requests() == []

    deployment.deliver(label("C2"), label("C3"), label("C6"), label("C6", 5, 1, 0))
    second = deployment.requests()
    assert [request.partition_key for request in second] == [first[1].partition_key]
    assert {request.run_key for request in second}.isdisjoint(r.run_key for r in first)
    assert carry_out(deployment, second) == {"2026-06-07"}
    assert deployment.lake.read("labels", "risk", date(2026, 6, 7)).num_rows == 2
    assert deployment.requests() == []


def test_predictions_that_come_late_are_checked_and_recount_just_their_day(
    deployment: Deployment,
) -> None:
    late = FIRST + timedelta(days=5)
    grown = [f"C5,P5,{late} 10:00:00,0.4,50,F", f"L5,P6,{late} 11:00:00,0.7,60,M"]
    deployment.drops.put_predictions(*grown, day=late)
    deployment.deliver(label("L5"))
    found = deployment.requests()
    assert [(r.job_name, r.partition_key) for r in found] == [
        (LATE_PREDICTIONS.name, str(system_day(late, "risk")))
    ]
    assert carry_out(deployment, found) == {str(late)}
    run = deployment.instance.get_runs(limit=1)[0]
    kind = dg.DagsterEventType.ASSET_CHECK_EVALUATION
    entries = deployment.instance.all_logs(run.run_id, of_type=kind)
    events = [entry.dagster_event for entry in entries if entry.dagster_event]
    checked = {each.asset_check_evaluation_data.check_name for each in events}
    assert checked >= {"predictions_intact", "predictions_integrity"}
    assert deployment.lake.read("scored_cases", "risk", late)["label"].to_pylist() == [None, 1.0]
    assert deployment.requests() == []


def test_a_feed_that_cannot_be_looked_at_does_not_stop_the_others(deployment: Deployment) -> None:
    portfolio = Path(deployment.defs.resources["portfolio"].folder)
    tree = system_tree(id="broken", reference={"from": str(FIRST), "to": str(FIRST)})
    tree["labels"] = {**tree["labels"], "path": "nowhere/{day}.csv"}
    YAML().dump(tree, portfolio / "systems" / "broken.yaml")
    deployment.deliver(label("C2"))
    assert [r.partition_key for r in deployment.requests()] == ["2026-06-03|risk"]
